// Do policies, priorities and nice values say who runs, in what order and how much; and what do they leave to the seed?

import { assert, assertEquals } from "../std_assert.ts";
import {
  RR_INTERVAL_NS,
  SCHED_BATCH,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_OTHER,
  SCHED_RR,
} from "./abi/sched.ts";
import { checkpoint, planRestart } from "./checkpoint/mod.ts";
import { Kernel } from "./kernel.ts";
import { RunQueue } from "./run_queue.ts";
import { DEFAULT_SCHEDULING, type Scheduling } from "./scheduling.ts";
import type { Task } from "./task.ts";
import { boot, build, end, outputOf, PROGRAM } from "./testing/machine.ts";

/** A task that writes its letter again and again. */
interface Writer {
  readonly letter: string;
  readonly policy: number;
  readonly priority?: number;
  readonly nice?: number;
  /** How often it writes. Default: 10. */
  readonly rounds?: number;
  /** Instructions, about, before each letter. Default: 3000. */
  readonly work?: number;
  /** Whether it sleeps for a while after half of its letters. */
  readonly sleeps?: boolean;
}

/**
 * A task for each writer; none begins before all are scheduled as they want to be, because they are made by
 * one that outranks them.
 */
function program(writers: readonly Writer[]): string {
  const schedule = (policy: number, param: string) => `
    li a0, 0
    li a1, ${policy}
    la a2, ${param}
    li a7, 119
    ecall
`;
  const forks = writers.map((_, i) => `
    li a0, 17
    li a1, 0
    li a7, 220
    ecall
    beqz a0, writer${i}
`);
  const bodies = writers.map(({ policy, nice = 0, rounds = 10, work = 3000, sleeps }, i) => `
  writer${i}:
    li a0, 0
    li a1, 0
    li a2, ${nice}
    li a7, 140
    ecall
    ${schedule(policy, `param${i}`)}
    li s0, ${rounds}
  round${i}:
    li t0, ${work >> 1}
  work${i}:
    addi t0, t0, -1
    bnez t0, work${i}
    li a0, 1
    la a1, letter${i}
    li a2, 1
    li a7, SYS_write
    ecall
    addi s0, s0, -1
    li t0, ${rounds >> 1}
    ${sleeps === true ? `bne s0, t0, awake${i}` : `j awake${i}`}
    la a0, nap
    li a1, 0
    li a7, SYS_nanosleep
    ecall
  awake${i}:
    bnez s0, round${i}
    li a0, 0
    li a7, SYS_exit
    ecall
`);
  const data = writers.map(({ letter, priority = 0 }, i) => `
  param${i}: .word ${priority}
  letter${i}: .byte '${letter}'
    .align 2
`);
  return `
  .data
    .align 3
  nap: .dword 0, 10000
  highest: .word 99
  ${data.join("")}
  .text
  _start:
    ${schedule(SCHED_FIFO, "highest")}
    ${forks.join("")}
    li s0, ${writers.length}
  await:
    li a0, -1
    li a1, 0
    li a2, 0
    li a3, 0
    li a7, 260
    ecall
    addi s0, s0, -1
    bnez s0, await
    li a0, 0
    li a7, SYS_exit
    ecall
    ${bodies.join("")}
`;
}

const QUANTUM = 1000;

function letters(writers: readonly Writer[], seed = 1): string {
  const { kernel } = boot(program(writers), { seed, quantum: QUANTUM });
  assertEquals(kernel.run({ instructions: 5_000_000 }).reason, "exited");
  const output = outputOf(kernel);
  end(kernel);
  return output;
}

const other = { letter: "o", policy: SCHED_OTHER };

Deno.test("a task of SCHED_FIFO starves the others until it blocks", () => {
  const fifo = { letter: "F", policy: SCHED_FIFO, priority: 1, rounds: 20 };
  assertEquals(letters([other, fifo]), "F".repeat(20) + "o".repeat(10));
  assert(/^F{10}o+F{10}o+$/.test(letters([other, { ...fifo, sleeps: true }])));
});

Deno.test("of two priorities the higher one runs, as soon as it can", () => {
  const low = { letter: "l", policy: SCHED_RR, priority: 1, rounds: 20 };
  const high = { letter: "H", policy: SCHED_FIFO, priority: 2, sleeps: true };
  const output = letters([low, high, other]);
  assert(/^H{5}l+H{5}l+o{10}$/.test(output), output);
});

Deno.test("tasks of SCHED_FIFO of one priority come one after the other", () => {
  const writers = [..."abc"].map((letter) => ({ letter, policy: SCHED_FIFO, priority: 7 }));
  // Each was lowered to it, and so stands before those that were lowered earlier.
  assertEquals(letters(writers), "c".repeat(10) + "b".repeat(10) + "a".repeat(10));
});

Deno.test("SCHED_IDLE runs when nobody else can", () => {
  const idle = { letter: "i", policy: SCHED_IDLE };
  assertEquals(letters([idle, other]), "o".repeat(10) + "i".repeat(10));
  const output = letters([idle, { ...other, sleeps: true }]);
  assert(/^o{5}i+o{5}i+$/.test(output), output);
});

