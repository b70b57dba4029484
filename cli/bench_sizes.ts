/**
 * How long a machine takes to be there, a small program to run, and a machine to be forked; and what a
 * fork takes of memory.
 */
import { buildExecutable } from "../emu/mod.ts";
import { launch, type Machine } from "../harness/mod.ts";
import { BenchFailed, runEngine } from "./bench_emu.ts";
import { buildProgram } from "./bench_programs.ts";
import { type Section, table } from "./performance_document.ts";

/** Cold processes, of which the fastest counts. */
const COLD_ROUNDS = 15;
const FORK_ROUNDS = 50;
const MIB = 2 ** 20;
const PAGE_BYTES = 4096;
const TOUCHED_BYTES = 64 * MIB;
const CHANGED_BYTES = 1 * MIB;

/** Touches 64 MiB, then writes to the first MiB again; each time it writes a byte to stream 1. */
const TOUCHER = `
    _start: li   a0, 0
            li   a1, ${TOUCHED_BYTES}
            li   a2, 3               # PROT_READ | PROT_WRITE
            li   a3, 0x22            # MAP_PRIVATE | MAP_ANONYMOUS
            li   a4, -1
            li   a5, 0
            li   a7, 222             # mmap
            ecall
            mv   s0, a0
            mv   t0, a1
            jal  touch
            li   t0, ${CHANGED_BYTES}
            jal  touch
    1:      j    1b
    touch:  add  t0, t0, s0
            mv   t1, s0
            li   t2, ${PAGE_BYTES}
    2:      sd   t0, 0(t1)
            add  t1, t1, t2
            bne  t1, t0, 2b
            li   a0, 1
            la   a1, touch
            li   a2, 1
            li   a7, 64              # write
            ecall
            ret`;

/** What was measured. */
export interface Sizes {
  /** Making a machine, above all its interpreter, which is made and compiled. */
  readonly boot_ms: number;
  /** A static glibc hello, from before the machine is made to its end. */
  readonly hello_ms: number;
  /** The instructions that it executes. */
  readonly helloInstructions: number;
  /** Forking a machine in which a task has touched 64 MiB. */
  readonly fork_ms: number;
  /** Frames that the fork takes. */
  readonly forkFrames: number;
  /** Frames that it takes when it has changed 1 MiB. */
  readonly changedFrames: number;
}

/** Measures everything. */
export function benchSizes(): Sizes {
  return { ...benchHello(), ...benchFork({ rounds: FORK_ROUNDS }) };
}

function benchHello(): Pick<Sizes, "boot_ms" | "hello_ms" | "helloInstructions"> {
  const folder = Deno.makeTempDirSync({ prefix: "crucible-bench-" });
  try {
    const { guest } = buildProgram("hello", folder, "../programs/glibc/hello.c");
    const runs = Array.from({ length: COLD_ROUNDS }, () => runEngine("translator", guest));
    const failed = runs.find(({ status }) => status !== 0);
    if (failed !== undefined) throw new BenchFailed(`hello: status ${failed.status}`);
    return {
      boot_ms: Math.min(...runs.map(({ bootSeconds }) => bootSeconds)) * 1000,
      hello_ms: Math.min(...runs.map(({ seconds }) => seconds)) * 1000,
      helloInstructions: Math.max(...runs.map(({ instructions }) => instructions)),
    };
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Forks a machine `rounds` times, and lets one fork change a MiB. */
export function benchFork(
  { rounds }: { readonly rounds: number },
): Pick<Sizes, "fork_ms" | "forkFrames" | "changedFrames"> {
  const { machine } = launch({ path: "/bin/toucher", elf: buildExecutable(TOUCHER).bytes });
  runToOutput(machine, 1);
  const { memory } = machine.kernel;
  const before = memory.framesInUse;
  let fork_ms = Infinity;
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now();
    const fork = machine.fork();
    fork_ms = Math.min(fork_ms, performance.now() - begin);
    fork.dispose();
  }
  const fork = machine.fork();
  const forkFrames = memory.framesInUse - before;
  runToOutput(fork, 2);
  const changedFrames = memory.framesInUse - before;
  fork.dispose();
  machine.dispose();
  return { fork_ms, forkFrames, changedFrames };
}

function runToOutput(machine: Machine, length: number): void {
  while (machine.output.length < length) machine.run({ until: "syscall_exit" });
}

/** The section of `docs/performance.md`, from what was measured. */
export function sizesSection(sizes: Sizes): Section {
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const text = [
    `Start-up is processor time of the thread in a cold process, the least of ${COLD_ROUNDS}: code that has`,
    `not run before is slow in V8. A fork is the least time of ${FORK_ROUNDS} in one process.`,
    "",
    table(["what", "measured", "bound"], [
      ["machine made, with compiling its engine", ms(sizes.boot_ms), "15 ms"],
      [
        `static glibc hello (${sizes.helloInstructions} instructions), machine made to exit`,
        ms(sizes.hello_ms),
        "30 ms",
      ],
      ["fork of a machine with 64 MiB touched", `${sizes.fork_ms.toFixed(2)} ms`, "1 ms"],
      ["frames that the fork takes", `${sizes.forkFrames}`, ""],
      [
        `frames when the fork has changed ${CHANGED_BYTES / PAGE_BYTES} pages`,
        `${sizes.changedFrames}`,
        "",
      ],
    ]),
  ].join("\n");
  return { title: "Start-up and forks", text };
}
