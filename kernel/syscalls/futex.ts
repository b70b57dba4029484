/**
 * futex(2).
 *
 * Source: `kernel/futex/syscalls.c`.
 */

import { EAGAIN, EINVAL, ENOSYS, ETIMEDOUT, SystemError } from "../abi/errno.ts";
import {
  FUTEX_BITSET_MATCH_ANY,
  FUTEX_CLOCK_REALTIME,
  FUTEX_CMP_REQUEUE,
  FUTEX_CMP_REQUEUE_PI,
  FUTEX_LOCK_PI,
  FUTEX_LOCK_PI2,
  FUTEX_OP_ADD,
  FUTEX_OP_ANDN,
  FUTEX_OP_CMP_EQ,
  FUTEX_OP_CMP_GE,
  FUTEX_OP_CMP_GT,
  FUTEX_OP_CMP_LE,
  FUTEX_OP_CMP_LT,
  FUTEX_OP_CMP_NE,
  FUTEX_OP_OPARG_SHIFT,
  FUTEX_OP_OR,
  FUTEX_OP_SET,
  FUTEX_OP_XOR,
  FUTEX_PRIVATE_FLAG,
  FUTEX_REQUEUE,
  FUTEX_TRYLOCK_PI,
  FUTEX_UNLOCK_PI,
  FUTEX_WAIT,
  FUTEX_WAIT_BITSET,
  FUTEX_WAIT_REQUEUE_PI,
  FUTEX_WAKE,
  FUTEX_WAKE_BITSET,
  FUTEX_WAKE_OP,
} from "../abi/futex.ts";
import { BOOT_REALTIME_NS } from "../clock.ts";
import { type FutexPlace, isSameFutex, requeueFutex, requireFutex, wakeFutex } from "../futex.ts";
import { requeueToLock, takeLock, tryLock, unlock } from "../futex_lock.ts";
import { deadlineOf, type FutexWait, type Wait } from "../wait.ts";
import { int, pointer, readTimespec, register, unsignedInt } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** The operations whose time may be of CLOCK_REALTIME. */
const ON_EITHER_CLOCK = new Set([FUTEX_WAIT_BITSET, FUTEX_LOCK_PI2, FUTEX_WAIT_REQUEUE_PI]);

/** The clock that a time is of. */
export type FutexClock = "monotonic" | "realtime";

