/**
 * Names in the tree: an entry is one name of an inode in one directory, Linux's `struct dentry`.
 *
 * The directories themselves are the truth (inode.ts); entries are how the kernel remembers *which* of a
 * file's names was used, so that a path can still be told after somebody renamed what lies above it. An
 * entry exists while somebody holds it: its parent knows it only weakly, so that looking at a million
 * files of a mounted folder costs nothing afterwards. Whether one was forgotten in between cannot be
 * observed: it comes back equal.
 */

import type { Cloning } from "./cloning.ts";
import { DirectoryInode, type Inode, type Traversal } from "./inode.ts";
import type { Mount } from "./mount.ts";

/** Dead references are swept out when there are this many more than after the last sweep. */
const SWEEP_MIN = 1024;

/** The entries of the roots of file systems, which all mounts of one share. */
const ROOTS = new WeakMap<DirectoryInode, Entry>();

/** One name of an inode. */
export class Entry {
  /** What the name leads to. */
  readonly inode: Inode;
  #name: string;
  #parent: Entry | null;
  #deleted = false;
  #children: Map<string, WeakRef<Entry>> | null = null;
  #sweepAt = SWEEP_MIN;
  /** The mounts that cover it, each as another mount shows it; `null` for none, as with most entries. */
  mounts: Set<Mount> | null = null;

  private constructor(inode: Inode, name: string, parent: Entry | null) {
    this.inode = inode;
    this.#name = name;
    this.#parent = parent;
  }

  /** The entry of a file system's root, which has no name. */
  static root(inode: DirectoryInode): Entry {
    const known = ROOTS.get(inode) ?? new Entry(inode, "", null);
    ROOTS.set(inode, known);
    return known;
  }

  /** An entry for a file without a name (O_TMPFILE); `name` is how it is shown. */
  static nameless(inode: Inode, name: string, parent: Entry): Entry {
    const entry = new Entry(inode, name, parent);
    entry.#deleted = true;
    return entry;
  }

  /** Its name in its parent, or the last one it had; empty for a root. */
  get name(): string {
    return this.#name;
  }

  /** The directory it lies in, or last lay in; `null` for a root. */
  get parent(): Entry | null {
    return this.#parent;
  }

  /** The path in its file system, from the root of that. */
  get path(): string {
    const names = this.#line().map(({ name }) => name);
    return names.length === 1 ? "/" : names.reverse().join("/");
  }

  /** Whether the name was taken away: paths that lead here end in " (deleted)". */
  get deleted(): boolean {
    return this.#deleted;
  }

  /**
   * The entry of a name in this directory, or `null`; `traversal` as for {@link DirectoryInode.lookup}.
   * Throws SystemError when a host refuses.
   */
  child(name: string, traversal?: Traversal): Entry | null {
    const { inode: directory } = this;
    if (!(directory instanceof DirectoryInode)) return null;
    const known = this.#children?.get(name)?.deref();
    // It is in use, and what lies below is not seen: a host's folder need not be asked each time.
    if (known !== undefined && known.mounts !== null) return known;
    const inode = directory.lookup(name, traversal);
    if (known !== undefined) {
      if (known.inode === inode) return known;
      // A foreign folder changed behind our back.
      this.forget(name);
    }
    return inode === null ? null : this.#remember(new Entry(inode, name, this));
  }

  /** The entry of a name that will be in this directory, and lead to `inode`. */
  awaited(name: string, inode: Inode): Entry {
    const known = this.#children?.get(name)?.deref();
    return known?.inode === inode ? known : this.#remember(new Entry(inode, name, this));
  }

  /** The name is gone from this directory; whoever holds the entry sees it as deleted. */
  forget(name: string): void {
    const known = this.#children?.get(name)?.deref();
    if (known !== undefined) known.#deleted = true;
    this.#children?.delete(name);
  }

  /** The directory has renamed `name` to `newName` in `target`; what was there is gone. */
  moved(name: string, target: Entry, newName: string): void {
    const known = this.#children?.get(name)?.deref();
    this.#children?.delete(name);
    target.forget(newName);
    if (known !== undefined) known.#moveTo(target, newName);
  }

  /** The directory has swapped `name` with `otherName` in `target`. */
  exchanged(name: string, target: Entry, otherName: string): void {
    const mine = this.#children?.get(name)?.deref();
    const theirs = target.#children?.get(otherName)?.deref();
    this.#children?.delete(name);
    target.#children?.delete(otherName);
    if (mine !== undefined) mine.#moveTo(target, otherName);
    if (theirs !== undefined) theirs.#moveTo(this, name);
  }

  /** Whether `this` is `other` or lies somewhere under it. */
  isWithin(other: Entry): boolean {
    return this.#line().includes(other);
  }

  /** The entry's copy for a machine's clone. */
  clone(cloning: Cloning): Entry {
    // From the top down in a loop: the guest says how deep its tree is.
    let copy: Entry | null = null;
    for (const original of this.#line().reverse()) copy = original.#cloneUnder(copy, cloning);
    if (copy === null) throw new Error("An entry is at least in its own line");
    return copy;
  }

  /** The entry and those above it. */
  #line(): Entry[] {
    const line: Entry[] = [this];
    for (let at = this.#parent; at !== null; at = at.#parent) line.push(at);
    return line;
  }

  #cloneUnder(parent: Entry | null, cloning: Cloning): Entry {
    return cloning.once(this, () => {
      const inode = this.inode.clone(cloning);
      if (parent === null && inode instanceof DirectoryInode) return Entry.root(inode);
      const copy = new Entry(inode, this.#name, parent);
      copy.#deleted = this.#deleted;
      if (parent !== null && !copy.#deleted) parent.#remember(copy);
      return copy;
    });
  }

  #moveTo(parent: Entry, name: string): void {
    this.#parent = parent;
    this.#name = name;
    parent.#remember(this);
  }

  #remember(child: Entry): Entry {
    this.#children ??= new Map();
    this.#children.set(child.#name, new WeakRef(child));
    if (this.#children.size >= this.#sweepAt) {
      for (const [name, reference] of this.#children) {
        if (reference.deref() === undefined) this.#children.delete(name);
      }
      this.#sweepAt = 2 * this.#children.size + SWEEP_MIN;
    }
    return child;
  }
}
