/**
 * Anonymous pipes: a queue of bytes with two ends.
 *
 * A write of up to PIPE_BUF bytes goes in whole or waits; a longer one goes in as room comes. At the
 * reading end, no writers left means the end of the file; at the writing end, no readers left is EPIPE
 * (and SIGPIPE, which the system call sends).
 *
 * Source: pipe(7), pipe(2), `fs/pipe.c`.
 */

import { EBUSY, EINVAL, ENXIO, EPERM, EPIPE, SystemError } from "../abi/errno.ts";
import { PIPE_BUF, PIPE_CAPACITY_BYTES, PIPE_CAPACITY_BYTES_MAX } from "../abi/fcntl.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../abi/poll.ts";
import { S_IFIFO } from "../abi/stat.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { ByteQueue } from "./byte_queue.ts";
import type { Cloning } from "./cloning.ts";
import { type Access, type Attributes, type FileKind, FileObject } from "./file_object.ts";
import { PIPE_DEVICE } from "./anonymous.ts";

/** What a {@link Pipe} is made of. */
export interface PipeOptions {
  /** Its inode number, by which a wait names it. */
  readonly ino: number;
  readonly uid: number;
  readonly gid: number;
  /** When it was made, in ns of CLOCK_REALTIME. */
  readonly now_ns: bigint;
}

/** What both ends of a pipe share. */
export class Pipe {
  /** Inode number, unique among the machine's pipes. */
  ino: number;
  readonly uid: number;
  readonly gid: number;
  /** When it was made, in ns of CLOCK_REALTIME. */
  readonly created_ns: bigint;
  /** Bytes written and not read yet. */
  queue: ByteQueue = new ByteQueue();
  /** Open files on the reading end. */
  readers = 0;
  /** Open files on the writing end. */
  writers = 0;
  /** How often something came for the readers: bytes, or the end. See {@link FileObject.inputEvents}. */
  inputEvents = 0;
  /** How often something came for the writers: room, or the end. */
  outputEvents = 0;
  #capacity_bytes = PIPE_CAPACITY_BYTES;

  constructor(options: PipeOptions) {
    this.ino = options.ino;
    this.uid = options.uid;
    this.gid = options.gid;
    this.created_ns = options.now_ns;
  }

  /** Bytes that it holds at most: F_GETPIPE_SZ. */
  get capacity_bytes(): number {
    return this.#capacity_bytes;
  }

  /** Bytes that fit in now. */
  get room(): number {
    return this.#capacity_bytes - this.queue.length;
  }

  /**
   * F_SETPIPE_SZ: rounds `bytes` up to a power of two of pages and returns what it became. Throws EINVAL
   * for 0 or more than 2^31 bytes, EPERM over the limit unless privileged, EBUSY when more is in it.
   */
  resize(bytes: number, isPrivileged: boolean): number {
    if (bytes <= 0 || bytes > 2 ** 31) throw new SystemError(EINVAL);
    const capacity = Math.max(PAGE_SIZE, 2 ** Math.ceil(Math.log2(bytes)));
    const grows = capacity > this.#capacity_bytes;
    if (grows && capacity > PIPE_CAPACITY_BYTES_MAX && !isPrivileged) throw new SystemError(EPERM);
    if (this.queue.length > capacity) throw new SystemError(EBUSY);
    return this.#capacity_bytes = capacity;
  }

  attributes(): Attributes {
    const { ino, uid, gid, created_ns: at } = this;
    const times = { atime_ns: at, mtime_ns: at, ctime_ns: at, btime_ns: at };
    const mode = S_IFIFO | 0o600;
    return {
      device: PIPE_DEVICE,
      ino,
      mode,
      nlink: 1,
      uid,
      gid,
      rdev: 0,
      size: 0,
      blocks: 0,
      ...times,
    };
  }

  /** Takes away bytes that were read. */
  consume(length: number): void {
    const wasFull = this.room < PIPE_BUF;
    this.queue.consume(length);
    if (wasFull && this.room >= PIPE_BUF) this.outputEvents++;
  }

