/**
 * Who dies when memory is touched and no frame is free.
 *
 * A call that finds no frame answers ENOMEM. A page fault has nothing to answer: the process that takes most
 * of the memory is killed, and the task that has faulted tries again, unless it was that process's.
 *
 * Source: `mm/oom_kill.c`, `fs/proc/base.c` (`proc_oom_score`, `__set_oom_adj`); proc_pid_oom_score_adj(5).
 */

import { PAGE_SIZE } from "../emu/mod.ts";
import { CAP_SYS_RESOURCE } from "./abi/capability.ts";
import { EACCES, EINVAL, SystemError } from "./abi/errno.ts";
import { OOM_SCORE_ADJ_MAX, OOM_SCORE_ADJ_MIN } from "./abi/process.ts";
import { SIGKILL } from "./abi/signal.ts";
import { exitGroup } from "./exit.ts";
import type { Kernel } from "./kernel.ts";
import type { AddressSpace } from "./mm/address_space.ts";
import { pageOf } from "./mm/layout.ts";
import type { Task } from "./task.ts";
import type { ThreadGroup } from "./thread_group.ts";

const KIB = 1024;
/** What a score of 1000 stands for: all memory. */
const SCORE_OF_ALL = 1000;

/** Frees memory by killing, after `task` has faulted and no frame was left: out_of_memory(). */
export function killForMemory(kernel: Kernel, task: Task): void {
  if (dropIdleTables(kernel)) return;
  // Where nobody may be killed Linux stops as a whole; here who cannot go on ends, and the machine goes on.
  const victim = chooseVictim(kernel) ?? task.group;
  const { mm } = victim.members.find(({ isAlive }) => isAlive) ?? task;
  kernel.statistics.noteKill(describe(victim, mm, task));
  const sharers = processes(kernel).filter(({ members }) =>
    members.some((member) => member.isAlive && member.mm === mm)
  );
  for (const group of sharers) exitGroup(kernel, group, SIGKILL);
}

/** Where it is page tables that are out: drops those that hold nothing. Answers whether there were any. */
function dropIdleTables({ memory, tasks }: Kernel): boolean {
  if (memory.pageTablesInUse < memory.pageTablesMax) return false;
  const tables = new Set(tasks.all.map(({ mm }) => mm.pageTable));
  return [...tables].reduce((dropped, table) => dropped + table.dropZeroLeaves(), 0) > 0;
}

/** What /proc/PID/oom_score shows: 0 for who is never killed, up to 2000. */
export function oomScore(kernel: Kernel, group: ThreadGroup): number {
  const points = badness(kernel, group);
  if (points === null) return 0;
  const total = kernel.memory.framesMax;
  const score = SCORE_OF_ALL + Math.trunc((points * SCORE_OF_ALL) / total);
  return Math.max(0, Math.trunc((score * 2) / 3));
}

/**
 * Writes /proc/PID/oom_score_adj, also of those that share the memory. Throws SystemError: EINVAL for what is
 * no number from -1000 to 1000, EACCES when it is lower than the caller may make it.
 */
export function setOomScoreAdj(kernel: Kernel, group: ThreadGroup, text: string): void {
  const trimmed = text.trim();
  const wanted = /^[+-]?(0|[1-9][0-9]{0,9})$/.test(trimmed) ? Number(trimmed) : NaN;
  if (!(wanted >= OOM_SCORE_ADJ_MIN && wanted <= OOM_SCORE_ADJ_MAX)) throw new SystemError(EINVAL);
  const caller = kernel.scheduler.current;
  const isFree = caller === undefined || caller.credentials.has(CAP_SYS_RESOURCE);
  if (wanted < group.oomScoreAdjMin && !isFree) throw new SystemError(EACCES);
  const mm = group.members.find(({ isAlive }) => isAlive)?.mm;
  for (const each of processes(kernel)) {
    const isSharing = each.members.some((member) => member.isAlive && member.mm === mm);
    if (each !== group && (!isSharing || isBorrowing(kernel, each))) continue;
    each.oomScoreAdj = wanted;
    if (isFree) each.oomScoreAdjMin = wanted;
  }
}

