/**
 * What mount(2), umount2(2) and pivot_root(2) do to the mounts of a namespace, once their arguments are read.
 *
 * Nothing is given on to other namespaces: all mounts are private, and a slave of nobody is so too.
 *
 * Source: `fs/namespace.c`; mount(2), umount2(2), pivot_root(2), mount_namespaces(7).
 */

import { CAP_SYS_ADMIN } from "../abi/capability.ts";
import {
  EAGAIN,
  EBUSY,
  EINVAL,
  ELOOP,
  ENOENT,
  ENOTDIR,
  EPERM,
  EROFS,
  SystemError,
} from "../abi/errno.ts";
import { MNT_DETACH, MNT_EXPIRE, MNT_FORCE } from "../abi/mount.ts";
import { ST_RDONLY } from "../abi/stat.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { namespacesOf } from "../namespaces.ts";
import { Entry } from "./entry.ts";
import type { FsContext } from "./fs_context.ts";
import { DirectoryInode } from "./inode.ts";
import type { Mount, Place } from "./mount.ts";
import type { MountNamespace } from "./mount_namespace.ts";
import type { Superblock } from "./superblock.ts";
import { Tmpfs } from "./tmpfs.ts";

/** Who changes mounts. */
export interface Mounter {
  readonly kernel: Kernel;
  readonly task: Task;
}

/** A file system that is mounted. */
export interface NewMount {
  readonly superblock: Superblock;
  /** What mount(8) calls the place where it lies. */
  readonly source: string;
  /** What it allows: ST_* bits. */
  readonly flags: number;
}

/** How a mount or its file system is changed. */
export interface Remount {
  /** What the mount allows from now on: ST_* bits. */
  readonly flags: number;
  /** Finds out what else is done to the file system, and throws EINVAL; `null` to change the mount alone. */
  readonly reconfigure: (() => () => void) | null;
}

/** The tree that the caller sees. */
function treeOf({ kernel, task }: Mounter): MountNamespace {
  return namespacesOf(kernel, task).mnt;
}

/** Throws EPERM unless the caller may change what is mounted. may_mount(). */
export function requireMayMount(mounter: Mounter): void {
  const { owner } = treeOf(mounter);
  if (!mounter.task.credentials.hasIn(owner, CAP_SYS_ADMIN)) throw new SystemError(EPERM);
}

/** Mounts a file system at a place. Throws ENOENT, EINVAL, EBUSY, ENOTDIR, ENOSPC. */
export function mountAt(
  mounter: Mounter,
  at: Place,
  { superblock, source, flags }: NewMount,
): void {
  const place = placeToCover(mounter, at);
  const isSame = place.isMountRoot && place.mount.superblock === superblock;
  if (isSame) throw new SystemError(EBUSY);
  const root = Entry.root(superblock.root);
  requireSameKind(root, place.entry, ENOTDIR);
  const tree = treeOf(mounter);
  tree.table.requireRoom(1);
  tree.graft(tree.table.create({ superblock, root, source, flags }), place);
}

/** Shows at a place what is at another: MS_BIND. Throws ENOENT, EINVAL, ENOTDIR, ENOSPC. */
export function bindAt(mounter: Mounter, from: Place, at: Place, isRecursive: boolean): void {
  const place = placeToCover(mounter, at);
  const tree = treeOf(mounter);
  const { mount, entry } = from;
  if (mount.isUnbindable || mount.namespace !== tree) throw new SystemError(EINVAL);
  const below = [...mount.children.values()].filter((child) => child.place?.entry.isWithin(entry));
  if (!isRecursive && below.some(({ isLocked }) => isLocked)) throw new SystemError(EINVAL);
  // Whoever may not take it away may not leave it out either.
  const isHidden = (child: Mount) => child.isLocked && child.isUnbindable;
  if (isRecursive && below.some(isHidden)) throw new SystemError(EPERM);
  requireSameKind(entry, place.entry, ENOTDIR);
  tree.table.requireRoom(isRecursive ? [...mount.tree()].length : 1);
  const isCopied = (child: Mount) => isRecursive && !child.isUnbindable;
  const top = tree.table.copyTree(mount, entry, isCopied).get(mount);
  if (top === undefined) throw new Error("A copy of a tree has a root");
  top.isLocked = false;
  tree.graft(top, place);
}

