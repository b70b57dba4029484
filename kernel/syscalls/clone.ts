/**
 * Making tasks.
 *
 * Source: `kernel/fork.c` (`clone`, `clone3`, `copy_clone_args_from_user`); clone(2).
 */

import { numberSeenBy } from "../pid_namespace.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { CAP_SYS_ADMIN } from "../abi/capability.ts";
import { CLONE_NEWTIME } from "../abi/namespace.ts";
import { namespacesOf } from "../namespaces.ts";
import { E2BIG, EINVAL, EPERM, SystemError } from "../abi/errno.ts";
import { CLONE_ARGS_SIZE_VER0, CLONE_ARGS_SIZE_VER2, MAX_PID_NS_LEVEL } from "../abi/clone.ts";
import {
  CLONE_CLEAR_SIGHAND,
  CLONE_DETACHED,
  CLONE_INTO_CGROUP,
  CLONE_PARENT,
  CLONE_PARENT_SETTID,
  CLONE_PIDFD,
  CLONE_THREAD,
  CLONE_VFORK,
  CSIGNAL,
  PID_MAX,
} from "../abi/process.ts";
import { NSIG } from "../abi/signal.ts";
import { type CloneRequest, cloneTask } from "../clone.ts";
import { TASK_SIZE } from "../mm/layout.ts";
import type { Wait } from "../wait.ts";
import { pointer, register, size } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** Of clone(2) only the low 32 bits of the flags count; they are all that clone3(2) shares with it. */
const LEGACY_FLAGS = 0xffffffffn;
const CLONE3_FLAGS = (LEGACY_FLAGS & ~(CSIGNAL | CLONE_DETACHED)) | CLONE_CLEAR_SIGHAND |
  CLONE_INTO_CGROUP | CLONE_NEWTIME;
/** Bytes of a pid in set_tid. */
const PID_BYTES = 4;

function clone(call: Call): number | Wait {
  const flags = register(call, 0) & LEGACY_FLAGS;
  // The place for the descriptor is that for the pid.
  const isTorn = (flags & CLONE_PIDFD) !== 0n &&
    (flags & (CLONE_PARENT_SETTID | CLONE_DETACHED)) !== 0n;
  if (isTorn) throw new SystemError(EINVAL);
  return makeTask(call, () => ({
    flags: flags & ~CSIGNAL,
    exitSignal: Number(flags & CSIGNAL),
    stackPointer: register(call, 1),
    parentTid: pointer(call, 2),
    tls: register(call, 3),
    childTid: pointer(call, 4),
    pidfd: pointer(call, 2),
  }));
}

function clone3(call: Call): number | Wait {
  return makeTask(call, () => readRequest(call));
}

function makeTask({ kernel, task }: Call, read: () => CloneRequest): number | Wait {
  if (task.wait?.kind === "vfork") {
    return task.wait.woken ? numberSeenBy(task, task.wait.child) : task.wait;
  }
  const request = read();
  const child = cloneTask(kernel, task, request);
  if ((request.flags & CLONE_VFORK) === 0n) return numberSeenBy(task, child.pid);
  return { kind: "vfork", child: child.pid, woken: false };
}

function readRequest(call: Call): CloneRequest {
  const words = readWords(call);
  const word = (index: number) => words[index] ?? 0n;
  const [flags, exitSignal, stack, stackSize] = [word(0), word(4), word(5), word(6)];
  const isSilent = (flags & (CLONE_THREAD | CLONE_PARENT)) !== 0n;
  if ((flags & ~CLONE3_FLAGS) !== 0n || exitSignal > BigInt(NSIG)) throw new SystemError(EINVAL);
  if (isSilent && exitSignal !== 0n) throw new SystemError(EINVAL);
  if ((stack === 0n) !== (stackSize === 0n)) throw new SystemError(EINVAL);
  if (stack + stackSize > BigInt(TASK_SIZE)) throw new SystemError(EINVAL);
  const pids = readPids(call, word(8), word(9));
  return {
    flags,
    exitSignal: Number(exitSignal),
    stackPointer: stack + stackSize,
    parentTid: Number(word(3)),
    tls: word(7),
    childTid: Number(word(2)),
    pidfd: Number(word(1)),
    pids,
  };
}

/** The words of `struct clone_args`, of which what the kernel does not know must be zero. */
function readWords(call: Call): BigUint64Array {
  const { user } = call.task.mm;
  const bytes = size(call, 1);
  if (bytes > PAGE_SIZE) throw new SystemError(E2BIG);
  if (bytes < CLONE_ARGS_SIZE_VER0) throw new SystemError(EINVAL);
  const all = user.read(register(call, 0), bytes);
  if (all.subarray(CLONE_ARGS_SIZE_VER2).some((byte) => byte !== 0)) throw new SystemError(E2BIG);
  const known = new Uint8Array(CLONE_ARGS_SIZE_VER2);
  known.set(all.subarray(0, CLONE_ARGS_SIZE_VER2));
  return new BigUint64Array(known.buffer);
}

/** The pids that are asked for in set_tid: one for each namespace at most that the child will be in. */
function readPids({ kernel, task }: Call, address: bigint, count: bigint): readonly number[] {
  const { pidForChildren } = namespacesOf(kernel, task);
  if (count > BigInt(MAX_PID_NS_LEVEL)) throw new SystemError(EINVAL);
  if ((address === 0n) !== (count === 0n)) throw new SystemError(EINVAL);
  if (Number(count) > 1 + (pidForChildren?.level ?? 0)) throw new SystemError(EINVAL);
  const pids = Array.from(
    { length: Number(count) },
    (_, i) => task.mm.user.readS32(address + BigInt(i * PID_BYTES)),
  );
  if (pids.some((pid) => pid < 1 || pid >= PID_MAX)) throw new SystemError(EINVAL);
  if (count > 0n && !task.credentials.hasIn(pidForChildren?.owner ?? null, CAP_SYS_ADMIN)) {
    throw new SystemError(EPERM);
  }
  return pids;
}

/** Making tasks, by number. */
export const cloneCalls: SystemCallGroup = {
  220: { name: "clone", call: clone, args: ["flags", "stack", "parent_tid", "tls", "child_tid"] },
  435: { name: "clone3", call: clone3, args: ["cl_args", "size"] },
};
