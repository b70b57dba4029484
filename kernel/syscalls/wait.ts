/**
 * Waiting for children.
 *
 * Source: `kernel/exit.c` (`do_wait`, `kernel_wait4`, `kernel_waitid`); wait4(2), waitid(2).
 */

import { idSeenBy } from "../user_namespace.ts";
import { numberSeenBy, pidMeantBy } from "../pid_namespace.ts";
import { EAGAIN, ECHILD, EINVAL, ESRCH, SystemError } from "../abi/errno.ts";
import {
  __WALL,
  __WCLONE,
  __WNOTHREAD,
  CONTINUED_STATUS,
  P_ALL,
  P_PGID,
  P_PID,
  P_PIDFD,
  stoppedStatus,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WSTOPPED,
  WUNTRACED,
} from "../abi/process.ts";
import { CLD_CONTINUED, CLD_STOPPED, SIGCHLD, SIGCONT } from "../abi/signal.ts";
import { endOf, reapProcess } from "../children.ts";
import { pidFileOf } from "../pidfd.ts";
import type { Task } from "../task.ts";
import { encodeUsage } from "../usage.ts";
import type { Wait } from "../wait.ts";
import { int, register, unsignedInt } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

const WAIT4_OPTIONS = WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL;
const WAITID_EVENTS = WEXITED | WSTOPPED | WCONTINUED;
const WAITID_OPTIONS = WNOHANG | WNOWAIT | WAITID_EVENTS | __WNOTHREAD | __WCLONE | __WALL;
const INT_MIN = -(2 ** 31);
/** Bytes of `siginfo_t` that waitid(2) writes: up to si_status. */
const WAITID_INFO_BYTES = 28;

/** Which children are waited for, and for what. */
interface Selection {
  readonly isWanted: (child: Task) => boolean;
  /** W* and __W* bits. */
  readonly options: number;
}

/** What a wait has found. */
interface Found {
  readonly pid: number;
  readonly uid: number;
  /** As wait4(2) tells it. */
  readonly statusWord: number;
  /** As waitid(2) tells it: CLD_* and the exit code or signal. */
  readonly code: number;
  readonly status: number;
  /** CPU time of the child and its children in virtual ns. */
  readonly time_ns: number;
}

/** Finds a child with news, and takes the news. Answers null when none has any, or what to wait for. */
function wait(call: Call, { isWanted, options }: Selection): Found | null | Wait {
  const { kernel, task } = call;
  let hasChild = false;
  for (const child of kernel.tasks.childrenOf(task.tgid)) {
    if (!isWanted(child) || !isOfKind(child, options)) continue;
    hasChild = true;
    const found = newsOf(task, child, options);
    if (found === null) continue;
    if ((options & WNOWAIT) === 0) {
      if (child.group.isAlive) child.group.jobEvent = "none";
      else reapProcess(kernel, task.group, child);
    }
    return found;
  }
  if (!hasChild) throw new SystemError(ECHILD);
  return (options & WNOHANG) !== 0 ? null : { kind: "child", woken: false };
}

/** eligible_child(). */
function isOfKind({ group }: Task, options: number): boolean {
  if ((options & __WALL) !== 0) return true;
  return (group.exitSignal !== SIGCHLD) === ((options & __WCLONE) !== 0);
}

function newsOf(task: Task, child: Task, options: number): Found | null {
  const { credentials, group, exitCode } = child;
  const who = {
    pid: numberSeenBy(task, child.pid),
    uid: idSeenBy(task.credentials, "uid", credentials.uid),
    time_ns: group.instructions + group.childrenInstructions,
  };
  if (!group.isAlive) {
    if ((options & WEXITED) === 0) return null;
    return { ...who, statusWord: exitCode, ...endOf(exitCode) };
  }
  if (group.jobEvent === "stopped" && (options & WSTOPPED) !== 0) {
    const status = group.stopSignal;
    return { ...who, statusWord: stoppedStatus(status), code: CLD_STOPPED, status };
  }
  if (group.jobEvent === "continued" && (options & WCONTINUED) !== 0) {
    return { ...who, statusWord: CONTINUED_STATUS, code: CLD_CONTINUED, status: SIGCONT };
  }
  return null;
}

