/** What the commands have in common that compare a generated file of the checkout, or write it. */
import { readOptions, UsageError } from "./command.ts";

/** A file that is committed, and what makes it. */
export interface GeneratedFile {
  /** The task that compares and writes it. */
  readonly task: string;
  /** Its path in the checkout. */
  readonly path: string;
  /** What it is made from, e.g. "the image's schema". */
  readonly source: string;
  /** Its contents as they should be. */
  readonly generate: () => string;
}

/** Runs the command for a file: `[--write | --help]`; returns its exit status. */
export function compareOrWrite(file: GeneratedFile, args: readonly string[]): number {
  const options = readOptions(args, { flags: ["write"] });
  if (options.flag("help")) {
    console.log(usage(file));
    return 0;
  }
  if (options.positional.length > 0) throw new UsageError("Give no file");
  const { task, path } = file;
  const committed = new URL(`../${path}`, import.meta.url);
  const current = file.generate();
  if (options.flag("write")) {
    Deno.writeTextFileSync(committed, current);
    return 0;
  }
  if (readIfThere(committed) === current) return 0;
  console.error(`${task}: ${path} is not current; run with --write`);
  return 1;
}

const usage = ({ task, path, source }: GeneratedFile) =>
  `Usage: deno task ${task} [--write]

Compares ${path} with what ${source} gives.

  --write   write the file instead of comparing
  --help    print this

Exit status: 0 equal or written, 1 different, 2 wrong usage.`;

function readIfThere(file: URL): string | null {
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
