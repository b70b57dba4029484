/**
 * Who may do what with an inode, by its mode and the credentials for file access.
 *
 * Source: `fs/namei.c` (`generic_permission`), path_resolution(7), inode(7).
 */

import { CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER } from "../abi/capability.ts";
import { EACCES, EPERM, EROFS, SystemError } from "../abi/errno.ts";
import { S_IFDIR, S_IFREG, S_ISGID, S_ISVTX, S_IXUGO, ST_NOEXEC } from "../abi/stat.ts";
import type { Inode, Ownership } from "./inode.ts";
import type { Place } from "./mount.ts";

/** To read a file, or to list a directory: 4. */
export const MAY_READ = 4;
/** To write a file, or to change a directory: 2. */
export const MAY_WRITE = 2;
/** To execute a file, or to look up names in a directory: 1. */
export const MAY_EXECUTE = 1;

/** What file access asks of a task's credentials. */
export interface FileCredentials {
  /** User for file access. */
  readonly fsuid: number;
  /** Group for file access. */
  readonly fsgid: number;
  /** Whether `gid` is that group or a supplementary one. */
  isInGroup(gid: number): boolean;
  /** Whether a capability is effective. */
  has(capability: number): boolean;
  /** Whether a capability is effective towards what has such owners. */
  hasOver(inode: { readonly uid: number; readonly gid: number }, capability: number): boolean;
}

/** The credentials that may do everything: for the harness and the kernel itself. */
export const ROOT_CREDENTIALS: FileCredentials = {
  fsuid: 0,
  fsgid: 0,
  isInGroup: () => true,
  has: () => true,
  hasOver: () => true,
};

/** Whether the mode, or privilege, allows all of `wanted` (MAY_* bits). */
export function isPermitted(
  inode: Pick<Inode, "mode" | "uid" | "gid" | "type">,
  credentials: FileCredentials,
  wanted: number,
): boolean {
  const shift = inode.uid === credentials.fsuid ? 6 : credentials.isInGroup(inode.gid) ? 3 : 0;
  if (((inode.mode >>> shift) & wanted) === wanted) return true;
  const isDirectory = inode.type === S_IFDIR;
  const onlyReads = isDirectory ? (wanted & MAY_WRITE) === 0 : wanted === MAY_READ;
  if (onlyReads && credentials.hasOver(inode, CAP_DAC_READ_SEARCH)) return true;
  const isExecutable = isDirectory || (inode.mode & S_IXUGO) !== 0;
  const mayExecute = (wanted & MAY_EXECUTE) === 0 || isExecutable;
  return mayExecute && credentials.hasOver(inode, CAP_DAC_OVERRIDE);
}

/** Throws EROFS or EACCES unless all of `wanted` (MAY_* bits) is allowed at the place. */
export function requirePermission(
  place: Place,
  credentials: FileCredentials,
  wanted: number,
): void {
  // Devices and FIFOs on a read-only file system may be written: that does not change the file system.
  const { kind } = place.inode;
  const changes = (wanted & MAY_WRITE) !== 0 && kind !== "device" && kind !== "fifo";
  if (changes && place.readOnly) throw new SystemError(EROFS);
  if (!isPermitted(place.inode, credentials, wanted)) throw new SystemError(EACCES);
}

/** Throws EACCES where files cannot be executed whatever their mode. path_noexec(). */
export function requireExecutableMount({ inode, mount }: Place): void {
  if (inode.type === S_IFREG && mount.has(ST_NOEXEC)) throw new SystemError(EACCES);
}

/** Throws EROFS unless inodes at the place may be changed. */
export function requireWritableMount(place: Place): void {
  if (place.readOnly) throw new SystemError(EROFS);
}

/** Whether the credentials are the owner's, or override that. */
export function isOwner(inode: Inode, credentials: FileCredentials): boolean {
  return inode.uid === credentials.fsuid || credentials.hasOver(inode, CAP_FOWNER);
}

/** Throws EPERM unless the credentials are the owner's, or override that. */
export function requireOwner(inode: Inode, credentials: FileCredentials): void {
  if (!isOwner(inode, credentials)) throw new SystemError(EPERM);
}

/** Throws EACCES or EPERM unless `inode` may be taken out of `directory`. Source: `may_delete`. */
export function requireRemovable(
  directory: Place,
  inode: Inode,
  credentials: FileCredentials,
): void {
  requirePermission(directory, credentials, MAY_WRITE | MAY_EXECUTE);
  const sticky = (directory.inode.mode & S_ISVTX) !== 0;
  if (sticky && directory.inode.uid !== credentials.fsuid) requireOwner(inode, credentials);
}

/** Who owns what is made in `directory`. Source: `inode_init_owner`. */
export function ownershipIn(
  directory: Inode,
  credentials: FileCredentials,
  mode: number,
  isDirectory: boolean,
): Ownership {
  const inherits = (directory.mode & S_ISGID) !== 0;
  return {
    mode: inherits && isDirectory ? mode | S_ISGID : mode,
    uid: credentials.fsuid,
    gid: inherits ? directory.gid : credentials.fsgid,
  };
}
