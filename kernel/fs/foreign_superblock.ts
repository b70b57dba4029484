/**
 * A mounted host folder as a file system: which of its files are known, and how many of their pages are
 * kept in frames.
 */

import { ENOTDIR, SystemError } from "../abi/errno.ts";
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, V9FS_MAGIC } from "../abi/stat.ts";
import type { Cloning } from "./cloning.ts";
import type { FileSystemEnvironment } from "./environment.ts";
import type { ForeignAttributes, ForeignFileSystem } from "./foreign.ts";
import { ForeignDirectory } from "./foreign_directory.ts";
import { type ForeignInode, HostFile, type Location } from "./foreign_host_file.ts";
import { ForeignRegular, ForeignSpecial, ForeignSymlink } from "./foreign_inode.ts";
import { ReadAround } from "./read_around.ts";
import type { FileSystemUsage, Superblock } from "./superblock.ts";

/** Share of the machine's frames that pages of mounted files may take while nobody maps them. */
const CACHE_SHARE = 1 / 8;
/** Numbers of files that lie on another device of the host than their folder: more than any real one. */
const FIRST_ASSIGNED_INO = 2 ** 52;
/** Dead references are swept out when there are this many more than after the last sweep. */
const SWEEP_MIN = 4096;

/** A mounted host folder. */
export class ForeignSuperblock implements Superblock {
  readonly type = "9p";
  readonly magic = V9FS_MAGIC;
  readonly keepsTimes = false;
  readonly owner = null;
  readonly options = "";
  readonly environment: FileSystemEnvironment;
  readonly device: number;
  /** The folder itself. */
  readonly foreign: ForeignFileSystem;
  readonly root: ForeignDirectory;
  /** Open files, which have handles to close. */
  readonly open: Set<ForeignRegular> = new Set();
  /** What was read of files along with pages that are mapped. */
  readonly readAround: ReadAround = new ReadAround();
  /** Files with pages in frames. */
  readonly #cached = new Set<ForeignRegular>();
  #pagesCached = 0;
  #trimAt: number;
  /** By the host's device and inode number; an inode lives while somebody holds it. */
  readonly #inodes = new Map<string, WeakRef<ForeignInode>>();
  #sweepAt = SWEEP_MIN;
  readonly #assigned: Map<string, number>;
  readonly #hostDevice: number;
  #isReadOnly = false;

  /** Throws SystemError when the folder cannot be looked at, ENOTDIR when it is none. */
  constructor(
    environment: FileSystemEnvironment,
    foreign: ForeignFileSystem,
    device: number,
    assigned: ReadonlyMap<string, number> = new Map(),
  ) {
    this.environment = environment;
    this.foreign = foreign;
    this.device = device;
    this.#assigned = new Map(assigned);
    this.#trimAt = this.#cacheMax;
    const attributes = foreign.attributes("");
    if (attributes === null || (attributes.mode & S_IFMT) !== S_IFDIR) {
      throw new SystemError(ENOTDIR);
    }
    this.#hostDevice = attributes.device;
    this.root = this.register(new ForeignDirectory(new HostFile(this, attributes, null)));
  }

  get readOnly(): boolean {
    return this.foreign.readOnly || this.#isReadOnly;
  }
  set readOnly(isReadOnly: boolean) {
    this.#isReadOnly = isReadOnly;
  }

  /** The adapter cannot tell how full the host's disk is; 0 blocks stand for "no answer". */
  usage(): FileSystemUsage {
    return { blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }

  /** The number that the guest sees: the host's, unless the file lies on another device. */
  inoOf(attributes: ForeignAttributes): number {
    if (attributes.device === this.#hostDevice) return attributes.ino;
    const key = keyOf(attributes);
    const ino = this.#assigned.get(key) ?? FIRST_ASSIGNED_INO + this.#assigned.size;
    this.#assigned.set(key, ino);
    return ino;
  }

  /** The inode of what the host has shown at a name. */
  inodeAt(attributes: ForeignAttributes, location: Location): ForeignInode {
    const key = keyOf(attributes);
    const known = this.#inodes.get(key)?.deref();
    if (known !== undefined && known.type === (attributes.mode & S_IFMT)) {
      known.host.found(location);
      known.seen(attributes);
      return known;
    }
    return this.register(this.#make(new HostFile(this, attributes, location)));
  }

  /** Lets {@link inodeAt} find the inode while somebody holds it. */
  register<T extends ForeignInode>(inode: T): T {
    this.#inodes.set(keyOf(inode.host.last), new WeakRef(inode));
    if (this.#inodes.size >= this.#sweepAt) this.#sweep();
    return inode;
  }

  /** The file now has `pages` in frames, `change` more than before. */
  pagesChanged(file: ForeignRegular, pages: number, change: number): void {
    this.#pagesCached += change;
    if (pages > 0) this.#cached.add(file);
    else this.#cached.delete(file);
  }

  /** Makes sure that there is room for another page among those that are kept. */
  makeRoom(): void {
    if (this.#pagesCached < this.#trimAt) return;
    for (const file of this.#cached) file.releaseUnmappedPages();
    this.#trimAt = Math.max(this.#cacheMax, 2 * this.#pagesCached);
  }

  clone(environment: FileSystemEnvironment, cloning: Cloning): ForeignSuperblock {
    return cloning.once(this, () => {
      const { foreign, device } = this;
      const copy = new ForeignSuperblock(environment, foreign, device, this.#assigned);
      cloning.note(this.root, copy.root);
      copy.#isReadOnly = this.#isReadOnly;
      return copy;
    });
  }

  dispose(): void {
    for (const file of this.#cached) file.releasePages();
    for (const file of this.open) file.closeHandles();
  }

  get #cacheMax(): number {
    return Math.floor(this.environment.memory.framesMax * CACHE_SHARE);
  }

  #make(host: HostFile): ForeignInode {
    switch (host.last.mode & S_IFMT) {
      case S_IFREG:
        return new ForeignRegular(host);
      case S_IFDIR:
        return new ForeignDirectory(host);
      case S_IFLNK:
        return new ForeignSymlink(host);
      default:
        return new ForeignSpecial(host);
    }
  }

  #sweep(): void {
    for (const [key, reference] of this.#inodes) {
      if (reference.deref() === undefined) this.#inodes.delete(key);
    }
    this.#sweepAt = 2 * this.#inodes.size + SWEEP_MIN;
  }
}

/** What makes two names of the host one file. */
function keyOf({ device, ino }: ForeignAttributes): string {
  return `${device}:${ino}`;
}
