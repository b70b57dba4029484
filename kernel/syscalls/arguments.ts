/**
 * System call arguments as the C types of their prototypes: each arrives as an unsigned 64-bit register.
 */

import { EINVAL, SystemError } from "../abi/errno.ts";
import { KTIME_MAX, NSEC_PER_SEC, TIMESPEC_BYTES } from "../abi/time.ts";
import type { UserMemory } from "../mm/user_memory.ts";
import { A0, type Call } from "./group.ts";

/** Beyond every address and length that exists, yet exact in its low bits. */
const HUGE = 2 ** 52;

/** The register of argument `index`, 0 … 5. */
export function register({ task }: Call, index: number): bigint {
  return task.registers.x(A0 + index);
}

/** An `int`: the low 32 bits, signed. */
export function int({ task }: Call, index: number): number {
  return task.registers.low(A0 + index) | 0;
}

/** An `unsigned int`: the low 32 bits. */
export function unsignedInt({ task }: Call, index: number): number {
  return task.registers.low(A0 + index);
}

/** A `long`: all 64 bits, signed. */
export function long(call: Call, index: number): bigint {
  return BigInt.asIntN(64, register(call, index));
}

/**
 * An `unsigned long` or `size_t` as a number. Below 2^52 it is exact; anything above becomes 2^52 plus
 * its offset within a page, which is beyond every bound and keeps its alignment.
 */
export function size({ task }: Call, index: number): number {
  const low = task.registers.low(A0 + index);
  const value = task.registers.high(A0 + index) * 2 ** 32 + low;
  return value < HUGE ? value : HUGE + (low & 0xfff);
}

/** A user pointer as a number; see {@link size} for those that are out of range. */
export const pointer: (call: Call, index: number) => number = size;

/**
 * The `struct timespec` at `address` in ns, for a time-out or a deadline: at most KTIME_MAX. Throws
 * SystemError: EFAULT, or EINVAL for a negative time or nanoseconds of a second or more.
 */
export function readTimespec(user: UserMemory, address: number | bigint): bigint {
  const bytes = user.read(address, 16);
  const view = new DataView(bytes.buffer);
  const seconds = view.getBigInt64(0, true);
  const nanoseconds = view.getBigInt64(8, true);
  if (seconds < 0n || nanoseconds < 0n || nanoseconds >= NSEC_PER_SEC) {
    throw new SystemError(EINVAL);
  }
  const total = seconds * NSEC_PER_SEC + nanoseconds;
  return total > KTIME_MAX ? KTIME_MAX : total;
}

/** Writes ns, 0 or more, as a `struct timespec`. Throws SystemError(EFAULT). */
export function writeTimespec(user: UserMemory, address: number | bigint, time_ns: bigint): void {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, time_ns / NSEC_PER_SEC, true);
  view.setBigInt64(8, time_ns % NSEC_PER_SEC, true);
  user.write(address, bytes);
}

/** When a timer is to expire: a `struct itimerspec`, in ns. */
export interface TimerSpec {
  /** From one expiry to the next, 0 for a single one. */
  readonly interval_ns: bigint;
  /** The first expiry, relative or absolute; 0 for none. */
  readonly value_ns: bigint;
}

/** The `struct itimerspec` at `address`. Throws as {@link readTimespec}. */
export function readTimerSpec(user: UserMemory, address: number | bigint): TimerSpec {
  const at = BigInt(address);
  // Both parts are there, or neither is looked at.
  user.read(at, 2 * TIMESPEC_BYTES);
  return {
    interval_ns: readTimespec(user, at),
    value_ns: readTimespec(user, at + BigInt(TIMESPEC_BYTES)),
  };
}

/** Writes a `struct itimerspec`. Throws SystemError(EFAULT). */
export function writeTimerSpec(
  user: UserMemory,
  address: number | bigint,
  { interval_ns, value_ns }: TimerSpec,
): void {
  const words = [interval_ns, value_ns].flatMap((time) => [
    time / NSEC_PER_SEC,
    time % NSEC_PER_SEC,
  ]);
  user.write(address, new Uint8Array(BigInt64Array.from(words).buffer));
}

/** Two times, of which the sum is at most KTIME_MAX. */
export function addTime(a_ns: bigint, b_ns: bigint): bigint {
  const sum = a_ns + b_ns;
  return sum < KTIME_MAX ? sum : KTIME_MAX;
}
