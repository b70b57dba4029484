/**
 * The inodes of a mounted host folder.
 *
 * The folder is the truth and may change behind our back, so every lookup asks it again. An inode here is
 * one file of the host (by device and inode number) with the name it was last seen under. Contents are
 * read from the host each time, except the pages that somebody maps: those are kept in frames until the
 * file changes or there are too many.
 */

import { EILSEQ, EINVAL, EOPNOTSUPP, EPERM, ESTALE, EXDEV, SystemError } from "../abi/errno.ts";
import { S_IALLUGO, S_IFMT } from "../abi/stat.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { isText } from "./byte_string.ts";
import type { Cloning } from "./cloning.ts";
import type { Access } from "./file_object.ts";
import type { ForeignAttributes, ForeignFile } from "./foreign.ts";
import type { ForeignSuperblock } from "./foreign_superblock.ts";
import {
  type AttributeChange,
  type Creation,
  DeviceInode,
  DirectoryInode,
  type DirectoryRecord,
  type Inode,
  type InodeFields,
  type Ownership,
  RegularInode,
  SymlinkInode,
} from "./inode.ts";
import { PageCache } from "./page_cache.ts";

/** 0 and 1 stand for `.` and `..`. */
const FIRST_COOKIE = 2;

/** An inode of a mounted folder. */
export type ForeignInode = ForeignRegular | ForeignDirectory | ForeignSymlink | ForeignSpecial;

/** The name under which a file was last seen. */
export interface Location {
  readonly parent: ForeignDirectory;
  readonly name: string;
}

/** What the kinds of foreign inodes keep alike: where the file is, and what was last known of it. */
export class HostFile {
  readonly superblock: ForeignSuperblock;
  /** `null` for the folder itself, and for a file whose name is gone. */
  location: Location | null;
  last: ForeignAttributes;
  /** Whether its name was taken away. */
  removed = false;

  constructor(
    superblock: ForeignSuperblock,
    last: ForeignAttributes,
    location: Location | null,
  ) {
    this.superblock = superblock;
    this.last = last;
    this.location = location;
  }

  /** The path in the folder. Throws ESTALE when the name is gone. */
  get path(): string {
    if (this.removed) throw new SystemError(ESTALE);
    const names: string[] = [];
    for (let at = this.location; at !== null; at = at.parent.host.location) names.push(at.name);
    return names.reverse().join("/");
  }

  /** Asks the host what is at the path now. Throws ESTALE when it is gone or another file. */
  ask(): ForeignAttributes {
    if (this.removed) return { ...this.last, nlink: 0 };
    const now = this.superblock.foreign.attributes(this.path);
    if (now === null || !isSameFile(now, this.last)) throw new SystemError(ESTALE);
    return now;
  }

  /** Has the host change what `change` names. */
  change(inode: Inode, change: AttributeChange): void {
    const { superblock: { foreign }, path } = this;
    if (change.uid !== undefined || change.gid !== undefined) {
      foreign.setOwner(path, change.uid ?? inode.uid, change.gid ?? inode.gid);
    }
    if (change.mode !== undefined) foreign.setMode(path, change.mode & S_IALLUGO);
    if (change.atime_ns !== undefined || change.mtime_ns !== undefined) {
      foreign.setTimes(path, change.atime_ns ?? inode.atime_ns, change.mtime_ns ?? inode.mtime_ns);
    }
    inode.refresh();
  }

  /** The name is gone; another one may still turn up. */
  lost(location: Location): void {
    const { parent, name } = this.location ?? location;
    if (parent === location.parent && name === location.name) this.removed = true;
  }

  /** The file was found under this name. */
  found(location: Location): void {
    this.location = location;
    this.removed = false;
  }

  /** Takes over what the host has shown. */
  seen(inode: Inode, attributes: ForeignAttributes): void {
    this.last = attributes;
    inode.mode = attributes.mode;
    inode.uid = attributes.uid;
    inode.gid = attributes.gid;
    inode.nlink = attributes.nlink;
    inode.atime_ns = attributes.atime_ns;
    inode.mtime_ns = attributes.mtime_ns;
    inode.ctime_ns = attributes.ctime_ns;
    inode.btime_ns = attributes.btime_ns;
  }

