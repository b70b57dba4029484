/**
 * Mount namespaces: trees of mounts, of which each task sees one.
 *
 * ```
 *   namespace ── root (an empty directory, which nobody sees)
 *                  └ the machine's own tree ── /dev ── /dev/pts …
 *                                           └─ /proc …
 * ```
 *
 * Nothing here gives mounts on from one namespace to another: all of them are private (MS_SHARED is refused).
 *
 * Source: `fs/namespace.c` (`copy_mnt_ns`, `copy_tree`, `lock_mnt_tree`); mount_namespaces(7).
 */

import { ST_NODEV, ST_NOEXEC, ST_NOSUID, ST_RDONLY } from "../abi/stat.ts";
import type { UserNamespace } from "../user_namespace.ts";
import type { Cloning } from "./cloning.ts";
import type { Entry } from "./entry.ts";
import { ACCESS_TIME_FLAGS, type Mount, Place } from "./mount.ts";
import type { MountTable } from "./mount_table.ts";

/** What who gets a copy of the tree must not take away when its maker had less rights. */
const LOCKABLE_FLAGS = ST_RDONLY | ST_NODEV | ST_NOSUID | ST_NOEXEC;

/** What a {@link MountNamespace} is made of. */
export interface MountNamespaceParts {
  /** Its number, as /proc/PID/ns shows it. */
  readonly ino: number;
  /** Whose privileges count for it; `null` for the machine's. */
  readonly owner: UserNamespace | null;
  /** All mounts of the machine. */
  readonly table: MountTable;
  /** The root of its tree, with what is below. */
  readonly root: Mount;
  /** The mounts of the tree in the order of mounting. Default: each behind the one that it covers. */
  readonly order?: Iterable<Mount>;
}

/** A copy of a namespace. */
export interface NamespaceCopy {
  /** The copy. */
  readonly namespace: MountNamespace;
  /** What stands in it for each of the mounts of the original. */
  readonly copies: ReadonlyMap<Mount, Mount>;
}

/** A tree of mounts. */
export class MountNamespace {
  /** Its number, as /proc/PID/ns shows it. */
  readonly ino: number;
  /** Whose privileges count for it; `null` for the machine's. */
  readonly owner: UserNamespace | null;
  /** All mounts of the machine. */
  readonly table: MountTable;
  /** The root of its tree, which always is there, and is covered. */
  readonly root: Mount;
  /** In the order of mounting. */
  readonly #mounts = new Set<Mount>();
  /** Open files that stand for it. */
  files = 0;
  /** Its mounts as who has built the machine has left them: {@link outline}. */
  setUp: readonly string[] = [];

  /** A namespace, which the table has from now on. */
  constructor({ ino, owner, table, root, order = root.tree() }: MountNamespaceParts) {
    this.ino = ino;
    this.owner = owner;
    this.table = table;
    this.root = root;
    for (const mount of order) this.add(mount);
    table.namespaces.add(this);
  }

  /** All mounts in the order of mounting, the root first. */
  get all(): readonly Mount[] {
    return [...this.#mounts];
  }

  /** How many there are. */
  get size(): number {
    return this.#mounts.size;
  }

  /** Whether nobody has left it for good. */
  get isThere(): boolean {
    return this.size > 0;
  }

  /** Where `/` leads for who enters it: what is mounted over the root last. */
  get top(): Place {
    return new Place(this.root, this.root.root).seen;
  }

  /** Whether one of its mounts covers an entry, as whatever mount shows that. */
  covers(entry: Entry): boolean {
    for (const { namespace } of entry.mounts ?? []) if (namespace === this) return true;
    return false;
  }

  /** For each mount what it is, where, and what it allows. */
  get outline(): readonly string[] {
    return this.all.map((mount) => {
      const { id, superblock, root, place, flags, isUnbindable } = mount;
      const top = new Place(mount, root);
      const { readOnly, options } = superblock;
      const state = [flags, isUnbindable, readOnly, options].join(" ");
      return `${id} on ${place?.mount.id} ${top.pathFrom().path}: ${state}`;
    });
  }

  /** What programs have changed of the mounts of {@link setUp}; `null` for nothing. */
  get change(): string | null {
    const { size, setUp } = this;
    if (size !== setUp.length) return `${size} mounts, where ${setUp.length} were set up`;
    return this.outline.find((line, i) => line !== setUp[i]) ?? null;
  }

  /** Takes a mount in. */
  add(mount: Mount): void {
    mount.namespace = this;
    this.#mounts.add(mount);
  }

  /** Takes a mount out. */
  remove(mount: Mount): void {
    mount.namespace = null;
    this.#mounts.delete(mount);
  }

  /** Puts a tree of mounts, which is in no namespace, over a place. */
  graft(top: Mount, place: Place): void {
    top.attach(place);
    for (const mount of top.tree()) this.add(mount);
  }

  /** The same tree, in a namespace of its own. Throws ENOSPC. */
  copy(ino: number, owner: UserNamespace | null): NamespaceCopy {
    const { table } = this;
    table.requireRoom(this.size);
    const copies = table.copyTree(this.root, this.root.root, () => true);
    const root = copies.get(this.root);
    if (root === undefined) throw new Error("A copy of a tree has a root");
    if (owner !== this.owner) lockTree(root);
    return { namespace: new MountNamespace({ ino, owner, table, root }), copies };
  }

  /**
   * The same namespace in a machine's clone, which its table has copied; one that nobody can enter any more
   * is the same for both.
   */
  clone(cloning: Cloning): MountNamespace {
    return this.isThere ? cloning.copyOf(this) : this;
  }
}

/** Has what a more privileged namespace has hidden or forbidden stay so. lock_mnt_tree(). */
function lockTree(root: Mount): void {
  for (const mount of root.tree()) {
    mount.lockedFlags |= ACCESS_TIME_FLAGS | (mount.flags & LOCKABLE_FLAGS);
    mount.isLocked ||= mount !== root;
  }
}
