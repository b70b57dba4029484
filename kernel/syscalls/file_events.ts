/**
 * System calls that make descriptors of events: eventfd, timerfd, signalfd.
 *
 * Source: `fs/{eventfd,timerfd,signalfd}.c`; eventfd(2), timerfd_create(2), signalfd(2).
 */

import { CAP_WAKE_ALARM } from "../abi/capability.ts";
import { EINVAL, EPERM, SystemError } from "../abi/errno.ts";
import {
  EFD_FLAGS,
  EFD_SEMAPHORE,
  SIGNALFD_SIGINFO_BYTES,
  TFD_TIMER_ABSTIME,
  TFD_TIMER_CANCEL_ON_SET,
} from "../abi/event.ts";
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from "../abi/fcntl.ts";
import { SIGSET_BYTES, UNBLOCKABLE } from "../abi/signal.ts";
import { CLOCK_TAI } from "../abi/time.ts";
import { EventFile } from "../fs/event_file.ts";
import type { FileObject } from "../fs/file_object.ts";
import { OpenFile } from "../fs/open_file.ts";
import { SignalFile } from "../fs/signal_file.ts";
import { TimerFile } from "../fs/timer_file.ts";
import { dequeueSignal } from "../signals/dequeue.ts";
import { encodeSignalFileInfo } from "../signals/signal_file_info.ts";
import {
  addTime,
  int,
  readTimerSpec,
  register,
  type TimerSpec,
  unsignedInt,
  writeTimerSpec,
} from "./arguments.ts";
import { canWake, isAlarm, sinceBoot } from "./clocks.ts";
import { file, install, requireDescriptor, requireFlags } from "./file_arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** Gives an object without a name a descriptor; of `flags`, O_NONBLOCK and O_CLOEXEC count. */
function installObject(call: Call, object: FileObject, flags: number): number {
  requireDescriptor(call);
  const opened = new OpenFile({ object, place: null, flags: O_RDWR | (flags & O_NONBLOCK) });
  return install(call, opened, (flags & O_CLOEXEC) !== 0);
}

function eventfd2(call: Call): number {
  const flags = int(call, 1);
  requireFlags(flags, EFD_FLAGS);
  const count = BigInt(unsignedInt(call, 0));
  return installObject(call, new EventFile(count, (flags & EFD_SEMAPHORE) !== 0), flags);
}

function timerfdCreate(call: Call): number {
  const [clockId, flags] = [int(call, 0), int(call, 1)];
  requireFlags(flags, O_CLOEXEC | O_NONBLOCK);
  if (!canWake(clockId) || clockId === CLOCK_TAI) throw new SystemError(EINVAL);
  if (isAlarm(clockId) && !call.task.credentials.has(CAP_WAKE_ALARM)) throw new SystemError(EPERM);
  return installObject(call, new TimerFile(call.kernel.clock, clockId), flags);
}

/** The timer behind the descriptor at argument 0. Throws EBADF, EINVAL. */
function timer(call: Call): TimerFile {
  const { object } = file(call, 0);
  if (!(object instanceof TimerFile)) throw new SystemError(EINVAL);
  return object;
}

function timerfdSettime(call: Call): number {
  const { kernel: { clock }, task } = call;
  const { user } = task.mm;
  const flags = int(call, 1);
  const { interval_ns, value_ns } = readTimerSpec(user, register(call, 2));
  // Nobody sets these clocks, so that TFD_TIMER_CANCEL_ON_SET never comes to anything.
  requireFlags(flags, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
  const target = timer(call);
  const old = remainingOf(target);
  target.setting = {
    deadline_ns: value_ns === 0n
      ? null
      : (flags & TFD_TIMER_ABSTIME) === 0
      ? addTime(clock.monotonic_ns, value_ns)
      : sinceBoot(task, target.clockId, value_ns),
    interval_ns,
  };
  const oldAddress = register(call, 3);
  if (oldAddress !== 0n) writeTimerSpec(user, oldAddress, old);
  return 0;
}

function remainingOf(target: TimerFile): TimerSpec {
  return { value_ns: target.left_ns, interval_ns: target.setting.interval_ns };
}

function timerfdGettime(call: Call): number {
  writeTimerSpec(call.task.mm.user, register(call, 1), remainingOf(timer(call)));
  return 0;
}

function signalfd4(call: Call): number {
  const flags = int(call, 3);
  requireFlags(flags, O_CLOEXEC | O_NONBLOCK);
  if (register(call, 2) !== BigInt(SIGSET_BYTES)) throw new SystemError(EINVAL);
  const accepts = call.task.mm.user.readU64(register(call, 1)) & ~UNBLOCKABLE;
  if (int(call, 0) === -1) return installObject(call, new SignalFile(accepts), flags);
  const { object } = file(call, 0);
  if (!(object instanceof SignalFile)) throw new SystemError(EINVAL);
  object.accepts = accepts;
  return int(call, 0);
}

/**
 * Takes the reader's own pending signals, as many as there are and as `length` bytes have room for; empty
 * when there is none. Throws EINVAL when not even one would fit.
 */
export function takeSignals(call: Call, { accepts }: SignalFile, length: number): Uint8Array {
  const count = Math.floor(length / SIGNALFD_SIGINFO_BYTES);
  if (count === 0) throw new SystemError(EINVAL);
  const records: Uint8Array[] = [];
  while (records.length < count) {
    const info = dequeueSignal(call.kernel, call.task, ~accepts);
    if (info === null) break;
    records.push(encodeSignalFileInfo(info));
  }
  const bytes = new Uint8Array(records.length * SIGNALFD_SIGINFO_BYTES);
  for (const [i, record] of records.entries()) bytes.set(record, i * SIGNALFD_SIGINFO_BYTES);
  return bytes;
}

/** System calls that make descriptors of events, by number. */
export const eventCalls: SystemCallGroup = {
  19: { name: "eventfd2", call: eventfd2, args: ["initval", "flags"] },
  74: { name: "signalfd4", call: signalfd4, args: ["fd", "mask", "sizemask", "flags"] },
  85: { name: "timerfd_create", call: timerfdCreate, args: ["clockid", "flags"] },
  86: {
    name: "timerfd_settime",
    call: timerfdSettime,
    args: ["fd", "flags", "new_value", "old_value"],
  },
  87: { name: "timerfd_gettime", call: timerfdGettime, args: ["fd", "curr_value"] },
};
