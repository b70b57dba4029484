/**
 * Constants of process control: prctl(2), clone(2), wait(2), uname(2), sysinfo(2), wait status.
 *
 * Source: `include/uapi/linux/{prctl,sched,wait,utsname,sysinfo}.h`, `include/linux/sched.h`.
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
export const PR_SET_CHILD_SUBREAPER = 36;
export const PR_GET_CHILD_SUBREAPER = 37;
export const PR_SET_NO_NEW_PRIVS = 38;
export const PR_GET_NO_NEW_PRIVS = 39;

// clone(2): the low 8 bits are the signal that the parent gets when the child ends.
export const CSIGNAL = 0xffn;
export const CLONE_VM = 0x100n;
export const CLONE_FS = 0x200n;
export const CLONE_FILES = 0x400n;
export const CLONE_SIGHAND = 0x800n;
export const CLONE_PIDFD = 0x1000n;
export const CLONE_PTRACE = 0x2000n;
export const CLONE_VFORK = 0x4000n;
export const CLONE_PARENT = 0x8000n;
export const CLONE_THREAD = 0x10000n;
export const CLONE_NEWNS = 0x20000n;
export const CLONE_SYSVSEM = 0x40000n;
export const CLONE_SETTLS = 0x80000n;
export const CLONE_PARENT_SETTID = 0x100000n;
export const CLONE_CHILD_CLEARTID = 0x200000n;
/** Means nothing any more. */
export const CLONE_DETACHED = 0x400000n;
export const CLONE_CHILD_SETTID = 0x1000000n;
export const CLONE_NEWCGROUP = 0x2000000n;
export const CLONE_NEWUTS = 0x4000000n;
export const CLONE_NEWIPC = 0x8000000n;
export const CLONE_NEWUSER = 0x10000000n;
export const CLONE_NEWPID = 0x20000000n;
export const CLONE_NEWNET = 0x40000000n;
/** Of clone3(2) only: handlers are gone in the child. */
export const CLONE_CLEAR_SIGHAND = 0x100000000n;
/** Of clone3(2) only. */
export const CLONE_INTO_CGROUP = 0x200000000n;

// wait4(2), waitid(2): options.
export const WNOHANG = 0x1;
export const WUNTRACED = 0x2;
export const WSTOPPED = 0x2;
export const WEXITED = 0x4;
export const WCONTINUED = 0x8;
export const WNOWAIT = 0x1000000;
/** Not for the children of the caller's other threads. */
export const __WNOTHREAD = 0x20000000;
/** For children whose end sends something else than SIGCHLD, or nothing. */
export const __WCLONE = 0x80000000;
/** For children of either kind. */
export const __WALL = 0x40000000;

// waitid(2): what an id is.
export const P_ALL = 0;
export const P_PID = 1;
export const P_PGID = 2;
export const P_PIDFD = 3;

/** A core dump may not be written and the process not be traced by others. */
export const SUID_DUMP_DISABLE = 0;
/** The ordinary case. */
export const SUID_DUMP_USER = 1;

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

/** The wait status word of a process that a signal has stopped. */
export function stoppedStatus(signo: number): number {
  return (signo << 8) | 0x7f;
}

/** The wait status word of a process that was continued. */
export const CONTINUED_STATUS = 0xffff;
/** In the wait status word of a process that a signal has ended: with a core dump. */
export const CORE_DUMPED = 0x80;

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

/** The least that /proc/PID/oom_score_adj can be: never killed for memory. */
export const OOM_SCORE_ADJ_MIN = -1000;
/** The most that it can be. */
export const OOM_SCORE_ADJ_MAX = 1000;

// kcmp(2).
export const KCMP_FILE = 0;
export const KCMP_VM = 1;
export const KCMP_FILES = 2;
export const KCMP_FS = 3;
export const KCMP_SIGHAND = 4;
export const KCMP_IO = 5;
export const KCMP_SYSVSEM = 6;
export const KCMP_EPOLL_TFD = 7;

// personality(2).
/** The kind of system whose programs are executed. */
export const PER_MASK = 0x00ff;
export const PER_LINUX = 0x0000;
export const PER_LINUX32 = 0x0008;
/** uname(2) tells of a release of Linux 2.6. */
export const UNAME26 = 0x0020000;
export const ADDR_NO_RANDOMIZE = 0x0040000;
export const MMAP_PAGE_ZERO = 0x0100000;
export const ADDR_COMPAT_LAYOUT = 0x0200000;
/** Memory that can be read can be executed. */
export const READ_IMPLIES_EXEC = 0x0400000;
/** What a program loses that gains rights. */
export const PER_CLEAR_ON_SETID: number = READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE |
  ADDR_COMPAT_LAYOUT | MMAP_PAGE_ZERO;
