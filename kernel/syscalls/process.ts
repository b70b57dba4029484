/**
 * System calls on processes: who one is, whose group one is in, becoming another program, ending.
 *
 * Source: `kernel/{sys,exit,fork}.c`, `fs/exec.c`; setpgid(2), prctl(2), execve(2), _exit(2).
 */

import { numberSeenBy, pidMeantBy, taskMeantBy } from "../pid_namespace.ts";
import {
  E2BIG,
  EACCES,
  EFAULT,
  EINVAL,
  ELOOP,
  ENOENT,
  EPERM,
  ESRCH,
  SystemError,
} from "../abi/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../abi/fcntl.ts";
import { ROBUST_LIST_HEAD_BYTES } from "../abi/futex.ts";
import {
  exitedStatus,
  PR_GET_CHILD_SUBREAPER,
  PR_GET_DUMPABLE,
  PR_GET_NAME,
  PR_GET_NO_NEW_PRIVS,
  PR_GET_PDEATHSIG,
  PR_SET_CHILD_SUBREAPER,
  PR_SET_DUMPABLE,
  PR_SET_NAME,
  PR_SET_NO_NEW_PRIVS,
  PR_SET_PDEATHSIG,
  SUID_DUMP_DISABLE,
  SUID_DUMP_USER,
  TASK_COMM_LEN,
} from "../abi/process.ts";
import { RLIMIT_STACK } from "../abi/resource.ts";
import { NSIG } from "../abi/signal.ts";
import { ARG_STRING_BYTES_MAX, argumentBytesMax } from "../exec/arguments.ts";
import { exitGroup, exitTask } from "../exit.ts";
import { decodeBytes, encodeString } from "../fs/byte_string.ts";
import { SymlinkInode } from "../fs/inode.ts";
import { executeProgram, type ExecveRequest } from "../program.ts";
import type { Task } from "../task.ts";
import { INIT_PID } from "../task_table.ts";
import { int, pointer, register } from "./arguments.ts";
import { capabilityPrctl } from "./capability.ts";
import { targetAt } from "./file_arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

const POINTER_BYTES = 8n;

function exit(call: Call): number {
  exitTask(call.kernel, call.task, exitedStatus(int(call, 0)));
  return 0;
}

function exitGroupCall(call: Call): number {
  exitGroup(call.kernel, call.task.group, exitedStatus(int(call, 0)));
  return 0;
}

function setTidAddress(call: Call): number {
  call.task.clearChildTid = pointer(call, 0);
  return numberSeenBy(call.task, call.task.pid);
}

function setRobustList(call: Call): number {
  if (register(call, 1) !== BigInt(ROBUST_LIST_HEAD_BYTES)) throw new SystemError(EINVAL);
  call.task.robustList = { head: pointer(call, 0), length: ROBUST_LIST_HEAD_BYTES };
  return 0;
}

function getRobustList(call: Call): number {
  const { task } = call;
  const { head, length } = findTask(call, int(call, 0)).robustList;
  task.mm.user.writeU64(register(call, 2), BigInt(length));
  task.mm.user.writeU64(register(call, 1), BigInt(head));
  return 0;
}

/** The task of a pid, the caller for 0. Throws SystemError(ESRCH). */
function findTask({ kernel, task }: Call, pid: number): Task {
  if (pid === 0) return task;
  const found = taskMeantBy(kernel, task, pid);
  if (found === undefined) throw new SystemError(ESRCH);
  return found;
}