function wait4(call: Call): number | Wait {
  const { task } = call;
  const options = int(call, 2);
  if ((options & ~WAIT4_OPTIONS) !== 0) throw new SystemError(EINVAL);
  const pid = int(call, 0);
  if (pid === INT_MIN) throw new SystemError(ESRCH);
  const found = wait(call, {
    isWanted: pid === -1
      ? () => true
      : pid > 0
      ? isProcess(pidMeantBy(task, pid))
      : inGroup(pid === 0 ? task.pgid : pidMeantBy(task, -pid)),
    options: options | WEXITED,
  });
  if (found === null) return 0;
  if ("kind" in found) return found;
  const [statusAddress, usageAddress] = [register(call, 1), register(call, 3)];
  if (statusAddress !== 0n) task.mm.user.writeU32(statusAddress, found.statusWord);
  if (usageAddress !== 0n) task.mm.user.write(usageAddress, encodeUsage(found.time_ns));
  return found.pid;
}

function waitid(call: Call): number | Wait {
  const { task } = call;
  const options = int(call, 3);
  if ((options & ~WAITID_OPTIONS) !== 0) throw new SystemError(EINVAL);
  if ((options & WAITID_EVENTS) === 0) throw new SystemError(EINVAL);
  const isWanted = waitidTarget(call);
  const isNonBlocking = isNonBlockingPidfd(call);
  const found = wait(call, { isWanted, options: options | (isNonBlocking ? WNOHANG : 0) });
  if (found === null && isNonBlocking && (options & WNOHANG) === 0) throw new SystemError(EAGAIN);
  if (found !== null && "kind" in found) return found;
  const [infoAddress, usageAddress] = [register(call, 2), register(call, 4)];
  if (found !== null && usageAddress !== 0n) {
    task.mm.user.write(usageAddress, encodeUsage(found.time_ns));
  }
  if (infoAddress !== 0n) task.mm.user.write(infoAddress, encodeInfo(found));
  return 0;
}

function waitidTarget(call: Call): Selection["isWanted"] {
  const id = int(call, 1);
  switch (unsignedInt(call, 0)) {
    case P_ALL:
      return () => true;
    case P_PID:
      if (id <= 0) throw new SystemError(EINVAL);
      return isProcess(pidMeantBy(call.task, id));
    case P_PIDFD: {
      if (id < 0) throw new SystemError(EINVAL);
      const process = pidFileOf(call.task.files, id);
      return (child) => child === process.task;
    }
    case P_PGID:
      if (id < 0) throw new SystemError(EINVAL);
      return inGroup(id === 0 ? call.task.pgid : pidMeantBy(call.task, id));
    default:
      throw new SystemError(EINVAL);
  }
}

function isNonBlockingPidfd(call: Call): boolean {
  return unsignedInt(call, 0) === P_PIDFD && call.task.files.get(int(call, 1)).nonBlocking;
}

function isProcess(pid: number): Selection["isWanted"] {
  return (child) => child.pid === pid;
}

function inGroup(pgid: number): Selection["isWanted"] {
  return (child) => child.pgid === pgid;
}

/** Zeros when nothing was found. */
function encodeInfo(found: Found | null): Uint8Array {
  const bytes = new Uint8Array(WAITID_INFO_BYTES);
  if (found === null) return bytes;
  const view = new DataView(bytes.buffer);
  view.setInt32(0, SIGCHLD, true);
  view.setInt32(8, found.code, true);
  view.setInt32(16, found.pid, true);
  view.setUint32(20, found.uid, true);
  view.setInt32(24, found.status, true);
  return bytes;
}

/** Waiting for children, by number. */
export const waitCalls: SystemCallGroup = {
  95: { name: "waitid", call: waitid, args: ["idtype", "id", "infop", "options", "rusage"] },
  260: { name: "wait4", call: wait4, args: ["pid", "wstatus", "options", "rusage"] },
};
