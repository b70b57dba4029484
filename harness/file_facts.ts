/** The files of a machine as facts. */
import { PAGE_SIZE } from "../emu/mod.ts";
import {
  blake3,
  contentDigest,
  DirectoryInode,
  type FileSystem,
  type Inode,
  RegularInode,
} from "../kernel/mod.ts";
import { hexOfBytes, isZeroPage } from "./bytes.ts";
import type { Fact } from "./comparison.ts";

/**
 * Type, permission bits, owner and contents of everything in a machine's own tree, by path. What is
 * mounted over a directory is somebody else's, and left out.
 */
export function fileSystemFacts(fileSystem: FileSystem): Fact[] {
  const facts: Fact[] = [];
  listDirectory(fileSystem.tree.root, "", facts);
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
  const { ino, size, blocks, atime_ns, mtime_ns, ctime_ns, btime_ns } = inode.attributes();
  const times = [atime_ns, mtime_ns, ctime_ns, btime_ns].join(" ");
  const contents = inode instanceof RegularInode
    ? ` ${size} bytes ${hexOfBytes(blake3(writtenPages(inode)))} seals ${inode.seals}`
    : "";
  return ` without a name: ${
    ownerText(inode)
  }${contents}, number ${ino}, ${blocks} blocks, times ${times}`;
}

/** The pages of a file that are not all zeros, each behind its offset: most of it may be holes. */
function* writtenPages(file: RegularInode): Generator<Uint8Array> {
  for (let at = file.nextData(0); at >= 0; at = file.nextData(at + PAGE_SIZE)) {
    const page = new Uint8Array(PAGE_SIZE);
    page.set(file.read(at, PAGE_SIZE));
    if (isZeroPage(page)) continue;
    yield new Uint8Array(BigUint64Array.of(BigInt(at)).buffer);
    yield page;
  }
}

/** What of a file's attributes does not depend on when it was looked at. */
function ownerText(inode: Inode): string {
  const { mode, uid, gid } = inode.attributes();
  return `0${mode.toString(8)} ${uid} ${gid}`;
}

function inodeText(inode: Inode): string {
  const text = ownerText(inode);
  if (!(inode instanceof RegularInode)) return text;
  return `${text} ${inode.size} bytes ${hexOfBytes(contentDigest(inode))}`;
}
