/** The files of a machine as facts. */
import {
  blake3,
  DirectoryInode,
  type FileSystem,
  RegularInode,
  resolvePath,
} from "../kernel/mod.ts";
import { hexOfBytes } from "./bytes.ts";
import type { Fact } from "./comparison.ts";

/** Directories whose contents are the machine's own. */
const NOT_LISTED = new Set(["/dev", "/proc"]);

/** Type, permission bits, owner and contents of everything in the tree, by path. */
export function fileSystemFacts(fileSystem: FileSystem): Fact[] {
  const facts: Fact[] = [];
  const directories = ["/"];
  for (const directory of directories) {
    for (const name of fileSystem.list(directory)) {
      const path = directory === "/" ? `/${name}` : `${directory}/${name}`;
      const { inode } = resolvePath(fileSystem.context, path, { follow: false });
      const { mode, uid, gid } = inode.attributes();
      const attributes = `0${mode.toString(8)} ${uid} ${gid}`;
      const contents = inode instanceof RegularInode ? contentsText(inode) : "";
      facts.push({ name: `tree ${path}`, value: `${attributes} ${contents}` });
      const isListed = inode instanceof DirectoryInode && !NOT_LISTED.has(path);
      if (isListed) directories.push(path);
    }
  }
  return facts;
}

function contentsText(inode: RegularInode): string {
  // Kept by the inode until its contents change.
  const digest = inode.contentIdentity((file) => blake3(file.read(0, file.size)));
  return `${inode.size} bytes ${hexOfBytes(digest)}`;
}