function futex(call: Call): number | Wait {
  const operation = operationOf(call);
  const isRealtime = (int(call, 1) & FUTEX_CLOCK_REALTIME) !== 0;
  if (isRealtime && !ON_EITHER_CLOCK.has(operation)) return -ENOSYS;
  const clock = isRealtime ? "realtime" : "monotonic";
  switch (operation) {
    case FUTEX_WAIT:
      return wait(call, FUTEX_BITSET_MATCH_ANY, relativeDeadline);
    case FUTEX_WAIT_BITSET:
      return wait(call, unsignedInt(call, 5), (call) => absoluteDeadline(call, clock));
    case FUTEX_WAKE:
      return wake(call, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAKE_BITSET:
      return wake(call, unsignedInt(call, 5));
    case FUTEX_REQUEUE:
      return requeue(call, null);
    case FUTEX_CMP_REQUEUE:
      return requeue(call, unsignedInt(call, 5));
    case FUTEX_WAKE_OP:
      return wakeWithOperation(call);
    case FUTEX_LOCK_PI:
      return lock(call, "realtime");
    case FUTEX_LOCK_PI2:
      return lock(call, clock);
    case FUTEX_TRYLOCK_PI:
      return tryLock(call.kernel, call.task, placeAt(call, 0));
    case FUTEX_WAIT_REQUEUE_PI:
      return waitToBeRequeued(call, clock);
    case FUTEX_CMP_REQUEUE_PI:
      return requeueWaiters(call);
    case FUTEX_UNLOCK_PI:
      unlock(call.kernel, call.task, placeAt(call, 0));
      return 0;
    default:
      return -ENOSYS;
  }
}

function operationOf(call: Call): number {
  return int(call, 1) & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
}

/** The word at argument `index`. */
function placeAt(call: Call, index: number): FutexPlace {
  return {
    address: pointer(call, index),
    isPrivate: (int(call, 1) & FUTEX_PRIVATE_FLAG) !== 0,
  };
}

function wait(
  call: Call,
  bitset: number,
  readDeadline: (call: Call) => bigint | null,
): number | Wait {
  const { task } = call;
  if (task.wait?.kind === "futex") return goOn(call, task.wait);
  const deadline_ns = readDeadline(call);
  if (bitset === 0) throw new SystemError(EINVAL);
  const place = placeAt(call, 0);
  requireFutex(task.mm, place);
  const value = task.mm.user.readU32(place.address);
  if (value !== unsignedInt(call, 2)) throw new SystemError(EAGAIN);
  return enterQueue(call, { ...place, isLock: false, mutex: 0, bitset, deadline_ns });
}

/** Enters the queue at a word. */
export function enterQueue(
  { kernel, task }: Call,
  wait: Omit<FutexWait, "kind" | "ticket" | "woken">,
): FutexWait {
  const ticket = kernel.futexes.takeTicket();
  const entered: FutexWait = { kind: "futex", ...wait, ticket, woken: false };
  kernel.futexes.enter(task, entered);
  return entered;
}

/** What becomes of a call that has waited. */
export function goOn({ kernel }: Call, wait: FutexWait): number | Wait {
  if (wait.woken) return 0;
  const { deadline_ns } = wait;
  const isOver = deadline_ns !== null && kernel.clock.monotonic_ns >= deadline_ns;
  return isOver ? -ETIMEDOUT : wait;
}

function relativeDeadline(call: Call): bigint | null {
  const address = register(call, 3);
  if (address === 0n) return null;
  return call.kernel.clock.monotonic_ns + readTimespec(call.task.mm.user, address);
}

function absoluteDeadline(call: Call, clock: FutexClock): bigint | null {
  const address = register(call, 3);
  return address === 0n ? null : deadlineAt(call, address, clock);
}

/** The time at an address as one of the monotonic clock. Throws EFAULT, EINVAL. */
export function deadlineAt(call: Call, address: bigint, clock: FutexClock): bigint {
  const time_ns = readTimespec(call.task.mm.user, address);
  const deadline_ns = clock === "realtime" ? time_ns - BOOT_REALTIME_NS : time_ns;
  // A time before boot is over already.
  return deadline_ns < 0n ? 0n : deadline_ns;
}

function wake(call: Call, bitset: number): number {
  const { kernel, task } = call;
  if (bitset === 0) throw new SystemError(EINVAL);
  const place = placeAt(call, 0);
  requireFutex(task.mm, place);
  return wakeFutex(kernel, task.mm, { ...place, count: int(call, 2), bitset });
}

function requeue(call: Call, expected: number | null): number {
  const { kernel, task } = call;
  const [wake, requeue] = [int(call, 2), int(call, 3)];
  if (wake < 0 || requeue < 0) throw new SystemError(EINVAL);
  const [place, to] = [placeAt(call, 0), placeAt(call, 4)];
  requireFutex(task.mm, place);
  requireFutex(task.mm, to);
  if (expected !== null && task.mm.user.readU32(place.address) !== expected) {
    throw new SystemError(EAGAIN);
  }
  return requeueFutex(kernel, task.mm, { ...place, wake, requeue, to });
}

function wakeWithOperation(call: Call): number {
  const { kernel, task: { mm } } = call;
  const [first, second] = [placeAt(call, 0), placeAt(call, 4)];
  requireFutex(mm, first);
  requireFutex(mm, second);
  const encoded = unsignedInt(call, 5);
  const old = mm.user.readS32(second.address);
  mm.user.writeU32(second.address, operate(encoded, old));
  const holds = compares(encoded, old);
  const woken = wakeFutex(kernel, mm, { ...first, count: int(call, 2) });
  return holds ? woken + wakeFutex(kernel, mm, { ...second, count: int(call, 3) }) : woken;
}

/** A field of 12 bits, signed. */
function signed12(encoded: number, shift: number): number {
  return ((encoded >>> shift) << 20) >> 20;
}

function operate(encoded: number, old: number): number {
  const operation = encoded >>> 28;
  const isShift = (operation & FUTEX_OP_OPARG_SHIFT) !== 0;
  const operand = isShift ? 1 << (signed12(encoded, 12) & 31) : signed12(encoded, 12);
  switch (operation & ~FUTEX_OP_OPARG_SHIFT) {
    case FUTEX_OP_SET:
      return operand;
    case FUTEX_OP_ADD:
      return old + operand;
    case FUTEX_OP_OR:
      return old | operand;
    case FUTEX_OP_ANDN:
      return old & ~operand;
    case FUTEX_OP_XOR:
      return old ^ operand;
    default:
      throw new SystemError(ENOSYS);
  }
}

function compares(encoded: number, old: number): boolean {
  const comparand = signed12(encoded, 0);
  switch ((encoded >>> 24) & 0xf) {
    case FUTEX_OP_CMP_EQ:
      return old === comparand;
    case FUTEX_OP_CMP_NE:
      return old !== comparand;
    case FUTEX_OP_CMP_LT:
      return old < comparand;
    case FUTEX_OP_CMP_LE:
      return old <= comparand;
    case FUTEX_OP_CMP_GT:
      return old > comparand;
    case FUTEX_OP_CMP_GE:
      return old >= comparand;
    default:
      throw new SystemError(ENOSYS);
  }
}

function lock(call: Call, clock: FutexClock): number | Wait {
  const { kernel, task } = call;
  if (task.wait?.kind === "futex") return goOn(call, task.wait);
  const deadline_ns = absoluteDeadline(call, clock);
  const place = placeAt(call, 0);
  if (takeLock(kernel, task, place)) return 0;
  const bitset = FUTEX_BITSET_MATCH_ANY;
  return enterQueue(call, { ...place, isLock: true, mutex: 0, bitset, deadline_ns });
}

/** FUTEX_WAIT_REQUEUE_PI: argument 4 is the lock to which the task will be sent. */
function waitToBeRequeued(call: Call, clock: FutexClock): number | Wait {
  const { task } = call;
  if (task.wait?.kind === "futex") return goOn(call, task.wait);
  const deadline_ns = absoluteDeadline(call, clock);
  const [place, lock] = [placeAt(call, 0), placeAt(call, 4)];
  if (place.address === lock.address) throw new SystemError(EINVAL);
  requireFutex(task.mm, lock);
  requireFutex(task.mm, place);
  const value = task.mm.user.readU32(place.address);
  if (value !== unsignedInt(call, 2)) throw new SystemError(EAGAIN);
  if (isSameFutex(task.mm, place, task.mm, lock)) throw new SystemError(EINVAL);
  const [bitset, mutex] = [FUTEX_BITSET_MATCH_ANY, lock.address];
  return enterQueue(call, { ...place, isLock: false, mutex, bitset, deadline_ns });
}

/** FUTEX_CMP_REQUEUE_PI. */
function requeueWaiters(call: Call): number {
  const { kernel, task } = call;
  const [wake, requeue] = [int(call, 2), int(call, 3)];
  const [place, to] = [placeAt(call, 0), placeAt(call, 4)];
  if (wake !== 1 || requeue < 0 || place.address === to.address) throw new SystemError(EINVAL);
  requireFutex(task.mm, place);
  requireFutex(task.mm, to);
  if (isSameFutex(task.mm, place, task.mm, to)) throw new SystemError(EINVAL);
  if (task.mm.user.readU32(place.address) !== unsignedInt(call, 5)) throw new SystemError(EAGAIN);
  return requeueToLock(kernel, task, { ...place, requeue, to });
}

/** Whether a task waits for a lock to which it was sent: the call is not made again from there. */
function wasRequeued(wait: Wait): boolean {
  return wait.kind === "futex" && wait.isLock && wait.mutex !== 0;
}

/** futex(2), by number. */
export const futexCalls: SystemCallGroup = {
  98: {
    name: "futex",
    call: futex,
    args: ["uaddr", "op", "val", "timeout", "uaddr2", "val3"],
    onSignal: (wait) => {
      if (wasRequeued(wait)) return "fail";
      if (wait.kind === "futex" && (wait.isLock || wait.mutex !== 0)) return "always";
      return deadlineOf(wait) === null ? "restart" : "fail";
    },
    interrupted: (_call, wait) => {
      if (wasRequeued(wait)) throw new SystemError(EAGAIN);
    },
  },
};
