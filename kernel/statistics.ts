/** What a machine has counted: for `--stats`, and for whoever looks for what is missing. */

/** So many kills are remembered. */
const KILLS_MAX = 100;

/** Counters of system calls. */
export class Statistics {
  /** System calls made; one that is blocked counts once. */
  systemCalls = 0;
  /** How often each that does not exist here was made, by number; the answer was -ENOSYS. */
  readonly unimplemented: Map<number, number> = new Map();
  /** Who was killed because memory was out, and why, in the words of Linux's log: the last {@link KILLS_MAX}. */
  kills: readonly string[] = [];
  /** How often each that exists was made; the index is its number. */
  readonly #implemented: number[] = [];

  /** How often each was made, by number in ascending order. */
  get byNumber(): Map<number, number> {
    const made = [...this.#implemented.entries()].filter(([, times]) => times > 0);
    return new Map([...made, ...this.unimplemented].sort(([a], [b]) => a - b));
  }

  /** Counts a call. */
  count(number: number, isImplemented: boolean): void {
    this.systemCalls++;
    if (isImplemented) this.#countImplemented(number, 1);
    else this.#countUnimplemented(number, 1);
  }

  /** Notes that a process was killed because memory was out. */
  noteKill(description: string): void {
    this.kills = [...this.kills, description].slice(-KILLS_MAX);
  }

  /** Takes over another machine's counts on top of its own. */
  add(other: Statistics): void {
    this.systemCalls += other.systemCalls;
    this.kills = [...other.kills, ...this.kills].slice(-KILLS_MAX);
    for (const [number, times] of other.#implemented.entries()) {
      this.#countImplemented(number, times);
    }
    for (const [number, times] of other.unimplemented) this.#countUnimplemented(number, times);
  }

  /** An independent copy. */
  clone(): Statistics {
    const clone = new Statistics();
    clone.add(this);
    return clone;
  }

  #countImplemented(number: number, times: number): void {
    const counts = this.#implemented;
    while (counts.length <= number) counts.push(0);
    counts[number] = (counts[number] ?? 0) + times;
  }

  #countUnimplemented(number: number, times: number): void {
    this.unimplemented.set(number, (this.unimplemented.get(number) ?? 0) + times);
  }
}
