/**
 * System calls that change what files are: mode, owner, times, size.
 *
 * Source: `fs/open.c`, `fs/attr.c`, `fs/utimes.c`, `mm/fadvise.c`; chmod(2), chown(2), utimensat(2),
 * truncate(2), fallocate(2), posix_fadvise(2).
 */

import { type IdKind, idMeantBy } from "../user_namespace.ts";
import { CAP_CHOWN, CAP_FSETID } from "../abi/capability.ts";
import {
  EACCES,
  EBADF,
  EFBIG,
  EINVAL,
  EISDIR,
  ENODEV,
  EOPNOTSUPP,
  EPERM,
  ESPIPE,
  SystemError,
} from "../abi/errno.ts";
import {
  AT_EMPTY_PATH,
  AT_SYMLINK_NOFOLLOW,
  FALLOC_FL_COLLAPSE_RANGE,
  FALLOC_FL_INSERT_RANGE,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  FALLOC_FL_UNSHARE_RANGE,
  FALLOC_FL_ZERO_RANGE,
  POSIX_FADV_NOREUSE,
  SYNC_FILE_RANGE_ALL,
  UTIME_NOW,
  UTIME_OMIT,
} from "../abi/fcntl.ts";
import { IN_ACCESS, IN_ATTRIB, IN_MODIFY } from "../abi/inotify.ts";
import { RLIMIT_FSIZE } from "../abi/resource.ts";
import { SIGXFSZ } from "../abi/signal.ts";
import { S_IALLUGO, S_ISGID, S_ISUID, S_IXGRP } from "../abi/stat.ts";
import { FILE_TIME_MAX_NS, FILE_TIME_MIN_NS, NSEC_PER_SEC, TIMESPEC_BYTES } from "../abi/time.ts";
import { KEEP_ID } from "../credentials.ts";
import {
  type AttributeChange,
  DirectoryInode,
  FILE_BYTES_MAX,
  type Inode,
  RegularInode,
  SymlinkInode,
} from "../fs/inode.ts";
import type { Place } from "../fs/mount.ts";
import { notifyPlace } from "../fs/notify.ts";
import { resolvePath } from "../fs/path.ts";
import {
  isOwner,
  isPermitted,
  MAY_WRITE,
  requireOwner,
  requirePermission,
  requireWritableMount,
} from "../fs/permissions.ts";
import { int, long, register, unsignedInt } from "./arguments.ts";
import {
  contextFrom,
  file,
  offset,
  path,
  requireFlags,
  signalSelf,
  type Target,
  targetAt,
} from "./file_arguments.ts";
import { dropPrivilegeBits } from "./file_transfer.ts";
import type { Call, SystemCallGroup } from "./group.ts";

function fchmod(call: Call): number {
  changeMode(call, file(call, 0), unsignedInt(call, 1));
  return 0;
}

function fchmodat(call: Call): number {
  const target = targetAt(call, 0, { follow: true, allowEmpty: false });
  changeMode(call, target, unsignedInt(call, 2));
  return 0;
}

