/**
 * System calls on the machine and on what a process may use of it: names, memory, limits,
 * chance.
 *
 * What they tell does not depend on how memory is shared inside this kernel, or on when a program was
 * checkpointed: a program that asks must get the same answer after restart.
 *
 * Source: `kernel/sys.c`, `drivers/char/random.c`; uname(2), sysinfo(2),
 * prlimit(2), getrusage(2), getrandom(2).
 */

import { clockTime_ns } from "./clocks.ts";
import { taskMeantBy } from "../pid_namespace.ts";
import { CAP_SYS_RESOURCE } from "../abi/capability.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { EFAULT, EINVAL, EPERM, ESRCH, SystemError } from "../abi/errno.ts";
import { DESCRIPTORS_MAX } from "../abi/fcntl.ts";
import {
  GRND_INSECURE,
  GRND_NONBLOCK,
  GRND_RANDOM,
  SYSINFO_BYTES,
  UTS_FIELD_BYTES,
} from "../abi/process.ts";
import {
  RLIM_NLIMITS,
  RLIMIT_NOFILE,
  RUSAGE_CHILDREN,
  RUSAGE_SELF,
  RUSAGE_THREAD,
} from "../abi/resource.ts";
import { UNAME26 } from "../abi/process.ts";
import { CLOCK_BOOTTIME, NSEC_PER_SEC } from "../abi/time.ts";
import { encodeString } from "../fs/byte_string.ts";
import type { Limit } from "../limits.ts";
import { namespacesOf } from "../namespaces.ts";
import type { Task } from "../task.ts";
import { encodeUsage } from "../usage.ts";
import { int, register, size, unsignedInt } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

const RLIMIT_BYTES = 16;
/** The most that one getrandom(2) gives. */
const GETRANDOM_BYTES_MAX = 33554431;

function uname(call: Call): number {
  const { kernel, task } = call;
  const { sysname, nodename, release, version, machine, domainname } =
    namespacesOf(kernel, task).uts;
  const shown = (task.personality & UNAME26) === 0 ? release : oldRelease(release);
  const fields = [sysname, nodename, shown, version, machine, domainname];
  const bytes = new Uint8Array(fields.length * UTS_FIELD_BYTES);
  for (const [i, field] of fields.entries()) {
    bytes.set(encodeString(field).subarray(0, UTS_FIELD_BYTES - 1), i * UTS_FIELD_BYTES);
  }
  task.mm.user.write(register(call, 0), bytes);
  return 0;
}

/** A release of today as one of Linux 2.6, for programs that know no other. override_release(). */
function oldRelease(release: string): string {
  return release.replace(/^\d+\.(\d+)[\d.]*/, (_, level) => `2.6.${Number(level) + 60}`);
}

/** (unsigned int)-1 asks only. */
const ASKS_ONLY = 0xffffffff;

function personality(call: Call): number {
  const { task } = call;
  const [wanted, old] = [unsignedInt(call, 0), task.personality];
  if (wanted !== ASKS_ONLY) task.personality = wanted;
  return old;
}

function sysinfo(call: Call): number {
  const { kernel, task } = call;
  const bytes = new Uint8Array(SYSINFO_BYTES);
  const view = new DataView(bytes.buffer);
  const memoryBytes = BigInt(kernel.memory.framesMax) * BigInt(PAGE_SIZE);
  view.setBigInt64(0, clockTime_ns(kernel, task, CLOCK_BOOTTIME) / NSEC_PER_SEC, true);
  view.setBigUint64(32, memoryBytes, true);
  // All of it counts as free: how much is in use is the host's concern, and changes at restart.
  view.setBigUint64(40, memoryBytes, true);
  view.setUint16(80, kernel.tasks.size, true);
  view.setUint32(104, 1, true);
  task.mm.user.write(register(call, 0), bytes);
  return 0;
}

function readLimit({ mm }: Task, address: bigint): Limit {
  const bytes = mm.user.read(address, RLIMIT_BYTES);
  const [soft = 0n, hard = 0n] = new BigUint64Array(bytes.buffer);
  return { soft, hard };
}

function writeLimit({ mm }: Task, address: bigint, { soft, hard }: Limit): void {
  mm.user.write(address, new Uint8Array(new BigUint64Array([soft, hard]).buffer));
}

/** Changes a limit of `target` on behalf of `task`. */
function setLimit(task: Task, target: Task, resource: number, limit: Limit): void {
  const isTooMany = resource === RLIMIT_NOFILE && limit.hard > BigInt(DESCRIPTORS_MAX);
  if (isTooMany) throw new SystemError(EPERM);
  target.limits.set(resource, limit, task.credentials.has(CAP_SYS_RESOURCE));
}

