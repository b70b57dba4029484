/**
 * A regular file of a tmpfs: its pages in the machine's memory, with the books that its file system keeps
 * of them.
 *
 * Source: tmpfs(5), inode(7); Linux's `mm/shmem.c`.
 */

import { OutOfFrames, PAGE_SIZE } from "../../emu/mod.ts";
import { ENOSPC, EPERM, SystemError } from "../abi/errno.ts";
import { F_SEAL_SEAL } from "../abi/memfd.ts";
import { STAT_BLOCK_BYTES } from "../abi/stat.ts";
import type { Cloning } from "./cloning.ts";
import { type AttributeChange, type InodeFields, RegularInode } from "./inode.ts";
import { PageCache } from "./page_cache.ts";
import {
  isWriteSealed,
  requireModeAllowed,
  requireResizable,
  writableUnderSeals,
} from "./seals.ts";
import type { Tmpfs } from "./tmpfs.ts";

/** The copy of an inode's file system, which {@link Tmpfs.clone} has begun. */
export function copyOf(superblock: Tmpfs, cloning: Cloning): Tmpfs {
  return cloning.once(superblock, () => {
    throw new Error("An inode is cloned after its file system");
  });
}

/** A regular file in memory. */
export class TmpfsFile extends RegularInode {
  readonly superblock: Tmpfs;
  /** Linux's shmem lets a file take no seals unless memfd_create(2) has asked for it. */
  override seals: number = F_SEAL_SEAL;
  readonly #pages: PageCache;
  #size = 0;
  #version = 0;
  /** Whether programs may have changed the contents through shared mappings since `version` was asked. */
  #isWrittenThrough = false;

  /** A file without contents, or with those of `original`. */
  constructor(superblock: Tmpfs, fields: InodeFields, original: TmpfsFile | null = null) {
    super(fields);
    this.superblock = superblock;
    const onReplace = (page: number) =>
      this.forgetMapped({ first: page, end: page + 1, evenCopies: false });
    const { memory } = superblock.environment;
    if (original === null) {
      this.#pages = new PageCache(memory, onReplace);
    } else {
      this.#pages = original.#pages.share(onReplace);
      this.#size = original.#size;
      this.seals = original.seals;
      this.#version = original.version;
      this.takeIdentityOf(original);
    }
    superblock.pagesUsed += this.#pages.pages;
    superblock.files.add(this);
  }

  override get size(): number {
    return this.#size;
  }

  override get blocks(): number {
    return this.#pages.pages * (PAGE_SIZE / STAT_BLOCK_BYTES);
  }

  override get version(): number {
    if (this.#isWrittenThrough) {
      this.#version++;
      this.#isWrittenThrough = this.isMappedForWriting;
    }
    return this.#version;
  }

  override read(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.#size - position)));
    this.#pages.read(position, bytes);
    return bytes;
  }

  override write(position: number, bytes: Uint8Array): number {
    if (bytes.length === 0) return 0;
    const allowed = writableUnderSeals(this, position, bytes.length);
    const room = this.#endOfRoom(position, position + allowed) - position;
    const before = this.#pages.pages;
    const fitting = room < bytes.length ? bytes.subarray(0, room) : bytes;
    const done = this.#pages.write(position, fitting);
    if (done === 0) throw new SystemError(ENOSPC);
    this.superblock.pagesUsed += this.#pages.pages - before;
    this.#size = Math.max(this.#size, position + done);
    this.#version++;
    this.touchContents();
    return done;
  }

  override setAttributes(change: AttributeChange): void {
    if (change.mode !== undefined) requireModeAllowed(this, change.mode);
    super.setAttributes(change);
  }

