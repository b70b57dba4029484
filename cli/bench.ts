/**
 * `deno task bench`: how fast the emulator, checkpoint and restart are on this machine.
 *
 * @module
 */
import { runCoreBench } from "./bench_core.ts";
import { exitWith, readOptions, UsageError } from "./command.ts";

const USAGE = `Usage: deno task bench

Measures the speed of the emulator, restarts of the hello image a second, and checkpoint and restart
of a task with 64 MiB of touched memory. Each figure is the best of several rounds.`;

/** Runs the command; returns its exit status. */
export function main(args: readonly string[]): number {
  const options = readOptions(args, {});
  if (options.flag("help")) {
    console.log(USAGE);
    return 0;
  }
  const [what] = options.positional;
  if (what !== undefined) throw new UsageError(`There is no bench '${what}'`);
  for (const { name, figure, note } of runCoreBench()) {
    console.log(`${name.padEnd(34)} ${figure.padStart(22)}${note === "" ? "" : `   (${note})`}`);
  }
  return 0;
}

if (import.meta.main) await exitWith("bench", main);
