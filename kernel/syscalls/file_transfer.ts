/**
 * Moving bytes between open files and the guest's memory: what all forms of read and write have in common.
 *
 * A transfer ends early, and answers what it moved so far, when the file has no more, when the rest would
 * have to wait, or when the guest's buffer turns out to be bad in the middle; only a transfer that moved
 * nothing fails or waits. Bytes that did not arrive are not lost: see FileObject.consume.
 *
 * Source: `fs/read_write.c`, `lib/iov_iter.c`, `mm/filemap.c`; read(2), write(2), readv(2).
 */

import { CAP_FSETID } from "../abi/capability.ts";
import { EAGAIN, EBADF, EFAULT, EFBIG, EINVAL, EPIPE, SystemError } from "../abi/errno.ts";
import { IOV_MAX, RW_BYTES_MAX } from "../abi/fcntl.ts";
import { IN_ACCESS, IN_MODIFY } from "../abi/inotify.ts";
import { POLLIN, POLLOUT } from "../abi/poll.ts";
import { RLIMIT_FSIZE } from "../abi/resource.ts";
import { SIGPIPE, SIGXFSZ } from "../abi/signal.ts";
import { S_ISGID, S_ISUID, S_IXGRP } from "../abi/stat.ts";
import { InotifyFile } from "../fs/inotify.ts";
import { FILE_BYTES_MAX, type Inode, RegularInode } from "../fs/inode.ts";
import type { OpenFile } from "../fs/open_file.ts";
import { PipeEnd } from "../fs/pipe.ts";
import { Prefixes } from "../fs/prefixes.ts";
import { SignalFile } from "../fs/signal_file.ts";
import { Stream } from "../fs/stream.ts";
import { Terminal } from "../fs/terminal/terminal.ts";
import { TASK_SIZE } from "../mm/layout.ts";
import { Socket } from "../net/socket.ts";
import type { UserMemory } from "../mm/user_memory.ts";
import type { Wait } from "../wait.ts";
import { int, pointer, size } from "./arguments.ts";
import { signalSelf } from "./file_arguments.ts";
import { takeSignals } from "./file_events.ts";
import { giveInput, terminalInput, terminalOutputWait } from "./file_terminal.ts";
import type { Call, SystemCallEntry } from "./group.ts";
import { receiveInto, sendFrom } from "./socket_message.ts";
import { movedBefore, onSocketSignal } from "./socket_wait.ts";

/** Bytes that are moved at a time; more than PIPE_BUF, so that what must not be divided is not. */
const PIECE_BYTES = 2 ** 16;
/** Where a piece lies between the guest's memory and a file, which copies what it keeps. */
const piece = new Uint8Array(PIECE_BYTES);
const prefixes = new Prefixes(piece);
/**
 * Bytes that one call writes at most to a stream of the machine, which the host keeps: a program needs no memory
 * to write gigabytes of zeros. Less than was wanted is no error.
 */
const COLLECTED_BYTES_MAX = 2 ** 24;
/** Bytes of `struct iovec`. */
const IOVEC_BYTES = 16;

/** A part of the guest's memory. */
export interface Buffer {
  readonly address: number;
  readonly length: number;
}

/** How a transfer is done. */
export interface TransferOptions {
  /** Where in the file, which then keeps its offset: pread(2). By default at the offset, which moves. */
  readonly position?: number;
  /** Whether to answer EAGAIN rather than wait: O_NONBLOCK, RWF_NOWAIT. */
  readonly nonBlocking?: boolean;
  /** Whether a part that has gone in is enough, and not to be waited behind: sendfile(2) to a pipe. */
  readonly partial?: boolean;
  /** Whether to write at the end whatever the position: O_APPEND, RWF_APPEND. */
  readonly append?: boolean;
}

/** The buffer of read(2) and write(2) at arguments `index` and `index` + 1. Throws EFAULT. */
export function bufferAt(call: Call, index: number): Buffer[] {
  const address = pointer(call, index);
  const length = size(call, index + 1);
  requireUserRange(address, length);
  return [{ address, length: Math.min(length, RW_BYTES_MAX) }];
}

