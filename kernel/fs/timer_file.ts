/**
 * timerfd_create(2): a timer behind a descriptor, which is readable once the timer has expired.
 *
 * Nothing happens when it does: whoever asks compares the clock with when it was to expire, and whoever
 * waits for it is told that time beforehand (FileObject.readyAt_ns).
 *
 * Source: `fs/timerfd.c`.
 */

import { EINVAL, SystemError } from "../abi/errno.ts";
import { POLLIN } from "../abi/poll.ts";
import type { Clock } from "../clock.ts";
import { ANONYMOUS_ATTRIBUTES } from "./anonymous.ts";
import type { Cloning } from "./cloning.ts";
import { type Attributes, type FileKind, FileObject } from "./file_object.ts";

const WORD_BYTES = 8;

/** When a timer expires. */
export interface TimerSetting {
  /** Monotonic ns of the next expiry that nobody has read yet; `null` when there is none to come. */
  readonly deadline_ns: bigint | null;
  /** Ns from one expiry to the next, 0 for a single one. */
  readonly interval_ns: bigint;
}

/** A timer that is read. */
export class TimerFile extends FileObject {
  override readonly kind: FileKind = "timerfd";
  /** CLOCK_*: on which clock absolute times are given. */
  readonly clockId: number;
  readonly #clock: Clock;
  #setting: TimerSetting = { deadline_ns: null, interval_ns: 0n };
  /** Settings and reads so far: what each expiry is one event after. */
  #changes = 0;

  /** A timer that is not set. */
  constructor(clock: Clock, clockId: number) {
    super();
    this.#clock = clock;
    this.clockId = clockId;
  }

  /** When it expires; expiries that have come and were not read are still in it. */
  get setting(): TimerSetting {
    return this.#setting;
  }
  set setting(setting: TimerSetting) {
    this.#setting = setting;
    this.#changes++;
  }

  /** Ns to the next expiry, 0 when none is to come; and the interval. timerfd_gettime(2). */
  get remaining(): { readonly left_ns: bigint; readonly interval_ns: bigint } {
    const { deadline_ns, interval_ns } = this.#setting;
    const now_ns = this.#clock.monotonic_ns;
    if (deadline_ns === null) return { left_ns: 0n, interval_ns };
    if (deadline_ns > now_ns) return { left_ns: deadline_ns - now_ns, interval_ns };
    if (interval_ns === 0n) return { left_ns: 0n, interval_ns };
    return { left_ns: interval_ns - (now_ns - deadline_ns) % interval_ns, interval_ns };
  }

  /** Expiries that nobody has read. */
  get expiries(): bigint {
    const { deadline_ns, interval_ns } = this.#setting;
    const now_ns = this.#clock.monotonic_ns;
    if (deadline_ns === null || deadline_ns > now_ns) return 0n;
    return interval_ns === 0n ? 1n : (now_ns - deadline_ns) / interval_ns + 1n;
  }

  override get description(): string {
    return "anon_inode:[timerfd]";
  }

  override facts(): Readonly<Record<string, string>> {
    const { deadline_ns, interval_ns } = this.#setting;
    return {
      clock: `${this.clockId}`,
      left: deadline_ns === null ? "off" : `${deadline_ns - this.#clock.monotonic_ns} ns`,
      interval: `${interval_ns} ns`,
    };
  }

  override get delimited(): boolean {
    return true;
  }

  override get inputEvents(): number {
    return 2 * this.#changes + (this.expiries > 0n ? 1 : 0);
  }

  override get readyAt_ns(): bigint | null {
    const { deadline_ns } = this.#setting;
    return deadline_ns !== null && deadline_ns > this.#clock.monotonic_ns ? deadline_ns : null;
  }

  override attributes(): Attributes {
    return ANONYMOUS_ATTRIBUTES;
  }

  override poll(): number {
    return this.expiries > 0n ? POLLIN : 0;
  }

  override read(_position: number, length: number): Uint8Array | null {
    if (length < WORD_BYTES) throw new SystemError(EINVAL);
    const { expiries } = this;
    return expiries === 0n ? null : new Uint8Array(BigUint64Array.of(expiries).buffer);
  }

  override consume(length: number): void {
    if (length === 0) return;
    const { deadline_ns, interval_ns } = this.#setting;
    const next_ns = deadline_ns === null || interval_ns === 0n
      ? null
      : deadline_ns + this.expiries * interval_ns;
    this.setting = { deadline_ns: next_ns, interval_ns };
  }

  override clone(cloning: Cloning): TimerFile {
    return cloning.once(this, () => {
      const copy = new TimerFile(cloning.copyOf(this.#clock), this.clockId);
      copy.#setting = this.#setting;
      copy.#changes = this.#changes;
      return copy;
    });
  }
}
