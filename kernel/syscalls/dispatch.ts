/**
 * From an `ecall` to a handler and back.
 *
 * Source: `arch/riscv/kernel/traps.c` (`do_trap_ecall_u`), `arch/riscv/include/asm/syscall.h`.
 */

import { OutOfFrames } from "../../emu/mod.ts";
import { EINTR, ENOMEM, ENOSYS, SystemError } from "../abi/errno.ts";
import type { Kernel } from "../kernel.ts";
import { retarget } from "../signals/send.ts";
import type { Task } from "../task.ts";
import type { Wait } from "../wait.ts";
import { A0, type Call, type SystemCallEntry } from "./group.ts";
import { systemCall } from "./table.ts";

const A7 = 17;
const ECALL_BYTES = 4;

/** What became of a call: its result is in a0; the task waits; the task is dead. */
export type CallOutcome = "completed" | "blocked" | "dead";

/** The number of the call that a task is about to make, or blocked in. */
export function callNumber({ registers }: Task): number {
  return registers.high(A7) * 2 ** 32 + registers.low(A7);
}

/** Makes the call at which the task's program counter stands; its number is {@link callNumber}. */
export function executeCall(kernel: Kernel, task: Task, number: number): CallOutcome {
  const entry = systemCall(number);
  const { wait } = task;
  if (wait === null) {
    kernel.statistics.count(number, entry !== undefined);
    kernel.tracer?.entered(task);
  }
  const result = entry === undefined ? -ENOSYS : answer(entry, { kernel, task });
  if (!task.isAlive) return "dead";
  retarget(kernel, task.group);
  if (typeof result === "object") {
    task.wait = result;
    // A signal that the call itself has let in ends the wait before it begins.
    if (!task.hasSignal) kernel.scheduler.block(task);
    return "blocked";
  }
  if (entry?.replacesContext !== true || result < 0) complete(task, result);
  if (wait !== null) kernel.scheduler.handOn(task, wait, true);
  kernel.tracer?.returned(task, result);
  return "completed";
}

/** Fails the call `number`, in which a task is blocked, with EINTR: a handler is about to run. */
export function interruptCall(kernel: Kernel, task: Task, number: number): void {
  const { wait } = task;
  const entry = systemCall(number);
  let result = -EINTR;
  if (entry?.interrupted !== undefined && wait !== null) {
    try {
      result = entry.interrupted({ kernel, task }, wait) ?? result;
    } catch (error) {
      result = errorResult(error);
    }
  }
  complete(task, result);
  if (wait !== null) kernel.scheduler.handOn(task, wait, false);
  const isPlain = result === -EINTR;
  if (isPlain) kernel.tracer?.interrupted(task, restarts(entry, wait));
  else kernel.tracer?.returned(task, result);
}

/** Whether the call would have been made again if the handler had asked for it: SA_RESTART. */
function restarts(entry: SystemCallEntry | undefined, wait: Wait | null): boolean {
  const onSignal = entry?.onSignal ?? "restart";
  const effect = typeof onSignal === "function" && wait !== null ? onSignal(wait) : onSignal;
  return effect === "restart";
}

/** Ends the call: its result in a0, the program counter behind it. */
function complete(task: Task, result: number | bigint): void {
  const { registers, signals } = task;
  registers.setX(A0, result);
  registers.advance(ECALL_BYTES);
  registers.clearReservation();
  task.wait = null;
  // After EINTR the mask of the call stays until the handler's frame has saved the old one.
  if (result !== -EINTR) signals.restoreMask();
}

function answer(entry: SystemCallEntry, call: Call): number | bigint | Wait {
  try {
    return entry.call(call);
  } catch (error) {
    return errorResult(error);
  }
}

/** The result that stands for what a handler has thrown; a mistake of the kernel's own goes on up. */
function errorResult(error: unknown): number {
  if (error instanceof SystemError) return -error.errno;
  if (error instanceof OutOfFrames) return -ENOMEM;
  throw error;
}
