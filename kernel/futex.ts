/**
 * Futexes: words of user memory that tasks wait at, in the order in which they came.
 *
 * Where a word is decides who meets there: a private one in one address space, a shared one wherever its
 * page is mapped. What a task waits at stands in its wait; the queues in here only find the
 * waiters quickly, and can be made from the waits at any time.
 *
 * ```
 *   space (memory, or the file behind a shared mapping) ──▶ address ──▶ task, task, task
 * ```
 *
 * Source: `kernel/futex/{core,waitwake,requeue}.c`; futex(2), futex(7).
 */

import { EFAULT, EINVAL, SystemError } from "./abi/errno.ts";
import { FUTEX_BITSET_MATCH_ANY } from "./abi/futex.ts";
import type { Kernel } from "./kernel.ts";
import { PAGE_SIZE } from "../emu/mod.ts";
import type { AddressSpace } from "./mm/address_space.ts";
import { TASK_SIZE } from "./mm/layout.ts";
import type { Task } from "./task.ts";
import type { FutexWord } from "./wait.ts";

/** Where a futex is. */
export interface FutexPlace {
  /** User address of the word, a multiple of 4. */
  readonly address: number;
  /** Whether only the tasks of one address space meet there. */
  readonly isPrivate: boolean;
}

/** What two waiters have in common that wait at the same word. */
interface Key {
  /** The address space, or the object behind a shared mapping. */
  readonly space: object;
  /** Address, or place in the object; a shared word of private memory is another one than a private word. */
  readonly offset: number;
}

/** A task that waits, or did when this was written down. */
export interface FutexWaiter {
  /** The task. */
  readonly task: Task;
  /** By which it is known what it waits at. */
  readonly ticket: number;
}

const WORD_BYTES = 4;
/** Added to the addresses of shared words of private memory. */
const SHARED_OFFSET = 2 ** 40;
/** A queue is tidied when it has become this much longer than the last time. */
const TIDY_FACTOR = 2;

/** Who waits at which word. */
export class FutexQueues {
  readonly #spaces = new Map<object, Map<number, { waiters: FutexWaiter[]; tidyAt: number }>>();
  #tickets = 0;

  /** The queues of tasks that were restored, or copied with their machine. */
  static of(tasks: Iterable<Task>): FutexQueues {
    const queues = new FutexQueues();
    for (const task of tasks) queues.enterAll(task);
    return queues;
  }

  /** A place behind all that were given. */
  takeTicket(): number {
    return ++this.#tickets;
  }

  /** Notes wherever a task waits. */
  enterAll(task: Task): void {
    const { wait } = task;
    if (wait?.kind === "futex") this.enter(task, wait);
    if (wait?.kind === "futexes") { for (const word of wait.words) this.enter(task, word); }
  }

  /** Notes that a task waits at a word, or at another one now. */
  enter(task: Task, wait: FutexWord): void {
    this.#tickets = Math.max(this.#tickets, wait.ticket);
    const { space, offset } = keyOf(task.mm, wait);
    let queues = this.#spaces.get(space);
    if (queues === undefined) this.#spaces.set(space, queues = new Map());
    let queue = queues.get(offset);
    if (queue === undefined) queues.set(offset, queue = { waiters: [], tidyAt: 16 });
    // Where a restart brings waiters in, it is not in the order in which they came.
    let at = queue.waiters.length;
    while (at > 0 && (queue.waiters[at - 1]?.ticket ?? 0) > wait.ticket) at--;
    queue.waiters.splice(at, 0, { task, ticket: wait.ticket });
    if (queue.waiters.length < queue.tidyAt) return;
    queue.waiters = queue.waiters.filter(stillWaits);
    queue.tidyAt = Math.max(16, queue.waiters.length * TIDY_FACTOR);
  }

  /** Those who wait at a word and were not chosen yet, the first first. */
  waitingAt(mm: AddressSpace, place: FutexPlace): readonly FutexWaiter[] {
    const { space, offset } = keyOf(mm, place);
    const queues = this.#spaces.get(space);
    const queue = queues?.get(offset);
    if (queues === undefined || queue === undefined) return [];
    queue.waiters = queue.waiters.filter(stillWaits);
    if (queue.waiters.length === 0) {
      queues.delete(offset);
      if (queues.size === 0) this.#spaces.delete(space);
    }
    return queue.waiters;
  }
}

function stillWaits({ task, ticket }: FutexWaiter): boolean {
  const { wait } = task;
  if (wait?.kind === "futexes") {
    return !wait.woken && wait.words.some((word) => word.ticket === ticket);
  }
  return wait?.kind === "futex" && wait.ticket === ticket && !wait.woken;
}

/** Whether two words are one and the same. */
export function isSameFutex(
  mm: AddressSpace,
  place: FutexPlace,
  otherMm: AddressSpace,
  other: FutexPlace,
): boolean {
  const [a, b] = [keyOf(mm, place), keyOf(otherMm, other)];
  return a.space === b.space && a.offset === b.offset;
}

