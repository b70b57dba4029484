/**
 * Sending signals: from system calls, from the kernel itself, and from the harness.
 *
 * Source: `kernel/signal.c` (`prepare_signal`, `__send_signal_locked`, `complete_signal`); kill(2).
 */

import { idSeenBy } from "../user_namespace.ts";
import { numberSeenBy } from "../pid_namespace.ts";
import { EAGAIN, SystemError } from "../abi/errno.ts";
import {
  DEFAULT_STOPS,
  SI_KERNEL,
  SI_SIGIO,
  SI_TIMER,
  SI_TKILL,
  SI_USER,
  SIGCONT,
  SIGKILL,
  signalBit,
  UNBLOCKABLE,
} from "../abi/signal.ts";
import { POLLIN } from "../abi/poll.ts";
import { RLIMIT_SIGPENDING } from "../abi/resource.ts";
import { tellOfJob } from "../children.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import type { ThreadGroup } from "../thread_group.ts";
import { DEFAULT_ACTION } from "./dispositions.ts";
import { QUEUED_MAX, type SignalQueue } from "./signal_queue.ts";
import { mustBeQueued, senderOf, type SigInfo, withSender } from "./siginfo.ts";

/** Sends a signal to a process. Throws SystemError(EAGAIN) when a queued one finds no room. */
export function sendToGroup(kernel: Kernel, group: ThreadGroup, info: SigInfo): void {
  const alive = group.members.filter((task) => task.isAlive);
  const target = alive.find((task) => wants(task, info.signo)) ?? alive[0];
  if (target === undefined) return;
  send(kernel, target, info, group.pending);
}

/** Sends a signal to one thread. Throws SystemError(EAGAIN) when a queued one finds no room. */
export function sendToTask(kernel: Kernel, task: Task, info: SigInfo): void {
  send(kernel, task, info, task.signals.pending);
}

/**
 * Makes a signal happen to a task that cannot go on without it (a fault): when it is blocked or
 * ignored, it is unblocked and gets its default action.
 */
export function force(kernel: Kernel, task: Task, info: SigInfo): void {
  const { signals } = task;
  const bit = signalBit(info.signo);
  if ((signals.blocked & bit) !== 0n || signals.dispositions.ignores(info.signo)) {
    signals.dispositions.set(info.signo, DEFAULT_ACTION);
    signals.blocked &= ~bit;
  }
  // Whatever it is, it does not survive its own faults.
  if (signals.dispositions.get(info.signo).handler === DEFAULT_ACTION.handler) {
    task.group.isUnkillable = false;
  }
  // A queue that is full must not save a task from its own fault.
  signals.pending.add(info);
  if (task.state === "blocked") kernel.scheduler.wake(task);
}

/** Whether a task goes on when a signal comes that it has not blocked, or that it waits for. */
function wants({ signals, wait }: Task, signo: number): boolean {
  const isAwaited = wait?.kind === "signal" && (wait.accepts & signalBit(signo)) !== 0n;
  return isAwaited || (signals.blocked & signalBit(signo)) === 0n;
}

function send(kernel: Kernel, task: Task, info: SigInfo, queue: SignalQueue): void {
  const { signo } = info;
  if (!task.isAlive) return;
  const fromOutside = comesFromOutside(kernel, task, info);
  if (isDropped(kernel, task, signo, fromOutside)) return;
  if (!hasRoom(task, queue)) {
    if (mustBeQueued(info)) throw new SystemError(EAGAIN);
    if ((queue.set & signalBit(signo)) !== 0n) return;
  }
  queue.add(asSeenBy(task, info, fromOutside));
  tellSignalFiles(queue === task.group.pending ? task.group.members : [task]);
  wakeFor(kernel, task, signo);
}

/** Whether a queue takes more than one signal of each kind still. */
export function hasRoom({ limits }: Task, queue: SignalQueue): boolean {
  return queue.entries.length < Math.min(limits.soft(RLIMIT_SIGPENDING), QUEUED_MAX);
}

/** Whether a signal comes from the kernel, or from somebody whom the task cannot know. */
function comesFromOutside({ scheduler }: Kernel, task: Task, info: SigInfo): boolean {
  if (info.code === SI_KERNEL) return true;
  // Not who runs: the machine's user sends signals at any time.
  const isSaid = info.code === SI_USER || info.code === SI_TKILL;
  const pid = isSaid ? senderOf(info).pid : scheduler.current?.tgid;
  return pid === undefined || numberSeenBy(task, pid) === 0;
}

