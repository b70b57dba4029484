/**
 * When a timer expires, as data. Nothing is counted down: whoever looks compares with the clock, and finds
 * how often it has expired in between.
 */

import { KTIME_MAX } from "./abi/time.ts";

/** When a timer expires, in ns of whatever clock it is on. */
export interface TimerSetting {
  /** The next expiry, or the first of those that nobody has dealt with; `null` when none is to come. */
  readonly deadline_ns: bigint | null;
  /** From one expiry to the next, 0 for a single one. */
  readonly interval_ns: bigint;
}

/** The earlier of two times. */
export function earlier(a_ns: bigint, b_ns: bigint): bigint {
  return a_ns < b_ns ? a_ns : b_ns;
}

/** A timer that is not set. */
export const TIMER_OFF: TimerSetting = { deadline_ns: null, interval_ns: 0n };

/** Expiries up to now that nobody has dealt with. */
export function expiriesOf({ deadline_ns, interval_ns }: TimerSetting, now_ns: bigint): bigint {
  if (deadline_ns === null || deadline_ns > now_ns) return 0n;
  return interval_ns === 0n ? 1n : (now_ns - deadline_ns) / interval_ns + 1n;
}

/** The setting once all expiries up to now are dealt with. */
export function forwarded(setting: TimerSetting, now_ns: bigint): TimerSetting {
  const { deadline_ns, interval_ns } = setting;
  const expiries = expiriesOf(setting, now_ns);
  if (deadline_ns === null || expiries === 0n) return setting;
  return {
    deadline_ns: interval_ns === 0n
      ? null
      : earlier(deadline_ns + expiries * interval_ns, KTIME_MAX),
    interval_ns,
  };
}

/** Ns to the next expiry; 0 when none is to come. */
export function leftOf(setting: TimerSetting, now_ns: bigint): bigint {
  const { deadline_ns } = forwarded(setting, now_ns);
  return deadline_ns === null ? 0n : deadline_ns - now_ns;
}
