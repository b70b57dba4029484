/**
 * The descriptors of a task: small numbers to open files, Linux's `files_struct`.
 *
 * Source: open(2) ("lowest-numbered file descriptor not currently open"), dup(2), fcntl(2), `fs/file.c`.
 */

import { EBADF, EINVAL, EMFILE, SystemError } from "../abi/errno.ts";
import { DESCRIPTORS_MAX } from "../abi/fcntl.ts";
import type { Cloning } from "./cloning.ts";
import type { FileKind, FileObject } from "./file_object.ts";
import type { OpenFile } from "./open_file.ts";
import { WaitQueue } from "./wait_queue.ts";

/** What a descriptor leads to. */
export interface Descriptor {
  /** Shared with the descriptors that dup(2) made from this one, or this one from. */
  readonly file: OpenFile;
  /** FD_CLOEXEC: whether execve(2) closes it. */
  closeOnExec: boolean;
}

/** The descriptor table of a task, or of several that share it. */
export class FileTable {
  /** Index is the descriptor; `undefined` where none is. */
  readonly #descriptors: (Descriptor | undefined)[] = [];
  /** Below it all are open. */
  #firstFree = 0;
  readonly #waiters = new Map<number, WaitQueue>();
  #users = 1;

  /**
   * The open file of a descriptor. Throws EBADF when there is none, or one that only names a place
   * (O_PATH), which is of no use to most calls; see {@link getAny}.
   */
  get(fd: number): OpenFile {
    const file = this.getAny(fd);
    if (file.namesOnly) throw new SystemError(EBADF);
    return file;
  }

  /** The open file of a descriptor, also one with O_PATH. Throws EBADF when there is none. */
  getAny(fd: number): OpenFile {
    return this.descriptor(fd).file;
  }

  /** The descriptor itself. Throws EBADF when there is none. */
  descriptor(fd: number): Descriptor {
    const descriptor = this.#descriptors[fd];
    if (descriptor === undefined) throw new SystemError(EBADF);
    return descriptor;
  }

  /** Whether the descriptor is open. */
  has(fd: number): boolean {
    return this.#descriptors[fd] !== undefined;
  }

