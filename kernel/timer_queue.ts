/**
 * When timers of processes have something to do, and doing it.
 *
 * The main loop asks {@link TimerQueue.deadline_ns} how far the machine may run or idle, calls
 * {@link fireTimers} when that time has come, and {@link instructionsToCpuTimer} how long the task on the hart
 * may run before its own CPU time sets off a timer. A timer whose expiry would change nothing (its signal is
 * pending still, or ignored) is in neither, so that a machine does not idle from one such instant to the next.
 *
 * Source: `kernel/time/{itimer,posix-timers,posix-cpu-timers}.c`.
 */

import { SI_TIMER, SIGALRM, signalBit } from "./abi/signal.ts";
import { CLOCK_THREAD_CPUTIME_ID } from "./abi/time.ts";
import type { Clock } from "./clock.ts";
import type { Kernel } from "./kernel.ts";
import type { IntervalTimer, PosixTimer } from "./process_timers.ts";
import { sendToGroup, sendToTask } from "./signals/send.ts";
import { kernelSignal, type SigInfo, timerOf, timerSignal } from "./signals/siginfo.ts";
import type { Task } from "./task.ts";
import type { TaskTable } from "./task_table.ts";
import type { ThreadGroup } from "./thread_group.ts";
import { expiriesOf, forwarded, TIMER_OFF } from "./timer_setting.ts";

/** si_overrun and timer_getoverrun(2) are ints. */
const OVERRUN_MAX = 2n ** 31n - 1n;

/** The timers of all processes, by when the next one has something to do. */
export class TimerQueue {
  readonly #clock: Clock;
  readonly #tasks: TaskTable;
  /** `undefined` when it has to be looked for again. */
  #deadline: bigint | null | undefined = undefined;

  /** The timers of the processes in a table. */
  constructor(clock: Clock, tasks: TaskTable) {
    this.#clock = clock;
    this.#tasks = tasks;
  }

