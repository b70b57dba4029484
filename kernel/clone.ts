/**
 * Making tasks from tasks: processes with memory of their own, copied when one of the two writes, and
 * threads that share everything.
 *
 * Source: `kernel/fork.c` (`copy_process`), `arch/riscv/kernel/process.c` (`copy_thread`); clone(2).
 */

import { CAP_SYS_ADMIN, CAP_SYS_RESOURCE } from "./abi/capability.ts";
import { NO_RESERVATION, OutOfFrames } from "../emu/mod.ts";
import { EAGAIN, EEXIST, EINVAL, ENOMEM, EPERM, SystemError } from "./abi/errno.ts";
import { PIDFD_THREAD } from "./abi/clone.ts";
import {
  CLONE_CHILD_CLEARTID,
  CLONE_CHILD_SETTID,
  CLONE_CLEAR_SIGHAND,
  CLONE_FILES,
  CLONE_FS,
  CLONE_INTO_CGROUP,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUSER,
  CLONE_PARENT,
  CLONE_PARENT_SETTID,
  CLONE_PIDFD,
  CLONE_SETTLS,
  CLONE_SIGHAND,
  CLONE_THREAD,
  CLONE_VFORK,
  CLONE_VM,
} from "./abi/process.ts";
import { RLIMIT_NOFILE, RLIMIT_NPROC } from "./abi/resource.ts";
import { FileTable } from "./fs/file_table.ts";
import type { Kernel } from "./kernel.ts";
import {
  enteredNamespaces,
  NAMESPACE_FLAGS,
  namespacesOf,
  newUserNamespace,
  unsharedNamespaces,
} from "./namespaces.ts";
import { numberSeenBy, type PidNamespace } from "./pid_namespace.ts";
import { PidFile } from "./pidfd.ts";
import { forkScheduling } from "./scheduling.ts";
import { NO_ALTERNATE_STACK, TaskSignals } from "./signals/task_signals.ts";
import { Task } from "./task.ts";
import { TASKS_MAX } from "./task_table.ts";
import { ThreadGroup } from "./thread_group.ts";

const SP = 2;
const TP = 4;
const A0 = 10;
const ECALL_BYTES = 4n;
/** There are no control groups to choose from. */
const UNSUPPORTED = CLONE_INTO_CGROUP;

/** What clone(2) is asked for. */
export interface CloneRequest {
  /** CLONE_* bits, without the signal. */
  readonly flags: bigint;
  /** What the parent gets when the child ends, 0 … 255; nothing for a number that is no signal. */
  readonly exitSignal: number;
  /** The child's stack pointer; 0 for the caller's. */
  readonly stackPointer: bigint;
  /** The child's thread pointer, with CLONE_SETTLS. */
  readonly tls: bigint;
  /** User address that takes the child's pid in the parent's memory, with CLONE_PARENT_SETTID. */
  readonly parentTid: number;
  /** The same in the child's memory, with CLONE_CHILD_SETTID and CLONE_CHILD_CLEARTID. */
  readonly childTid: number;
  /** User address that takes a descriptor which stands for the child, with CLONE_PIDFD. */
  readonly pidfd: number;
  /** The child's pids, which must be free, from its own namespace outwards. Default: the next ones. */
  readonly pids?: readonly number[];
}

/**
 * Makes a task that stands behind the call which `parent` is making. Throws SystemError, and leaves
 * nothing, when it cannot: EINVAL, EAGAIN, EEXIST, and with CLONE_PIDFD EMFILE, EFAULT.
 */
