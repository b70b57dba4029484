/**
 * The virtual clock. Nothing of the host's time gets in: one retired instruction is one nanosecond,
 * and when no task can run the clock jumps to the next deadline. The two are kept apart because the
 * processor's counters (`cycle`, `instret`) count instructions only.
 */

import type { TimeSource } from "../emu/mod.ts";
import { Alarms } from "./alarms.ts";
import { NSEC_PER_SEC } from "./abi/time.ts";

/** CLOCK_REALTIME at boot, in ns since 1970: 2008-07-30T00:00:00Z, the day of the first patch. */
export const BOOT_REALTIME_NS: bigint = 1_217_376_000n * NSEC_PER_SEC;

/** The last monotonic time in ns to which a machine idles, 73 years: an image has room for later ones. */
export const MONOTONIC_END_NS: bigint = (1n << 61n) - 1n;

/** The virtual clock of one machine; it is also what the hart reads its time registers from. */
export class Clock implements TimeSource {
  /** Instructions retired before {@link #retired} began to count. */
  #before = 0n;
  /** Instructions retired since; a number, because it is counted at every system call. */
  #retired = 0;
  /** What is to be done at which time by what somebody waits for; derived, like the queues of waiters. */
  readonly alarms: Alarms = new Alarms();
  /** Virtual ns in which no task could run; 0 or more. */
  idle_ns = 0n;

  /** Instructions that this machine has retired; 0 or more. */
  get instructions(): bigint {
    return this.#before + BigInt(this.#retired);
  }
  set instructions(count: bigint) {
    this.#before = count;
    this.#retired = 0;
  }

  /** Counts instructions, 0 … 2^53 - 1 of them. */
  retire(instructions: number): void {
    const retired = this.#retired + instructions;
    if (retired <= Number.MAX_SAFE_INTEGER) this.#retired = retired;
    else this.instructions += BigInt(instructions);
  }

  /** Virtual ns since boot: CLOCK_MONOTONIC. */
  get monotonic_ns(): bigint {
    return this.instructions + this.idle_ns;
  }

  /** Virtual ns since 1970: CLOCK_REALTIME. */
  get realtime_ns(): bigint {
    return BOOT_REALTIME_NS + this.monotonic_ns;
  }

  /** Whether an alarm is to ring now. */
  get isAlarmDue(): boolean {
    const { earliest_ns } = this.alarms;
    return earliest_ns !== null && earliest_ns <= this.monotonic_ns;
  }

  /** Jumps to a monotonic time in ns; does nothing when it has passed. */
  idleUntil(deadline_ns: bigint): void {
    const ahead = deadline_ns - this.monotonic_ns;
    if (ahead > 0n) this.idle_ns += ahead;
  }

  /** An independent clock that shows the same time. */
  clone(): Clock {
    const clone = new Clock();
    clone.instructions = this.instructions;
    clone.idle_ns = this.idle_ns;
    return clone;
  }
}
