/**
 * Making, removing and renaming names: mkdir, mknod, symlink, link, unlink, rmdir, rename.
 *
 * All rules that do not depend on the file system are here, in the order in which Linux checks them, so
 * that a program that breaks two of them hears of the same one.
 *
 * Source: `fs/namei.c`; mkdir(2), mknod(2), symlink(2), link(2), unlink(2), rmdir(2), rename(2).
 */

import { CAP_MKNOD } from "../abi/capability.ts";
import {
  EBUSY,
  EEXIST,
  EINVAL,
  EISDIR,
  EMLINK,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EOVERFLOW,
  EPERM,
  EXDEV,
  SystemError,
} from "../abi/errno.ts";
import { LINK_MAX, PATH_MAX, RENAME_EXCHANGE, RENAME_NOREPLACE } from "../abi/fcntl.ts";
import { S_IALLUGO, type S_IFBLK, S_IFCHR, S_ISVTX } from "../abi/stat.ts";
import { byteLength } from "./byte_string.ts";
import { idIn } from "../user_namespace.ts";
import { type Creation, DirectoryInode, type Inode } from "./inode.ts";
import { Place } from "./mount.ts";
import { notifyCreated, notifyMoved, notifyRemoved } from "./notify.ts";
import {
  isProperName,
  type LastName,
  type PathContext,
  PathWalk,
  requireDirectory,
} from "./path.ts";
import {
  type FileCredentials,
  MAY_EXECUTE,
  MAY_WRITE,
  ownershipIn,
  requirePermission,
  requireRemovable,
  requireWritableMount,
} from "./permissions.ts";

/** Permission bits that mkdir(2) takes from its argument. */
const MKDIR_MODE = 0o777 | S_ISVTX;

/** Makes a directory: mkdir(2). `mode` has the umask applied. */
export function makeDirectory(context: PathContext, path: string, mode: number): void {
  createAt(context, path, { kind: "directory" }, mode & MKDIR_MODE);
}

/** Makes a regular file: mknod(2) with S_IFREG. `mode` has the umask applied. */
export function makeRegularFile(context: PathContext, path: string, mode: number): void {
  createAt(context, path, { kind: "regular" }, mode & S_IALLUGO);
}

/** The character device that marks a name as taken away, for file systems that lie on top of others. */
const WHITEOUT_DEVICE = 0;

/** Makes a device, by default a character device: mknod(2). `mode` has the umask applied. */
export function makeDevice(
  context: PathContext,
  path: string,
  device: number,
  mode: number,
  type: typeof S_IFCHR | typeof S_IFBLK = S_IFCHR,
): void {
  const last = findFreeName(context, path, false);
  requireCreatable(context, last.parent);
  const isWhiteout = type === S_IFCHR && device === WHITEOUT_DEVICE;
  if (!isWhiteout && !context.credentials.has(CAP_MKNOD)) throw new SystemError(EPERM);
  createInode(context, last, { kind: "device", type, device }, mode & S_IALLUGO);
}

/** Makes the name of a local socket: bind(2), mknod(2) with S_IFSOCK. `mode` has the umask applied. */
export function makeSocketFile(context: PathContext, path: string, mode: number): Place {
  const last = findFreeName(context, path, false);
  const inode = createInode(context, last, { kind: "socket" }, mode & S_IALLUGO);
  return new Place(last.parent.mount, last.parent.entry.awaited(last.name, inode));
}

/** Makes a FIFO: mknod(2) with S_IFIFO. `mode` has the umask applied. */
export function makeFifo(context: PathContext, path: string, mode: number): void {
  createAt(context, path, { kind: "fifo" }, mode & S_IALLUGO);
}

/** Makes a symbolic link: symlink(2). */
export function makeSymlink(context: PathContext, target: string, path: string): void {
  if (target === "") throw new SystemError(ENOENT);
  if (byteLength(target) >= PATH_MAX) throw new SystemError(ENAMETOOLONG);
  createAt(context, path, { kind: "symlink", target }, 0o777);
}

function createAt(context: PathContext, path: string, creation: Creation, mode: number): void {
  const last = findFreeName(context, path, creation.kind === "directory");
  createInode(context, last, creation, mode);
}

/** Makes an inode under a name that {@link PathWalk.lookup} found free. Throws EACCES, EROFS, ENOENT. */
export function createInode(
  context: PathContext,
  { parent, name }: LastName,
  creation: Creation,
  mode: number,
): Inode {
  const directory = requireCreatable(context, parent);
  const isDirectory = creation.kind === "directory";
  const owner = ownershipIn(directory, context.credentials, mode, isDirectory);
  const inode = directory.create(name, creation, owner);
  notifyCreated({ directory, name }, inode, true);
  return inode;
}