/** The process with most points, of several the one that is listed last; `null` when none may be killed. */
function chooseVictim(kernel: Kernel): ThreadGroup | null {
  let [victim, most]: [ThreadGroup | null, number] = [null, -Infinity];
  for (const group of processes(kernel)) {
    const points = badness(kernel, group);
    if (points === null || points < most) continue;
    [victim, most] = [group, points];
  }
  return victim;
}

/** The processes that live, by pid. */
function processes({ tasks }: Kernel): readonly ThreadGroup[] {
  return [...new Set(tasks.all.filter(({ isAlive }) => isAlive).map(({ group }) => group))];
}

/** In pages: what its death would free, and what its user thinks of it. `null`: it is not to be killed. */
function badness(kernel: Kernel, group: ThreadGroup): number | null {
  const first = group.members.find(({ isAlive }) => isAlive);
  if (first === undefined || group.oomScoreAdj === OOM_SCORE_ADJ_MIN) return null;
  if (isBorrowing(kernel, group)) return null;
  const { resident, tables } = usageOf(first.mm);
  const adjustment = Math.trunc(kernel.memory.framesMax / SCORE_OF_ALL) * group.oomScoreAdj;
  return resident + tables + adjustment;
}

/** Whether it runs in memory that its parent has lent it: killing it frees nothing. */
function isBorrowing({ tasks }: Kernel, { id }: ThreadGroup): boolean {
  for (const { wait } of tasks.unordered()) {
    if (wait?.kind === "vfork" && wait.child === id) return true;
  }
  return false;
}

/** Pages under one page of the lowest page table. */
const PAGES_OF_TABLE = 512;

/** What killing gives back, in pages. */
interface Usage {
  /** Pages that belong to the memory alone: anonymous ones, and copies of files' pages. */
  readonly resident: number;
  /** Page tables over them. */
  readonly tables: number;
}

/** The last that was counted, and when: fork bombs have thousands to choose from, again and again. */
const counted = new WeakMap<AddressSpace, Usage & { readonly changes: number }>();

/**
 * What a memory takes. Pages that files have too do not count: they are not in an image, and who dies after a
 * restart is who would have died without it.
 */
function usageOf(mm: AddressSpace): Usage {
  const { changes } = mm.pageTable;
  const known = counted.get(mm);
  if (known?.changes === changes) return known;
  const usage = { ...countUsage(mm), changes };
  counted.set(mm, usage);
  return usage;
}

function countUsage({ vmas, pageTable, memory }: AddressSpace): Usage {
  const tables = new Set<number>();
  let resident = 0;
  for (const vma of vmas) {
    if (vma.isShared || vma.special !== null) continue;
    for (const page of pageTable.presentPages(pageOf(vma.start), pageOf(vma.end))) {
      const source = vma.object?.shownFrame(vma.sourcePage(page * PAGE_SIZE)) ?? memory.zeroFrame;
      const frame = pageTable.frameAt(page);
      if (frame === source || frame === memory.zeroFrame) continue;
      resident++;
      tables.add(Math.floor(page / PAGES_OF_TABLE));
    }
  }
  return { resident, tables: tables.size };
}

function describe(victim: ThreadGroup, mm: AddressSpace, task: Task): string {
  const comm = victim.leader?.comm ?? task.comm;
  const kib = (pages: number) => `${(pages * PAGE_SIZE) / KIB}kB`;
  const { resident, tables } = usageOf(mm);
  return `Out of memory: Killed process ${victim.id} (${comm}) rss:${kib(resident)}, ` +
    `pgtables:${kib(tables)}, oom_score_adj:${victim.oomScoreAdj}, for a page of ` +
    `process ${task.tgid} (${task.comm})`;
}
