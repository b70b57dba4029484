/**
 * Constants and structures of time.
 *
 * ```
 * struct timespec (16)      struct timeval (16)
 *   0 tv_sec   s64            0 tv_sec   s64
 *   8 tv_nsec  s64            8 tv_usec  s64
 *
 * struct itimerval (32)     struct sigevent (64)             struct timex (208)
 *   0 it_interval timeval     0 sigev_value            u64     0 modes     u32   56 precision s64
 *  16 it_value    timeval     8 sigev_signo            s32     8 offset    s64   64 tolerance s64
 *                            12 sigev_notify           s32    16 freq      s64   72 time      timeval
 *                            16 sigev_notify_thread_id s32    24 maxerror  s64   88 tick      s64
 *                                                             32 esterror  s64   96 … of a pulse
 *                                                             40 status    s32      per second
 *                                                             48 constant  s64  160 tai       s32
 * ```
 *
 * Source: `include/uapi/linux/{time,timex}.h`, `include/uapi/asm-generic/siginfo.h`; clock_gettime(2),
 * timer_create(2), adjtimex(2).
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
/** The first time that a file can show, in ns since 1970; earlier ones become this: s_time_min. */
export const FILE_TIME_MIN_NS: bigint = -(1n << 63n);
/** The last time that a file can show, in ns since 1970; later ones become this: s_time_max. */
export const FILE_TIME_MAX_NS: bigint = (1n << 63n) - 1n;

/** The longest time a timer can be set to; later ones are cut to it: KTIME_MAX, in ns. */
export const KTIME_MAX = (1n << 63n) - 1n;

/** Bytes of `struct timespec`. */
export const TIMESPEC_BYTES = 16;
/** Bytes of `struct itimerval`. */
export const ITIMERVAL_BYTES = 32;
/** Bytes of `struct sigevent`. */
export const SIGEVENT_BYTES = 64;
/** Bytes of `struct timex`. */
export const TIMEX_BYTES = 208;

// setitimer(2).
export const ITIMER_REAL = 0;
export const ITIMER_VIRTUAL = 1;
export const ITIMER_PROF = 2;

// timer_create(2): sigev_notify.
export const SIGEV_SIGNAL = 0;
export const SIGEV_NONE = 1;
/** To the kernel the same as SIGEV_SIGNAL; the C library makes a thread of it. */
export const SIGEV_THREAD = 2;
export const SIGEV_THREAD_ID = 4;

/** Ns from one tick to the next, by which the coarse clocks go: HZ is 250 as in Debian's kernels. */
export const TICK_NS = 4_000_000n;

// adjtimex(2).
/** Nobody keeps the clock in step with others. */
export const STA_UNSYNC = 0x40;
/** What adjtimex(2) then answers. */
export const TIME_ERROR = 5;
