/**
 * System calls on the virtual clock.
 *
 * Source: `kernel/time/{posix-timers,hrtimer,time}.c`; clock_gettime(2), clock_nanosleep(2).
 */

import { CAP_WAKE_ALARM } from "../abi/capability.ts";
import { EINVAL, EOPNOTSUPP, EPERM, SystemError } from "../abi/errno.ts";
import {
  CLOCK_REALTIME,
  NSEC_PER_SEC,
  NSEC_PER_USEC,
  STA_UNSYNC,
  TIME_ERROR,
  TIMER_ABSTIME,
  TIMEX_BYTES,
  USER_HZ,
} from "../abi/time.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import type { Wait } from "../wait.ts";
import { addTime, int, readTimespec, register, writeTimespec } from "./arguments.ts";
import {
  canWake,
  clockResolution_ns,
  clockTime_ns,
  cpuClock,
  isAlarm,
  sinceBoot,
} from "./clocks.ts";
import type { Call, SystemCallGroup } from "./group.ts";

// adjtimex(2) of a clock as it comes: `kernel/time/ntp.c`.
/** The greatest error that can be told of: NTP_PHASE_LIMIT. */
const MAXERROR_US = 16_000_000n;
const TIME_CONSTANT = 2n;
const TOLERANCE_PPM = 500n;

/** CPU time of all threads of a task's process, in virtual ns. */
export function processTime_ns({ group }: Task): bigint {
  return BigInt(group.instructions);
}

function clockGettime(call: Call): number {
  const time_ns = clockTime_ns(call.kernel, call.task, int(call, 0));
  writeTimespec(call.task.mm.user, register(call, 1), time_ns);
  return 0;
}

function clockGetres(call: Call): number {
  const resolution_ns = clockResolution_ns(call.kernel, call.task, int(call, 0));
  const address = register(call, 1);
  if (address !== 0n) writeTimespec(call.task.mm.user, address, resolution_ns);
  return 0;
}

/** Time is the machine's own: nobody sets it. */
function clockSettime(call: Call): number {
  const clock = int(call, 0);
  clockTime_ns(call.kernel, call.task, clock);
  if (clock !== CLOCK_REALTIME) throw new SystemError(EINVAL);
  readTimespec(call.task.mm.user, register(call, 1));
  throw new SystemError(EPERM);
}

function gettimeofday(call: Call): number {
  const { kernel, task } = call;
  const [timeval, timezone] = [register(call, 0), register(call, 1)];
  if (timeval !== 0n) {
    const now_ns = kernel.clock.realtime_ns;
    const bytes = new BigInt64Array([
      now_ns / NSEC_PER_SEC,
      (now_ns % NSEC_PER_SEC) / NSEC_PER_USEC,
    ]);
    task.mm.user.write(timeval, new Uint8Array(bytes.buffer));
  }
  if (timezone !== 0n) task.mm.user.write(timezone, new Uint8Array(8));
  return 0;
}

function times(call: Call): bigint {
  const { kernel, task } = call;
  const address = register(call, 0);
  const tick_ns = NSEC_PER_SEC / USER_HZ;
  if (address !== 0n) {
    const children_ns = BigInt(task.group.childrenInstructions);
    const ticks = [processTime_ns(task) / tick_ns, 0n, children_ns / tick_ns, 0n];
    const words = new BigInt64Array(ticks);
    task.mm.user.write(address, new Uint8Array(words.buffer));
  }
  return kernel.clock.monotonic_ns / tick_ns;
}

function nanosleep(call: Call): number | Wait {
  const { kernel, task } = call;
  if (task.wait?.kind === "sleep") return continueSleep(kernel, task.wait);
  const time_ns = readTimespec(task.mm.user, register(call, 0));
  return sleepFor(kernel, time_ns);
}

function clockNanosleep(call: Call): number | Wait {
  const { kernel, task } = call;
  if (task.wait?.kind === "sleep") return continueSleep(kernel, task.wait);
  const clock = int(call, 0);
  const isCpu = cpuClock(kernel, task, clock) !== null;
  // Sleeping until a process has used so much CPU time is not there.
  if (isCpu || !canWake(clock)) throw new SystemError(EOPNOTSUPP);
  const time_ns = readTimespec(task.mm.user, register(call, 2));
  if (isAlarm(clock) && !task.credentials.has(CAP_WAKE_ALARM)) throw new SystemError(EPERM);
  if (!isAbsolute(call)) return sleepFor(kernel, time_ns);
  return continueSleep(kernel, {
    kind: "sleep",
    deadline_ns: sinceBoot(task, clock, time_ns),
    isAbsolute: true,
  });
}

