/**
 * Anonymous pipes: a queue of bytes with two ends.
 *
 * A write of up to PIPE_BUF bytes goes in whole or waits; a longer one goes in as room comes. At the
 * reading end, no writers left means the end of the file; at the writing end, no readers left is EPIPE
 * (and SIGPIPE, which the system call sends).
 *
 * Source: pipe(7), pipe(2), `fs/pipe.c`.
 */

import { EBUSY, EINVAL, ENOMEM, EPERM, EPIPE, SystemError } from "../abi/errno.ts";
import {
  PIPE_BUF,
  PIPE_CAPACITY_BYTES,
  PIPE_CAPACITY_BYTES_MAX,
  PIPE_SLOTS_MAX,
} from "../abi/fcntl.ts";
import { INPUT_EVENTS, OUTPUT_EVENTS, POLLERR, POLLHUP } from "../abi/poll.ts";
import { S_IFIFO } from "../abi/stat.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { ByteQueue } from "./byte_queue.ts";
import type { Cloning } from "./cloning.ts";
import {
  type Access,
  type AsyncEvents,
  type Attributes,
  type FileKind,
  FileObject,
} from "./file_object.ts";
import { PIPE_DEVICE } from "./anonymous.ts";
import { WaitQueue } from "./wait_queue.ts";

/** What a {@link Pipe} is made of. */
export interface PipeOptions {
  /** Its inode number, by which a wait names it. */
  readonly ino: number;
  readonly uid: number;
  readonly gid: number;
  /** When it was made, in ns of CLOCK_REALTIME. */
  readonly now_ns: bigint;
}

/** A FIFO, which has a pipe as long as somebody has an end of it open. */
export interface PipeHome {
  pipe: Pipe | null;
  /** The FIFO's copy for a machine's clone. */
  clone(cloning: Cloning): PipeHome;
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
  /** How often the reading end was opened. */
  readerOpens = 0;
  /** How often the writing end was opened. */
  writerOpens = 0;
  /** The FIFO that it belongs to; `null` for one of pipe(2). */
  home: PipeHome | null = null;
  /** Who waits at either end. */
  readonly waiters: WaitQueue = new WaitQueue();
  /** What the readers that have asked for it get SIGIO for. */
  asyncInput = 0;
  /** What the writers get it for: each read. */
  asyncOutput = 0;
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
   * for 0 or more than 2^31 bytes, EPERM over the limit unless privileged, EBUSY when more is in it, ENOMEM
   * for more slots than can be had in one piece.
   */
  resize(bytes: number, isPrivileged: boolean): number {
    if (bytes <= 0 || bytes > 2 ** 31) throw new SystemError(EINVAL);
    const capacity = Math.max(PAGE_SIZE, 2 ** Math.ceil(Math.log2(bytes)));
    const grows = capacity > this.#capacity_bytes;
    if (grows && capacity > PIPE_CAPACITY_BYTES_MAX && !isPrivileged) throw new SystemError(EPERM);
    if (capacity > PIPE_SLOTS_MAX * PAGE_SIZE) throw new SystemError(ENOMEM);
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

  /** See {@link FileObject.read}. */
  read(length: number): Uint8Array | null {
    const { queue, writers } = this;
    return queue.length > 0 || writers === 0 || length === 0 ? queue.view(length) : null;
  }

  /** See {@link FileObject.write}. Throws EPIPE when nobody could read it. */
  write(bytes: Uint8Array): number | null {
    const { readers, room } = this;
    if (bytes.length === 0) return 0;
    if (readers === 0) throw new SystemError(EPIPE);
    if (room === 0 || (bytes.length <= PIPE_BUF && bytes.length > room)) return null;
    const fitting = bytes.length <= room ? bytes : bytes.subarray(0, room);
    this.push(fitting);
    return fitting.length;
  }

  /** Puts in bytes for which there is room. */
  push(bytes: Uint8Array): void {
    this.queue.push(bytes);
    this.asyncInput++;
    this.waiters.wake(INPUT_EVENTS);
  }

  /** Takes away bytes that were read. */
  consume(length: number): void {
    this.asyncOutput++;
    const wasFull = this.room < PIPE_BUF;
    this.queue.consume(length);
    if (wasFull && this.room >= PIPE_BUF) this.waiters.wake(OUTPUT_EVENTS);
  }

  /** An end is opened. */
  gainEnd({ read, write }: Access): void {
    if (read) [this.readers, this.readerOpens] = [this.readers + 1, this.readerOpens + 1];
    if (write) [this.writers, this.writerOpens] = [this.writers + 1, this.writerOpens + 1];
    // Whoever is opening a FIFO has waited for this.
    if (this.home !== null) this.waiters.wakeAll();
  }

  /** An end is closed: whoever waits at the other one has to look. With the last one all is gone. */
  loseEnd({ read, write }: Access): void {
    if (read) this.readers--;
    if (write) this.writers--;
    if ((this.readers > 0) !== (this.writers > 0)) {
      this.asyncInput++;
      this.asyncOutput++;
    }
    if (this.readers + this.writers === 0 && this.home !== null) this.home.pipe = null;
    this.waiters.wakeAll();
  }

  /** Makes it the pipe of a FIFO. */
  settle(home: PipeHome): void {
    this.home = home;
    home.pipe = this;
  }

  /** The pipe of a machine's clone; its ends are counted anew. */
  clone(cloning: Cloning): Pipe {
    return cloning.once(this, () => {
      const { ino, uid, gid, created_ns: now_ns } = this;
      const copy = new Pipe({ ino, uid, gid, now_ns });
      copy.queue = this.queue.clone();
      copy.#capacity_bytes = this.#capacity_bytes;
      copy.asyncInput = this.asyncInput;
      copy.asyncOutput = this.asyncOutput;
      if (this.home !== null) copy.settle(this.home.clone(cloning));
      // The opens of the copies of its ends are no new ones.
      const { readerOpens, writerOpens } = this;
      cloning.later(() => Object.assign(copy, { readerOpens, writerOpens }));
      return copy;
    });
  }
}

/** One end of a pipe. */
export abstract class PipeEnd extends FileObject {
  readonly pipe: Pipe;
  override readonly waiters: WaitQueue;

