/**
 * `deno task bench`: how fast the emulator, checkpoint and restart are on this machine.
 *
 * @module
 */
import { runCoreBench } from "./bench_core.ts";
import { benchCalls, callsSection } from "./bench_calls.ts";
import { benchEmulator, BenchFailed, QEMU } from "./bench_emu.ts";
import { BENCH_PROGRAMS, COMPILERS } from "./bench_programs.ts";
import { benchSizes, sizesSection } from "./bench_sizes.ts";
import { speedSection } from "./bench_speed_section.ts";
import { exitWith, nearestName, readOptions, UsageError } from "./command.ts";
import { describeMachine, performanceDocument, type Section } from "./performance_document.ts";

const USAGE = `Usage: deno task bench [emu [PROGRAM …] | calls | sizes] [--rounds N]

Without arguments: the speed of the emulator, restarts of the hello image a second, and checkpoint
and restart of a task with 64 MiB of touched memory. Each figure is the best of several rounds.

emu: builds the programs of scenarios/bench/ with the stock compilers and measures them natively,
under ${QEMU}, with the translator and in the interpreter alone. Prints the table; without names
of programs, measures calls and sizes too and writes docs/performance.md.

calls: what a system call costs natively, under ${QEMU} and here.

sizes: start-up in cold processes, and forks.

  --rounds N   how often each program of emu and calls is run in each way (default 3)
  --help       print this

Exit status: 0 measured, 1 a program did not do the same everywhere, 2 wrong usage.`;

const DOCUMENT = new URL("../docs/performance.md", import.meta.url);

/** Runs the command; returns its exit status. */
export function main(args: readonly string[]): number {
  const options = readOptions(args, { values: ["rounds"] });
  if (options.flag("help")) {
    console.log(USAGE);
    return 0;
  }
  const [what, ...names] = options.positional;
  if (what === undefined) return printCoreBench();
  const rounds = options.integer("rounds", 1, 1000) ?? 3;
  switch (what) {
    case "emu":
      return runEmulatorBench(names, rounds);
    case "calls":
      return print(() => [callsSection(benchCalls(rounds), rounds)]);
    case "sizes":
      return print(() => [sizesSection(benchSizes())]);
  }
  throw new UsageError(`There is no bench '${what}'`);
}

function printCoreBench(): number {
  for (const { name, figure, note } of runCoreBench()) {
    console.log(`${name.padEnd(34)} ${figure.padStart(22)}${note === "" ? "" : `   (${note})`}`);
  }
  return 0;
}

function runEmulatorBench(names: readonly string[], rounds: number): number {
  const known = Object.keys(BENCH_PROGRAMS);
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new UsageError(`There is no program ${name}; did you mean ${nearestName(name, known)}?`);
  }
  const programs = names.length > 0 ? names : known;
  return print(() => {
    const onProgram = ({ name }: { name: string }) => console.error(`measured ${name}`);
    const speed = speedSection(benchEmulator({ programs, rounds, onProgram }), rounds);
    if (names.length > 0) return [speed];
    // Each section comes from a module that measures it.
    const sections = [speed, callsSection(benchCalls(rounds), rounds), sizesSection(benchSizes())];
    writeDocument(sections);
    return sections;
  });
}

function print(measure: () => readonly Section[]): number {
  try {
    for (const { text } of measure()) console.log(text);
    return 0;
  } catch (error) {
    if (!(error instanceof BenchFailed)) throw error;
    console.error(`bench: ${error.message}`);
    return 1;
  }
}

function writeDocument(sections: readonly Section[]): void {
  const machine = describeMachine([COMPILERS.native, COMPILERS.guest, QEMU]);
  Deno.writeTextFileSync(DOCUMENT, performanceDocument(machine, sections));
}

if (import.meta.main) await exitWith("bench", main);
