/**
 * Memory that several address spaces can map, without a name in the tree: what a shared anonymous mapping
 * shows, a segment of System V shared memory, or the file of memfd_create(2). A file in memory like others,
 * which is gone with the last open file and the last mapping.
 *
 * Source: `mm/shmem.c` (`__shmem_file_setup`).
 */

import { F_SEAL_SEAL } from "../abi/memfd.ts";
import { S_IFREG } from "../abi/stat.ts";
import type { Cloning } from "./cloning.ts";
import { Entry } from "./entry.ts";
import type { InodeFields } from "./inode.ts";
import { Place } from "./mount.ts";
import type { Tmpfs } from "./tmpfs.ts";
import { copyOf, TmpfsFile } from "./tmpfs_file.ts";

/** What a {@link MemoryFile} is made of. */
export interface MemoryFileParts {
  /** How /proc shows it, after the slash: `dev/zero`, `memfd:NAME`, `SYSV00000000`. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  /** Its owner. */
  readonly uid: number;
  /** Its owner's group. */
  readonly gid: number;
  /** F_SEAL_* bits. Default: F_SEAL_SEAL, so that it never gets any. */
  readonly seals?: number;
}

/** Memory that can be shared. */
export class MemoryFile extends TmpfsFile {
  /** How /proc shows it, after the slash. */
  readonly name: string;

  private constructor(
    superblock: Tmpfs,
    fields: InodeFields,
    name: string,
    original: MemoryFile | null,
  ) {
    super(superblock, fields, original);
    this.name = name;
  }

  /** Memory of zeros. `superblock` counts its pages. */
  static create(superblock: Tmpfs, parts: MemoryFileParts): MemoryFile {
    const { name, size, seals = F_SEAL_SEAL } = parts;
    const fields = { ...superblock.newFields(S_IFREG, parts), nlink: 0 };
    const file = new MemoryFile(superblock, fields, name, null);
    file.resize(size);
    file.seals = seals;
    return file;
  }

  /** Memory without contents, of which all else is known. */
  static restore(superblock: Tmpfs, fields: InodeFields, name: string): MemoryFile {
    return new MemoryFile(superblock, fields, name, null);
  }

  /** Where it seems to be, in the directory that {@link FileSystem.memoryRoot} is. */
  placeUnder({ mount, entry }: Place): Place {
    return new Place(mount, Entry.nameless(this, this.name, entry));
  }

  override clone(cloning: Cloning): MemoryFile {
    return cloning.once(
      this,
      () => new MemoryFile(copyOf(this.superblock, cloning), this, this.name, this),
    );
  }
}
