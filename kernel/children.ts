/**
 * Parents and children: who is told of what becomes of a process, who gets the orphans, and who takes
 * the dead away.
 *
 * Init is the harness, which waits for the programs that it has started ({@link Kernel.reap}) and for
 * nobody else: a process that comes to it as an orphan goes by itself when it ends.
 *
 * Source: `kernel/exit.c` (`exit_notify`, `find_new_reaper`, `wait_task_zombie`), `kernel/signal.c`
 * (`do_notify_parent`, `do_notify_parent_cldstop`); wait(2), sigaction(2) ("SA_NOCLDWAIT").
 */

import { idSeenBy } from "./user_namespace.ts";
import { numberSeenBy } from "./pid_namespace.ts";
import { exitGroup } from "./exit.ts";
import { CORE_DUMPED, didExit, exitStatusOf, terminationSignalOf } from "./abi/process.ts";
import {
  CLD_CONTINUED,
  CLD_DUMPED,
  CLD_EXITED,
  CLD_KILLED,
  CLD_STOPPED,
  NSIG,
  SA_NOCLDSTOP,
  SA_NOCLDWAIT,
  SIG_IGN,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
} from "./abi/signal.ts";
import { INPUT_EVENTS } from "./abi/poll.ts";
import { NSEC_PER_SEC, USER_HZ } from "./abi/time.ts";
import { undoSemaphores } from "./ipc/wake.ts";
import { namespacesOf } from "./namespaces.ts";
import { hangUpIfOrphaned } from "./job_control.ts";
import type { Kernel } from "./kernel.ts";
import { ProcessTimers } from "./process_timers.ts";
import { sendToGroup } from "./signals/send.ts";
import { childSignal, userSignal } from "./signals/siginfo.ts";
import type { Task } from "./task.ts";
import { INIT_PID } from "./task_table.ts";
import { leaveTerminal } from "./terminals.ts";
import type { ThreadGroup } from "./thread_group.ts";

/** How the end of a process is told to its parent: CLD_* and the exit code or signal. */
export function endOf(status: number): { readonly code: number; readonly status: number } {
  if (didExit(status)) return { code: CLD_EXITED, status: exitStatusOf(status) };
  const code = (status & CORE_DUMPED) === 0 ? CLD_KILLED : CLD_DUMPED;
  return { code, status: terminationSignalOf(status) };
}

/** The last thread of a process has ended; `leader` is the zombie that is left of it. */
export function endProcess(kernel: Kernel, leader: Task): void {
  if (leader.group.pidNamespace?.init === leader.group) endNamespace(kernel, leader);
  leader.group.pending.discard(~0n);
  leader.group.stopSignal = 0;
  leader.group.jobEvent = "none";
  // No machine idles to the alarm of somebody who is gone.
  if (!leader.group.timers.isIdle) {
    leader.group.timers = new ProcessTimers();
    kernel.timers.changed();
  }
  undoSemaphores(kernel, namespacesOf(kernel, leader).ipc, leader.tgid);
  if (leader.sid === leader.tgid) leaveTerminal(kernel, leader, true);
  giveAwayChildren(kernel, leader);
  hangUpIfOrphaned(kernel, leader, leader);
  tellOfEnd(kernel, leader);
}

/** Tells the parent of a zombie, which goes at once when nobody will wait for it. */
function tellOfEnd(kernel: Kernel, leader: Task): void {
  const { group, ppid } = leader;
  const parent = kernel.tasks.get(ppid);
  group.waiters.wake(INPUT_EVENTS);
  if (parent === undefined) {
    if (group.isAdopted) kernel.tasks.remove(leader);
    return;
  }
  const { handler, flags } = parent.signals.dispositions.get(SIGCHLD);
  const isOrdinary = group.exitSignal === SIGCHLD;
  const isIgnored = isOrdinary && handler === SIG_IGN;
  if (!isIgnored && group.exitSignal > 0 && group.exitSignal <= NSIG) {
    const news = { ...newsOf(parent, leader), ...endOf(leader.exitCode) };
    const info = childSignal(group.exitSignal, news);
    sendToGroup(kernel, parent.group, info);
  }
  if (isIgnored || (isOrdinary && (flags & SA_NOCLDWAIT) !== 0n)) kernel.tasks.remove(leader);
  wakeWaiting(kernel, parent.group);
}

