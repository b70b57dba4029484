/**
 * System calls that move bytes through pipes inside the kernel: splice, tee, vmsplice.
 *
 * Here they copy, where Linux passes pages on; what a program can see of it is the same.
 *
 * Source: `fs/splice.c`; splice(2), tee(2), vmsplice(2).
 */

import { EAGAIN, EBADF, EINVAL, EPIPE, ESPIPE, SystemError } from "../abi/errno.ts";
import { SPLICE_F_ALL, SPLICE_F_NONBLOCK } from "../abi/fcntl.ts";
import { IN_ACCESS } from "../abi/inotify.ts";
import { POLLIN, POLLOUT } from "../abi/poll.ts";
import { SIGPIPE } from "../abi/signal.ts";
import { FILE_BYTES_MAX } from "../fs/inode.ts";
import type { OpenFile } from "../fs/open_file.ts";
import { type Pipe, PipeEnd } from "../fs/pipe.ts";
import type { Wait } from "../wait.ts";
import { int, register, size, unsignedInt } from "./arguments.ts";
import { file, requireFlags, signalSelf } from "./file_arguments.ts";
import {
  buffersAt,
  interruptedWrite,
  readInto,
  requireReadable,
  requireWritable,
  writeFrom,
  writePieces,
} from "./file_transfer.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** Bytes that one call moves at most: what a pipe of the usual size holds. */
const PIECE_BYTES = 2 ** 16;

function pipeOf({ object }: OpenFile): Pipe | null {
  return object instanceof PipeEnd ? object.pipe : null;
}

/** Waits at one of the two descriptors, or answers EAGAIN. */
function waitAt(call: Call, index: number, events: number, nonBlocking: boolean): Wait {
  if (nonBlocking) throw new SystemError(EAGAIN);
  const files = [{ fd: int(call, index), events }];
  return { kind: "poll", files, isExclusive: false, deadline_ns: null };
}

/** What can be taken from a pipe: bytes, none at its end, or a reason to wait. */
function bytesOf(pipe: Pipe, length: number): Uint8Array | null {
  return pipe.queue.length === 0 && pipe.writers > 0 ? null : pipe.queue.peek(length);
}

/** How much fits into a pipe. Throws EPIPE, with SIGPIPE, when nobody reads it. */
function roomOf(call: Call, pipe: Pipe): number {
  if (pipe.readers === 0) {
    signalSelf(call, SIGPIPE);
    throw new SystemError(EPIPE);
  }
  return pipe.room;
}

function splice(call: Call): number | Wait {
  const flags = unsignedInt(call, 5);
  const length = Math.min(size(call, 4), PIECE_BYTES);
  if (length === 0) return 0;
  requireFlags(flags, SPLICE_F_ALL);
  const [source, target] = [file(call, 0), file(call, 2)];
  if (!source.readable || !target.writable) throw new SystemError(EBADF);
  const [from, to] = [pipeOf(source), pipeOf(target)];
  const [fromAddress, toAddress] = [register(call, 1), register(call, 3)];
  const isHasty = (flags & SPLICE_F_NONBLOCK) !== 0;
  if ((from !== null && fromAddress !== 0n) || (to !== null && toAddress !== 0n)) {
    throw new SystemError(ESPIPE);
  }
  if (from !== null && to !== null) {
    if (from === to) throw new SystemError(EINVAL);
    const nonBlocking = isHasty || source.nonBlocking || target.nonBlocking;
    return pass(call, { from, to, length, nonBlocking, keeps: false });
  }
  if (from !== null) return drain(call, { from, target, length, isHasty });
  if (to !== null) return fill(call, { source, to, length, isHasty });
  throw new SystemError(EINVAL);
}

/** From pipe to pipe; tee(2) leaves the bytes where they were. */
function pass(
  call: Call,
  { from, to, length, nonBlocking, keeps }: {
    readonly from: Pipe;
    readonly to: Pipe;
    readonly length: number;
    readonly nonBlocking: boolean;
    readonly keeps: boolean;
  },
): number | Wait {
  const target = keeps ? 1 : 2;
  const bytes = bytesOf(from, length);
  if (bytes === null) return waitAt(call, 0, POLLIN, nonBlocking);
  const room = roomOf(call, to);
  if (bytes.length === 0) return 0;
  if (room === 0) return waitAt(call, target, POLLOUT, nonBlocking);
  const moved = bytes.subarray(0, room);
  to.push(moved);
  if (!keeps) from.consume(moved.length);
  return moved.length;
}