function fchmodat2(call: Call): number {
  const flags = int(call, 3);
  requireFlags(flags, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
  changeMode(call, targetAt(call, 0, targetOptions(flags)), unsignedInt(call, 2));
  return 0;
}

function targetOptions(flags: number): { follow: boolean; allowEmpty: boolean } {
  return {
    follow: (flags & AT_SYMLINK_NOFOLLOW) === 0,
    allowEmpty: (flags & AT_EMPTY_PATH) !== 0,
  };
}

/** Where the attributes are that a call is to change. What has no name (a pipe) keeps them. */
function changeable({ place }: Pick<Target, "place">): Place {
  // Pipes and streams have no attributes that anybody else could see.
  if (place === null) throw new SystemError(EPERM);
  requireWritableMount(place);
  return place;
}

function changeMode(call: Call, target: Pick<Target, "place">, mode: number): void {
  const { credentials } = call.task;
  const place = changeable(target);
  const { inode } = place;
  if (inode instanceof SymlinkInode) throw new SystemError(EOPNOTSUPP);
  inode.refresh();
  requireOwner(inode, credentials);
  const keepsGroupBit = credentials.hasOver(inode, CAP_FSETID) || credentials.isInGroup(inode.gid);
  inode.setAttributes({ mode: mode & S_IALLUGO & (keepsGroupBit ? ~0 : ~S_ISGID) });
  notifyPlace(place, IN_ATTRIB);
}

function fchown(call: Call): number {
  changeOwner(call, file(call, 0), idAt(call, "uid", 1), idAt(call, "gid", 2));
  return 0;
}

function fchownat(call: Call): number {
  const flags = int(call, 4);
  requireFlags(flags, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
  const target = targetAt(call, 0, targetOptions(flags));
  changeOwner(call, target, idAt(call, "uid", 2), idAt(call, "gid", 3));
  return 0;
}

/** The machine's id for the one at an argument. Throws EINVAL for one that the caller cannot name. */
function idAt(call: Call, kind: IdKind, index: number): number {
  return idMeantBy(call.task.credentials, kind, unsignedInt(call, index));
}

function changeOwner(
  call: Call,
  target: Pick<Target, "place">,
  uid: number,
  gid: number,
): void {
  const { credentials } = call.task;
  const place = changeable(target);
  const { inode } = place;
  inode.refresh();
  if (!credentials.hasOver(inode, CAP_CHOWN)) {
    const isSame = uid === KEEP_ID || uid === inode.uid;
    const isOwnGroup = gid === KEEP_ID || gid === inode.gid || credentials.isInGroup(gid);
    const changesNothing = uid === KEEP_ID && gid === KEEP_ID;
    const allowed = isSame && isOwnGroup && (changesNothing || isOwner(inode, credentials));
    if (!allowed) throw new SystemError(EPERM);
  }
  inode.setAttributes({
    ...(uid === KEEP_ID ? {} : { uid }),
    ...(gid === KEEP_ID ? {} : { gid }),
    ...withoutPrivilege(inode),
  });
  notifyPlace(place, IN_ATTRIB);
}

/** A program that changes hands must not run with the rights of its new owner. */
function withoutPrivilege(inode: Inode): AttributeChange {
  if (!(inode instanceof RegularInode)) return {};
  const drops = S_ISUID | ((inode.mode & S_IXGRP) !== 0 ? S_ISGID : 0);
  return (inode.mode & drops) === 0 ? {} : { mode: inode.mode & S_IALLUGO & ~drops };
}

function utimensat(call: Call): number {
  const flags = int(call, 3);
  const times = readTimes(call, register(call, 2));
  if (times.atime_ns === undefined && times.mtime_ns === undefined) return 0;
  // No path at all stands for the descriptor itself: futimens(3).
  const isDescriptor = register(call, 1) === 0n;
  requireFlags(flags, isDescriptor ? 0 : AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
  const target = isDescriptor ? file(call, 0) : targetAt(call, 0, targetOptions(flags));
  const place = changeable(target);
  const { inode } = place;
  inode.refresh();
  requireTimesAllowed(call, inode, times);
  inode.setAttributes({
    ...(times.atime_ns === undefined ? {} : { atime_ns: times.atime_ns }),
    ...(times.mtime_ns === undefined ? {} : { mtime_ns: times.mtime_ns }),
  });
  // A single time is taken for what it tells of: fsnotify_change().
  const isBoth = times.atime_ns !== undefined && times.mtime_ns !== undefined;
  notifyPlace(place, isBoth ? IN_ATTRIB : times.atime_ns === undefined ? IN_MODIFY : IN_ACCESS);
  return 0;
}

/** What utimensat(2) is to set. */
interface NewTimes {
  /** `undefined`: leave it. */
  readonly atime_ns: bigint | undefined;
  readonly mtime_ns: bigint | undefined;
  /** Whether both are simply now, which whoever may write may set. */
  readonly isNow: boolean;
}

function readTimes(call: Call, address: bigint): NewTimes {
  const now_ns = call.kernel.clock.realtime_ns;
  if (address === 0n) return { atime_ns: now_ns, mtime_ns: now_ns, isNow: true };
  const view = new DataView(call.task.mm.user.read(address, 2 * TIMESPEC_BYTES).buffer);
  const nanoseconds = [8, 24].map((at) => view.getBigInt64(at, true));
  const time = (at: number): bigint | undefined => {
    const part = view.getBigInt64(at + 8, true);
    if (part === BigInt(UTIME_OMIT)) return undefined;
    if (part === BigInt(UTIME_NOW)) return now_ns;
    if (part < 0n || part >= NSEC_PER_SEC) throw new SystemError(EINVAL);
    return clampTime(view.getBigInt64(at, true) * NSEC_PER_SEC + part);
  };
  const isNow = nanoseconds.every((part) => part === BigInt(UTIME_NOW));
  return { atime_ns: time(0), mtime_ns: time(TIMESPEC_BYTES), isNow };
}

/** The nearest time that our file systems can hold. Source: `timestamp_truncate`. */
function clampTime(time_ns: bigint): bigint {
  if (time_ns < FILE_TIME_MIN_NS) return FILE_TIME_MIN_NS;
  return time_ns > FILE_TIME_MAX_NS ? FILE_TIME_MAX_NS : time_ns;
}

function requireTimesAllowed(call: Call, inode: Inode, { isNow }: NewTimes): void {
  const { credentials } = call.task;
  if (isOwner(inode, credentials)) return;
  if (!isNow) throw new SystemError(EPERM);
  if (!isPermitted(inode, credentials, MAY_WRITE)) throw new SystemError(EACCES);
}

function truncate(call: Call): number {
  const name = path(call, 0);
  const size = sizeAt(call, 1);
  const place = resolvePath(contextFrom(call, call.task.fs.cwd), name);
  const { inode } = place;
  if (inode instanceof DirectoryInode) throw new SystemError(EISDIR);
  if (!(inode instanceof RegularInode)) throw new SystemError(EINVAL);
  requirePermission(place, call.task.credentials, MAY_WRITE);
  resize(call, inode, size);
  notifyPlace(place, IN_MODIFY);
  return 0;
}

function ftruncate(call: Call): number {
  const size = sizeAt(call, 1);
  const opened = file(call, 0);
  const { object, writable } = opened;
  if (!(object instanceof RegularInode) || !writable) throw new SystemError(EINVAL);
  resize(call, object, size);
  opened.notify(IN_MODIFY);
  return 0;
}

function sizeAt(call: Call, index: number): number {
  const size = offset(call, index);
  if (size < 0) throw new SystemError(EINVAL);
  return size;
}

function resize(call: Call, inode: RegularInode, size: number): void {
  requireSizeAllowed(call, inode, size);
  dropPrivilegeBits(call, inode);
  inode.resize(size);
}

/** Throws EFBIG unless the file may grow to `size`: inode_newsize_ok(). */
function requireSizeAllowed(call: Call, inode: RegularInode, size: number): void {
  if (size <= inode.size) return;
  if (size > call.task.limits.soft(RLIMIT_FSIZE)) {
    signalSelf(call, SIGXFSZ);
    throw new SystemError(EFBIG);
  }
  if (size > FILE_BYTES_MAX) throw new SystemError(EFBIG);
}

function fallocate(call: Call): number {
  const [mode, from, length] = [int(call, 1), offset(call, 2), offset(call, 3)];
  const opened = file(call, 0);
  if (from < 0 || length <= 0) throw new SystemError(EINVAL);
  requireFallocateMode(mode);
  if (!opened.writable) throw new SystemError(EBADF);
  const { object } = opened;
  if (object.kind === "pipe_writer" || object.kind === "stream") throw new SystemError(ESPIPE);
  if (object instanceof DirectoryInode) throw new SystemError(EISDIR);
  if (!(object instanceof RegularInode)) throw new SystemError(ENODEV);
  const to = from + length;
  if (to > FILE_BYTES_MAX) throw new SystemError(EFBIG);
  // tmpfs neither moves what is behind a range nor writes zeros into it.
  const known = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
  if ((mode & ~known) !== 0) throw new SystemError(EOPNOTSUPP);
  dropPrivilegeBits(call, object);
  const keepsSize = (mode & FALLOC_FL_KEEP_SIZE) !== 0;
  if (!keepsSize) requireSizeAllowed(call, object, to);
  if ((mode & FALLOC_FL_PUNCH_HOLE) !== 0) {
    const end = Math.min(to, object.size);
    if (from < end) object.punch(from, end);
  } else {
    object.reserve(from, to);
    if (!keepsSize && to > object.size) object.resize(to);
  }
  opened.notify(IN_MODIFY);
  return 0;
}

/** Throws EOPNOTSUPP for modes that no file system knows. vfs_fallocate(). */
function requireFallocateMode(mode: number): void {
  const keepsSize = (mode & FALLOC_FL_KEEP_SIZE) !== 0;
  switch (mode & ~FALLOC_FL_KEEP_SIZE) {
    case 0:
    case FALLOC_FL_UNSHARE_RANGE:
    case FALLOC_FL_ZERO_RANGE:
      return;
    case FALLOC_FL_PUNCH_HOLE:
      if (keepsSize) return;
      break;
    case FALLOC_FL_COLLAPSE_RANGE:
    case FALLOC_FL_INSERT_RANGE:
      if (!keepsSize) return;
  }
  throw new SystemError(EOPNOTSUPP);
}

/** Advice changes nothing here: files are in memory, or the host's, which reads ahead by itself. */
function fadvise64(call: Call): number {
  const { object } = file(call, 0);
  if (object.kind.startsWith("pipe_")) throw new SystemError(ESPIPE);
  const advice = int(call, 3);
  if (advice < 0 || advice > POSIX_FADV_NOREUSE || offset(call, 2) < 0) {
    throw new SystemError(EINVAL);
  }
  return 0;
}

function readahead(call: Call): number {
  const { object, readable } = file(call, 0);
  if (!readable) throw new SystemError(EBADF);
  if (!(object instanceof RegularInode)) throw new SystemError(EINVAL);
  return 0;
}

function syncFileRange(call: Call): number {
  const { object } = file(call, 0);
  requireFlags(unsignedInt(call, 3), SYNC_FILE_RANGE_ALL);
  const [from, length] = [long(call, 1), long(call, 2)];
  if (from < 0n || length < 0n || from + length >= 2n ** 63n) throw new SystemError(EINVAL);
  const isStored = object instanceof RegularInode || object instanceof DirectoryInode;
  if (!isStored) throw new SystemError(ESPIPE);
  if (object instanceof RegularInode) object.synchronise();
  return 0;
}

/** System calls that change what files are, by number. */
export const attributeCalls: SystemCallGroup = {
  45: { name: "truncate", call: truncate, args: ["path", "length"] },
  46: { name: "ftruncate", call: ftruncate, args: ["fd", "length"] },
  47: { name: "fallocate", call: fallocate, args: ["fd", "mode", "offset", "len"] },
  52: { name: "fchmod", call: fchmod, args: ["fd", "mode"] },
  53: { name: "fchmodat", call: fchmodat, args: ["dirfd", "pathname", "mode"] },
  54: {
    name: "fchownat",
    call: fchownat,
    args: ["dirfd", "pathname", "owner", "group", "flags"],
  },
  55: { name: "fchown", call: fchown, args: ["fd", "owner", "group"] },
  84: {
    name: "sync_file_range",
    call: syncFileRange,
    args: ["fd", "offset", "nbytes", "flags"],
  },
  88: { name: "utimensat", call: utimensat, args: ["dirfd", "pathname", "times", "flags"] },
  213: { name: "readahead", call: readahead, args: ["fd", "offset", "count"] },
  223: { name: "fadvise64", call: fadvise64, args: ["fd", "offset", "len", "advice"] },
  452: { name: "fchmodat2", call: fchmodat2, args: ["dirfd", "pathname", "mode", "flags"] },
};