/** Tells the parent of a process that it was stopped, or continued. */
export function tellOfJob(
  kernel: Kernel,
  group: ThreadGroup,
  event: "stopped" | "continued",
): void {
  group.jobEvent = event;
  const { leader } = group;
  const parent = leader && kernel.tasks.get(leader.ppid);
  if (leader === undefined || parent === undefined) return;
  const { handler, flags } = parent.signals.dispositions.get(SIGCHLD);
  if (handler !== SIG_IGN && (flags & SA_NOCLDSTOP) === 0n) {
    const how = event === "stopped"
      ? { code: CLD_STOPPED, status: group.stopSignal }
      : { code: CLD_CONTINUED, status: SIGCONT };
    sendToGroup(kernel, parent.group, childSignal(SIGCHLD, { ...newsOf(parent, leader), ...how }));
  }
  wakeWaiting(kernel, parent.group);
}

function newsOf(parent: Task, { tgid, credentials, group }: Task) {
  const ticks = BigInt(group.instructions) / (NSEC_PER_SEC / USER_HZ);
  return {
    pid: numberSeenBy(parent, tgid),
    uid: idSeenBy(parent.credentials, "uid", credentials.uid),
    ticks,
  };
}

/** Has the threads that wait for children look again. */
function wakeWaiting({ scheduler }: Kernel, { members }: ThreadGroup): void {
  for (const task of members) if (task.wait?.kind === "child") scheduler.endWait(task, task.wait);
}

/** Takes away a zombie that was waited for, on the account of the process that did. */
export function reapProcess(kernel: Kernel, parent: ThreadGroup, leader: Task): void {
  const { instructions, childrenInstructions } = leader.group;
  parent.childrenInstructions += instructions + childrenInstructions;
  kernel.tasks.remove(leader);
}

function giveAwayChildren(kernel: Kernel, parent: Task): void {
  const children = kernel.tasks.childrenOf(parent.tgid);
  if (children.length === 0) return;
  const reaper = reaperFor(kernel, parent);
  for (const child of children) {
    const { group } = child;
    group.exitSignal = SIGCHLD;
    group.isAdopted = reaper === INIT_PID;
    for (const task of [...group.members]) {
      kernel.tasks.reparent(task, reaper);
      const { parentDeathSignal } = task;
      if (parentDeathSignal === 0 || !task.isAlive) continue;
      const sender = { pid: parent.tgid, uid: parent.credentials.uid };
      sendToGroup(kernel, group, userSignal(parentDeathSignal, sender));
    }
    if (!group.isAlive) tellOfEnd(kernel, child);
    hangUpIfOrphaned(kernel, child, parent);
  }
}

/** The nearest ancestor in the same namespace that takes orphans, or its init. */
function reaperFor(kernel: Kernel, { ppid, group: { pidNamespace } }: Task): number {
  for (let at = kernel.tasks.get(ppid); at !== undefined; at = kernel.tasks.get(at.ppid)) {
    if (at.group.pidNamespace !== pidNamespace) break;
    if (at.group.isChildSubreaper && at.group.isAlive) return at.tgid;
  }
  return pidNamespace?.init?.id ?? INIT_PID;
}

/** The first process of a pid namespace has ended: so do all others in it. zap_pid_ns_processes(). */
function endNamespace(kernel: Kernel, init: Task): void {
  const { tasks } = kernel;
  const { pidNamespace } = init.group;
  const inside = tasks.leaders.filter(({ tgid, group }) =>
    group !== init.group && pidNamespace?.numberOf(tgid) !== 0
  );
  for (const { group } of inside) exitGroup(kernel, group, SIGKILL);
  // Nobody is left who could wait for those that were orphans, or its own.
  for (const child of tasks.childrenOf(init.tgid)) {
    if (!child.group.isAlive) tasks.remove(child);
  }
}
