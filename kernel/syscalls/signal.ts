/**
 * System calls on signals.
 *
 * Source: `kernel/signal.c`; sigaction(2), sigprocmask(2), sigsuspend(2), sigwaitinfo(2), kill(2),
 * tgkill(2), rt_sigqueueinfo(2), sigaltstack(2).
 */

import { FIRST_NUMBER, numberSeenBy, pidMeantBy, taskMeantBy } from "../pid_namespace.ts";
import { CAP_KILL } from "../abi/capability.ts";
import { EAGAIN, EINTR, EINVAL, EPERM, ESRCH, SystemError } from "../abi/errno.ts";
import {
  MINSIGSTKSZ,
  NSIG,
  SA_KNOWN,
  SI_TKILL,
  SIG_BLOCK,
  SIG_SETMASK,
  SIG_UNBLOCK,
  SIGACTION_BYTES,
  SIGCONT,
  SIGINFO_BYTES,
  signalBit,
  SIGSEGV,
  SIGSET_BYTES,
  SS_AUTODISARM,
  STACK_T_BYTES,
  UNBLOCKABLE,
} from "../abi/signal.ts";
import type { Kernel } from "../kernel.ts";
import { changeAlternateStack } from "../signals/alternate_stack.ts";
import { forceSegv } from "../signals/deliver.ts";
import { dequeueSignal } from "../signals/dequeue.ts";
import { leaveHandler } from "../signals/frame.ts";
import { sendToGroup, sendToTask } from "../signals/send.ts";
import {
  decodeSigInfo,
  encodeSigInfo,
  type SigInfo,
  threadSignal,
  userSignal,
} from "../signals/siginfo.ts";
import type { Task } from "../task.ts";
import { settleTimers } from "../timer_queue.ts";
import { INIT_PID } from "../task_table.ts";
import type { Wait } from "../wait.ts";
import { int, readTimespec, register } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

const SP = 2;
const INT_MIN = -(2 ** 31);

function requireSetSize(call: Call, index: number): void {
  if (register(call, index) !== BigInt(SIGSET_BYTES)) throw new SystemError(EINVAL);
}

function requireSignal(signo: number): void {
  if (signo < 1 || signo > NSIG) throw new SystemError(EINVAL);
}

function rtSigaction(call: Call): number {
  const { signals, mm } = call.task;
  const signo = int(call, 0);
  const [address, oldAddress] = [register(call, 1), register(call, 2)];
  requireSetSize(call, 3);
  const bytes = address === 0n ? null : mm.user.read(address, SIGACTION_BYTES);
  requireSignal(signo);
  if (bytes !== null && (signalBit(signo) & UNBLOCKABLE) !== 0n) throw new SystemError(EINVAL);
  const old = signals.dispositions.get(signo);
  if (bytes !== null) {
    settleTimers(call.kernel, call.task.group);
    const [handler = 0n, flags = 0n, mask = 0n] = new BigUint64Array(bytes.buffer);
    signals.dispositions.set(signo, {
      handler,
      flags: flags & SA_KNOWN,
      mask: mask & ~UNBLOCKABLE,
    });
    // What is ignored from now on does not stay pending.
    if (signals.dispositions.ignores(signo)) {
      call.task.group.pending.discard(signalBit(signo));
      for (const { signals: own } of call.task.group.members) own.pending.discard(signalBit(signo));
    }
  }
  if (oldAddress !== 0n) {
    const words = new BigUint64Array([old.handler, old.flags, old.mask]);
    mm.user.write(oldAddress, new Uint8Array(words.buffer));
  }
  return 0;
}

function rtSigprocmask(call: Call): number {
  const { signals, mm } = call.task;
  const [address, oldAddress] = [register(call, 1), register(call, 2)];
  requireSetSize(call, 3);
  const old = signals.blocked;
  if (address !== 0n) {
    const set = mm.user.readU64(address);
    switch (int(call, 0)) {
      case SIG_BLOCK:
        signals.blocked = old | set;
        break;
      case SIG_UNBLOCK:
        signals.blocked = old & ~set;
        break;
      case SIG_SETMASK:
        signals.blocked = set;
        break;
      default:
        throw new SystemError(EINVAL);
    }
  }
  if (oldAddress !== 0n) mm.user.writeU64(oldAddress, old);
  return 0;
}

function rtSigpending(call: Call): number {
  const { signals, group, mm } = call.task;
  if (register(call, 1) > BigInt(SIGSET_BYTES)) throw new SystemError(EINVAL);
  const set = (signals.pending.set | group.pending.set) & signals.blocked;
  const bytes = new Uint8Array(new BigUint64Array([set]).buffer);
  mm.user.write(register(call, 0), bytes.subarray(0, Number(register(call, 1))));
  return 0;
}

function rtSigsuspend(call: Call): number | Wait {
  const { signals, mm, wait } = call.task;
  // Only a handler ends it, and then it is not made again.
  if (wait?.kind !== "signal") {
    requireSetSize(call, 1);
    signals.blockForCall(mm.user.readU64(register(call, 0)));
  }
  return { kind: "signal", accepts: 0n, deadline_ns: null };
}

