/**
 * From an `ecall` to a handler and back.
 *
 * Source: `arch/riscv/kernel/traps.c` (`do_trap_ecall_u`), `arch/riscv/include/asm/syscall.h`.
 */

import { NO_RESERVATION, OutOfFrames } from "../../emu/mod.ts";
import { EINTR, ENOMEM, ENOSYS, SystemError } from "../abi/errno.ts";
import type { Kernel } from "../kernel.ts";
import { retarget } from "../signals/send.ts";
import type { Task } from "../task.ts";
import type { Wait } from "../wait.ts";
import type { Call, SystemCallEntry } from "./group.ts";
import { systemCall } from "./table.ts";

const A0 = 10;
const A7 = 17;
const ECALL_BYTES = 4n;

/** What became of a call: its result is in a0; the task waits; the task is dead. */
export type CallOutcome = "completed" | "blocked" | "dead";

/** The number of the call that a task is about to make, or blocked in. */
export function callNumber({ registers }: Task): number {
  return Number(registers.x(A7));
}

/** Makes the call at which the task's program counter stands. */
export function executeCall(kernel: Kernel, task: Task): CallOutcome {
  const number = callNumber(task);
  const entry = systemCall(number);
  if (task.wait === null) kernel.statistics.count(number, entry !== undefined);
  const result = entry === undefined ? -ENOSYS : answer(entry, callOf(kernel, task, entry));
  if (!task.isAlive) return "dead";
  retarget(kernel, task.group);
  if (typeof result === "object") {
    task.wait = result;
    // A signal that the call itself has let in ends the wait before it begins.
    if (!task.hasSignal) kernel.scheduler.block(task);
    return "blocked";
  }
  if (entry?.replacesContext !== true || result < 0) complete(task, result);
  return "completed";
}

/** Fails the call that a task is blocked in with EINTR: a handler is about to run. */
export function interruptCall(kernel: Kernel, task: Task): void {
  const { wait } = task;
  const entry = systemCall(callNumber(task));
  let result = -EINTR;
  if (entry?.interrupted !== undefined && wait !== null) {
    try {
      entry.interrupted(callOf(kernel, task, entry), wait);
    } catch (error) {
      result = errorResult(error);
    }
  }
  complete(task, result);
}

/** Ends the call: its result in a0, the program counter behind it. */
function complete(task: Task, result: number | bigint): void {
  const { registers, signals } = task;
  registers.setX(A0, BigInt(result));
  registers.pc += ECALL_BYTES;
  registers.reservation = NO_RESERVATION;
  task.wait = null;
  // After EINTR the mask of the call stays until the handler's frame has saved the old one.
  if (result !== -EINTR) signals.restoreMask();
}

function callOf(kernel: Kernel, task: Task, entry: SystemCallEntry): Call {
  const args: bigint[] = [];
  for (let i = 0; i < entry.args.length; i++) args.push(task.registers.x(A0 + i));
  return { kernel, task, args };
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
