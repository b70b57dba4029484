/**
 * System calls on scheduling. There is one processor.
 *
 * Source: `kernel/sched/{syscalls,membarrier}.c`, `kernel/sys.c`; sched(7), getpriority(2), membarrier(2).
 */

import { pidMeantBy, taskMeantBy } from "../pid_namespace.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { CAP_SYS_NICE } from "../abi/capability.ts";
import { E2BIG, EACCES, EINVAL, EPERM, ESRCH, SystemError } from "../abi/errno.ts";
import {
  MEMBARRIER_CMD_GET_REGISTRATIONS,
  MEMBARRIER_CMD_GLOBAL,
  MEMBARRIER_CMD_GLOBAL_EXPEDITED,
  MEMBARRIER_CMD_PRIVATE_EXPEDITED,
  MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE,
  MEMBARRIER_CMD_QUERY,
  MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED,
  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
  NICE_MAX,
  NICE_MIN,
  PRIO_PGRP,
  PRIO_PROCESS,
  PRIO_USER,
  RR_INTERVAL_NS,
  RT_PRIORITY_MAX,
  RT_PRIORITY_MIN,
  SCHED_ATTR_SIZE_VER0,
  SCHED_ATTR_SIZE_VER1,
  SCHED_BATCH,
  SCHED_DEADLINE,
  SCHED_FIFO,
  SCHED_FLAG_KEEP_PARAMS,
  SCHED_FLAG_KEEP_POLICY,
  SCHED_FLAG_RESET_ON_FORK,
  SCHED_IDLE,
  SCHED_OTHER,
  SCHED_RESET_ON_FORK,
  SCHED_RR,
} from "../abi/sched.ts";
import { changeScheduling, isRealTime, isSameOwner, mayBeNice, reschedule } from "../scheduling.ts";
import { hasHart } from "../harts.ts";
import type { Task } from "../task.ts";
import { int, register, unsignedInt, writeTimespec } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** The one processor's bit, in the machine word that is all of the mask. */
const AFFINITY_BYTES = 8;
const SCHED_FLAGS = SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_KEEP_POLICY | SCHED_FLAG_KEEP_PARAMS;
/** The barriers that take effect only for who has registered, and the commands that do so. */
const REGISTRATIONS: ReadonlyMap<number, number> = new Map([
  [MEMBARRIER_CMD_PRIVATE_EXPEDITED, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED],
  [
    MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE,
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
  ],
]);
/** The commands that are kept. */
const REGISTERS = MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED |
  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE;
const MEMBARRIER_COMMANDS = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED | REGISTERS |
  MEMBARRIER_CMD_PRIVATE_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE |
  MEMBARRIER_CMD_GET_REGISTRATIONS;

/** The task of the pid at argument 0, the caller for 0. Throws SystemError: EINVAL, ESRCH. */
function targetOf({ kernel, task }: Call, pid: number): Task {
  if (pid < 0) throw new SystemError(EINVAL);
  const target = pid === 0 ? task : taskMeantBy(kernel, task, pid);
  if (target === undefined) throw new SystemError(ESRCH);
  return target;
}

function setScheduler(call: Call): number {
  const policy = int(call, 1);
  if (policy < 0) throw new SystemError(EINVAL);
  return change(call, policy & ~SCHED_RESET_ON_FORK, 2, (policy & SCHED_RESET_ON_FORK) !== 0);
}

function setParam(call: Call): number {
  return change(call, null, 1, null);
}

/** Changes policy and priority; what is `null` stays. */
function change(
  call: Call,
  policy: number | null,
  param: number,
  resetsOnFork: boolean | null,
): number {
  const address = register(call, param);
  if (address === 0n) throw new SystemError(EINVAL);
  const priority = call.task.mm.user.readS32(address);
  const target = targetOf(call, int(call, 0));
  const { scheduling } = target;
  changeScheduling(call.kernel, call.task, target, {
    policy: policy ?? scheduling.policy,
    priority,
    nice: scheduling.nice,
    resetsOnFork: resetsOnFork ?? scheduling.resetsOnFork,
  });
  return 0;
}

function getScheduler(call: Call): number {
  const { policy, resetsOnFork } = targetOf(call, int(call, 0)).scheduling;
  return policy | (resetsOnFork ? SCHED_RESET_ON_FORK : 0);
}

function getParam(call: Call): number {
  const address = register(call, 1);
  if (address === 0n) throw new SystemError(EINVAL);
  const { priority } = targetOf(call, int(call, 0)).scheduling;
  call.task.mm.user.writeU32(address, priority);
  return 0;
}

