/**
 * Waiting for several files at once: ppoll and pselect6.
 *
 * Source: `fs/select.c`; poll(2), select(2).
 */

import { EBADF, EINVAL, SystemError } from "../abi/errno.ts";
import {
  POLLERR,
  POLLFD_BYTES,
  POLLHUP,
  POLLNVAL,
  SELECT_EXCEPT,
  SELECT_READ,
  SELECT_WRITE,
} from "../abi/poll.ts";
import { SIGSET_BYTES } from "../abi/signal.ts";
import type { PolledFile, Wait } from "../wait.ts";
import {
  addTime,
  int,
  pointer,
  readTimespec,
  register,
  unsignedInt,
  writeTimespec,
} from "./arguments.ts";
import { descriptorLimit } from "./file_arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** Descriptors in a word of select(2)'s sets. */
const WORD_BITS = 64;

/** One line of poll(2)'s array. */
export interface Poll {
  readonly fd: number;
  /** POLL* bits that are wanted. */
  readonly events: number;
}

function ppoll(call: Call): number | Wait {
  const { user } = call.task.mm;
  const timeout_ns = timeoutAt(call, 2);
  const mask = maskAt(call, register(call, 3), register(call, 4));
  const count = unsignedInt(call, 1);
  if (count > descriptorLimit(call)) throw new SystemError(EINVAL);
  const address = pointer(call, 0);
  const bytes = user.read(address, count * POLLFD_BYTES);
  const view = new DataView(bytes.buffer);
  const polls: Poll[] = Array.from({ length: count }, (_, i) => ({
    fd: view.getInt32(i * POLLFD_BYTES, true),
    events: view.getUint16(i * POLLFD_BYTES + 4, true),
  }));
  enterMask(call, mask);
  const ready = polls.map((poll) => readyEvents(call, poll));
  const found = ready.filter((events) => events !== 0).length;
  const wait = found > 0 ? null : waitFor(call, polls, timeout_ns);
  if (wait !== null) return wait;
  ready.forEach((events, i) => view.setUint16(i * POLLFD_BYTES + 6, events, true));
  user.write(address, bytes);
  tellTimeLeft(call, 2);
  return found;
}

/** What of a line holds now. A negative descriptor stands for nothing, a closed one for POLLNVAL. */
function readyEvents(call: Call, { fd, events }: Poll): number {
  const { files } = call.task;
  if (fd < 0) return 0;
  if (!files.has(fd) || files.getAny(fd).namesOnly) return POLLNVAL;
  return files.get(fd).object.poll(call.task) & (events | POLLERR | POLLHUP);
}

function pselect6(call: Call): number | Wait {
  const { files, mm: { user } } = call.task;
  const timeout_ns = timeoutAt(call, 4);
  const mask = pselectMask(call);
  const limit = int(call, 0);
  if (limit < 0) throw new SystemError(EINVAL);
  // Nothing can be in the sets above the highest descriptor.
  const count = Math.min(limit, Math.ceil((files.highest + 1) / WORD_BITS) * WORD_BITS);
  const sets = [SELECT_READ, SELECT_WRITE, SELECT_EXCEPT].map((events, i) => ({
    events,
    address: pointer(call, i + 1),
    bits: readSet(call, pointer(call, i + 1), count),
  }));
  const polls: Poll[] = [];
  for (let fd = 0; fd < count; fd++) {
    const wanted = sets.filter(({ bits }) => hasBit(bits, fd));
    if (wanted.length === 0) continue;
    if (!files.has(fd) || files.getAny(fd).namesOnly) throw new SystemError(EBADF);
    polls.push({ fd, events: wanted.reduce((events, set) => events | set.events, 0) });
  }
  enterMask(call, mask);
  const results = sets.map(({ bits }) => new Uint8Array(bits.length));
  let found = 0;
  for (const { fd } of polls) {
    const holds = files.get(fd).object.poll(call.task);
    for (const [i, { bits, events }] of sets.entries()) {
      if (!hasBit(bits, fd) || (holds & events) === 0) continue;
      setBit(results[i], fd);
      found++;
    }
  }
  const wait = found > 0 ? null : waitFor(call, polls, timeout_ns);
  if (wait !== null) return wait;
  for (const [i, { address }] of sets.entries()) {
    const result = results[i];
    if (address !== 0 && result !== undefined) user.write(address, result);
  }
  tellTimeLeft(call, 4);
  return found;
}