/** Gives a file another name: link(2). `from` is where the file is, already resolved. */
export function makeLink(context: PathContext, from: Place, path: string): void {
  const last = findFreeName(context, path, false);
  if (last.parent.mount !== from.mount) throw new SystemError(EXDEV);
  const directory = requireCreatable(context, last.parent);
  const { inode } = from;
  if (inode instanceof DirectoryInode) throw new SystemError(EPERM);
  if (inode.nlink === 0 && !inode.linkable) throw new SystemError(ENOENT);
  if (inode.nlink >= LINK_MAX) throw new SystemError(EMLINK);
  directory.link(last.name, inode);
  // Once: with its last name, the file goes as any other does.
  inode.linkable = false;
  notifyCreated({ directory, name: last.name }, inode, false);
}

/** Takes away the name of anything but a directory: unlink(2). */
export function unlink(context: PathContext, path: string): void {
  const walk = new PathWalk(context);
  const last = walk.resolveLast(path);
  if (!isProperName(last.name)) throw new SystemError(EISDIR);
  requireWritableMount(last.parent);
  const place = walk.lookupCovered(last);
  if (place === null) throw new SystemError(ENOENT);
  const isDirectory = place.inode instanceof DirectoryInode;
  if (last.mustBeDirectory) throw new SystemError(isDirectory ? EISDIR : ENOTDIR);
  requireRemovable(last.parent, place.inode, context.credentials);
  if (isDirectory) throw new SystemError(EISDIR);
  if (context.mounts.covers(place.entry)) throw new SystemError(EBUSY);
  removeName(last, place);
}

/** Takes away an empty directory: rmdir(2). */
export function removeDirectory(context: PathContext, path: string): void {
  const walk = new PathWalk(context);
  const last = walk.resolveLast(path);
  if (last.name === "..") throw new SystemError(ENOTEMPTY);
  if (last.name === ".") throw new SystemError(EINVAL);
  if (last.name === "") throw new SystemError(EBUSY);
  requireWritableMount(last.parent);
  const place = walk.lookupCovered(last);
  if (place === null) throw new SystemError(ENOENT);
  requireRemovable(last.parent, place.inode, context.credentials);
  const directory = requireDirectory(place);
  if (context.mounts.covers(place.entry)) throw new SystemError(EBUSY);
  if (!directory.isEmpty()) throw new SystemError(ENOTEMPTY);
  removeName(last, place);
}

function removeName({ parent, name }: LastName, place: Place): void {
  const directory = requireDirectory(parent);
  directory.remove(name, place.inode);
  parent.entry.forget(name);
  uncover(place);
  notifyRemoved({ directory, name }, place.inode);
}

/** Moves or exchanges names: renameat2(2) with RENAME_NOREPLACE or RENAME_EXCHANGE or 0. */
export function rename(
  from: PathContext,
  path: string,
  to: PathContext,
  newPath: string,
  flags = 0,
): void {
  const [fromWalk, toWalk] = [new PathWalk(from), new PathWalk(to)];
  const last = fromWalk.resolveLast(path);
  const newLast = toWalk.resolveLast(newPath);
  const exchanges = (flags & RENAME_EXCHANGE) !== 0;
  if (last.parent.mount !== newLast.parent.mount) throw new SystemError(EXDEV);
  if (!isProperName(last.name)) throw new SystemError(EBUSY);
  const mustBeFree = (flags & RENAME_NOREPLACE) !== 0;
  if (!isProperName(newLast.name)) throw new SystemError(mustBeFree ? EEXIST : EBUSY);
  requireWritableMount(last.parent);

  const place = fromWalk.lookupCovered(last);
  if (place === null) throw new SystemError(ENOENT);
  const target = toWalk.lookupCovered(newLast);
  if (target !== null && mustBeFree) throw new SystemError(EEXIST);
  if (target === null && exchanges) throw new SystemError(ENOENT);
  requireSlashesOnDirectories(last, place, newLast, exchanges ? target : null);
  requireNoLoop(last, place, newLast, target, exchanges);

  // Two names of one file: nothing to do, and both stay (rename(2)).
  if (place.inode === target?.inode) return;
  requireRenameAllowed(from, last, place, newLast, target, exchanges);
  moveName(last, place.inode, newLast, target?.inode ?? null, exchanges);
  if (target !== null && !exchanges) uncover(target);
}

function requireSlashesOnDirectories(
  last: LastName,
  place: Place,
  newLast: LastName,
  exchanged: Place | null,
): void {
  const isFile = (at: Place) => !(at.inode instanceof DirectoryInode);
  if (exchanged !== null) {
    if (isFile(exchanged) && newLast.mustBeDirectory) throw new SystemError(ENOTDIR);
    if (isFile(place) && last.mustBeDirectory) throw new SystemError(ENOTDIR);
  } else if (isFile(place) && (last.mustBeDirectory || newLast.mustBeDirectory)) {
    throw new SystemError(ENOTDIR);
  }
}

