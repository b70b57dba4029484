/**
 * An open file: what open(2) makes and dup(2) shares, Linux's `struct file`.
 *
 * The offset and the status flags are here; close-on-exec belongs to the descriptor (file_table.ts).
 */

import {
  O_ACCMODE,
  O_APPEND,
  O_NOATIME,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from "../abi/fcntl.ts";
import { ST_RELATIME } from "../abi/stat.ts";
import { IN_CLOSE_NOWRITE, IN_CLOSE_WRITE } from "../abi/inotify.ts";
import type { Cloning } from "./cloning.ts";
import type { FileOwner } from "./file_owner.ts";
import type { Access, Attributes, FileObject } from "./file_object.ts";
import { Inode } from "./inode.ts";
import type { Place } from "./mount.ts";
import { notifyPlace } from "./notify.ts";
import type { Stream } from "./stream.ts";

/** What an {@link OpenFile} is made of. */
export interface OpenFileParts {
  /** What it stands on. */
  readonly object: FileObject;
  /** Where it was found; `null` for what has no name, such as a pipe. */
  readonly place: Place | null;
  /** O_* of open(2) without those that only say how to open (O_CREAT, O_EXCL, O_TRUNC, O_CLOEXEC …). */
  readonly flags: number;
  /** Bytes (for a directory: its entry's cookie). Default: 0. */
  readonly offset?: number;
}

/** What wants to know when an open file is closed for good: an epoll set. */
export interface Watcher {
  /** The file is closed. */
  forget(file: OpenFile): void;
}

/** An open file, with one reference to begin with. */
export class OpenFile {
  /** What it stands on. */
  readonly object: FileObject;
  /** Where it was found; `null` for what has no name, such as a pipe. */
  readonly place: Place | null;
  /** O_*: the access mode never changes, the status flags by F_SETFL. */
  flags: number;
  /** Where the next read or write is; meaningless where there are no positions. */
  offset: number;
  /** Who is signalled with O_ASYNC; `null` where nobody has ever been named. */
  owner: FileOwner | null = null;
  /** The signal that he gets, 1 … 64; 0 for SIGIO without any information. */
  ownerSignal = 0;
  #references = 1;
  #watchers: Set<Watcher> | null = null;

  /** Throws SystemError when the object cannot be opened so. */
  constructor(parts: OpenFileParts) {
    this.object = parts.object;
    this.place = parts.place;
    this.flags = parts.flags;
    this.offset = parts.offset ?? 0;
    this.object.opened(this.#access);
    this.place?.mount.opened(this.place.inode, this.writable);
  }

  /** An open file on a standard stream: O_RDWR on a terminal, else as `access` says. */
  static onStream(stream: Stream, access: typeof O_RDONLY | typeof O_WRONLY): OpenFile {
    const { tty } = stream;
    const flags = tty === null ? access : O_RDWR;
    return new OpenFile({ object: tty ?? stream, place: null, flags });
  }

  /** Whether read(2) is allowed. */
  get readable(): boolean {
    const mode = this.flags & O_ACCMODE;
    return !this.namesOnly && (mode === O_RDONLY || mode === O_RDWR);
  }

  /** Whether write(2) is allowed. */
  get writable(): boolean {
    const mode = this.flags & O_ACCMODE;
    return !this.namesOnly && (mode === O_WRONLY || mode === O_RDWR);
  }

  /** Whether it only names a place: O_PATH. */
  get namesOnly(): boolean {
    return (this.flags & O_PATH) !== 0;
  }

  /** Whether writes go to the end: O_APPEND. */
  get appends(): boolean {
    return (this.flags & O_APPEND) !== 0;
  }

  /** Whether what would wait answers EAGAIN: O_NONBLOCK. */
  get nonBlocking(): boolean {
    return (this.flags & O_NONBLOCK) !== 0;
  }

  /** The inode it stands on, or `null` for a stream or a pipe. */
  get inode(): Inode | null {
    if (this.object instanceof Inode) return this.object;
    return this.place?.inode ?? null;
  }

  /** What fstat(2) shows: the inode that was opened, or what stands in for one. */
  attributes(): Attributes {
    return (this.inode ?? this.object).attributes();
  }

  /**
   * The path from the root of the tree as it is now, also after a rename; with " (deleted)" behind it
   * when the name is gone. What never had a name is shown as /proc/self/fd shows it: `pipe:[7]`.
   */
  get path(): string {
    if (this.place === null) return this.object.description;
    const { path, deleted } = this.place.pathFrom();
    return deleted ? `${path} (deleted)` : path;
  }

  /** Descriptors and mappings that hold it. */
  get references(): number {
    return this.#references;
  }

  /** Another holder. Returns the file itself. */
  retain(): this {
    this.#references++;
    return this;
  }

  /** A holder less; the last one closes the file. Throws an Error when there was none left. */
  release(): void {
    if (this.#references === 0) throw new Error("An open file was released more often than held");
    if (--this.#references > 0) return;
    this.notify(this.writable ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
    for (const watcher of this.#watchers ?? []) watcher.forget(this);
    this.#watchers = null;
    this.inode?.locks?.release(this);
    this.object.closed(this.#access);
    this.place?.mount.closed(this.place.inode, this.writable);
  }

  /** Notes a read of what lies in a file system. */
  touchAccess(): void {
    const { object, place, flags } = this;
    if ((flags & O_NOATIME) === 0 && object instanceof Inode) {
      object.touchAccess(place?.mount.flags ?? ST_RELATIME);
    }
  }

  /** Tells those who watch what it was opened through, or the directory above, of IN_* events. */
  notify(events: number): void {
    if (!this.namesOnly) notifyPlace(this.place, events);
  }

  /** Tells `watcher` when the file is closed; it does not hold it. */
  watch(watcher: Watcher): void {
    this.#watchers ??= new Set();
    this.#watchers.add(watcher);
  }

  /** Ends {@link watch}. */
  unwatch(watcher: Watcher): void {
    this.#watchers?.delete(watcher);
  }

  /**
   * The file's copy for a machine's clone, with one reference for each caller: the first call makes the
   * copy, each further one retains it.
   */
  clone(cloning: Cloning): OpenFile {
    let isNew = false;
    const copy = cloning.once(this, () => {
      isNew = true;
      const { flags, offset } = this;
      const object = this.object.clone(cloning);
      const place = this.place?.clone(cloning) ?? null;
      const copy = new OpenFile({ object, place, flags, offset });
      copy.owner = this.owner;
      copy.ownerSignal = this.ownerSignal;
      return copy;
    });
    if (isNew) this.#cloneLocks(copy, cloning);
    return isNew ? copy : copy.retain();
  }

  /** Whoever holds a lock has the file open: so each lock is met, once its owner is copied. */
  #cloneLocks(copy: OpenFile, cloning: Cloning): void {
    const [locks, inode] = [this.inode?.locks, copy.inode];
    if (locks && inode !== null) cloning.later(() => inode.locks = locks.clone(cloning));
  }

  get #access(): Access {
    return { read: this.readable, write: this.writable };
  }
}