/** The sixth argument of pselect6: a pointer to a pair of pointer and size, or none. */
function pselectMask(call: Call): bigint | null {
  const { user } = call.task.mm;
  const address = register(call, 5);
  if (address === 0n) return null;
  const pair = new DataView(user.read(address, 16).buffer);
  return maskAt(call, pair.getBigUint64(0, true), pair.getBigUint64(8, true));
}

/** A set of descriptors below `count`, as many whole words as they take; empty for no set. */
function readSet(call: Call, address: number, count: number): Uint8Array {
  if (address === 0) return new Uint8Array(0);
  const bytes = call.task.mm.user.read(address, Math.ceil(count / WORD_BITS) * (WORD_BITS / 8));
  // Bits of the last word above `count` are not asked for, and come back as zero.
  const rest = count % 8;
  const whole = Math.floor(count / 8);
  bytes.fill(0, whole + (rest > 0 ? 1 : 0));
  if (rest > 0) bytes[whole] = (bytes[whole] ?? 0) & ((1 << rest) - 1);
  return bytes;
}

function hasBit(bits: Uint8Array, fd: number): boolean {
  return ((bits[fd >>> 3] ?? 0) & (1 << (fd & 7))) !== 0;
}

function setBit(bits: Uint8Array | undefined, fd: number): void {
  if (bits !== undefined) bits[fd >>> 3] = (bits[fd >>> 3] ?? 0) | (1 << (fd & 7));
}

/** The time-out at a pointer in argument `index`, in ns; `null` for none at all. */
export function timeoutAt(call: Call, index: number): bigint | null {
  const address = register(call, index);
  return address === 0n ? null : readTimespec(call.task.mm.user, address);
}

/** The mask at `address`, or `null` where there is none. Throws EINVAL for one of another size, EFAULT. */
export function maskAt(call: Call, address: bigint, bytes: bigint): bigint | null {
  if (address === 0n) return null;
  if (bytes !== BigInt(SIGSET_BYTES)) throw new SystemError(EINVAL);
  return call.task.mm.user.readU64(address);
}

/** Blocks the call's signals while it lasts; the dispatcher restores the mask. */
export function enterMask(call: Call, mask: bigint | null): void {
  if (mask !== null && call.task.wait === null) call.task.signals.blockForCall(mask);
}

/** What a call without anything ready waits for, alone of its like or not; `null` when its time is up. */
export function waitFor(
  call: Call,
  polls: readonly Poll[],
  timeout_ns: bigint | null,
  isExclusive = false,
): Wait | null {
  const { kernel: { clock }, task: { wait } } = call;
  const deadline_ns = wait?.kind === "poll"
    ? wait.deadline_ns
    : timeout_ns === null
    ? null
    : addTime(clock.monotonic_ns, timeout_ns);
  if (deadline_ns !== null && clock.monotonic_ns >= deadline_ns) return null;
  const files: PolledFile[] = polls.filter(({ fd }) => fd >= 0);
  return { kind: "poll", files, isExclusive, deadline_ns };
}

/**
 * Writes the time that is left over the time-out of a call that has waited, as Linux does; a zero
 * time-out is left alone, and a place that cannot be written does not matter.
 */
function tellTimeLeft(call: Call, index: number): void {
  const { kernel: { clock }, task: { mm, wait } } = call;
  const address = register(call, index);
  if (address === 0n || wait?.kind !== "poll" || wait.deadline_ns === null) return;
  const left_ns = wait.deadline_ns - clock.monotonic_ns;
  try {
    writeTimespec(mm.user, address, left_ns > 0n ? left_ns : 0n);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}

/** Waiting for several files, by number. */
export const pollCalls: SystemCallGroup = {
  72: {
    name: "pselect6",
    call: pselect6,
    args: ["nfds", "readfds", "writefds", "exceptfds", "timeout", "sigmask"],
    onSignal: "fail",
    interrupted: (call) => tellTimeLeft(call, 4),
  },
  73: {
    name: "ppoll",
    call: ppoll,
    args: ["fds", "nfds", "tmo_p", "sigmask", "sigsetsize"],
    onSignal: "fail",
    interrupted: (call) => tellTimeLeft(call, 2),
  },
};
