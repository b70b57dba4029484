/**
 * System calls that look at files: stat in its forms, statfs, getdents64.
 *
 * Source: `fs/stat.c`, `fs/statfs.c`, `fs/readdir.c`; the layouts are drawn in abi/stat.ts.
 */

import { idSeenBy } from "../user_namespace.ts";
import { EFAULT, EINVAL, ENOENT, ENOTDIR, SystemError } from "../abi/errno.ts";
import {
  AT_EMPTY_PATH,
  AT_NO_AUTOMOUNT,
  AT_STATX_SYNC_TYPE,
  AT_SYMLINK_NOFOLLOW,
  NAME_MAX,
} from "../abi/fcntl.ts";
import { IN_ACCESS } from "../abi/inotify.ts";
import {
  DEVPTS_SUPER_MAGIC,
  directoryEntryType,
  DIRENT_HEADER_BYTES,
  majorOf,
  minorOf,
  PIPEFS_MAGIC,
  S_IFDIR,
  ST_RDONLY,
  ST_RELATIME,
  ST_VALID,
  STAT_BYTES,
  STATFS_BYTES,
  STATX_ATTR_MOUNT_ROOT,
  STATX_BASIC_STATS,
  STATX_BTIME,
  STATX_BYTES,
  STATX_CTIME,
  STATX_MNT_ID,
  STATX_MTIME,
  STATX_RESERVED,
} from "../abi/stat.ts";
import { NSEC_PER_SEC } from "../abi/time.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { encodeString } from "../fs/byte_string.ts";
import type { Attributes } from "../fs/file_object.ts";
import { DirectoryInode } from "../fs/inode.ts";
import type { Place } from "../fs/mount.ts";
import { resolvePath } from "../fs/path.ts";
import { Terminal } from "../fs/terminal/terminal.ts";
import { int, register, size, unsignedInt } from "./arguments.ts";
import {
  anyFile,
  contextFrom,
  file,
  path,
  requireFlags,
  type Target,
  targetAt,
  type TargetOptions,
} from "./file_arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

const STAT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE;
/** What a directory of the guest's may be listed by at a time, whatever buffer it offers. */
const GETDENTS_BYTES_MAX = 2 ** 20;
/** The offsets in a directory that stand for `.` and `..`. */
const DOT = 0;
const DOT_DOT = 1;

function fstat(call: Call): number {
  const attributes = anyFile(call, 0).attributes();
  call.task.mm.user.write(register(call, 1), encodeStat(seenBy(call, attributes)));
  return 0;
}

function newfstatat(call: Call): number {
  const flags = int(call, 3);
  requireFlags(flags, STAT_FLAGS);
  const target = targetAt(call, 0, targetOptions(flags));
  call.task.mm.user.write(register(call, 2), encodeStat(seenBy(call, attributesOf(target))));
  return 0;
}

function statx(call: Call): number {
  const [flags, mask] = [int(call, 2), unsignedInt(call, 3)];
  if ((flags & AT_STATX_SYNC_TYPE) === AT_STATX_SYNC_TYPE) throw new SystemError(EINVAL);
  if ((mask & STATX_RESERVED) !== 0) throw new SystemError(EINVAL);
  requireFlags(flags, STAT_FLAGS);
  const target = targetAt(call, 0, targetOptions(flags));
  const place = target.file?.place ?? target.place;
  const bytes = encodeStatx(seenBy(call, attributesOf(target)), place, toldOf(mask));
  call.task.mm.user.write(register(call, 4), bytes);
  return 0;
}

/**
 * What statx(2) vouches for: all that stat(2) tells and the mount, but of the times that cost a file
 * system something only those that are asked for. Source: `mm/shmem.c`, `fs/stat.c` (`fill_mg_cmtime`).
 */
function toldOf(asked: number): number {
  const changes = STATX_MTIME | STATX_CTIME;
  const always = (STATX_BASIC_STATS & ~changes) | STATX_MNT_ID;
  return always | ((asked & changes) === 0 ? 0 : changes) | (asked & STATX_BTIME);
}

function targetOptions(flags: number): TargetOptions {
  return {
    follow: (flags & AT_SYMLINK_NOFOLLOW) === 0,
    allowEmpty: (flags & AT_EMPTY_PATH) !== 0,
    allowNull: true,
  };
}

function attributesOf({ place, file }: Target): Attributes {
  const subject = file ?? place?.inode;
  if (subject === undefined) throw new SystemError(ENOENT);
  return subject.attributes();
}

