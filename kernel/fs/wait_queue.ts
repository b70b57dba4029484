/**
 * Who waits for something to happen to an object: Linux's wait queues.
 *
 * An object that can become ready has a queue and calls {@link WaitQueue.wake} with what has come of it,
 * POLL* bits. In the queue stand blocked tasks, entries of epoll sets, and whoever else wants to know. It is
 * not saved: each waiter's place is, and the waiters enter again after a restart.
 *
 * ```
 *   object ── wake(POLLIN) ──▶ queue: task, entry  │  task (exclusive), task (exclusive)
 *                                     woken each   │  └ the first only  └ sleeps on
 * ```
 *
 * Source: `kernel/sched/wait.c`, `include/linux/wait.h`.
 */

/** Somebody in a queue. */
export interface Waiter {
  /** Its place among all waiters of the machine: whoever has a lower number came earlier. */
  readonly ticket: number;
  /** Whether only one of its like is to go on each time: WQ_FLAG_EXCLUSIVE. */
  readonly isExclusive: boolean;
  /**
   * Something has happened: POLL* bits, or 0 for "look yourself". Answers whether the waiter goes on
   * because of it; it may leave the queue meanwhile.
   */
  wake(events: number): boolean;
}

/** The waiters of one object: those that all go on, and behind them the exclusive ones, each as they came. */
export class WaitQueue {
  readonly #shared = new Line();
  readonly #exclusive = new Line();

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.#shared.waiters.size + this.#exclusive.waiters.size === 0;
  }

  /** The ticket of one of those who have waited longest; 0 when nobody waits. */
  get first(): number {
    for (const { waiters } of [this.#shared, this.#exclusive]) {
      for (const { ticket } of waiters) return ticket;
    }
    return 0;
  }

  /** Enters a waiter at its place: add_wait_queue(). */
  add(waiter: Waiter): void {
    (waiter.isExclusive ? this.#exclusive : this.#shared).add(waiter);
  }

  /** Takes a waiter out. */
  remove(waiter: Waiter): void {
    (waiter.isExclusive ? this.#exclusive : this.#shared).waiters.delete(waiter);
  }

  /** Has everybody wait in another queue instead. */
  moveTo(other: WaitQueue): void {
    for (const { waiters } of [this.#shared, this.#exclusive]) {
      for (const waiter of waiters) other.add(waiter);
      waiters.clear();
    }
  }

  /**
   * Tells the waiters what has come, of the exclusive ones only until one goes on; answers whether one does.
   * wake_up_interruptible_poll().
   */
  wake(events: number): boolean {
    for (const waiter of this.#shared.waiters) waiter.wake(events);
    for (const waiter of this.#exclusive.waiters) if (waiter.wake(events)) return true;
    return false;
  }

  /** Tells all waiters to look for themselves: wake_up_interruptible_all(). */
  wakeAll(): void {
    for (const { waiters } of [this.#shared, this.#exclusive]) {
      for (const waiter of waiters) waiter.wake(0);
    }
  }
}

/** Waiters by their tickets. */
class Line {
  waiters = new Set<Waiter>();
  /** The highest ticket that has been here. */
  #newest = 0;

  add(waiter: Waiter): void {
    this.waiters.add(waiter);
    const isLast = waiter.ticket >= this.#newest;
    if (isLast) this.#newest = waiter.ticket;
    // Restarts and clones bring waiters in another order than the one in which they came.
    else this.waiters = new Set([...this.waiters].sort((a, b) => a.ticket - b.ticket));
  }
}