function setPgid(call: Call): number {
  const { kernel, task } = call;
  if (int(call, 1) < 0) throw new SystemError(EINVAL);
  const pid = int(call, 0) === 0 ? task.tgid : pidMeantBy(task, int(call, 0));
  const pgid = int(call, 1) === 0 ? pid : pidMeantBy(task, int(call, 1));
  const target = kernel.tasks.get(pid);
  if (target === undefined || target.pid !== target.tgid) throw new SystemError(ESRCH);
  if (target.tgid !== task.tgid) {
    if (target.ppid !== task.tgid) throw new SystemError(ESRCH);
    if (target.sid !== task.sid) throw new SystemError(EPERM);
    if (target.group.hasExecuted) throw new SystemError(EACCES);
  }
  if (target.sid === target.tgid) throw new SystemError(EPERM);
  const isInSession = (other: Task) => other.pgid === pgid && other.sid === task.sid;
  if (pgid !== pid && !kernel.tasks.all.some(isInSession)) throw new SystemError(EPERM);
  target.group.pgid = pgid;
  return 0;
}

function getPgid(call: Call): number {
  return isInit(call) ? INIT_PID : numberSeenBy(call.task, findTask(call, int(call, 0)).pgid);
}

function getSid(call: Call): number {
  return isInit(call) ? INIT_PID : numberSeenBy(call.task, findTask(call, int(call, 0)).sid);
}

/** Whether the pid at argument 0 is that of the machine's init, which is no task. */
function isInit(call: Call): boolean {
  return int(call, 0) === INIT_PID && call.task.group.pidNamespace === null;
}

function setSid({ kernel, task }: Call): number {
  const { group } = task;
  const isGroup = kernel.tasks.all.some(({ pgid }) => pgid === group.id);
  if (isGroup || group.sid === group.id) throw new SystemError(EPERM);
  group.sid = group.pgid = group.id;
  return numberSeenBy(task, group.id);
}

function execve(call: Call): number {
  const path = call.task.mm.user.readString(register(call, 0));
  if (path === "") throw new SystemError(ENOENT);
  return execute(call, { path }, 1);
}

/** Executes a program with the argument vector and the environment at arguments `index` and behind it. */
function execute(
  call: Call,
  program: Omit<ExecveRequest, "argv" | "envp">,
  index: number,
): number {
  const { kernel, task } = call;
  const limit = argumentBytesMax(task.limits.soft(RLIMIT_STACK));
  const argv = readStrings(task, register(call, index), limit);
  const envp = readStrings(task, register(call, index + 1), limit);
  executeProgram(kernel, task, { ...program, argv, envp });
  return 0;
}

function execveat(call: Call): number {
  const { task } = call;
  const flags = int(call, 4);
  if ((flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) !== 0) throw new SystemError(EINVAL);
  const fd = int(call, 0);
  const name = task.mm.user.readString(register(call, 1));
  const follow = (flags & AT_SYMLINK_NOFOLLOW) === 0;
  const { place } = targetAt(call, 0, { follow, allowEmpty: (flags & AT_EMPTY_PATH) !== 0 });
  if (place === null) throw new SystemError(EACCES);
  if (place.inode instanceof SymlinkInode) throw new SystemError(ELOOP);
  if (fd === AT_FDCWD || name.startsWith("/")) return execute(call, { path: name, place }, 2);
  // The name under which the program, and whoever reads it, will find it.
  const path = name === "" ? `/dev/fd/${fd}` : `/dev/fd/${fd}/${name}`;
  const isClosing = task.files.descriptor(fd).closeOnExec;
  return execute(call, { path, place, isClosing }, 2);
}

/** The strings of an argv or envp; none for a null pointer. Throws SystemError: EFAULT, E2BIG. */
function readStrings({ mm }: Task, address: bigint, bytesMax: number): Uint8Array[] {
  const strings: Uint8Array[] = [];
  if (address === 0n) return strings;
  for (let at = address, bytes = 0;; at += POINTER_BYTES) {
    const pointer = mm.user.readU64(at);
    if (pointer === 0n) return strings;
    const string = mm.user.readCString(pointer, ARG_STRING_BYTES_MAX, E2BIG);
    bytes += string.length + 1 + Number(POINTER_BYTES);
    if (bytes > bytesMax) throw new SystemError(E2BIG);
    strings.push(string);
  }
}