function rtSigtimedwait(call: Call): number | Wait {
  const { kernel, task } = call;
  requireSetSize(call, 3);
  const accepts = task.mm.user.readU64(register(call, 0)) & ~UNBLOCKABLE;
  const info = dequeueSignal(kernel, task, ~accepts);
  if (info !== null) {
    const address = register(call, 1);
    if (address !== 0n) {
      const bytes = new Uint8Array(SIGINFO_BYTES);
      encodeSigInfo(info, bytes);
      task.mm.user.write(address, bytes);
    }
    return info.signo;
  }
  if (task.wait?.kind === "signal") {
    const { deadline_ns } = task.wait;
    const isOver = deadline_ns !== null && kernel.clock.monotonic_ns >= deadline_ns;
    return isOver ? -EAGAIN : { kind: "signal", accepts, deadline_ns };
  }
  const timeout = register(call, 2);
  if (timeout === 0n) return { kind: "signal", accepts, deadline_ns: null };
  const time_ns = readTimespec(task.mm.user, timeout);
  if (time_ns === 0n) return -EAGAIN;
  return { kind: "signal", accepts, deadline_ns: kernel.clock.monotonic_ns + time_ns };
}

function rtSigreturn({ kernel, task }: Call): number {
  if (!leaveHandler(task)) {
    // The registers may be half of a frame's: what matters is that the signal is next.
    forceSegv(kernel, task, SIGSEGV);
  }
  return 0;
}

function sigaltstack(call: Call): number {
  const { signals, mm, registers } = call.task;
  const [address, oldAddress] = [register(call, 0), register(call, 1)];
  const sp = registers.x(SP);
  const old = signals.alternateStack;
  const state = signals.alternateStackState(sp);
  if (address !== 0n) {
    const view = new DataView(mm.user.read(address, STACK_T_BYTES).buffer);
    changeAlternateStack(
      signals,
      {
        sp: view.getBigUint64(0, true),
        flags: view.getUint32(8, true),
        size: view.getBigUint64(16, true),
      },
      sp,
      MINSIGSTKSZ,
    );
  }
  if (oldAddress !== 0n) {
    const bytes = new Uint8Array(STACK_T_BYTES);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, old.sp, true);
    view.setUint32(8, state | (old.flags & SS_AUTODISARM), true);
    view.setBigUint64(16, old.size, true);
    mm.user.write(oldAddress, bytes);
  }
  return 0;
}

function kill(call: Call): number {
  const { kernel, task } = call;
  const pid = int(call, 0);
  const signo = int(call, 1);
  const sender = { pid: task.tgid, uid: task.credentials.uid };
  if (pid > 0) return killOne(call, pid, signo);
  if (pid === INT_MIN) throw new SystemError(ESRCH);
  const info = userSignal(signo, sender);
  if (pid !== -1) {
    const pgid = pid === 0 ? task.pgid : pidMeantBy(task, -pid);
    return signalGroup(kernel, task, { pgid, signo, info });
  }
  const others = kernel.tasks.leaders.filter((other) =>
    other.tgid !== task.tgid && numberSeenBy(task, other.tgid) > FIRST_NUMBER
  );
  if (others.length === 0) throw new SystemError(ESRCH);
  const errors = others.map((leader) => trySend(kernel, task, leader, signo, info));
  return errors.findLast((error) => error !== -EPERM) ?? 0;
}

function killOne({ kernel, task }: Call, pid: number, signo: number): number {
  if (pid === INIT_PID && task.group.pidNamespace === null) {
    requireSignalOrNone(signo);
    // The harness handles no signal, and init is not killed.
    return task.credentials.has(CAP_KILL) ? 0 : -EPERM;
  }
  const target = taskMeantBy(kernel, task, pid);
  if (target === undefined) throw new SystemError(ESRCH);
  const sender = { pid: task.tgid, uid: task.credentials.uid };
  return trySend(kernel, task, target, signo, userSignal(signo, sender));
}

/** What a process group is sent. */
interface GroupSignal {
  readonly pgid: number;
  readonly signo: number;
  readonly info: SigInfo;
}

/** Sends to each process of a group; one that got it is enough. Throws ESRCH. kill_pgrp_info(). */
export function signalGroup(
  kernel: Kernel,
  task: Task,
  { pgid, signo, info }: GroupSignal,
): number {
  const leaders = kernel.tasks.leaders.filter((other) => other.pgid === pgid);
  if (leaders.length === 0) throw new SystemError(ESRCH);
  const errors = leaders.map((leader) => trySend(kernel, task, leader, signo, info));
  return errors.includes(0) ? 0 : errors.at(-1) ?? 0;
}

function requireSignalOrNone(signo: number): void {
  if (signo < 0 || signo > NSIG) throw new SystemError(EINVAL);
}