/** Puts a mount with all below it somewhere else: MS_MOVE. Throws ENOENT, EINVAL, ELOOP. */
export function moveTo(mounter: Mounter, from: Place, at: Place): void {
  const place = placeToCover(mounter, at);
  const { mount } = from;
  const isMovable = mount.namespace === treeOf(mounter) && mount.place !== null &&
    !mount.isLocked && from.isMountRoot;
  if (!isMovable) throw new SystemError(EINVAL);
  requireSameKind(mount.root, place.entry, EINVAL);
  if (place.mount.isBelow(mount)) throw new SystemError(ELOOP);
  mount.detach();
  mount.attach(place);
}

/** Changes what a mount allows, and what its file system does: MS_REMOUNT. Throws EINVAL, EPERM, EBUSY, EROFS. */
export function remount(mounter: Mounter, at: Place, { flags, reconfigure }: Remount): void {
  const { mount } = at;
  requireOwnMount(mounter, at);
  if (((mount.flags ^ flags) & mount.lockedFlags) !== 0) throw new SystemError(EPERM);
  const isReadOnly = (flags & ST_RDONLY) !== 0;
  if (reconfigure !== null) {
    const { superblock } = mount;
    const change = reconfigure();
    requireRightOver(mounter, superblock);
    if (isReadOnly && !superblock.readOnly) requireUnwritten(mounter, superblock);
    change();
    superblock.readOnly = isReadOnly;
    if (!isReadOnly && superblock.readOnly) throw new SystemError(EROFS);
  } else if (isReadOnly && mount.writers > 0) {
    throw new SystemError(EBUSY);
  }
  mount.flags = flags;
}

/** Says whether mounts can be shown somewhere else: MS_UNBINDABLE, MS_PRIVATE. Throws EINVAL. */
export function setUnbindable(
  mounter: Mounter,
  at: Place,
  isUnbindable: boolean,
  isRecursive: boolean,
): void {
  requireOwnMount(mounter, at);
  for (const mount of isRecursive ? at.mount.tree() : [at.mount]) mount.isUnbindable = isUnbindable;
}

/** Throws EINVAL unless the place is the root of a mount of the caller's tree. */
export function requireOwnMount(mounter: Mounter, at: Place): void {
  const isOwn = at.isMountRoot && at.mount.namespace === treeOf(mounter);
  if (!isOwn) throw new SystemError(EINVAL);
}

/** Takes a mount away: umount2(2). Throws EPERM, EINVAL, EBUSY, EAGAIN. */
export function unmount(mounter: Mounter, at: Place, flags: number): void {
  const { kernel, task } = mounter;
  const { mount } = at;
  requireMayMount(mounter);
  requireOwnMount(mounter, at);
  if (mount.isLocked) throw new SystemError(EINVAL);
  if ((flags & MNT_FORCE) !== 0) requireRightOver(mounter, mount.superblock);
  const isOwnRoot = mount === task.fs.root.mount;
  const isLazy = (flags & MNT_DETACH) !== 0;
  if ((flags & MNT_EXPIRE) !== 0) {
    if (isOwnRoot || (flags & (MNT_FORCE | MNT_DETACH)) !== 0) throw new SystemError(EINVAL);
    requireUnused(mounter, mount);
    const hasExpired = mount.isExpiring;
    mount.isExpiring = true;
    if (!hasExpired) throw new SystemError(EAGAIN);
  }
  if (isOwnRoot && !isLazy) return makeRootReadOnly(mounter, mount.superblock);
  if (mount.place === null) throw new SystemError(EINVAL);
  if (!isLazy) requireUnused(mounter, mount);
  kernel.fileSystem.mountTable.takeOut(mount);
  kernel.fileSystem.collectMounts();
}

