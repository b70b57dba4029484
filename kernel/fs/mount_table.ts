/**
 * All mounts of a machine: the trees of its namespaces, and those that were taken out of a tree while
 * somebody used them.
 *
 * A mount that is in no tree is there as long as a file is open in it or a task stands in it; a namespace as
 * long as a task is in it or a file stands for it. Who may have been the last one asks for
 * {@link MountTable.collect}, which looks whether it was.
 *
 * Source: `fs/namespace.c` (`mntput_no_expire`, `put_mnt_ns`, `umount_tree`).
 */

import { ENOSPC, SystemError } from "../abi/errno.ts";
import type { Kernel } from "../kernel.ts";
import type { Cloning } from "./cloning.ts";
import type { Entry } from "./entry.ts";
import type { FileSystemEnvironment } from "./environment.ts";
import { Mount, type MountParts, Place } from "./mount.ts";
import { MountNamespace } from "./mount_namespace.ts";
import { notifyUnmounted } from "./notify.ts";
import type { Superblock } from "./superblock.ts";

/** The most mounts of a machine, in all its namespaces: `fs.mount-max`, which Linux has for each. */
export const MOUNTS_MAX = 8192;

/** The mounts of a machine. */
export class MountTable {
  /** Those that are there, the machine's own first. */
  readonly namespaces: Set<MountNamespace> = new Set();
  /** Those in no namespace that somebody may use. */
  readonly detached: Set<Mount> = new Set();
  /** The machine's own tree, which stays when no mount shows it any more. */
  readonly #tree: Superblock;
  /** How many mounts show a file system; of the machine's own tree, one more. */
  readonly #users = new Map<Superblock, number>();
  #idNext = 1;

  /** A table without mounts. */
  constructor(tree: Superblock) {
    this.#tree = tree;
    this.#use(tree);
  }

