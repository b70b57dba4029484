/**
 * Random programs of several tasks: processes and threads that share memory and files, wait for each other at
 * pipes, futexes, epoll sets and timers, signal each other, and change how they are scheduled.
 *
 * Each ends whatever the order of turns: who reads a pipe finds a byte in the end, because the first task puts
 * in as many as are read, and everything else has a time-out.
 *
 * ```
 *   first task   maps SHARED, opens the files ▶ makes the others ▶ its steps ▶ fills the pipes ▶ waits for all
 *   others                                       their steps ▶ exit
 * ```
 */

import fc from "npm:fast-check@4";
import { buildExecutable } from "../../emu/mod.ts";
import type { Program } from "../program.ts";

/** What a task does next; `which` chooses among the two pipes, or the tasks. */
export type Step =
  | { readonly kind: "work"; readonly instructions: number }
  | { readonly kind: "nap"; readonly time_ns: number }
  | { readonly kind: "say" | "yield" | "event" | "wake" | "count" | "fork" }
  | { readonly kind: "put" | "get" | "poll" | "signal"; readonly which: number }
  | { readonly kind: "await" | "epoll" | "alarm"; readonly time_ns: number }
  | { readonly kind: "schedule"; readonly policy: number; readonly priority: number }
  | { readonly kind: "nice"; readonly nice: number };

/** One of the tasks. */
export interface PlannedTask {
  /** Whether it is a thread of the first task, and no process. */
  readonly isThread: boolean;
  /** What it does before it ends. */
  readonly steps: readonly Step[];
}

/** A program of several tasks. */
export interface Plan {
  /** What the first task does, which never waits for a byte, because the others wait for its. */
  readonly first: readonly Step[];
  /** The tasks that it makes. */
  readonly others: readonly PlannedTask[];
  /** Whether the epoll set is edge-triggered. */
  readonly edges: boolean;
}

const time_ns = fc.integer({ min: 1, max: 40_000 });
const which = fc.nat(7);

/** Steps that end by themselves. */
const bounded: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("work" as const),
    instructions: fc.integer({ min: 2, max: 60_000 }),
  }),
  fc.record({ kind: fc.constant("nap" as const), time_ns }),
  fc.record({
    kind: fc.constantFrom("say", "yield", "event", "wake", "count", "fork"),
  }),
  fc.record({ kind: fc.constantFrom("put", "poll", "signal"), which }),
  fc.record({ kind: fc.constantFrom("await", "epoll", "alarm"), time_ns }),
  // SCHED_OTHER, FIFO, RR, BATCH and IDLE.
  fc.constantFrom(0, 1, 2, 3, 5).chain((policy) =>
    fc.record({
      kind: fc.constant("schedule" as const),
      policy: fc.constant(policy),
      priority: policy === 1 || policy === 2 ? fc.integer({ min: 1, max: 3 }) : fc.constant(0),
    })
  ),
  fc.record({ kind: fc.constant("nice" as const), nice: fc.integer({ min: -5, max: 19 }) }),
);
const get: fc.Arbitrary<Step> = fc.record({ kind: fc.constant("get" as const), which });