/** A signal with its sender as the receiver knows it. */
function asSeenBy(task: Task, info: SigInfo, fromOutside: boolean): SigInfo {
  const { group: { pidNamespace }, credentials } = task;
  if (pidNamespace === null && credentials.userNamespace === null) return info;
  if (info.code === SI_USER || info.code === SI_TKILL) {
    const { pid, uid } = senderOf(info);
    return withSender(info, {
      pid: numberSeenBy(task, pid),
      uid: idSeenBy(credentials, "uid", uid),
    });
  }
  const namesSender = info.code < 0 && info.code !== SI_SIGIO && info.code !== SI_TIMER;
  if (!namesSender || !fromOutside) return info;
  return withSender(info, { ...senderOf(info), pid: 0 });
}

/** Carries out what a signal does on arrival; answers whether that was all. prepare_signal(). */
function isDropped(kernel: Kernel, task: Task, signo: number, fromOutside: boolean): boolean {
  const bit = signalBit(signo);
  if ((DEFAULT_STOPS & bit) !== 0n) discardEverywhere(task.group, signalBit(SIGCONT));
  if (signo === SIGCONT) {
    discardEverywhere(task.group, DEFAULT_STOPS);
    continueGroup(kernel, task.group);
  }
  // A blocked signal is kept even when it is ignored: the process may want it by the time it unblocks.
  const isBlocked = (task.signals.blocked & bit) !== 0n;
  const isAwaited = task.wait?.kind === "signal" && (task.wait.accepts & bit) !== 0n;
  if (isBlocked || isAwaited) return false;
  if (task.group.isUnkillable) {
    const isDefault = task.signals.dispositions.get(signo).handler === DEFAULT_ACTION.handler;
    if (isDefault && !(fromOutside && (bit & UNBLOCKABLE) !== 0n)) return true;
  }
  return signo !== SIGKILL && task.signals.dispositions.ignores(signo);
}

function discardEverywhere(group: ThreadGroup, set: bigint): void {
  group.pending.discard(set);
  for (const { signals } of group.members) signals.pending.discard(set);
}

/** Whoever reads the signals of some tasks from a descriptor has something to read: signalfd_notify(). */
function tellSignalFiles(tasks: readonly Task[]): void {
  for (const files of new Set(tasks.map(({ files }) => files))) {
    for (const object of files.objects("signalfd")) object.notify(POLLIN);
  }
}

function wakeFor(kernel: Kernel, task: Task, signo: number): void {
  if (task.state === "blocked" && wants(task, signo)) kernel.scheduler.wake(task);
  // Only this and SIGCONT reach a stopped task.
  if (task.state === "stopped" && signo === SIGKILL) kernel.scheduler.wake(task);
}

/**
 * A thread has changed its mask, or ended: signals of the process that it would have taken fall to another,
 * who may sleep. retarget_shared_pending().
 */
export function retarget({ scheduler }: Kernel, { members, pending }: ThreadGroup): void {
  if (members.length === 1 || pending.isEmpty) return;
  for (const task of members) {
    const { state, wait } = task;
    if (state !== "blocked") continue;
    const isAwaited = wait?.kind === "signal" && scheduler.isReady(task, wait);
    if (isAwaited || task.hasSignal) scheduler.wake(task);
  }
}

/** Stops every thread of a process: do_signal_stop(). */
export function stopGroup(kernel: Kernel, group: ThreadGroup, signo: number): void {
  if (group.stopSignal !== 0) return;
  group.stopSignal = signo;
  for (const task of group.members) if (task.isAlive) kernel.tracer?.stopped(task, signo);
  for (const task of group.members) {
    if (!task.isAlive) continue;
    kernel.scheduler.remove(task);
    task.state = "stopped";
  }
  tellOfJob(kernel, group, "stopped");
}

function continueGroup(kernel: Kernel, group: ThreadGroup): void {
  if (group.stopSignal === 0) return;
  group.stopSignal = 0;
  for (const task of group.members) {
    if (task.state !== "stopped") continue;
    // Whoever was blocked when it stopped finds that out when it runs, and blocks again.
    kernel.scheduler.wake(task);
  }
  tellOfJob(kernel, group, "continued");
}