/** The buffers that arguments `index` and `index` + 1 of readv(2) and writev(2) give. Throws EINVAL, EFAULT. */
export function buffersAt(call: Call, index: number): Buffer[] {
  return buffersFrom(call, pointer(call, index), size(call, index + 1));
}

/** The buffers of an array of `count` structures. Throws EINVAL, EFAULT. */
export function buffersFrom(call: Call, address: number, count: number): Buffer[] {
  const buffers = vectorsFrom(call, address, count);
  let left = RW_BYTES_MAX;
  for (const [i, { address, length }] of buffers.entries()) {
    requireUserRange(address, length);
    buffers[i] = { address, length: Math.min(length, left) };
    left -= Math.min(length, left);
  }
  return buffers;
}

/** As {@link buffersFrom}, wherever the buffers may lie: for the memory of others. Throws EINVAL, EFAULT. */
export function vectorsFrom(call: Call, address: number, count: number): Buffer[] {
  if (count > IOV_MAX) throw new SystemError(EINVAL);
  const bytes = call.task.mm.user.read(address, count * IOVEC_BYTES);
  const view = new DataView(bytes.buffer);
  const buffers: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    const address = Number(view.getBigUint64(i * IOVEC_BYTES, true));
    const length = Number(view.getBigInt64(i * IOVEC_BYTES + 8, true));
    if (length < 0) throw new SystemError(EINVAL);
    buffers.push({ address, length });
  }
  return buffers;
}

/** Bytes of all buffers. */
function totalLength(buffers: readonly Buffer[]): number {
  let total = 0;
  for (const { length } of buffers) total += length;
  return total;
}

function requireUserRange(address: number, length: number): void {
  if (address + length > TASK_SIZE) throw new SystemError(EFAULT);
}

/** Throws EBADF unless the file is open for reading. */
export function requireReadable(file: OpenFile): void {
  if (!file.readable) throw new SystemError(EBADF);
}

/** Throws EBADF unless the file is open for writing. */
export function requireWritable(file: OpenFile): void {
  if (!file.writable) throw new SystemError(EBADF);
}

/** Reads from the file of the descriptor at argument 0 into buffers. */
export function readInto(
  call: Call,
  file: OpenFile,
  buffers: readonly Buffer[],
  options: TransferOptions = {},
): number | Wait {
  const { object } = file;
  if (object instanceof SignalFile) {
    return readRecords(call, file, buffers, (length) => takeSignals(call, object, length));
  }
  if (object instanceof InotifyFile) {
    return readRecords(call, file, buffers, (length) => object.take(length));
  }
  if (file.object instanceof Socket) {
    return receiveInto(call, { file, socket: file.object }, buffers, options.nonBlocking);
  }
  if (file.object instanceof Terminal) return readTerminal(call, file, file.object, buffers);
  const { user } = call.task.mm;
  const position = options.position ?? file.offset;
  let done = 0;
  let isOver = false;
  // An empty read still finds out that a directory cannot be read.
  if (totalLength(buffers) === 0) readPiece(file, position, 0, 0);
  for (const { address, length } of buffers) {
    for (let filled = 0; filled < length && !isOver;) {
      const wanted = Math.min(length - filled, PIECE_BYTES);
      const bytes = readPiece(file, position + done, wanted, done);
      if (bytes === null && done === 0) {
        return mustWait(call, file, POLLIN, options.nonBlocking ?? file.nonBlocking);
      }
      const arrived = bytes === null ? 0 : copyOut(user, address + filled, bytes);
      if (bytes !== null && arrived === 0 && bytes.length > 0 && done === 0) {
        throw new SystemError(EFAULT);
      }
      file.object.consume(arrived);
      done += arrived;
      filled += arrived;
      isOver = bytes === null || bytes.length === 0 || arrived < bytes.length ||
        file.object.delimited;
    }
  }
  if (options.position === undefined && file.object.seekable) file.offset = position + done;
  file.touchAccess();
  if (done > 0) file.notify(IN_ACCESS);
  return done;
}

