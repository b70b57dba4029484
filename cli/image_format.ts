/**
 * `deno task image_format`: compares docs/image_format.md with what the schema says now; `--write`
 * writes it anew.
 *
 * @module
 */
import { imageFormatDocument } from "../kernel/mod.ts";
import { exitWith, readOptions, UsageError } from "./command.ts";

const USAGE = `Usage: deno task image_format [--write]

Compares docs/image_format.md with the document that the image's schema gives.

  --write   write the document instead of comparing
  --help    print this

Exit status: 0 equal or written, 1 different, 2 wrong usage.`;

/** The document in the checkout. */
const COMMITTED = new URL("../docs/image_format.md", import.meta.url);

/** Runs the command; returns its exit status. */
export function main(args: readonly string[]): number {
  const options = readOptions(args, { flags: ["write"] });
  if (options.flag("help")) {
    console.log(USAGE);
    return 0;
  }
  if (options.positional.length > 0) throw new UsageError("Give no file");
  const current = imageFormatDocument();
  if (options.flag("write")) {
    Deno.writeTextFileSync(COMMITTED, current);
    return 0;
  }
  if (readCommitted() === current) return 0;
  console.error("image_format: docs/image_format.md is not current; run with --write");
  return 1;
}

function readCommitted(): string | null {
  try {
    return Deno.readTextFileSync(COMMITTED);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

if (import.meta.main) await exitWith("image_format", main);
