/**
 * System calls on mounts. What they do is in fs/mounting.ts; here their arguments are read and checked.
 *
 * Mounts are private to their namespace: MS_SHARED answers EINVAL, rather than to promise what does not
 * come; MS_PRIVATE and MS_SLAVE are what is so already.
 *
 * Source: `fs/namespace.c` (`path_mount`, `ksys_umount`); mount(2), umount2(2), pivot_root(2).
 */

import { EFAULT, EINVAL, SystemError } from "../abi/errno.ts";
import { PATH_MAX } from "../abi/fcntl.ts";
import {
  MNT_DETACH,
  MNT_EXPIRE,
  MNT_FORCE,
  MS_BIND,
  MS_MGC_MSK,
  MS_MGC_VAL,
  MS_MOVE,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_NOSYMFOLLOW,
  MS_NOUSER,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_RELATIME,
  MS_REMOUNT,
  MS_SHARED,
  MS_SILENT,
  MS_SLAVE,
  MS_STRICTATIME,
  MS_UNBINDABLE,
  UMOUNT_NOFOLLOW,
} from "../abi/mount.ts";
import {
  ST_NOATIME,
  ST_NODEV,
  ST_NODIRATIME,
  ST_NOEXEC,
  ST_NOSUID,
  ST_NOSYMFOLLOW,
  ST_RDONLY,
  ST_RELATIME,
} from "../abi/stat.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { decodeBytes } from "../fs/byte_string.ts";
import { openFileSystem, reconfiguration } from "../fs/file_system_types.ts";
import { ACCESS_TIME_FLAGS, type Place } from "../fs/mount.ts";
import {
  bindAt,
  mountAt,
  moveTo,
  pivotRoot,
  remount,
  requireMayMount,
  requireOwnMount,
  setUnbindable,
  unmount,
} from "../fs/mounting.ts";
import { requireDirectory, type ResolveOptions, resolvePath } from "../fs/path.ts";
import { int, pointer, register, unsignedInt } from "./arguments.ts";
import { contextFrom, path, requireFlags } from "./file_arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

const PROPAGATION = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;
const ACCESS_TIMES = MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME;
/** What mount(2)'s flags ask of a mount, as statfs(2) shows it. */
const MOUNT_FLAGS: readonly (readonly [asked: number, shown: number])[] = [
  [MS_RDONLY, ST_RDONLY],
  [MS_NOSUID, ST_NOSUID],
  [MS_NODEV, ST_NODEV],
  [MS_NOEXEC, ST_NOEXEC],
  [MS_NOATIME, ST_NOATIME],
  [MS_NODIRATIME, ST_NODIRATIME],
  [MS_NOSYMFOLLOW, ST_NOSYMFOLLOW],
];

/** What mount(2) is asked for. */
interface MountRequest {
  readonly call: Call;
  readonly source: string | null;
  readonly at: Place;
  readonly type: string | null;
  /** MS_* bits. */
  readonly flags: number;
  /** Options of the file system. */
  readonly data: string;
}

function mount(call: Call): number {
  const [type, source] = [optionalString(call, 2), optionalString(call, 0)];
  const data = optionsAt(call);
  const at = resolve(call, path(call, 1));
  const asked = unsignedInt(call, 3);
  const flags = (asked & MS_MGC_MSK) >>> 0 === MS_MGC_VAL ? asked & ~MS_MGC_MSK : asked;
  const has = (bits: number) => (flags & bits) !== 0;
  if (has(MS_NOUSER)) throw new SystemError(EINVAL);
  requireMayMount(call);
  const request = { call, source, at, type, flags, data };
  if (has(MS_REMOUNT)) changeMount(request);
  else if (has(MS_BIND)) bindAt(call, sourcePlace(request), at, has(MS_REC));
  else if (has(PROPAGATION)) changePropagation(request);
  else if (has(MS_MOVE)) moveTo(call, sourcePlace(request), at);
  else mountNew(request);
  return 0;
}