  /** For a machine's clone: the same file in the clone's file system. */
  clone(cloning: Cloning): HostFile {
    const superblock = cloning.once(this.superblock, () => {
      throw new Error("An inode is cloned after its file system");
    });
    const location = this.location === null
      ? null
      : { parent: this.location.parent.clone(cloning), name: this.location.name };
    const copy = new HostFile(superblock, this.last, location);
    copy.removed = this.removed;
    return copy;
  }
}

function isSameFile(a: ForeignAttributes, b: ForeignAttributes): boolean {
  return a.device === b.device && a.ino === b.ino && ((a.mode ^ b.mode) & S_IFMT) === 0;
}

function fieldsOf(host: HostFile): InodeFields {
  return { ...host.last, ino: host.superblock.inoOf(host.last) };
}

/** Lets lookups in the clone's file system find the inode. */
function registered<T extends ForeignInode>(inode: T): T {
  if (!inode.host.removed) inode.superblock.register(inode);
  return inode;
}

/** A regular file of the host. */
export class ForeignRegular extends RegularInode {
  readonly host: HostFile;
  #reader: ForeignFile | null = null;
  #writer: ForeignFile | null = null;
  readonly #pages: PageCache;
  #version = 0;

  constructor(host: HostFile) {
    super(fieldsOf(host));
    this.host = host;
    this.#pages = new PageCache(host.superblock.environment.memory);
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
    const same = attributes.size === last.size && attributes.mtime_ns === last.mtime_ns &&
      attributes.ctime_ns === last.ctime_ns;
    if (!same) this.#contentsChanged();
  }

  override setAttributes(change: AttributeChange): void {
    this.host.change(this, change);
  }