function getrlimit(call: Call): number {
  const { task } = call;
  writeLimit(task, register(call, 1), task.limits.get(unsignedInt(call, 0)));
  return 0;
}

function setrlimit(call: Call): number {
  const { task } = call;
  setLimit(task, task, unsignedInt(call, 0), readLimit(task, register(call, 1)));
  return 0;
}

function prlimit64(call: Call): number {
  const { kernel, task } = call;
  const [pid, resource] = [int(call, 0), unsignedInt(call, 1)];
  const [newAddress, oldAddress] = [register(call, 2), register(call, 3)];
  const limit = newAddress === 0n ? null : readLimit(task, newAddress);
  const target = pid === 0 ? task : taskMeantBy(kernel, task, pid);
  if (target === undefined) throw new SystemError(ESRCH);
  if (!mayLimit(task, target)) throw new SystemError(EPERM);
  if (resource >= RLIM_NLIMITS) throw new SystemError(EINVAL);
  const old = target.limits.get(resource);
  if (limit !== null) setLimit(task, target, resource, limit);
  if (oldAddress !== 0n) writeLimit(task, oldAddress, old);
  return 0;
}

/** check_prlimit_permission(). */
function mayLimit(task: Task, target: Task): boolean {
  const { uid, gid } = task.credentials;
  const isPrivileged = task.credentials.has(CAP_SYS_RESOURCE);
  const other = target.credentials;
  return task === target || isPrivileged ||
    ([other.euid, other.suid, other.uid].every((id) => id === uid) &&
      [other.egid, other.sgid, other.gid].every((id) => id === gid));
}

function getrusage(call: Call): number {
  const { task } = call;
  const who = int(call, 0);
  let time_ns: number;
  if (who === RUSAGE_SELF) time_ns = task.group.instructions;
  else if (who === RUSAGE_THREAD) time_ns = task.instructions;
  else if (who === RUSAGE_CHILDREN) time_ns = task.group.childrenInstructions;
  else throw new SystemError(EINVAL);
  task.mm.user.write(register(call, 1), encodeUsage(time_ns));
  return 0;
}

function getcpu(call: Call): number {
  const { user } = call.task.mm;
  const [hart, node] = [register(call, 0), register(call, 1)];
  if (hart !== 0n) user.writeU32(hart, call.task.lastHart);
  if (node !== 0n) user.writeU32(node, 0);
  return 0;
}

function getrandom(call: Call): number {
  const { kernel, task } = call;
  const address = register(call, 0);
  const length = Math.min(size(call, 1), GETRANDOM_BYTES_MAX);
  const flags = unsignedInt(call, 2);
  const contradicts = GRND_RANDOM | GRND_INSECURE;
  const isUnknown = (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) !== 0;
  if (isUnknown || (flags & contradicts) === contradicts) throw new SystemError(EINVAL);
  const writable = task.mm.user.writableBytes(address, length);
  if (writable === 0 && length > 0) throw new SystemError(EFAULT);
  for (let done = 0; done < writable; done += PAGE_SIZE) {
    const bytes = kernel.entropy.bytes(Math.min(PAGE_SIZE, writable - done));
    task.mm.user.write(address + BigInt(done), bytes);
  }
  return writable;
}

/** Code that was written is seen at once on this hart; there is nothing to flush. */
function riscvFlushIcache(call: Call): number {
  const SYS_RISCV_FLUSH_ICACHE_LOCAL = 1n;
  if ((register(call, 2) & ~SYS_RISCV_FLUSH_ICACHE_LOCAL) !== 0n) throw new SystemError(EINVAL);
  return 0;
}

/** System calls on the machine, by number. */
export const machineCalls: SystemCallGroup = {
  92: { name: "personality", call: personality, args: ["persona"] },
  160: { name: "uname", call: uname, args: ["buf"] },
  163: { name: "getrlimit", call: getrlimit, args: ["resource", "rlim"] },
  164: { name: "setrlimit", call: setrlimit, args: ["resource", "rlim"] },
  165: { name: "getrusage", call: getrusage, args: ["who", "usage"] },
  168: { name: "getcpu", call: getcpu, args: ["cpu", "node"] },
  179: { name: "sysinfo", call: sysinfo, args: ["info"] },
  259: { name: "riscv_flush_icache", call: riscvFlushIcache, args: ["start", "end", "flags"] },
  261: {
    name: "prlimit64",
    call: prlimit64,
    args: ["pid", "resource", "new_limit", "old_limit"],
  },
  278: { name: "getrandom", call: getrandom, args: ["buf", "buflen", "flags"] },
};
