/** What a machine has counted: for `--stats`, and for whoever looks for what is missing. */

/** Counters of system calls. */
export class Statistics {
  /** System calls made; one that is blocked counts once. */
  systemCalls = 0;
  /** How often each was made, by number. */
  readonly byNumber: Map<number, number> = new Map();
  /** How often each that does not exist here was made, by number; the answer was -ENOSYS. */
  readonly unimplemented: Map<number, number> = new Map();

  /** Counts a call. */
  count(number: number, isImplemented: boolean): void {
    this.systemCalls++;
    bump(this.byNumber, number);
    if (!isImplemented) bump(this.unimplemented, number);
  }

  /** Takes over another machine's counts on top of its own. */
  add(other: Statistics): void {
    this.systemCalls += other.systemCalls;
    for (const [number, times] of other.byNumber) bump(this.byNumber, number, times);
    for (const [number, times] of other.unimplemented) bump(this.unimplemented, number, times);
  }

  /** An independent copy. */
  clone(): Statistics {
    const clone = new Statistics();
    clone.add(this);
    return clone;
  }
}

function bump(counts: Map<number, number>, key: number, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
