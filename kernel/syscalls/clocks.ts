/**
 * Clock ids, which system calls on time and timers share: what a clock shows, and whose CPU time it means.
 *
 * ```
 * a negative id   ~pid << 3 | how       how 2: CPU time of process pid (0 and 1 are older names of it)
 *                                       how 6: CPU time of thread pid (4 and 5 likewise); pid 0: one's own
 * ```
 *
 * Source: `kernel/time/posix-timers.c` (`clockid_to_kclock`), `kernel/time/posix-cpu-timers.c`,
 * `include/linux/posix-timers.h`; clock_getres(2), clock_getcpuclockid(3).
 */

import { taskMeantBy } from "../pid_namespace.ts";
import { EINVAL, SystemError } from "../abi/errno.ts";
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
  TICK_NS,
} from "../abi/time.ts";
import { BOOT_REALTIME_NS } from "../clock.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";

const CPUCLOCK_MAX = 2;
const CPUCLOCK_KIND = 3;
const CPUCLOCK_PERTHREAD = 4;

/** The clocks that tell the time of day. */
const REALTIME_CLOCKS: ReadonlySet<number> = new Set([
  CLOCK_REALTIME,
  CLOCK_REALTIME_COARSE,
  CLOCK_REALTIME_ALARM,
  CLOCK_TAI,
]);
/** The clocks that count from boot. */
const MONOTONIC_CLOCKS: ReadonlySet<number> = new Set([
  CLOCK_MONOTONIC,
  CLOCK_MONOTONIC_RAW,
  CLOCK_MONOTONIC_COARSE,
  CLOCK_BOOTTIME,
  CLOCK_BOOTTIME_ALARM,
]);
/** The clocks that go from tick to tick. */
const COARSE_CLOCKS: ReadonlySet<number> = new Set([CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE]);
/** The clocks that can wake somebody. */
const WAKING_CLOCKS: ReadonlySet<number> = new Set([
  CLOCK_REALTIME,
  CLOCK_MONOTONIC,
  CLOCK_BOOTTIME,
  CLOCK_TAI,
  CLOCK_REALTIME_ALARM,
  CLOCK_BOOTTIME_ALARM,
]);

/** Whose CPU time a clock shows. */
export type CpuClock =
  | { readonly kind: "process"; readonly task: Task }
  | { readonly kind: "thread"; readonly task: Task };

/** Whose CPU time the clock shows; `null` for a clock that goes by all time. Throws EINVAL for no clock. */
export function cpuClock(kernel: Kernel, task: Task, clock: number): CpuClock | null {
  if (clock === CLOCK_PROCESS_CPUTIME_ID) return { kind: "process", task };
  if (clock === CLOCK_THREAD_CPUTIME_ID) return { kind: "thread", task };
  if (clock >= 0) {
    if (REALTIME_CLOCKS.has(clock) || MONOTONIC_CLOCKS.has(clock)) return null;
    throw new SystemError(EINVAL);
  }
  if ((clock & CPUCLOCK_KIND) > CPUCLOCK_MAX) throw new SystemError(EINVAL);
  const pid = ~(clock >> 3);
  const isThread = (clock & CPUCLOCK_PERTHREAD) !== 0;
  const target = pid === 0 ? task : taskMeantBy(kernel, task, pid);
  // Only the threads of one's own process are known by their own clocks.
  const isKnown = isThread
    ? target?.group === task.group
    : target?.pid === target?.tgid || pid === 0;
  if (target === undefined || !isKnown) throw new SystemError(EINVAL);
  return { kind: isThread ? "thread" : "process", task: target };
}

/** What a clock shows, in ns. Throws SystemError(EINVAL) for a clock that does not exist. */
export function clockTime_ns(kernel: Kernel, task: Task, clock: number): bigint {
  const cpu = cpuClock(kernel, task, clock);
  if (cpu !== null) {
    const { task: target } = cpu;
    return BigInt(cpu.kind === "thread" ? target.instructions : target.group.instructions);
  }
  const { monotonic_ns, realtime_ns } = kernel.clock;
  const time_ns = isRealtime(clock) ? realtime_ns : monotonic_ns + aheadBy(task, clock);
  return COARSE_CLOCKS.has(clock) ? time_ns - time_ns % TICK_NS : time_ns;
}

/** From one time that a clock can show to the next, in ns. Throws SystemError(EINVAL). */
export function clockResolution_ns(kernel: Kernel, task: Task, clock: number): bigint {
  cpuClock(kernel, task, clock);
  return COARSE_CLOCKS.has(clock) ? TICK_NS : 1n;
}

/** Whether a clock tells the time of day. */
export function isRealtime(clock: number): boolean {
  return REALTIME_CLOCKS.has(clock);
}

/** Whether one can sleep by the clock, or set a timer on it: not a coarse or a raw one, nor CPU time. */
export function canWake(clock: number): boolean {
  return WAKING_CLOCKS.has(clock);
}

/** Whether a clock would wake a machine that sleeps: CAP_WAKE_ALARM. */
export function isAlarm(clock: number): boolean {
  return clock === CLOCK_REALTIME_ALARM || clock === CLOCK_BOOTTIME_ALARM;
}

/** By how much a clock that counts from boot is ahead where the task is. */
export function aheadBy({ namespaces }: Task, clock: number): bigint {
  if (namespaces === null) return 0n;
  const { monotonic_ns, boottime_ns } = namespaces.time;
  return clock === CLOCK_BOOTTIME || clock === CLOCK_BOOTTIME_ALARM ? boottime_ns : monotonic_ns;
}

/**
 * An absolute time of a clock that can wake, as the task sees it, as the machine's monotonic one; what lay
 * before the boot has passed.
 */
export function sinceBoot(task: Task, clock: number, time_ns: bigint): bigint {
  const start_ns = isRealtime(clock) ? BOOT_REALTIME_NS : aheadBy(task, clock);
  return time_ns > start_ns ? time_ns - start_ns : 0n;
}
