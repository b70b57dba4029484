/**
 * File handles: names of inodes that need no path.
 *
 * ```
 * struct file_handle    0 handle_bytes u32   4 handle_type s32   8 handle_bytes bytes
 * of a tmpfs (12)       0 generation u32, always 0 here   4 inode u64
 * ```
 *
 * Source: `fs/fhandle.c`, `mm/shmem.c` (`shmem_encode_fh`); open_by_handle_at(2).
 */

import { CAP_DAC_READ_SEARCH } from "../abi/capability.ts";
import { EINVAL, EOPNOTSUPP, EOVERFLOW, EPERM, ESTALE, SystemError } from "../abi/errno.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_HANDLE_FID,
  AT_HANDLE_MNT_ID_UNIQUE,
  AT_SYMLINK_FOLLOW,
  FILEID_INO32_GEN,
  MAX_HANDLE_SZ,
  O_CLOEXEC,
} from "../abi/fcntl.ts";
import { Entry } from "../fs/entry.ts";
import { DirectoryInode } from "../fs/inode.ts";
import { Place } from "../fs/mount.ts";
import { openFound } from "../fs/open.ts";
import { Tmpfs } from "../fs/tmpfs.ts";
import { int, register } from "./arguments.ts";
import {
  anyFile,
  contextFrom,
  install,
  requireDescriptor,
  requireFlags,
  targetAt,
} from "./file_arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

const HEADER_BYTES = 8;
const TMPFS_HANDLE_BYTES = 12;
/** The kind of a handle that is none. */
const FILEID_INVALID = 0xff;
/** How much of a directory is looked through at a time. */
const ALL = Number.MAX_SAFE_INTEGER;

function nameToHandleAt(call: Call): number {
  const { user } = call.task.mm;
  const flags = int(call, 4);
  requireFlags(flags, AT_SYMLINK_FOLLOW | AT_EMPTY_PATH | AT_HANDLE_FID | AT_HANDLE_MNT_ID_UNIQUE);
  const { place } = targetAt(call, 0, {
    follow: (flags & AT_SYMLINK_FOLLOW) !== 0,
    allowEmpty: (flags & AT_EMPTY_PATH) !== 0,
  });
  if (place === null || !(place.inode.superblock instanceof Tmpfs)) {
    throw new SystemError(EOPNOTSUPP);
  }
  const address = register(call, 2);
  const room = user.readU32(address);
  user.readU32(address + 4n);
  if (room > MAX_HANDLE_SZ) throw new SystemError(EINVAL);
  const fits = room >= TMPFS_HANDLE_BYTES;
  writeMount(call, place, (flags & AT_HANDLE_MNT_ID_UNIQUE) !== 0);
  const handle = new DataView(new ArrayBuffer(HEADER_BYTES + TMPFS_HANDLE_BYTES));
  handle.setUint32(0, TMPFS_HANDLE_BYTES, true);
  handle.setInt32(4, fits ? FILEID_INO32_GEN : FILEID_INVALID, true);
  handle.setBigUint64(12, BigInt(place.inode.ino), true);
  const bytes = new Uint8Array(handle.buffer);
  user.write(address, fits ? bytes : bytes.subarray(0, HEADER_BYTES));
  return fits ? 0 : -EOVERFLOW;
}

function writeMount(call: Call, { mount: { id } }: Place, isUnique: boolean): void {
  const { user } = call.task.mm;
  const address = register(call, 3);
  if (isUnique) user.writeU64(address, BigInt(id));
  else user.writeU32(address, id);
}

function openByHandleAt(call: Call): number {
  const { task } = call;
  const flags = int(call, 2);
  const at = int(call, 0) === AT_FDCWD ? task.fs.cwd : anyFile(call, 0).place;
  if (!task.credentials.has(CAP_DAC_READ_SEARCH)) throw new SystemError(EPERM);
  const ino = inodeAt(call, register(call, 1));
  const place = at === null || ino === null ? null : placeOf(at, ino);
  if (place === null) throw new SystemError(ESTALE);
  requireDescriptor(call);
  const opened = openFound(contextFrom(call, at ?? task.fs.cwd), place, flags);
  return install(call, opened, (flags & O_CLOEXEC) !== 0);
}

/** The number of the inode that a handle names; `null` for a handle of another kind. Throws EFAULT, EINVAL. */
function inodeAt({ task: { mm: { user } } }: Call, address: bigint): number | null {
  const length = user.readU32(address);
  const type = user.readS32(address + 4n);
  if (length === 0 || length > MAX_HANDLE_SZ) throw new SystemError(EINVAL);
  const handle = new DataView(user.read(address + 8n, length).buffer);
  if (type !== FILEID_INO32_GEN || length < TMPFS_HANDLE_BYTES) return null;
  const ino = handle.getBigUint64(4, true);
  return handle.getUint32(0, true) === 0 && ino < 2n ** 52n ? Number(ino) : null;
}

/** Where an inode is in the file system that `at` lies in; `null` when it is gone. */
function placeOf({ mount }: Place, ino: number): Place | null {
  const { superblock, root } = mount;
  if (!(superblock instanceof Tmpfs)) return null;
  // In a loop, and not one inside the other: the guest says how deep its tree is.
  const left = [root];
  for (let entry = left.pop(); entry !== undefined; entry = left.pop()) {
    const { inode } = entry;
    if (inode.ino === ino) return new Place(mount, entry);
    if (!(inode instanceof DirectoryInode)) continue;
    const directory = entry;
    left.push(...inode.list(0, ALL).flatMap(({ name }) => directory.child(name) ?? []));
  }
  // Somebody may have it open still.
  const nameless = [...superblock.files].find((file) => file.ino === ino);
  return nameless === undefined
    ? null
    : new Place(mount, Entry.nameless(nameless, `#${ino}`, root));
}

/** System calls on file handles, by number. */
export const fileHandleCalls: SystemCallGroup = {
  264: {
    name: "name_to_handle_at",
    call: nameToHandleAt,
    args: ["dirfd", "pathname", "handle", "mount_id", "flags"],
  },
  265: { name: "open_by_handle_at", call: openByHandleAt, args: ["mount_fd", "handle", "flags"] },
};