/** Any program. */
export const anyPlan: fc.Arbitrary<Plan> = fc.record({
  first: fc.array(bounded, { maxLength: 5 }),
  others: fc.array(
    fc.record({
      isThread: fc.boolean(),
      steps: fc.array(fc.oneof({ weight: 5, arbitrary: bounded }, { weight: 1, arbitrary: get }), {
        minLength: 1,
        maxLength: 8,
      }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  edges: fc.boolean(),
});

/** Where the page is that all tasks share. */
const SHARED = 0x20000000;
/** The words in it: a counter, a futex, the tasks' pids, and what a thread leaves zero. */
const [COUNTER, FUTEX, PIDS, TIDS] = [0, 4, 64, 128];
/** Descriptors: two pipes, an eventfd, and a set of what can be read of them. */
const [PIPES, EVENT, SET] = [[[3, 4], [5, 6]], 7, 8] as const;
const STACK_BYTES = 4096;
/** CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, PARENT_SETTID, CHILD_CLEARTID, CHILD_SETTID. */
const THREAD_FLAGS = 0x1350f00;
/** MAP_SHARED, MAP_FIXED, MAP_ANONYMOUS. */
const MAP_FLAGS = 0x31;
const [SIGUSR1, SIGALRM, SIGCHLD] = [10, 14, 17];

function call(number: number, ...args: (number | string)[]): string {
  const loads = args.map((arg, i) => typeof arg === "number" ? `li a${i}, ${arg}` : arg);
  return `${loads.join("; ")}; li a7, ${number}; ecall\n`;
}

/** Writes the character in t0. */
const PUT = `addi sp, sp, -16; sb t0, 0(sp); ${
  call(64, 1, "mv a1, sp", 1).trim()
}; addi sp, sp, 16\n`;

/** Writes a letter, and the last three bits of a0 where it stands for a result. */
function say(letter: string, result = false): string {
  const first = `li t0, ${letter.charCodeAt(0)}; `;
  return result
    ? `mv s1, a0; add s0, s0, a0; ${first}${PUT}andi t0, s1, 7; addi t0, t0, 48; ${PUT}`
    : first + PUT;
}

/** A `struct timespec` at sp. */
function time(ns: number): string {
  return `addi sp, sp, -16; sd zero, 0(sp); li t0, ${ns}; sd t0, 8(sp)\n`;
}

/** One program's assembly. */
class Writer {
  readonly #plan: Plan;
  #labels = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  get source(): string {
    const { first, others, edges } = this.#plan;
    return `
    .data
      .balign 8
      action: .dword handler, 0x10000000, 0
      event: .dword ${edges ? 0x80000001 : 1}, 5
      stacks: .zero ${STACK_BYTES * (others.length + 1)}
    .text
    handler:
      li t0, ${"!".charCodeAt(0)}
      ${PUT}
      ret
    _start:
      ${call(222, SHARED, 4096, 3, MAP_FLAGS, -1, 0)}
      ${PIPES.map(() => call(59, "addi sp, sp, -16; mv a0, sp", 0)).join("")}
      ${call(19, 0, 2048)}
      ${call(20, 0)}
      ${
      [PIPES[0][0], PIPES[1][0], EVENT].map((fd) => call(21, SET, 1, fd, "la a3, event")).join("")
    }
      ${[SIGUSR1, SIGALRM].map((signo) => call(134, signo, "la a1, action", 0, 8)).join("")}
      ${call(172)}
      li t0, ${SHARED + PIDS}; sw a0, 0(t0)
      ${others.map((task, i) => this.#start(task, i)).join("")}
      ${this.#steps(first, "0")}
      ${PIPES.map(([, end], i) => this.#fill(end, i)).join("")}
      ${others.map((task, i) => this.#finish(task, i)).join("")}
      ${call(94, 0)}
    ${others.map((task, i) => this.#body(task, i)).join("")}`;
  }

  #start({ isThread }: PlannedTask, index: number): string {
    const tid = SHARED + TIDS + 4 * index;
    const stack = `la a1, stacks; li t0, ${STACK_BYTES * (index + 1)}; add a1, a1, t0`;
    const made = isThread
      ? call(220, THREAD_FLAGS, stack, tid, 0, tid)
      : call(220, SIGCHLD, 0, 0, 0, 0);
    return `${made} beqz a0, task${index}
      li t0, ${SHARED + PIDS + 4 * (index + 1)}; sw a0, 0(t0)\n`;
  }

  #body({ isThread, steps }: PlannedTask, index: number): string {
    return `task${index}: li s0, 0
      ${this.#steps(steps, String.fromCharCode(97 + index))}
      ${call(isThread ? 93 : 94, "andi a0, s0, 63")}`;
  }

  #finish({ isThread }: PlannedTask, index: number): string {
    const label = this.#label();
    if (isThread) {
      return `${label}: li t0, ${SHARED + TIDS + 4 * index}; lw a2, 0(t0); beqz a2, ${label}end
        ${call(98, "mv a0, t0", 0, "nop", 0)} j ${label}
        ${label}end: ${say("T")}`;
    }
    const pid = `li t0, ${SHARED + PIDS + 4 * (index + 1)}; lw a0, 0(t0)`;
    return `addi sp, sp, -16; ${call(260, pid, "mv a1, sp", 0, 0)} lw a0, 0(sp); srli a0, a0, 8
      addi sp, sp, 16; ${say("P", true)}`;
  }

  /** As many bytes as are read from a pipe. */
  #fill(end: number, pipe: number): string {
    const all = [this.#plan.first, ...this.#plan.others.map(({ steps }) => steps)].flat();
    const reads = all.filter((step) =>
      (step.kind === "get" || step.kind === "poll") && step.which % 2 === pipe
    );
    return reads.map(() => call(64, end, "la a1, stacks", 1)).join("");
  }

  #steps(steps: readonly Step[], name: string): string {
    return steps.map((step) => this.#step(step, name)).join("");
  }

  #step(step: Step, name: string): string {
    const label = this.#label();
    switch (step.kind) {
      case "work":
        return `li t0, ${step.instructions >> 1}
          ${label}: addi t0, t0, -1; bnez t0, ${label}\n`;
      case "say":
        return say(name);
      case "nap":
        return `${time(step.time_ns)} ${call(101, "mv a0, sp", 0)} addi sp, sp, 16; ${
          say("n", true)
        }`;
      case "yield":
        return call(124);
      case "event":
        return `addi sp, sp, -16; li t0, 1; sd t0, 0(sp); ${call(64, EVENT, "mv a1, sp", 8)}
          addi sp, sp, 16\n`;
      case "wake":
        return call(98, SHARED + FUTEX, 1, 1) + say("w", true);
      case "await":
        return `${time(step.time_ns)} li t0, ${SHARED + FUTEX}; lw a2, 0(t0)
          ${call(98, "mv a0, t0", 0, "nop", "mv a3, sp")} addi sp, sp, 16; ${say("f", true)}`;
      case "count":
        return `li t0, ${SHARED + COUNTER}; li t1, 1; amoadd.w a0, t1, (t0); ${say("c", true)}`;
      case "fork":
        return `${call(220, SIGCHLD, 0, 0, 0, 0)} bnez a0, ${label}
          ${say(name)} ${call(94, 3)}
          ${label}: ${call(260, "nop", 0, 0, 0)} ${say("k")}`;
      case "put":
        return call(64, PIPES[step.which % 2]![1], "la a1, stacks", 1);
      case "get":
        return `addi sp, sp, -16; ${call(63, PIPES[step.which % 2]![0], "mv a1, sp", 1)}
          addi sp, sp, 16; ${say("g", true)}`;
      case "poll":
        return this.#poll(PIPES[step.which % 2]![0], name !== "0", label);
      case "epoll":
        return `${time(step.time_ns)} addi sp, sp, -64
          ${call(441, SET, "mv a1, sp", 4, "addi a3, sp, 64", 0, 8)} addi sp, sp, 80; ${
          say("e", true)
        }`;
      case "signal": {
        const target = step.which % (this.#plan.others.length + 1);
        return `li t0, ${SHARED + PIDS + 4 * target}; lw a0, 0(t0)
          ${call(130, "nop", SIGUSR1)}`;
      }
      case "alarm":
        return `addi sp, sp, -32; sd zero, 0(sp); sd zero, 8(sp); sd zero, 16(sp)
          li t0, ${Math.ceil(step.time_ns / 1000)}; sd t0, 24(sp)
          ${call(103, 0, "mv a1, sp", 0)} addi sp, sp, 32\n`;
      case "schedule":
        return `addi sp, sp, -16; li t0, ${step.priority}; sw t0, 0(sp)
          ${call(119, 0, step.policy, "mv a2, sp")} addi sp, sp, 16\n`;
      case "nice":
        return call(140, 0, 0, step.nice);
    }
  }

  /** Waits a while for a pipe, and reads from it if it is ready. */
  #poll(fd: number, reads: boolean, label: string): string {
    return `${time(20_000)} addi sp, sp, -16; li t0, ${fd}; sw t0, 0(sp); li t0, 1; sw t0, 4(sp)
      ${call(73, "mv a0, sp", 1, "addi a2, sp, 16", 0, 8)} addi sp, sp, 32; ${say("p", true)}
      li t0, 1; bne s1, t0, ${label}
      ${reads ? `addi sp, sp, -16; ${call(63, fd, "mv a1, sp", 1)} addi sp, sp, 16` : ""}
      ${label}:\n`;
  }

  #label(): string {
    return `label${this.#labels++}_`;
  }
}

/** The program of a plan. */
export function programOf(plan: Plan): Program {
  const { bytes } = buildExecutable(new Writer(plan).source);
  return { path: "/bin/plan", elf: bytes, instructionsMax: 5_000_000 };
}
