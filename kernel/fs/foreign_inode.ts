/**
 * The inodes of a mounted host folder, besides directories.
 *
 * The folder is the truth and may change behind our back, so every lookup asks it again. An inode here is
 * one file of the host (by device and inode number) with the name it was last seen under. Contents are
 * read from the host each time, except the pages that somebody maps: those are kept in frames until the
 * host is seen to have changed the file (at the next open, look-up or read of it, or when a page is touched
 * that is not there yet), or there are too many. What programs write to a shared mapping goes to the host
 * before anybody reads the file, at msync(2) and fsync(2), and when the last who had it open lets it go.
 */

import { EOPNOTSUPP, SystemError } from "../abi/errno.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import type { Cloning } from "./cloning.ts";
import type { Access } from "./file_object.ts";
import type { ForeignAttributes, ForeignFile } from "./foreign.ts";
import { fieldsOf, type HostFile, registered } from "./foreign_host_file.ts";
import type { ForeignSuperblock } from "./foreign_superblock.ts";
import { type AttributeChange, DeviceInode, RegularInode, SymlinkInode } from "./inode.ts";
import { PageCache } from "./page_cache.ts";

/** A regular file of the host. */
export class ForeignRegular extends RegularInode {
  readonly host: HostFile;
  #reader: ForeignFile | null = null;
  #writer: ForeignFile | null = null;
  readonly #pages: PageCache;
  /** Pages that may have been written to through shared mappings, and that the host does not have. */
  readonly #dirty = new Set<number>();
  #version = 0;

  constructor(host: HostFile) {
    super(fieldsOf(host));
    this.host = host;
    this.#pages = new PageCache(
      host.superblock.environment.memory,
      (page) => this.forgetMapped({ first: page, end: page + 1, evenCopies: false }),
    );
  }

  override get superblock(): ForeignSuperblock {
    return this.host.superblock;
  }

  override get size(): number {
    this.refresh();
    return this.host.last.size;
  }

  override get blocks(): number {
    return this.host.last.blocks;
  }

  override get version(): number {
    this.#writeBack();
    this.refresh();
    return this.#version;
  }

  override refresh(): void {
    const handle = this.#reader ?? this.#writer;
    this.seen(handle === null ? this.host.ask() : handle.attributes());
  }

  /** Takes over what the host has shown, and drops the pages when the contents may have changed. */
  seen(attributes: ForeignAttributes): void {
    const { last } = this.host;
    this.host.seen(this, attributes);
    if (isUnchanged(last, attributes)) return;
    this.#changed();
    if (this.#pages.pages > 0) this.releasePages();
  }

  override setAttributes(change: AttributeChange): void {
    this.host.change(this, change);
  }

  override read(position: number, length: number): Uint8Array {
    this.#writeBack();
    return this.#readHost(position, length);
  }

  override write(position: number, bytes: Uint8Array): number {
    return this.#changing((handle) => {
      const count = handle.write(position, bytes);
      this.#pages.overwrite(position, bytes.subarray(0, count));
      return count;
    });
  }

  override resize(size: number): void {
    this.#changing((handle) => {
      handle.resize(size);
      const first = Math.ceil(size / PAGE_SIZE);
      this.forgetMapped({ first, end: Infinity, evenCopies: true });
      for (const page of this.#dirty) if (page >= first) this.#dirty.delete(page);
      const { pages } = this.#pages;
      this.#pages.clear(size, first * PAGE_SIZE);
      this.#pages.discard(first, Infinity);
      this.superblock.pagesChanged(this, this.#pages.pages, this.#pages.pages - pages);
    });
  }

  /** The adapter has no call for it, as some file systems have none. */
  override reserve(): never {
    throw new SystemError(EOPNOTSUPP);
  }

  /** See {@link reserve}. */
  override punch(): never {
    throw new SystemError(EOPNOTSUPP);
  }

  /** Holes cannot be asked for: the whole file counts as data, which lseek(2) allows. */
  override nextData(from: number): number {
    return from < this.size ? from : -1;
  }

  override nextHole(): number {
    return this.size;
  }

  override pageFrame(page: number): number {
    const known = this.#pages.frameAt(page);
    if (known >= 0) return known;
    this.superblock.makeRoom();
    const { readAround, environment: { memory } } = this.superblock;
    const bytes = readAround.page(this, page, (from, length) => this.#readHost(from, length));
    if (bytes.length === 0) return -1;
    const frame = memory.allocateFrame();
    memory.writeFrame(frame, 0, bytes);
    this.#pages.insert(page, frame);
    this.superblock.pagesChanged(this, this.#pages.pages, 1);
    return frame;
  }

  override shownFrame(page: number): number {
    return this.#pages.frameAt(page);
  }

  override sharedFrame(page: number, write: boolean): number {
    const frame = this.pageFrame(page);
    if (frame < 0 || !write) return frame;
    this.#dirty.add(page);
    return this.#pages.frameForWriting(page);
  }

  override synchronise(): void {
    this.#writeBack();
    this.#writer?.synchronise();
  }

  override opened(access: Access): void {
    const { foreign, open } = this.superblock;
    if (access.read && this.#reader === null) {
      this.#reader = foreign.open(this.host.path, { read: true, write: false });
    }
    if (access.write && this.#writer === null) {
      this.#writer = foreign.open(this.host.path, { read: false, write: true });
    }
    open.add(this);
    super.opened(access);
  }

  override closed(access: Access): void {
    super.closed(access);
    if (this.opens === 0) this.closeHandles();
  }

  /** Closes what is open on the host, whoever may still have the file open here. */
  closeHandles(): void {
    try {
      this.#writeBack();
    } catch (error) {
      // As on Linux, an error that nobody waited for with msync(2) or fsync(2) is lost.
      if (!(error instanceof SystemError)) throw error;
    }
    this.#dirty.clear();
    this.#reader?.close();
    this.#writer?.close();
    this.#reader = this.#writer = null;
    this.superblock.readAround.forget(this);
    this.superblock.open.delete(this);
  }

  /** Gives all frames back; those who map pages ask for them again. */
  releasePages(): void {
    this.#writeBack();
    this.forgetMapped({ first: 0, end: Infinity, evenCopies: false });
    const { pages } = this.#pages;
    this.#pages.dispose();
    this.superblock.pagesChanged(this, 0, -pages);
  }

  /** Gives the frames back that nobody has mapped. */
  releaseUnmappedPages(): void {
    this.#writeBack();
    const { pages } = this.#pages;
    this.#pages.releaseUnmapped();
    this.superblock.pagesChanged(this, this.#pages.pages, this.#pages.pages - pages);
  }

  override clone(cloning: Cloning): ForeignRegular {
    return cloning.once(this, () => {
      this.#writeBack();
      return registered(new ForeignRegular(this.host.clone(cloning)));
    });
  }

  #readHost(position: number, length: number): Uint8Array {
    return this.#withHandle("read", (handle) => {
      const bytes = new Uint8Array(Math.min(length, Math.max(0, this.size - position)));
      let done = 0;
      while (done < bytes.length) {
        const count = handle.read(position + done, bytes.subarray(done));
        if (count === 0) break;
        done += count;
      }
      return bytes.subarray(0, done);
    });
  }

  /** Gives the host what programs have written to shared mappings; they ask for the pages again. */
  #writeBack(): void {
    if (this.#dirty.size === 0) return;
    const { memory } = this.superblock.environment;
    const pages = [...this.#dirty].sort((a, b) => a - b);
    this.#dirty.clear();
    this.#withHandle("write", (handle) => {
      const before = handle.attributes();
      const hasHostChanged = !isUnchanged(this.host.last, before);
      for (const page of pages) {
        this.forgetMapped({ first: page, end: page + 1, evenCopies: false });
        const length = Math.min(PAGE_SIZE, Math.max(0, before.size - page * PAGE_SIZE));
        const bytes = memory.frameBytes(this.#pages.frameAt(page)).subarray(0, length);
        for (let done = 0; done < length;) {
          done += handle.write(page * PAGE_SIZE + done, bytes.subarray(done));
        }
      }
      this.host.seen(this, handle.attributes());
      this.#changed();
      if (hasHostChanged) this.releasePages();
    });
  }

  /** The contents are others than before. */
  #changed(): void {
    this.#version++;
    this.superblock.readAround.forget(this);
  }

  /** Changes the file, which is no reason to drop the pages: `change` takes care of them. */
  #changing<T>(change: (handle: ForeignFile) => T): T {
    return this.#withHandle("write", (handle) => {
      this.seen(handle.attributes());
      try {
        return change(handle);
      } finally {
        this.host.seen(this, handle.attributes());
        this.#changed();
      }
    });
  }

  /** Uses the open handle; for a file that nobody has open, one that lives for the call. */
  #withHandle<T>(kind: "read" | "write", use: (handle: ForeignFile) => T): T {
    const open = kind === "read" ? this.#reader : this.#writer;
    if (open !== null) return use(open);
    const access = { read: kind === "read", write: kind === "write" };
    const handle = this.superblock.foreign.open(this.host.path, access);
    try {
      return use(handle);
    } finally {
      handle.close();
    }
  }
}

