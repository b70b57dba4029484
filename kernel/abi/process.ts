/**
 * Constants of process control: prctl(2), futex(2), scheduling, uname(2), sysinfo(2), wait status.
 *
 * Source: `include/uapi/linux/{prctl,futex,sched,utsname,sysinfo}.h`, `include/linux/sched.h`.
 */

/** Bytes of a task's name with its terminating NUL: TASK_COMM_LEN. */
export const TASK_COMM_LEN = 16;
/** The most that pid allocation reaches before it wraps: `kernel.pid_max`. */
export const PID_MAX = 32768;
/** Where pid allocation goes on after it wraps: RESERVED_PIDS. */
export const RESERVED_PIDS = 300;

// prctl(2).
export const PR_SET_PDEATHSIG = 1;
export const PR_GET_PDEATHSIG = 2;
export const PR_GET_DUMPABLE = 3;
export const PR_SET_DUMPABLE = 4;
export const PR_SET_NAME = 15;
export const PR_GET_NAME = 16;
export const PR_SET_NO_NEW_PRIVS = 38;
export const PR_GET_NO_NEW_PRIVS = 39;

/** A core dump may not be written and the process not be traced by others. */
export const SUID_DUMP_DISABLE = 0;
/** The ordinary case. */
export const SUID_DUMP_USER = 1;

// futex(2).
export const FUTEX_WAIT = 0;
export const FUTEX_WAKE = 1;
export const FUTEX_WAIT_BITSET = 9;
export const FUTEX_WAKE_BITSET = 10;
export const FUTEX_PRIVATE_FLAG = 128;
export const FUTEX_CLOCK_REALTIME = 256;
export const FUTEX_BITSET_MATCH_ANY = 0xffffffff;

/** Bytes of `struct robust_list_head`, the only length that set_robust_list(2) takes. */
export const ROBUST_LIST_HEAD_BYTES = 24;

// getrandom(2).
export const GRND_NONBLOCK = 0x1;
export const GRND_RANDOM = 0x2;
export const GRND_INSECURE = 0x4;

/** Bytes of each of the six fields of `struct new_utsname`, with the terminating NUL. */
export const UTS_FIELD_BYTES = 65;
/** Bytes of `struct sysinfo`. */
export const SYSINFO_BYTES = 112;

/** The wait status word of a process that called exit(2) with `code`; only the low 8 bits count. */
export function exitedStatus(code: number): number {
  return (code & 0xff) << 8;
}

/** Whether a wait status word says that the process exited by itself: WIFEXITED. */
export function didExit(status: number): boolean {
  return (status & 0x7f) === 0;
}

/** The exit code of a wait status word, 0 … 255: WEXITSTATUS. */
export function exitStatusOf(status: number): number {
  return (status >> 8) & 0xff;
}

/** The signal that ended the process, 0 when it exited by itself: WTERMSIG. */
export function terminationSignalOf(status: number): number {
  return status & 0x7f;
}