export function cloneTask(kernel: Kernel, parent: Task, request: CloneRequest): Task {
  const { flags } = request;
  requireSense(kernel, parent, request);
  requireRight(parent, flags);
  requireRoom(kernel, parent);
  requireForkable(kernel, parent, flags);
  const credentials = parent.credentials.clone();
  if (has(flags, CLONE_NEWUSER)) credentials.enter(newUserNamespace(kernel, parent));
  const fs = has(flags, CLONE_FS) ? parent.fs : parent.fs.fork();
  const { userNamespace: owner } = credentials;
  const namespaces = unsharedNamespaces(kernel, parent, flags, { owner, fs });
  const { pidForChildren } = namespaces ?? kernel.namespaces;
  const fd = has(flags, CLONE_PIDFD) ? reserveDescriptor(parent, request) : null;
  const names = chooseNames(kernel, pidForChildren, request.pids);
  const { pid } = names;
  const group = has(flags, CLONE_THREAD) ? parent.group : processFor(parent, pid, request);
  group.pidNamespace = pidForChildren;
  const mm = has(flags, CLONE_VM) ? parent.mm : parent.mm.fork(group.limits);
  if (mm === parent.mm) mm.retain();
  const child = new Task({
    pid,
    ppid: has(flags, CLONE_THREAD | CLONE_PARENT) ? parent.ppid : parent.tgid,
    group,
    comm: parent.comm,
    credentials,
    registers: parent.registers.clone(),
    mm,
    files: has(flags, CLONE_FILES) ? parent.files.retain() : parent.files.fork(),
    fs,
    signals: signalsFor(parent, flags),
  });
  child.startTime_ns = kernel.clock.monotonic_ns;
  child.dumpable = parent.dumpable;
  child.personality = parent.personality;
  child.scheduling = forkScheduling(parent.scheduling);
  child.affinity = parent.affinity;
  child.lastHart = parent.lastHart;
  child.namespaces = has(flags, CLONE_VM) ? namespaces : enteredNamespaces(namespaces);
  if (has(flags, CLONE_CHILD_CLEARTID)) child.clearChildTid = request.childTid;
  setRegisters(child, request);
  const pidfdFlags = has(flags, CLONE_THREAD) ? PIDFD_THREAD : 0;
  if (fd !== null) parent.files.installAt(fd, PidFile.open(child, pidfdFlags), true);
  kernel.tasks.add(child);
  enterNames(kernel, group, names);
  if (has(flags, CLONE_PARENT_SETTID)) storeTid(parent, request.parentTid, pid);
  if (has(flags, CLONE_CHILD_SETTID)) storeTid(child, request.childTid, pid);
  kernel.scheduler.admit(child);
  return child;
}

function has(flags: bigint, any: bigint): boolean {
  return (flags & any) !== 0n;
}

function requireSense(kernel: Kernel, parent: Task, { flags }: CloneRequest): void {
  const { pidForChildren } = namespacesOf(kernel, parent);
  const { pidNamespace, isUnkillable } = parent.group;
  const isTorn = (has(flags, CLONE_THREAD) && !has(flags, CLONE_SIGHAND)) ||
    (has(flags, CLONE_SIGHAND) && !has(flags, CLONE_VM)) ||
    (has(flags, CLONE_SIGHAND) && has(flags, CLONE_CLEAR_SIGHAND)) ||
    // A process is in one pid namespace, whose first has no siblings.
    (has(flags, CLONE_THREAD) && (has(flags, CLONE_NEWPID) || pidForChildren !== pidNamespace)) ||
    (has(flags, CLONE_PARENT) && isUnkillable) ||
    // Nor is one in two user namespaces, or moved by who is in another, be it of mounts.
    (has(flags, CLONE_NEWUSER) && has(flags, CLONE_THREAD | CLONE_FS)) ||
    (has(flags, CLONE_NEWNS) && has(flags, CLONE_FS));
  if (isTorn || has(flags, UNSUPPORTED)) throw new SystemError(EINVAL);
}

function requireRight({ credentials }: Task, flags: bigint): void {
  const isAllowed = !has(flags, NAMESPACE_FLAGS) || has(flags, CLONE_NEWUSER) ||
    credentials.hasHere(CAP_SYS_ADMIN);
  if (!isAllowed) throw new SystemError(EPERM);
}

function requireRoom({ tasks }: Kernel, { credentials, limits }: Task): void {
  if (tasks.size >= TASKS_MAX) throw new SystemError(EAGAIN);
  if (credentials.has(CAP_SYS_RESOURCE)) return;
  if (tasks.countOf(credentials.uid) >= limits.soft(RLIMIT_NPROC)) throw new SystemError(EAGAIN);
}

/** What a child has of its own costs the host this much at least before it is asked what all have. */
const WEIGHT_SMALL = 1024;
/** What all tasks of a machine may have together: mappings, page tables and descriptors. */
const WEIGHT_MAX = 4 * 2 ** 20;

/** For how many descriptors, open or not, a table has room. */
function roomOf({ highest }: FileTable): number {
  return highest + 1;
}

