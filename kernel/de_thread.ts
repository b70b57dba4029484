/**
 * What execve(2) does to a process of several threads: only the one that called it is left, and it is the
 * leader.
 *
 * Source: `fs/exec.c` (`de_thread`); execve(2) ("All threads other than the calling thread are destroyed").
 */

import { exitTask } from "./exit.ts";
import type { Kernel } from "./kernel.ts";
import type { Task } from "./task.ts";

/** Ends all other threads of a task's process and gives the task the process's pid. */
export function becomeOnlyThread(kernel: Kernel, task: Task): void {
  const { group } = task;
  for (const other of [...group.members]) {
    if (other !== task && other.isAlive) exitTask(kernel, other, 0);
  }
  const { leader } = group;
  if (leader === task || leader === undefined) return;
  group.exitedInstructions += leader.instructions;
  kernel.tasks.remove(leader);
  kernel.tasks.makeLeader(task);
}
