/**
 * /proc/PID/maps, smaps and smaps_rollup.
 *
 * Source: `fs/proc/task_mmu.c`; proc_pid_maps(5), proc_pid_smaps(5).
 */

import { PAGE_SIZE } from "../../../emu/mod.ts";
import {
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_NORESERVE,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
} from "../../abi/mman.ts";
import { majorOf, minorOf } from "../../abi/stat.ts";
import type { Kernel } from "../../kernel.ts";
import type { AddressSpace } from "../../mm/address_space.ts";
import { pageOf } from "../../mm/layout.ts";
import type { Vma } from "../../mm/vma.ts";
import { escaped, hex } from "./format.ts";

const KIB = 1024;
/** Where the name of a mapping begins in its line. */
const NAME_COLUMN = 73;

/** The two letters of each flag of a VMA, in the order of the flags. */
const FLAG_NAMES: readonly (readonly [flag: number, name: string])[] = [
  [VM_READ, "rd"],
  [VM_WRITE, "wr"],
  [VM_EXEC, "ex"],
  [VM_SHARED, "sh"],
  [VM_MAYREAD, "mr"],
  [VM_MAYWRITE, "mw"],
  [VM_MAYEXEC, "me"],
  [VM_MAYSHARE, "ms"],
  [VM_GROWSDOWN, "gd"],
  [VM_LOCKED, "lo"],
  [VM_DONTCOPY, "dc"],
  [VM_DONTEXPAND, "de"],
  [VM_NORESERVE, "nr"],
  [VM_DONTDUMP, "dd"],
];

/** A line for each mapping. */
export function mapsText(mm: AddressSpace): string {
  return Array.from(mm.vmas, (vma) => header(mm, vma)).join("");
}

/** For each mapping its line and what it takes. */
export function smapsText(kernel: Kernel, mm: AddressSpace): string {
  const users = frameUsers(kernel);
  return Array.from(mm.vmas, (vma) => {
    const lines = [
      size("Size", vma.length),
      size("KernelPageSize", PAGE_SIZE),
      size("MMUPageSize", PAGE_SIZE),
      ...usageLines(usageOf(mm, vma, users)),
      `${"THPeligible:".padEnd(16)}${"0".padStart(8)}\n`,
      `VmFlags: ${flagNames(vma)}\n`,
    ];
    return header(mm, vma) + lines.join("");
  }).join("");
}

/** What all mappings take together. */
export function smapsRollupText(kernel: Kernel, mm: AddressSpace): string {
  const vmas = [...mm.vmas];
  const [first, last] = [vmas[0], vmas.at(-1)];
  if (first === undefined || last === undefined) return "";
  const users = frameUsers(kernel);
  const total = new Usage();
  for (const vma of vmas) total.add(usageOf(mm, vma, users));
  return line(first.start, last.end, "---p", 0, 0, 0, "[rollup]") + usageLines(total).join("");
}

/** Bytes of a VMA by what is known of their pages. */
class Usage {
  resident = 0;
  proportional = 0;
  proportionalDirty = 0;
  sharedClean = 0;
  sharedDirty = 0;
  privateClean = 0;
  privateDirty = 0;
  anonymous = 0;
  locked = 0;

  add(other: Usage): void {
    this.resident += other.resident;
    this.proportional += other.proportional;
    this.proportionalDirty += other.proportionalDirty;
    this.sharedClean += other.sharedClean;
    this.sharedDirty += other.sharedDirty;
    this.privateClean += other.privateClean;
    this.privateDirty += other.privateDirty;
    this.anonymous += other.anonymous;
    this.locked += other.locked;
  }
}

