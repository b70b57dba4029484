/**
 * What the kinds of foreign inodes keep alike: which file of the host it is, and under which name it
 * was last seen.
 */

import { ESTALE, SystemError } from "../abi/errno.ts";
import { S_IALLUGO, S_IFMT } from "../abi/stat.ts";
import type { Cloning } from "./cloning.ts";
import type { ForeignAttributes } from "./foreign.ts";
import type { ForeignDirectory } from "./foreign_directory.ts";
import type { ForeignRegular, ForeignSpecial, ForeignSymlink } from "./foreign_inode.ts";
import type { ForeignSuperblock } from "./foreign_superblock.ts";
import type { AttributeChange, Inode, InodeFields } from "./inode.ts";

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

/** What is known of the inode when it is made. */
export function fieldsOf(host: HostFile): InodeFields {
  return { ...host.last, ino: host.superblock.inoOf(host.last) };
}

/** Lets lookups in the clone's file system find the inode. */
export function registered<T extends ForeignInode>(inode: T): T {
  if (!inode.host.removed) inode.superblock.register(inode);
  return inode;
}
