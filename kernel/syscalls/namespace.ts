/**
 * System calls on namespaces, and on the names of the machine.
 *
 * Source: `kernel/fork.c` (`ksys_unshare`), `kernel/sys.c`; unshare(2), sethostname(2).
 */

import { CAP_SYS_ADMIN } from "../abi/capability.ts";
import { EINVAL, EPERM, SystemError } from "../abi/errno.ts";
import {
  CLONE_FILES,
  CLONE_FS,
  CLONE_SIGHAND,
  CLONE_SYSVSEM,
  CLONE_THREAD,
  CLONE_VM,
  UTS_FIELD_BYTES,
} from "../abi/process.ts";
import { decodeBytes } from "../fs/byte_string.ts";
import { undoSemaphores } from "../ipc/wake.ts";
import { NAMESPACE_FLAGS, namespacesOf, unsharedNamespaces } from "../namespaces.ts";
import { int, pointer, register } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** What cannot be taken apart once it is shared. */
const THREAD_FLAGS = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
const KNOWN_FLAGS = THREAD_FLAGS | CLONE_FILES | CLONE_FS | CLONE_SYSVSEM | NAMESPACE_FLAGS;

function unshare(call: Call): number {
  const { kernel, task } = call;
  const flags = register(call, 0);
  if ((flags & ~KNOWN_FLAGS) !== 0n) throw new SystemError(EINVAL);
  const isTorn = (flags & THREAD_FLAGS) !== 0n &&
    (task.group.members.length > 1 || task.mm.users > 1);
  if (isTorn) throw new SystemError(EINVAL);
  const isNew = (flags & NAMESPACE_FLAGS) !== 0n;
  if (isNew && !task.credentials.has(CAP_SYS_ADMIN)) throw new SystemError(EPERM);
  const namespaces = unsharedNamespaces(kernel, task, flags);
  const { ipc } = namespacesOf(kernel, task);
  const leavesIpc = (namespaces?.ipc ?? ipc) !== ipc || (flags & CLONE_SYSVSEM) !== 0n;
  if (leavesIpc) undoSemaphores(kernel, ipc, task.tgid);
  task.namespaces = namespaces;
  if ((flags & CLONE_FS) !== 0n) task.fs = task.fs.fork();
  if ((flags & CLONE_FILES) !== 0n && task.files.users > 1) {
    const { files } = task;
    task.files = files.fork();
    files.release();
  }
  return 0;
}

/** The name at argument 0. Throws EPERM, EINVAL, EFAULT. */
function nameAt(call: Call): string {
  const { credentials, mm } = call.task;
  if (!credentials.has(CAP_SYS_ADMIN)) throw new SystemError(EPERM);
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
};
