/**
 * Descriptors that stand for processes.
 *
 * Source: `kernel/pid.c`, `kernel/signal.c` (`pidfd_send_signal`); pidfd_open(2), pidfd_send_signal(2),
 * pidfd_getfd(2).
 */

import { numberSeenBy, taskMeantBy } from "../pid_namespace.ts";
import { EBADF, EINVAL, EPERM, ESRCH, SystemError } from "../abi/errno.ts";
import {
  PIDFD_NONBLOCK,
  PIDFD_SIGNAL_PROCESS_GROUP,
  PIDFD_SIGNAL_THREAD,
  PIDFD_SIGNAL_THREAD_GROUP,
  PIDFD_THREAD,
} from "../abi/clone.ts";
import { ProcDirectory } from "../fs/procfs/inodes.ts";
import { numberOf } from "../fs/procfs/node.ts";
import { type SigInfo, threadSignal, userSignal } from "../signals/siginfo.ts";
import { PidFile, pidFileOf } from "../pidfd.ts";
import { mayAccess } from "../task_access.ts";
import type { Task } from "../task.ts";
import { int, register } from "./arguments.ts";
import { file, install, requireDescriptor } from "./file_arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";
import { readSigInfo, requireNotForged, signalGroup, trySend } from "./signal.ts";

function pidfdOpen(call: Call): number {
  const { kernel, task: caller } = call;
  const [pid, flags] = [int(call, 0), int(call, 1)];
  const known = PIDFD_NONBLOCK | PIDFD_THREAD;
  if ((flags & ~known) !== 0 || pid <= 0) throw new SystemError(EINVAL);
  const task = taskMeantBy(kernel, caller, pid);
  if (task === undefined) throw new SystemError(ESRCH);
  const isThread = (flags & PIDFD_THREAD) !== 0;
  if (!isThread && task.pid !== task.tgid) throw new SystemError(EINVAL);
  requireDescriptor(call);
  return install(call, PidFile.open(task, flags), true);
}

/** The task that a descriptor stands for, be it as a process. Throws EBADF, ESRCH. */
function taskAt(call: Call): Task {
  const { task } = pidFileOf(call.task.files, int(call, 0));
  if (task === undefined) throw new SystemError(ESRCH);
  return task;
}

const SCOPES = PIDFD_SIGNAL_THREAD | PIDFD_SIGNAL_THREAD_GROUP | PIDFD_SIGNAL_PROCESS_GROUP;

/** Whom pidfd_send_signal(2) means. Throws EINVAL for more than one. */
function scopeOf(call: Call, ofThread: boolean): "thread" | "process" | "group" {
  switch (int(call, 3)) {
    case 0:
      return ofThread ? "thread" : "process";
    case PIDFD_SIGNAL_THREAD:
      return "thread";
    case PIDFD_SIGNAL_THREAD_GROUP:
      return "process";
    case PIDFD_SIGNAL_PROCESS_GROUP:
      return "group";
    default:
      throw new SystemError(EINVAL);
  }
}

/**
 * The task that the first argument of pidfd_send_signal(2) stands for: a pidfd, or a process's directory in
 * /proc, which is older (pidfd_to_pid()). Throws EBADF, ESRCH.
 */
function signalledAt(call: Call): { readonly task: Task; readonly ofThread: boolean } {
  const { inode } = file(call, 0);
  if (!(inode instanceof ProcDirectory) || numberOf(inode.holder.path) < 0) {
    const { thread } = pidFileOf(call.task.files, int(call, 0));
    return { task: taskAt(call), ofThread: thread !== null };
  }
  const { task } = inode.holder.require();
  if (task === undefined) throw new SystemError(EBADF);
  return { task, ofThread: false };
}

function pidfdSendSignal(call: Call): number {
  const { kernel, task } = call;
  const signo = int(call, 1);
  if ((int(call, 3) & ~SCOPES) !== 0) throw new SystemError(EINVAL);
  const { task: target, ofThread } = signalledAt(call);
  const scope = scopeOf(call, ofThread);
  if (numberSeenBy(task, target.pid) === 0) throw new SystemError(EINVAL);
  const info = infoAt(call, target, scope);
  if (scope === "group") return signalGroup(kernel, task, { pgid: target.pid, signo, info });
  return trySend(kernel, task, target, signo, info, scope === "thread");
}

/** What argument 2 says, or what kill(2) and tkill(2) say. Throws EFAULT, EINVAL, EPERM. */
function infoAt(call: Call, target: Task, scope: ReturnType<typeof scopeOf>): SigInfo {
  const { task } = call;
  const signo = int(call, 1);
  const address = register(call, 2);
  if (address === 0n) {
    const sender = { pid: task.tgid, uid: task.credentials.uid };
    return scope === "thread" ? threadSignal(signo, sender) : userSignal(signo, sender);
  }
  const info = readSigInfo(call, signo, address);
  if (task.mm.user.readS32(address) !== signo) throw new SystemError(EINVAL);
  requireNotForged(task, info, scope === "group" ? 0 : target.pid);
  return info;
}

function pidfdGetfd(call: Call): number {
  if (int(call, 2) !== 0) throw new SystemError(EINVAL);
  const target = taskAt(call);
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
