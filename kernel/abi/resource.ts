/**
 * Constants of getrlimit(2), prlimit(2) and getrusage(2).
 *
 * ```
 * struct rlimit64 (16)      struct rusage (144)
 *   0 rlim_cur  u64           0 ru_utime   timeval     32 ru_maxrss  s64, KiB
 *   8 rlim_max  u64          16 ru_stime   timeval     40 … thirteen further counters, s64
 * ```
 *
 * Source: `include/uapi/asm-generic/resource.h`, `include/uapi/linux/resource.h`.
 */

export const RLIMIT_CPU = 0;
export const RLIMIT_FSIZE = 1;
export const RLIMIT_DATA = 2;
export const RLIMIT_STACK = 3;
export const RLIMIT_CORE = 4;
export const RLIMIT_RSS = 5;
export const RLIMIT_NPROC = 6;
export const RLIMIT_NOFILE = 7;
export const RLIMIT_MEMLOCK = 8;
export const RLIMIT_AS = 9;
export const RLIMIT_LOCKS = 10;
export const RLIMIT_SIGPENDING = 11;
export const RLIMIT_MSGQUEUE = 12;
export const RLIMIT_NICE = 13;
export const RLIMIT_RTPRIO = 14;
export const RLIMIT_RTTIME = 15;
/** Number of limits: RLIM_NLIMITS. */
export const RLIM_NLIMITS = 16;

/** No limit. */
export const RLIM_INFINITY = (1n << 64n) - 1n;

export const RUSAGE_SELF = 0;
export const RUSAGE_CHILDREN = -1;
export const RUSAGE_THREAD = 1;

/** Bytes of `struct rusage`. */
export const RUSAGE_BYTES = 144;
