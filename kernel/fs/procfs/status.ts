/**
 * /proc/PID/status and statm. What this kernel does not count (peaks, context switches) has no line.
 *
 * Source: `fs/proc/array.c` (`proc_pid_status`, `proc_pid_statm`), `fs/proc/task_mmu.c` (`task_mem`);
 * proc_pid_status(5), proc_pid_statm(5).
 */

import { hartList } from "../../harts.ts";
import { type IdKind, idSeenIn } from "../../user_namespace.ts";
import type { Procfs } from "./procfs.ts";
import { numbersFrom } from "../../pid_namespace.ts";
import { PAGE_SIZE } from "../../../emu/mod.ts";
import { VM_EXEC, VM_GROWSDOWN, VM_LOCKED, VM_SHARED, VM_WRITE } from "../../abi/mman.ts";
import { RLIMIT_SIGPENDING } from "../../abi/resource.ts";
import { SIG_DFL, SIG_IGN, signalBit } from "../../abi/signal.ts";
import type { AddressSpace } from "../../mm/address_space.ts";
import { pageCeil, pageFloor, pageOf } from "../../mm/layout.ts";
import type { Task, TaskState } from "../../task.ts";
import { escaped, set64 } from "./format.ts";
import { isAnonymousPage } from "./maps.ts";

const KIB = 1024;
/** Descriptors of the smallest table, and what larger ones grow by: `fs/file.c`. */
const SMALLEST_TABLE = 64;
const TABLE_STEP = 128;

/** How a task's state is shown. */
const STATES: Readonly<Record<TaskState, string>> = {
  running: "R (running)",
  blocked: "S (sleeping)",
  stopped: "T (stopped)",
  zombie: "Z (zombie)",
};

/** The letter of a task's state. */
export function stateLetter({ state }: Task): string {
  return STATES[state].charAt(0);
}

/** Everything about a task that people ask for. */
export function statusText(proc: Procfs, task: Task): string {
  const { credentials, group, signals, files } = task;
  const { uid, euid, suid, fsuid, gid, egid, sgid, fsgid, groups } = credentials;
  const { capabilities } = credentials;
  const harts = (task.affinity & proc.kernel.scheduler.harts) >>> 0;
  const highest = Math.max(files.highest, 0);
  const queued = [group.pending, ...group.members.map((member) => member.signals.pending)]
    .reduce((sum, queue) => sum + queue.entries.length, 0);
  const reader = proc.kernel.scheduler.current?.credentials.userNamespace ?? null;
  const ids = (kind: IdKind, own: readonly number[]) => own.map((id) => idSeenIn(reader, kind, id));
  const numbers = (pid: number) => numbersFrom(proc.pidNamespace, task, pid).join("\t");
  const lines: (readonly [name: string, value: string | number])[] = [
    ["Name", escaped(task.comm, "\\")],
    ...(task.isAlive ? [["Umask", `0${task.fs.umask.toString(8).padStart(3, "0")}`] as const] : []),
    ["State", STATES[task.state]],
    ["Tgid", proc.numberOf(task.tgid)],
    ["Ngid", 0],
    ["Pid", proc.numberOf(task.pid)],
    ["PPid", proc.numberOf(task.ppid)],
    ["TracerPid", 0],
    ["Uid", ids("uid", [uid, euid, suid, fsuid]).join("\t")],
    ["Gid", ids("gid", [gid, egid, sgid, fsgid]).join("\t")],
    ["FDSize", task.isAlive ? tableSize(highest) : 0],
    ["Groups", ids("gid", groups).map((id) => `${id} `).join("") || " "],
    ["NStgid", numbers(task.tgid)],
    ["NSpid", numbers(task.pid)],
    ["NSpgid", numbers(task.pgid)],
    ["NSsid", numbers(task.sid)],
    ["Kthread", 0],
    ...(task.isAlive ? memoryLines(task.mm) : []),
    ["Threads", group.members.length],
    ["SigQ", `${queued}/${task.limits.get(RLIMIT_SIGPENDING).soft}`],
    ["SigPnd", set64(signals.pending.set)],
    ["ShdPnd", set64(group.pending.set)],
    ["SigBlk", set64(signals.blocked)],
    ["SigIgn", set64(ignoredSignals(task))],
    ["SigCgt", set64(caughtSignals(task))],
    ["CapInh", set64(capabilities.inheritable)],
    ["CapPrm", set64(capabilities.permitted)],
    ["CapEff", set64(capabilities.effective)],
    ["CapBnd", set64(capabilities.bounding)],
    ["CapAmb", set64(capabilities.ambient)],
    ["NoNewPrivs", credentials.noNewPrivileges ? 1 : 0],
    ["Seccomp", 0],
    ["Seccomp_filters", 0],
    ["Cpus_allowed", harts.toString(16)],
    ["Cpus_allowed_list", hartList(harts)],
    ["Mems_allowed", 1],
    ["Mems_allowed_list", 0],
  ];
  return lines.map(([name, value]) => `${name}:\t${value}\n`).join("");
}

