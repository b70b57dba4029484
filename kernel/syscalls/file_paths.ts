/**
 * System calls on names: make, remove, rename, link, and where a task stands in the tree.
 *
 * Source: `fs/open.c`, `fs/namei.c`, `fs/d_path.c`; mkdir(2), mknod(2), unlink(2), symlink(2),
 * link(2), rename(2), readlink(2), getcwd(2), chdir(2), chroot(2), access(2), umask(2).
 */

import { CAP_DAC_READ_SEARCH, CAP_SYS_CHROOT, SECBIT_NO_SETUID_FIXUP } from "../abi/capability.ts";
import {
  EINVAL,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  EPERM,
  ERANGE,
  EXDEV,
  SystemError,
} from "../abi/errno.ts";
import {
  AT_EACCESS,
  AT_EMPTY_PATH,
  AT_REMOVEDIR,
  AT_SYMLINK_FOLLOW,
  AT_SYMLINK_NOFOLLOW,
  PATH_MAX,
  R_OK,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  W_OK,
  X_OK,
} from "../abi/fcntl.ts";
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFMT, S_IFREG, S_IFSOCK } from "../abi/stat.ts";
import { encodeString } from "../fs/byte_string.ts";
import { SymlinkInode } from "../fs/inode.ts";
import type { Place } from "../fs/mount.ts";
import {
  makeDevice,
  makeDirectory,
  makeFifo,
  makeLink,
  makeRegularFile,
  makeSocketFile,
  makeSymlink,
  removeDirectory,
  rename,
  unlink,
} from "../fs/names.ts";
import { requireDirectory, resolvePath } from "../fs/path.ts";
import {
  type FileCredentials,
  MAY_EXECUTE,
  requireExecutableMount,
  requirePermission,
} from "../fs/permissions.ts";
import { int, register, size, unsignedInt } from "./arguments.ts";
import { anyFile, contextAt, contextFrom, path, requireFlags, targetAt } from "./file_arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** Permission bits that umask(2) keeps. */
const UMASK_BITS = 0o777;

function mkdirat(call: Call): number {
  const name = path(call, 1);
  makeDirectory(contextAt(call, 0, name), name, masked(call, unsignedInt(call, 2)));
  return 0;
}

function mknodat(call: Call): number {
  const name = path(call, 1);
  const mode = unsignedInt(call, 2);
  const context = contextAt(call, 0, name);
  switch (mode & S_IFMT) {
    case 0:
    case S_IFREG:
      makeRegularFile(context, name, masked(call, mode));
      return 0;
    case S_IFCHR:
      makeDevice(context, name, unsignedInt(call, 3), masked(call, mode));
      return 0;
    case S_IFBLK:
      // There is none that could be opened, but names for them there may be.
      makeDevice(context, name, unsignedInt(call, 3), masked(call, mode), S_IFBLK);
      return 0;
    case S_IFDIR:
      throw new SystemError(EPERM);
    case S_IFSOCK:
      makeSocketFile(context, name, masked(call, mode));
      return 0;
    case S_IFIFO:
      makeFifo(context, name, masked(call, mode));
      return 0;
    default:
      throw new SystemError(EINVAL);
  }
}

function masked(call: Call, mode: number): number {
  return mode & ~call.task.fs.umask;
}

function unlinkat(call: Call): number {
  const flags = int(call, 2);
  requireFlags(flags, AT_REMOVEDIR);
  const name = path(call, 1);
  const context = contextAt(call, 0, name);
  if ((flags & AT_REMOVEDIR) !== 0) removeDirectory(context, name);
  else unlink(context, name);
  return 0;
}

function symlinkat(call: Call): number {
  const target = path(call, 0);
  const name = path(call, 2);
  makeSymlink(contextAt(call, 1, name), target, name);
  return 0;
}

function linkat(call: Call): number {
  const flags = int(call, 4);
  requireFlags(flags, AT_SYMLINK_FOLLOW | AT_EMPTY_PATH);
  // AT_EMPTY_PATH would let a task name a file that it was only handed: CAP_DAC_READ_SEARCH.
  const isAllowed = call.task.credentials.has(CAP_DAC_READ_SEARCH);
  const allowEmpty = (flags & AT_EMPTY_PATH) !== 0;
  if (allowEmpty && !isAllowed) throw new SystemError(ENOENT);
  const follow = (flags & AT_SYMLINK_FOLLOW) !== 0;
  const { place } = targetAt(call, 0, { follow, allowEmpty });
  const name = path(call, 3);
  // What has no name lies in no file system that could give it one.
  if (place === null) throw new SystemError(EXDEV);
  makeLink(contextAt(call, 2, name), place, name);
  return 0;
}

function renameat2(call: Call): number {
  const flags = unsignedInt(call, 4);
  // RENAME_WHITEOUT leaves a mark that only overlay file systems read; there are none here.
  requireFlags(flags, RENAME_NOREPLACE | RENAME_EXCHANGE);
  if (flags === (RENAME_NOREPLACE | RENAME_EXCHANGE)) throw new SystemError(EINVAL);
  const [from, to] = [path(call, 1), path(call, 3)];
  rename(contextAt(call, 0, from), from, contextAt(call, 2, to), to, flags);
  return 0;
}