  override read(position: number, length: number): Uint8Array {
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

  override write(position: number, bytes: Uint8Array): number {
    return this.#changing((handle) => handle.write(position, bytes));
  }

  override resize(size: number): void {
    this.#changing((handle) => handle.resize(size));
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
    if (page * PAGE_SIZE >= this.size) return -1;
    const known = this.#pages.frameAt(page);
    if (known >= 0) return known;
    this.superblock.makeRoom();
    const bytes = this.read(page * PAGE_SIZE, PAGE_SIZE);
    const { memory } = this.superblock.environment;
    const frame = memory.allocateFrame();
    memory.writeFrame(frame, 0, bytes);
    this.#pages.insert(page, frame);
    this.superblock.pagesChanged(this, this.#pages.pages, 1);
    return frame;
  }

  override synchronise(): void {
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
    this.#reader?.close();
    this.#writer?.close();
    this.#reader = this.#writer = null;
    this.superblock.open.delete(this);
  }

  /** Gives all frames back. */
  releasePages(): void {
    const { pages } = this.#pages;
    this.#pages.dispose();
    this.superblock.pagesChanged(this, 0, -pages);
  }

  /** Gives the frames back that nobody has mapped. */
  releaseUnmappedPages(): void {
    const { pages } = this.#pages;
    this.#pages.releaseUnmapped();
    this.superblock.pagesChanged(this, this.#pages.pages, this.#pages.pages - pages);
  }

  override clone(cloning: Cloning): ForeignRegular {
    return cloning.once(this, () => registered(new ForeignRegular(this.host.clone(cloning))));
  }

  #contentsChanged(): void {
    this.#version++;
    if (this.#pages.pages > 0) this.releasePages();
  }

  #changing<T>(change: (handle: ForeignFile) => T): T {
    try {
      return this.#withHandle("write", change);
    } finally {
      this.#contentsChanged();
    }
  }

  /** Uses the open handle; without one (the kernel looks at a file that nobody has open) a short-lived one. */
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

/** A directory of the host. */
export class ForeignDirectory extends DirectoryInode {
  readonly host: HostFile;
  /** The names at the last look, in the order of their cookies; a reader goes on in the same list. */
  #listing: readonly { readonly name: string; readonly cookie: number }[] | null = null;

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

  override get blocks(): number {
    return this.host.last.blocks;
  }

  override get removed(): boolean {
    return this.host.removed;
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

  override lookup(name: string): ForeignInode | null {
    // The host knows only text; a name with other bytes cannot exist there.
    if (this.removed || !isText(name)) return null;
    const attributes = this.superblock.foreign.attributes(this.#pathOf(name));
    return attributes === null ? null : this.superblock.inodeAt(attributes, { parent: this, name });
  }

  override list(from: number, limit: number): readonly DirectoryRecord[] {
    if (this.removed) return [];
    if (from === 0 || this.#listing === null) this.#listing = this.#look();
    const records: DirectoryRecord[] = [];
    for (const { name, cookie } of this.#listing) {
      if (records.length >= limit) break;
      if (cookie < from) continue;
      const attributes = this.superblock.foreign.attributes(this.#pathOf(name));
      // Gone since the last look.
      if (attributes === null) continue;
      const ino = this.superblock.inoOf(attributes);
      records.push({ name, ino, type: attributes.mode & S_IFMT, cookie });
    }
    return records;
  }

  override isEmpty(): boolean {
    return this.superblock.foreign.list(this.host.path).length === 0;
  }

  override create(name: string, creation: Creation, owner: Ownership): Inode {
    const { foreign } = this.superblock;
    const path = this.#newPathOf(name);
    switch (creation.kind) {
      case "regular":
        foreign.create(path, owner.mode);
        break;
      case "directory":
        foreign.makeDirectory(path, owner.mode);
        break;
      case "symlink":
        if (!isText(creation.target)) throw new SystemError(EILSEQ);
        foreign.makeSymlink(creation.target, path);
        break;
      case "device":
        // Devices are the machine's own; a host's folder gets none.
        throw new SystemError(EPERM);
    }
    const inode = this.lookup(name);
    if (inode === null) throw new SystemError(ESTALE);
    return inode;
  }

  /** As on file systems that have no O_TMPFILE. */
  override createNameless(): never {
    throw new SystemError(EOPNOTSUPP);
  }

  override link(name: string, inode: Inode): void {
    const { host } = this.#ofSameFolder(inode);
    this.superblock.foreign.link(host.path, this.#newPathOf(name));
    inode.nlink++;
  }

  override remove(name: string, inode: Inode): void {
    this.superblock.foreign.remove(this.#pathOf(name));
    this.#ofSameFolder(inode).host.lost({ parent: this, name });
  }

  override rename(
    name: string,
    target: DirectoryInode,
    newName: string,
    replaced: Inode | null,
  ): void {
    const to = this.#ofSameFolder(target);
    if (!(to instanceof ForeignDirectory)) throw new SystemError(EXDEV);
    this.superblock.foreign.rename(this.#pathOf(name), to.#newPathOf(newName));
    if (replaced !== null) this.#ofSameFolder(replaced).host.lost({ parent: to, name: newName });
    // Looking tells the inode its new name.
    to.lookup(newName);
  }

  /** No host call that the adapter may use exchanges names; this is what Linux says then. */
  override exchange(): never {
    throw new SystemError(EINVAL);
  }

  override clone(cloning: Cloning): ForeignDirectory {
    return cloning.once(this, () => registered(new ForeignDirectory(this.host.clone(cloning))));
  }

  #pathOf(name: string): string {
    const { path } = this.host;
    return path === "" ? name : `${path}/${name}`;
  }

  #newPathOf(name: string): string {
    if (!isText(name)) throw new SystemError(EILSEQ);
    return this.#pathOf(name);
  }

  #look(): { name: string; cookie: number }[] {
    return this.superblock.foreign.list(this.host.path)
      .map((name) => ({ name, cookie: cookieOf(name) }))
      .sort((a, b) => a.cookie - b.cookie || (a.name < b.name ? -1 : 1));
  }

  #ofSameFolder(inode: Inode): ForeignInode {
    const { superblock } = this;
    if (isForeign(inode) && inode.superblock === superblock) return inode;
    throw new SystemError(EXDEV);
  }
}

function isForeign(inode: Inode): inode is ForeignInode {
  return inode instanceof ForeignRegular || inode instanceof ForeignDirectory ||
    inode instanceof ForeignSymlink || inode instanceof ForeignSpecial;
}

/**
 * Where a name stands in its directory: by a hash of the name, as ext4 does it, so that neither what
 * comes and goes nor a restart in between moves it. 52 bits: FNV-1a, twice.
 */
function cookieOf(name: string): number {
  let [low, high] = [0x811c9dc5, 0x9e3779b9];
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x01000193);
  }
  return FIRST_COOKIE + (high >>> 6) * 2 ** 26 + (low >>> 6);
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
