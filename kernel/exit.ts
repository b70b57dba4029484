/**
 * The end of tasks.
 *
 * Source: `kernel/exit.c`, `kernel/fork.c` (`mm_release`); _exit(2), exit_group(2).
 */

import { SystemError } from "./abi/errno.ts";
import { wakeFutex } from "./futex.ts";
import type { Kernel } from "./kernel.ts";
import type { Task } from "./task.ts";
import { INIT_PID } from "./task_table.ts";
import type { ThreadGroup } from "./thread_group.ts";

/** Ends every thread of a process with the same wait status word. */
export function exitGroup(kernel: Kernel, group: ThreadGroup, status: number): void {
  for (const task of [...group.members]) if (task.isAlive) exitTask(kernel, task, status);
}

/**
 * Ends one thread: gives back what it holds and leaves a zombie, which keeps its pid and its status until
 * it is waited for. A thread that is not the leader leaves nothing.
 */
export function exitTask(kernel: Kernel, task: Task, status: number): void {
  kernel.scheduler.remove(task);
  task.state = "zombie";
  task.exitCode = status;
  task.wait = null;
  clearChildTid(kernel, task);
  task.files.closeAll();
  task.mm.release();
  task.signals.pending.discard(~0n);
  for (const child of kernel.tasks.childrenOf(task.pid)) child.ppid = INIT_PID;
  if (task.pid !== task.tgid) kernel.tasks.remove(task);
}

/** What pthread_join(3) waits for: only where somebody else could see it. */
function clearChildTid(kernel: Kernel, task: Task): void {
  if (task.clearChildTid === 0 || task.mm.users < 2) return;
  try {
    task.mm.user.writeU32(task.clearChildTid, 0);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
  wakeFutex(kernel, task.mm, { address: task.clearChildTid, count: 1 });
}