/** A directory cannot move into itself, nor replace what it lies in. */
function requireNoLoop(
  last: LastName,
  place: Place,
  newLast: LastName,
  target: Place | null,
  exchanges: boolean,
): void {
  if (newLast.parent.entry.isWithin(place.entry)) throw new SystemError(EINVAL);
  if (target !== null && last.parent.entry.isWithin(target.entry)) {
    throw new SystemError(exchanges ? EINVAL : ENOTEMPTY);
  }
}

function requireRenameAllowed(
  context: PathContext,
  last: LastName,
  place: Place,
  newLast: LastName,
  target: Place | null,
  exchanges: boolean,
): void {
  const { credentials, mounts } = context;
  requireRemovable(last.parent, place.inode, credentials);
  if (target === null) requireCreatable(context, newLast.parent);
  else requireRemovable(newLast.parent, target.inode, credentials);
  if (target !== null && !exchanges) {
    const [movesDirectory, overDirectory] = [place.inode, target.inode]
      .map((inode) => inode instanceof DirectoryInode);
    if (movesDirectory && !overDirectory) throw new SystemError(ENOTDIR);
    if (!movesDirectory && overDirectory) throw new SystemError(EISDIR);
  }
  // A directory that gets another parent has its `..` written.
  if (!newLast.parent.equals(last.parent)) {
    for (const moved of exchanges && target !== null ? [place, target] : [place]) {
      if (moved.inode instanceof DirectoryInode) requirePermission(moved, credentials, MAY_WRITE);
    }
  }
  if (mounts.covers(place.entry) || (target !== null && mounts.covers(target.entry))) {
    throw new SystemError(EBUSY);
  }
  const replaced = exchanges ? null : target?.inode;
  if (replaced instanceof DirectoryInode && !replaced.isEmpty()) throw new SystemError(ENOTEMPTY);
}

function moveName(
  last: LastName,
  inode: Inode,
  newLast: LastName,
  target: Inode | null,
  exchanges: boolean,
): void {
  const [directory, newDirectory] = [last.parent, newLast.parent].map(requireDirectory);
  if (directory === undefined || newDirectory === undefined) throw new SystemError(ENOTDIR);
  const from = { directory, name: last.name };
  const to = { directory: newDirectory, name: newLast.name };
  if (exchanges) {
    directory.exchange(last.name, newDirectory, newLast.name);
    last.parent.entry.exchanged(last.name, newLast.parent.entry, newLast.name);
    notifyMoved(from, to, inode, null);
    if (target !== null) notifyMoved(to, from, target, null);
  } else {
    directory.rename(last.name, newDirectory, newLast.name, target);
    last.parent.entry.moved(last.name, newLast.parent.entry, newLast.name);
    notifyMoved(from, to, inode, target);
  }
}

/** The name at the end of a path under which nothing is yet. Source: `filename_create`. */
function findFreeName(context: PathContext, path: string, forDirectory: boolean): LastName {
  const walk = new PathWalk(context);
  const last = walk.resolveLast(path);
  if (!isProperName(last.name)) throw new SystemError(EEXIST);
  if (walk.lookup(last) !== null) throw new SystemError(EEXIST);
  if (last.mustBeDirectory && !forDirectory) throw new SystemError(ENOENT);
  requireWritableMount(last.parent);
  return last;
}

/** Throws unless names may be made in the directory. Source: `may_create`. */
function requireCreatable(context: PathContext, parent: Place): DirectoryInode {
  const directory = requireDirectory(parent);
  if (directory.removed) throw new SystemError(ENOENT);
  requireKnownOwner(directory, context.credentials);
  requirePermission(parent, context.credentials, MAY_WRITE | MAY_EXECUTE);
  return directory;
}

/** Nothing is made that would belong to nobody whom the file system knows. fsuidgid_has_mapping(). */
function requireKnownOwner({ superblock: { owner } }: Inode, credentials: FileCredentials): void {
  const isKnown = idIn(owner, "uid", credentials.fsuid) >= 0 &&
    idIn(owner, "gid", credentials.fsgid) >= 0;
  if (!isKnown) throw new SystemError(EOVERFLOW);
}

/** What other namespaces have mounted on a name that is gone is in nobody's way. detach_mounts(). */
function uncover({ entry, inode }: Place): void {
  const { mounts } = entry;
  if (mounts === null) return;
  for (const mount of [...mounts]) mount.namespace?.table.takeOut(mount);
  inode.superblock.environment.kernel?.fileSystem.collectMounts();
}