  constructor(pipe: Pipe) {
    super();
    this.pipe = pipe;
    this.waiters = pipe.waiters;
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

  override get asyncEvents(): AsyncEvents {
    const { kind, pipe } = this;
    return {
      input: kind === "pipe_writer" ? 0 : pipe.asyncInput,
      output: kind === "pipe_reader" ? 0 : pipe.asyncOutput,
    };
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

  override opened(access: Access): void {
    this.pipe.gainEnd(access);
  }

  override closed(access: Access): void {
    this.pipe.loseEnd(access);
  }

  /** The end that the access is for. */
  override reopened(access: Access): PipeEnd {
    return endOf(this.pipe, access);
  }
}

/** The end of a pipe that an access is for. */
export function endOf(pipe: Pipe, { read, write }: Access): PipeEnd {
  if (read && write) return new PipeBothEnds(pipe);
  return write ? new PipeWriter(pipe) : new PipeReader(pipe);
}

/** The end that is read. */
export class PipeReader extends PipeEnd {
  override readonly kind: FileKind = "pipe_reader";

  override poll(): number {
    const { queue, writers, writerOpens } = this.pipe;
    // Nobody has written to a FIFO yet: that is no end.
    const isOver = writers === 0 && writerOpens > 0;
    return (queue.length > 0 ? INPUT_EVENTS : 0) | (isOver ? POLLHUP : 0);
  }

  override read(_position: number, length: number): Uint8Array | null {
    return this.pipe.read(length);
  }

  override consume(length: number): void {
    this.pipe.consume(length);
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
    return (room >= PIPE_BUF ? OUTPUT_EVENTS : 0) | (readers === 0 ? POLLERR : 0);
  }

  override write(_position: number, bytes: Uint8Array): number | null {
    return this.pipe.write(bytes);
  }

  override clone(cloning: Cloning): PipeWriter {
    return cloning.once(this, () => new PipeWriter(this.pipe.clone(cloning)));
  }
}

/** Both ends in one: what opening a FIFO to read and write leads to. */
export class PipeBothEnds extends PipeEnd {
  override readonly kind: FileKind = "pipe_both";

  override poll(): number {
    const { queue, room } = this.pipe;
    return (queue.length > 0 ? INPUT_EVENTS : 0) |
      (room >= PIPE_BUF ? OUTPUT_EVENTS : 0);
  }

  override read(_position: number, length: number): Uint8Array | null {
    return this.pipe.read(length);
  }

  override consume(length: number): void {
    this.pipe.consume(length);
  }

  override write(_position: number, bytes: Uint8Array): number | null {
    return this.pipe.write(bytes);
  }

  override clone(cloning: Cloning): PipeBothEnds {
    return cloning.once(this, () => new PipeBothEnds(this.pipe.clone(cloning)));
  }
}