/** Reads whole records, of which `take` takes as many as there are and have room. */
function readRecords(
  call: Call,
  file: OpenFile,
  buffers: readonly Buffer[],
  take: (length: number) => Uint8Array,
): number | Wait {
  const { user } = call.task.mm;
  const bytes = take(totalLength(buffers));
  if (bytes.length === 0) return mustWait(call, file, POLLIN, file.nonBlocking);
  let done = 0;
  for (const { address, length } of buffers) {
    const part = bytes.subarray(done, done + length);
    // What was taken is lost where the buffer is bad, as it is on Linux.
    const arrived = copyOut(user, address, part);
    done += arrived;
    if (arrived < part.length) break;
  }
  if (done < bytes.length && done === 0) throw new SystemError(EFAULT);
  return done;
}

/** Reads from a terminal, where it depends on who reads whether there is anything. */
function readTerminal(
  call: Call,
  file: OpenFile,
  terminal: Terminal,
  buffers: readonly Buffer[],
): number | Wait {
  const input = terminalInput(call, file, terminal, totalLength(buffers));
  if (!("take" in input)) return input;
  const { user } = call.task.mm;
  return giveInput(input, buffers, (address, bytes) => copyOut(user, address, bytes));
}

/** What the object shows next; an error after the first piece ends the transfer as the file's end does. */
function readPiece(
  { object }: OpenFile,
  position: number,
  length: number,
  done: number,
): Uint8Array | null {
  if (done === 0) return object.read(position, length);
  try {
    return object.read(position, length);
  } catch (error) {
    if (error instanceof SystemError) return null;
    throw error;
  }
}

/** Copies as many bytes as the guest's memory takes, and answers how many. */
function copyOut(user: UserMemory, address: number, bytes: Uint8Array): number {
  try {
    user.write(address, bytes);
    return bytes.length;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return user.writableBytes(address, bytes.length);
  }
}

/** Writes buffers to the file of the descriptor at argument 0. */
export function writeFrom(
  call: Call,
  file: OpenFile,
  buffers: readonly Buffer[],
  options: TransferOptions = {},
): number | Wait {
  if (file.object instanceof Socket) {
    return sendFrom(call, { file, socket: file.object }, buffers, options.nonBlocking);
  }
  return writePieces(call, file, totalLength(buffers), options, (from, length) => {
    const bytes = copyIn(call.task.mm.user, buffers, from, length);
    if (bytes.length === 0 && length > 0 && from === 0) throw new SystemError(EFAULT);
    return bytes;
  });
}

/**
 * Writes up to `total` bytes, of which `source` gives a piece at a time: the length that it is asked for,
 * or less where the bytes end.
 */
export function writePieces(
  call: Call,
  file: OpenFile,
  total: number,
  options: TransferOptions,
  source: (from: number, length: number) => Uint8Array,
): number | Wait {
  const { object } = file;
  const stopped = object instanceof Terminal ? terminalOutputWait(call, object) : null;
  if (stopped !== null) return stopped;
  const isRegular = object instanceof RegularInode;
  if (isRegular && total === 0) return 0;
  const appends = isRegular && (options.append ?? file.appends);
  const position = appends ? object.size : options.position ?? file.offset;
  const isCollected = object instanceof Stream || object instanceof Terminal;
  const most = isCollected ? Math.min(total, COLLECTED_BYTES_MAX) : total;
  const allowed = isRegular ? allowedBytes(call, position, total) : most;
  if (isRegular) dropPrivilegeBits(call, object);
  // What a part of has gone in before the call had to wait.
  let done = call.task.wait?.kind === "transfer" ? call.task.wait.done : 0;
  do {
    const wanted = Math.min(allowed - done, PIECE_BYTES);
    const bytes = source(done, wanted);
    if (bytes.length === 0 && wanted > 0) break;
    const written = writePiece(call, file, position + done, bytes, done);
    if (written === FAILED) break;
    done += written ?? 0;
    if (written !== null && written === wanted) continue;
    // Only pipes take a part and have room for the rest later.
    const isOver = written !== null && (!(object instanceof PipeEnd) || bytes.length < wanted);
    const nonBlocking = options.nonBlocking ?? file.nonBlocking;
    if (isOver || (done > 0 && (nonBlocking || options.partial === true))) break;
    if (done === 0) return mustWait(call, file, POLLOUT, nonBlocking);
    return { kind: "transfer", fd: int(call, 0), events: POLLOUT, done };
  } while (done < allowed);
  if (options.position === undefined && object.seekable) file.offset = position + done;
  if (done > 0) file.notify(IN_MODIFY);
  return done;
}