function isAbsolute(call: Call): boolean {
  return (int(call, 1) & TIMER_ABSTIME) !== 0;
}

function sleepFor(kernel: Kernel, time_ns: bigint): number | Wait {
  const deadline_ns = addTime(kernel.clock.monotonic_ns, time_ns);
  return continueSleep(kernel, { kind: "sleep", deadline_ns, isAbsolute: false });
}

function continueSleep(kernel: Kernel, wait: Extract<Wait, { kind: "sleep" }>): number | Wait {
  return kernel.clock.monotonic_ns >= wait.deadline_ns ? 0 : wait;
}

function settimeofday(call: Call): number {
  const { user } = call.task.mm;
  const [time, zone] = [register(call, 0), register(call, 1)];
  if (time !== 0n) {
    const microseconds = new DataView(user.read(time, 16).buffer).getBigInt64(8, true);
    if (microseconds < 0n || microseconds > 1_000_000n) throw new SystemError(EINVAL);
  }
  if (zone !== 0n) user.read(zone, 8);
  throw new SystemError(EPERM);
}

function adjtimex(call: Call): number {
  return adjustTime(call, register(call, 0));
}

function clockAdjtime(call: Call): number {
  const clock = int(call, 0);
  cpuClock(call.kernel, call.task, clock);
  if (clock !== CLOCK_REALTIME) throw new SystemError(EOPNOTSUPP);
  return adjustTime(call, register(call, 1));
}

/** Shows a clock that nobody corrects, and lets nobody do so. */
function adjustTime({ kernel, task }: Call, address: bigint): number {
  const { user } = task.mm;
  const modes = new DataView(user.read(address, TIMEX_BYTES).buffer).getUint32(0, true);
  if (modes !== 0) throw new SystemError(EPERM);
  const bytes = new Uint8Array(TIMEX_BYTES);
  const view = new DataView(bytes.buffer);
  const set = (at: number, value: bigint) => view.setBigInt64(at, value, true);
  const { realtime_ns } = kernel.clock;
  set(24, MAXERROR_US);
  set(32, MAXERROR_US);
  view.setInt32(40, STA_UNSYNC, true);
  set(48, TIME_CONSTANT);
  set(56, 1n);
  set(64, TOLERANCE_PPM << 16n);
  set(72, realtime_ns / NSEC_PER_SEC);
  set(80, (realtime_ns % NSEC_PER_SEC) / NSEC_PER_USEC);
  set(88, NSEC_PER_SEC / USER_HZ / NSEC_PER_USEC);
  user.write(address, bytes);
  return TIME_ERROR;
}

/** Tells how much was left of a relative sleep that a handler interrupts. */
function tellRemaining(call: Call, wait: Wait, address: bigint): void {
  if (wait.kind !== "sleep" || address === 0n) return;
  const left_ns = wait.deadline_ns - call.kernel.clock.monotonic_ns;
  writeTimespec(call.task.mm.user, address, left_ns > 0n ? left_ns : 0n);
}

/** System calls on the virtual clock, by number. */
export const timeCalls: SystemCallGroup = {
  101: {
    name: "nanosleep",
    call: nanosleep,
    args: ["duration", "rem"],
    onSignal: "fail",
    interrupted: (call, wait) => tellRemaining(call, wait, register(call, 1)),
  },
  112: { name: "clock_settime", call: clockSettime, args: ["clockid", "tp"] },
  113: { name: "clock_gettime", call: clockGettime, args: ["clockid", "tp"] },
  114: { name: "clock_getres", call: clockGetres, args: ["clockid", "res"] },
  115: {
    name: "clock_nanosleep",
    call: clockNanosleep,
    args: ["clockid", "flags", "t", "remain"],
    onSignal: "fail",
    interrupted: (call, wait) => {
      if (!isAbsolute(call)) tellRemaining(call, wait, register(call, 3));
    },
  },
  153: { name: "times", call: times, args: ["buf"] },
  169: { name: "gettimeofday", call: gettimeofday, args: ["tv", "tz"] },
  170: { name: "settimeofday", call: settimeofday, args: ["tv", "tz"] },
  171: { name: "adjtimex", call: adjtimex, args: ["buf"] },
  266: { name: "clock_adjtime", call: clockAdjtime, args: ["clk_id", "buf"] },
};
