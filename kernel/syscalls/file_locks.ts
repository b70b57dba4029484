/**
 * System calls on locks: flock, and those commands of fcntl that are about record locks.
 *
 * ```
 * struct flock (32)   0 l_type s16   2 l_whence s16   8 l_start s64   16 l_len s64   24 l_pid s32
 * ```
 *
 * Source: `fs/locks.c`; fcntl(2), flock(2).
 */

import { numberSeenBy } from "../pid_namespace.ts";
import { EAGAIN, EBADF, EDEADLK, EINVAL, ENOLCK, EOVERFLOW, SystemError } from "../abi/errno.ts";
import {
  F_GETLK,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_OFD_SETLKW,
  F_RDLCK,
  F_SETLKW,
  F_UNLCK,
  F_WRLCK,
  FLOCK_BYTES,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
} from "../abi/fcntl.ts";
import {
  FileLocks,
  type KindRange,
  LOCK_END_MAX,
  type LockKind,
  type LockMode,
  type LockRange,
  type LockRequest,
  LOCKS_MAX,
} from "../fs/file_locks.ts";
import type { Inode } from "../fs/inode.ts";
import type { OpenFile } from "../fs/open_file.ts";
import type { Kernel } from "../kernel.ts";
import { blockingLock } from "../lock_wait.ts";
import type { Wait } from "../wait.ts";
import { int, register } from "./arguments.ts";
import { file } from "./file_arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

const WHOLE: LockRange = { start: 0n, end: LOCK_END_MAX };

/** What can be locked: what lies in a file system. Throws ENOLCK for pipes and their like. */
function lockable(opened: OpenFile): Inode {
  const { inode } = opened;
  if (inode === null) throw new SystemError(ENOLCK);
  return inode;
}

/** fcntl(2) with F_*LK. */
export function recordLock(call: Call, opened: OpenFile, command: number): number | Wait {
  const { user } = call.task.mm;
  const address = register(call, 2);
  const bytes = user.read(address, FLOCK_BYTES);
  const view = new DataView(bytes.buffer);
  const isOfd = command === F_OFD_GETLK || command === F_OFD_SETLK || command === F_OFD_SETLKW;
  if (isOfd && view.getInt32(24, true) !== 0) throw new SystemError(EINVAL);
  const kind: LockKind = isOfd ? "ofd" : "posix";
  const owner = isOfd ? opened : call.task.files;
  const type = view.getInt16(0, true);
  const range = rangeOf(opened, view);
  const inode = lockable(opened);
  if (command === F_GETLK || command === F_OFD_GETLK) {
    if (type !== F_RDLCK && type !== F_WRLCK) throw new SystemError(EINVAL);
    const found = inode.locks?.conflict({ kind, mode: modeOf(type), ...range }, owner) ?? null;
    view.setInt16(0, found === null ? F_UNLCK : found.mode === "read" ? F_RDLCK : F_WRLCK, true);
    if (found !== null) {
      view.setInt16(2, SEEK_SET, true);
      view.setBigInt64(8, found.start, true);
      view.setBigInt64(16, found.end === LOCK_END_MAX ? 0n : found.end - found.start + 1n, true);
      view.setInt32(24, found.kind === "ofd" ? -1 : pidOf(call, found.owner), true);
    }
    user.write(address, bytes);
    return 0;
  }
  if (type === F_UNLCK) {
    if (inode.locks !== null) giveBack(inode.locks, { kind, ...range }, owner);
    return 0;
  }
  if (type !== F_RDLCK && type !== F_WRLCK) throw new SystemError(EINVAL);
  const mode = modeOf(type);
  if (mode === "read" ? !opened.readable : !opened.writable) throw new SystemError(EBADF);
  const waits = command === F_SETLKW || command === F_OFD_SETLKW;
  return take(call, inode, { kind, mode, ...range }, owner, waits);
}

function modeOf(type: number): LockMode {
  return type === F_RDLCK ? "read" : "write";
}

