/**
 * The namespaces of a task: which names, IPC objects, network and mounts it sees, which numbers its children will
 * have, what the monotonic clock shows it. Linux's `nsproxy`. A task that has none of its own sees the
 * machine's. In which namespace of pids a task itself is, its process knows (pid_namespace.ts).
 *
 * A new network has its loopback interface up, because nothing here could raise it. There is one control
 * group, the root of all: a namespace of them shows nothing else.
 *
 * Source: `kernel/nsproxy.c`; namespaces(7), uts_namespaces(7), ipc_namespaces(7), network_namespaces(7),
 * mount_namespaces(7), pid_namespaces(7), time_namespaces(7), cgroup_namespaces(7).
 */

import { CAP_SETFCAP } from "./abi/capability.ts";
import { EINVAL, ENOSPC, EPERM, SystemError } from "./abi/errno.ts";
import { CLONE_NEWTIME, INIT_INO, NAMESPACE_LEVEL_MAX } from "./abi/namespace.ts";
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUTS,
} from "./abi/process.ts";
import type { Cloning } from "./fs/cloning.ts";
import { MqueueFileSystem } from "./ipc/mqueue_fs.ts";
import type { FsContext } from "./fs/fs_context.ts";
import { Place } from "./fs/mount.ts";
import type { MountNamespace } from "./fs/mount_namespace.ts";
import { IpcNamespace } from "./ipc/namespace.ts";
import type { Kernel } from "./kernel.ts";
import { Network } from "./net/network.ts";
import { PidNamespace } from "./pid_namespace.ts";
import type { Task } from "./task.ts";
import { MACHINE_TIME, type TimeNamespace } from "./time_namespace.ts";
import { idIn, UserNamespace } from "./user_namespace.ts";
import { cloneUtsName, type UtsName } from "./uts.ts";

/** The flags of clone(2) and unshare(2) that make a namespace, but for one of users. */
export const NAMESPACE_FLAGS: bigint = CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID |
  CLONE_NEWCGROUP | CLONE_NEWTIME | CLONE_NEWNS;

/** A view of the control groups. */
export interface CgroupNamespace {
  /** Its number, as /proc/PID/ns shows it. */
  readonly ino: number;
  /** Whose privileges count for it; `null` for the machine's. */
  readonly owner: UserNamespace | null;
}

/** What a task sees. */
export interface Namespaces {
  /** What uname(2) tells. */
  readonly uts: UtsName;
  /** System V objects. */
  readonly ipc: IpcNamespace;
  /** Names and ports of sockets. */
  readonly network: Network;
  /** What is mounted where. */
  readonly mnt: MountNamespace;
  /** The control groups. */
  readonly cgroup: CgroupNamespace;
  /** Where its children will have their pids; `null` for the machine's. */
  readonly pidForChildren: PidNamespace | null;
  /** What its clocks show. */
  readonly time: TimeNamespace;
  /** What those of its children will show, and its own when it executes a program. */
  readonly timeForChildren: TimeNamespace;
}

/** The machine's own, around what else it has. */
export function machineNamespaces(
  parts: Pick<Namespaces, "uts" | "ipc" | "network" | "mnt">,
): Namespaces {
  return {
    ...parts,
    cgroup: { ino: INIT_INO.cgroup, owner: null },
    pidForChildren: null,
    time: MACHINE_TIME,
    timeForChildren: MACHINE_TIME,
  };
}

/** The namespaces that a task is in. */
export function namespacesOf(kernel: Kernel, task: Task): Namespaces {
  return task.namespaces ?? kernel.namespaces;
}

/** Whose new namespaces are, and where it will stand who is in them. */
export interface NewNamespaces {
  /** Whose privileges count for them. */
  readonly owner: UserNamespace | null;
  /** What is moved to the same places in a new mount namespace. */
  readonly fs: FsContext;
}

/**
 * Those that a task, or its child, is in after clone(2) or unshare(2) with these flags. Throws EINVAL for a
 * task whose children are in another pid namespace already, ENOSPC for too many inside each other.
 */