  /** Descriptors that are open, ascending. */
  entries(): [fd: number, descriptor: Descriptor][] {
    return this.#descriptors.flatMap((descriptor, fd): [number, Descriptor][] =>
      descriptor === undefined ? [] : [[fd, descriptor]]
    );
  }

  /** The highest descriptor that is open, -1 when none is. */
  get highest(): number {
    return this.#descriptors.length - 1;
  }

  /** What open descriptors of a kind lead to. */
  objects(kind: FileKind): FileObject[] {
    const found: FileObject[] = [];
    for (const descriptor of this.#descriptors) {
      const object = descriptor?.file.object;
      if (object?.kind === kind) found.push(object);
    }
    return found;
  }

  /** How many descriptors are open. */
  get size(): number {
    return this.#descriptors.reduce((count, descriptor) => count + (descriptor ? 1 : 0), 0);
  }

  /** The lowest free descriptor at or above `minimum`. Throws EMFILE at `limit` (RLIMIT_NOFILE). */
  lowestFree(minimum = 0, limit: number = DESCRIPTORS_MAX): number {
    let fd = Math.max(minimum, this.#firstFree);
    while (this.#descriptors[fd] !== undefined) fd++;
    if (minimum <= this.#firstFree) this.#firstFree = fd;
    if (fd >= Math.min(limit, DESCRIPTORS_MAX)) throw new SystemError(EMFILE);
    return fd;
  }

  /**
   * Gives a file the lowest free descriptor at or above `minimum`, and takes over the caller's reference
   * to it. Throws EMFILE at `limit` (RLIMIT_NOFILE); the caller then still holds its reference.
   */
  install(
    file: OpenFile,
    minimum = 0,
    closeOnExec = false,
    limit: number = DESCRIPTORS_MAX,
  ): number {
    const fd = this.lowestFree(minimum, limit);
    this.#set(fd, { file, closeOnExec });
    return fd;
  }

  /** Gives a file this descriptor, and takes over the caller's reference; what was there is closed. */
  installAt(fd: number, file: OpenFile, closeOnExec = false): void {
    if (!Number.isInteger(fd) || fd < 0 || fd >= DESCRIPTORS_MAX) throw new SystemError(EBADF);
    const before = this.#descriptors[fd];
    this.#set(fd, { file, closeOnExec });
    if (before === undefined) return;
    before.file.object.descriptorClosed();
    this.#letGo(fd, before.file);
  }

  /** dup(2) and F_DUPFD: another descriptor of the same open file. Throws EBADF, EINVAL, EMFILE. */
  duplicate(fd: number, options: DuplicateOptions = {}): number {
    const { minimum = 0, closeOnExec = false, limit = DESCRIPTORS_MAX } = options;
    const file = this.getAny(fd);
    if (minimum >= limit) throw new SystemError(EINVAL);
    const copy = this.install(file, minimum, closeOnExec, limit);
    file.retain();
    return copy;
  }

  /** dup3(2) on two different descriptors. Throws EBADF. */
  duplicateTo(fd: number, to: number, options: DuplicateOptions = {}): void {
    const { closeOnExec = false, limit = DESCRIPTORS_MAX } = options;
    if (to >= limit) throw new SystemError(EBADF);
    this.installAt(to, this.getAny(fd).retain(), closeOnExec);
  }

  /** Closes a descriptor. Throws EBADF when there is none. */
  close(fd: number): void {
    const { file } = this.descriptor(fd);
    file.object.descriptorClosed();
    this.#drop(fd, file);
  }

  /** Closes what execve(2) closes. */
  closeOnExec(): void {
    for (const [fd, { closeOnExec }] of this.entries()) if (closeOnExec) this.close(fd);
  }

  /** Tasks that use it. */
  get users(): number {
    return this.#users;
  }

  /** Another task begins to use it. Returns the table itself. */
  retain(): this {
    this.#users++;
    return this;
  }

  /** A task stops using it; the last one closes all. */
  release(): void {
    if (--this.#users === 0) this.closeAll();
  }

  /** Closes all; whose descriptors they were, no file is told ({@link FileObject.descriptorClosed}). */
  closeAll(): void {
    for (const [fd, { file }] of this.entries()) this.#drop(fd, file);
  }

  /** The table of a child: its own descriptors on the same open files. */
  fork(): FileTable {
    return this.#mapped((file) => file.retain());
  }

  /** The table of a machine's clone; what shared an open file shares its copy. */
  clone(cloning: Cloning): FileTable {
    return cloning.once(this, () => {
      const clone = this.#mapped((file) => file.clone(cloning));
      clone.#users = this.#users;
      return clone;
    });
  }

  #drop(fd: number, file: OpenFile): void {
    this.#descriptors[fd] = undefined;
    this.#firstFree = Math.min(this.#firstFree, fd);
    while (this.#descriptors.length > 0 && this.#descriptors.at(-1) === undefined) {
      this.#descriptors.pop();
    }
    this.#letGo(fd, file);
  }

  /** Who waits for what a descriptor leads to, and has to know when it leads elsewhere, or nowhere. */
  waitersAt(fd: number): WaitQueue {
    let waiters = this.#waiters.get(fd);
    if (waiters === undefined) this.#waiters.set(fd, waiters = new WaitQueue());
    return waiters;
  }

  /** A descriptor is closed, and with it go all record locks that the process has on the file. */
  #letGo(fd: number, file: OpenFile): void {
    file.inode?.locks?.release(this);
    file.release();
    this.#waiters.get(fd)?.wakeAll();
  }

  #mapped(copyOf: (file: OpenFile) => OpenFile): FileTable {
    const copy = new FileTable();
    for (const [fd, { file, closeOnExec }] of this.entries()) {
      copy.#set(fd, { file: copyOf(file), closeOnExec });
    }
    return copy;
  }

  #set(fd: number, descriptor: Descriptor): void {
    // No holes: an array with them would turn into a dictionary at one high descriptor.
    while (this.#descriptors.length < fd) this.#descriptors.push(undefined);
    this.#descriptors[fd] = descriptor;
  }
}

/** How a descriptor is duplicated. */
export interface DuplicateOptions {
  /** The lowest descriptor to use. Default: 0. */
  readonly minimum?: number;
  /** Default: false. */
  readonly closeOnExec?: boolean;
  /** RLIMIT_NOFILE. Default: none but DESCRIPTORS_MAX. */
  readonly limit?: number;
}
