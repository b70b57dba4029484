/**
 * The machine's main loop: signals, instructions, faults and system calls of the task that has the hart,
 * until there is a reason to stop.
 *
 * Every stop is at an instruction boundary with the whole machine in plain data, and the machine's course
 * does not depend on where it was stopped. What is due (a signal, a wake-up, the end of a turn) happens
 * before the next instruction and not after the last, so that "stopped after N instructions" is one state.
 */

import type { Stop } from "../emu/mod.ts";
import { OutOfFrames } from "../emu/mod.ts";
import { BUS_ADRALN, ILL_ILLOPC, SIGBUS, SIGILL, SIGTRAP, TRAP_BRKPT } from "./abi/signal.ts";
import { MONOTONIC_END_NS } from "./clock.ts";
import { enforceCpuLimit, instructionsToCpuLimit } from "./cpu_limit.ts";
import type { Kernel } from "./kernel.ts";
import { NOT_MAPPED } from "./mm/fault.ts";
import { TASK_SIZE } from "./mm/layout.ts";
import { killForMemory } from "./oom.ts";
import { deliverSignals, raiseFault } from "./signals/deliver.ts";
import { signalAsyncFiles } from "./sigio.ts";
import { callNumber, executeCall, interruptCall } from "./syscalls/dispatch.ts";
import type { Task } from "./task.ts";
import { fireCpuTimers, fireTimers, instructionsToCpuTimer } from "./timer_queue.ts";

/** How far to run. */
export interface RunOptions {
  /** Instructions at most, 0 … 2^53 - 1. Default: no bound. */
  readonly instructions?: number;
  /** Where else to stop: before the next system call is made, or after the next one has its result. */
  readonly until?: "syscall_entry" | "syscall_exit";
}

/** Why a run has stopped. */
export type RunStop =
  /** The instructions are used up. */
  | { readonly reason: "budget"; readonly retired: number }
  /** Every task has ended. */
  | { readonly reason: "exited"; readonly retired: number }
  /** Every task waits for something from outside: input on a stream, or a signal. */
  | { readonly reason: "waiting"; readonly retired: number }
  /** The next instruction of `task` is the `ecall` of system call `number`, not made yet. */
  | SystemCallStop<"syscall_entry">
  /** `task` has the result of system call `number` in a0. */
  | SystemCallStop<"syscall_exit">;

/** A stop at a system call. */
export interface SystemCallStop<Reason extends "syscall_entry" | "syscall_exit"> {
  /** Which of the two. */
  readonly reason: Reason;
  /** Instructions that were retired in this run. */
  readonly retired: number;
  /** Who calls. */
  readonly task: Task;
  /** Which system call. */
  readonly number: number;
}

/** Runs a machine. Throws RangeError for a budget that is none; nothing that a guest does throws. */
export function runKernel(kernel: Kernel, options: RunOptions = {}): RunStop {
  const { instructions = Infinity, until } = options;
  if (!(instructions >= 0) || (instructions !== Infinity && !Number.isInteger(instructions))) {
    throw new RangeError(`Cannot run ${instructions} instructions`);
  }
  const run = new Run(kernel, instructions, until);
  // A function of its own for each step: V8 optimises functions sooner than loops in them.
  let stop = run.step();
  while (stop === null) stop = run.step();
  return stop;
}

function earlier(a: bigint | null, b: bigint | null): bigint | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

/** One run: its accounts, and what it does next. */
class Run {
  readonly #kernel: Kernel;
  readonly #until: RunOptions["until"];
  /** Who was about to execute what when the run began. */
  readonly #first: Task | undefined;
  readonly #firstPc: bigint | undefined;
  /** Instructions that may still be retired. */
  #left: number;
  /** Instructions that were retired. */
  #retired = 0;

  constructor(kernel: Kernel, instructions: number, until: RunOptions["until"]) {
    this.#kernel = kernel;
    this.#until = until;
    this.#left = instructions;
    this.#first = kernel.scheduler.current;
    this.#firstPc = this.#first?.registers.pc;
  }