/** Throws ENOMEM when copies of what large processes have would fill the host's memory, if not the machine's. */
function requireForkable({ tasks }: Kernel, { mm, files }: Task, flags: bigint): void {
  const weight = (has(flags, CLONE_VM) ? 0 : mm.weight) +
    (has(flags, CLONE_FILES) ? 0 : roomOf(files));
  if (weight <= WEIGHT_SMALL) return;
  const owners = new Set<{ readonly weight: number } | FileTable>();
  let total = weight;
  for (const task of tasks.unordered()) owners.add(task.mm).add(task.files);
  for (const owner of owners) total += owner instanceof FileTable ? roomOf(owner) : owner.weight;
  if (total > WEIGHT_MAX) throw new SystemError(ENOMEM);
}

/** Writes the number of a descriptor that is free: nothing that is made later can fail. */
function reserveDescriptor({ files, limits, mm }: Task, { pidfd }: CloneRequest): number {
  const fd = files.lowestFree(0, limits.soft(RLIMIT_NOFILE));
  mm.user.writeU32(pidfd, fd);
  return fd;
}

/** The pid of a task to be, and its numbers in the namespaces that it is in. */
interface Names {
  readonly pid: number;
  readonly numbers: readonly (readonly [PidNamespace, number])[];
}

function chooseNames(
  { tasks }: Kernel,
  namespace: PidNamespace | null,
  wanted: readonly number[] = [],
): Names {
  const line = namespace?.line ?? [];
  const isTaken = (pid: number) => tasks.isTaken(pid);
  const numbers = line.map((each, i) => [each, each.choose(isTaken, wanted[i])] as const);
  const pid = wanted[line.length] ?? tasks.allocatePid();
  if (wanted.length > line.length && tasks.isTaken(pid)) throw new SystemError(EEXIST);
  return { pid, numbers };
}

/** Enters the numbers of a task; a namespace without a process gets its first. */
function enterNames({ tasks }: Kernel, group: ThreadGroup, { pid, numbers }: Names): void {
  for (const [namespace, number] of numbers) {
    namespace.enter(pid, number);
    if (namespace.init !== null) continue;
    namespace.init = group;
    group.isUnkillable = true;
    tasks.pidNamespaces.add(namespace);
  }
}

function processFor(parent: Task, id: number, { exitSignal, flags }: CloneRequest): ThreadGroup {
  const { pgid, sid, limits } = parent;
  const group = new ThreadGroup({ id, pgid, sid, limits: limits.clone() });
  group.exitSignal = has(flags, CLONE_PARENT) ? parent.group.exitSignal : exitSignal;
  // A sibling of an orphan is one, too.
  group.isAdopted = has(flags, CLONE_PARENT) && parent.group.isAdopted;
  group.oomScoreAdj = parent.group.oomScoreAdj;
  group.oomScoreAdjMin = parent.group.oomScoreAdjMin;
  return group;
}

function signalsFor({ signals }: Task, flags: bigint): TaskSignals {
  const { dispositions, blocked, alternateStack } = signals;
  const child = new TaskSignals(has(flags, CLONE_SIGHAND) ? dispositions : dispositions.fork());
  if (has(flags, CLONE_CLEAR_SIGHAND)) child.dispositions.forgetHandlers();
  child.blocked = blocked;
  // A thread must not run its handlers on the stack of another.
  const sharesStack = has(flags, CLONE_VM) && !has(flags, CLONE_VFORK);
  child.alternateStack = sharesStack ? NO_ALTERNATE_STACK : alternateStack;
  return child;
}

function setRegisters({ registers }: Task, { flags, stackPointer, tls }: CloneRequest): void {
  registers.pc += ECALL_BYTES;
  registers.setX(A0, 0n);
  registers.reservation = NO_RESERVATION;
  if (stackPointer !== 0n) registers.setX(SP, stackPointer);
  if (has(flags, CLONE_SETTLS)) registers.setX(TP, tls);
}

/** What cannot be written is not written, as on Linux. */
function storeTid(task: Task, address: number, pid: number): void {
  const { mm } = task;
  try {
    mm.user.writeU32(address, numberSeenBy(task, pid));
  } catch (error) {
    if (!(error instanceof SystemError || error instanceof OutOfFrames)) throw error;
  }
}