/** The bytes that `struct flock` means. Throws EINVAL, EOVERFLOW. Source: `flock64_to_posix_lock`. */
function rangeOf(opened: OpenFile, view: DataView): LockRange {
  const base = baseOf(opened, view.getInt16(2, true));
  const [from, length] = [view.getBigInt64(8, true), view.getBigInt64(16, true)];
  const start = base + from;
  if (start > LOCK_END_MAX) throw new SystemError(EOVERFLOW);
  if (start < 0n) throw new SystemError(EINVAL);
  if (length === 0n) return { start, end: LOCK_END_MAX };
  if (length > 0n) {
    const end = start + length - 1n;
    if (end > LOCK_END_MAX) throw new SystemError(EOVERFLOW);
    return { start, end };
  }
  if (start + length < 0n) throw new SystemError(EINVAL);
  return { start: start + length, end: start - 1n };
}

function baseOf(opened: OpenFile, whence: number): bigint {
  switch (whence) {
    case SEEK_SET:
      return 0n;
    case SEEK_CUR:
      return BigInt(opened.offset);
    case SEEK_END:
      return BigInt(opened.attributes().size);
    default:
      throw new SystemError(EINVAL);
  }
}

/** The process that a file table is of; 0 when it is of none any more. */
function pidOf({ kernel, task }: Call, owner: object): number {
  const process = kernel.tasks.all.find(({ files }) => files === owner);
  return process === undefined ? 0 : numberSeenBy(task, process.tgid);
}

function take(
  call: Call,
  inode: Inode,
  request: LockRequest,
  owner: object,
  waits: boolean,
): number | Wait {
  inode.locks ??= new FileLocks();
  const blocker = inode.locks.conflict(request, owner);
  if (blocker === null) {
    requireRoom(inode.locks, request, owner);
    inode.locks.lock(request, owner);
    return 0;
  }
  if (!waits) throw new SystemError(EAGAIN);
  if (request.kind === "posix" && leadsBack(call.kernel, blocker.owner, owner)) {
    throw new SystemError(EDEADLK);
  }
  return { kind: "lock", fd: int(call, 0), lock: request };
}

/** Throws ENOLCK when a file would have too many locks; Linux has only memory to bound them. */
function requireRoom(locks: FileLocks, range: KindRange, owner: object): void {
  if (locks.all.length + locks.piecesOf(range, owner) > LOCKS_MAX) throw new SystemError(ENOLCK);
}

/** Gives a range back, which makes two locks of one that goes on at both sides. Throws ENOLCK. */
function giveBack(locks: FileLocks, range: KindRange, owner: object): void {
  const isCut = locks.piecesOf(range, owner) > 1;
  if (isCut && locks.all.length >= LOCKS_MAX) throw new SystemError(ENOLCK);
  locks.unlock(range, range.kind, owner);
}

/** Whether whoever owns a lock waits, through others perhaps, for one of `owner`: it would wait for ever. */
function leadsBack({ tasks }: Kernel, blocker: object, owner: object): boolean {
  const seen = new Set<object>();
  let at: readonly object[] = [blocker];
  while (at.length > 0) {
    if (at.includes(owner)) return true;
    for (const one of at) seen.add(one);
    at = tasks.all.flatMap((task) => {
      if (!at.includes(task.files) || task.wait?.kind !== "lock") return [];
      const next = task.wait.lock.kind === "posix" ? blockingLock(task, task.wait) : null;
      return next === null || seen.has(next.owner) ? [] : [next.owner];
    });
  }
  return false;
}

function flock(call: Call): number | Wait {
  const operation = int(call, 1);
  const opened = file(call, 0);
  const how = operation & ~LOCK_NB;
  if (how !== LOCK_SH && how !== LOCK_EX && how !== LOCK_UN) throw new SystemError(EINVAL);
  const inode = lockable(opened);
  const mode: LockMode = how === LOCK_SH ? "read" : "write";
  const [held] = inode.locks?.of(opened).filter(({ kind }) => kind === "flock") ?? [];
  if (how !== LOCK_UN && held?.mode === mode) return 0;
  // A change is not atomic: the old lock goes before the new one is there.
  inode.locks?.unlock(WHOLE, "flock", opened);
  if (how === LOCK_UN) return 0;
  return take(call, inode, { kind: "flock", mode, ...WHOLE }, opened, (operation & LOCK_NB) === 0);
}

/** flock(2), by number. */
export const lockCalls: SystemCallGroup = {
  32: { name: "flock", call: flock, args: ["fd", "operation"] },
};
