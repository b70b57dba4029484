/**
 * The file systems that programs can mount, by their names.
 *
 * Source: `fs/namespace.c` (`do_new_mount`, `mount_too_revealing`), `fs/super.c`, `fs/proc/root.c`,
 * `mm/shmem.c` (`shmem_reconfigure`); mount(2), `Documentation/filesystems/`.
 */

import { CAP_SYS_ADMIN } from "../abi/capability.ts";
import { EINVAL, ENODEV, EPERM, SystemError } from "../abi/errno.ts";
import { ST_RDONLY } from "../abi/stat.ts";
import { namespacesOf } from "../namespaces.ts";
import { idMeantBy, type UserNamespace } from "../user_namespace.ts";
import {
  type MountOptions,
  parseOptions,
  requireNoOptions,
  tmpfsSettings,
} from "./mount_options.ts";
import { ACCESS_TIME_FLAGS, type Mount } from "./mount.ts";
import type { Mounter } from "./mounting.ts";
import { PROC, Procfs, SYS } from "./procfs/procfs.ts";
import type { Superblock } from "./superblock.ts";
import { type MemoryFileSystem, Tmpfs } from "./tmpfs.ts";

/** A kind of file system that can be mounted. */
interface FileSystemType {
  /** Whose privileges are needed. */
  owner(mounter: Mounter): UserNamespace | null;
  /** The one that is mounted: a new one, or one that others may see already. Throws SystemError. */
  open(mounter: Mounter, options: MountOptions): Superblock;
  /** Whether it shows what a less privileged namespace must not be shown unless it sees it already. */
  readonly isRevealing?: boolean;
}

const TYPES: Readonly<Record<string, FileSystemType>> = {
  mqueue: {
    owner: (mounter) => namespacesOf(mounter.kernel, mounter.task).ipc.owner,
    open(mounter, options) {
      requireNoOptions(options);
      return namespacesOf(mounter.kernel, mounter.task).ipc.mqueues;
    },
  },
  proc: {
    owner: ({ task }) => task.group.pidNamespace?.owner ?? null,
    open: openProc,
    isRevealing: true,
  },
  ramfs: {
    owner: ({ task }) => task.credentials.userNamespace,
    open: (mounter, options) => newMemory(mounter, ramfsOptions(options), "ramfs"),
  },
  sysfs: {
    owner: (mounter) => namespacesOf(mounter.kernel, mounter.task).network.owner,
    open: openSys,
    isRevealing: true,
  },
  tmpfs: {
    owner: ({ task }) => task.credentials.userNamespace,
    open: (mounter, options) => newMemory(mounter, options, "tmpfs"),
  },
};

/** The names of the file systems that a program can mount. */
export const MOUNTABLE_TYPES: readonly string[] = Object.keys(TYPES);

/**
 * The file system that mount(2) is asked for, to be mounted with `flags` (ST_* bits). Throws ENODEV for one
 * that is not known, EINVAL for options that it does not know, EPERM.
 */
export function openFileSystem(
  mounter: Mounter,
  name: string,
  data: string,
  flags: number,
): Superblock {
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  if (type === undefined) throw new SystemError(ENODEV);
  const { readOnly, own } = parseOptions(data);
  const { credentials } = mounter.task;
  const { superblocks } = mounter.kernel.fileSystem.mountTable;
  const isAllowed = credentials.hasIn(type.owner(mounter), CAP_SYS_ADMIN);
  const superblock = type.open(mounter, own);
  if (!isAllowed) throw new SystemError(EPERM);
  if (type.isRevealing === true && !mayReveal(mounter, superblock, flags)) {
    throw new SystemError(EPERM);
  }
  const isNew = !superblocks.includes(superblock);
  if (isNew) superblock.readOnly = readOnly ?? (flags & ST_RDONLY) !== 0;
  return superblock;
}

