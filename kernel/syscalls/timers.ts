/**
 * System calls on the timers of a process: setitimer and the POSIX timers.
 *
 * Source: `kernel/time/{itimer,posix-timers,posix-cpu-timers}.c`; setitimer(2), timer_create(2),
 * timer_settime(2), timer_getoverrun(2), timer_delete(2), sigevent(7).
 */

import { pidMeantBy } from "../pid_namespace.ts";
import { CAP_WAKE_ALARM } from "../abi/capability.ts";
import { EAGAIN, EINVAL, EOPNOTSUPP, EPERM, SystemError } from "../abi/errno.ts";
import { RLIMIT_SIGPENDING } from "../abi/resource.ts";
import { NSIG, SIGALRM } from "../abi/signal.ts";
import {
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_THREAD_CPUTIME_ID,
  ITIMER_PROF,
  ITIMER_REAL,
  ITIMERVAL_BYTES,
  NSEC_PER_SEC,
  NSEC_PER_USEC,
  SIGEV_NONE,
  SIGEV_SIGNAL,
  SIGEV_THREAD,
  SIGEV_THREAD_ID,
  SIGEVENT_BYTES,
  TIMER_ABSTIME,
} from "../abi/time.ts";
import { type IntervalTimer, PosixTimer, type TimerNotice, TIMERS_MAX } from "../process_timers.ts";
import { timerClock_ns } from "../timer_queue.ts";
import { expiriesOf, leftOf } from "../timer_setting.ts";
import {
  addTime,
  int,
  readTimerSpec,
  register,
  type TimerSpec,
  writeTimerSpec,
} from "./arguments.ts";
import { canWake, cpuClock, isAlarm, sinceBoot } from "./clocks.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** The timer of setitimer(2) that argument 0 names. Throws EINVAL. */
function intervalTimer(call: Call): IntervalTimer {
  const which = int(call, 0);
  const timer = which < ITIMER_REAL || which > ITIMER_PROF
    ? undefined
    : call.task.group.timers.interval[which];
  if (timer === undefined) throw new SystemError(EINVAL);
  return timer;
}

function getitimer(call: Call): number {
  const spec = intervalState(call, intervalTimer(call));
  writeTimerValue(call, register(call, 1), spec);
  return 0;
}

function setitimer(call: Call): number {
  const [address, oldAddress] = [register(call, 1), register(call, 2)];
  // No value stands for zeros: a mistake that old programs made, and got away with.
  const spec = address === 0n ? { interval_ns: 0n, value_ns: 0n } : readTimerValue(call, address);
  const timer = intervalTimer(call);
  const old = intervalState(call, timer);
  const now_ns = timerClock_ns(call.kernel, call.task.group, timer);
  timer.setting = {
    deadline_ns: spec.value_ns === 0n ? null : addTime(now_ns, spec.value_ns),
    interval_ns: spec.interval_ns,
  };
  call.kernel.timers.changed();
  if (oldAddress !== 0n) writeTimerValue(call, oldAddress, old);
  return 0;
}

/** What is left of a timer; at least a microsecond as long as it is set and has not expired. */
function intervalState({ kernel, task }: Call, timer: IntervalTimer): TimerSpec {
  const { setting } = timer;
  const now_ns = timerClock_ns(kernel, task.group, timer);
  if (expiriesOf(setting, now_ns) > 0n) return { value_ns: 0n, interval_ns: setting.interval_ns };
  const left_ns = leftOf(setting, now_ns);
  const isTiny = left_ns > 0n && left_ns < NSEC_PER_USEC;
  return { value_ns: isTiny ? NSEC_PER_USEC : left_ns, interval_ns: setting.interval_ns };
}

function readTimerValue(call: Call, address: bigint): TimerSpec {
  const bytes = call.task.mm.user.read(address, ITIMERVAL_BYTES);
  const words = new BigInt64Array(bytes.buffer);
  const time = (at: number): bigint => {
    const [seconds = 0n, microseconds = 0n] = words.subarray(at, at + 2);
    const isSane = seconds >= 0n && microseconds >= 0n &&
      microseconds * NSEC_PER_USEC < NSEC_PER_SEC;
    if (!isSane) throw new SystemError(EINVAL);
    return addTime(seconds * NSEC_PER_SEC, microseconds * NSEC_PER_USEC);
  };
  return { interval_ns: time(0), value_ns: time(2) };
}

function writeTimerValue(call: Call, address: bigint, { interval_ns, value_ns }: TimerSpec): void {
  const words = [interval_ns, value_ns].flatMap((time) => [
    time / NSEC_PER_SEC,
    (time % NSEC_PER_SEC) / NSEC_PER_USEC,
  ]);
  call.task.mm.user.write(address, new Uint8Array(BigInt64Array.from(words).buffer));
}