/** From a pipe into a file. */
function drain(
  call: Call,
  { from, target, length, isHasty }: {
    readonly from: Pipe;
    readonly target: OpenFile;
    readonly length: number;
    readonly isHasty: boolean;
  },
): number | Wait {
  const { user } = call.task.mm;
  const address = register(call, 3);
  if (target.appends) throw new SystemError(EINVAL);
  if (address !== 0n && !target.object.seekable) throw new SystemError(EINVAL);
  const position = address === 0n ? null : positionAt(call, address);
  const bytes = bytesOf(from, length);
  if (bytes === null) return waitAt(call, 0, POLLIN, isHasty || file(call, 0).nonBlocking);
  if (bytes.length === 0) return 0;
  const options = { nonBlocking: true, ...(position === null ? {} : { position }) };
  const written = writePieces(
    call,
    target,
    bytes.length,
    options,
    (at, count) => bytes.subarray(at, at + count),
  );
  if (typeof written !== "number") return written;
  from.consume(written);
  if (position !== null) user.writeU64(address, BigInt(position + written));
  return written;
}

/** From a file into a pipe. */
function fill(
  call: Call,
  { source, to, length, isHasty }: {
    readonly source: OpenFile;
    readonly to: Pipe;
    readonly length: number;
    readonly isHasty: boolean;
  },
): number | Wait {
  const { object } = source;
  const address = register(call, 1);
  if (address !== 0n && !object.seekable) throw new SystemError(EINVAL);
  const position = address === 0n ? source.offset : positionAt(call, address);
  const room = roomOf(call, to);
  if (room === 0) return waitAt(call, 2, POLLOUT, isHasty || file(call, 2).nonBlocking);
  const bytes = object.read(position, Math.min(length, room));
  if (bytes === null) return waitAt(call, 0, POLLIN, isHasty || source.nonBlocking);
  const { length: moved } = bytes;
  if (moved > 0) to.push(bytes);
  object.consume(moved);
  source.touchAccess();
  if (moved > 0) source.notify(IN_ACCESS);
  if (address !== 0n) call.task.mm.user.writeU64(address, BigInt(position + moved));
  else if (object.seekable) source.offset = position + moved;
  return moved;
}

function positionAt(call: Call, address: bigint): number {
  const position = Number(BigInt.asIntN(64, call.task.mm.user.readU64(address)));
  if (position < 0 || position > FILE_BYTES_MAX) throw new SystemError(EINVAL);
  return position;
}

function tee(call: Call): number | Wait {
  const flags = unsignedInt(call, 3);
  requireFlags(flags, SPLICE_F_ALL);
  const length = Math.min(size(call, 2), PIECE_BYTES);
  if (length === 0) return 0;
  const [source, target] = [file(call, 0), file(call, 1)];
  if (!source.readable || !target.writable) throw new SystemError(EBADF);
  const [from, to] = [pipeOf(source), pipeOf(target)];
  if (from === null || to === null || from === to) throw new SystemError(EINVAL);
  const nonBlocking = (flags & SPLICE_F_NONBLOCK) !== 0 || source.nonBlocking ||
    target.nonBlocking;
  return pass(call, { from, to, length, nonBlocking, keeps: true });
}

/** A write or a read that may give pages away, which cannot be seen. */
function vmsplice(call: Call): number | Wait {
  const flags = unsignedInt(call, 3);
  requireFlags(flags, SPLICE_F_ALL);
  const opened = file(call, 0);
  if (pipeOf(opened) === null) throw new SystemError(EBADF);
  const options = { nonBlocking: opened.nonBlocking || (flags & SPLICE_F_NONBLOCK) !== 0 };
  if (opened.writable) {
    requireWritable(opened);
    return writeFrom(call, opened, buffersAt(call, 1), options);
  }
  requireReadable(opened);
  return readInto(call, opened, buffersAt(call, 1), options);
}

/** System calls that move bytes through pipes, by number. */
export const spliceCalls: SystemCallGroup = {
  75: {
    name: "vmsplice",
    call: vmsplice,
    args: ["fd", "iov", "nr_segs", "flags"],
    ...interruptedWrite,
  },
  76: {
    name: "splice",
    call: splice,
    args: ["fd_in", "off_in", "fd_out", "off_out", "len", "flags"],
  },
  77: { name: "tee", call: tee, args: ["fd_in", "fd_out", "len", "flags"] },
};