/** Sends to a process when it is allowed; answers 0 or -errno. check_kill_permission(). */
export function trySend(
  kernel: Kernel,
  task: Task,
  target: Task,
  signo: number,
  info: SigInfo,
  toThread = false,
): number {
  requireSignalOrNone(signo);
  if (!maySignal(task, target, signo)) return -EPERM;
  if (signo === 0) return 0;
  if (toThread) sendToTask(kernel, target, info);
  else sendToGroup(kernel, target.group, info);
  return 0;
}

function maySignal(task: Task, target: Task, signo: number): boolean {
  const isWithinSession = signo === SIGCONT && task.sid === target.sid;
  return task.tgid === target.tgid || isWithinSession ||
    task.credentials.maySignal(target.credentials);
}

function tkill(call: Call): number {
  return sendToThread(call, int(call, 0), null, int(call, 1));
}

function tgkill(call: Call): number {
  const tgid = int(call, 0);
  if (tgid <= 0) throw new SystemError(EINVAL);
  return sendToThread(call, int(call, 1), tgid, int(call, 2));
}

function sendToThread(
  { kernel, task }: Call,
  pid: number,
  tgid: number | null,
  signo: number,
): number {
  if (pid <= 0) throw new SystemError(EINVAL);
  const target = taskMeantBy(kernel, task, pid);
  const isOther = tgid !== null && target?.tgid !== pidMeantBy(task, tgid);
  if (target === undefined || isOther) throw new SystemError(ESRCH);
  const info = threadSignal(signo, { pid: task.tgid, uid: task.credentials.uid });
  return trySend(kernel, task, target, signo, info, true);
}

function rtSigqueueinfo(call: Call): number {
  const { kernel, task } = call;
  const pid = int(call, 0);
  const signo = int(call, 1);
  const info = readSigInfo(call, signo, register(call, 2));
  requireNotForged(task, info, pidMeantBy(task, pid));
  const target = taskMeantBy(kernel, task, pid);
  if (target === undefined) throw new SystemError(ESRCH);
  return trySend(kernel, task, target, signo, info);
}

function rtTgsigqueueinfo(call: Call): number {
  const { kernel, task } = call;
  const [tgid, pid] = [int(call, 0), int(call, 1)];
  const signo = int(call, 2);
  if (tgid <= 0 || pid <= 0) throw new SystemError(EINVAL);
  const info = readSigInfo(call, signo, register(call, 3));
  requireNotForged(task, info, pidMeantBy(task, pid));
  const target = taskMeantBy(kernel, task, pid);
  if (target === undefined || target.tgid !== pidMeantBy(task, tgid)) throw new SystemError(ESRCH);
  return trySend(kernel, task, target, signo, info, true);
}

/** The `siginfo_t` at an address, as one of `signo`. Throws EFAULT. */
export function readSigInfo({ task }: Call, signo: number, address: bigint): SigInfo {
  return decodeSigInfo(signo, task.mm.user.read(address, SIGINFO_BYTES));
}

/** Only to itself may a task claim that a signal comes from the kernel or from kill(2). */
export function requireNotForged(task: Task, { code }: SigInfo, pid: number): void {
  if ((code >= 0 || code === SI_TKILL) && pid !== task.tgid && pid !== task.pid) {
    throw new SystemError(EPERM);
  }
}

/** Linux makes it inside the kernel's own restart of a call; made by a program it has nothing to restart. */
function restartSyscall(): number {
  return -EINTR;
}

/** System calls on signals, by number. */
export const signalCalls: SystemCallGroup = {
  128: { name: "restart_syscall", call: restartSyscall, args: [] },
  129: { name: "kill", call: kill, args: ["pid", "sig"] },
  130: { name: "tkill", call: tkill, args: ["tid", "sig"] },
  131: { name: "tgkill", call: tgkill, args: ["tgid", "tid", "sig"] },
  132: { name: "sigaltstack", call: sigaltstack, args: ["ss", "old_ss"] },
  133: {
    name: "rt_sigsuspend",
    call: rtSigsuspend,
    args: ["mask", "sigsetsize"],
    onSignal: "fail",
  },
  134: {
    name: "rt_sigaction",
    call: rtSigaction,
    args: ["signum", "act", "oldact", "sigsetsize"],
  },
  135: {
    name: "rt_sigprocmask",
    call: rtSigprocmask,
    args: ["how", "set", "oldset", "sigsetsize"],
  },
  136: { name: "rt_sigpending", call: rtSigpending, args: ["set", "sigsetsize"] },
  137: {
    name: "rt_sigtimedwait",
    call: rtSigtimedwait,
    args: ["set", "info", "timeout", "sigsetsize"],
    onSignal: "fail",
  },
  138: { name: "rt_sigqueueinfo", call: rtSigqueueinfo, args: ["tgid", "sig", "info"] },
  139: { name: "rt_sigreturn", call: rtSigreturn, args: [], replacesContext: true },
  240: {
    name: "rt_tgsigqueueinfo",
    call: rtTgsigqueueinfo,
    args: ["tgid", "tid", "sig", "info"],
  },
};