function usageOf(mm: AddressSpace, vma: Vma, users: ReadonlyMap<number, number>): Usage {
  const usage = new Usage();
  for (const page of mm.pageTable.presentPages(pageOf(vma.start), pageOf(vma.end))) {
    const frame = mm.pageTable.frameAt(page);
    // The page of zeros is nobody's.
    if (frame === mm.memory.zeroFrame) continue;
    const count = users.get(frame) ?? 1;
    const isDirty = mm.pageTable.isDirty(page);
    usage.resident += PAGE_SIZE;
    usage.proportional += PAGE_SIZE / count;
    if (isDirty) usage.proportionalDirty += PAGE_SIZE / count;
    if (count > 1) {
      if (isDirty) usage.sharedDirty += PAGE_SIZE;
      else usage.sharedClean += PAGE_SIZE;
    } else if (isDirty) {
      usage.privateDirty += PAGE_SIZE;
    } else {
      usage.privateClean += PAGE_SIZE;
    }
    if (isAnonymousPage(mm, vma, page, frame)) usage.anonymous += PAGE_SIZE;
  }
  if ((vma.flags & VM_LOCKED) !== 0) usage.locked = usage.proportional;
  return usage;
}

/** Whether a page has left the file that its mapping shows. */
export function isAnonymousPage(mm: AddressSpace, vma: Vma, page: number, frame: number): boolean {
  if (vma.isAnonymous) return !vma.isShared;
  return !vma.isShared && frame !== mm.sourceFrame(vma, page);
}

/**
 * In how many address spaces of the machine each frame is mapped. A fork of the whole machine shares frames
 * too, but its programs cannot know.
 */
function frameUsers({ tasks }: Kernel): ReadonlyMap<number, number> {
  const users = new Map<number, number>();
  for (const { pageTable } of new Set(tasks.all.map(({ mm }) => mm))) {
    for (const page of pageTable.presentPages()) {
      const frame = pageTable.frameAt(page);
      users.set(frame, (users.get(frame) ?? 0) + 1);
    }
  }
  return users;
}

function usageLines(usage: Usage): string[] {
  return [
    size("Rss", usage.resident),
    size("Pss", usage.proportional),
    size("Pss_Dirty", usage.proportionalDirty),
    size("Shared_Clean", usage.sharedClean),
    size("Shared_Dirty", usage.sharedDirty),
    size("Private_Clean", usage.privateClean),
    size("Private_Dirty", usage.privateDirty),
    // No page table says when a page was last looked at: all of them count.
    size("Referenced", usage.resident),
    size("Anonymous", usage.anonymous),
    size("KSM", 0),
    size("LazyFree", 0),
    size("AnonHugePages", 0),
    size("ShmemPmdMapped", 0),
    size("FilePmdMapped", 0),
    size("Shared_Hugetlb", 0),
    size("Private_Hugetlb", 0),
    size("Swap", 0),
    size("SwapPss", 0),
    size("Locked", usage.locked),
  ];
}

function size(name: string, bytes: number): string {
  const kib = Math.floor(bytes / KIB);
  return `${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`;
}

function flagNames({ flags }: Vma): string {
  return FLAG_NAMES.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => `${name} `).join("");
}

function header(mm: AddressSpace, vma: Vma): string {
  const { flags, file } = vma;
  const rights = [
    (flags & VM_READ) !== 0 ? "r" : "-",
    (flags & VM_WRITE) !== 0 ? "w" : "-",
    (flags & VM_EXEC) !== 0 ? "x" : "-",
    (flags & VM_MAYSHARE) !== 0 ? "s" : "p",
  ].join("");
  const name = escaped(mm.nameOf(vma));
  if (file === null) return line(vma.start, vma.end, rights, 0, 0, 0, name);
  const { device, ino } = file.attributes();
  return line(vma.start, vma.end, rights, vma.pageOffset * PAGE_SIZE, device, ino, name);
}

function line(
  start: number,
  end: number,
  rights: string,
  offset: number,
  device: number,
  ino: number,
  name: string,
): string {
  const place = `${hex(majorOf(device), 2)}:${hex(minorOf(device), 2)}`;
  const text = `${hex(start, 8)}-${hex(end, 8)} ${rights} ${hex(offset, 8)} ${place} ${ino} `;
  return name === "" ? `${text}\n` : `${text.padEnd(NAME_COLUMN)}${name}\n`;
}