function timerCreate(call: Call): number {
  const { kernel, task } = call;
  const { timers, limits } = task.group;
  const clock = int(call, 0);
  const cpu = cpuClock(kernel, task, clock);
  if (cpu === null && !canWake(clock)) throw new SystemError(EOPNOTSUPP);
  // Whose CPU time it is must stay alive with the timer: only one's own process does.
  if (cpu !== null && cpu.task.group !== task.group) throw new SystemError(EOPNOTSUPP);
  const notice = noticeAt(call, register(call, 1), timers.nextId);
  if (isAlarm(clock) && !task.credentials.has(CAP_WAKE_ALARM)) throw new SystemError(EPERM);
  const most = Math.min(limits.soft(RLIMIT_SIGPENDING), TIMERS_MAX);
  if (timers.posix.size >= most) throw new SystemError(EAGAIN);
  const id = timers.nextId;
  task.mm.user.writeU32(register(call, 2), id);
  timers.nextId++;
  const isThread = cpu?.kind === "thread";
  timers.posix.set(
    id,
    new PosixTimer({
      id,
      clockId: cpu === null ? clock : isThread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_PROCESS_CPUTIME_ID,
      clockThread: isThread ? cpu.task.pid : 0,
      notice,
    }),
  );
  return 0;
}

/** What `struct sigevent` asks for; without one SIGALRM with the timer's number. */
function noticeAt({ kernel, task }: Call, address: bigint, id: number): TimerNotice {
  if (address === 0n) return { kind: "signal", signo: SIGALRM, value: BigInt(id), thread: null };
  const view = new DataView(task.mm.user.read(address, SIGEVENT_BYTES).buffer);
  const [value, signo] = [view.getBigUint64(0, true), view.getInt32(8, true)];
  const how = view.getInt32(12, true);
  switch (how) {
    case SIGEV_NONE:
      return { kind: "none" };
    case SIGEV_SIGNAL:
    case SIGEV_THREAD:
    case SIGEV_THREAD_ID: {
      const thread = how === SIGEV_THREAD_ID ? pidMeantBy(task, view.getInt32(16, true)) : null;
      const isOwn = thread === null || kernel.tasks.get(thread)?.group === task.group;
      if (!isOwn || signo < 1 || signo > NSIG) throw new SystemError(EINVAL);
      return { kind: "signal", signo, value, thread };
    }
    default:
      throw new SystemError(EINVAL);
  }
}

/** The timer whose number is argument 0. Throws EINVAL. */
function posixTimer(call: Call): PosixTimer {
  const timer = call.task.group.timers.posix.get(int(call, 0));
  if (timer === undefined) throw new SystemError(EINVAL);
  return timer;
}

function posixState({ kernel, task }: Call, timer: PosixTimer): TimerSpec {
  const now_ns = timerClock_ns(kernel, task.group, timer);
  return { value_ns: leftOf(timer.setting, now_ns), interval_ns: timer.setting.interval_ns };
}

function timerGettime(call: Call): number {
  const spec = posixState(call, posixTimer(call));
  writeTimerSpec(call.task.mm.user, register(call, 1), spec);
  return 0;
}

function timerSettime(call: Call): number {
  const { kernel, task } = call;
  const { user } = task.mm;
  const [address, oldAddress] = [register(call, 2), register(call, 3)];
  if (address === 0n) throw new SystemError(EINVAL);
  const { interval_ns, value_ns } = readTimerSpec(user, address);
  const timer = posixTimer(call);
  const old = posixState(call, timer);
  const isAbsolute = (int(call, 1) & TIMER_ABSTIME) !== 0;
  const now_ns = timerClock_ns(kernel, task.group, timer);
  const deadline_ns = !isAbsolute
    ? addTime(now_ns, value_ns)
    : timer.isCpu
    ? value_ns
    : sinceBoot(task, timer.clockId, value_ns);
  timer.setting = value_ns === 0n
    ? { deadline_ns: null, interval_ns: 0n }
    : { deadline_ns, interval_ns };
  timer.overrun = 0n;
  kernel.timers.changed();
  if (oldAddress !== 0n) writeTimerSpec(user, oldAddress, old);
  return 0;
}

function timerGetoverrun(call: Call): bigint {
  return posixTimer(call).overrun;
}

function timerDelete(call: Call): number {
  call.task.group.timers.posix.delete(posixTimer(call).id);
  call.kernel.timers.changed();
  return 0;
}

/** System calls on the timers of a process, by number. */
export const timerCalls: SystemCallGroup = {
  102: { name: "getitimer", call: getitimer, args: ["which", "curr_value"] },
  103: { name: "setitimer", call: setitimer, args: ["which", "new_value", "old_value"] },
  107: { name: "timer_create", call: timerCreate, args: ["clockid", "sevp", "timerid"] },
  108: { name: "timer_gettime", call: timerGettime, args: ["timerid", "curr_value"] },
  109: { name: "timer_getoverrun", call: timerGetoverrun, args: ["timerid"] },
  110: {
    name: "timer_settime",
    call: timerSettime,
    args: ["timerid", "flags", "new_value", "old_value"],
  },
  111: { name: "timer_delete", call: timerDelete, args: ["timerid"] },
};