/** get_futex_key(). */
function keyOf(mm: AddressSpace, { address, isPrivate }: FutexPlace): Key {
  if (isPrivate) return { space: mm, offset: address };
  const place = mm.sharedPlace(address);
  if (place === null) return { space: mm, offset: address + SHARED_OFFSET };
  return { space: place.object, offset: place.offset };
}

/**
 * Refuses what can be no futex. Throws SystemError: EINVAL for an address that is not aligned, EFAULT for
 * one outside of user memory and for a shared one that cannot be read.
 */
export function requireFutex(mm: AddressSpace, { address, isPrivate }: FutexPlace): void {
  if (address % WORD_BYTES !== 0) throw new SystemError(EINVAL);
  if (address + WORD_BYTES > TASK_SIZE) throw new SystemError(EFAULT);
  if (!isPrivate) mm.user.readU32(address);
}

/** Whom to wake. */
export interface FutexWake extends FutexPlace {
  /** How many at most; at least one is, as on Linux. */
  readonly count: number;
  /** Only those who wait for one of these bits. Default: any. */
  readonly bitset?: number;
}

/** Wakes tasks that wait at a word, the first first; answers how many. Throws SystemError(EINVAL) at a lock. */
export function wakeFutex(kernel: Kernel, mm: AddressSpace, wake: FutexWake): number {
  const { count, bitset = FUTEX_BITSET_MATCH_ANY } = wake;
  let woken = 0;
  for (const waiter of kernel.futexes.waitingAt(mm, wake)) {
    requirePlain(waiter);
    const { wait } = waiter.task;
    if (wait?.kind === "futex" && (wait.bitset & bitset) === 0) continue;
    wakeWaiter(kernel, waiter);
    if (++woken >= count) break;
  }
  return woken;
}

/** Throws EINVAL for who waits for a mutex that is handed over, or is to be sent to one. */
function requirePlain({ task: { wait } }: FutexWaiter): void {
  const isPlain = wait?.kind !== "futex" || (!wait.isLock && wait.mutex === 0);
  if (!isPlain) throw new SystemError(EINVAL);
}

/** Lets a waiter go on. */
export function wakeWaiter({ scheduler }: Kernel, { task, ticket }: FutexWaiter): void {
  const { wait } = task;
  if (wait?.kind === "futex") scheduler.endWait(task, wait);
  if (wait?.kind !== "futexes") return;
  const index = wait.words.findIndex((word) => word.ticket === ticket);
  scheduler.endWait(task, { ...wait, index });
}

/** Whom to wake, and who is to wait at another word from then on. */
export interface FutexRequeue extends FutexPlace {
  /** How many are woken, 0 or more. */
  readonly wake: number;
  /** How many of the others wait elsewhere, 0 or more. */
  readonly requeue: number;
  /** Where. */
  readonly to: FutexPlace;
}

/** Wakes some of those who wait at a word and lets others wait at another; answers how many of both. */
export function requeueFutex(kernel: Kernel, mm: AddressSpace, request: FutexRequeue): number {
  const { futexes } = kernel;
  const { wake, requeue, to } = request;
  let done = 0;
  for (const waiter of futexes.waitingAt(mm, request)) {
    if (done - wake >= requeue) break;
    requirePlain(waiter);
    done++;
    const address = done > wake ? addressIn(waiter.task.mm, mm, to) : null;
    if (address === null) wakeWaiter(kernel, waiter);
    else moveWaiter(kernel, waiter, { address, isPrivate: to.isPrivate });
  }
  return done;
}

/** Has a waiter wait at another word. */
function moveWaiter(
  { futexes, scheduler }: Kernel,
  { task, ticket: old }: FutexWaiter,
  place: FutexPlace,
): void {
  const { wait } = task;
  const moved = { ...place, ticket: futexes.takeTicket() };
  if (wait?.kind === "futex") scheduler.changeWait(task, { ...wait, ...moved });
  if (wait?.kind === "futexes") {
    const words = wait.words.map((word) => word.ticket === old ? moved : word);
    scheduler.changeWait(task, { ...wait, words });
  }
  futexes.enter(task, moved);
}

/**
 * Where a word of `mm` is in a waiter's own memory; `null` when it cannot be told, and the waiter is
 * better woken, which a program must expect at any time.
 */
function addressIn(theirs: AddressSpace, mm: AddressSpace, to: FutexPlace): number | null {
  if (theirs === mm) return to.address;
  const key = keyOf(mm, to);
  for (const vma of theirs.vmas) {
    if (!vma.isShared || vma.file?.object !== key.space) continue;
    const address = vma.start + key.offset - vma.pageOffset * PAGE_SIZE;
    if (address >= vma.start && address < vma.end) return address;
  }
  return null;
}
