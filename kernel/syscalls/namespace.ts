/**
 * System calls on namespaces, and on the names of the machine.
 *
 * Source: `kernel/fork.c` (`ksys_unshare`), `kernel/sys.c`; unshare(2), sethostname(2).
 */

import { newUserNamespace } from "../namespaces.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import type { UserNamespace } from "../user_namespace.ts";
import { CAP_SYS_ADMIN, CAP_SYS_CHROOT } from "../abi/capability.ts";
import { EINVAL, EPERM, ESRCH, EUSERS, SystemError } from "../abi/errno.ts";
import {
  CLONE_FILES,
  CLONE_FS,
  CLONE_NEWNS,
  CLONE_NEWUSER,
  CLONE_SIGHAND,
  CLONE_SYSVSEM,
  CLONE_THREAD,
  CLONE_VM,
  UTS_FIELD_BYTES,
} from "../abi/process.ts";
import { FsContext } from "../fs/fs_context.ts";
import type { MountNamespace } from "../fs/mount_namespace.ts";
import { type Namespace, NamespaceFile, namespacesByFlags } from "../namespace_file.ts";
import { PidFile } from "../pidfd.ts";
import { mayAccess } from "../task_access.ts";
import { decodeBytes } from "../fs/byte_string.ts";
import { undoSemaphores } from "../ipc/wake.ts";
import {
  NAMESPACE_FLAGS,
  type Namespaces,
  namespacesOf,
  unsharedNamespaces,
} from "../namespaces.ts";
import { int, pointer, register, unsignedInt } from "./arguments.ts";
import { unshareFiles } from "./file_descriptors.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** What cannot be taken apart once it is shared. */
const THREAD_FLAGS = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
const KNOWN_FLAGS = THREAD_FLAGS | CLONE_FILES | CLONE_FS | CLONE_SYSVSEM | NAMESPACE_FLAGS |
  CLONE_NEWUSER;

function unshare(call: Call): number {
  const { kernel, task } = call;
  const asked = register(call, 0);
  const has = (flag: bigint) => (asked & flag) !== 0n;
  // Whoever changes user namespace does it alone, and who changes mounts stands alone in them.
  const flags = asked | (has(CLONE_NEWUSER) ? CLONE_THREAD | CLONE_FS : 0n) |
    (has(CLONE_NEWNS) ? CLONE_FS : 0n);
  if ((flags & ~KNOWN_FLAGS) !== 0n) throw new SystemError(EINVAL);
  const isTorn = (flags & THREAD_FLAGS) !== 0n &&
    (task.group.members.length > 1 || task.mm.users > 1);
  if (isTorn) throw new SystemError(EINVAL);
  const credentials = task.credentials.clone();
  if ((flags & CLONE_NEWUSER) !== 0n) credentials.enter(newUserNamespace(kernel, task));
  const isNew = (flags & NAMESPACE_FLAGS) !== 0n;
  if (isNew && !credentials.hasHere(CAP_SYS_ADMIN)) throw new SystemError(EPERM);
  const fs = (flags & CLONE_FS) !== 0n ? task.fs.fork() : task.fs;
  const { userNamespace: owner } = credentials;
  const namespaces = unsharedNamespaces(kernel, task, flags, { owner, fs });
  task.credentials = credentials;
  enter(call, { namespaces, fs, leavesSemaphores: (flags & CLONE_SYSVSEM) !== 0n });
  if ((flags & CLONE_FILES) !== 0n) unshareFiles(task);
  return 0;
}

/** Where a task is once it has entered other namespaces. */
interface Entering {
  readonly namespaces: Namespaces | null;
  readonly fs: FsContext;
  /** Whether it leaves its System V semaphores in any case. */
  readonly leavesSemaphores: boolean;
}

/** Puts the caller into other namespaces; whoever leaves its IPC objects gives back what it owes them. */
function enter({ kernel, task }: Call, { namespaces, fs, leavesSemaphores }: Entering): void {
  const { ipc } = namespacesOf(kernel, task);
  const leavesIpc = (namespaces?.ipc ?? ipc) !== ipc || leavesSemaphores;
  if (leavesIpc) undoSemaphores(kernel, ipc, task.tgid);
  task.namespaces = namespaces;
  task.fs = fs;
  kernel.fileSystem.collectMounts();
}

