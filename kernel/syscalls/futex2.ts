/**
 * The calls that do what futex(2) does, one each, with flags for each word: futex_waitv, futex_wake,
 * futex_wait, futex_requeue.
 *
 * Source: `kernel/futex/syscalls.c`, `kernel/futex/waitwake.c` (`futex_wait_multiple`);
 * `Documentation/userspace-api/futex2.rst`.
 */

import { EAGAIN, EINVAL, ETIMEDOUT, SystemError } from "../abi/errno.ts";
import {
  FUTEX2_PRIVATE,
  FUTEX2_SIZE_MASK,
  FUTEX2_SIZE_U32,
  FUTEX_WAITV_BYTES,
  FUTEX_WAITV_MAX,
} from "../abi/futex.ts";
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from "../abi/time.ts";
import { type FutexPlace, requeueFutex, requireFutex, wakeFutex } from "../futex.ts";
import type { FutexesWait, FutexWord, Wait } from "../wait.ts";
import { int, pointer, register, unsignedInt } from "./arguments.ts";
import { deadlineAt, enterQueue, goOn } from "./futex.ts";
import type { Call, SystemCallGroup } from "./group.ts";

const WORD_MAX = 0xffffffffn;

/** A word with what it is expected to be: `struct futex_waitv`. */
interface ExpectedWord extends FutexPlace {
  readonly value: number;
}

/** Whether a word's flags make it private. Throws EINVAL for any that are not there, and other sizes. */
function isPrivateBy(flags: number): boolean {
  const isKnown = (flags & ~(FUTEX2_SIZE_MASK | FUTEX2_PRIVATE)) === 0;
  const isWord = (flags & FUTEX2_SIZE_MASK) === FUTEX2_SIZE_U32;
  if (!isKnown || !isWord) throw new SystemError(EINVAL);
  return (flags & FUTEX2_PRIVATE) !== 0;
}

/** The words that a list describes. Throws EFAULT, EINVAL. futex_parse_waitv(). */
function wordsAt({ task: { mm } }: Call, address: bigint, count: number): ExpectedWord[] {
  return Array.from({ length: count }, (_, i) => {
    const bytes = mm.user.read(address + BigInt(i * FUTEX_WAITV_BYTES), FUTEX_WAITV_BYTES);
    const view = new DataView(bytes.buffer);
    const value = view.getBigUint64(0, true);
    const isPrivate = isPrivateBy(view.getUint32(16, true));
    if (value > WORD_MAX || view.getUint32(20, true) !== 0) throw new SystemError(EINVAL);
    const place = view.getBigUint64(8, true);
    // What is beyond all memory stays so, and as aligned as it was.
    const at = place < 2n ** 52n ? Number(place) : 2 ** 52 + Number(place & 7n);
    return { address: at, isPrivate, value: Number(value) };
  });
}

/** When a wait ends, by the clock at argument `index` + 1; `null` for never. Throws EINVAL, EFAULT. */
function timeout(call: Call, index: number): bigint | null {
  const address = register(call, index);
  if (address === 0n) return null;
  const clock = int(call, index + 1);
  if (clock !== CLOCK_REALTIME && clock !== CLOCK_MONOTONIC) throw new SystemError(EINVAL);
  return deadlineAt(call, address, clock === CLOCK_REALTIME ? "realtime" : "monotonic");
}

function futexWaitv(call: Call): number | Wait {
  const { kernel, task } = call;
  if (task.wait?.kind === "futexes") return answerOf(call, task.wait);
  const [address, count] = [register(call, 0), unsignedInt(call, 1)];
  const isSane = unsignedInt(call, 2) === 0 && count > 0 && count <= FUTEX_WAITV_MAX &&
    address !== 0n;
  if (!isSane) throw new SystemError(EINVAL);
  const deadline_ns = timeout(call, 3);
  const expected = wordsAt(call, address, count);
  for (const word of expected) requireFutex(task.mm, word);
  for (const { address, value } of expected) {
    if (task.mm.user.readU32(address) !== value) throw new SystemError(EAGAIN);
  }
  const words = expected.map(({ address, isPrivate }): FutexWord => {
    return { address, isPrivate, ticket: kernel.futexes.takeTicket() };
  });
  for (const word of words) kernel.futexes.enter(task, word);
  return { kind: "futexes", words, deadline_ns, woken: false, index: 0 };
}

function answerOf({ kernel: { clock } }: Call, wait: FutexesWait): number | Wait {
  if (wait.woken) return wait.index;
  const { deadline_ns } = wait;
  const isOver = deadline_ns !== null && clock.monotonic_ns >= deadline_ns;
  return isOver ? -ETIMEDOUT : wait;
}

function futexWait(call: Call): number | Wait {
  const { task } = call;
  if (task.wait?.kind === "futex") return goOn(call, task.wait);
  const [value, mask] = [register(call, 1), register(call, 2)];
  const isPrivate = isPrivateBy(unsignedInt(call, 3));
  if (value > WORD_MAX || mask > WORD_MAX) throw new SystemError(EINVAL);
  const deadline_ns = timeout(call, 4);
  if (mask === 0n) throw new SystemError(EINVAL);
  const place = { address: pointer(call, 0), isPrivate };
  requireFutex(task.mm, place);
  if (BigInt(task.mm.user.readU32(place.address)) !== value) throw new SystemError(EAGAIN);
  return enterQueue(call, { ...place, isLock: false, mutex: 0, bitset: Number(mask), deadline_ns });
}

function futexWake(call: Call): number {
  const { kernel, task } = call;
  const mask = register(call, 1);
  const place = { address: pointer(call, 0), isPrivate: isPrivateBy(unsignedInt(call, 3)) };
  if (mask === 0n || mask > WORD_MAX) throw new SystemError(EINVAL);
  requireFutex(task.mm, place);
  const count = int(call, 2);
  return count === 0 ? 0 : wakeFutex(kernel, task.mm, { ...place, count, bitset: Number(mask) });
}

function futexRequeue(call: Call): number {
  const { kernel, task } = call;
  const address = register(call, 0);
  if (unsignedInt(call, 1) !== 0 || address === 0n) throw new SystemError(EINVAL);
  const [from, to] = wordsAt(call, address, 2);
  const [wake, requeue] = [int(call, 2), int(call, 3)];
  if (from === undefined || to === undefined || wake < 0 || requeue < 0) {
    throw new SystemError(EINVAL);
  }
  requireFutex(task.mm, from);
  requireFutex(task.mm, to);
  if (task.mm.user.readU32(from.address) !== from.value) throw new SystemError(EAGAIN);
  return requeueFutex(kernel, task.mm, { ...from, wake, requeue, to });
}

/** The calls on futexes that are one operation each, by number. */
export const futex2Calls: SystemCallGroup = {
  449: {
    name: "futex_waitv",
    call: futexWaitv,
    args: ["waiters", "nr_futexes", "flags", "timeout", "clockid"],
  },
  454: { name: "futex_wake", call: futexWake, args: ["uaddr", "mask", "nr", "flags"] },
  455: {
    name: "futex_wait",
    call: futexWait,
    args: ["uaddr", "val", "mask", "flags", "timeout", "clockid"],
  },
  456: {
    name: "futex_requeue",
    call: futexRequeue,
    args: ["waiters", "flags", "nr_wake", "nr_requeue"],
  },
};