  override resize(size: number): void {
    requireResizable(this, size);
    // A page behind the end, or the part of one, must read as zeros should the file grow again.
    if (size < this.#size) {
      const end = Math.ceil(this.#size / PAGE_SIZE) * PAGE_SIZE;
      this.forgetMapped({ first: Math.ceil(size / PAGE_SIZE), end: Infinity, evenCopies: true });
      this.#changePages(() => this.#pages.clear(size, end));
    } else {
      this.#changePages(() => {});
    }
    this.#size = size;
  }

  override reserve(from: number, to: number): void {
    const [first, end] = [Math.floor(from / PAGE_SIZE), Math.ceil(to / PAGE_SIZE)];
    requireResizable(this, Math.max(to, this.#size));
    this.#changePages(() => {
      if (this.#endOfRoom(from, to) < to) throw new SystemError(ENOSPC);
      for (let page = first; page < end; page++) this.#pages.allocate(page);
    });
  }

  override punch(from: number, to: number): void {
    if (isWriteSealed(this)) throw new SystemError(EPERM);
    const [first, end] = [Math.ceil(from / PAGE_SIZE), Math.floor(to / PAGE_SIZE)];
    this.forgetMapped({ first, end, evenCopies: false });
    this.#changePages(() => this.#pages.clear(from, to));
  }

  /** Its pages that are no holes, with their numbers, ascending. */
  get presentPages(): readonly (readonly [page: number, frame: number])[] {
    return this.#pages.present;
  }

  /** Takes over a frame as the contents of a page that is a hole. Nobody is told. */
  insertPage(page: number, frame: number): void {
    this.#pages.insert(page, frame);
    this.superblock.pagesUsed++;
  }

  override nextData(from: number): number {
    const page = Math.floor(from / PAGE_SIZE);
    const present = this.#pages.nextPresent(page);
    const data = Math.max(from, present * PAGE_SIZE);
    return present < 0 || data >= this.#size ? -1 : data;
  }

  override nextHole(from: number): number {
    const absent = this.#pages.nextAbsent(Math.floor(from / PAGE_SIZE));
    return Math.min(Math.max(from, absent * PAGE_SIZE), this.#size);
  }

  override pageFrame(page: number): number {
    return page * PAGE_SIZE >= this.#size ? -1 : this.shownFrame(page);
  }

  override shownFrame(page: number): number {
    const frame = this.#pages.frameAt(page);
    return frame < 0 ? this.superblock.environment.memory.zeroFrame : frame;
  }

  override sharedFrame(page: number, write: boolean): number {
    if (page * PAGE_SIZE >= this.#size) return -1;
    const known = this.#pages.frameAt(page);
    if (known >= 0 && !write) return known;
    const room = this.#endOfRoom(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
    if (room === page * PAGE_SIZE) throw new SystemError(ENOSPC);
    const frame = this.#pages.frameForWriting(page);
    if (known < 0) this.superblock.pagesUsed++;
    this.#isWrittenThrough ||= write;
    return frame;
  }

  override clone(cloning: Cloning): TmpfsFile {
    return cloning.once(this, () => new TmpfsFile(copyOf(this.superblock, cloning), this, this));
  }

  /** Gives all frames back, whoever may still have the file open. */
  dispose(): void {
    this.superblock.pagesUsed -= this.#pages.pages;
    this.superblock.files.delete(this);
    this.#pages.dispose();
  }

  protected override evict(): void {
    this.dispose();
  }

  /** Runs a change of the pages and keeps the books; memory that ends is ENOSPC. */
  #changePages(change: () => void): void {
    const before = this.#pages.pages;
    try {
      change();
    } catch (error) {
      throw error instanceof OutOfFrames ? new SystemError(ENOSPC) : error;
    } finally {
      this.superblock.pagesUsed += this.#pages.pages - before;
      this.#version++;
    }
    this.touchContents();
  }

  /** How far the file system has room for all pages of [from, to): `to`, or less. */
  #endOfRoom(from: number, to: number): number {
    let left = this.superblock.pagesMax - this.superblock.pagesUsed;
    const [first, end] = [Math.floor(from / PAGE_SIZE), Math.ceil(to / PAGE_SIZE)];
    if (end - first <= left) return to;
    for (let page = first; page < end; page++) {
      if (this.#pages.frameAt(page) < 0 && --left < 0) return Math.max(from, page * PAGE_SIZE);
    }
    return to;
  }
}
