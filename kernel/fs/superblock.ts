/** One file system: what all its inodes have in common. */

import type { FileSystemEnvironment } from "./environment.ts";
import type { DirectoryInode } from "./inode.ts";
import type { Cloning } from "./cloning.ts";
import type { UserNamespace } from "../user_namespace.ts";

/** What statfs(2) shows, in blocks of 4096 bytes. */
export interface FileSystemUsage {
  /** Blocks in all; 0 when there is no bound to speak of. */
  readonly blocks: number;
  /** Blocks that are free. */
  readonly blocksFree: number;
  /** Inodes in all; 0 when there is no bound. */
  readonly files: number;
  /** Inodes that are free. */
  readonly filesFree: number;
}

/** A file system: a tree of inodes with a device number. */
export interface Superblock {
  /** What mount(8) would call it: "tmpfs", "9p". */
  readonly type: string;
  /** `f_type` of statfs(2). */
  readonly magic: number;
  /** `st_dev` of its inodes. */
  readonly device: number;
  /** Whether nothing in it can be changed: EROFS. What can never be changed stays so. */
  readOnly: boolean;
  /** Whose privileges count for it; `null` for the machine's. */
  readonly owner: UserNamespace | null;
  /** What /proc/mounts tells of how it is set up, each option behind a comma. */
  readonly options: string;
  /** Whether the kernel notes the times of access, and not a host that knows better. */
  readonly keepsTimes: boolean;
  /** The machine around it. */
  readonly environment: FileSystemEnvironment;
  /** The directory that a mount shows. */
  readonly root: DirectoryInode;
  /** What statfs(2) shows. */
  usage(): FileSystemUsage;
  /** The same file system for a machine's clone; its inodes' copies are in `cloning`. */
  clone(environment: FileSystemEnvironment, cloning: Cloning): Superblock;
  /** Gives back all frames and host handles. Nothing of it may be used afterwards. */
  dispose(): void;
}