/** Who unmounts what it stands on has it made such that nothing is lost. do_umount_root(). */
function makeRootReadOnly(mounter: Mounter, superblock: Superblock): void {
  requireRightOver(mounter, superblock);
  if (superblock.readOnly) return;
  requireUnwritten(mounter, superblock);
  superblock.readOnly = true;
}

/**
 * Makes a mount the root of the tree, and puts the old one at a place in it: pivot_root(2). Throws EINVAL,
 * ENOENT, EBUSY.
 */
export function pivotRoot(mounter: Mounter, top: Place, at: Place): void {
  const { kernel, task: { fs: { root } } } = mounter;
  const tree = treeOf(mounter);
  const old = at.seen;
  if (old.entry.deleted) throw new SystemError(ENOENT);
  const [above, left] = [top.mount, root.mount];
  const isOwn = above.namespace === tree && left.namespace === tree;
  if (!isOwn || above.isLocked) throw new SystemError(EINVAL);
  if (top.entry.deleted) throw new SystemError(ENOENT);
  if (above === left || old.mount === left) throw new SystemError(EBUSY);
  const ground = left.place;
  const areMounts = root.isMountRoot && ground !== null && top.isMountRoot && above.place !== null;
  if (!areMounts) throw new SystemError(EINVAL);
  if (!old.isWithin(top) || !top.isWithin(root)) throw new SystemError(EINVAL);
  above.detach();
  left.detach();
  if (left.isLocked) {
    above.isLocked = true;
    left.isLocked = false;
  }
  above.attach(ground);
  left.attach(old);
  followRoot(kernel, root, top);
}

/** Whoever stands in the old root stands in the new one. chroot_fs_refs(). */
function followRoot({ tasks }: Kernel, from: Place, to: Place): void {
  const contexts = new Set<FsContext>();
  for (const { fs, isAlive } of tasks.unordered()) if (isAlive) contexts.add(fs);
  for (const fs of contexts) {
    if (fs.root.equals(from)) fs.root = to;
    if (fs.cwd.equals(from)) fs.cwd = to;
  }
}

/** What a new mount at a place covers: what is seen there. Throws ENOENT, EINVAL. lock_mount(). */
function placeToCover(mounter: Mounter, at: Place): Place {
  const place = at.seen;
  if (place.entry.deleted) throw new SystemError(ENOENT);
  if (place.mount.namespace !== treeOf(mounter)) throw new SystemError(EINVAL);
  return place;
}

/** A directory covers a directory, anything else what is none. */
function requireSameKind(shown: Entry, covered: Entry, errno: number): void {
  const [one, other] = [shown, covered].map(({ inode }) => inode instanceof DirectoryInode);
  if (one !== other) throw new SystemError(errno);
}

function requireRightOver({ task }: Mounter, { owner }: Superblock): void {
  if (!task.credentials.hasIn(owner, CAP_SYS_ADMIN)) throw new SystemError(EPERM);
}

/** Throws EBUSY where somebody stands in the mount, has a file open in it, or has mounted on it. */
function requireUnused({ kernel }: Mounter, mount: Mount): void {
  const isUsed = mount.children.size > 0 || mount.opens > 0 ||
    kernel.fileSystem.mountTable.isStoodIn(mount, kernel);
  if (isUsed) throw new SystemError(EBUSY);
}

/** Throws EBUSY where somebody may write to a file system. sb_prepare_remount_readonly(). */
function requireUnwritten({ kernel }: Mounter, superblock: Superblock): void {
  const mounts = kernel.fileSystem.mountTable.mountsOf(superblock);
  // What goes when it is closed would have to be written then.
  const hasNameless = superblock instanceof Tmpfs &&
    [...superblock.files].some(({ nlink }) => nlink === 0);
  if (hasNameless || mounts.some(({ writers }) => writers > 0)) throw new SystemError(EBUSY);
}
