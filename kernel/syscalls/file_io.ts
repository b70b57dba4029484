/**
 * System calls that move bytes: read and write in all their forms, lseek, sendfile, copy_file_range.
 *
 * Source: `fs/read_write.c`, `fs/splice.c`; read(2), write(2), readv(2), pread(2), lseek(2), sendfile(2),
 * copy_file_range(2).
 */

import {
  EBADF,
  EFBIG,
  EINVAL,
  EISDIR,
  ENXIO,
  EOPNOTSUPP,
  EOVERFLOW,
  ESPIPE,
  SystemError,
} from "../abi/errno.ts";
import {
  RW_BYTES_MAX,
  RWF_APPEND,
  RWF_DSYNC,
  RWF_HIPRI,
  RWF_NOAPPEND,
  RWF_NOWAIT,
  RWF_SYNC,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from "../abi/fcntl.ts";
import { IN_ACCESS } from "../abi/inotify.ts";
import { DirectoryInode, FILE_BYTES_MAX, RegularInode } from "../fs/inode.ts";
import type { OpenFile } from "../fs/open_file.ts";
import type { Wait } from "../wait.ts";
import { int, long, register, size } from "./arguments.ts";
import { file, offset } from "./file_arguments.ts";
import {
  bufferAt,
  buffersAt,
  interruptedWrite,
  readInto,
  requireReadable,
  requireWritable,
  type TransferOptions,
  writeFrom,
  writePieces,
} from "./file_transfer.ts";
import type { Call, SystemCallGroup } from "./group.ts";
import { movedBefore, onSocketSignal } from "./socket_wait.ts";

/** Bytes that one call copies at most: less than was wanted is no error, and a call comes to an end. */
const COPY_BYTES_MAX = 2 ** 24;
const RWF_KNOWN = RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND | RWF_NOAPPEND;

function read(call: Call): number | Wait {
  const source = file(call, 0);
  requireReadable(source);
  return readInto(call, source, bufferAt(call, 1));
}

function write(call: Call): number | Wait {
  const target = file(call, 0);
  requireWritable(target);
  return writeFrom(call, target, bufferAt(call, 1));
}

function pread64(call: Call): number | Wait {
  const position = positionAt(call, 3);
  const source = seekable(call);
  requireReadable(source);
  return readInto(call, source, bufferAt(call, 1), { position });
}

function pwrite64(call: Call): number | Wait {
  const position = positionAt(call, 3);
  const target = seekable(call);
  requireWritable(target);
  return writeFrom(call, target, bufferAt(call, 1), { position });
}

function readv(call: Call): number | Wait {
  const source = file(call, 0);
  requireReadable(source);
  return readInto(call, source, buffersAt(call, 1));
}

function writev(call: Call): number | Wait {
  const target = file(call, 0);
  requireWritable(target);
  return writeFrom(call, target, buffersAt(call, 1));
}

function preadv(call: Call): number | Wait {
  const position = positionAt(call, 3);
  const source = seekable(call);
  requireReadable(source);
  return readInto(call, source, buffersAt(call, 1), { position });
}

function pwritev(call: Call): number | Wait {
  const position = positionAt(call, 3);
  const target = seekable(call);
  requireWritable(target);
  return writeFrom(call, target, buffersAt(call, 1), { position });
}

function preadv2(call: Call): number | Wait {
  if (long(call, 3) === -1n) {
    const source = file(call, 0);
    requireReadable(source);
    return readInto(call, source, buffersAt(call, 1), transferFlags(call, source));
  }
  const position = positionAt(call, 3);
  const source = seekable(call);
  requireReadable(source);
  return readInto(call, source, buffersAt(call, 1), { ...transferFlags(call, source), position });
}

function pwritev2(call: Call): number | Wait {
  if (long(call, 3) === -1n) {
    const target = file(call, 0);
    requireWritable(target);
    return writeFrom(call, target, buffersAt(call, 1), transferFlags(call, target));
  }
  const position = positionAt(call, 3);
  const target = seekable(call);
  requireWritable(target);
  return writeFrom(call, target, buffersAt(call, 1), { ...transferFlags(call, target), position });
}

/** The flags of preadv2(2): whether data is on a disk means nothing to files that are on none. */
function transferFlags(call: Call, target: OpenFile): TransferOptions {
  const flags = int(call, 5);
  if ((flags & ~RWF_KNOWN) !== 0) throw new SystemError(EOPNOTSUPP);
  const both = RWF_APPEND | RWF_NOAPPEND;
  if ((flags & both) === both) throw new SystemError(EINVAL);
  const noWait = (flags & RWF_NOWAIT) !== 0;
  // tmpfs does not say that it never makes anybody wait.
  if (noWait && target.object instanceof RegularInode) throw new SystemError(EOPNOTSUPP);
  return {
    nonBlocking: target.nonBlocking || noWait,
    append: (target.appends && (flags & RWF_NOAPPEND) === 0) || (flags & RWF_APPEND) !== 0,
  };
}

function positionAt(call: Call, index: number): number {
  const position = offset(call, index);
  if (position < 0) throw new SystemError(EINVAL);
  return position;
}

/** The file of the descriptor at argument 0. Throws ESPIPE when it has no positions. */
function seekable(call: Call): OpenFile {
  const opened = file(call, 0);
  if (!opened.object.seekable) throw new SystemError(ESPIPE);
  return opened;
}

function lseek(call: Call): number {
  const opened = file(call, 0);
  const { object } = opened;
  const whence = int(call, 2);
  if (whence < SEEK_SET || whence > SEEK_HOLE) throw new SystemError(EINVAL);
  if (!object.seekable) throw new SystemError(ESPIPE);
  // null_lseek(): a device without an end has no places either.
  if (object.kind === "device") return opened.offset = 0;
  const to = seekTarget(opened, offset(call, 1), whence);
  if (to < 0 || to > FILE_BYTES_MAX) throw new SystemError(EINVAL);
  return opened.offset = to;
}

function seekTarget({ object, offset: at }: OpenFile, by: number, whence: number): number {
  if (object instanceof DirectoryInode) {
    // Where a directory ends is not known; the offsets are cookies (inode.ts).
    if (whence === SEEK_SET) return by;
    if (whence === SEEK_CUR) return at + by;
    throw new SystemError(EINVAL);
  }
  const end = object instanceof RegularInode ? object.size : 0;
  switch (whence) {
    case SEEK_SET:
      return by;
    case SEEK_CUR:
      return at + by;
    case SEEK_END:
      return end + by;
  }
  if (!(object instanceof RegularInode) || by < 0 || by >= end) throw new SystemError(ENXIO);
  const found = whence === SEEK_DATA ? object.nextData(by) : object.nextHole(by);
  if (found < 0) throw new SystemError(ENXIO);
  return found;
}

function sendfile(call: Call): number | Wait {
  const { user } = call.task.mm;
  const [target, source] = [file(call, 0), file(call, 1)];
  const address = register(call, 2);
  requireReadable(source);
  if (!source.object.seekable) throw new SystemError(address === 0n ? EINVAL : ESPIPE);
  requireWritable(target);
  if (target.appends || source.object instanceof DirectoryInode) throw new SystemError(EINVAL);
  const from = address === 0n ? source.offset : Number(BigInt.asIntN(64, user.readU64(address)));
  if (from < 0) throw new SystemError(EINVAL);
  const wanted = Math.min(size(call, 3), RW_BYTES_MAX);
  if (from + wanted > FILE_BYTES_MAX) throw new SystemError(EOVERFLOW);
  const count = Math.min(wanted, COPY_BYTES_MAX);
  const result = copyPieces(call, { source, from, target, to: undefined, count });
  if (typeof result === "object") return result;
  if (address === 0n) source.offset = from + result;
  else user.writeU64(address, BigInt(from + result));
  return result;
}

function copyFileRange(call: Call): number | Wait {
  const { user } = call.task.mm;
  const [source, target] = [file(call, 0), file(call, 2)];
  const [fromAddress, toAddress] = [register(call, 1), register(call, 3)];
  if (int(call, 5) !== 0) throw new SystemError(EINVAL);
  requireNoDirectory(source);
  requireNoDirectory(target);
  if (!(source.object instanceof RegularInode && target.object instanceof RegularInode)) {
    throw new SystemError(EINVAL);
  }
  requireReadable(source);
  if (!target.writable || target.appends) throw new SystemError(EBADF);
  const at = (address: bigint, opened: OpenFile) =>
    address === 0n ? opened.offset : Number(BigInt.asIntN(64, user.readU64(address)));
  const [from, to] = [at(fromAddress, source), at(toAddress, target)];
  const wanted = size(call, 4);
  requireCopyRange(from, to, wanted);
  const count = Math.min(wanted, COPY_BYTES_MAX, Math.max(0, source.object.size - from));
  const overlaps = source.inode === target.inode && from < to + count && to < from + count;
  if (overlaps) throw new SystemError(EINVAL);
  const result = copyPieces(call, { source, from, target, to, count });
  if (typeof result === "object") return result;
  if (fromAddress === 0n) source.offset = from + result;
  else user.writeU64(fromAddress, BigInt(from + result));
  if (toAddress === 0n) target.offset = to + result;
  else user.writeU64(toAddress, BigInt(to + result));
  return result;
}

/** Throws for offsets that no file has, each with the error that generic_copy_file_checks() gives it. */
function requireCopyRange(from: number, to: number, length: number): void {
  // A negative offset is a huge one there, and one that the length takes past the end of all numbers.
  const passes = (at: number) => at < 0 && at + length >= 0;
  if (passes(from) || passes(to)) throw new SystemError(EOVERFLOW);
  if (to >= FILE_BYTES_MAX) throw new SystemError(EFBIG);
  if (from < 0 || to < 0) throw new SystemError(EINVAL);
}

/** A copy inside the kernel. */
interface Copy {
  readonly source: OpenFile;
  readonly from: number;
  readonly target: OpenFile;
  /** Where in the target; `undefined` for its offset. */
  readonly to: number | undefined;
  readonly count: number;
}

function copyPieces(call: Call, { source, from, target, to, count }: Copy): number | Wait {
  const { object } = source;
  // Nothing of what can be sent from has an end that is further off than the file's.
  const available = object instanceof RegularInode
    ? Math.min(count, Math.max(0, object.size - from))
    : count;
  if (available === 0) return 0;
  const options = to === undefined ? { partial: true } : { position: to };
  return writePieces(call, target, available, options, (done, length) => {
    const bytes = object.read(from + done, length) ?? new Uint8Array(0);
    // Who watches hears of the read before the write, and once.
    if (done === 0 && bytes.length > 0) source.notify(IN_ACCESS);
    return bytes;
  });
}

function requireNoDirectory({ object }: OpenFile): void {
  if (object instanceof DirectoryInode) throw new SystemError(EISDIR);
}

/** System calls that move bytes, by number. */
export const fileIoCalls: SystemCallGroup = {
  62: { name: "lseek", call: lseek, args: ["fd", "offset", "whence"] },
  63: {
    name: "read",
    call: read,
    args: ["fd", "buf", "count"],
    onSignal: onSocketSignal,
    interrupted: movedBefore,
  },
  64: {
    name: "write",
    call: write,
    args: ["fd", "buf", "count"],
    ...interruptedWrite,
  },
  65: {
    name: "readv",
    call: readv,
    args: ["fd", "iov", "iovcnt"],
    onSignal: onSocketSignal,
    interrupted: movedBefore,
  },
  66: {
    name: "writev",
    call: writev,
    args: ["fd", "iov", "iovcnt"],
    ...interruptedWrite,
  },
  67: { name: "pread64", call: pread64, args: ["fd", "buf", "count", "offset"] },
  68: { name: "pwrite64", call: pwrite64, args: ["fd", "buf", "count", "offset"] },
  69: { name: "preadv", call: preadv, args: ["fd", "iov", "iovcnt", "offset", "offset_high"] },
  70: { name: "pwritev", call: pwritev, args: ["fd", "iov", "iovcnt", "offset", "offset_high"] },
  71: { name: "sendfile", call: sendfile, args: ["out_fd", "in_fd", "offset", "count"] },
  285: {
    name: "copy_file_range",
    call: copyFileRange,
    args: ["fd_in", "off_in", "fd_out", "off_out", "len", "flags"],
  },
  286: {
    name: "preadv2",
    call: preadv2,
    args: ["fd", "iov", "iovcnt", "offset", "offset_high", "flags"],
  },
  287: {
    name: "pwritev2",
    call: pwritev2,
    args: ["fd", "iov", "iovcnt", "offset", "offset_high", "flags"],
    ...interruptedWrite,
  },
};
