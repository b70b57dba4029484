/** The machine's terminals, as the rest of the kernel sees the file system that holds them. */

import type { Cloning } from "../cloning.ts";
import type { FileSystemEnvironment } from "../environment.ts";
import type { FileObject } from "../file_object.ts";
import type { Inode } from "../inode.ts";
import type { Superblock } from "../superblock.ts";
import type { Terminal } from "./terminal.ts";

/** All terminals by their numbers: what is mounted at /dev/pts. */
export interface TerminalTable extends Superblock {
  /** All terminals, ascending by number. */
  readonly terminals: readonly Terminal[];
  /** Opens a new pseudo-terminal, with the lowest free number, by its name `inode`, for user `uid`. */
  openMaster(inode: Inode, uid: number): FileObject;
  /** A terminal by its number. Throws SystemError: ENOENT, EIO for one that is locked. */
  openTerminal(index: number): Terminal;
  /** The same terminals for a machine's clone. */
  clone(environment: FileSystemEnvironment, cloning: Cloning): TerminalTable;
}
