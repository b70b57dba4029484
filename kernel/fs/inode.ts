/**
 * Inodes: what a name leads to, whatever file system it lies in.
 *
 * These classes hold what all file systems have in common and say what the rest of the kernel may ask;
 * tmpfs.ts keeps files in memory, foreign.ts asks a host folder. Names, parents and paths are not
 * here: one inode may have many (entry.ts).
 *
 * Source: inode(7); Linux's `struct inode`.
 */

import { EISDIR, ENXIO, SystemError } from "../abi/errno.ts";
import {
  S_IALLUGO,
  type S_IFBLK,
  type S_IFCHR,
  S_IFDIR,
  S_IFMT,
  ST_NOATIME,
  ST_NODIRATIME,
  ST_RDONLY,
  ST_RELATIME,
} from "../abi/stat.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { type Access, type Attributes, type FileKind, FileObject } from "./file_object.ts";
import type { Cloning } from "./cloning.ts";
import type { FileLocks } from "./file_locks.ts";
import { type InodeWatch, notifyGone } from "./notify.ts";
import type { FileMapper, PageRange } from "./file_mapper.ts";
import type { Place } from "./mount.ts";
import type { Task } from "../task.ts";
import type { Superblock } from "./superblock.ts";

/**
 * The most bytes of a file, a multiple of the page size: what a number holds exactly. (tmpfs on Linux goes
 * to 2^63 - 1, ext4 to 2^44; what lies between is seen by programs that look for it only.)
 */
export const FILE_BYTES_MAX: number = 2 ** 53 - PAGE_SIZE;

const DAY_NS = 86_400_000_000_000n;

/** Who owns a new inode and what it permits. */
export interface Ownership {
  /** Permission bits (0 … 0o7777), umask already applied. */
  readonly mode: number;
  /** Its owner. */
  readonly uid: number;
  /** Its owner's group. */
  readonly gid: number;
}

/** What an inode knows about itself besides its contents. Times are ns of CLOCK_REALTIME. */
export interface InodeFields extends Ownership {
  /** Unique in the file system. */
  readonly ino: number;
  /** Type (S_IFMT) and permission bits. */
  readonly mode: number;
  readonly nlink: number;
  readonly atime_ns: bigint;
  readonly mtime_ns: bigint;
  readonly ctime_ns: bigint;
  readonly btime_ns: bigint;
}

/** What chmod(2), chown(2) and utimensat(2) change; what is absent stays. ctime becomes now. */
export interface AttributeChange {
  /** Permission bits (0 … 0o7777). */
  readonly mode?: number;
  /** Its new owner. */
  readonly uid?: number;
  /** Its new group. */
  readonly gid?: number;
  /** Time of the last read. */
  readonly atime_ns?: bigint;
  /** Time of the last change of the contents. */
  readonly mtime_ns?: bigint;
}

/** A thing with an inode number. */
export abstract class Inode extends FileObject {
  /** The file system it lies in. */
  abstract readonly superblock: Superblock;
  /** Unique in the file system; what has no place in one gets another number when it is restored. */
  ino: number;
  /** Type (S_IFMT) and permission bits. */
  mode: number;
  /** Its owner. */
  uid: number;
  /** Its owner's group. */
  gid: number;
  /** Names that lead to it; of a directory also `.` and the `..` in those inside. */
  nlink: number;
  /** Last read, as far as "relatime" notes it. */
  atime_ns: bigint;
  /** Last change of the contents. */
  mtime_ns: bigint;
  /** Last change of contents or attributes. */
  ctime_ns: bigint;
  /** When it was made. */
  btime_ns: bigint;
  /** Whether a file that never had a name may get one: O_TMPFILE without O_EXCL. */
  linkable = false;
  /** Advisory locks on it; `null` while nobody has ever taken one. */
  locks: FileLocks | null = null;
  /** Who wants to know what happens to it; `null` while nobody does. */
  watches: Set<InodeWatch> | null = null;
  #opens = 0;

