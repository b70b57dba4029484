/**
 * Signals from files: who gets which, and which files send any.
 *
 * Source: `fs/fcntl.c`, `fs/ioctl.c` (`ioctl_fioasync`), `net/socket.c` (`sock_ioctl`); fcntl(2)
 * ("Managing signals").
 */

import { EINVAL, ENOTTY, SystemError } from "../abi/errno.ts";
import {
  F_GETOWN,
  F_GETOWN_EX,
  F_GETOWNER_UIDS,
  F_GETSIG,
  F_OWNER_PGRP,
  F_OWNER_PID,
  F_OWNER_TID,
  F_SETOWN,
  F_SETOWN_EX,
  F_SETSIG,
  O_ASYNC,
} from "../abi/fcntl.ts";
import { NSIG } from "../abi/signal.ts";
import type { OwnerKind } from "../fs/file_owner.ts";
import type { OpenFile } from "../fs/open_file.ts";
import { Terminal } from "../fs/terminal/terminal.ts";
import { numberSeenBy, pidMeantBy } from "../pid_namespace.ts";
import { ownerExists, setOwner } from "../sigio.ts";
import { idSeenBy } from "../user_namespace.ts";
import { int, register } from "./arguments.ts";
import type { Call } from "./group.ts";

const KINDS: Readonly<Record<number, OwnerKind>> = {
  [F_OWNER_TID]: "thread",
  [F_OWNER_PID]: "process",
  [F_OWNER_PGRP]: "group",
};
const INT_MIN = -(2 ** 31);

/** Carries out a command of fcntl(2) about the owner of a file; `null` for another command. */
export function ownerCommand(call: Call, file: OpenFile, command: number): number | null {
  switch (command) {
    case F_SETOWN:
      setSignedOwner(call, file, int(call, 2));
      return 0;
    case F_GETOWN:
      return signedOwner(call, file);
    case F_SETOWN_EX:
      return setOwnerAt(call, file);
    case F_GETOWN_EX:
      return tellOwner(call, file);
    case F_GETOWNER_UIDS:
      return tellOwnerIds(call, file);
    case F_SETSIG:
      if (register(call, 2) > BigInt(NSIG)) throw new SystemError(EINVAL);
      file.ownerSignal = int(call, 2);
      return 0;
    case F_GETSIG:
      return file.ownerSignal;
    default:
      return null;
  }
}

/** Makes a process the owner, or with a negative number a group. Throws ESRCH, EINVAL. f_setown(). */
export function setSignedOwner({ kernel, task }: Call, file: OpenFile, who: number): void {
  if (who === INT_MIN) throw new SystemError(EINVAL);
  const kind = who < 0 ? "group" : "process";
  setOwner(kernel, file, task, { kind, pid: meant(task, Math.abs(who)) });
}

/** The pid that a caller means; -1, which nobody has, where it means none. */
function meant(task: Call["task"], number: number): number {
  return number === 0 ? 0 : pidMeantBy(task, number) || -1;
}

/** The process that is the owner, or minus the group; 0 for nobody that is there. f_getown(). */
export function signedOwner({ kernel, task }: Call, { owner }: OpenFile): number {
  if (owner === null || owner.pid === 0 || !ownerExists(kernel, owner)) return 0;
  const number = numberSeenBy(task, owner.pid);
  return owner.kind === "group" ? -number : number;
}

function setOwnerAt(call: Call, file: OpenFile): number {
  const { kernel, task } = call;
  const view = new DataView(task.mm.user.read(register(call, 2), 8).buffer);
  const kind = KINDS[view.getInt32(0, true)];
  if (kind === undefined) throw new SystemError(EINVAL);
  setOwner(kernel, file, task, { kind, pid: meant(task, view.getInt32(4, true)) });
  return 0;
}

function tellOwner(call: Call, { owner }: OpenFile): number {
  const { kernel, task } = call;
  const isThere = owner !== null && owner.pid !== 0 && ownerExists(kernel, owner);
  const type = owner?.kind === "group"
    ? F_OWNER_PGRP
    : owner?.kind === "process"
    ? F_OWNER_PID
    : F_OWNER_TID;
  const told = Int32Array.of(type, isThere ? numberSeenBy(task, owner.pid) : 0);
  task.mm.user.write(register(call, 2), new Uint8Array(told.buffer));
  return 0;
}

function tellOwnerIds(call: Call, { owner }: OpenFile): number {
  const { credentials, mm } = call.task;
  const ids = [owner?.uid ?? 0, owner?.euid ?? 0].map((id) => idSeenBy(credentials, "uid", id));
  mm.user.write(register(call, 2), new Uint8Array(Uint32Array.from(ids).buffer));
  return 0;
}

/**
 * Turns O_ASYNC on or off where it means anything: what open(2) was given it for has the flag without
 * the effect, and keeps it.
 */
export function setAsync(call: Call, file: OpenFile, isOn: boolean): void {
  const { kernel, task } = call;
  const wasOn = (file.flags & O_ASYNC) !== 0;
  if (isOn === wasOn || file.object.asyncEvents === null) return;
  if (!isOn) {
    if (kernel.asyncFiles.find(file) === null) return;
    kernel.asyncFiles.remove(file);
    file.flags &= ~O_ASYNC;
    return;
  }
  kernel.asyncFiles.add(file, int(call, 0));
  file.flags |= O_ASYNC;
  const { object } = file;
  if (!(object instanceof Terminal) || (file.owner?.pid ?? 0) !== 0) return;
  // __tty_fasync(): the job in the foreground, or who asks.
  const pid = object.foregroundGroup;
  const owner = pid === 0
    ? { kind: "process", pid: task.tgid } as const
    : { kind: "group", pid } as const;
  setOwner(kernel, file, task, owner);
}

/** FIOASYNC. Throws ENOTTY where that means nothing. */
export function setAsyncByIoctl(call: Call, file: OpenFile, isOn: boolean): void {
  const wasOn = (file.flags & O_ASYNC) !== 0;
  if (isOn === wasOn) return;
  if (file.object.asyncEvents === null) throw new SystemError(ENOTTY);
  setAsync(call, file, isOn);
}
