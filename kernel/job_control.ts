/**
 * Process groups as jobs of a shell: which are orphaned, so that nobody could continue them, and what
 * becomes of those that are stopped then.
 *
 * Source: `kernel/exit.c` (`will_become_orphaned_pgrp`, `kill_orphaned_pgrp`); setpgid(2), POSIX.1-2024
 * 3.231 ("Orphaned Process Group").
 */

import { SIGCONT, SIGHUP } from "./abi/signal.ts";
import type { Kernel } from "./kernel.ts";
import { sendToGroup } from "./signals/send.ts";
import { kernelSignal } from "./signals/siginfo.ts";
import type { Task } from "./task.ts";

/**
 * Whether no member of a process group has a parent in another group of the same session. `without` does
 * not count: it is about to end.
 */
export function isOrphanedGroup(kernel: Kernel, pgid: number, without?: Task): boolean {
  return !kernel.tasks.leaders.some((leader) => {
    if (leader.pgid !== pgid || leader === without || !leader.group.isAlive) return false;
    const parent = kernel.tasks.get(leader.ppid);
    return parent !== undefined && parent.pgid !== pgid && parent.sid === leader.sid;
  });
}

/**
 * The end of `ending` may orphan the group of `member`, itself or a child of it: when a process of that
 * group is stopped, all of them are told to hang up, and to continue so that they can.
 */
export function hangUpIfOrphaned(kernel: Kernel, member: Task, ending: Task): void {
  const parent = member === ending ? kernel.tasks.get(member.ppid) : ending;
  if (parent === undefined || parent.pgid === member.pgid || parent.sid !== member.sid) return;
  const jobs = kernel.tasks.leadersOfGroup(member.pgid);
  if (!jobs.some(({ group }) => group.stopSignal !== 0)) return;
  if (!isOrphanedGroup(kernel, member.pgid, member === ending ? ending : undefined)) return;
  for (const signo of [SIGHUP, SIGCONT]) {
    for (const { group } of jobs) sendToGroup(kernel, group, kernelSignal(signo));
  }
}
