/**
 * open(2): from a path and flags to an open file.
 *
 * Everything but the descriptor: that the kernel and restart open files by the same rules as a program.
 *
 * Source: `fs/open.c`, `fs/namei.c` (`do_open`, `may_open`); open(2).
 */

import { EACCES, EEXIST, EINVAL, EISDIR, ELOOP, ENOENT, ENXIO, SystemError } from "../abi/errno.ts";
import {
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOATIME,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_TMPFILE_BIT,
  O_TRUNC,
  O_WRONLY,
} from "../abi/fcntl.ts";
import { IN_MODIFY, IN_OPEN } from "../abi/inotify.ts";
import { S_IALLUGO, ST_NODEV } from "../abi/stat.ts";
import { openDevice } from "./devices.ts";
import { Entry } from "./entry.ts";
import { FifoInode } from "./fifo.ts";
import type { Access, FileObject } from "./file_object.ts";
import { DeviceInode, DirectoryInode, type Inode, RegularInode, SymlinkInode } from "./inode.ts";
import { Place } from "./mount.ts";
import { createInode } from "./names.ts";
import { NamelessObject } from "./nameless_object.ts";
import { OpenFile } from "./open_file.ts";
import { isProperName, type PathContext, PathWalk, requireDirectory } from "./path.ts";
import {
  MAY_EXECUTE,
  MAY_READ,
  MAY_WRITE,
  ownershipIn,
  requireOwner,
  requirePermission,
} from "./permissions.ts";
import { PipeEnd } from "./pipe.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** Flags that say how to open and are forgotten afterwards. */
const OPENING_FLAGS = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC;
/** All that O_PATH lets through. */
const PATH_FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW;

/** Where and as whom a file is opened. */
export interface OpenContext extends PathContext {
  /** Permission bits that a new file does not get. */
  readonly umask: number;
  /** The controlling terminal of the session: /dev/tty; `null` for none. */
  readonly terminal: Terminal | null;
}

/** Opens a file; the caller holds the one reference. `mode` matters when the file is made. */
export function openFile(
  context: OpenContext,
  path: string,
  flags: number,
  mode = 0,
): OpenFile {
  const opening = checkFlags(flags);
  const walk = new PathWalk(context);
  if ((opening & O_PATH) !== 0) return openPlace(context, walk, path, opening);
  if ((opening & O_TMPFILE_BIT) !== 0) return openNameless(context, walk, path, opening, mode);
  const { place, created } = (opening & O_CREAT) !== 0
    ? findOrCreate(context, walk, path, opening, mode)
    : { place: walk.resolve(path, { follow: (opening & O_NOFOLLOW) === 0 }), created: false };
  if (!created) return openFound(context, place, opening);
  const file = makeOpenFile(context, place, opening);
  file.notify(IN_OPEN);
  return file;
}

/** Opens what is at a place; the caller holds the one reference. Throws SystemError. */
export function openFound(context: OpenContext, place: Place, flags: number): OpenFile {
  const opening = checkFlags(flags);
  requireOpenable(context, place, opening);
  if ((opening & O_PATH) !== 0) {
    return new OpenFile({ object: place.inode, place, flags: opening });
  }
  const file = makeOpenFile(context, place, opening);
  file.notify(IN_OPEN);
  if ((opening & O_TRUNC) !== 0 && file.object instanceof RegularInode) {
    truncateOpened(file, file.object);
  }
  return file;
}

/** The flags that count. Throws EINVAL for those that contradict each other. Source: `build_open_flags`. */
export function checkFlags(flags: number): number {
  if ((flags & O_PATH) !== 0) return flags & PATH_FLAGS;
  const both = O_CREAT | O_DIRECTORY;
  if ((flags & both) === both) throw new SystemError(EINVAL);
  if ((flags & O_TMPFILE_BIT) !== 0) {
    const writes = (flags & O_ACCMODE) !== O_RDONLY;
    if ((flags & O_DIRECTORY) === 0 || !writes) throw new SystemError(EINVAL);
  }
  return flags;
}

/** Which of the two the access mode of the flags gives. */
export function accessOf(flags: number): Access {
  const mode = flags & O_ACCMODE;
  return { read: mode !== O_WRONLY, write: mode !== O_RDONLY };
}

/** The rights (MAY_* bits) that the flags ask for. Access mode 3 asks for both and then has neither. */
function wantedBy(flags: number): number {
  const mode = flags & O_ACCMODE;
  const reads = mode === O_WRONLY ? 0 : MAY_READ;
  const writes = mode === O_RDONLY && (flags & O_TRUNC) === 0 ? 0 : MAY_WRITE;
  return reads | writes;
}

