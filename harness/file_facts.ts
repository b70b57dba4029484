/** The files of a machine as facts. */
import {
  blake3,
  DirectoryInode,
  type FileSystem,
  type Inode,
  RegularInode,
} from "../kernel/mod.ts";
import { hexOfBytes } from "./bytes.ts";
import type { Fact } from "./comparison.ts";

/**
 * Type, permission bits, owner and contents of everything in a machine's own tree, by path. What is
 * mounted over a directory is somebody else's, and left out.
 */
export function fileSystemFacts(fileSystem: FileSystem): Fact[] {
  const facts: Fact[] = [];
  const { inode } = fileSystem.mounts.root;
  if (inode instanceof DirectoryInode) listDirectory(inode, "", facts);
  return facts;
}

function listDirectory(directory: DirectoryInode, path: string, facts: Fact[]): void {
  const names = directory.list(0, Infinity).map(({ name }) => name).sort();
  for (const name of names) {
    const inode = directory.lookup(name);
    if (inode === null) continue;
    const inner = `${path}/${name}`;
    facts.push({ name: `tree ${inner}`, value: inodeText(inode) });
    if (inode instanceof DirectoryInode) listDirectory(inode, inner, facts);
  }
}

/** Everything of a file that is in no tree, and so not among the facts of one; else nothing. */
export function namelessText(inode: Inode | null): string {
  if (inode === null || inode.nlink > 0 || !inode.superblock.keepsTimes) return "";
  const { ino, blocks, atime_ns, mtime_ns, ctime_ns, btime_ns } = inode.attributes();
  const times = [atime_ns, mtime_ns, ctime_ns, btime_ns].join(" ");
  return ` without a name: ${inodeText(inode)}, number ${ino}, ${blocks} blocks, times ${times}`;
}

function inodeText(inode: Inode): string {
  const { mode, uid, gid } = inode.attributes();
  const text = `0${mode.toString(8)} ${uid} ${gid}`;
  if (!(inode instanceof RegularInode)) return text;
  // Kept by the inode until its contents change.
  const digest = inode.contentIdentity((file) => blake3(file.read(0, file.size)));
  return `${text} ${inode.size} bytes ${hexOfBytes(digest)}`;
}
