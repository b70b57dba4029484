/**
 * What a task does before it gives up its memory, at its end or in execve(2): it releases the mutexes
 * that it holds, tells who joins it, and gives borrowed memory back to its parent.
 *
 * Source: `kernel/fork.c` (`mm_release`), `kernel/futex/core.c` (`exit_robust_list`);
 * get_robust_list(2), set_tid_address(2), vfork(2).
 */

import { OutOfFrames } from "../emu/mod.ts";
import { SystemError } from "./abi/errno.ts";
import {
  FUTEX_OWNER_DIED,
  FUTEX_TID_MASK,
  FUTEX_WAITERS,
  ROBUST_LIST_LIMIT,
} from "./abi/process.ts";
import { wakeFutex } from "./futex.ts";
import type { Kernel } from "./kernel.ts";
import type { AddressSpace } from "./mm/address_space.ts";
import type { Task } from "./task.ts";

/** Bit 0 of a robust list's pointer: the mutex inherits priority. */
const PI = 1n;

/** Puts `next` in place of a task's memory, which it releases. */
export function leaveMemory(kernel: Kernel, task: Task, next: AddressSpace): void {
  const { mm } = task;
  if (task.robustList.head !== 0) tolerant(() => releaseRobustFutexes(kernel, task));
  if (task.clearChildTid !== 0 && mm.users > 1) {
    tolerant(() => mm.user.writeU32(task.clearChildTid, 0));
    wakeFutex(kernel, mm, { address: task.clearChildTid, count: 1 });
  }
  task.mm = next;
  mm.release();
  for (const other of kernel.tasks.unordered()) {
    const { wait } = other;
    if (wait?.kind === "vfork" && wait.child === task.pid) kernel.scheduler.endWait(other, wait);
  }
}

/** Memory that is not there ends what a dying task can do for others, not its dying. */
function tolerant(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof SystemError || error instanceof OutOfFrames)) throw error;
  }
}

function releaseRobustFutexes(kernel: Kernel, task: Task): void {
  const { mm: { user }, robustList } = task;
  const head = BigInt(robustList.head);
  const offset = BigInt.asIntN(64, user.readU64(head + 8n));
  const pending = user.readU64(head + 16n) & ~PI;
  let entry = user.readU64(head) & ~PI;
  for (let seen = 0; entry !== head && seen < ROBUST_LIST_LIMIT; seen++) {
    const next = user.readU64(entry) & ~PI;
    if (entry !== pending) releaseRobustFutex(kernel, task, entry + offset);
    entry = next;
  }
  if (pending !== 0n) releaseRobustFutex(kernel, task, pending + offset);
}

function releaseRobustFutex(kernel: Kernel, task: Task, address: bigint): void {
  const { user } = task.mm;
  const word = user.readU32(address);
  if ((word & FUTEX_TID_MASK) !== task.pid) return;
  user.writeU32(address, ((word & FUTEX_WAITERS) | FUTEX_OWNER_DIED) >>> 0);
  if ((word & FUTEX_WAITERS) !== 0) {
    wakeFutex(kernel, task.mm, { address: Number(address), count: 1 });
  }
}
