/**
 * mincore(2): which pages are in memory.
 *
 * Source: `mm/mincore.c`.
 */

import { ENOMEM, SystemError } from "../abi/errno.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import type { AddressSpace } from "./address_space.ts";
import { pageOf } from "./layout.ts";
import type { Vma } from "./vma.ts";

/**
 * A byte for each page of [start, end), page boundaries both: 1 when the page is in memory. Throws
 * SystemError(ENOMEM) where nothing is mapped.
 */
export function residentPages(mm: AddressSpace, start: number, end: number): Uint8Array {
  const resident = new Uint8Array((end - start) / PAGE_SIZE);
  let at = start;
  for (const vma of mm.vmas.within(start, end)) {
    if (vma.start > at) break;
    for (const to = Math.min(vma.end, end); at < to; at += PAGE_SIZE) {
      resident[(at - start) / PAGE_SIZE] = isResident(mm, vma, at) ? 1 : 0;
    }
  }
  if (at < end) throw new SystemError(ENOMEM);
  return resident;
}

/** What is mapped of a file, and not yet in this page table, counts when the file's cache has it. */
function isResident(mm: AddressSpace, vma: Vma, address: number): boolean {
  if (mm.pageTable.frameAt(pageOf(address)) >= 0) return true;
  const { object } = vma;
  if (object === null || vma.sourcePage(address) * PAGE_SIZE >= object.size) return false;
  const frame = object.shownFrame(vma.sourcePage(address));
  return frame >= 0 && frame !== mm.memory.zeroFrame;
}
