/**
 * tmpfs: a file system that lives in the machine's memory, and the machine's root.
 *
 * Source: tmpfs(5), inode(7); Linux's `mm/shmem.c` for which operation touches which time.
 */

import { ENOSPC, EXDEV, SystemError } from "../abi/errno.ts";
import {
  RAMFS_MAGIC,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  TMPFS_MAGIC,
} from "../abi/stat.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import type { UserNamespace } from "../user_namespace.ts";
import { byteLength } from "./byte_string.ts";
import type { Cloning } from "./cloning.ts";
import type { FileSystemEnvironment } from "./environment.ts";
import { FifoInode } from "./fifo.ts";
import {
  type Creation,
  DeviceInode,
  DirectoryInode,
  type DirectoryRecord,
  type Inode,
  type InodeFields,
  type Ownership,
  type RegularInode,
  SymlinkInode,
} from "./inode.ts";
import type { FileSystemUsage, Superblock } from "./superblock.ts";
import { copyOf, TmpfsFile } from "./tmpfs_file.ts";

/** Bytes that one entry adds to the size of its directory: `BOGO_DIRENT_SIZE` of `mm/shmem.c`. */
const DIRENT_BYTES = 20;
/** 0 and 1 stand for `.` and `..`. */
const FIRST_COOKIE = 2;

const KIB = 1024;
/** Permission bits that Linux gives the root of a tmpfs by default. */
const LINUX_MODE = 0o1777;

/** So many inodes a small machine may have too. */
const INODES_MIN = 1024;
/** All file systems in memory together have as many names as so many of them may have by default. */
const NAME_SHARES = 4;

/** How a tmpfs is set up. */
export interface TmpfsOptions {
  /** `st_dev` of its inodes. */
  readonly device: number;
  /** Permission bits of its root. Default: 0o755. */
  readonly mode?: number;
  /** The user that its root belongs to. Default: 0. */
  readonly uid?: number;
  /** The group that its root belongs to. Default: 0. */
  readonly gid?: number;
  /**
   * Pages that its files may take together, `Infinity` for as many as there are. Default: half of the
   * machine's frames, as on Linux.
   */
  readonly pagesMax?: number;
  /**
   * Inodes, or rather names, that it may have, its root included; `Infinity` for as many as it likes.
   * Default: half of the machine's frames, as on Linux, and 1024 at least.
   */
  readonly inodesMax?: number;
  /** What mount(8) calls it. Default: "tmpfs". */
  readonly type?: MemoryFileSystem;
  /** Whose privileges count for it. Default: `null`, the machine's. */
  readonly owner?: UserNamespace | null;
}

/** What kinds there are: Linux's first root, and what knows no bounds, are a little less than a tmpfs. */
export type MemoryFileSystem = "tmpfs" | "ramfs" | "rootfs";

/** A file system in memory. */
export class Tmpfs implements Superblock {
  readonly type: MemoryFileSystem;
  readonly keepsTimes = true;
  readOnly = false;
  readonly owner: UserNamespace | null;
  readonly device: number;
  readonly environment: FileSystemEnvironment;
  /** Pages that its files may take together. */
  pagesMax: number;
  /** Names that it may have, and one for its root. */
  inodesMax: number;
  /** Names that it has. */
  names = 0;
  /** Pages that its files take now. */
  pagesUsed = 0;
  /** Files whose pages are not yet given back: those with names and those that are open. */
  readonly files: Set<TmpfsFile> = new Set();
  /** Of a clone in the making: directories whose entries are still to be copied. */
  readonly unfilled: (() => void)[] = [];
  /** To whom its root was given, and with which permission bits. */
  readonly #owner: Ownership;
  #root: TmpfsDirectory;
  #inoNext = 1;

  constructor(environment: FileSystemEnvironment, options: TmpfsOptions) {
    this.environment = environment;
    this.device = options.device;
    this.type = options.type ?? "tmpfs";
    this.owner = options.owner ?? null;
    this.pagesMax = options.pagesMax ?? this.#pagesByDefault;
    this.inodesMax = options.inodesMax ?? this.#inodesByDefault;
    const { mode = 0o755, uid = 0, gid = 0 } = options;
    this.#owner = { mode, uid, gid };
    this.#root = new TmpfsDirectory(this, this.newFields(S_IFDIR, this.#owner));
  }

  get root(): TmpfsDirectory {
    return this.#root;
  }

  get magic(): number {
    return this.type === "tmpfs" ? TMPFS_MAGIC : RAMFS_MAGIC;
  }

  /** What differs from Linux's defaults; of the root, as it was made. */
  get options(): string {
    const { mode, uid, gid } = this.#owner;
    const isBounded = this.pagesMax !== Infinity && this.pagesMax !== this.#pagesByDefault;
    return [
      isBounded ? `,size=${(this.pagesMax * PAGE_SIZE) / KIB}k` : "",
      this.inodesMax === this.#inodesByDefault
        ? ""
        : `,nr_inodes=${this.inodesMax === Infinity ? 0 : this.inodesMax}`,
      mode === LINUX_MODE ? "" : `,mode=${mode.toString(8).padStart(3, "0")}`,
      uid === 0 ? "" : `,uid=${uid}`,
      gid === 0 ? "" : `,gid=${gid}`,
    ].join("");
  }

