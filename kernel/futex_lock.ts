/**
 * Mutexes that the kernel hands over: who unlocks one makes the next waiter its owner, in the word itself.
 * All tasks have the same priority, so that none has to be inherited.
 *
 * Source: `kernel/futex/pi.c`, `kernel/futex/core.c` (`exit_robust_list`, `exit_pi_state_list`);
 * futex(2) ("Priority-inheritance futexes"), get_robust_list(2).
 */

import { numberSeenBy, taskMeantBy } from "./pid_namespace.ts";
import { EAGAIN, EDEADLK, EINVAL, EPERM, ESRCH, SystemError } from "./abi/errno.ts";
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS, ROBUST_LIST_LIMIT } from "./abi/futex.ts";
import { type FutexPlace, isSameFutex, requireFutex, wakeFutex, wakeWaiter } from "./futex.ts";
import type { Kernel } from "./kernel.ts";
import type { AddressSpace } from "./mm/address_space.ts";
import type { Task } from "./task.ts";

const WORD_BYTES = 4;

/**
 * Takes a lock that nobody has; answers false, with the word saying that somebody waits, when its owner
 * has to be waited for. Throws SystemError: EDEADLK for one's own lock, ESRCH for the lock of a task that
 * does not exist, EFAULT.
 */
export function takeLock(kernel: Kernel, task: Task, place: FutexPlace): boolean {
  const { user } = task.mm;
  requireFutex(task.mm, place);
  const word = user.readU32(place.address);
  const owner = word & FUTEX_TID_MASK;
  const own = numberSeenBy(task, task.pid);
  if (owner === own) throw new SystemError(EDEADLK);
  const isWaited = kernel.futexes.waitingAt(task.mm, place).length > 0;
  if (owner === 0 && !isWaited) {
    user.writeU32(place.address, ((word & FUTEX_OWNER_DIED) | own) >>> 0);
    return true;
  }
  if (owner !== 0 && taskMeantBy(kernel, task, owner)?.isAlive !== true) {
    throw new SystemError(ESRCH);
  }
  user.writeU32(place.address, (word | FUTEX_WAITERS) >>> 0);
  return false;
}

/** Takes a lock, or answers -EAGAIN. Throws as {@link takeLock} does. */
export function tryLock(kernel: Kernel, task: Task, place: FutexPlace): number {
  return takeLock(kernel, task, place) ? 0 : -EAGAIN;
}

/** Gives a lock away. Throws SystemError: EPERM when it is another's, EFAULT. */
export function unlock(kernel: Kernel, task: Task, place: FutexPlace): void {
  requireFutex(task.mm, place);
  const word = task.mm.user.readU32(place.address);
  if ((word & FUTEX_TID_MASK) !== numberSeenBy(task, task.pid)) throw new SystemError(EPERM);
  handOver(kernel, task, place, 0);
}

/** Makes the first waiter the owner of a lock that `task` has, with `marks` in the word. */
function handOver(kernel: Kernel, { mm }: Task, place: FutexPlace, marks: number): void {
  const [next] = kernel.futexes.waitingAt(mm, place);
  // As Linux does also where nobody else waits: who gives it away then has to ask the kernel, who knows.
  const owner = next === undefined ? 0 : numberSeenBy(next.task, next.task.pid) | FUTEX_WAITERS;
  mm.user.writeU32(place.address, (owner | marks) >>> 0);
  if (next !== undefined) wakeWaiter(kernel, next);
}

/** Whom FUTEX_CMP_REQUEUE_PI sends from a word to a lock. */
export interface LockRequeue extends FutexPlace {
  /** How many are sent besides the first, 0 or more. */
  readonly requeue: number;
  /** The lock. */
  readonly to: FutexPlace;
}

/**
 * Gives a lock to the first of those who wait at a word until they are sent to it, if it is free, and has the
 * others wait for it; answers how many of both. Throws SystemError: EINVAL for who waits for something else,
 * and as {@link takeLock} does. futex_requeue(), futex_proxy_trylock_atomic().
 */