function setns(call: Call): number {
  const { kernel, task } = call;
  const wanted = namespacesAt(call, BigInt(unsignedInt(call, 1)));
  // First the one that says what may be done.
  const ordered = [...wanted].sort((a, b) => Number(b.kind === "user") - Number(a.kind === "user"));
  const credentials = task.credentials.clone();
  const namespaces = ordered.reduce((all, each) => {
    const isAllowed = credentials.hasIn(ownerOf(each), CAP_SYS_ADMIN) &&
      (each.kind === "user" || credentials.hasHere(CAP_SYS_ADMIN)) &&
      (each.kind !== "mnt" || credentials.hasHere(CAP_SYS_CHROOT));
    if (each.kind === "user") requireEnterable(call, each.is);
    if (!isAllowed) throw new SystemError(EPERM);
    // Back to the machine's nobody has a way.
    if (each.kind === "user" && each.is !== null) credentials.enter(each.is);
    return joined(call, all, each);
  }, namespacesOf(kernel, task));
  task.credentials = credentials;
  const fs = wanted.some(({ kind }) => kind === "mnt") ? atTopOf(call, namespaces.mnt) : task.fs;
  enter(call, { namespaces, fs, leavesSemaphores: false });
  return 0;
}

/** Whose privileges count for a namespace. */
function ownerOf({ kind, is }: Namespace): UserNamespace | null {
  return kind === "user" ? is : is?.owner ?? null;
}

/** Throws EINVAL for one's own user namespace, or where others would be moved with the caller. */
function requireEnterable({ kernel, task }: Call, namespace: UserNamespace | null): void {
  const isAlone = task.group.members.length === 1 && !sharesPlaces(kernel, task);
  if (namespace === task.credentials.userNamespace || !isAlone) throw new SystemError(EINVAL);
}

function sharesPlaces({ tasks }: Kernel, task: Task): boolean {
  return tasks.all.some((other) => other !== task && other.fs === task.fs);
}

/** The namespaces that the descriptor at argument 0 stands for, or its process is in. Throws EBADF, EINVAL. */
function namespacesAt(call: Call, flags: bigint): readonly Namespace[] {
  const { kernel, task } = call;
  const { object } = task.files.get(int(call, 0));
  if (object instanceof NamespaceFile) {
    if (flags !== 0n && flags !== object.flag) throw new SystemError(EINVAL);
    return [object.namespace];
  }
  if (!(object instanceof PidFile)) throw new SystemError(EINVAL);
  const { leader } = object.group;
  if (leader === undefined || !object.group.isAlive) throw new SystemError(ESRCH);
  const chosen = namespacesByFlags(kernel, leader, flags);
  if (!mayAccess(task, leader)) throw new SystemError(EPERM);
  return chosen;
}

/** Those that the caller is in once it has entered one more. Throws EINVAL, EUSERS. */
function joined({ kernel, task }: Call, all: Namespaces, { kind, is }: Namespace): Namespaces {
  switch (kind) {
    case "cgroup":
      return { ...all, cgroup: is };
    case "ipc":
      return { ...all, ipc: is };
    case "net":
      return { ...all, network: is };
    case "uts":
      return { ...all, uts: is };
    case "pid": {
      const { pidNamespace } = task.group;
      const isInside = pidNamespace === null || is?.line.includes(pidNamespace) === true;
      if (!isInside) throw new SystemError(EINVAL);
      return { ...all, pidForChildren: is };
    }
    case "time":
      if (task.group.members.length > 1) throw new SystemError(EUSERS);
      is.isEntered = true;
      return { ...all, time: is, timeForChildren: is };
    case "user":
      return all;
    case "mnt":
      if (sharesPlaces(kernel, task) || !is.isThere) throw new SystemError(EINVAL);
      return { ...all, mnt: is };
  }
}

/** Where the caller stands who enters a mount namespace. */
function atTopOf({ task }: Call, { top }: MountNamespace): FsContext {
  return new FsContext({ root: top, cwd: top, umask: task.fs.umask });
}

/** The name at argument 0. Throws EPERM, EINVAL, EFAULT. */
function nameAt(call: Call): string {
  const { credentials, mm } = call.task;
  const { owner } = namespacesOf(call.kernel, call.task).uts;
  if (!credentials.hasIn(owner, CAP_SYS_ADMIN)) throw new SystemError(EPERM);
  const length = int(call, 1);
  if (length < 0 || length >= UTS_FIELD_BYTES) throw new SystemError(EINVAL);
  const bytes = mm.user.read(pointer(call, 0), length);
  const nul = bytes.indexOf(0);
  return decodeBytes(nul < 0 ? bytes : bytes.subarray(0, nul));
}

function sethostname(call: Call): number {
  namespacesOf(call.kernel, call.task).uts.nodename = nameAt(call);
  return 0;
}

function setdomainname(call: Call): number {
  namespacesOf(call.kernel, call.task).uts.domainname = nameAt(call);
  return 0;
}

/** System calls on namespaces, by number. */
export const namespaceCalls: SystemCallGroup = {
  97: { name: "unshare", call: unshare, args: ["flags"] },
  161: { name: "sethostname", call: sethostname, args: ["name", "len"] },
  162: { name: "setdomainname", call: setdomainname, args: ["name", "len"] },
  268: { name: "setns", call: setns, args: ["fd", "nstype"] },
};
