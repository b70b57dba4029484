/**
 * The end of tasks.
 *
 * Source: `kernel/exit.c`; _exit(2), exit_group(2).
 */

import { INPUT_EVENTS } from "./abi/poll.ts";
import { endProcess } from "./children.ts";
import { abandonOpening } from "./fs/fifo_opening.ts";
import { FileTable } from "./fs/file_table.ts";
import { FsContext } from "./fs/fs_context.ts";
import { collectGarbage } from "./net/in_flight.ts";
import type { Kernel } from "./kernel.ts";
import { forgetQueues } from "./ipc/posix_queue_calls.ts";
import { leaveMemory } from "./leave_memory.ts";
import { AddressSpace } from "./mm/address_space.ts";
import { retarget } from "./signals/send.ts";
import type { Task } from "./task.ts";
import type { ThreadGroup } from "./thread_group.ts";

/** Ends every thread of a process with the same wait status word. */
export function exitGroup(kernel: Kernel, group: ThreadGroup, status: number): void {
  for (const task of [...group.members]) if (task.isAlive) exitTask(kernel, task, status);
}

/**
 * Ends one thread and gives back what it holds. The leader stays as a zombie, which keeps its pid and its
 * status until it is waited for; any other thread leaves nothing. With the last thread the process ends.
 */
export function exitTask(kernel: Kernel, task: Task, status: number): void {
  const { group, files, wait, state } = task;
  kernel.scheduler.remove(task);
  task.state = "zombie";
  task.exitCode = status;
  kernel.tracer?.ended(task, status);
  task.wait = null;
  if (wait !== null && state !== "blocked") kernel.scheduler.handOn(task, wait, false);
  abandonOpening(task);
  const isShared = task.mm.users > 1;
  leaveMemory(kernel, task, isShared ? new AddressSpace(kernel.memory, task.limits) : task.mm);
  if (files.users > 1) task.files = new FileTable();
  else forgetQueues(files, group);
  files.release();
  // It may have been the last that could reach what lies in the queues of sockets.
  collectGarbage(kernel.network.sockets);
  task.signals.pending.discard(~0n);
  group.waiters.wake(INPUT_EVENTS);
  if (task.pid !== task.tgid) {
    group.exitedInstructions += task.instructions;
    kernel.tasks.remove(task);
  }
  const { leader } = group;
  leavePlaces(kernel, task);
  if (group.isAlive) return retarget(kernel, group);
  if (leader === undefined) return;
  // However the leader has ended: the process ends with its last thread, and so.
  leader.exitCode = status;
  endProcess(kernel, leader);
}

/** Who has ended stands nowhere, and holds no mount namespace. exit_fs(). */
function leavePlaces(kernel: Kernel, task: Task): void {
  const { root } = kernel.fileSystem;
  task.fs = new FsContext({ root, cwd: root, umask: task.fs.umask });
  if (task.namespaces !== null) {
    task.namespaces = { ...task.namespaces, mnt: kernel.fileSystem.mounts };
  }
  kernel.fileSystem.collectMounts();
}