/** What a remount with these options does to a file system. Throws EINVAL for options that cannot be. */
export function reconfiguration(
  { kernel }: Mounter,
  superblock: Superblock,
  data: string,
): () => void {
  const { own } = parseOptions(data);
  if (!(superblock instanceof Tmpfs) || superblock.type !== "tmpfs") {
    // A host folder takes what is said of it, as any that is mounted by a helper does.
    if (superblock.type !== "9p") requireNoOptions(superblock.type === "ramfs" ? new Map() : own);
    return () => {};
  }
  const { pagesMax, inodesMax } = tmpfsSettings(own, kernel.memory.framesMax);
  const isBounded = pagesMax !== undefined && pagesMax !== Infinity;
  const isTooSmall = isBounded &&
    (superblock.pagesMax === Infinity || pagesMax < superblock.pagesUsed);
  const hasTooMany = inodesMax !== undefined && superblock.names + 1 > inodesMax;
  if (isTooSmall || hasTooMany) throw new SystemError(EINVAL);
  return () => {
    superblock.pagesMax = pagesMax ?? superblock.pagesMax;
    superblock.inodesMax = inodesMax ?? superblock.inodesMax;
  };
}

/** A ramfs knows one option, and hears no other. */
function ramfsOptions(options: MountOptions): MountOptions {
  const mode = options.get("mode");
  return new Map(mode === undefined ? [] : [["mode", mode]]);
}

function newMemory(
  { kernel, task }: Mounter,
  options: MountOptions,
  type: MemoryFileSystem,
): Superblock {
  const { fileSystem, memory } = kernel;
  const { credentials } = task;
  const { uid, gid, mode, ...bounds } = tmpfsSettings(options, memory.framesMax);
  const isBounded = type === "tmpfs";
  return new Tmpfs(fileSystem.environment, {
    ...(isBounded ? bounds : { pagesMax: Infinity }),
    type,
    device: fileSystem.takeDevice(),
    mode: mode ?? (isBounded ? TMPFS_MODE : RAMFS_MODE),
    uid: uid === undefined ? credentials.fsuid : idMeantBy(credentials, "uid", uid),
    gid: gid === undefined ? credentials.fsgid : idMeantBy(credentials, "gid", gid),
    owner: credentials.userNamespace,
  });
}

/** Permission bits of the root of a tmpfs. */
const TMPFS_MODE = 0o1777;
/** Permission bits of the root of a ramfs. */
const RAMFS_MODE = 0o755;

/** A /proc of its own for each mount, which shows the caller's pid namespace. */
function openProc({ kernel: { fileSystem }, task }: Mounter, options: MountOptions): Superblock {
  requireNoOptions(options);
  const { pidNamespace } = task.group;
  return new Procfs(fileSystem.environment, PROC, {
    pidNamespace,
    device: fileSystem.takeDevice(),
  });
}

/** The one file system of /sys. */
function openSys({ kernel: { fileSystem } }: Mounter, options: MountOptions): Superblock {
  requireNoOptions(options);
  const known = fileSystem.mountTable.superblocks.find(({ type }) => type === SYS.type);
  return known ?? new Procfs(fileSystem.environment, SYS);
}

/**
 * Whether the caller's tree is the machine's owner's, or shows such a file system already, with no more
 * forbidden than by `flags` and nothing hidden. mount_too_revealing().
 */
function mayReveal({ kernel, task }: Mounter, { type }: Superblock, flags: number): boolean {
  const { mnt } = namespacesOf(kernel, task);
  if (mnt.owner === null) return true;
  return mnt.all.some((mount) =>
    mount.superblock.type === type && showsAll(mount) &&
    ((mount.flags ^ flags) & mount.lockedFlags & (ST_RDONLY | ACCESS_TIME_FLAGS)) === 0 &&
    (!mount.superblock.readOnly || (flags & ST_RDONLY) !== 0)
  );
}

/** Whether all of a file system is seen through a mount. */
function showsAll({ root, superblock, children }: Mount): boolean {
  return root.inode === superblock.root && ![...children.values()].some(({ isLocked }) => isLocked);
}