  /** The monotonic time in ns at which a timer has something to do next, or `null`; CPU time aside. */
  get deadline_ns(): bigint | null {
    if (this.#deadline === undefined) {
      this.#deadline = null;
      for (const group of groupsWithTimers(this.#tasks)) {
        for (const timer of timersOf(group)) {
          const { deadline_ns } = timer.setting;
          if (timer.isCpu || deadline_ns === null || !hasEffect(group, timer)) continue;
          if (this.#deadline === null || deadline_ns < this.#deadline) this.#deadline = deadline_ns;
        }
      }
    }
    return this.#deadline;
  }

  /** Whether a timer has something to do now. */
  get isDue(): boolean {
    const { deadline_ns } = this;
    return deadline_ns !== null && this.#clock.monotonic_ns >= deadline_ns;
  }

  /** A timer was set, or something was done about its signal. */
  changed(): void {
    this.#deadline = undefined;
  }
}

function groupsWithTimers(tasks: TaskTable): readonly ThreadGroup[] {
  return tasks.all.filter((task) => task.pid === task.tgid && !task.group.timers.isIdle)
    .map(({ group }) => group);
}

function timersOf({ timers }: ThreadGroup): readonly (IntervalTimer | PosixTimer)[] {
  return [...timers.interval, ...timers.posix.values()];
}

/** What a timer's clock shows. */
export function timerClock_ns(
  kernel: Kernel,
  group: ThreadGroup,
  timer: IntervalTimer | PosixTimer,
): bigint {
  if (!timer.isCpu) return kernel.clock.monotonic_ns;
  if (!("clockId" in timer) || timer.clockId !== CLOCK_THREAD_CPUTIME_ID) {
    return BigInt(group.instructions);
  }
  const thread = group.members.find(({ pid }) => pid === timer.clockThread);
  return BigInt(thread?.instructions ?? 0);
}

/** Whether an expiry would change anything. */
function hasEffect(group: ThreadGroup, timer: IntervalTimer | PosixTimer): boolean {
  const [first] = group.members;
  if (first === undefined) return false;
  if (!("notice" in timer)) {
    const isPending = (group.pending.set & signalBit(timer.signo)) !== 0n;
    return !isPending && !isDropped(first, timer.signo);
  }
  const { notice, isQueued } = timer;
  return notice.kind === "signal" && !isQueued && !isDropped(first, notice.signo);
}

function isDropped({ signals }: Task, signo: number): boolean {
  return signals.dispositions.ignores(signo) && (signals.blocked & signalBit(signo)) === 0n;
}

/** Does what the timers on the machine's clock have to do now. */
export function fireTimers(kernel: Kernel): void {
  for (const group of groupsWithTimers(kernel.tasks)) {
    for (const timer of timersOf(group)) if (!timer.isCpu) fireIfDue(kernel, group, timer);
  }
  kernel.timers.changed();
}

/**
 * Before a process changes what it does about a signal: expiries that were ignored until now are over, and
 * what is to come may be of another effect.
 */
export function settleTimers(kernel: Kernel, group: ThreadGroup): void {
  if (group.timers.isIdle) return;
  kernel.timers.changed();
  const [first] = group.members;
  for (const timer of timersOf(group)) {
    const signo = "notice" in timer
      ? (timer.notice.kind === "signal" ? timer.notice.signo : 0)
      : timer.signo;
    if (signo === 0 || first === undefined || !isDropped(first, signo)) continue;
    timer.setting = forwarded(timer.setting, timerClock_ns(kernel, group, timer));
  }
}

/** Does what the timers on a process's CPU time have to do now. */
export function fireCpuTimers(kernel: Kernel, group: ThreadGroup): void {
  for (const timer of timersOf(group)) if (timer.isCpu) fireIfDue(kernel, group, timer);
}

function fireIfDue(kernel: Kernel, group: ThreadGroup, timer: IntervalTimer | PosixTimer): void {
  const now_ns = timerClock_ns(kernel, group, timer);
  if (expiriesOf(timer.setting, now_ns) === 0n || !hasEffect(group, timer)) return;
  if ("notice" in timer) return firePosix(kernel, group, timer);
  // ITIMER_REAL is set again when its signal is taken.
  const isOver = timer.isCpu || timer.setting.interval_ns === 0n;
  if (isOver) timer.setting = forwarded(timer.setting, now_ns);
  sendToGroup(kernel, group, kernelSignal(timer.signo));
}

function firePosix(kernel: Kernel, group: ThreadGroup, timer: PosixTimer): void {
  const { notice, setting } = timer;
  if (notice.kind === "none") return;
  if (setting.interval_ns === 0n) {
    timer.setting = TIMER_OFF;
    timer.overrun = 0n;
  }
  timer.isQueued = true;
  const info = timerSignal(notice.signo, { timer: timer.id, value: notice.value });
  if (notice.thread === null) return sendToGroup(kernel, group, info);
  const thread = group.members.find(({ pid }) => pid === notice.thread);
  if (thread !== undefined) sendToTask(kernel, thread, info);
}

/** Instructions that a task may retire before a timer on its CPU time has something to do. */
export function instructionsToCpuTimer(kernel: Kernel, { group }: Task): number {
  let left = Infinity;
  for (const timer of timersOf(group)) {
    const { deadline_ns } = timer.setting;
    if (!timer.isCpu || deadline_ns === null || !hasEffect(group, timer)) continue;
    // Of another thread's time none passes meanwhile; looking at it too early does no harm.
    const ahead = Number(deadline_ns - timerClock_ns(kernel, group, timer));
    left = Math.min(left, Math.max(1, ahead));
  }
  return left;
}

/**
 * A signal was taken by whoever takes it: the timer that it came from is set to its next expiry. Answers the
 * signal with the number of expiries that it stands for.
 */
export function signalTaken(kernel: Kernel, { group }: Task, info: SigInfo): SigInfo {
  const { timers } = group;
  if (timers.isIdle) return info;
  kernel.timers.changed();
  if (info.signo === SIGALRM) {
    timers.real.setting = forwarded(timers.real.setting, kernel.clock.monotonic_ns);
  }
  if (info.code !== SI_TIMER) return info;
  const timer = timers.posix.get(timerOf(info));
  if (timer === undefined || !timer.isQueued) return info;
  timer.isQueued = false;
  const now_ns = timerClock_ns(kernel, group, timer);
  const expiries = expiriesOf(timer.setting, now_ns);
  timer.setting = forwarded(timer.setting, now_ns);
  const missed = expiries > 0n ? expiries - 1n : 0n;
  timer.overrun = missed < OVERRUN_MAX ? missed : OVERRUN_MAX;
  return timerSignal(info.signo, { ...timerFields(info), overrun: Number(timer.overrun) });
}

function timerFields(info: SigInfo): { timer: number; value: bigint } {
  const view = new DataView(info.fields.buffer, info.fields.byteOffset);
  return { timer: timerOf(info), value: view.getBigUint64(8, true) };
}