function prctl(call: Call): number {
  const { task } = call;
  const { user } = task.mm;
  const value = register(call, 1);
  const hasRest = [2, 3, 4].some((i) => register(call, i) !== 0n);
  switch (int(call, 0)) {
    case PR_SET_NAME:
      task.comm = readComm(task, value);
      return 0;
    case PR_GET_NAME: {
      const name = new Uint8Array(TASK_COMM_LEN);
      name.set(encodeString(task.comm));
      user.write(value, name);
      return 0;
    }
    case PR_SET_PDEATHSIG:
      if (value > BigInt(NSIG)) throw new SystemError(EINVAL);
      task.parentDeathSignal = Number(value);
      return 0;
    case PR_GET_PDEATHSIG:
      user.writeU32(value, task.parentDeathSignal);
      return 0;
    case PR_SET_DUMPABLE:
      if (value !== BigInt(SUID_DUMP_DISABLE) && value !== BigInt(SUID_DUMP_USER)) {
        throw new SystemError(EINVAL);
      }
      task.dumpable = Number(value);
      return 0;
    case PR_GET_DUMPABLE:
      return task.dumpable;
    case PR_SET_CHILD_SUBREAPER:
      task.group.isChildSubreaper = value !== 0n;
      return 0;
    case PR_GET_CHILD_SUBREAPER:
      user.writeU32(value, task.group.isChildSubreaper ? 1 : 0);
      return 0;
    case PR_SET_NO_NEW_PRIVS:
      if (value !== 1n || hasRest) throw new SystemError(EINVAL);
      task.credentials.noNewPrivileges = true;
      return 0;
    case PR_GET_NO_NEW_PRIVS:
      if (value !== 0n || hasRest) throw new SystemError(EINVAL);
      return task.credentials.noNewPrivileges ? 1 : 0;
    default:
      return capabilityPrctl(call, int(call, 0));
  }
}

/** Up to 15 bytes, which a NUL may end. */
function readComm({ mm }: Task, address: bigint): string {
  const length = mm.user.readableBytes(address, TASK_COMM_LEN - 1);
  const bytes = mm.user.read(address, length);
  const nul = bytes.indexOf(0);
  if (nul < 0 && length < TASK_COMM_LEN - 1) throw new SystemError(EFAULT);
  return decodeBytes(nul < 0 ? bytes : bytes.subarray(0, nul));
}

/** System calls on processes, by number. */
export const processCalls: SystemCallGroup = {
  93: { name: "exit", call: exit, args: ["status"] },
  94: { name: "exit_group", call: exitGroupCall, args: ["status"] },
  96: { name: "set_tid_address", call: setTidAddress, args: ["tidptr"] },
  99: { name: "set_robust_list", call: setRobustList, args: ["head", "len"] },
  100: { name: "get_robust_list", call: getRobustList, args: ["pid", "head_ptr", "len_ptr"] },
  154: { name: "setpgid", call: setPgid, args: ["pid", "pgid"] },
  155: { name: "getpgid", call: getPgid, args: ["pid"] },
  156: { name: "getsid", call: getSid, args: ["pid"] },
  157: { name: "setsid", call: setSid, args: [] },
  167: { name: "prctl", call: prctl, args: ["option", "arg2", "arg3", "arg4", "arg5"] },
  172: { name: "getpid", call: ({ task }) => numberSeenBy(task, task.tgid), args: [] },
  173: { name: "getppid", call: ({ task }) => numberSeenBy(task, task.ppid), args: [] },
  178: { name: "gettid", call: ({ task }) => numberSeenBy(task, task.pid), args: [] },
  221: {
    name: "execve",
    call: execve,
    args: ["pathname", "argv", "envp"],
    replacesContext: true,
  },
  281: {
    name: "execveat",
    call: execveat,
    args: ["dirfd", "pathname", "argv", "envp", "flags"],
    replacesContext: true,
  },
};