/** What {@link writePiece} answers when an error ends a transfer of which a part is done. */
const FAILED = -1;

/** Writes a piece; an error after the first piece ends the transfer as if there were no more room. */
function writePiece(
  call: Call,
  { object }: OpenFile,
  position: number,
  bytes: Uint8Array,
  done: number,
): number | null {
  try {
    return object.write(position, bytes);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (error.errno === EPIPE) signalSelf(call, SIGPIPE);
    if (done === 0) throw error;
    return FAILED;
  }
}

/** What a signal handler does to a write: one that has moved a part ends with that. */
export const interruptedWrite: Pick<SystemCallEntry, "onSignal" | "interrupted"> = {
  onSignal: (wait) => wait.kind === "transfer" ? "fail" : onSocketSignal(wait),
  interrupted: (call, wait) => wait.kind === "transfer" ? wait.done : movedBefore(call, wait),
};

/**
 * `length` bytes of the buffers' contents from `from` on, or those before the first that is bad; valid
 * until the next call.
 */
function copyIn(
  user: UserMemory,
  buffers: readonly Buffer[],
  from: number,
  length: number,
): Uint8Array {
  let filled = 0;
  let start = 0;
  for (const buffer of buffers) {
    const skipped = Math.max(0, from - start);
    const wanted = Math.min(length - filled, buffer.length - skipped);
    start += buffer.length;
    if (wanted <= 0) continue;
    const part = filled === 0 ? prefixes.get(wanted) : piece.subarray(filled, filled + wanted);
    const copied = copyPartIn(user, buffer.address + skipped, part);
    if (copied === length) return part;
    filled += copied;
    if (copied < wanted || filled === length) break;
  }
  return prefixes.get(filled);
}

function copyPartIn(user: UserMemory, address: number, into: Uint8Array): number {
  try {
    user.readInto(address, into);
    return into.length;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return user.readableBytes(address, into.length);
  }
}

/** How much of a write the size limits let through: generic_write_checks(). Throws EFBIG. */
function allowedBytes(call: Call, position: number, total: number): number {
  const limit = call.task.limits.soft(RLIMIT_FSIZE);
  if (position >= limit) {
    signalSelf(call, SIGXFSZ);
    throw new SystemError(EFBIG);
  }
  const room = Math.min(limit, FILE_BYTES_MAX) - position;
  if (room <= 0) throw new SystemError(EFBIG);
  return Math.min(total, room);
}

/** Whoever writes to a file without being root takes its set-id bits away: file_remove_privs(). */
export function dropPrivilegeBits(call: Call, inode: Inode): void {
  if (call.task.credentials.has(CAP_FSETID)) return;
  const { mode } = inode;
  const drops = S_ISUID | ((mode & S_IXGRP) !== 0 ? S_ISGID : 0);
  if ((mode & drops) !== 0) inode.setAttributes({ mode: mode & ~drops });
}

/** What a call on the descriptor at argument 0 waits for, or EAGAIN. */
function mustWait(call: Call, file: OpenFile, events: number, nonBlocking: boolean): Wait {
  if (nonBlocking) throw new SystemError(EAGAIN);
  if (file.object instanceof Stream) return { kind: "stream", stream: file.object.index };
  const isExclusive = file.object instanceof PipeEnd;
  return { kind: "poll", files: [{ fd: int(call, 0), events }], isExclusive, deadline_ns: null };
}
