/**
 * Mounts, and places in the tree that they make: Linux's `struct mount` and `struct path`.
 *
 * The same entry may be seen through several mounts, so a place is always both. The mounts of a machine
 * stand in one {@link MountTable}.
 */

import { ENOTDIR, SystemError } from "../abi/errno.ts";
import type { Cloning } from "./cloning.ts";
import { Entry } from "./entry.ts";
import type { FileSystemEnvironment } from "./environment.ts";
import { DirectoryInode, type Inode } from "./inode.ts";
import type { Superblock } from "./superblock.ts";

/** What a {@link Mount} is made of. */
interface MountParts {
  readonly id: number;
  readonly superblock: Superblock;
  readonly root: Entry;
  readonly place: Place | null;
  readonly readOnly: boolean;
}

/** A file system, or a part of one, at a place of the tree. */
export class Mount {
  /** 1 for the root; shown by statx(2). */
  readonly id: number;
  /** The file system that is seen through it. */
  readonly superblock: Superblock;
  /** What the place shows. */
  readonly root: Entry;
  /** The place it covers; `null` for the root of the tree. */
  readonly place: Place | null;
  /** Whether nothing can be changed through this mount. */
  readonly readOnly: boolean;

  /** Made by {@link MountTable} only. */
  constructor(parts: MountParts) {
    this.id = parts.id;
    this.superblock = parts.superblock;
    this.root = parts.root;
    this.place = parts.place;
    this.readOnly = parts.readOnly;
  }
}

/** A place in the tree: an entry, seen through a mount. */
export class Place {
  /** What it is seen through. */
  readonly mount: Mount;
  /** The name in the file system. */
  readonly entry: Entry;

  /** `entry` lies in the file system of `mount`. */
  constructor(mount: Mount, entry: Entry) {
    this.mount = mount;
    this.entry = entry;
  }

  /** What is there. */
  get inode(): Inode {
    return this.entry.inode;
  }

  /** Whether nothing can be changed there: EROFS. */
  get readOnly(): boolean {
    return this.mount.readOnly || this.mount.superblock.readOnly;
  }

  /** Whether both are the same entry through the same mount. */
  equals(other: Place): boolean {
    return this.mount === other.mount && this.entry === other.entry;
  }

  /** The place above, across mounts; itself at the root of the tree. Knows nothing of chroot(2). */
  get parent(): Place {
    let { mount, entry } = this;
    while (entry === mount.root && mount.place !== null) ({ mount, entry } = mount.place);
    return new Place(mount, entry.parent ?? entry);
  }

  /**
   * The path from `root` (by default: that of the tree) to here. When the way up does not pass `root`,
   * `reachable` is false and the path is that from the root of the tree. `deleted` says that the name
   * was taken away.
   */
  pathFrom(root: Place | null = null): { path: string; reachable: boolean; deleted: boolean } {
    const names: string[] = [];
    const { deleted } = this.entry;
    let { mount, entry } = this;
    while (mount !== root?.mount || entry !== root.entry) {
      if (entry !== mount.root && entry.parent !== null) {
        names.push(entry.name);
        entry = entry.parent;
      } else if (mount.place !== null) {
        ({ mount, entry } = mount.place);
      } else {
        return { path: joined(names), reachable: root === null, deleted };
      }
    }
    return { path: joined(names), reachable: true, deleted };
  }

  /** The place's copy for a machine's clone. */
  clone(cloning: Cloning): Place {
    return new Place(
      cloning.once(this.mount, () => {
        throw new Error("A place is cloned after its mount");
      }),
      this.entry.clone(cloning),
    );
  }
}

/** The path of names that were collected from the bottom up. */
function joined(names: string[]): string {
  return "/" + names.reverse().join("/");
}

/** The mounts of a machine. */
export class MountTable {
  /** The root of the tree. */
  readonly root: Place;
  /** In the order of mounting, the root first. */
  readonly #mounts: Mount[] = [];
  #idNext = 1;

  /** A table with `root` as the root of the tree. */
  constructor(root: Superblock) {
    const entry = Entry.root(root.root);
    const mount = this.#add({ superblock: root, root: entry, place: null, readOnly: false });
    this.root = new Place(mount, entry);
  }

  /** All mounts in the order of mounting, the root first. */
  get all(): readonly Mount[] {
    return this.#mounts;
  }

  /** Covers a directory with the root of a file system. Throws ENOTDIR. */
  mount(place: Place, superblock: Superblock, options: { readOnly?: boolean } = {}): Mount {
    if (!(place.inode instanceof DirectoryInode)) throw new SystemError(ENOTDIR);
    const root = Entry.root(superblock.root);
    return this.#add({ superblock, root, place, readOnly: options.readOnly ?? false });
  }

  /** The place that is seen at `place`: the root of what is mounted there, or itself. */
  cross(place: Place): Place {
    let at = place;
    while (at.entry.mountsOnTop > 0) {
      const mount = this.#mounts.findLast((candidate) => candidate.place?.equals(at));
      if (mount === undefined) break;
      at = new Place(mount, mount.root);
    }
    return at;
  }

  /** The mounts of a machine's clone; the file systems' copies must be in `cloning` already. */
  clone(environment: FileSystemEnvironment, cloning: Cloning): MountTable {
    const [first, ...others] = this.#mounts;
    if (first === undefined) throw new Error("The root is always mounted");
    const copy = new MountTable(first.superblock.clone(environment, cloning));
    cloning.note(first, copy.root.mount);
    cloning.note(first.root, copy.root.entry);
    for (const mount of others) {
      const superblock = mount.superblock.clone(environment, cloning);
      const place = mount.place?.clone(cloning) ?? null;
      const root = mount.root.clone(cloning);
      cloning.note(mount, copy.#add({ superblock, root, place, readOnly: mount.readOnly }));
    }
    return copy;
  }

  #add(parts: Omit<MountParts, "id">): Mount {
    const mount = new Mount({ ...parts, id: this.#idNext++ });
    this.#mounts.push(mount);
    if (mount.place !== null) mount.place.entry.mountsOnTop++;
    return mount;
  }
}
