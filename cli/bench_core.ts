/**
 * The short bench: the interpreter's speed, restarts a second, checkpoint and restart of a large task.
 * Each figure is the best of several rounds, because other work on the machine only ever slows down.
 */
import { buildExecutable } from "../emu/mod.ts";
import { Judge } from "../fuzz/mod.ts";
import { launch, type Machine } from "../harness/mod.ts";
import { hello } from "../scenarios/mod.ts";

const ROUNDS = 5;
const LOOP_INSTRUCTIONS = 40_000_000;
const RESTARTS = 2_000;
const TOUCHED_MIB = 64;
const MIB = 2 ** 20;

/** One line of the table. */
export interface BenchResult {
  /** What was measured. */
  readonly name: string;
  /** The figure with its unit. */
  readonly figure: string;
  /** What it is to be seen against. */
  readonly note: string;
}

/** Loops that never end; they are run for a number of instructions. */
const LOOPS: Readonly<Record<string, string>> = {
  "integer: arithmetic and branches": `
    _start: li   s0, 1
            li   s1, 0x5851f42d4c957f2d
    1:      mul  s0, s0, s1
            addi s0, s0, 11
            srli t0, s0, 33
            xor  t1, t1, t0
            andi t2, t0, 1
            beqz t2, 1b
            add  t3, t3, t1
            j    1b`,
  "integer: bytes of a table": `
    _start: la   s0, table
            li   s1, 4095
    1:      addi t0, t0, 7
            and  t1, t0, s1
            add  t1, t1, s0
            lbu  t2, 0(t1)
            add  t3, t3, t2
            sb   t3, 0(t1)
            j    1b
            .bss
    table:  .zero 4096`,
  "floating point: a recurrence": `
    _start: la   t0, values
            fld  fa0, 0(t0)
            fld  fa1, 8(t0)
            fld  fa2, 16(t0)
    1:      fmul.d fa0, fa0, fa1
            fadd.d fa0, fa0, fa2
            fdiv.d fa3, fa2, fa0
            fsub.d fa0, fa0, fa3
            j    1b
            .data
    values: .double 0.4, 0.7, 1.3`,
};

/** Touches a number of MiB, a page at a time, and then waits for ever in a loop. */
const TOUCHER = `
    _start: li   a0, 0
            li   a1, ${TOUCHED_MIB * MIB}
            li   a2, 3               # PROT_READ | PROT_WRITE
            li   a3, 0x22            # MAP_PRIVATE | MAP_ANONYMOUS
            li   a4, -1
            li   a5, 0
            li   a7, 222             # mmap
            ecall
            add  a1, a0, a1
            li   t1, 4096
    1:      sd   a0, 8(a0)
            add  a0, a0, t1
            bne  a0, a1, 1b
            li   a0, 1
            la   a1, 3f
            li   a2, 1
            li   a7, 64              # write
            ecall
    2:      j    2b
    3:      .byte 10`;

/** Measures everything. */
export function runCoreBench(): BenchResult[] {
  return [
    ...Object.entries(LOOPS).map(([name, source]) => benchLoop(name, source)),
    benchRestarts(),
    ...benchLargeTask(),
  ];
}

/** The least milliseconds that `work` took in several rounds. */
function leastMilliseconds(work: () => void): number {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    work();
    least = Math.min(least, performance.now() - begin);
  }
  return least;
}

function benchLoop(name: string, source: string): BenchResult {
  const { machine } = launch({ path: "/bin/loop", elf: buildExecutable(source).bytes });
  const ms = leastMilliseconds(() => machine.run({ instructions: LOOP_INSTRUCTIONS }));
  machine.dispose();
  const mips = LOOP_INSTRUCTIONS / ms / 1000;
  return { name, figure: `${mips.toFixed(0)} MIPS`, note: "" };
}

function benchRestarts(): BenchResult {
  const judge = new Judge(hello.specimens.make(1, { kind: "self", index: 0 }));
  const { image } = judge.specimen;
  const ms = leastMilliseconds(() => {
    for (let i = 0; i < RESTARTS; i++) judge.judge(image);
  });
  judge.dispose();
  return {
    name: "restarts of the hello image",
    figure: `${Math.round(RESTARTS / ms * 1000).toLocaleString("en")} a second`,
    note: "verified, restarted, identity compared, run, outcome compared, torn down",
  };
}

function benchLargeTask(): BenchResult[] {
  const { machine, pid } = launch({ path: "/bin/toucher", elf: buildExecutable(TOUCHER).bytes });
  while (machine.output === "") machine.run({ until: "syscall_exit" });
  let image = machine.checkpoint(pid);
  const checkpoint_ms = leastMilliseconds(() => image = machine.checkpoint(pid));
  const copy_ms = leastMilliseconds(() => image.slice());
  let restart_ms = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const fresh: Machine = machine.freshCopy();
    const begin = performance.now();
    fresh.restart(image);
    restart_ms = Math.min(restart_ms, performance.now() - begin);
    fresh.dispose();
  }
  machine.dispose();
  const figure = (ms: number) => {
    const rate = image.length / ms / 1e6;
    return `${ms.toFixed(1)} ms, ${rate.toFixed(2)} GB/s`;
  };
  const note = `a plain copy of the image's ${(image.length / MIB).toFixed(0)} MiB: ${
    figure(copy_ms)
  }`;
  return [
    { name: `checkpoint of ${TOUCHED_MIB} MiB touched`, figure: figure(checkpoint_ms), note },
    { name: `restart of ${TOUCHED_MIB} MiB touched`, figure: figure(restart_ms), note: "" },
  ];
}