export function requeueToLock(
  kernel: Kernel,
  { mm }: Task,
  { requeue, to, ...from }: LockRequeue,
): number {
  const { futexes, scheduler } = kernel;
  const [first, ...others] = futexes.waitingAt(mm, from);
  if (first === undefined) return 0;
  const lock = lockAwaited(first.task, mm, to);
  const isTaken = takeLock(kernel, first.task, lock);
  if (isTaken) {
    const { user } = first.task.mm;
    if (requeue > 0) {
      user.writeU32(lock.address, (user.readU32(lock.address) | FUTEX_WAITERS) >>> 0);
    }
    wakeWaiter(kernel, first);
  }
  let done = isTaken ? 1 : 0;
  for (const { task } of isTaken ? others : [first, ...others]) {
    if (done - 1 >= requeue) break;
    const { address, isPrivate } = lockAwaited(task, mm, to);
    const { wait } = task;
    if (wait?.kind !== "futex") continue;
    const moved = { ...wait, address, isPrivate, isLock: true, ticket: futexes.takeTicket() };
    scheduler.changeWait(task, moved);
    futexes.enter(task, moved);
    done++;
  }
  return done;
}

/** The lock that a waiter is to be sent to, in its own memory. Throws EINVAL unless it is `to` of `mm`. */
function lockAwaited({ mm: theirs, wait }: Task, mm: AddressSpace, to: FutexPlace): FutexPlace {
  if (wait?.kind !== "futex" || wait.isLock || wait.mutex === 0) throw new SystemError(EINVAL);
  const lock = { address: wait.mutex, isPrivate: wait.isPrivate };
  if (!isSameFutex(theirs, lock, mm, to)) throw new SystemError(EINVAL);
  return lock;
}

/** A word in the list of the mutexes that a thread holds. */
interface Entry {
  readonly address: bigint;
  readonly isLock: boolean;
}

/**
 * Releases the mutexes on the robust list of a thread that ends. Throws SystemError where the list leads out
 * of memory; what came before is released then.
 */
export function releaseRobustFutexes(kernel: Kernel, task: Task): void {
  const { mm: { user }, robustList } = task;
  const head = BigInt(robustList.head);
  const entryAt = (address: bigint): Entry => {
    const pointer = user.readU64(address);
    return { address: pointer & ~1n, isLock: (pointer & 1n) !== 0n };
  };
  let entry = entryAt(head);
  const offset = user.readU64(head + 8n);
  const pending = entryAt(head + 16n);
  for (let seen = 0; entry.address !== head && seen < ROBUST_LIST_LIMIT; seen++) {
    // Read before the mutex may belong to somebody else.
    const next = entryAt(entry.address);
    if (entry.address !== pending.address) release(kernel, task, entry, offset, false);
    entry = next;
  }
  if (pending.address !== 0n) release(kernel, task, pending, offset, true);
}

/** handle_futex_death(). */
function release(
  kernel: Kernel,
  task: Task,
  { address: entry, isLock }: Entry,
  offset: bigint,
  isPending: boolean,
): void {
  const { mm } = task;
  const address = Number(BigInt.asUintN(64, entry + offset));
  const place = { address, isPrivate: false };
  requireFutex(mm, place);
  const word = mm.user.readU32(address);
  const owner = word & FUTEX_TID_MASK;
  // It died between unlocking and waking, or before it could write its name.
  if (isPending && !isLock && owner === 0) {
    wakeFutex(kernel, mm, { ...place, count: 1 });
    return;
  }
  if (owner !== numberSeenBy(task, task.pid)) return;
  const isAwaited = (word & FUTEX_WAITERS) !== 0;
  mm.user.writeU32(address, ((word & FUTEX_WAITERS) | FUTEX_OWNER_DIED) >>> 0);
  if (!isLock && isAwaited) wakeFutex(kernel, mm, { ...place, count: 1 });
  if (isLock && isAwaited) handOver(kernel, task, place, FUTEX_OWNER_DIED);
}

/** Hands over the locks of a thread that ends and that others wait for, robust or not. */
export function releaseAwaitedLocks(kernel: Kernel, task: Task): void {
  const heirs: { task: Task; place: FutexPlace }[] = [];
  for (const other of kernel.tasks.unordered()) {
    const { wait, mm: { user } } = other;
    if (wait?.kind !== "futex" || !wait.isLock || wait.woken) continue;
    if (user.readableBytes(wait.address, WORD_BYTES) < WORD_BYTES) continue;
    const owner = user.readU32(wait.address) & FUTEX_TID_MASK;
    if (owner === numberSeenBy(task, task.pid)) heirs.push({ task: other, place: wait });
  }
  heirs.sort((a, b) => a.task.pid - b.task.pid);
  for (const { task: heir, place } of heirs) {
    const owner = heir.mm.user.readU32(place.address) & FUTEX_TID_MASK;
    // Not when an heir before has it already.
    if (owner === numberSeenBy(task, task.pid)) handOver(kernel, heir, place, FUTEX_OWNER_DIED);
  }
}