function setAttr(call: Call): number {
  const { task } = call;
  const address = register(call, 1);
  if (address === 0n || unsignedInt(call, 2) !== 0) throw new SystemError(EINVAL);
  const view = readAttr(task, address);
  const policy = view.getUint32(4, true);
  const flags = Number(view.getBigUint64(8, true) & 0xffffffffn);
  if ((flags & ~SCHED_FLAGS) !== 0 || policy > SCHED_DEADLINE) throw new SystemError(EINVAL);
  const target = targetOf(call, int(call, 0));
  const { scheduling } = target;
  const keepsPolicy = (flags & SCHED_FLAG_KEEP_POLICY) !== 0;
  const keepsParams = (flags & SCHED_FLAG_KEEP_PARAMS) !== 0;
  const nice = Math.min(Math.max(view.getInt32(16, true), NICE_MIN), NICE_MAX);
  const wanted = keepsPolicy ? scheduling.policy : policy;
  changeScheduling(call.kernel, task, target, {
    policy: wanted,
    priority: keepsParams ? scheduling.priority : view.getUint32(20, true),
    nice: keepsParams || isRealTime(wanted) ? scheduling.nice : nice,
    resetsOnFork: (flags & SCHED_FLAG_RESET_ON_FORK) !== 0,
  });
  return 0;
}

/** The `struct sched_attr` at an address. Throws EFAULT, E2BIG with the size that is known written there. */
function readAttr({ mm: { user } }: Task, address: bigint): DataView {
  const size = user.readU32(address) || SCHED_ATTR_SIZE_VER0;
  const bytes = size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE ? null : user.read(address, size);
  if (bytes === null || bytes.subarray(SCHED_ATTR_SIZE_VER1).some((byte) => byte !== 0)) {
    user.writeU32(address, SCHED_ATTR_SIZE_VER1);
    throw new SystemError(E2BIG);
  }
  return new DataView(bytes.buffer);
}

function getAttr(call: Call): number {
  const [address, size] = [register(call, 1), unsignedInt(call, 2)];
  const isBad = address === 0n || size > PAGE_SIZE || size < SCHED_ATTR_SIZE_VER0;
  if (isBad || unsignedInt(call, 3) !== 0) throw new SystemError(EINVAL);
  const { policy, priority, nice, resetsOnFork } = targetOf(call, int(call, 0)).scheduling;
  const bytes = new Uint8Array(Math.min(size, SCHED_ATTR_SIZE_VER1));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint32(4, policy, true);
  view.setBigUint64(8, resetsOnFork ? BigInt(SCHED_FLAG_RESET_ON_FORK) : 0n, true);
  if (isRealTime(policy)) view.setUint32(20, priority, true);
  else view.setInt32(16, nice, true);
  call.task.mm.user.write(address, bytes);
  return 0;
}

function priorityRange(call: Call, ofRealTime: number): number {
  switch (int(call, 0)) {
    case SCHED_FIFO:
    case SCHED_RR:
      return ofRealTime;
    case SCHED_OTHER:
    case SCHED_BATCH:
    case SCHED_IDLE:
    case SCHED_DEADLINE:
      return 0;
    default:
      throw new SystemError(EINVAL);
  }
}

function rrGetInterval(call: Call): number {
  const { kernel, task } = call;
  const { policy } = targetOf(call, int(call, 0)).scheduling;
  const quantum_ns = BigInt(kernel.scheduler.quantum);
  const turn_ns = policy === SCHED_FIFO ? 0n : policy === SCHED_RR ? RR_INTERVAL_NS : quantum_ns;
  writeTimespec(task.mm.user, register(call, 1), turn_ns);
  return 0;
}

function schedYield({ kernel }: Call): number {
  kernel.scheduler.yield();
  return 0;
}

function setAffinity(call: Call): number {
  const { kernel: { scheduler }, task } = call;
  const bytes = new Uint8Array(AFFINITY_BYTES);
  const length = Math.min(unsignedInt(call, 1), AFFINITY_BYTES);
  bytes.set(task.mm.user.read(register(call, 2), length));
  const harts = new DataView(bytes.buffer).getUint32(0, true) & scheduler.harts;
  const target = targetOf(call, int(call, 0));
  if (!task.credentials.has(CAP_SYS_NICE) && !isSameOwner(task, target)) {
    throw new SystemError(EPERM);
  }
  // A task that may run nowhere would never run.
  if (harts === 0) throw new SystemError(EINVAL);
  target.affinity = harts >>> 0;
  if (target === task && !hasHart(harts, scheduler.hart)) scheduler.yield();
  return 0;
}

function getAffinity(call: Call): number {
  const length = unsignedInt(call, 1);
  if (length < AFFINITY_BYTES || length % AFFINITY_BYTES !== 0) throw new SystemError(EINVAL);
  const { affinity } = targetOf(call, int(call, 0));
  const harts = (affinity & call.kernel.scheduler.harts) >>> 0;
  call.task.mm.user.writeU64(register(call, 2), BigInt(harts));
  return AFFINITY_BYTES;
}

