/**
 * Mounts, and places in the tree that they make: Linux's `struct mount` and `struct path`.
 *
 * The same entry may be seen through several mounts, so a place is always both. Which mounts belong together
 * is mount_namespace.ts's matter.
 *
 * ```
 *   mount A ── its root                        at most one mount covers an entry as A shows it;
 *     └ entry  ◁── mount B covers it           another one that is put there covers B's root
 *                    └ its root  ◁── mount C
 * ```
 *
 * Source: `fs/mount.h`, `fs/namespace.c`; mount_namespaces(7).
 */

import {
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  ST_NOATIME,
  ST_NODIRATIME,
  ST_RDONLY,
  ST_RELATIME,
} from "../abi/stat.ts";
import type { Cloning } from "./cloning.ts";
import type { Entry } from "./entry.ts";
import type { Inode } from "./inode.ts";
import type { MountNamespace } from "./mount_namespace.ts";
import type { Superblock } from "./superblock.ts";

/** What says when a read is noted. */
export const ACCESS_TIME_FLAGS: number = ST_NOATIME | ST_NODIRATIME | ST_RELATIME;

/** What a {@link Mount} is made of. */
export interface MountParts {
  /** Unique in the machine, also among those that are gone; shown by statx(2). */
  readonly id: number;
  /** The file system that is seen through it. */
  readonly superblock: Superblock;
  /** What it shows of that. */
  readonly root: Entry;
  /** What mount(8) calls the place where the file system lies. Default: the kind of file system. */
  readonly source?: string;
  /** What it allows: ST_* bits as statfs(2) shows them. */
  readonly flags: number;
}

/** A file system, or a part of one, at a place of the tree. */
export class Mount {
  /** Unique in the machine, also among those that are gone; shown by statx(2). */
  readonly id: number;
  /** The file system that is seen through it. */
  readonly superblock: Superblock;
  /** What it shows of that. */
  readonly root: Entry;
  /** What mount(8) calls the place where the file system lies. */
  readonly source: string;
  /** What it allows: ST_* bits as statfs(2) shows them. */
  flags: number;
  /** Flags that its namespace cannot take away, because a more privileged one has set them. */
  lockedFlags = 0;
  /** Whether its namespace cannot take it away, because a more privileged one has put it there. */
  isLocked = false;
  /** Whether it cannot be shown somewhere else: MS_UNBINDABLE. */
  isUnbindable = false;
  /** Whether nobody has used it since umount2(2) asked for that: MNT_EXPIRE. */
  isExpiring = false;
  /** The tree that it belongs to; `null` for one that was taken out of it, or never was in one. */
  namespace: MountNamespace | null = null;
  /** The mounts that cover something of it, by what they cover, in the order in which they came. */
  readonly children: Map<Entry, Mount> = new Map();
  #place: Place | null = null;
  #opens = 0;
  #writers = 0;

  /** A mount that covers nothing yet. */
  constructor(parts: MountParts) {
    this.id = parts.id;
    this.superblock = parts.superblock;
    this.root = parts.root;
    this.source = parts.source ?? parts.superblock.type;
    this.flags = parts.flags;
  }

  /** The place it covers; `null` for the root of a tree. */
  get place(): Place | null {
    return this.#place;
  }

  /** Whether nothing can be changed through this mount. */
  get readOnly(): boolean {
    return this.has(ST_RDONLY);
  }

  /** Whether it has any of some flags. */
  has(flags: number): boolean {
    return (this.flags & flags) !== 0;
  }

  /** Open files that were found through it. */
  get opens(): number {
    return this.#opens;
  }

  /** How many of them can change the file system. */
  get writers(): number {
    return this.#writers;
  }

  /** A file was opened through it. */
  opened(inode: Inode, writes: boolean): void {
    this.retain();
    if (writes && changesFileSystem(inode)) this.#writers++;
  }

  /** Such a file was closed. */
  closed(inode: Inode, writes: boolean): void {
    if (writes && changesFileSystem(inode)) this.#writers--;
    this.release();
  }

  /** Something else than a file holds it: the name of a socket. */
  retain(): void {
    this.#opens++;
  }