  /** Goes on to the next system call, trap, end of a turn or time; answers why to stop, or `null`. */
  step(): RunStop | null {
    const { scheduler, tasks } = this.#kernel;
    const retired = this.#retired;
    if (scheduler.current === undefined && !tasks.hasLive) return { reason: "exited", retired };
    if (this.#left <= 0) return { reason: "budget", retired };
    this.#wakeDue();
    const task = scheduler.current;
    if (task === undefined) return this.#idle();
    task.lastHart = scheduler.hart;
    const isSignalled = task.hasSignal || task.signals.savedMask !== null;
    if (task.wait !== null || isSignalled) {
      const delivery = deliverSignals(this.#kernel, task);
      if (delivery === "gone") return null;
      if (delivery === "interrupt") return this.#interrupt(task);
    }
    if (task.wait === null) {
      const stop = this.#execute(task);
      if (stop.reason === "budget") return null;
      if (stop.reason !== "ecall") {
        handleTrap(this.#kernel, task, stop);
        return null;
      }
      if (this.#until === "syscall_entry" && !this.#isAtFirst(task)) {
        return this.#stopAt("syscall_entry", task, callNumber(task));
      }
    }
    return this.#call(task);
  }

  /** Fires the timers and wakes the tasks whose time has come. */
  #wakeDue(): void {
    const { scheduler, timers, clock } = this.#kernel;
    if (timers.isDue) fireTimers(this.#kernel);
    if (clock.isAlarmDue) clock.alarms.ringDue(clock.monotonic_ns);
    signalAsyncFiles(this.#kernel);
    scheduler.wakeDue();
  }

  /** When the machine has to do something that no instruction brings about; `null` for never. */
  get #deadline_ns(): bigint | null {
    const { scheduler, clock, timers } = this.#kernel;
    return earlier(earlier(scheduler.deadline_ns, timers.deadline_ns), clock.alarms.earliest_ns);
  }

  /** Nobody can run: jumps to when somebody can, if that comes by itself. */
  #idle(): RunStop | null {
    const deadline_ns = this.#deadline_ns;
    // Who sleeps to the end of time waits for a signal.
    if (deadline_ns === null || deadline_ns > MONOTONIC_END_NS) {
      return { reason: "waiting", retired: this.#retired };
    }
    this.#kernel.clock.idleUntil(deadline_ns);
    return null;
  }

  /** Executes instructions of the task that has the hart, as many as may come before something is due. */
  #execute(task: Task): Stop {
    const { hart, clock, scheduler } = this.#kernel;
    let budget = Math.min(
      this.#left,
      scheduler.sliceLeft,
      instructionsToCpuLimit(task.group),
    );
    if (!task.group.timers.isIdle) {
      budget = Math.min(budget, instructionsToCpuTimer(this.#kernel, task));
    }
    const deadline_ns = this.#deadline_ns;
    if (deadline_ns !== null) {
      // One instruction is one nanosecond, so that deadlines are met exactly.
      budget = Math.min(budget, Number(deadline_ns - clock.monotonic_ns));
    }
    const stop = hart.run(task.registers, task.mm.pageTable, budget, clock);
    this.#retire(task, stop.retired);
    return stop;
  }

  /** Makes the call that a task is about to make, or goes on with the one that it is blocked in. */
  #call(task: Task): RunStop | null {
    const number = callNumber(task);
    const outcome = executeCall(this.#kernel, task, number);
    return outcome === "completed" ? this.#returned(task, number) : null;
  }

  /** Ends the call that a task is blocked in, for a handler that is to run. */
  #interrupt(task: Task): RunStop | null {
    const number = callNumber(task);
    interruptCall(this.#kernel, task, number);
    return this.#returned(task, number);
  }

  /** A task has the result of a call, whose `ecall` has retired. */
  #returned(task: Task, number: number): RunStop | null {
    this.#retire(task, 1);
    return this.#until === "syscall_exit" ? this.#stopAt("syscall_exit", task, number) : null;
  }

  /** Counts instructions of the task that has the hart. */
  #retire(task: Task, instructions: number): void {
    if (instructions === 0) return;
    const { clock, scheduler } = this.#kernel;
    clock.retire(instructions);
    scheduler.count(task.lastHart, instructions);
    task.instructions += instructions;
    this.#left -= instructions;
    this.#retired += instructions;
    if (!task.group.timers.isIdle) fireCpuTimers(this.#kernel, task.group);
    enforceCpuLimit(this.#kernel, task.group);
    if (scheduler.current === task) scheduler.account(instructions);
  }

  /** Whether nothing has happened since the run began, which may have been where the last one stopped. */
  #isAtFirst(task: Task): boolean {
    return this.#retired === 0 && task === this.#first && task.registers.pc === this.#firstPc;
  }

  #stopAt<Reason extends "syscall_entry" | "syscall_exit">(
    reason: Reason,
    task: Task,
    number: number,
  ): SystemCallStop<Reason> {
    return { reason, retired: this.#retired, task, number };
  }
}

/** The instruction at the program counter cannot be executed: give it its page, or raise a signal. */
function handleTrap(kernel: Kernel, task: Task, stop: Stop): void {
  const { pc } = task.registers;
  switch (stop.reason) {
    case "page_fault":
      return handlePageFault(kernel, task, stop);
    case "illegal":
      return raiseFault(kernel, task, { signo: SIGILL, code: ILL_ILLOPC }, pc);
    case "ebreak":
      return raiseFault(kernel, task, { signo: SIGTRAP, code: TRAP_BRKPT }, pc);
    case "misaligned":
      return raiseFault(kernel, task, { signo: SIGBUS, code: BUS_ADRALN }, pc);
    case "out_of_frames":
      return killForMemory(kernel, task);
  }
}

function handlePageFault(kernel: Kernel, task: Task, { address, access }: Stop): void {
  try {
    const isUser = address < BigInt(TASK_SIZE);
    const fault = isUser ? task.mm.fault(Number(address), access) : NOT_MAPPED;
    if (fault !== null) raiseFault(kernel, task, fault, address);
  } catch (error) {
    if (!(error instanceof OutOfFrames)) throw error;
    killForMemory(kernel, task);
  }
}