/** Attributes with the owners as the caller knows them. */
function seenBy({ task: { credentials } }: Call, attributes: Attributes): Attributes {
  if (credentials.userNamespace === null) return attributes;
  const { uid, gid } = attributes;
  return {
    ...attributes,
    uid: idSeenBy(credentials, "uid", uid),
    gid: idSeenBy(credentials, "gid", gid),
  };
}

function encodeStat(attributes: Attributes): Uint8Array {
  const bytes = new Uint8Array(STAT_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(attributes.device), true);
  view.setBigUint64(8, BigInt(attributes.ino), true);
  view.setUint32(16, attributes.mode, true);
  view.setUint32(20, attributes.nlink, true);
  view.setUint32(24, attributes.uid, true);
  view.setUint32(28, attributes.gid, true);
  view.setBigUint64(32, BigInt(attributes.rdev), true);
  view.setBigInt64(48, BigInt(attributes.size), true);
  view.setInt32(56, PAGE_SIZE, true);
  view.setBigInt64(64, BigInt(attributes.blocks), true);
  setTimespec(view, 72, attributes.atime_ns);
  setTimespec(view, 88, attributes.mtime_ns);
  setTimespec(view, 104, attributes.ctime_ns);
  return bytes;
}

/** A `timespec` or `statx_timestamp`: seconds, and nanoseconds that are never negative. */
function setTimespec(view: DataView, at: number, time_ns: bigint): void {
  const nanoseconds = ((time_ns % NSEC_PER_SEC) + NSEC_PER_SEC) % NSEC_PER_SEC;
  view.setBigInt64(at, (time_ns - nanoseconds) / NSEC_PER_SEC, true);
  view.setUint32(at + 8, Number(nanoseconds), true);
}

function encodeStatx(attributes: Attributes, place: Place | null, told: number): Uint8Array {
  const bytes = new Uint8Array(STATX_BYTES);
  const view = new DataView(bytes.buffer);
  const mountId = place?.mount.id ?? 0;
  view.setUint32(0, told, true);
  view.setUint32(4, PAGE_SIZE, true);
  view.setBigUint64(8, place?.isMountRoot === true ? BigInt(STATX_ATTR_MOUNT_ROOT) : 0n, true);
  view.setUint32(16, attributes.nlink, true);
  view.setUint32(20, attributes.uid, true);
  view.setUint32(24, attributes.gid, true);
  view.setUint16(28, attributes.mode, true);
  view.setBigUint64(32, BigInt(attributes.ino), true);
  view.setBigUint64(40, BigInt(attributes.size), true);
  view.setBigUint64(48, BigInt(attributes.blocks), true);
  view.setBigUint64(56, BigInt(STATX_ATTR_MOUNT_ROOT), true);
  setTimespec(view, 64, attributes.atime_ns);
  setTimespec(view, 80, attributes.btime_ns);
  setTimespec(view, 96, attributes.ctime_ns);
  setTimespec(view, 112, attributes.mtime_ns);
  view.setUint32(128, majorOf(attributes.rdev), true);
  view.setUint32(132, minorOf(attributes.rdev), true);
  view.setUint32(136, majorOf(attributes.device), true);
  view.setUint32(140, minorOf(attributes.device), true);
  view.setBigUint64(144, BigInt(mountId), true);
  return bytes;
}

function statfs(call: Call): number {
  const place = resolvePath(contextFrom(call, call.task.fs.cwd), path(call, 0));
  call.task.mm.user.write(register(call, 1), encodeStatfs(placeUsage(place)));
  return 0;
}

function fstatfs(call: Call): number {
  const { place, object } = anyFile(call, 0);
  const usage = place === null
    ? {
      ...NO_USAGE,
      magic: object instanceof Terminal ? DEVPTS_SUPER_MAGIC : PIPEFS_MAGIC,
    }
    : placeUsage(place);
  call.task.mm.user.write(register(call, 1), encodeStatfs(usage));
  return 0;
}

/** What `struct statfs` tells of a file system. */
interface StatfsFields {
  readonly magic: number;
  readonly device: number;
  /** What the mount and the file system allow: ST_* bits. */
  readonly flags: number;
  readonly blocks: number;
  readonly blocksFree: number;
  readonly files: number;
  readonly filesFree: number;
}

const NO_USAGE = {
  device: 0,
  flags: ST_RELATIME,
  blocks: 0,
  blocksFree: 0,
  files: 0,
  filesFree: 0,
};

function placeUsage({ mount, readOnly }: Place): StatfsFields {
  const { magic, device } = mount.superblock;
  const flags = mount.flags | (readOnly ? ST_RDONLY : 0);
  return { magic, device, flags, ...mount.superblock.usage() };
}