  /** Ends {@link retain}. */
  release(): void {
    this.#opens--;
    this.isExpiring = false;
    if (this.#opens === 0 && this.namespace === null) {
      this.superblock.environment.kernel?.fileSystem.mountClosed(this);
    }
  }

  /** Covers a place that nothing covers yet. */
  attach(place: Place): void {
    this.#place = place;
    place.mount.children.set(place.entry, this);
    place.entry.mounts ??= new Set();
    place.entry.mounts.add(this);
  }

  /** Uncovers its place. */
  detach(): void {
    const place = this.#place;
    if (place === null) return;
    const { mount, entry } = place;
    mount.children.delete(entry);
    entry.mounts?.delete(this);
    if (entry.mounts?.size === 0) entry.mounts = null;
    this.#place = null;
  }

  /** It and all below it, each behind the one that it covers. */
  *tree(): Generator<Mount> {
    // A list that grows: the guest says how deep its tree is.
    const found: Mount[] = [this];
    for (const mount of found) {
      yield mount;
      for (const child of mount.children.values()) found.push(child);
    }
  }

  /** Whether `this` is `other` or lies somewhere below it. */
  isBelow(other: Mount): boolean {
    if (this === other) return true;
    let at = this.#place?.mount ?? null;
    while (at !== null && at !== other) at = at.#place?.mount ?? null;
    return at === other;
  }

  /** The mount's copy in a machine's clone, which covers nothing yet; its file system must be copied. */
  clone(cloning: Cloning): Mount {
    return cloning.once(this, () => {
      const copy = new Mount({
        id: this.id,
        superblock: cloning.copyOf(this.superblock),
        root: this.root.clone(cloning),
        source: this.source,
        flags: this.flags,
      });
      copy.takeMarksOf(this);
      return copy;
    });
  }

  /** Has the marks of another. */
  takeMarksOf({ lockedFlags, isLocked, isUnbindable, isExpiring }: Mount): void {
    Object.assign(this, { lockedFlags, isLocked, isUnbindable, isExpiring });
  }
}

/** Devices and FIFOs can be written on what cannot be changed: that does not change the file system. */
function changesFileSystem({ mode }: Inode): boolean {
  const type = mode & S_IFMT;
  return type === S_IFREG || type === S_IFDIR;
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

  /** Whether it is the root of a mount. */
  get isMountRoot(): boolean {
    return this.entry === this.mount.root;
  }

  /** Whether both are the same entry through the same mount. */
  equals(other: Place): boolean {
    return this.mount === other.mount && this.entry === other.entry;
  }

  /** What is seen there: the root of what is mounted on it, and on that, or itself. */
  get seen(): Place {
    let { mount, entry } = this;
    while (entry.mounts !== null) {
      const above = mount.children.get(entry);
      if (above === undefined) break;
      mount = above;
      entry = above.root;
    }
    return entry === this.entry && mount === this.mount ? this : new Place(mount, entry);
  }

  /** The place above, across mounts; itself at the root of the tree. Knows nothing of chroot(2). */
  get parent(): Place {
    return this.parentBelow(null) ?? this;
  }

  /**
   * The place above, across mounts; `null` where there is none, or where the way up leads to `root` with
   * nothing but mounts between: they lie on it. Source: `choose_mountpoint`.
   */
  parentBelow(root: Place | null): Place | null {
    let { mount, entry } = this;
    while (entry === mount.root) {
      if (root?.mount === mount && root.entry === entry) return null;
      if (mount.place === null) return null;
      ({ mount, entry } = mount.place);
    }
    if (root?.mount === mount && root.entry === entry) return null;
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

  /** Whether the way up leads to `other`. */
  isWithin(other: Place): boolean {
    return this.pathFrom(other).reachable;
  }

  /** The place's copy for a machine's clone. */
  clone(cloning: Cloning): Place {
    return new Place(this.mount.clone(cloning), this.entry.clone(cloning));
  }
}

/** The path of names that were collected from the bottom up. */
function joined(names: string[]): string {
  return "/" + names.reverse().join("/");
}
