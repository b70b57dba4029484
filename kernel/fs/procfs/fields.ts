/** What stat(2) shows of a node of /proc. */

import { SUID_DUMP_USER } from "../../abi/process.ts";
import { S_IFDIR, S_IFLNK, S_IFREG } from "../../abi/stat.ts";
import { BOOT_REALTIME_NS } from "../../clock.ts";
import type { InodeFields } from "../inode.ts";
import type { ProcNode } from "./node.ts";

/** The inode of /proc itself: PROC_ROOT_INO. */
const ROOT_INO = 1;

const TYPES = { file: S_IFREG, directory: S_IFDIR, link: S_IFLNK } as const;

/** What stat(2) shows of a node. */
export function fieldsOf(
  path: string,
  node: Pick<ProcNode, "kind" | "mode" | "task">,
): InodeFields {
  const { kind, mode, task } = node;
  const isOwned = task !== undefined && task.dumpable === SUID_DUMP_USER;
  const at_ns = BOOT_REALTIME_NS;
  return {
    ino: inoOf(path),
    mode: TYPES[kind] | mode,
    nlink: kind === "directory" ? 2 : 1,
    uid: isOwned ? task.credentials.euid : 0,
    gid: isOwned ? task.credentials.egid : 0,
    atime_ns: at_ns,
    mtime_ns: at_ns,
    ctime_ns: at_ns,
    btime_ns: at_ns,
  };
}

/** A number for a path that is always the same: FNV-1a, twice, 52 bits. */
export function inoOf(path: string): number {
  if (path === "") return ROOT_INO;
  let [low, high] = [0x811c9dc5, 0x9e3779b9];
  for (let i = 0; i < path.length; i++) {
    const unit = path.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x01000193);
  }
  return (high >>> 12) * 2 ** 32 + (low >>> 0);
}
