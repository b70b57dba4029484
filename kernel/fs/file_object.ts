/**
 * What an open file can stand on: an inode, a stream of the harness, an end of a pipe.
 *
 * Reading comes in two steps, so that nothing is lost when the guest's buffer turns out to be bad in
 * the middle: {@link FileObject.read} looks at bytes, {@link FileObject.consume} takes away those that
 * arrived. What would block answers `null`; the system call then says what it waits for.
 */

import { EINVAL, ENXIO, SystemError } from "../abi/errno.ts";
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../abi/poll.ts";
import type { Cloning } from "./cloning.ts";
import type { WaitQueue } from "./wait_queue.ts";

/** What fstat(2) shows. Times are nanoseconds of CLOCK_REALTIME. */
export interface Attributes {
  /** The file system's device number. */
  readonly device: number;
  /** The number of the inode, unique in its file system. */
  readonly ino: number;
  /** Type (S_IFMT) and permission bits. */
  readonly mode: number;
  /** Names that lead to the inode. */
  readonly nlink: number;
  /** Its owner. */
  readonly uid: number;
  /** Its owner's group. */
  readonly gid: number;
  /** For a device: which one; else 0. */
  readonly rdev: number;
  /** Bytes. */
  readonly size: number;
  /** Units of 512 bytes that it really takes. */
  readonly blocks: number;
  /** Last read, as far as "relatime" notes it. */
  readonly atime_ns: bigint;
  /** Last change of the contents. */
  readonly mtime_ns: bigint;
  /** Last change of contents or attributes. */
  readonly ctime_ns: bigint;
  /** When it was made. */
  readonly btime_ns: bigint;
}

/** The kinds of objects behind a descriptor. A new one must say how it is saved. */
export type FileKind =
  | "regular"
  | "directory"
  | "symlink"
  | "device"
  | "proc"
  | "stream"
  | "terminal"
  | "pty_slave"
  | "pty_master"
  | "pipe_reader"
  | "pipe_writer"
  | "pipe_both"
  | "fifo"
  | "eventfd"
  | "timerfd"
  | "signalfd"
  | "epoll"
  | "inotify"
  | "pidfd"
  | "mqueue"
  | "namespace"
  | "socket";

/** How a file is opened: what the object needs to know of open(2)'s flags. */
export interface Access {
  /** Whether it is to be read. */
  readonly read: boolean;
  /** Whether it is to be written. */
  readonly write: boolean;
}

/** Who asks whether a file is ready: it matters to signalfd(2) only, whose files show one's own signals. */
export interface Poller {
  /** The signals that are pending for it or its process, blocked or not. */
  readonly pendingSignals: bigint;
}

/** How often there was something for who reads with O_ASYNC, or who writes: POLL_IN, POLL_OUT. */
export interface AsyncEvents {
  /** Something came: to be read, or the end. */
  readonly input: number;
  /** There was new room. */
  readonly output: number;
}

/** An object behind a descriptor: Linux's `struct file_operations`. */
export abstract class FileObject {
  /** Which of the classes this is. */
  abstract readonly kind: FileKind;

  /** What fstat(2) shows. Throws SystemError when a foreign file cannot be asked any more. */
  abstract attributes(): Attributes;

  /** How /proc/self/fd shows what has no name; empty where a name is shown. */
  get description(): string {
    return "";
  }

  /** Whether lseek(2) and pread(2) make sense; ESPIPE otherwise. */
  get seekable(): boolean {
    return false;
  }

  /** Which of the events of poll(2) hold now. By default always ready, as files are. */
  poll(_poller?: Poller): number {
    return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
  }

  /** Whether waiting for it makes sense, so that epoll_ctl(2) takes it; EPERM otherwise. */
  get pollable(): boolean {
    return true;
  }

  /** Who waits for it to become ready; `null` where nobody ever has to. */
  readonly waiters: WaitQueue | null = null;

  /**
   * Tells whoever waits that some of the events of poll(2) have come, whether or not they held before: an
   * edge-triggered entry of an epoll set tells of each occasion.
   */
  notify(events: number): void {
    this.waiters?.wake(events);
  }

  /**
   * What O_ASYNC has made worth a signal, as counts that never go down; `null` for what sends none. Linux
   * is more sparing with these than with wake-ups.
   */
  get asyncEvents(): AsyncEvents | null {
    return null;
  }

  /** Whether a read ends with what the object shows at once, however much room is left: messages. */
  get delimited(): boolean {
    return false;
  }

  /**
   * At most `length` bytes at `position` (which an object without positions ignores); empty at the end;
   * `null` when a read has to wait. They are to be read only, and valid until something happens to the
   * object. Throws SystemError.
   */
  read(_position: number, _length: number): Uint8Array | null {
    throw new SystemError(EINVAL);
  }

  /** Takes away bytes that the last {@link read} showed; nothing to do where there are positions. */
  consume(_length: number): void {}

  /**
   * Writes at `position` and answers how many bytes went in: all, or fewer when the rest has to wait
   * or found no room; `null` when nothing can go in now. Throws SystemError.
   */
  write(_position: number, _bytes: Uint8Array): number | null {
    throw new SystemError(EINVAL);
  }

  /** Whether mmap(2) of it gives memory of zeros, as that of /dev/zero does. */
  get mapsZeros(): boolean {
    return false;
  }

  /** Bytes that FIONREAD reports, or -1 where it means nothing. */
  bytesReady(_position: number): number {
    return -1;
  }

  /**
   * What the object holds besides its attributes, by name, for whoever compares it from outside: what a
   * restart must bring back. What has a name in the tree of files is compared there.
   */
  facts(): Readonly<Record<string, string>> {
    return {};
  }

  /** Further lines about it in /proc/PID/fdinfo. */
  get information(): readonly string[] {
    return [];
  }

  /**
   * The object of another open file on the same thing, as opening /proc/self/fd/N makes one. Throws
   * SystemError: ENXIO for what cannot be opened twice, such as a socket.
   */
  reopened(_access: Access): FileObject {
    throw new SystemError(ENXIO);
  }

  /** An open file begins to stand on this object. Throws SystemError when it cannot be opened. */
  opened(_access: Access): void {}

  /** An open file that began with {@link opened} is gone. */
  closed(_access: Access): void {}

  /** The running task closes a descriptor of it, the last or not: `flush` of Linux's file operations. */
  descriptorClosed(): void {}

  /** The object's copy for a machine's clone. */
  abstract clone(cloning: Cloning): FileObject;
}
