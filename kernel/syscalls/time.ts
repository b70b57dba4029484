/**
 * System calls on the virtual clock.
 *
 * Source: `kernel/time/{posix-timers,hrtimer,time}.c`; clock_gettime(2), clock_nanosleep(2).
 */

import { EINVAL, EOPNOTSUPP, EPERM, SystemError } from "../abi/errno.ts";
import {
  CLOCK_BOOTTIME,
  CLOCK_BOOTTIME_ALARM,
  CLOCK_MONOTONIC,
  CLOCK_MONOTONIC_COARSE,
  CLOCK_MONOTONIC_RAW,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_REALTIME,
  CLOCK_REALTIME_ALARM,
  CLOCK_REALTIME_COARSE,
  CLOCK_TAI,
  CLOCK_THREAD_CPUTIME_ID,
  KTIME_MAX,
  NSEC_PER_SEC,
  NSEC_PER_USEC,
  TIMER_ABSTIME,
  USER_HZ,
} from "../abi/time.ts";
import { BOOT_REALTIME_NS } from "../clock.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import type { Wait } from "../wait.ts";
import { int, readTimespec, register, writeTimespec } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** The clocks that tell the time of day; the others that are not CPU time count from boot. */
const REALTIME_CLOCKS = new Set([
  CLOCK_REALTIME,
  CLOCK_REALTIME_COARSE,
  CLOCK_REALTIME_ALARM,
  CLOCK_TAI,
]);
const MONOTONIC_CLOCKS = new Set([
  CLOCK_MONOTONIC,
  CLOCK_MONOTONIC_RAW,
  CLOCK_MONOTONIC_COARSE,
  CLOCK_BOOTTIME,
  CLOCK_BOOTTIME_ALARM,
]);
const CPU_CLOCKS = new Set([CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID]);
/** The clocks that clock_nanosleep(2) can sleep on. */
const SLEEP_CLOCKS = new Set([CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI]);

/** CPU time of all threads of a task's process, in virtual ns. */
export function processTime_ns({ group }: Task): bigint {
  return BigInt(group.instructions);
}

/** What a clock shows, in ns. Throws SystemError(EINVAL) for a clock that does not exist. */
function clockTime_ns(kernel: Kernel, task: Task, clock: number): bigint {
  if (REALTIME_CLOCKS.has(clock)) return kernel.clock.realtime_ns;
  if (MONOTONIC_CLOCKS.has(clock)) return kernel.clock.monotonic_ns;
  if (clock === CLOCK_THREAD_CPUTIME_ID) return BigInt(task.instructions);
  if (clock === CLOCK_PROCESS_CPUTIME_ID) return processTime_ns(task);
  throw new SystemError(EINVAL);
}

function clockGettime(call: Call): number {
  const time_ns = clockTime_ns(call.kernel, call.task, int(call, 0));
  writeTimespec(call.task.mm.user, register(call, 1), time_ns);
  return 0;
}

function clockGetres(call: Call): number {
  // Asks whether the clock exists.
  clockTime_ns(call.kernel, call.task, int(call, 0));
  const address = register(call, 1);
  if (address !== 0n) writeTimespec(call.task.mm.user, address, 1n);
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
  return sleepUntil(kernel, kernel.clock.monotonic_ns + time_ns);
}

function clockNanosleep(call: Call): number | Wait {
  const { kernel, task } = call;
  if (task.wait?.kind === "sleep") return continueSleep(kernel, task.wait);
  const clock = int(call, 0);
  if (clock === CLOCK_THREAD_CPUTIME_ID) throw new SystemError(EINVAL);
  if (!SLEEP_CLOCKS.has(clock)) {
    const exists = CPU_CLOCKS.has(clock) || MONOTONIC_CLOCKS.has(clock) ||
      REALTIME_CLOCKS.has(clock);
    throw new SystemError(exists ? EOPNOTSUPP : EINVAL);
  }
  const time_ns = readTimespec(task.mm.user, register(call, 2));
  if (!isAbsolute(call)) return sleepUntil(kernel, kernel.clock.monotonic_ns + time_ns);
  return sleepUntil(kernel, REALTIME_CLOCKS.has(clock) ? time_ns - BOOT_REALTIME_NS : time_ns);
}

function isAbsolute(call: Call): boolean {
  return (int(call, 1) & TIMER_ABSTIME) !== 0;
}

function sleepUntil(kernel: Kernel, deadline_ns: bigint): number | Wait {
  const latest = deadline_ns > KTIME_MAX ? KTIME_MAX : deadline_ns;
  return continueSleep(kernel, { kind: "sleep", deadline_ns: latest });
}

function continueSleep(kernel: Kernel, wait: Extract<Wait, { kind: "sleep" }>): number | Wait {
  return kernel.clock.monotonic_ns >= wait.deadline_ns ? 0 : wait;
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
};