/** Whether the contents are still those that were seen. */
function isUnchanged(seen: ForeignAttributes, now: ForeignAttributes): boolean {
  return now.size === seen.size && now.mtime_ns === seen.mtime_ns &&
    now.ctime_ns === seen.ctime_ns;
}

/** A symbolic link of the host. */
export class ForeignSymlink extends SymlinkInode {
  readonly host: HostFile;

  constructor(host: HostFile) {
    super(fieldsOf(host));
    this.host = host;
  }

  override get superblock(): ForeignSuperblock {
    return this.host.superblock;
  }

  override get size(): number {
    return this.host.last.size;
  }

  override get target(): string {
    return this.superblock.foreign.readLink(this.host.path);
  }

  override refresh(): void {
    this.seen(this.host.ask());
  }

  /** Takes over what the host has shown. */
  seen(attributes: ForeignAttributes): void {
    this.host.seen(this, attributes);
  }

  override setAttributes(change: AttributeChange): void {
    this.host.change(this, change);
  }

  override clone(cloning: Cloning): ForeignSymlink {
    return cloning.once(this, () => registered(new ForeignSymlink(this.host.clone(cloning))));
  }
}

/** A device, socket or FIFO of the host: it can be looked at. */
export class ForeignSpecial extends DeviceInode {
  readonly host: HostFile;

  constructor(host: HostFile) {
    super(fieldsOf(host));
    this.host = host;
  }

  override get superblock(): ForeignSuperblock {
    return this.host.superblock;
  }

  override get rdev(): number {
    return this.host.last.rdev;
  }

  override refresh(): void {
    this.seen(this.host.ask());
  }

  /** Takes over what the host has shown. */
  seen(attributes: ForeignAttributes): void {
    this.host.seen(this, attributes);
  }

  override setAttributes(change: AttributeChange): void {
    this.host.change(this, change);
  }

  override clone(cloning: Cloning): ForeignSpecial {
    return cloning.once(this, () => registered(new ForeignSpecial(this.host.clone(cloning))));
  }
}
