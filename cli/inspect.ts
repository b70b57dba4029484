/**
 * `deno task inspect`: prints the records of an image, or what is wrong with it and where.
 *
 * @module
 */
import { formatInspection, inspectImage } from "../kernel/mod.ts";
import { EXIT_USAGE, exitWith, readFile, readOptions, UsageError } from "./command.ts";

const USAGE = `Usage: deno task inspect [--json] IMAGE

Prints the records of a checkpoint image with their fields decoded. Of a damaged image prints what
can still be told, and what is wrong where.

  --json   print one JSON object
  --help   print this

Exit status: 0 the image is intact, 2 it is not, or wrong usage.`;

/** Runs the command; returns its exit status. */
export function main(args: readonly string[]): number {
  const options = readOptions(args, { flags: ["json"] });
  if (options.flag("help")) {
    console.log(USAGE);
    return 0;
  }
  const [file, ...more] = options.positional;
  if (file === undefined || more.length > 0) throw new UsageError("Give one image");
  const inspection = inspectImage(readFile(file));
  if (options.flag("json")) console.log(JSON.stringify({ file, ...inspection }));
  else console.log(formatInspection(inspection).trimEnd());
  if (inspection.refusal === null) return 0;
  console.error(`inspect: ${file} is no intact image: ${inspection.refusal.message}`);
  return EXIT_USAGE;
}

if (import.meta.main) await exitWith("inspect", main);
