/**
 * What a caller passes in to let the guest see files that are not the machine's own, such as a folder of
 * the host. The kernel knows nothing of the host; cli/host_directory.ts is such an adapter on Deno.
 *
 * A path is relative to the folder: names joined by `/`, empty for the folder itself. No name is empty,
 * `.` or `..`, and every name but the last was a real directory when it was last looked at. The adapter
 * must not follow symbolic links: the kernel follows them, in the guest's tree.
 *
 * Every method throws SystemError with the errno that the guest is to see, and nothing else.
 */

/** What the host knows of one of its files. Times are ns since 1970. */
export interface ForeignAttributes {
  /** Type (S_IFMT) and permission bits. */
  readonly mode: number;
  /** The host's device, and inode on it: together they say whether two names are one file. */
  readonly device: number;
  /** The inode's number on that device. */
  readonly ino: number;
  /** Names that lead to it. */
  readonly nlink: number;
  /** Its owner. */
  readonly uid: number;
  /** Its owner's group. */
  readonly gid: number;
  /** For a device: which one; else 0. */
  readonly rdev: number;
  /** Bytes. */
  readonly size: number;
  /** Units of 512 bytes. */
  readonly blocks: number;
  /** Last read. */
  readonly atime_ns: bigint;
  /** Last change of the contents. */
  readonly mtime_ns: bigint;
  /** Last change of contents or attributes. */
  readonly ctime_ns: bigint;
  /** When it was made. */
  readonly btime_ns: bigint;
}

/** An open regular file of the host; it stays the same file whatever becomes of its name. */
export interface ForeignFile {
  /** Reads into `into` from `position` on, as many bytes as there are; returns how many, 0 at the end. */
  read(position: number, into: Uint8Array): number;
  /** Writes at `position`; returns how many bytes went in. */
  write(position: number, bytes: Uint8Array): number;
  /** Cuts or lengthens the file. */
  resize(size: number): void;
  /** What the host knows of it now. */
  attributes(): ForeignAttributes;
  /** Has what was written put on the disk. */
  synchronise(): void;
  /** Gives the handle back; it is not used again. */
  close(): void;
}

/** A folder of files that are not the machine's own. */
export interface ForeignFileSystem {
  /** Whether the guest may only look. The kernel then calls none of the methods that change anything. */
  readonly readOnly: boolean;
  /**
   * What is at the path, a symbolic link not followed; `null` when there is nothing. When `isDirectParent`,
   * the directory that it is to be in was seen to be a real one at its path in the same step of the kernel,
   * just before.
   */
  attributes(path: string, isDirectParent?: boolean): ForeignAttributes | null;
  /** The names in a directory, in any order, without `.` and `..`. */
  list(path: string): readonly string[];
  /** The text of a symbolic link. */
  readLink(path: string): string;
  /** Opens a regular file. */
  open(path: string, access: { readonly read: boolean; readonly write: boolean }): ForeignFile;
  /** Makes an empty regular file; EEXIST when something is there. */
  create(path: string, mode: number): void;
  /** Makes a directory; EEXIST when something is there. */
  makeDirectory(path: string, mode: number): void;
  /** Makes a symbolic link with the text `target`; EEXIST when something is there. */
  makeSymlink(target: string, path: string): void;
  /** Gives a file another name. */
  link(path: string, newPath: string): void;
  /** Removes a name, of a directory only when it is empty. */
  remove(path: string): void;
  /** Moves a name over whatever is at the new one. */
  rename(path: string, newPath: string): void;
  /** Sets the permission bits, 0 … 0o7777. */
  setMode(path: string, mode: number): void;
  /** Sets owner and group. */
  setOwner(path: string, uid: number, gid: number): void;
  /** Sets the times of the last read and of the last change of the contents. */
  setTimes(path: string, atime_ns: bigint, mtime_ns: bigint): void;
}