export function unsharedNamespaces(
  kernel: Kernel,
  task: Task,
  flags: bigint,
  { owner, fs }: NewNamespaces,
): Namespaces | null {
  if ((flags & NAMESPACE_FLAGS) === 0n) return task.namespaces;
  const old = namespacesOf(kernel, task);
  const { uts, ipc, network, cgroup, pidForChildren, timeForChildren, mnt } = old;
  const has = (flag: bigint) => (flags & flag) !== 0n;
  const ino = () => kernel.takeNamespaceIno();
  return {
    ...old,
    uts: has(CLONE_NEWUTS) ? { ...uts, ino: ino(), owner } : uts,
    ipc: has(CLONE_NEWIPC) ? newIpcNamespace(kernel, ino(), owner) : ipc,
    network: has(CLONE_NEWNET) ? new Network(network.sockets, ino(), owner) : network,
    cgroup: has(CLONE_NEWCGROUP) ? { ino: ino(), owner } : cgroup,
    pidForChildren: has(CLONE_NEWPID) ? newPidNamespace(kernel, task, old, owner) : pidForChildren,
    timeForChildren: has(CLONE_NEWTIME) ? timeForChildren.child(ino(), owner) : timeForChildren,
    mnt: has(CLONE_NEWNS) ? copyMounts(mnt, ino(), owner, fs) : mnt,
  };
}

function newIpcNamespace(
  { fileSystem: { environment } }: Kernel,
  ino: number,
  owner: UserNamespace | null,
): IpcNamespace {
  return new IpcNamespace(new MqueueFileSystem(environment, owner), ino, owner);
}

/** A copy of a mount namespace, in which `fs` is from now on. copy_mnt_ns(). */
function copyMounts(
  mounts: MountNamespace,
  ino: number,
  owner: UserNamespace | null,
  fs: FsContext,
): MountNamespace {
  const { namespace, copies } = mounts.copy(ino, owner);
  const moved = (place: Place) => new Place(copies.get(place.mount) ?? place.mount, place.entry);
  fs.root = moved(fs.root);
  fs.cwd = moved(fs.cwd);
  return namespace;
}

function newPidNamespace(
  kernel: Kernel,
  { group: { pidNamespace } }: Task,
  { pidForChildren }: Namespaces,
  owner: UserNamespace | null,
): PidNamespace {
  if (pidForChildren !== pidNamespace) throw new SystemError(EINVAL);
  if ((pidNamespace?.level ?? 0) >= NAMESPACE_LEVEL_MAX) throw new SystemError(ENOSPC);
  return new PidNamespace(kernel.takeNamespaceIno(), pidNamespace, owner);
}

/** Those of a task that begins, or executes a program: what was for its children is now its own. */
export function enteredNamespaces(namespaces: Namespaces | null): Namespaces | null {
  if (namespaces === null || namespaces.time === namespaces.timeForChildren) return namespaces;
  namespaces.timeForChildren.isEntered = true;
  return { ...namespaces, time: namespaces.timeForChildren };
}

/** The same view of control groups in a machine's clone. */
export function cloneCgroups(groups: CgroupNamespace, cloning: Cloning): CgroupNamespace {
  const { ino, owner } = groups;
  return cloning.once(groups, () => ({ ino, owner: owner?.clone(cloning) ?? null }));
}

/**
 * A user namespace that a task makes. Throws EPERM for a task behind a changed root, or one that its own
 * namespace does not know, ENOSPC for too many inside each other.
 */
export function newUserNamespace(kernel: Kernel, task: Task): UserNamespace {
  const { credentials, fs } = task;
  const { userNamespace: parent, euid, egid } = credentials;
  if ((parent?.level ?? 0) > NAMESPACE_LEVEL_MAX) throw new SystemError(ENOSPC);
  const { mnt } = namespacesOf(kernel, task);
  const isKnown = idIn(parent, "uid", euid) >= 0 && idIn(parent, "gid", egid) >= 0;
  if (!isKnown || !fs.root.equals(mnt.top)) throw new SystemError(EPERM);
  return new UserNamespace({
    ino: kernel.takeNamespaceIno(),
    parent,
    owner: { uid: euid, gid: egid },
    mapsRoot: credentials.hasHere(CAP_SETFCAP),
  });
}

/** The same namespaces in a machine's clone. */
export function cloneNamespaces(namespaces: Namespaces, cloning: Cloning): Namespaces {
  return cloning.once(namespaces, () => ({
    uts: cloneUtsName(namespaces.uts, cloning),
    ipc: namespaces.ipc.clone(cloning),
    network: namespaces.network.clone(cloning),
    mnt: namespaces.mnt.clone(cloning),
    cgroup: cloneCgroups(namespaces.cgroup, cloning),
    pidForChildren: namespaces.pidForChildren?.clone(cloning) ?? null,
    time: namespaces.time.clone(cloning),
    timeForChildren: namespaces.timeForChildren.clone(cloning),
  }));
}
