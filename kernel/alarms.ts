/**
 * What happens at a virtual time because somebody waits for it: timers behind descriptors.
 *
 * There are few, so that they stand in a set that is searched when it has changed.
 */

/** Something that rings. */
export interface Alarm {
  /** When, in ns of CLOCK_MONOTONIC; one that has passed rings at once. */
  readonly ringsAt_ns: bigint;
  /** Of those that ring at the same time, the one with the lowest number is the first. */
  readonly place: number;
  /** Rings; whether it is to ring again is its own matter. */
  ring(): void;
}

/** The alarms of a clock. */
export class Alarms {
  readonly #alarms = new Set<Alarm>();
  /** `undefined` when it has to be looked for again. */
  #earliest_ns: bigint | null | undefined = null;

  /** The time at which the next one rings, or `null`. */
  get earliest_ns(): bigint | null {
    if (this.#earliest_ns === undefined) {
      this.#earliest_ns = null;
      for (const { ringsAt_ns } of this.#alarms) {
        if (this.#earliest_ns === null || ringsAt_ns < this.#earliest_ns) {
          this.#earliest_ns = ringsAt_ns;
        }
      }
    }
    return this.#earliest_ns;
  }

  /** Enters an alarm, or one that rings at another time now. */
  set(alarm: Alarm): void {
    this.#alarms.add(alarm);
    this.#earliest_ns = undefined;
  }

  /** Takes an alarm out. */
  unset(alarm: Alarm): void {
    if (this.#alarms.delete(alarm)) this.#earliest_ns = undefined;
  }

  /** Rings those whose time has come. */
  ringDue(now_ns: bigint): void {
    const due = [...this.#alarms].filter(({ ringsAt_ns }) => ringsAt_ns <= now_ns);
    due.sort((a, b) => Number(a.ringsAt_ns - b.ringsAt_ns) || a.place - b.place);
    for (const alarm of due) {
      this.unset(alarm);
      alarm.ring();
    }
  }
}