/** The tasks that the first two arguments of getpriority(2) choose. Throws SystemError(EINVAL). */
function chosen(call: Call): readonly Task[] {
  const { kernel, task } = call;
  const { tasks } = kernel;
  const who = int(call, 1);
  switch (int(call, 0)) {
    case PRIO_PROCESS: {
      const target = who === 0 ? task : taskMeantBy(kernel, task, who);
      return target === undefined ? [] : [target];
    }
    case PRIO_PGRP: {
      const pgid = who === 0 ? task.pgid : pidMeantBy(task, who);
      return tasks.all.filter((other) => other.pgid === pgid);
    }
    case PRIO_USER: {
      const uid = who === 0 ? task.credentials.uid : who >>> 0;
      return tasks.all.filter(({ credentials }) => credentials.uid === uid);
    }
    default:
      throw new SystemError(EINVAL);
  }
}

function getPriority(call: Call): number {
  const targets = chosen(call);
  if (targets.length === 0) throw new SystemError(ESRCH);
  // 1 … 40, so that no value looks like an error.
  return 20 - Math.min(...targets.map(({ scheduling }) => scheduling.nice));
}

function setPriority(call: Call): number {
  const nice = Math.min(Math.max(int(call, 2), NICE_MIN), NICE_MAX);
  let error = -ESRCH;
  for (const target of chosen(call)) {
    const result = renice(call, target, nice);
    // One that is refused is the answer, the others change all the same.
    if (result !== 0) error = result;
    else if (error === -ESRCH) error = 0;
  }
  return error;
}

/** set_one_prio(). */
function renice({ kernel, task }: Call, target: Task, nice: number): number {
  const { uid, euid } = target.credentials;
  const mine = task.credentials;
  if (!mine.has(CAP_SYS_NICE) && mine.euid !== euid && mine.euid !== uid) return -EPERM;
  if (nice < target.scheduling.nice && !mayBeNice(task, target, nice)) return -EACCES;
  reschedule(kernel, target, { ...target.scheduling, nice });
  return 0;
}

/** Harts take turns, and what one has stored the next one sees: each call is a barrier. */
function membarrier(call: Call): number {
  const { mm } = call.task;
  const command = int(call, 0);
  if (unsignedInt(call, 1) !== 0) throw new SystemError(EINVAL);
  if (command === MEMBARRIER_CMD_QUERY) return MEMBARRIER_COMMANDS;
  const isOne = command > 0 && (command & (command - 1)) === 0;
  if (!isOne || (command & MEMBARRIER_COMMANDS) === 0) throw new SystemError(EINVAL);
  if (command === MEMBARRIER_CMD_GET_REGISTRATIONS) return mm.barriers;
  mm.barriers |= command & REGISTERS;
  const needed = REGISTRATIONS.get(command) ?? 0;
  if ((mm.barriers & needed) !== needed) throw new SystemError(EPERM);
  return 0;
}

/** System calls on scheduling, by number. */
export const schedCalls: SystemCallGroup = {
  118: { name: "sched_setparam", call: setParam, args: ["pid", "param"] },
  119: { name: "sched_setscheduler", call: setScheduler, args: ["pid", "policy", "param"] },
  120: { name: "sched_getscheduler", call: getScheduler, args: ["pid"] },
  121: { name: "sched_getparam", call: getParam, args: ["pid", "param"] },
  122: { name: "sched_setaffinity", call: setAffinity, args: ["pid", "cpusetsize", "mask"] },
  123: { name: "sched_getaffinity", call: getAffinity, args: ["pid", "cpusetsize", "mask"] },
  124: { name: "sched_yield", call: schedYield, args: [] },
  125: {
    name: "sched_get_priority_max",
    call: (call) => priorityRange(call, RT_PRIORITY_MAX),
    args: ["policy"],
  },
  126: {
    name: "sched_get_priority_min",
    call: (call) => priorityRange(call, RT_PRIORITY_MIN),
    args: ["policy"],
  },
  127: { name: "sched_rr_get_interval", call: rrGetInterval, args: ["pid", "tp"] },
  140: { name: "setpriority", call: setPriority, args: ["which", "who", "prio"] },
  141: { name: "getpriority", call: getPriority, args: ["which", "who"] },
  274: { name: "sched_setattr", call: setAttr, args: ["pid", "attr", "flags"] },
  275: { name: "sched_getattr", call: getAttr, args: ["pid", "attr", "size", "flags"] },
  283: { name: "membarrier", call: membarrier, args: ["cmd", "flags", "cpu_id"] },
};