function encodeStatfs(usage: StatfsFields): Uint8Array {
  const bytes = new Uint8Array(STATFS_BYTES);
  const view = new DataView(bytes.buffer);
  const set = (at: number, value: number) => view.setBigInt64(at, BigInt(value), true);
  set(0, usage.magic);
  set(8, PAGE_SIZE);
  set(16, usage.blocks);
  set(24, usage.blocksFree);
  set(32, usage.blocksFree);
  set(40, usage.files);
  set(48, usage.filesFree);
  view.setInt32(56, usage.device, true);
  set(64, NAME_MAX);
  set(72, PAGE_SIZE);
  set(80, ST_VALID | usage.flags);
  return bytes;
}

function getdents64(call: Call): number {
  const { user } = call.task.mm;
  const opened = file(call, 0);
  const { object: directory } = opened;
  if (!(directory instanceof DirectoryInode)) throw new SystemError(ENOTDIR);
  if (directory.removed) throw new SystemError(ENOENT);
  const room = Math.min(unsignedInt(call, 2), GETDENTS_BYTES_MAX);
  const bytes = new Uint8Array(room);
  let used = 0;
  let next = opened.offset;
  for (const record of recordsFrom(call, directory, opened.place, opened.offset, room)) {
    const length = putRecord(bytes, used, record);
    if (length === 0) break;
    used += length;
    next = record.cookie + 1;
  }
  if (used === 0 && next === opened.offset && hasMore(directory, opened.offset)) {
    throw new SystemError(EINVAL);
  }
  const address = size(call, 1);
  const writable = used === 0 ? 0 : user.writableBytes(address, used);
  if (writable < used) throw new SystemError(EFAULT);
  user.write(address, bytes.subarray(0, used));
  opened.offset = next;
  opened.touchAccess();
  opened.notify(IN_ACCESS);
  return used;
}

interface Dirent {
  readonly name: string;
  readonly ino: number;
  readonly type: number;
  readonly cookie: number;
}

function recordsFrom(
  call: Call,
  directory: DirectoryInode,
  place: Place | null,
  from: number,
  room: number,
): Dirent[] {
  const records: Dirent[] = [];
  const dots = (name: string, inode: { ino: number }, cookie: number) => {
    if (from <= cookie) records.push({ name, ino: inode.ino, type: S_IFDIR, cookie });
  };
  dots(".", directory, DOT);
  dots("..", parentOf(call, place, directory), DOT_DOT);
  // No record is shorter than this, so more of them cannot fit.
  const limit = Math.ceil(room / (DIRENT_HEADER_BYTES + 2));
  return [...records, ...directory.list(from, limit)];
}

/** What `..` leads to; at the root of the task, itself. */
function parentOf(call: Call, place: Place | null, directory: DirectoryInode): { ino: number } {
  if (place === null || place.equals(call.task.fs.root)) return directory;
  return place.parent.inode;
}

function hasMore(directory: DirectoryInode, from: number): boolean {
  return from <= DOT_DOT || directory.list(from, 1).length > 0;
}

/** Puts a record at `at` and answers its length, or 0 when it does not fit. */
function putRecord(bytes: Uint8Array, at: number, { name, ino, type, cookie }: Dirent): number {
  const nameBytes = encodeString(name);
  const length = Math.ceil((DIRENT_HEADER_BYTES + nameBytes.length + 1) / 8) * 8;
  if (at + length > bytes.length) return 0;
  const view = new DataView(bytes.buffer, at, length);
  view.setBigUint64(0, BigInt(ino), true);
  view.setBigInt64(8, BigInt(cookie + 1), true);
  view.setUint16(16, length, true);
  view.setUint8(18, directoryEntryType(type));
  bytes.set(nameBytes, at + DIRENT_HEADER_BYTES);
  return length;
}

/** System calls that look at files, by number. */
export const statCalls: SystemCallGroup = {
  43: { name: "statfs", call: statfs, args: ["path", "buf"] },
  44: { name: "fstatfs", call: fstatfs, args: ["fd", "buf"] },
  61: { name: "getdents64", call: getdents64, args: ["fd", "dirp", "count"] },
  79: { name: "newfstatat", call: newfstatat, args: ["dirfd", "pathname", "statbuf", "flags"] },
  80: { name: "fstat", call: fstat, args: ["fd", "statbuf"] },
  291: { name: "statx", call: statx, args: ["dirfd", "pathname", "flags", "mask", "statxbuf"] },
};
