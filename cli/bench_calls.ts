/**
 * What a system call costs: one program, built with the stock compilers, that makes the same call
 * again and again, run natively, under qemu-user and here, in turns.
 */
import { BenchFailed, QEMU, runEngine, runProcess } from "./bench_emu.ts";
import type { GuestRun } from "./bench_guest.ts";
import { buildProgram, type BuiltProgram } from "./bench_programs.ts";
import { type Section, table } from "./performance_document.ts";

/** The ways to make a call. */
const WAYS = ["native", "qemu", "crucible"] as const;
type Way = (typeof WAYS)[number];

/** What the program can be told, and how many calls it makes each time round. */
const CALLS: Readonly<Record<string, { readonly name: string; readonly calls: number }>> = {
  getpid: { name: "getpid", calls: 1 },
  read: { name: "read of 1 byte of /dev/zero", calls: 1 },
  write: { name: "write of 1 byte to /dev/null", calls: 1 },
  pipe: { name: "1 byte through a pipe", calls: 2 },
  ping_pong: { name: "1 byte to a process and back", calls: 4 },
};
/** Rounds of the program in one run. */
const ROUNDS = 100_000;

/** What one call costs in each way. */
export interface CallCost {
  /** Which call. */
  readonly name: string;
  /** Nanoseconds of a call, the program's start and end taken off. */
  readonly nanoseconds: Readonly<Record<Way, number>>;
}

/** Builds the program and measures every call; the least of `rounds` counts. */
export function benchCalls(rounds: number): CallCost[] {
  const folder = Deno.makeTempDirSync({ prefix: "crucible-bench-" });
  try {
    const program = buildProgram("calls", folder, "calls/calls.c");
    return Object.entries(CALLS).map(([what, { name, calls }]) => {
      const many = leastSeconds(program, what, ROUNDS, rounds);
      const one = leastSeconds(program, what, 1, rounds);
      const cost = (way: Way) => (many[way] - one[way]) / (ROUNDS * calls) * 1e9;
      const [native, qemu, crucible] = WAYS.map(cost);
      return { name, nanoseconds: { native, qemu, crucible } as Record<Way, number> };
    });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function leastSeconds(
  program: BuiltProgram,
  what: string,
  count: number,
  rounds: number,
): Record<Way, number> {
  const least: Record<Way, number> = { native: Infinity, qemu: Infinity, crucible: Infinity };
  for (let round = 0; round < rounds; round++) {
    for (const way of WAYS) {
      const { status, seconds } = run(way, program, [what, `${count}`]);
      if (status !== 0) throw new BenchFailed(`calls ${what}, ${way}: status ${status}`);
      least[way] = Math.min(least[way], seconds);
    }
  }
  return least;
}

function run(way: Way, { native, guest }: BuiltProgram, args: string[]): GuestRun {
  switch (way) {
    case "native":
      return runProcess(native, args);
    case "qemu":
      return runProcess(QEMU, [guest, ...args]);
    case "crucible":
      return runEngine("translator", guest, args);
  }
}

/** The section of `docs/performance.md`, from what was measured. */
export function callsSection(costs: readonly CallCost[], rounds: number): Section {
  const rows = costs.map(({ name, nanoseconds }) => [
    name,
    ...WAYS.map((way) => nanoseconds[way].toFixed(0)),
    (nanoseconds.crucible / nanoseconds.qemu).toFixed(2),
  ]);
  const text = [
    "A program that makes one system call again and again (`scenarios/bench/calls/calls.c`), run as the",
    `programs above; nanoseconds of processor time for each call, the program's start taken off; least of`,
    `${rounds} rounds in turns.`,
    "",
    table(["call", ...WAYS.map((way) => `${way}, ns`), "crucible / qemu"], rows),
  ].join("\n");
  return { title: "System calls", text };
}
