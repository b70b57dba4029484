/**
 * How a file or a directory without a name is saved, which is there only because somebody has it open: with
 * its contents, once, before the first open file on it.
 */
import { CAP_CHOWN } from "../abi/capability.ts";
import { EEXIST, EINVAL, ENOSPC, ENOSYS, EPERM } from "../abi/errno.ts";
import { S_IALLUGO, S_IFDIR, S_IFREG } from "../abi/stat.ts";
import { defineCheck } from "../checkpoint/check.ts";
import { group, objectKind, optional, type TreeOf } from "../checkpoint/grammar.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import type { SaveContext } from "../checkpoint/save_context.ts";
import {
  enumeration,
  fileTime,
  padding,
  record,
  type RecordValue,
  size64,
  u32,
} from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import { PAGE_SIZE, USER_ADDRESS_LIMIT } from "../../emu/mod.ts";
import { chunkPages, pagesNode, planFrames, requirePagesInside } from "../mm/pages_state.ts";
import { FILE_BYTES_MAX } from "./inode.ts";
import type { Place } from "./mount.ts";
import { MemoryFile } from "./memory_file.ts";
import { MEMORY } from "./memory_file_state.ts";
import { canBeSealed } from "./seals.ts";
import { type Tmpfs, TmpfsDirectory } from "./tmpfs.ts";
import { TmpfsFile } from "./tmpfs_file.ts";

const IN_MEMORY = defineCheck(
  "checkpoint/deleted",
  ENOSYS,
  "a file that still has its name, or a regular file or directory of a tmpfs without any",
);
const NEAR = defineCheck(
  "checkpoint/deleted_pages",
  ENOSYS,
  "a file without a name whose contents end below 256 GiB",
);
const OWNER_ALLOWED = defineCheck(
  "UNLINKED.uid/allowed",
  EPERM,
  "a file of the caller's own, or a caller that may give files away",
);
const INO_FREE = defineCheck("UNLINKED.ino/free", EEXIST, "a number that no other file has");
const ROOM = defineCheck(
  "UNLINKED.size/room",
  ENOSPC,
  "no more pages than the file system has room for",
);
const SAME_KIND = defineCheck(
  "UNLINKED/same_kind",
  EINVAL,
  "memory where a file is of type MEMORY, and none where it is UNLINKED",
);
const SAME_SYSTEM = defineCheck(
  "UNLINKED/same_system",
  EINVAL,
  "a file that all who have it open find in one file system",
);

const ID_MAX = 2 ** 32 - 2;
/** So that numbers that come after it are exact. */
const INO_MAX = 2 ** 52;
const TYPES = { REGULAR: S_IFREG, DIRECTORY: S_IFDIR } as const;

/** An inode without a name. */
export const UNLINKED = record("UNLINKED", CKPT_HDR.UNLINKED, {
  doc: "A file in memory whose last name was removed, or that never had one; its pages follow.",
  fields: {
    type: enumeration(TYPES, { doc: "what it is" }),
    mode: u32({ doc: "permission bits", max: S_IALLUGO, show: "octal" }),
    ino: size64({ doc: "its inode number", min: 1, max: INO_MAX }),
    size: size64({ doc: "bytes, 0 for a directory", unit: "bytes", max: FILE_BYTES_MAX }),
    uid: u32({ doc: "its owner", max: ID_MAX }),
    gid: u32({ doc: "its group", max: ID_MAX }),
    atime: fileTime({ doc: "last read, CLOCK_REALTIME" }),
    mtime: fileTime({ doc: "last change of the contents" }),
    ctime: fileTime({ doc: "last change of contents or attributes" }),
    btime: fileTime({ doc: "when it was made" }),
    linkable: u32({
      doc: "whether linkat(2) may give it a name: O_TMPFILE without O_EXCL",
      max: 1,
    }),
    _pad: padding(4),
  },
  relations: {
    directory: {
      field: "size",
      text: "0 for a directory, which cannot be given a name either",
      holds: ({ type, size, linkable }) => type === "REGULAR" || (size === 0 && linkable === 0),
    },
  },
});

/** The UNLINKED object. */
export const unlinkedKind = objectKind(
  "UNLINKED",
  group("unlinked", "A file without a name, or memory that can be shared", {
    is: UNLINKED,
    memory: optional(MEMORY),
    pages: pagesNode,
  }, {
    memory: {
      field: "type",
      record: ({ is }) => is,
      text: "for memory REGULAR, not linkable, and with the seals that its permission bits allow",
      violation: ({ is, memory }) => {
        if (memory === null) return null;
        if (is.type !== "REGULAR" || is.linkable !== 0) {
          return `${is.type}, linkable ${is.linkable}`;
        }
        const isPossible = canBeSealed(memory.seals, is.mode);
        return isPossible ? null : `seals ${memory.seals} at 0${is.mode.toString(8)}`;
      },
    },
    contents: {
      field: "type",
      record: ({ is }) => is,
      text: "no pages for a directory",
      violation: ({ is, pages }) => is.type === "REGULAR" || pages.length === 0 ? null : is.type,
    },
  }),
);

type UnlinkedTree = TreeOf<typeof unlinkedKind.body>;