function openPlace(
  context: OpenContext,
  walk: PathWalk,
  path: string,
  flags: number,
): OpenFile {
  return openFound(context, walk.resolve(path, { follow: (flags & O_NOFOLLOW) === 0 }), flags);
}

function findOrCreate(
  context: OpenContext,
  walk: PathWalk,
  path: string,
  flags: number,
  mode: number,
): { place: Place; created: boolean } {
  const exclusive = (flags & O_EXCL) !== 0;
  const follows = (flags & (O_NOFOLLOW | O_EXCL)) === 0;
  let last = walk.resolveLast(path);
  for (;;) {
    if (isProperName(last.name) && last.mustBeDirectory) throw new SystemError(EISDIR);
    const place = walk.lookup(last);
    if (place === null) {
      const inode = createInode(
        context,
        last,
        { kind: "regular" },
        mode & S_IALLUGO & ~context.umask,
      );
      const entry = last.parent.entry.child(last.name);
      // Only a host that takes the file away in the same instant makes this fail.
      if (entry === null || entry.inode !== inode) throw new SystemError(ENOENT);
      return { place: new Place(last.parent.mount, entry), created: true };
    }
    if (follows && place.inode instanceof SymlinkInode) {
      const target = walk.jump(place.inode, last.parent);
      if (target !== null) return { place: target, created: false };
      last = walk.through(place.inode, last);
      continue;
    }
    if (exclusive) throw new SystemError(EEXIST);
    if (place.inode instanceof DirectoryInode) throw new SystemError(EISDIR);
    return { place, created: false };
  }
}

/** Throws unless what exists may be opened with these flags. Source: `do_open`, `may_open`. */
export function requireOpenable(context: OpenContext, place: Place, flags: number): void {
  const { inode } = place;
  const wanted = wantedBy(flags);
  if ((flags & O_DIRECTORY) !== 0) requireDirectory(place);
  if ((flags & O_PATH) !== 0) return;
  if (inode instanceof SymlinkInode) throw new SystemError(ELOOP);
  if (inode instanceof DirectoryInode && (wanted & MAY_WRITE) !== 0) throw new SystemError(EISDIR);
  if (inode.kind === "device" && place.mount.has(ST_NODEV)) throw new SystemError(EACCES);
  requirePermission(place, context.credentials, wanted);
  if ((flags & O_NOATIME) !== 0) requireNoAtimeRight(context, place);
}

function requireNoAtimeRight(context: OpenContext, place: Place): void {
  requireOwner(place.inode, context.credentials);
}

function makeOpenFile(context: OpenContext, place: Place, flags: number): OpenFile {
  const { inode } = place;
  const access = accessOf(flags);
  const mode = flags & O_ACCMODE;
  if (mode === O_ACCMODE && isPipe(inode)) throw new SystemError(EINVAL);
  const isHasty = mode === O_WRONLY && (flags & O_NONBLOCK) !== 0;
  if (inode instanceof FifoInode && isHasty && !inode.hasReader) throw new SystemError(ENXIO);
  const object: FileObject = inode instanceof DeviceInode
    ? openDevice(inode, access, context)
    : inode.openObject(access);
  const named = inode instanceof NamelessObject ? null : place;
  return new OpenFile({ object, place: named, flags: flags & ~OPENING_FLAGS });
}

/** Whether opening it gives an end of a pipe, which is for reading, for writing or for both. */
function isPipe(inode: Inode): boolean {
  return inode instanceof FifoInode ||
    (inode instanceof NamelessObject && inode.object instanceof PipeEnd);
}

function truncateOpened(file: OpenFile, inode: RegularInode): void {
  try {
    inode.resize(0);
    file.notify(IN_MODIFY);
  } catch (error) {
    file.release();
    throw error;
  }
}

/** O_TMPFILE: a file in the file system of a directory, but under no name in it. */
function openNameless(
  context: OpenContext,
  walk: PathWalk,
  path: string,
  flags: number,
  mode: number,
): OpenFile {
  const place = walk.resolve(path);
  const directory = requireDirectory(place);
  requirePermission(place, context.credentials, MAY_WRITE | MAY_EXECUTE);
  const bits = mode & S_IALLUGO & ~context.umask;
  const owner = ownershipIn(directory, context.credentials, bits, false);
  const inode = directory.createNameless(owner);
  inode.linkable = (flags & O_EXCL) === 0;
  const entry = Entry.nameless(inode, `#${inode.ino}`, place.entry);
  const file = new OpenFile({
    object: inode,
    place: new Place(place.mount, entry),
    flags: flags & ~OPENING_FLAGS,
  });
  file.notify(IN_OPEN);
  return file;
}
