/**
 * Constants and structures of signals.
 *
 * A signal set is a bigint here: bit `signo - 1` stands for signal `signo`, 1 … 64.
 *
 * ```
 * struct sigaction (24)        stack_t (24)             siginfo_t (128)
 *   0 sa_handler  u64            0 ss_sp    u64           0 si_signo  s32
 *   8 sa_flags    u64            8 ss_flags s32           4 si_errno  s32
 *  16 sa_mask     u64           12 padding                8 si_code   s32
 *                               16 ss_size  u64          12 padding
 * riscv64 has no sa_restorer.                            16 the fields of the kind of signal
 * ```
 *
 * Source: `include/uapi/asm-generic/{signal,signal-defs,siginfo}.h`,
 * `arch/riscv/include/uapi/asm/signal.h`; signal(7).
 */

/** Hangup of the controlling terminal, or death of its process. */
export const SIGHUP = 1;
/** Interrupt from the keyboard: ^C. */
export const SIGINT = 2;
/** Quit from the keyboard. */
export const SIGQUIT = 3;
/** Illegal instruction. */
export const SIGILL = 4;
/** Breakpoint. */
export const SIGTRAP = 5;
/** abort(3). */
export const SIGABRT = 6;
/** Bad memory access: misaligned, or behind the end of a file. */
export const SIGBUS = 7;
/** Erroneous arithmetic operation. */
export const SIGFPE = 8;
/** Kill; cannot be caught. */
export const SIGKILL = 9;
/** For users. */
export const SIGUSR1 = 10;
/** Invalid memory reference. */
export const SIGSEGV = 11;
/** For users. */
export const SIGUSR2 = 12;
/** Write to a pipe without readers. */
export const SIGPIPE = 13;
/** alarm(2). */
export const SIGALRM = 14;
/** Termination. */
export const SIGTERM = 15;
/** Unused. */
export const SIGSTKFLT = 16;
/** A child has stopped or ended. */
export const SIGCHLD = 17;
/** Continue if stopped. */
export const SIGCONT = 18;
/** Stop; cannot be caught. */
export const SIGSTOP = 19;
/** Stop from the keyboard: ^Z. */
export const SIGTSTP = 20;
/** Terminal input for a background process. */
export const SIGTTIN = 21;
/** Terminal output for a background process. */
export const SIGTTOU = 22;
/** Urgent condition on a socket. */
export const SIGURG = 23;
/** RLIMIT_CPU exceeded. */
export const SIGXCPU = 24;
/** RLIMIT_FSIZE exceeded. */
export const SIGXFSZ = 25;
/** Virtual alarm clock. */
export const SIGVTALRM = 26;
/** Profiling timer. */
export const SIGPROF = 27;
/** The terminal's window was resized. */
export const SIGWINCH = 28;
/** I/O is possible. */
export const SIGIO = 29;
/** Power failure. */
export const SIGPWR = 30;
/** Bad system call. */
export const SIGSYS = 31;
/** The first real-time signal; those from here on queue, the ones below do not. */
export const SIGRTMIN = 32;
/** The last signal number. */
export const SIGRTMAX = 64;
/** Number of signals. */
export const NSIG = 64;
/** Bytes of a signal set in guest memory; every rt_sig* call demands exactly this size. */
export const SIGSET_BYTES = 8;

const NAMES: readonly string[] = [
  "",
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGILL",
  "SIGTRAP",
  "SIGABRT",
  "SIGBUS",
  "SIGFPE",
  "SIGKILL",
  "SIGUSR1",
  "SIGSEGV",
  "SIGUSR2",
  "SIGPIPE",
  "SIGALRM",
  "SIGTERM",
  "SIGSTKFLT",
  "SIGCHLD",
  "SIGCONT",
  "SIGSTOP",
  "SIGTSTP",
  "SIGTTIN",
  "SIGTTOU",
  "SIGURG",
  "SIGXCPU",
  "SIGXFSZ",
  "SIGVTALRM",
  "SIGPROF",
  "SIGWINCH",
  "SIGIO",
  "SIGPWR",
  "SIGSYS",
];

/** The name of a signal, 1 … 64, such as `"SIGINT"` or `"SIGRTMIN+2"`; otherwise its number in words. */
export function signalName(signo: number): string {
  const name = NAMES[signo];
  if (name) return name;
  if (signo === SIGRTMIN) return "SIGRTMIN";
  if (signo > SIGRTMIN && signo <= SIGRTMAX) return `SIGRTMIN+${signo - SIGRTMIN}`;
  return `signal ${signo}`;
}

// rt_sigaction(2): handlers that are no addresses.
export const SIG_DFL = 0n;
export const SIG_IGN = 1n;