  /** The file systems that are seen through a mount, and the machine's own tree. */
  get superblocks(): readonly Superblock[] {
    return [...this.#users.keys()];
  }

  /** The mounts in the trees and outside that show a file system. */
  mountsOf(superblock: Superblock): readonly Mount[] {
    const all = [...[...this.namespaces].flatMap((namespace) => namespace.all), ...this.detached];
    return all.filter((mount) => mount.superblock === superblock);
  }

  /** Makes sure of room for more mounts. Throws ENOSPC. */
  requireRoom(count: number): void {
    let total = count;
    for (const { size } of this.namespaces) total += size;
    if (total + this.detached.size > MOUNTS_MAX) throw new SystemError(ENOSPC);
  }

  /** A number that no mount has had. */
  takeId(): number {
    return this.#idNext++;
  }

  /** Makes a mount that covers nothing yet. */
  create(parts: Omit<MountParts, "id">): Mount {
    const mount = new Mount({ ...parts, id: this.takeId() });
    this.#use(mount.superblock);
    return mount;
  }

  /** Makes a mount of what another shows, beginning at `root`. */
  copy(mount: Mount, root: Entry = mount.root): Mount {
    const { superblock, source, flags, lockedFlags, isLocked, isUnbindable } = mount;
    const copy = this.create({ superblock, root, source, flags });
    return Object.assign(copy, { lockedFlags, isLocked, isUnbindable });
  }

  /**
   * Makes a tree of mounts like the one below `top`, of which it shows what is at and below `root`; a mount
   * for which `isCopied` does not hold is left out with all below it. The copies by their originals, that of
   * `top` first.
   */
  copyTree(
    top: Mount,
    root: Entry,
    isCopied: (mount: Mount) => boolean,
  ): ReadonlyMap<Mount, Mount> {
    const copies = new Map([[top, this.copy(top, root)]]);
    for (const [original, copy] of copies) {
      for (const child of original.children.values()) {
        const { place } = child;
        if (place === null || !isCopied(child)) continue;
        if (original === top && !place.entry.isWithin(root)) continue;
        const childCopy = this.copy(child);
        childCopy.attach(new Place(copy, place.entry));
        copies.set(child, childCopy);
      }
    }
    return copies;
  }

  /**
   * Takes a mount with all below it out of their trees, each by itself. Only what hides something from who
   * has less rights stays where it is, and goes on hiding it. umount_tree(), disconnect_mount().
   */
  takeOut(top: Mount): void {
    for (const mount of [...top.tree()]) {
      if (mount === top || !mount.isLocked) mount.detach();
      mount.namespace?.remove(mount);
      this.detached.add(mount);
    }
  }

  /** Whether a living task stands in a mount: its root or its current directory. */
  isStoodIn(mount: Mount, { tasks }: Kernel): boolean {
    for (const { isAlive, fs } of tasks.unordered()) {
      if (isAlive && (fs.root.mount === mount || fs.cwd.mount === mount)) return true;
    }
    return false;
  }

  /** Looks for namespaces and mounts that nobody uses any more, after somebody has ceased to. */
  collect(kernel: Kernel): void {
    if (this.namespaces.size === 1 && this.detached.size === 0) return;
    const living = [...kernel.tasks.unordered()].filter(({ isAlive }) => isAlive);
    const entered = new Set(living.map(({ namespaces }) => namespaces?.mnt));
    const [, ...others] = this.namespaces;
    for (const namespace of others) {
      if (namespace.files > 0 || entered.has(namespace)) continue;
      this.takeOut(namespace.root);
      this.namespaces.delete(namespace);
    }
    const stoodIn = new Set(living.flatMap(({ fs }) => [fs.root.mount, fs.cwd.mount]));
    const used = new Set<Mount>();
    for (const mount of this.detached) {
      if (used.has(mount) || (mount.opens === 0 && !stoodIn.has(mount))) continue;
      // With it stays what still hides something of it.
      for (const hiding of mount.tree()) used.add(hiding);
    }
    for (const mount of [...this.detached]) if (!used.has(mount)) this.#drop(mount);
  }

  /** The last file that was open in a mount is closed. */
  closedLast(mount: Mount, kernel: Kernel): void {
    if (this.detached.has(mount)) this.collect(kernel);
  }

  /** The mounts of a machine's clone. */
  clone(environment: FileSystemEnvironment, cloning: Cloning): MountTable {
    const copy = new MountTable(this.#tree.clone(environment, cloning));
    copy.#idNext = this.#idNext;
    for (const superblock of this.#users.keys()) superblock.clone(environment, cloning);
    for (const namespace of this.namespaces) copy.#enterCopy(namespace, cloning);
    for (const mount of this.detached) {
      copy.detached.add(mount.clone(cloning));
      copy.#takeCopy(mount, cloning);
    }
    return copy;
  }

  /** Counts the copy of a mount, and puts the copies of those upon it where they belong. */
  #takeCopy(mount: Mount, cloning: Cloning): void {
    this.#use(mount.clone(cloning).superblock);
    for (const child of mount.children.values()) {
      if (child.place !== null) child.clone(cloning).attach(child.place.clone(cloning));
    }
  }

  #enterCopy(namespace: MountNamespace, cloning: Cloning): void {
    const { ino, owner, root, all } = namespace;
    for (const mount of all) this.#takeCopy(mount, cloning);
    const copy = new MountNamespace({
      ino,
      owner: owner?.clone(cloning) ?? null,
      table: this,
      root: root.clone(cloning),
      order: all.map((mount) => mount.clone(cloning)),
    });
    copy.setUp = namespace.setUp;
    cloning.note(namespace, copy);
  }

  #use(superblock: Superblock): void {
    this.#users.set(superblock, (this.#users.get(superblock) ?? 0) + 1);
  }

  /** A mount is gone, and its file system with the last. */
  #drop(mount: Mount): void {
    mount.detach();
    for (const hiding of [...mount.children.values()]) hiding.detach();
    this.detached.delete(mount);
    const { superblock } = mount;
    const left = (this.#users.get(superblock) ?? 0) - 1;
    if (left > 0) {
      this.#users.set(superblock, left);
    } else {
      this.#users.delete(superblock);
      notifyUnmounted(superblock);
      superblock.dispose();
    }
  }
}
