/**
 * Telling those who watch a file or its directory what happens there: Linux's fsnotify.
 *
 * Who changes something calls one of these; nearly always nobody watches, and that is found out first.
 *
 * Source: `include/linux/fsnotify.h`, `fs/notify/fsnotify.c`.
 */

import {
  IN_ATTRIB,
  IN_CREATE,
  IN_DELETE,
  IN_DELETE_SELF,
  IN_ISDIR,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_UNMOUNT,
} from "../abi/inotify.ts";
import { S_IFDIR } from "../abi/stat.ts";
import type { Inode } from "./inode.ts";
import type { Place } from "./mount.ts";
import type { Superblock } from "./superblock.ts";

/** What happened to an inode, or to a name in a directory. */
export interface Happening {
  /** One or more IN_* events, with IN_ISDIR where it concerns a directory. */
  readonly mask: number;
  /** The name in the directory that is watched. Default: the inode itself is meant. */
  readonly name?: string;
  /** Whether the name is gone and the file still in use: what IN_EXCL_UNLINK leaves out. */
  readonly isUnlinked?: boolean;
  /** The same for both names of one rename. */
  readonly move?: object;
}

/** Somebody who wants to know of one inode. */
export interface InodeWatch {
  /** Something happened, whether or not it is among what is watched for. */
  tell(happening: Happening): void;
  /** The inode is gone; the watch takes itself away from it. */
  inodeGone(): void;
}

/** Who watches something in a file system, by the file systems. */
const WATCHED = new WeakMap<Superblock, Set<InodeWatch>>();

/** Begins to tell of an inode. */
export function watchInode(inode: Inode, watch: InodeWatch): void {
  inode.watches ??= new Set();
  inode.watches.add(watch);
  const all = WATCHED.get(inode.superblock) ?? new Set();
  WATCHED.set(inode.superblock, all.add(watch));
}

/** Ends {@link watchInode}. */
export function unwatchInode(inode: Inode, watch: InodeWatch): void {
  inode.watches?.delete(watch);
  if (inode.watches?.size === 0) inode.watches = null;
  WATCHED.get(inode.superblock)?.delete(watch);
}

/** A file system is gone with its last mount. */
export function notifyUnmounted(superblock: Superblock): void {
  for (const watch of [...WATCHED.get(superblock) ?? []]) {
    watch.tell({ mask: IN_UNMOUNT });
    watch.inodeGone();
  }
}

/** A name in a directory. */
interface Name {
  readonly directory: Inode;
  readonly name: string;
}

/** Something happened through a name to what it leads to: both the directory and the file are told. */
export function notifyPlace(place: Place | null, events: number): void {
  if (place === null) return;
  const { inode, parent, name, deleted } = place.entry;
  const above = parent?.inode.watches ?? null;
  if (inode.watches === null && above === null) return;
  const mask = withKind(events, inode);
  for (const watch of above ?? []) watch.tell({ mask, name, isUnlinked: deleted });
  for (const watch of inode.watches ?? []) watch.tell({ mask, isUnlinked: deleted });
}

/** A name now leads to `inode`, which `isNew` or had another name. */
export function notifyCreated({ directory, name }: Name, inode: Inode, isNew: boolean): void {
  if (!isNew) notifyInode(inode, IN_ATTRIB);
  notifyName({ directory, name }, withKind(IN_CREATE, inode));
}

/** A name no longer leads to `inode`. */
export function notifyRemoved({ directory, name }: Name, inode: Inode): void {
  if (inode.type !== S_IFDIR) notifyInode(inode, IN_ATTRIB);
  inode.notifyIfGone();
  notifyName({ directory, name }, withKind(IN_DELETE, inode));
}

/** `inode` has moved from one name to another, over `replaced`. */
export function notifyMoved(from: Name, to: Name, inode: Inode, replaced: Inode | null): void {
  const move = {};
  notifyName(from, withKind(IN_MOVED_FROM, inode), move);
  notifyName(to, withKind(IN_MOVED_TO, inode), move);
  if (replaced !== null && replaced.type !== S_IFDIR) notifyInode(replaced, IN_ATTRIB);
  notifyInode(inode, IN_MOVE_SELF);
  replaced?.notifyIfGone();
}

/** Nothing leads to the inode any more. */
export function notifyGone(inode: Inode): void {
  notifyInode(inode, IN_DELETE_SELF);
  for (const watch of inode.watches ?? []) watch.inodeGone();
}

function notifyName({ directory, name }: Name, mask: number, move?: object): void {
  const about: Happening = move === undefined ? { mask, name } : { mask, name, move };
  for (const watch of directory.watches ?? []) watch.tell(about);
}

/** Something happened to an inode that its directories do not hear of. */
function notifyInode(inode: Inode, mask: number): void {
  for (const watch of inode.watches ?? []) watch.tell({ mask });
}

function withKind(events: number, inode: Inode): number {
  return inode.type === S_IFDIR ? events | IN_ISDIR : events;
}