// rt_sigaction(2): sa_flags.
export const SA_NOCLDSTOP = 0x00000001n;
export const SA_NOCLDWAIT = 0x00000002n;
export const SA_SIGINFO = 0x00000004n;
export const SA_EXPOSE_TAGBITS = 0x00000800n;
export const SA_ONSTACK = 0x08000000n;
export const SA_RESTART = 0x10000000n;
export const SA_NODEFER = 0x40000000n;
export const SA_RESETHAND = 0x80000000n;
/** The flags that this architecture knows; the others are cleared by rt_sigaction(2). */
export const SA_KNOWN = SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_EXPOSE_TAGBITS | SA_ONSTACK |
  SA_RESTART | SA_NODEFER | SA_RESETHAND;

// rt_sigprocmask(2).
export const SIG_BLOCK = 0;
export const SIG_UNBLOCK = 1;
export const SIG_SETMASK = 2;

// sigaltstack(2).
export const SS_ONSTACK = 1;
export const SS_DISABLE = 2;
/** The kernel clears the alternate stack while a handler runs on it. */
export const SS_AUTODISARM = 0x80000000;
/** The smallest alternate stack in bytes. */
export const MINSIGSTKSZ = 2048;

// siginfo_t: si_code for signals sent by processes and by the kernel.
export const SI_USER = 0;
export const SI_KERNEL = 0x80;
export const SI_QUEUE = -1;
/** From a POSIX timer. */
export const SI_TIMER = -2;
/** From a file with O_ASYNC, where POLL_IN could be mistaken for what the signal means otherwise. */
export const SI_SIGIO = -5;
/** A message has come to an empty queue. */
export const SI_MESGQ = -3;
export const SI_TKILL = -6;

// siginfo_t: si_code of SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGFPE.
export const ILL_ILLOPC = 1;
export const SEGV_MAPERR = 1;
export const SEGV_ACCERR = 2;
export const BUS_ADRALN = 1;
export const BUS_ADRERR = 2;
export const TRAP_BRKPT = 1;

// siginfo_t: si_code of SIGCHLD.
export const CLD_EXITED = 1;
export const CLD_KILLED = 2;
export const CLD_DUMPED = 3;
export const CLD_STOPPED = 5;
export const CLD_CONTINUED = 6;

/** Bytes of `siginfo_t`. */
export const SIGINFO_BYTES = 128;
/** Bytes of `struct sigaction`. */
export const SIGACTION_BYTES = 24;
/** Bytes of `stack_t`. */
export const STACK_T_BYTES = 24;

/** The set that holds one signal, 1 … 64. */
export function signalBit(signo: number): bigint {
  return 1n << BigInt(signo - 1);
}

/** The set that holds the given signals, 1 … 64 each. */
export function signalSet(...signals: readonly number[]): bigint {
  return signals.reduce((set, signo) => set | signalBit(signo), 0n);
}

/** The lowest signal of a set; the set must not be empty. */
export function lowestSignal(set: bigint): number {
  const low = Number(set & 0xffffffffn);
  if (low !== 0) return 32 - Math.clz32(low & -low);
  const high = Number((set >> 32n) & 0xffffffffn);
  return 64 - Math.clz32(high & -high);
}

/** The two signals that can be neither caught, blocked nor ignored. */
export const UNBLOCKABLE: bigint = signalSet(SIGKILL, SIGSTOP);
/** The default action of these is to ignore them. */
export const DEFAULT_IGNORED: bigint = signalSet(SIGCONT, SIGCHLD, SIGWINCH, SIGURG);
/** The default action of these is to stop the process. */
export const DEFAULT_STOPS: bigint = signalSet(SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU);
/** The default action of these is to end the process with a core dump. */
export const DEFAULT_DUMPS: bigint = signalSet(
  SIGQUIT,
  SIGILL,
  SIGTRAP,
  SIGABRT,
  SIGBUS,
  SIGFPE,
  SIGSEGV,
  SIGXCPU,
  SIGXFSZ,
  SIGSYS,
);
/** Those that an instruction causes; they are taken before the others. */
export const SYNCHRONOUS: bigint = signalSet(SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS);

// siginfo_t: si_code of SIGIO.
export const POLL_IN = 1;
export const POLL_OUT = 2;
export const POLL_MSG = 3;
export const POLL_ERR = 4;
export const POLL_PRI = 5;
export const POLL_HUP = 6;

/** Signals whose positive codes have meanings of their own: SIG_SPECIFIC_SICODES_MASK. */
export const HAS_OWN_CODES: bigint = signalSet(
  SIGILL,
  SIGFPE,
  SIGSEGV,
  SIGBUS,
  SIGTRAP,
  SIGCHLD,
  SIGIO,
  SIGSYS,
);