/** Saves the inode of a place without a name at first sight. */
export function saveUnlinked(context: SaveContext, place: Place): number {
  const { inode } = place;
  const { path } = place.pathFrom();
  const isSaved = inode instanceof TmpfsFile || inode instanceof TmpfsDirectory;
  if (!isSaved) context.refuse(IN_MEMORY, `${path}, a ${inode.kind}`);
  if (inode.nlink > 0) context.refuse(IN_MEMORY, `${path}, which has another name`);
  if (inode instanceof TmpfsDirectory && place.parent.entry.deleted) {
    context.refuse(IN_MEMORY, `${path}, a directory in one that is gone too`);
  }
  return context.share(unlinkedKind, inode, (): UnlinkedTree => {
    const pages = inode instanceof TmpfsFile ? inode.presentPages : [];
    if ((pages.at(-1)?.[0] ?? 0) >= USER_ADDRESS_LIMIT / PAGE_SIZE) context.refuse(NEAR, path);
    return {
      is: {
        type: inode instanceof TmpfsFile ? "REGULAR" : "DIRECTORY",
        mode: inode.mode & S_IALLUGO,
        ino: inode.ino,
        size: inode instanceof TmpfsFile ? inode.size : 0,
        uid: inode.uid,
        gid: inode.gid,
        atime: inode.atime_ns,
        mtime: inode.mtime_ns,
        ctime: inode.ctime_ns,
        btime: inode.btime_ns,
        linkable: inode.linkable ? 1 : 0,
      },
      memory: inode instanceof MemoryFile ? { name: inode.name, seals: inode.seals } : null,
      pages: chunkPages(
        inode.superblock.environment.memory,
        pages.map(([page, frame]) => ({ address: page * PAGE_SIZE, frame })),
      ),
    };
  });
}

/**
 * Makes the inode of an object again, in a file system where the caller may make files. `isMemory`: whether
 * a file of type MEMORY refers to it.
 */
export function planUnlinked(
  context: RestartContext,
  objref: number,
  superblock: Tmpfs,
  isMemory = false,
): TmpfsFile | TmpfsDirectory {
  const tree = context.object(unlinkedKind, objref);
  if ((tree.memory !== null) !== isMemory) {
    context.refuse(SAME_KIND, tree.is, null, isMemory ? "a file" : "memory");
  }
  const inode = context.once(objref, () => makeUnlinked(context, tree, superblock));
  if (inode.superblock !== superblock) {
    context.refuse(SAME_SYSTEM, tree.is, null, `one in ${inode.superblock.device} too`);
  }
  return inode;
}

function makeUnlinked(
  context: RestartContext,
  { is, memory, pages }: UnlinkedTree,
  superblock: Tmpfs,
): TmpfsFile | TmpfsDirectory {
  requireOwn(context, is);
  requirePagesInside(context, pages, 0, USER_ADDRESS_LIMIT);
  const { pagesMax, pagesUsed } = superblock;
  const count = pages.reduce((sum, chunk) => sum + chunk.pages.addresses.length, 0);
  if (count > pagesMax - pagesUsed) {
    context.refuse(ROOM, is, "size", `${count} pages, where ${pagesMax - pagesUsed} are free`);
  }
  const fields = {
    // In a machine that goes on, the number may be another file's.
    ino: context.caller === null ? numberOf(context, is, superblock) : superblock.takeIno(),
    mode: TYPES[is.type] | is.mode,
    nlink: 0,
    uid: is.uid,
    gid: is.gid,
    atime_ns: is.atime,
    mtime_ns: is.mtime,
    ctime_ns: is.ctime,
    btime_ns: is.btime,
  };
  const inode = memory === null
    ? superblock.restoreNameless(fields)
    : MemoryFile.restore(superblock, fields, memory.name);
  inode.linkable = is.linkable === 1;
  context.undo(() => inode.evictIfUnused());
  if (inode instanceof TmpfsFile) {
    inode.resize(is.size);
    for (const { address, frame } of planFrames(context, pages)) {
      inode.insertPage(address / PAGE_SIZE, frame);
    }
    inode.seals = memory?.seals ?? inode.seals;
    inode.mtime_ns = is.mtime;
    inode.ctime_ns = is.ctime;
  }
  return inode;
}

function numberOf(
  context: RestartContext,
  is: RecordValue<typeof UNLINKED>,
  superblock: Tmpfs,
): number {
  const isTaken = [...superblock.files].some(({ ino }) => ino === is.ino);
  if (isTaken) context.refuse(INO_FREE, is, "ino", String(is.ino));
  context.onCommit(() => superblock.skipIno(is.ino));
  return is.ino;
}

/** Refuses a file that the caller could not have made and given these attributes. */
function requireOwn(context: RestartContext, is: RecordValue<typeof UNLINKED>): void {
  const { rights } = context;
  if (rights === null || rights.has(CAP_CHOWN)) return;
  const isOwn = is.uid === rights.fsuid && (is.gid === rights.fsgid || rights.isInGroup(is.gid));
  if (!isOwn) context.refuse(OWNER_ALLOWED, is, "uid", `${is.uid}:${is.gid}`);
}