Deno.test("nice 19 gets far less than nice 0, and nobody gets nothing", () => {
  const writers = [
    { ...other, rounds: 200, work: 2000 },
    { letter: "n", policy: SCHED_OTHER, nice: 19, rounds: 20, work: 2000 },
  ];
  const output = letters(writers);
  const before = output.slice(0, output.lastIndexOf("o"));
  const nice = [...before].filter((letter) => letter === "n").length;
  // 15 of 1024 parts.
  assert(nice >= 1 && nice <= 8, `${nice} of ${before.length}`);
});

Deno.test("SCHED_BATCH takes turns as SCHED_OTHER does, and another seed gives another order", () => {
  const writers = [other, { letter: "b", policy: SCHED_BATCH }, { ...other, letter: "p" }];
  const outputs = new Set([1, 2, 3, 4, 5, 6].map((seed) => letters(writers, seed)));
  assert(outputs.size >= 4, [...outputs].join());
  for (const output of outputs) {
    assertEquals([...output].sort().join(""), "b".repeat(10) + "o".repeat(10) + "p".repeat(10));
  }
  assertEquals(letters(writers, 3), letters(writers, 3));
});

function withTasks(
  schedulings: readonly Partial<Scheduling>[],
  body: (queue: RunQueue, tasks: { readonly [name in "a" | "b" | "c" | "d"]: Task }) => void,
): void {
  const { kernel, task } = boot("_start: j _start");
  const tasks = [task, ...schedulings.slice(1).map(() => kernel.spawn({ path: "/bin/program" }))];
  const queue = new RunQueue(QUANTUM, 1, 1);
  for (const [i, scheduling] of schedulings.entries()) {
    tasks[i]!.scheduling = { ...DEFAULT_SCHEDULING, ...scheduling };
    queue.add(tasks[i]!);
  }
  queue.settle();
  const [a, b, c, d = a] = tasks;
  if (!a || !b || !c || !d) throw new Error("There are three tasks at least");
  body(queue, { a, b, c, d });
  end(kernel);
}

Deno.test("SCHED_RR goes behind its equals when its time is up, and keeps the rest when it is preempted", () => {
  const rr = { policy: SCHED_RR, priority: 5 };
  withTasks([rr, rr, { policy: SCHED_FIFO, priority: 6 }], (queue, { a, b, c: high }) => {
    assertEquals([queue.tasks[0], queue.sliceLeft], [high, Infinity]);
    queue.remove(high, true);
    assertEquals([queue.tasks[0], queue.sliceLeft], [a, Number(RR_INTERVAL_NS)]);
    queue.account(60_000_000);
    queue.add(high);
    queue.settle();
    assertEquals(queue.tasks, [high, a, b]);
    queue.remove(high, true);
    assertEquals([queue.tasks[0], queue.sliceLeft], [a, 40_000_000]);
    queue.account(40_000_000);
    assertEquals([queue.tasks[0], queue.sliceLeft], [b, Number(RR_INTERVAL_NS)]);
    queue.yield();
    assertEquals([queue.tasks[0], queue.sliceLeft], [a, Number(RR_INTERVAL_NS)]);
  });
});

Deno.test("who is raised comes behind his equals, who is lowered before them", () => {
  const of = (priority: number) => ({ policy: SCHED_FIFO, priority });
  withTasks([of(5), of(5), of(4), of(6)], (queue, { a, b, c, d }) => {
    const change = (task: Task, priority: number) => {
      const before = task.scheduling;
      task.scheduling = { ...before, priority };
      queue.rescheduled(task, before);
      queue.settle();
    };
    change(c, 5);
    assertEquals(queue.tasks, [d, a, b, c]);
    change(d, 5);
    assertEquals(queue.tasks, [d, a, b, c]);
    change(d, 4);
    assertEquals(queue.tasks, [a, d, b, c]);
    change(b, 9);
    assertEquals(queue.tasks, [b, a, d, c]);
  });
});

Deno.test("tasks of different policies that are saved at any instant go on as if nothing had happened", () => {
  const writers = [
    { ...other, sleeps: true, rounds: 6 },
    { letter: "n", policy: SCHED_OTHER, nice: 10, rounds: 3 },
    { letter: "i", policy: SCHED_IDLE, rounds: 4 },
    { letter: "F", policy: SCHED_FIFO, priority: 3, rounds: 4, sleeps: true },
    { letter: "R", policy: SCHED_RR, priority: 2, rounds: 4, sleeps: true },
    { letter: "r", policy: SCHED_RR, priority: 2, rounds: 4 },
  ];
  const executable = build(program(writers));
  const run = (piece: number): { output: string; instructions: bigint; ends_ns: bigint } => {
    let { kernel } = boot(executable, { seed: 4, quantum: QUANTUM });
    let output = "";
    while (kernel.run({ instructions: piece }).reason === "budget") {
      output += outputOf(kernel);
      const [leader] = kernel.tasks.all;
      const image = checkpoint(kernel, leader!);
      end(kernel);
      kernel = new Kernel({ framesMax: 4096 });
      kernel.fileSystem.writeFile(PROGRAM, executable, 0o755);
      planRestart(kernel, image, { adoptMachine: true }).commit();
    }
    output += outputOf(kernel);
    const { instructions, monotonic_ns: ends_ns } = kernel.clock;
    end(kernel);
    return { output, instructions, ends_ns };
  };
  const whole = run(5_000_000);
  assertEquals(whole.output.length, 25);
  for (const piece of [997, 2003, 3701, 10_007]) assertEquals(run(piece), whole);
});