  /** An inode that nobody has open. */
  constructor(fields: InodeFields) {
    super();
    this.ino = fields.ino;
    this.mode = fields.mode;
    this.uid = fields.uid;
    this.gid = fields.gid;
    this.nlink = fields.nlink;
    this.atime_ns = fields.atime_ns;
    this.mtime_ns = fields.mtime_ns;
    this.ctime_ns = fields.ctime_ns;
    this.btime_ns = fields.btime_ns;
  }

  /** S_IFREG, S_IFDIR, S_IFLNK or S_IFCHR. */
  get type(): number {
    return this.mode & S_IFMT;
  }

  /**
   * Whether its path leads to it again once these tasks are brought back in another machine: not so for
   * what belongs to a task that is not among them.
   */
  comesBackWith(_tasks: ReadonlySet<Task>): boolean {
    return true;
  }

  /** Bytes, as stat(2) shows them; of a regular file at most {@link FILE_BYTES_MAX}. */
  get size(): number {
    return 0;
  }

  /** Units of 512 bytes, as stat(2) shows them. */
  get blocks(): number {
    return 0;
  }

  /** For a device: which one; else 0. */
  get rdev(): number {
    return 0;
  }

  /** See {@link FileObject.attributes}. */
  override attributes(): Attributes {
    this.refresh();
    return {
      device: this.superblock.device,
      ino: this.ino,
      mode: this.mode,
      nlink: this.nlink,
      uid: this.uid,
      gid: this.gid,
      rdev: this.rdev,
      size: this.size,
      blocks: this.blocks,
      atime_ns: this.atime_ns,
      mtime_ns: this.mtime_ns,
      ctime_ns: this.ctime_ns,
      btime_ns: this.btime_ns,
    };
  }

  /** Changes what `change` names. Permissions have been checked. Throws SystemError. */
  setAttributes(change: AttributeChange): void {
    if (change.mode !== undefined) {
      this.mode = this.type | (change.mode & S_IALLUGO);
    }
    this.uid = change.uid ?? this.uid;
    this.gid = change.gid ?? this.gid;
    this.atime_ns = change.atime_ns ?? this.atime_ns;
    this.mtime_ns = change.mtime_ns ?? this.mtime_ns;
    this.touchChange();
  }

  /** Notes that the inode (not its contents) changed. */
  touchChange(): void {
    this.ctime_ns = this.superblock.environment.now();
  }

  /** Notes that the contents changed. */
  touchContents(): void {
    this.ctime_ns = this.mtime_ns = this.superblock.environment.now();
  }

  /**
   * Notes a read through a mount with these flags (ST_*). By the rule ST_RELATIME, only when the last one
   * noted says too little.
   */
  touchAccess(flags: number): void {
    if (this.superblock.readOnly || !this.superblock.keepsTimes) return;
    const never = ST_RDONLY | ST_NOATIME | (this.type === S_IFDIR ? ST_NODIRATIME : 0);
    if ((flags & never) !== 0) return;
    const now_ns = this.superblock.environment.now();
    const stale = this.atime_ns <= this.mtime_ns || this.atime_ns <= this.ctime_ns ||
      now_ns - this.atime_ns >= DAY_NS;
    if (stale || (flags & ST_RELATIME) === 0) this.atime_ns = now_ns;
  }

  /**
   * What a new open file with this access stands on. Throws SystemError: ENXIO for what cannot be opened.
   */
  openObject(_access: Access): FileObject {
    throw new SystemError(ENXIO);
  }

  /** Makes sure of what the host knows; a file system in memory knows all. Throws SystemError. */
  refresh(): void {}

  /** Always ready, so that nobody need wait for it. */
  override get pollable(): boolean {
    return false;
  }

  /** Open files that stand on it. */
  get opens(): number {
    return this.#opens;
  }

  /** See {@link FileObject.opened}. */
  override opened(_access: Access): void {
    this.#opens++;
  }

