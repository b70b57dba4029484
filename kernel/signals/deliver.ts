/**
 * What pending signals do to a task before it executes its next instruction.
 *
 * A blocked call that a handler interrupts ends first, in a step of its own: it is made again after the
 * handler (the `ecall` is still ahead, so nothing needs to be done), or it fails with EINTR.
 *
 * Source: `kernel/signal.c` (`get_signal`), `arch/riscv/kernel/signal.c` (`arch_do_signal_or_restart`).
 */

import { PAGE_SIZE } from "../../emu/mod.ts";
import { CORE_DUMPED, SUID_DUMP_USER } from "../abi/process.ts";
import { RLIMIT_CORE } from "../abi/resource.ts";
import {
  DEFAULT_DUMPS,
  SA_RESETHAND,
  SA_RESTART,
  SIG_DFL,
  SIG_IGN,
  SIGKILL,
  signalBit,
  SIGSEGV,
  SIGSTOP,
  UNBLOCKABLE,
} from "../abi/signal.ts";
import { exitGroup } from "../exit.ts";
import { abandonOpening } from "../fs/fifo_opening.ts";
import { isOrphanedGroup } from "../job_control.ts";
import type { Kernel } from "../kernel.ts";
import { callNumber } from "../syscalls/dispatch.ts";
import { systemCall } from "../syscalls/table.ts";
import type { Task } from "../task.ts";
import { signalTaken } from "../timer_queue.ts";
import { isDecided, type Wait } from "../wait.ts";
import { DEFAULT_ACTION, defaultEffect, type SignalAction } from "./dispositions.ts";
import { enterHandler } from "./frame.ts";
import { sharedSignalsToTake, signalsToTake } from "./pending.ts";
import { force, retarget, stopGroup } from "./send.ts";
import { faultSignal, kernelSignal, type SigInfo } from "./siginfo.ts";

/**
 * What became of the task: it can execute its next instruction; it is blocked, stopped or dead; or its
 * blocked call is to fail with EINTR before the handler runs.
 */
export type Delivery = "run" | "gone" | "interrupt";

/** Takes the pending signals that the current task does not block. */
export function deliverSignals(kernel: Kernel, task: Task): Delivery {
  if (task.wait !== null && isDecided(task.wait)) return "run";
  for (;;) {
    const info = nextSignal(task);
    if (info === null) return nothingLeft(kernel, task);
    const action = task.signals.dispositions.get(info.signo);
    if (action.handler === SIG_IGN) {
      signalTaken(kernel, task, take(task, info));
      continue;
    }
    if (action.handler === SIG_DFL) {
      signalTaken(kernel, task, take(task, info));
      kernel.tracer?.signalled(task, info);
      if (actByDefault(kernel, task, info.signo)) return "gone";
      continue;
    }
    const { wait } = task;
    if (wait !== null && !prepareRestart(task, wait, action)) return "interrupt";
    const taken = signalTaken(kernel, task, take(task, info));
    if (kernel.tracer !== null) trace(kernel, task, taken, wait !== null);
    handle(kernel, task, taken, action);
  }
}

function nextSignal(task: Task): SigInfo | null {
  const { signals, group, wait } = task;
  if (signals.pending.isEmpty && group.pending.isEmpty) return null;
  // SIGKILL first: what else is pending cannot matter.
  const all = ~signalBit(SIGKILL);
  const deadly = signals.pending.next(all) ?? group.pending.next(all);
  // Who has lent its memory to a child must not run before the child is done with it.
  if (deadly !== null || wait?.kind === "vfork") return deadly;
  // What rt_sigtimedwait(2) waits for, it gets itself.
  const accepted = wait?.kind === "signal" ? wait.accepts : 0n;
  return signals.pending.next(~signalsToTake(task) | accepted) ??
    group.pending.next(~sharedSignalsToTake(task) | accepted);
}

function take({ signals, group }: Task, info: SigInfo): SigInfo {
  signals.pending.take(info);
  group.pending.take(info);
  return info;
}

function nothingLeft(kernel: Kernel, task: Task): Delivery {
  if (task.wait === null) {
    // A call that put its own mask in place has ended without a handler.
    task.signals.restoreMask();
    return task.hasSignal ? deliverSignals(kernel, task) : "run";
  }
  if (kernel.scheduler.isReady(task, task.wait)) return "run";
  kernel.scheduler.block(task);
  return "gone";
}

/** Carries out a default action; answers whether the task is stopped or dead. */
function actByDefault(kernel: Kernel, task: Task, signo: number): boolean {
  if (task.group.isUnkillable && (signalBit(signo) & UNBLOCKABLE) === 0n) return false;
  switch (defaultEffect(signo)) {
    case "ignore":
      return false;
    case "stop":
      // Nobody could continue it.
      if (signo !== SIGSTOP && isOrphanedGroup(kernel, task.pgid)) return false;
      stopGroup(kernel, task.group, signo);
      return true;
    case "terminate":
      exitGroup(kernel, task.group, signo | (dumpsCore(task, signo) ? CORE_DUMPED : 0));
      return true;
  }
}

/**
 * Whether a signal that ends a process leaves a core dump: as where `kernel.core_pattern` hands it to a
 * program which keeps none, the status says so and no file is written.
 */
function dumpsCore({ limits, dumpable }: Task, signo: number): boolean {
  return (DEFAULT_DUMPS & signalBit(signo)) !== 0n && dumpable === SUID_DUMP_USER &&
    limits.soft(RLIMIT_CORE) >= PAGE_SIZE;
}

/** Whether the blocked call is made again after the handler; then it is as if it had not begun. */
function prepareRestart(task: Task, wait: Wait, action: SignalAction): boolean {
  const onSignal = systemCall(callNumber(task))?.onSignal ?? "restart";
  const effect = typeof onSignal === "function" ? onSignal(wait) : onSignal;
  const isRestarted = effect === "always" ||
    (effect === "restart" && (action.flags & SA_RESTART) !== 0n);
  if (!isRestarted) return false;
  task.wait = null;
  abandonOpening(task);
  return true;
}

/** Tells a tracer what a signal will do. */
function trace({ tracer }: Kernel, task: Task, info: SigInfo, wasRestarted: boolean): void {
  if (wasRestarted) tracer?.interrupted(task, true);
  tracer?.signalled(task, info);
}

function handle(kernel: Kernel, task: Task, info: SigInfo, action: SignalAction): void {
  const { signo } = info;
  if ((action.flags & SA_RESETHAND) !== 0n) {
    task.signals.dispositions.set(signo, { ...action, handler: DEFAULT_ACTION.handler });
  }
  if (!enterHandler(task, info, action)) forceSegv(kernel, task, signo);
  retarget(kernel, task.group);
}

/** The stack cannot take a frame: force_sigsegv(). */
export function forceSegv(kernel: Kernel, task: Task, signo: number): void {
  if (signo === SIGSEGV) task.signals.dispositions.set(SIGSEGV, DEFAULT_ACTION);
  force(kernel, task, kernelSignal(SIGSEGV));
}

/** An instruction of the task faulted: the signal for it is next. */
export function raiseFault(
  kernel: Kernel,
  task: Task,
  fault: { readonly signo: number; readonly code: number },
  address: bigint,
): void {
  force(kernel, task, faultSignal(fault.signo, fault.code, address));
}
