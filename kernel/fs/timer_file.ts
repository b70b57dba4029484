/**
 * timerfd_create(2): a timer behind a descriptor, which is readable once the timer has expired.
 *
 * Whoever asks compares the clock with when it was to expire. While somebody waits, it is among the alarms of
 * the machine's clock, and tells the waiters once for each time that it was set or read.
 *
 * Source: `fs/timerfd.c`.
 */

import { EINVAL, SystemError } from "../abi/errno.ts";
import { POLLIN } from "../abi/poll.ts";
import type { Alarm } from "../alarms.ts";
import type { Clock } from "../clock.ts";
import { expiriesOf, forwarded, leftOf, TIMER_OFF, type TimerSetting } from "../timer_setting.ts";
import { ANONYMOUS_ATTRIBUTES } from "./anonymous.ts";
import type { Cloning } from "./cloning.ts";
import { type Attributes, type FileKind, FileObject } from "./file_object.ts";
import { type Waiter, WaitQueue } from "./wait_queue.ts";

const WORD_BYTES = 8;

/** A timer that is read. */
export class TimerFile extends FileObject implements Alarm {
  override readonly kind: FileKind = "timerfd";
  /** CLOCK_*: on which clock absolute times are given. */
  readonly clockId: number;
  readonly #clock: Clock;
  override readonly waiters: WaitQueue = new TimerWaiters(this);
  #setting: TimerSetting = TIMER_OFF;
  #isTold = false;

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
    this.isTold = false;
  }

  /** Whether whoever waits was told of the expiry that has come and was not read. */
  get isTold(): boolean {
    return this.#isTold;
  }
  set isTold(isTold: boolean) {
    this.#isTold = isTold;
    this.arm();
  }

  /** Has the clock ring when it expires, if anybody wants to know. */
  arm(): void {
    const { alarms } = this.#clock;
    const isWanted = this.#setting.deadline_ns !== null && !this.#isTold && !this.waiters.isEmpty;
    if (isWanted) alarms.set(this);
    else alarms.unset(this);
  }

  /** See {@link Alarm.ringsAt_ns}. */
  get ringsAt_ns(): bigint {
    return this.#setting.deadline_ns ?? 0n;
  }

  /** See {@link Alarm.place}. */
  get place(): number {
    return this.waiters.first;
  }

  /** See {@link Alarm.ring}. */
  ring(): void {
    this.isTold = true;
    this.notify(POLLIN);
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
      copy.#isTold = this.#isTold;
      return copy;
    });
  }
}

/** Those who wait for a timer, which is an alarm as long as there are some. */
class TimerWaiters extends WaitQueue {
  readonly #timer: TimerFile;

  constructor(timer: TimerFile) {
    super();
    this.#timer = timer;
  }

  override add(waiter: Waiter): void {
    super.add(waiter);
    this.#timer.arm();
  }

  override remove(waiter: Waiter): void {
    super.remove(waiter);
    this.#timer.arm();
  }
}