  /** Somebody has closed an end: whoever waits at the other one has to look. */
  lostEnd(): void {
    this.inputEvents++;
    this.outputEvents++;
  }

  /** The pipe of a machine's clone; its ends are counted anew. */
  clone(cloning: Cloning): Pipe {
    return cloning.once(this, () => {
      const { ino, uid, gid, created_ns: now_ns } = this;
      const copy = new Pipe({ ino, uid, gid, now_ns });
      copy.queue = this.queue.clone();
      copy.#capacity_bytes = this.#capacity_bytes;
      copy.inputEvents = this.inputEvents;
      copy.outputEvents = this.outputEvents;
      return copy;
    });
  }
}

/** One end of a pipe. */
export abstract class PipeEnd extends FileObject {
  readonly pipe: Pipe;

  constructor(pipe: Pipe) {
    super();
    this.pipe = pipe;
  }

  override get description(): string {
    return `pipe:[${this.pipe.ino}]`;
  }

  override attributes(): Attributes {
    return this.pipe.attributes();
  }

  override bytesReady(): number {
    return this.pipe.queue.length;
  }

  override facts(): Readonly<Record<string, string>> {
    const { queue, capacity_bytes, readers, writers, uid, gid, created_ns } = this.pipe;
    return {
      contents: queue.peek(queue.length).toHex(),
      capacity: `${capacity_bytes} bytes`,
      ends: `${readers} to read, ${writers} to write`,
      owner: `${uid}:${gid} since ${created_ns} ns`,
    };
  }

  /** The end that the access is for. */
  override reopened({ read, write }: Access): PipeEnd {
    if (read && write) throw new SystemError(ENXIO);
    return read ? new PipeReader(this.pipe) : new PipeWriter(this.pipe);
  }
}

/** The end that is read. */
export class PipeReader extends PipeEnd {
  override readonly kind: FileKind = "pipe_reader";

  override poll(): number {
    const { queue, writers } = this.pipe;
    return (queue.length > 0 ? POLLIN | POLLRDNORM : 0) | (writers === 0 ? POLLHUP : 0);
  }

  override read(_position: number, length: number): Uint8Array | null {
    const { queue, writers } = this.pipe;
    return queue.length > 0 || writers === 0 || length === 0 ? queue.view(length) : null;
  }

  override consume(length: number): void {
    this.pipe.consume(length);
  }

  override get inputEvents(): number {
    return this.pipe.inputEvents;
  }

  override opened(): void {
    this.pipe.readers++;
  }

  override closed(): void {
    this.pipe.readers--;
    this.pipe.lostEnd();
  }

  override clone(cloning: Cloning): PipeReader {
    return cloning.once(this, () => new PipeReader(this.pipe.clone(cloning)));
  }
}

/** The end that is written. */
export class PipeWriter extends PipeEnd {
  override readonly kind: FileKind = "pipe_writer";

  override poll(): number {
    const { room, readers } = this.pipe;
    return (room >= PIPE_BUF ? POLLOUT | POLLWRNORM : 0) | (readers === 0 ? POLLERR : 0);
  }

  override write(_position: number, bytes: Uint8Array): number | null {
    const { queue, readers, room } = this.pipe;
    if (bytes.length === 0) return 0;
    if (readers === 0) throw new SystemError(EPIPE);
    if (room === 0 || (bytes.length <= PIPE_BUF && bytes.length > room)) return null;
    const fitting = bytes.subarray(0, room);
    queue.push(fitting);
    this.pipe.inputEvents++;
    return fitting.length;
  }

  override get outputEvents(): number {
    return this.pipe.outputEvents;
  }

  override opened(): void {
    this.pipe.writers++;
  }

  override closed(): void {
    this.pipe.writers--;
    this.pipe.lostEnd();
  }

  override clone(cloning: Cloning): PipeWriter {
    return cloning.once(this, () => new PipeWriter(this.pipe.clone(cloning)));
  }
}