  get #pagesByDefault(): number {
    return Math.floor(this.environment.memory.framesMax / 2);
  }

  get #inodesByDefault(): number {
    return Math.max(INODES_MIN, this.#pagesByDefault);
  }

  /** Names in all file systems in memory, each of which has its own bound, or none. */
  get #namesInAll(): number {
    const { superblocks } = this.environment.kernel?.fileSystem.mountTable ?? { superblocks: [] };
    return superblocks.reduce((sum, each) => sum + (each instanceof Tmpfs ? each.names : 0), 0);
  }

  /** Makes sure of room for one more name. Throws ENOSPC. */
  requireName(): void {
    const isFull = this.names + 1 >= this.inodesMax;
    if (isFull || this.#namesInAll >= NAME_SHARES * this.#inodesByDefault) {
      throw new SystemError(ENOSPC);
    }
  }

  /** The fields of a new inode with one name, with a number never given before. */
  newFields(type: number, owner: Ownership): InodeFields {
    const now_ns = this.environment.now();
    return {
      ino: this.takeIno(),
      mode: type | owner.mode,
      uid: owner.uid,
      gid: owner.gid,
      nlink: type === S_IFDIR ? 2 : 1,
      atime_ns: now_ns,
      mtime_ns: now_ns,
      ctime_ns: now_ns,
      btime_ns: now_ns,
    };
  }

  /** Notes that a number is taken, which a restored inode has. */
  skipIno(ino: number): void {
    this.#inoNext = Math.max(this.#inoNext, ino + 1);
  }

  /** A number never given before. */
  takeIno(): number {
    return this.#inoNext++;
  }

  /** An inode without a name, of which everything is known but its contents. */
  restoreNameless(fields: InodeFields): TmpfsFile | TmpfsDirectory {
    const Kind = (fields.mode & S_IFMT) === S_IFDIR ? TmpfsDirectory : TmpfsFile;
    return new Kind(this, fields);
  }

  usage(): FileSystemUsage {
    const blocks = this.pagesMax === Infinity ? 0 : this.pagesMax;
    const files = this.inodesMax === Infinity ? 0 : this.inodesMax;
    return {
      blocks,
      blocksFree: Math.max(0, blocks - this.pagesUsed),
      files,
      filesFree: Math.max(0, files - 1 - this.names),
    };
  }

  clone(environment: FileSystemEnvironment, cloning: Cloning): Tmpfs {
    return cloning.once(this, () => {
      const { device, pagesMax, inodesMax, type } = this;
      const owner = this.owner?.clone(cloning) ?? null;
      const bounds = { pagesMax, inodesMax };
      const copy = new Tmpfs(environment, { ...this.#owner, ...bounds, device, type, owner });
      cloning.note(this, copy);
      copy.readOnly = this.readOnly;
      copy.names = this.names;
      copy.#inoNext = this.#inoNext;
      copy.#root = this.root.clone(cloning);
      // One after the other, not one inside the other: the guest says how deep its tree is.
      for (let fill = copy.unfilled.pop(); fill !== undefined; fill = copy.unfilled.pop()) fill();
      return copy;
    });
  }

  dispose(): void {
    for (const file of this.files) file.dispose();
  }
}

/** A directory in memory. */
export class TmpfsDirectory extends DirectoryInode {
  readonly superblock: Tmpfs;
  /** In ascending order of their cookies, which is the order in which they came. */
  readonly #entries = new Map<string, { inode: Inode; readonly cookie: number }>();
  #cookieNext = FIRST_COOKIE;

  constructor(superblock: Tmpfs, fields: InodeFields) {
    super(fields);
    this.superblock = superblock;
  }

  override get size(): number {
    return (this.#entries.size + 2) * DIRENT_BYTES;
  }

  override lookup(name: string): Inode | null {
    return this.#entries.get(name)?.inode ?? null;
  }

  override list(from: number, limit: number): readonly DirectoryRecord[] {
    const records: DirectoryRecord[] = [];
    for (const [name, { inode, cookie }] of this.#entries) {
      if (records.length >= limit) break;
      if (cookie >= from) records.push({ name, ino: inode.ino, type: inode.type, cookie });
    }
    return records;
  }

  override isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  override create(name: string, creation: Creation, owner: Ownership): Inode {
    this.superblock.requireName();
    const inode = this.#make(creation, owner);
    this.#put(name, inode);
    if (creation.kind === "directory") this.nlink++;
    return inode;
  }

  override createNameless(owner: Ownership): RegularInode {
    const file = new TmpfsFile(this.superblock, this.superblock.newFields(S_IFREG, owner));
    file.nlink = 0;
    return file;
  }

  override link(name: string, inode: Inode): void {
    this.superblock.requireName();
    this.#put(name, inode);
    inode.nlink++;
    inode.touchChange();
  }

  override remove(name: string, inode: Inode): void {
    this.#delete(name);
    this.touchContents();
    this.#lost(inode);
  }

  override rename(
    name: string,
    target: DirectoryInode,
    newName: string,
    replaced: Inode | null,
  ): void {
    const to = this.#ofSameKind(target);
    const inode = this.#inodeOf(name);
    this.#delete(name);
    to.#delete(newName);
    to.#put(newName, inode);
    if (inode instanceof DirectoryInode) {
      this.nlink--;
      to.nlink++;
    }
    if (replaced !== null) to.#lost(replaced);
    this.touchContents();
    inode.touchChange();
  }

  override exchange(name: string, target: DirectoryInode, otherName: string): void {
    const to = this.#ofSameKind(target);
    const [mine, theirs] = [this.#inodeOf(name), to.#inodeOf(otherName)];
    this.#replace(name, theirs);
    to.#replace(otherName, mine);
    const moved = (inode: Inode) => inode instanceof DirectoryInode ? 1 : 0;
    this.nlink += moved(theirs) - moved(mine);
    to.nlink += moved(mine) - moved(theirs);
    mine.touchChange();
    theirs.touchChange();
  }

  override clone(cloning: Cloning): TmpfsDirectory {
    return cloning.once(this, () => {
      const copy = new TmpfsDirectory(copyOf(this.superblock, cloning), this);
      copy.#cookieNext = this.#cookieNext;
      copy.superblock.unfilled.push(() => {
        for (const [name, { inode, cookie }] of this.#entries) {
          copy.#entries.set(name, { inode: inode.clone(cloning), cookie });
        }
      });
      return copy;
    });
  }

  #make(creation: Creation, owner: Ownership): Inode {
    const fields = (type: number) => this.superblock.newFields(type, owner);
    switch (creation.kind) {
      case "regular":
        return new TmpfsFile(this.superblock, fields(S_IFREG));
      case "directory":
        return new TmpfsDirectory(this.superblock, fields(S_IFDIR));
      case "symlink":
        return new TmpfsSymlink(this.superblock, fields(S_IFLNK), creation.target);
      case "device":
        return new TmpfsDevice(this.superblock, fields(creation.type), creation.device);
      case "socket":
        return new TmpfsDevice(this.superblock, fields(S_IFSOCK), 0);
      case "fifo":
        return new TmpfsFifo(this.superblock, fields(S_IFIFO));
    }
  }

  #inodeOf(name: string): Inode {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new Error(`"${name}" was there when it was checked`);
    return entry.inode;
  }

  #ofSameKind(target: DirectoryInode): TmpfsDirectory {
    if (target instanceof TmpfsDirectory && target.superblock === this.superblock) return target;
    throw new SystemError(EXDEV);
  }

  #put(name: string, inode: Inode): void {
    this.#entries.set(name, { inode, cookie: this.#cookieNext++ });
    this.superblock.names++;
    this.touchContents();
  }

  #delete(name: string): void {
    if (this.#entries.delete(name)) this.superblock.names--;
  }

  #replace(name: string, inode: Inode): void {
    const entry = this.#entries.get(name);
    if (entry !== undefined) entry.inode = inode;
    this.touchContents();
  }

  /** A name of `inode` in this directory is gone. */
  #lost(inode: Inode): void {
    if (inode instanceof DirectoryInode) {
      this.nlink--;
      inode.nlink = 0;
    } else {
      inode.nlink--;
    }
    inode.touchChange();
    inode.evictIfUnused();
  }
}

