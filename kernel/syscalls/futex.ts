/**
 * futex(2).
 *
 * Source: `kernel/futex/syscalls.c`.
 */

import { EAGAIN, EINVAL, ENOSYS, ETIMEDOUT, SystemError } from "../abi/errno.ts";
import {
  FUTEX_BITSET_MATCH_ANY,
  FUTEX_CLOCK_REALTIME,
  FUTEX_PRIVATE_FLAG,
  FUTEX_WAIT,
  FUTEX_WAIT_BITSET,
  FUTEX_WAKE,
  FUTEX_WAKE_BITSET,
} from "../abi/process.ts";
import { BOOT_REALTIME_NS } from "../clock.ts";
import { wakeFutex } from "../futex.ts";
import { deadlineOf, type Wait } from "../wait.ts";
import { int, pointer, readTimespec, register, unsignedInt } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

const WORD_BYTES = 4;

function futex(call: Call): number | Wait {
  const operation = int(call, 1) & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
  switch (operation) {
    case FUTEX_WAIT:
      return wait(call, FUTEX_BITSET_MATCH_ANY, false);
    case FUTEX_WAIT_BITSET:
      return wait(call, unsignedInt(call, 5), true);
    case FUTEX_WAKE:
      return wake(call, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAKE_BITSET:
      return wake(call, unsignedInt(call, 5));
    default:
      return -ENOSYS;
  }
}

function wait(call: Call, bitset: number, isAbsolute: boolean): number | Wait {
  const { kernel, task } = call;
  if (task.wait?.kind === "futex") {
    if (task.wait.woken) return 0;
    const { deadline_ns } = task.wait;
    const isOver = deadline_ns !== null && kernel.clock.monotonic_ns >= deadline_ns;
    return isOver ? -ETIMEDOUT : task.wait;
  }
  const deadline_ns = readDeadline(call, isAbsolute);
  const address = requireWord(call, bitset);
  if (task.mm.user.readU32(address) !== unsignedInt(call, 2)) throw new SystemError(EAGAIN);
  return { kind: "futex", address, bitset, deadline_ns, woken: false };
}

function readDeadline(call: Call, isAbsolute: boolean): bigint | null {
  const { kernel, task } = call;
  const address = register(call, 3);
  if (address === 0n) return null;
  const time_ns = readTimespec(task.mm.user, address);
  if (!isAbsolute) return kernel.clock.monotonic_ns + time_ns;
  const isRealtime = (int(call, 1) & FUTEX_CLOCK_REALTIME) !== 0;
  const deadline_ns = isRealtime ? time_ns - BOOT_REALTIME_NS : time_ns;
  // A time before boot is over already.
  return deadline_ns < 0n ? 0n : deadline_ns;
}

function wake(call: Call, bitset: number): number {
  const address = requireWord(call, bitset);
  // As on Linux, at least one is woken.
  const count = Math.max(int(call, 2), 1);
  return wakeFutex(call.kernel, call.task.mm, { address, count, bitset });
}

/** The address of the word, which must be aligned. Throws SystemError(EINVAL). */
function requireWord(call: Call, bitset: number): number {
  const address = pointer(call, 0);
  if (address % WORD_BYTES !== 0 || bitset === 0) throw new SystemError(EINVAL);
  return address;
}

/** futex(2), by number. */
export const futexCalls: SystemCallGroup = {
  98: {
    name: "futex",
    call: futex,
    args: ["uaddr", "op", "val", "timeout", "uaddr2", "val3"],
    onSignal: (wait) => deadlineOf(wait) === null ? "restart" : "fail",
  },
};