function readlinkat(call: Call): number {
  const { user } = call.task.mm;
  const room = int(call, 3);
  if (room <= 0) throw new SystemError(EINVAL);
  const name = path(call, 1);
  const isEmpty = name === "";
  const { place } = targetAt(call, 0, { follow: false, allowEmpty: true });
  const inode = place?.inode;
  if (!(inode instanceof SymlinkInode)) throw new SystemError(isEmpty ? ENOENT : EINVAL);
  inode.touchAccess(place?.mount.flags ?? 0);
  const target = encodeString(inode.target).subarray(0, room);
  user.write(register(call, 2), target);
  return target.length;
}

function getcwd(call: Call): number {
  const { fs, mm } = call.task;
  const { path: name, reachable, deleted } = fs.cwd.pathFrom(fs.root);
  if (deleted) throw new SystemError(ENOENT);
  const bytes = encodeString(`${reachable ? "" : "(unreachable)"}${name}\0`);
  if (bytes.length > PATH_MAX) throw new SystemError(ENAMETOOLONG);
  if (bytes.length > size(call, 1)) throw new SystemError(ERANGE);
  mm.user.write(register(call, 0), bytes);
  return bytes.length;
}

function chdir(call: Call): number {
  const name = path(call, 0);
  const place = resolvePath(contextFrom(call, call.task.fs.cwd), name);
  requireSearchable(call, place);
  call.task.fs.cwd = place;
  call.kernel.fileSystem.collectMounts();
  return 0;
}

function fchdir(call: Call): number {
  const { place } = anyFile(call, 0);
  call.task.fs.cwd = requireSearchable(call, place);
  call.kernel.fileSystem.collectMounts();
  return 0;
}

function chroot(call: Call): number {
  const name = path(call, 0);
  const place = resolvePath(contextFrom(call, call.task.fs.cwd), name);
  requireSearchable(call, place);
  if (!call.task.credentials.hasHere(CAP_SYS_CHROOT)) throw new SystemError(EPERM);
  call.task.fs.root = place;
  call.kernel.fileSystem.collectMounts();
  return 0;
}

/** Throws ENOTDIR or EACCES unless the task may look up names there. */
function requireSearchable(call: Call, place: Place | null): Place {
  if (place === null) throw new SystemError(ENOTDIR);
  requireDirectory(place);
  requirePermission(place, call.task.credentials, MAY_EXECUTE);
  return place;
}

function faccessat(call: Call): number {
  return checkAccess(call, 0);
}

function faccessat2(call: Call): number {
  const flags = int(call, 3);
  requireFlags(flags, AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
  return checkAccess(call, flags);
}

function checkAccess(call: Call, flags: number): number {
  const wanted = int(call, 2);
  requireFlags(wanted, R_OK | W_OK | X_OK);
  const credentials = (flags & AT_EACCESS) !== 0 ? call.task.credentials : realCredentials(call);
  const { place, file } = targetAt(call, 0, {
    follow: (flags & AT_SYMLINK_NOFOLLOW) === 0,
    allowEmpty: (flags & AT_EMPTY_PATH) !== 0,
    credentials,
  });
  // The bits of access(2) are those of the mode. A pipe or stream is its owner's, who holds it.
  if (place !== null && (wanted & X_OK) !== 0) requireExecutableMount(place);
  if (place !== null) requirePermission(place, credentials, wanted);
  else if (file === null) throw new SystemError(ENOENT);
  return 0;
}

/** access(2) asks for the user who started the program, not for whose rights it has. */
function realCredentials({ task: { credentials } }: Call): FileCredentials {
  const real = credentials.clone();
  real.fsuid = credentials.uid;
  real.fsgid = credentials.gid;
  const { capabilities } = real;
  if ((capabilities.securebits & SECBIT_NO_SETUID_FIXUP) !== 0) return real;
  capabilities.effective = credentials.uid === 0 ? capabilities.permitted : 0n;
  return real;
}

function umask(call: Call): number {
  const { fs } = call.task;
  const before = fs.umask;
  fs.umask = int(call, 0) & UMASK_BITS;
  return before;
}

/** System calls on names, by number. */
export const pathCalls: SystemCallGroup = {
  17: { name: "getcwd", call: getcwd, args: ["buf", "size"] },
  33: { name: "mknodat", call: mknodat, args: ["dirfd", "pathname", "mode", "dev"] },
  34: { name: "mkdirat", call: mkdirat, args: ["dirfd", "pathname", "mode"] },
  35: { name: "unlinkat", call: unlinkat, args: ["dirfd", "pathname", "flags"] },
  36: { name: "symlinkat", call: symlinkat, args: ["target", "newdirfd", "linkpath"] },
  37: {
    name: "linkat",
    call: linkat,
    args: ["olddirfd", "oldpath", "newdirfd", "newpath", "flags"],
  },
  48: { name: "faccessat", call: faccessat, args: ["dirfd", "pathname", "mode"] },
  49: { name: "chdir", call: chdir, args: ["path"] },
  50: { name: "fchdir", call: fchdir, args: ["fd"] },
  51: { name: "chroot", call: chroot, args: ["path"] },
  78: { name: "readlinkat", call: readlinkat, args: ["dirfd", "pathname", "buf", "bufsiz"] },
  166: { name: "umask", call: umask, args: ["mask"] },
  276: {
    name: "renameat2",
    call: renameat2,
    args: ["olddirfd", "oldpath", "newdirfd", "newpath", "flags"],
  },
  439: { name: "faccessat2", call: faccessat2, args: ["dirfd", "pathname", "mode", "flags"] },
};
