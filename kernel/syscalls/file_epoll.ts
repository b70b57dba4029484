/**
 * System calls on epoll sets.
 *
 * Source: `fs/eventpoll.c`; epoll_create(2), epoll_ctl(2), epoll_wait(2).
 */

import { EFAULT, EINVAL, EPERM, SystemError } from "../abi/errno.ts";
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLL_EVENT_BYTES,
  EPOLL_EVENTS_KNOWN,
} from "../abi/event.ts";
import { O_CLOEXEC, O_RDWR } from "../abi/fcntl.ts";
import { POLLERR, POLLHUP, POLLIN } from "../abi/poll.ts";
import { NSEC_PER_MSEC } from "../abi/time.ts";
import { type EpollInterest, EpollSet } from "../fs/epoll.ts";
import { OpenFile } from "../fs/open_file.ts";
import { TASK_SIZE } from "../mm/layout.ts";
import type { Wait } from "../wait.ts";
import { int, pointer, register } from "./arguments.ts";
import { file, install, requireDescriptor, requireFlags } from "./file_arguments.ts";
import { enterMask, maskAt, timeoutAt, waitFor } from "./file_poll.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** EP_MAX_EVENTS: more would not fit in memory anyway. */
const EVENTS_MAX = Math.floor((2 ** 31 - 1) / EPOLL_EVENT_BYTES);

function epollCreate1(call: Call): number {
  const flags = int(call, 0);
  requireFlags(flags, O_CLOEXEC);
  requireDescriptor(call);
  const opened = new OpenFile({ object: new EpollSet(), place: null, flags: O_RDWR });
  return install(call, opened, (flags & O_CLOEXEC) !== 0);
}

function epollCtl(call: Call): number {
  const operation = int(call, 1);
  const interest = operation === EPOLL_CTL_DEL ? null : interestAt(call, 3);
  const [owner, target] = [file(call, 0), file(call, 2)];
  if (!target.object.pollable) throw new SystemError(EPERM);
  const set = owner.object;
  if (owner === target || !(set instanceof EpollSet)) throw new SystemError(EINVAL);
  const { kernel: { scheduler }, task } = call;
  const fd = int(call, 2);
  switch (operation) {
    case EPOLL_CTL_ADD:
      set.add(
        { file: target, fd, ticket: scheduler.takeTicket(), ...interest ?? NO_INTEREST },
        task,
      );
      return 0;
    case EPOLL_CTL_MOD:
      set.modify(target, fd, interest ?? NO_INTEREST, task);
      return 0;
    case EPOLL_CTL_DEL:
      set.remove(target, fd);
      return 0;
    default:
      throw new SystemError(EINVAL);
  }
}

const NO_INTEREST: EpollInterest = { events: 0, data: 0n };

/** The `struct epoll_event` at a pointer; errors and the end are always of interest. */
function interestAt(call: Call, index: number): EpollInterest {
  const bytes = call.task.mm.user.read(register(call, index), EPOLL_EVENT_BYTES);
  const view = new DataView(bytes.buffer);
  return {
    events: ((view.getUint32(0, true) & EPOLL_EVENTS_KNOWN) | POLLERR | POLLHUP) >>> 0,
    data: view.getBigUint64(8, true),
  };
}

function epollPwait(call: Call): number | Wait {
  const milliseconds = int(call, 3);
  const timeout_ns = milliseconds < 0 ? null : BigInt(milliseconds) * NSEC_PER_MSEC;
  return waitForEvents(call, timeout_ns);
}

function epollPwait2(call: Call): number | Wait {
  return waitForEvents(call, timeoutAt(call, 3));
}

function waitForEvents(call: Call, timeout_ns: bigint | null): number | Wait {
  const { task } = call;
  const mask = maskAt(call, register(call, 4), register(call, 5));
  const [address, count] = [pointer(call, 1), int(call, 2)];
  enterMask(call, mask);
  if (count <= 0 || count > EVENTS_MAX) throw new SystemError(EINVAL);
  if (address + count * EPOLL_EVENT_BYTES > TASK_SIZE) throw new SystemError(EFAULT);
  const set = file(call, 0).object;
  if (!(set instanceof EpollSet)) throw new SystemError(EINVAL);
  const wait = (set.poll(task) & POLLIN) === 0
    ? waitFor(call, [{ fd: int(call, 0), events: POLLIN }], timeout_ns, true)
    : null;
  if (wait !== null) return wait;
  const { user } = task.mm;
  // Nothing is taken that would not arrive.
  const room = Math.floor(user.writableBytes(address, roomFor(set, count)) / EPOLL_EVENT_BYTES);
  if (room === 0 && (set.poll(task) & POLLIN) !== 0) throw new SystemError(EFAULT);
  const events = set.harvest(Math.min(count, room), task);
  const bytes = new Uint8Array(events.length * EPOLL_EVENT_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [i, { events: bits, data }] of events.entries()) {
    view.setUint32(i * EPOLL_EVENT_BYTES, bits, true);
    view.setBigUint64(i * EPOLL_EVENT_BYTES + 8, data, true);
  }
  user.write(address, bytes);
  return events.length;
}

/** Bytes that the set can fill at most, whatever the caller has room for. */
function roomFor(set: EpollSet, count: number): number {
  return Math.min(count, set.size) * EPOLL_EVENT_BYTES;
}

const WAIT_ARGUMENTS = ["epfd", "events", "maxevents", "timeout", "sigmask", "sigsetsize"] as const;

/** System calls on epoll sets, by number. */
export const epollCalls: SystemCallGroup = {
  20: { name: "epoll_create1", call: epollCreate1, args: ["flags"] },
  21: { name: "epoll_ctl", call: epollCtl, args: ["epfd", "op", "fd", "event"] },
  22: { name: "epoll_pwait", call: epollPwait, args: WAIT_ARGUMENTS, onSignal: "fail" },
  441: { name: "epoll_pwait2", call: epollPwait2, args: WAIT_ARGUMENTS, onSignal: "fail" },
};
