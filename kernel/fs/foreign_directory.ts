/** Directories of a mounted host folder. */

import { EILSEQ, EINVAL, EOPNOTSUPP, EPERM, ESTALE, EXDEV, SystemError } from "../abi/errno.ts";
import { S_IFMT } from "../abi/stat.ts";
import { isText } from "./byte_string.ts";
import type { Cloning } from "./cloning.ts";
import type { ForeignAttributes } from "./foreign.ts";
import { fieldsOf, type ForeignInode, type HostFile, registered } from "./foreign_host_file.ts";
import { ForeignRegular, ForeignSpecial, ForeignSymlink } from "./foreign_inode.ts";
import type { ForeignSuperblock } from "./foreign_superblock.ts";
import {
  type AttributeChange,
  type Creation,
  DirectoryInode,
  type DirectoryRecord,
  type Inode,
  type Ownership,
  type Traversal,
} from "./inode.ts";

/** 0 and 1 stand for `.` and `..`. */
const FIRST_COOKIE = 2;

/** A directory of the host. */
export class ForeignDirectory extends DirectoryInode {
  readonly host: HostFile;
  /** The traversal that has last found it here: what comes next in it need not ask whether it is here. */
  #foundIn: Traversal | undefined;
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

  override lookup(name: string, traversal?: Traversal): ForeignInode | null {
    // The host knows only text; a name with other bytes cannot exist there.
    if (this.removed || !isText(name)) return null;
    const isDirect = traversal !== undefined && traversal === this.#foundIn;
    const attributes = this.superblock.foreign.attributes(this.#pathOf(name), isDirect);
    if (attributes === null) return null;
    const inode = this.superblock.inodeAt(attributes, { parent: this, name });
    if (inode instanceof ForeignDirectory) inode.#foundIn = traversal;
    return inode;
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
      case "socket":
        // Devices and sockets are the machine's own; a host's folder gets none.
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
