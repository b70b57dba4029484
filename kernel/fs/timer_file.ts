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
import { expiriesOf, forwarded, leftOf, TIMER_OFF, type TimerSetting } from "../timer_setting.ts";
import { ANONYMOUS_ATTRIBUTES } from "./anonymous.ts";
import type { Cloning } from "./cloning.ts";
import { type Attributes, type FileKind, FileObject } from "./file_object.ts";

const WORD_BYTES = 8;

/** A timer that is read. */
export class TimerFile extends FileObject {
  override readonly kind: FileKind = "timerfd";
  /** CLOCK_*: on which clock absolute times are given. */
  readonly clockId: number;
  readonly #clock: Clock;
  #setting: TimerSetting = TIMER_OFF;
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

  /** Ns to the next expiry, 0 when none is to come. */
  get left_ns(): bigint {
    return leftOf(this.#setting, this.#clock.monotonic_ns);
  }

  /** Expiries that nobody has read. */
  get expiries(): bigint {
    return expiriesOf(this.#setting, this.#clock.monotonic_ns);
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
    if (length > 0) this.setting = forwarded(this.#setting, this.#clock.monotonic_ns);
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