/** A symbolic link in memory. */
class TmpfsSymlink extends SymlinkInode {
  readonly superblock: Tmpfs;
  readonly target: string;

  constructor(superblock: Tmpfs, fields: InodeFields, target: string) {
    super(fields);
    this.superblock = superblock;
    this.target = target;
  }

  override get size(): number {
    return byteLength(this.target);
  }

  override clone(cloning: Cloning): TmpfsSymlink {
    return cloning.once(
      this,
      () => new TmpfsSymlink(copyOf(this.superblock, cloning), this, this.target),
    );
  }
}

/** The name of a device in memory. */
class TmpfsDevice extends DeviceInode {
  readonly superblock: Tmpfs;
  readonly #rdev: number;

  constructor(superblock: Tmpfs, fields: InodeFields, rdev: number) {
    super(fields);
    this.superblock = superblock;
    this.#rdev = rdev;
  }

  override get rdev(): number {
    return this.#rdev;
  }

  override clone(cloning: Cloning): TmpfsDevice {
    return cloning.once(
      this,
      () => new TmpfsDevice(copyOf(this.superblock, cloning), this, this.rdev),
    );
  }
}

/** A FIFO in memory. */
class TmpfsFifo extends FifoInode {
  readonly superblock: Tmpfs;

  constructor(superblock: Tmpfs, fields: InodeFields) {
    super(fields);
    this.superblock = superblock;
  }

  override clone(cloning: Cloning): TmpfsFifo {
    return cloning.once(this, () => new TmpfsFifo(copyOf(this.superblock, cloning), this));
  }
}
