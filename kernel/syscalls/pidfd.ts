/**
 * Descriptors that stand for processes.
 *
 * Source: `kernel/pid.c`, `kernel/signal.c` (`pidfd_send_signal`); pidfd_open(2), pidfd_send_signal(2),
 * pidfd_getfd(2).
 */

import { numberSeenBy, taskMeantBy } from "../pid_namespace.ts";
import { EINVAL, EPERM, ESRCH, SystemError } from "../abi/errno.ts";
import { PIDFD_NONBLOCK } from "../abi/clone.ts";
import { userSignal } from "../signals/siginfo.ts";
import { PidFile, processOf } from "../pidfd.ts";
import { mayAccess } from "../task_access.ts";
import type { Task } from "../task.ts";
import { int, register } from "./arguments.ts";
import { install, requireDescriptor } from "./file_arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";
import { readSigInfo, requireNotForged, trySend } from "./signal.ts";

function pidfdOpen(call: Call): number {
  const { kernel, task: caller } = call;
  const [pid, flags] = [int(call, 0), int(call, 1)];
  if ((flags & ~PIDFD_NONBLOCK) !== 0 || pid <= 0) throw new SystemError(EINVAL);
  const task = taskMeantBy(kernel, caller, pid);
  if (task === undefined) throw new SystemError(ESRCH);
  if (task.pid !== task.tgid) throw new SystemError(EINVAL);
  requireDescriptor(call);
  return install(call, PidFile.open(task.group, flags), true);
}

/** The first thread of a process that a descriptor stands for. Throws EBADF, ESRCH. */
function leaderOf(call: Call): Task {
  const { leader } = processOf(call.task.files, int(call, 0));
  if (leader === undefined) throw new SystemError(ESRCH);
  return leader;
}

function pidfdSendSignal(call: Call): number {
  const { kernel, task } = call;
  const signo = int(call, 1);
  if (int(call, 3) !== 0) throw new SystemError(EINVAL);
  const target = leaderOf(call);
  if (numberSeenBy(task, target.tgid) === 0) throw new SystemError(EINVAL);
  const address = register(call, 2);
  if (address === 0n) {
    const sender = { pid: task.tgid, uid: task.credentials.uid };
    return trySend(kernel, task, target, signo, userSignal(signo, sender));
  }
  const info = readSigInfo(call, signo, address);
  if (task.mm.user.readS32(address) !== signo) throw new SystemError(EINVAL);
  requireNotForged(task, info, target.tgid);
  return trySend(kernel, task, target, signo, info);
}

function pidfdGetfd(call: Call): number {
  if (int(call, 2) !== 0) throw new SystemError(EINVAL);
  const target = leaderOf(call);
  if (!target.isAlive) throw new SystemError(ESRCH);
  if (!mayAccess(call.task, target)) throw new SystemError(EPERM);
  const file = target.files.getAny(int(call, 1));
  requireDescriptor(call);
  return install(call, file.retain(), true);
}

/** Descriptors that stand for processes, by number. */
export const pidfdCalls: SystemCallGroup = {
  424: {
    name: "pidfd_send_signal",
    call: pidfdSendSignal,
    args: ["pidfd", "sig", "info", "flags"],
  },
  434: { name: "pidfd_open", call: pidfdOpen, args: ["pid", "flags"] },
  438: { name: "pidfd_getfd", call: pidfdGetfd, args: ["pidfd", "targetfd", "flags"] },
};