  /** See {@link FileObject.closed}. */
  override closed(_access: Access): void {
    this.#opens--;
    this.evictIfUnused();
    this.notifyIfGone();
  }

  /** Tells those who watch it when neither a name nor an open file leads to it any more. */
  notifyIfGone(): void {
    if (this.nlink === 0 && this.#opens === 0) notifyGone(this);
  }

  /** Lets go of the contents when neither a name nor an open file leads to them any more. */
  evictIfUnused(): void {
    if (this.nlink === 0 && this.#opens === 0) this.evict();
  }

  /** Gives back what the contents take. */
  protected evict(): void {}

  /** The inode's copy for a machine's clone; its open files are counted anew. */
  abstract override clone(cloning: Cloning): Inode;
}

/** A regular file: bytes with a size. */
export abstract class RegularInode extends Inode {
  /** Always "regular". */
  override readonly kind: FileKind = "regular";

  /** The inode itself. */
  override openObject(_access: Access): FileObject {
    return this;
  }

  /** Always true. */
  override get seekable(): boolean {
    return true;
  }

  /** Changes whenever the contents may have changed; equal versions mean equal contents. */
  abstract readonly version: number;

  /** See {@link FileObject.read}; never has to wait. */
  abstract override read(position: number, length: number): Uint8Array;

  /** See {@link FileObject.write}; never has to wait. Extends the file. */
  abstract override write(position: number, bytes: Uint8Array): number;

  /** Bytes between `position` and the end. */
  override bytesReady(position: number): number {
    return Math.max(0, this.size - position);
  }

  /** Cuts the file, or lengthens it with zeros. Throws SystemError. */
  abstract resize(size: number): void;

  /** Makes sure of room for [from, to) without changing a byte or the size. Throws ENOSPC. */
  abstract reserve(from: number, to: number): void;

  /** Makes [from, to), which lies within the size, zeros that take no room. Throws SystemError. */
  abstract punch(from: number, to: number): void;

  /** The first offset at or after `from` with data, or -1 when only a hole follows. */
  abstract nextData(from: number): number;

  /** The first offset at or after `from` in a hole; the end of the file is one. `from` < size. */
  abstract nextHole(from: number): number;

  /** What nobody may do with it any more: F_SEAL_* bits; `null` for what takes no seals. */
  seals: number | null = null;

  /** Address spaces that map pages of it; some may have stopped doing so. */
  readonly mappers: Set<FileMapper> = new Set();

  /**
   * The frame that shows page `page` (bytes page × 4096 …) to a private mapping; -1 when the page lies
   * wholly behind the end (SIGBUS). The caller retains it before it maps it, and is told by
   * {@link forgetMapped} when another one takes its place. Throws OutOfFrames, and SystemError(EIO) for a
   * foreign file.
   */
  abstract pageFrame(page: number): number;

  /**
   * The frame that shows page `page` to a shared mapping, which for `write` changes it in place; -1 when
   * the page lies wholly behind the end. As {@link pageFrame} otherwise. Throws SystemError(ENOSPC) too.
   */
  abstract sharedFrame(page: number, write: boolean): number;

  /** The frame that {@link pageFrame} has shown for a page and would show again; -1 for none. */
  abstract shownFrame(page: number): number;

  /** Has those who map pages forget what they see of them. To be called before the pages change. */
  protected forgetMapped(range: PageRange): void {
    for (const mapper of this.mappers) mapper.forgetFilePages(this, range);
  }

  /** Whether somebody has a shared mapping that may be written to, or could be made so. */
  get isMappedForWriting(): boolean {
    return [...this.mappers].some((mapper) => mapper.mayWriteShared(this));
  }

  /** Makes sure that what was written is safe: fsync(2). Throws SystemError. */
  synchronise(): void {}

  #identity: { version: number; value: Uint8Array } | null = null;

  /** Something computed from the contents (a digest); computed again only after they changed. */
  contentIdentity(compute: (file: RegularInode) => Uint8Array): Uint8Array {
    const { version } = this;
    if (this.#identity?.version !== version) this.#identity = { version, value: compute(this) };
    return this.#identity.value;
  }

  /** Lets a clone with the same contents and version start with the same identity. */
  protected takeIdentityOf(original: RegularInode): void {
    this.#identity = original.#identity;
  }
}

/** One line of a directory. */
export interface DirectoryRecord {
  /** The name, without slashes. */
  readonly name: string;
  /** Number of the inode that it leads to. */
  readonly ino: number;
  /** S_IFREG … */
  readonly type: number;
  /**
   * Where the entry stands: greater than 1 and ascending. A reader that goes on at `cookie` + 1 sees
   * each entry that exists throughout exactly once, whatever else comes and goes.
   */
  readonly cookie: number;
}

/** What {@link DirectoryInode.create} can make. */
export type Creation =
  | { readonly kind: "regular" }
  | { readonly kind: "directory" }
  | { readonly kind: "symlink"; readonly target: string }
  | {
    readonly kind: "device";
    readonly type: typeof S_IFCHR | typeof S_IFBLK;
    readonly device: number;
  }
  | { readonly kind: "fifo" }
  | { readonly kind: "socket" };

/** One resolution of a path, known by its identity: while it goes on, the machine stands still. */
export type Traversal = object;

/** A directory: names to inodes. `.` and `..` are not among them. */
export abstract class DirectoryInode extends Inode {
  /** Always "directory". */
  override readonly kind: FileKind = "directory";

  /** The inode itself. */
  override openObject(_access: Access): FileObject {
    return this;
  }

  /** Always true. */
  override get seekable(): boolean {
    return true;
  }

  /** Throws SystemError(EISDIR). */
  override read(): never {
    throw new SystemError(EISDIR);
  }

  /** Whether rmdir(2) has taken it away; nothing can be made in it any more. */
  get removed(): boolean {
    return this.nlink === 0;
  }

  /**
   * What the name leads to, or `null`; `traversal` is the one that this look-up is part of. Throws
   * SystemError when a host refuses to say.
   */
  abstract lookup(name: string, traversal?: Traversal): Inode | null;

  /** The entries with cookie ≥ `from`, ascending, at most `limit` of them. */
  abstract list(from: number, limit: number): readonly DirectoryRecord[];

  /** Whether nothing is in it. */
  isEmpty(): boolean {
    return this.list(0, 1).length === 0;
  }

  // Whoever calls those that follow has checked permissions, existence, kinds and emptiness (names.ts).

  /** Makes a new inode under a free name. */
  abstract create(name: string, creation: Creation, owner: Ownership): Inode;

  /** Makes a regular file without a name (O_TMPFILE). */
  abstract createNameless(owner: Ownership): RegularInode;

  /** Gives an inode of the same file system another, free name. */
  abstract link(name: string, inode: Inode): void;

  /** Takes the name of `inode` away; of a directory only when it is empty. */
  abstract remove(name: string, inode: Inode): void;

  /** Moves `name` to `newName` in `target`, over what is there (`replaced`). */
  abstract rename(
    name: string,
    target: DirectoryInode,
    newName: string,
    replaced: Inode | null,
  ): void;

  /** Swaps two names' inodes. */
  abstract exchange(name: string, target: DirectoryInode, otherName: string): void;
}

/** A symbolic link. */
export abstract class SymlinkInode extends Inode {
  override readonly kind: FileKind = "symlink";

  /** The text of the link, never empty. Throws SystemError. */
  abstract readonly target: string;

  /**
   * Where it leads without its text being looked at, as the links of /proc do; `null` for a link that is
   * followed by its text. Throws SystemError.
   */
  follow(): Place | null {
    return null;
  }
}

/**
 * A special file. What a character device leads to when it is opened is devices.ts's matter; others (a
 * socket, a FIFO, a block device in a mounted folder) can be looked at but not opened.
 */
export abstract class DeviceInode extends Inode {
  override readonly kind: FileKind = "device";

  abstract override clone(cloning: Cloning): DeviceInode;
}
