/**
 * What a task does before it gives up its memory, at its end or in execve(2): it releases the mutexes
 * that it holds, tells who joins it, and gives borrowed memory back to its parent.
 *
 * Source: `kernel/fork.c` (`mm_release`), set_tid_address(2), vfork(2).
 */

import { OutOfFrames } from "../emu/mod.ts";
import { SystemError } from "./abi/errno.ts";
import { wakeFutex } from "./futex.ts";
import { releaseAwaitedLocks, releaseRobustFutexes } from "./futex_lock.ts";
import type { Kernel } from "./kernel.ts";
import type { AddressSpace } from "./mm/address_space.ts";
import { namespacesOf } from "./namespaces.ts";
import type { Task } from "./task.ts";

/** Puts `next` in place of a task's memory, which it releases. */
export function leaveMemory(kernel: Kernel, task: Task, next: AddressSpace): void {
  const { mm } = task;
  if (task.robustList.head !== 0) tolerant(() => releaseRobustFutexes(kernel, task));
  tolerant(() => releaseAwaitedLocks(kernel, task));
  if (task.clearChildTid !== 0 && mm.users > 1) {
    tolerant(() => mm.user.writeU32(task.clearChildTid, 0));
    tolerant(() => {
      wakeFutex(kernel, mm, { address: task.clearChildTid, isPrivate: false, count: 1 });
    });
  }
  if (mm.users === 1) noteLeaving(kernel, task);
  task.mm = next;
  mm.release();
  for (const other of kernel.tasks.unordered()) {
    const { wait } = other;
    if (wait?.kind === "vfork" && wait.child === task.pid) kernel.scheduler.endWait(other, wait);
  }
}

/** What the memory has attached of shared segments is detached. */
function noteLeaving(kernel: Kernel, task: Task): void {
  const { segments } = namespacesOf(kernel, task).ipc;
  if (segments.size === 0) return;
  for (const segment of segments.all) segment.noteLeaving(task.tgid, task.mm);
}

/** Memory that is not there ends what a dying task can do for others, not its dying. */
function tolerant(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof SystemError || error instanceof OutOfFrames)) throw error;
  }
}
