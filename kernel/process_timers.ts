/**
 * The timers of a process that send signals: those of setitimer(2) and those of timer_create(2).
 *
 * ```
 *            on the clock of        when it has expired          when its signal is taken
 * REAL       all                    SIGALRM                      is set to its next expiry
 * VIRTUAL    the process's CPU      SIGVTALRM, set again         –
 * PROF       the process's CPU      SIGPROF, set again           –
 * POSIX      as was asked for       one signal at a time         counts expiries missed, is set again
 * ```
 *
 * An expired timer whose signal is still pending has nothing to do, however often its interval passes: it is
 * looked at again when the signal is taken.
 *
 * Source: `kernel/time/{itimer,posix-timers,posix-cpu-timers}.c`, `kernel/signal.c` (`dequeue_signal`).
 */

import { SIGALRM, SIGPROF, SIGVTALRM } from "./abi/signal.ts";
import {
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_THREAD_CPUTIME_ID,
  ITIMER_PROF,
  ITIMER_REAL,
  ITIMER_VIRTUAL,
} from "./abi/time.ts";
import { TIMER_OFF, type TimerSetting } from "./timer_setting.ts";

/** One timer of setitimer(2). */
export class IntervalTimer {
  /** What it sends. */
  readonly signo: number;
  /** Whether it counts the process's CPU time, and not all time. */
  readonly isCpu: boolean;
  /** In monotonic ns, or ns of CPU time. */
  setting: TimerSetting = TIMER_OFF;

  /** A timer that is not set. */
  constructor(signo: number, isCpu: boolean) {
    this.signo = signo;
    this.isCpu = isCpu;
  }
}

/** What a timer of timer_create(2) does when it expires. */
export type TimerNotice =
  | { readonly kind: "none" }
  | {
    readonly kind: "signal";
    readonly signo: number;
    /** si_value. */
    readonly value: bigint;
    /** Pid of the thread that gets it, or `null` for the process. */
    readonly thread: number | null;
  };

/** What a {@link PosixTimer} is made of. */
export type PosixTimerParts = Pick<PosixTimer, "id" | "clockId" | "clockThread" | "notice">;

/** The most timers of a process, however high RLIMIT_SIGPENDING is. */
export const TIMERS_MAX = 16384;

/** One timer of timer_create(2). */
export class PosixTimer {
  /** Its number in the process. */
  readonly id: number;
  /** CLOCK_*; for CPU time of the process or of {@link clockThread}. */
  readonly clockId: number;
  /** Pid of the thread whose CPU time is meant by CLOCK_THREAD_CPUTIME_ID; otherwise 0. */
  readonly clockThread: number;
  /** What it does when it expires. */
  readonly notice: TimerNotice;
  /** In monotonic ns, or ns of CPU time. */
  setting: TimerSetting = TIMER_OFF;
  /** Whether its signal is pending. */
  isQueued = false;
  /** Expiries that the last signal taken stood for besides its own. */
  overrun = 0n;

  /** A timer that is not set. */
  constructor({ id, clockId, clockThread, notice }: PosixTimerParts) {
    this.id = id;
    this.clockId = clockId;
    this.clockThread = clockThread;
    this.notice = notice;
  }

  /** Whether it counts CPU time, and not all time. */
  get isCpu(): boolean {
    return this.clockId === CLOCK_PROCESS_CPUTIME_ID || this.clockId === CLOCK_THREAD_CPUTIME_ID;
  }
}

/** All timers of a process. */
export class ProcessTimers {
  /** By ITIMER_*. */
  readonly interval: readonly [IntervalTimer, IntervalTimer, IntervalTimer] = [
    new IntervalTimer(SIGALRM, false),
    new IntervalTimer(SIGVTALRM, true),
    new IntervalTimer(SIGPROF, true),
  ];
  /** By their numbers, ascending. */
  readonly posix: Map<number, PosixTimer> = new Map();
  /** The number that the next one gets. */
  nextId = 0;

  /** ITIMER_REAL. */
  get real(): IntervalTimer {
    return this.interval[ITIMER_REAL];
  }

  /** Those that count the process's CPU time. */
  get cpu(): readonly IntervalTimer[] {
    return [this.interval[ITIMER_VIRTUAL], this.interval[ITIMER_PROF]];
  }

  /** Whether there is nothing to do for any. */
  get isIdle(): boolean {
    // Asked between any two calls of a program.
    const [real, virtual, prof] = this.interval;
    return this.posix.size === 0 && real.setting.deadline_ns === null &&
      virtual.setting.deadline_ns === null && prof.setting.deadline_ns === null;
  }

  /** execve(2): the timers of timer_create(2) belong to the program, the others to the process. */
  clearForExec(): void {
    this.posix.clear();
  }

  /** The same timers for a machine's clone. */
  clone(): ProcessTimers {
    const clone = new ProcessTimers();
    for (const [i, { setting }] of this.interval.entries()) clone.interval[i]!.setting = setting;
    for (const timer of this.posix.values()) {
      const copy = new PosixTimer(timer);
      copy.setting = timer.setting;
      copy.isQueued = timer.isQueued;
      copy.overrun = timer.overrun;
      clone.posix.set(copy.id, copy);
    }
    clone.nextId = this.nextId;
    return clone;
  }
}
