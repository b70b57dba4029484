/**
 * Constants and structures of time.
 *
 * ```
 * struct timespec (16)      struct timeval (16)
 *   0 tv_sec   s64            0 tv_sec   s64
 *   8 tv_nsec  s64            8 tv_usec  s64
 * ```
 *
 * Source: `include/uapi/linux/time.h`; clock_gettime(2).
 */

export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
export const CLOCK_PROCESS_CPUTIME_ID = 2;
export const CLOCK_THREAD_CPUTIME_ID = 3;
export const CLOCK_MONOTONIC_RAW = 4;
export const CLOCK_REALTIME_COARSE = 5;
export const CLOCK_MONOTONIC_COARSE = 6;
export const CLOCK_BOOTTIME = 7;
export const CLOCK_REALTIME_ALARM = 8;
export const CLOCK_BOOTTIME_ALARM = 9;
export const CLOCK_TAI = 11;

/** clock_nanosleep(2): the time is absolute. */
export const TIMER_ABSTIME = 1;

/** Nanoseconds in a second. */
export const NSEC_PER_SEC = 1_000_000_000n;
/** Nanoseconds in a millisecond. */
export const NSEC_PER_MSEC = 1_000_000n;
/** Nanoseconds in a microsecond. */
export const NSEC_PER_USEC = 1000n;
/** Ticks of times(2) in a second: `USER_HZ`, AT_CLKTCK. */
export const USER_HZ = 100n;
/** The longest time a timer can be set to; later ones are cut to it: KTIME_MAX, in ns. */
export const KTIME_MAX = (1n << 63n) - 1n;

/** Bytes of `struct timespec`. */
export const TIMESPEC_BYTES = 16;