/** A name that need not be given. Throws EFAULT, EINVAL for one that is too long. */
function optionalString(call: Call, index: number): string | null {
  const { user } = call.task.mm;
  if (register(call, index) === 0n) return null;
  return decodeBytes(user.readCString(register(call, index), PATH_MAX, EINVAL));
}

/** The options at argument 4: a page, or as much of it as there is. Throws EFAULT. */
function optionsAt(call: Call): string {
  const address = pointer(call, 4);
  if (address === 0) return "";
  const { user } = call.task.mm;
  const length = user.readableBytes(address, PAGE_SIZE);
  if (length === 0) throw new SystemError(EFAULT);
  const bytes = user.read(address, Math.min(length, PAGE_SIZE - 1));
  const end = bytes.indexOf(0);
  return decodeBytes(end < 0 ? bytes : bytes.subarray(0, end));
}

function resolve(call: Call, name: string, options: ResolveOptions = {}): Place {
  return resolvePath(contextFrom(call, call.task.fs.cwd), name, options);
}

/** What is to be bound or moved. Throws EINVAL where nothing is named, and as resolving does. */
function sourcePlace({ call, source }: MountRequest): Place {
  if (source === null || source === "") throw new SystemError(EINVAL);
  return resolve(call, source);
}

/** What the flags ask of a mount. */
function mountFlags({ flags, at }: MountRequest): number {
  const asked = MOUNT_FLAGS.reduce((set, [ms, st]) => set | ((flags & ms) !== 0 ? st : 0), 0);
  // Who changes a mount and says nothing of times lets them be.
  const keepsTimes = (flags & MS_REMOUNT) !== 0 && (flags & ACCESS_TIMES) === 0;
  if (keepsTimes) return asked | (at.mount.flags & ACCESS_TIME_FLAGS);
  if ((flags & MS_STRICTATIME) !== 0) return asked & ~ST_NOATIME;
  return (flags & MS_NOATIME) !== 0 ? asked : asked | ST_RELATIME;
}

function changeMount(request: MountRequest): void {
  const { call, at, flags, data } = request;
  requireOwnMount(call, at);
  const isMountOnly = (flags & MS_BIND) !== 0;
  remount(call, at, {
    flags: mountFlags(request),
    reconfigure: isMountOnly ? null : () => reconfiguration(call, at.mount.superblock, data),
  });
}

function changePropagation({ call, at, flags }: MountRequest): void {
  requireOwnMount(call, at);
  const kind = flags & ~(MS_REC | MS_SILENT);
  if (![MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE].includes(kind)) throw new SystemError(EINVAL);
  if (kind === MS_SLAVE) return;
  setUnbindable(call, at, kind === MS_UNBINDABLE, (flags & MS_REC) !== 0);
}

function mountNew(request: MountRequest): void {
  const { call, at, type, source, data } = request;
  if (type === null) throw new SystemError(EINVAL);
  const flags = mountFlags(request);
  const superblock = openFileSystem(call, type, data, flags);
  mountAt(call, at, { superblock, source: source ?? "none", flags });
}

function umount2(call: Call): number {
  const flags = int(call, 1);
  requireFlags(flags, MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW);
  const follow = (flags & UMOUNT_NOFOLLOW) === 0;
  unmount(call, resolve(call, path(call, 0), { follow, forUnmounting: true }), flags);
  return 0;
}

function pivotRootCall(call: Call): number {
  requireMayMount(call);
  const top = resolve(call, path(call, 0));
  requireDirectory(top);
  const old = resolve(call, path(call, 1));
  requireDirectory(old);
  pivotRoot(call, top, old);
  return 0;
}

/** System calls on mounts, by number. */
export const mountCalls: SystemCallGroup = {
  39: { name: "umount2", call: umount2, args: ["target", "flags"] },
  40: {
    name: "mount",
    call: mount,
    args: ["source", "target", "filesystemtype", "mountflags", "data"],
  },
  41: { name: "pivot_root", call: pivotRootCall, args: ["new_root", "put_old"] },
};