/** Pages: size, resident, resident and shared, code, nothing, data and stack, nothing. */
export function statmText({ mm }: Task): string {
  const sizes = sizesOf(mm);
  const { total, anonymous, ofFiles, code, data, stack } = sizes;
  const pages = [total, anonymous + ofFiles, ofFiles, code, 0, data + stack, 0];
  return `${pages.map((bytes) => bytes / PAGE_SIZE).join(" ")}\n`;
}

/** The signals that a task ignores, as a set. */
export function ignoredSignals(task: Task): bigint {
  return signalsThat(task, (handler) => handler === SIG_IGN);
}

/** The signals that a task handles itself, as a set. */
export function caughtSignals(task: Task): bigint {
  return signalsThat(task, (handler) => handler !== SIG_IGN && handler !== SIG_DFL);
}

function signalsThat({ signals }: Task, holds: (handler: bigint) => boolean): bigint {
  let set = 0n;
  for (const [i, { handler }] of signals.dispositions.values().entries()) {
    if (holds(handler)) set |= signalBit(i + 1);
  }
  return set;
}

/** Bytes of an address space by what they are. */
export interface MemorySizes {
  /** Of all mappings. */
  readonly total: number;
  /** Present and no file's. */
  readonly anonymous: number;
  /** Present and as a file has them. */
  readonly ofFiles: number;
  readonly locked: number;
  /** Private, writable, no stack. */
  readonly data: number;
  readonly stack: number;
  /** The program's own code. */
  readonly code: number;
  /** Other code. */
  readonly libraries: number;
  readonly pageTables: number;
}

/** How much memory an address space takes, and for what. */
export function sizesOf(mm: AddressSpace): MemorySizes {
  let [total, anonymous, ofFiles, locked, data, stack, executable] = [0, 0, 0, 0, 0, 0, 0];
  const leaves = new Set<number>();
  for (const vma of mm.vmas) {
    const { length, flags } = vma;
    total += length;
    if ((flags & VM_LOCKED) !== 0) locked += length;
    if ((flags & VM_GROWSDOWN) !== 0) stack += length;
    else if ((flags & (VM_WRITE | VM_SHARED)) === VM_WRITE) data += length;
    if ((flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) === VM_EXEC) executable += length;
    for (const page of mm.pageTable.presentPages(pageOf(vma.start), pageOf(vma.end))) {
      const frame = mm.pageTable.frameAt(page);
      leaves.add(Math.floor(page / PAGES_OF_LEAF));
      if (frame === mm.memory.zeroFrame) continue;
      if (isAnonymousPage(mm, vma, page, frame)) anonymous += PAGE_SIZE;
      else ofFiles += PAGE_SIZE;
    }
  }
  const code = pageCeil(mm.end_code) - pageFloor(mm.start_code);
  const libraries = Math.max(0, executable - code);
  const pageTables = leaves.size * PAGE_SIZE;
  return { total, anonymous, ofFiles, locked, data, stack, code, libraries, pageTables };
}

/** Pages under one page of the lowest page table. */
const PAGES_OF_LEAF = 512;

function memoryLines(mm: AddressSpace): (readonly [name: string, value: string])[] {
  const sizes = sizesOf(mm);
  const line = (name: string, bytes: number) =>
    [name, `${String(bytes / KIB).padStart(8)} kB`] as const;
  return [
    line("VmSize", sizes.total),
    line("VmLck", sizes.locked),
    line("VmPin", 0),
    line("VmRSS", sizes.anonymous + sizes.ofFiles),
    line("RssAnon", sizes.anonymous),
    line("RssFile", sizes.ofFiles),
    line("RssShmem", 0),
    line("VmData", sizes.data),
    line("VmStk", sizes.stack),
    line("VmExe", sizes.code),
    line("VmLib", sizes.libraries),
    line("VmPTE", sizes.pageTables),
    line("VmSwap", 0),
    line("HugetlbPages", 0),
    ["CoreDumping", "0"],
    ["THP_enabled", "0"],
  ];
}

/** For how many descriptors a table has room that holds this one. Source: `alloc_fdtable`. */
function tableSize(highest: number): number {
  if (highest < SMALLEST_TABLE) return SMALLEST_TABLE;
  return TABLE_STEP * 2 ** Math.ceil(Math.log2(Math.floor(highest / TABLE_STEP) + 1));
}
