/**
 * The times at which blocked tasks come back by themselves, the earliest first: a binary heap.
 *
 * A task that goes on, or waits for something else, leaves its entry behind; such an entry is recognised
 * by the wait that it was made for, and dropped when it comes to the top or when there are too many.
 */

import type { Task } from "./task.ts";
import type { Wait } from "./wait.ts";

/** A time that a blocked task has to be looked at. */
interface Entry {
  /** Virtual monotonic time in ns. */
  readonly at_ns: bigint;
  readonly task: Task;
  /** What the task waited for when this was noted. */
  readonly wait: Wait;
}

/** Entries that are kept before it is asked how many of them still count. */
const TIDY_MIN = 64;

/** Deadlines of blocked tasks. */
export class Deadlines {
  /** Each entry is not later than the two at twice its index, plus 1 and plus 2. */
  #heap: Entry[] = [];
  #tidyAt = TIDY_MIN;

  /** Notes that a task that waits for `wait` has to be looked at; `at_ns` is virtual monotonic time. */
  add(at_ns: bigint, task: Task, wait: Wait): void {
    if (this.#heap.length >= this.#tidyAt) this.#tidy();
    this.#heap.push({ at_ns, task, wait });
    this.#rise(this.#heap.length - 1);
  }

  /** The earliest time, or `null`. */
  get earliest_ns(): bigint | null {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (counts(top)) return top.at_ns;
      this.#removeTop();
    }
    return null;
  }

  /** Takes out the tasks whose time has come at `now_ns`; one may be there twice. */
  takeDue(now_ns: bigint): Task[] {
    const due: Task[] = [];
    for (let at = this.earliest_ns; at !== null && at <= now_ns; at = this.earliest_ns) {
      const [top] = this.#heap;
      if (top !== undefined) due.push(top.task);
      this.#removeTop();
    }
    return due;
  }

  #removeTop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  /** Drops what does not count, and what is there twice. */
  #tidy(): void {
    const kept = new Map<Task, Set<bigint>>();
    this.#heap = this.#heap.filter((entry) => {
      if (!counts(entry)) return false;
      const times = kept.get(entry.task);
      if (times === undefined) kept.set(entry.task, new Set([entry.at_ns]));
      else if (times.has(entry.at_ns)) return false;
      else times.add(entry.at_ns);
      return true;
    });
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i);
    this.#tidyAt = Math.max(TIDY_MIN, 2 * this.#heap.length);
  }

  #rise(index: number): void {
    const heap = this.#heap;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!this.#isBefore(index, above)) return;
      [heap[index], heap[above]] = [heap[above]!, heap[index]!];
      index = above;
    }
  }

  #sink(index: number): void {
    const heap = this.#heap;
    for (;;) {
      let first = index;
      for (const below of [2 * index + 1, 2 * index + 2]) {
        if (below < heap.length && this.#isBefore(below, first)) first = below;
      }
      if (first === index) return;
      [heap[index], heap[first]] = [heap[first]!, heap[index]!];
      index = first;
    }
  }

  /** Both indices are in the heap. */
  #isBefore(one: number, other: number): boolean {
    return this.#heap[one]!.at_ns < this.#heap[other]!.at_ns;
  }
}

function counts({ task, wait }: Entry): boolean {
  return task.state === "blocked" && task.wait === wait;
}
