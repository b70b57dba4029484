/**
 * brk(2): the end of the heap.
 *
 * Source: `mm/mmap.c` (`SYSCALL_DEFINE1(brk)`).
 */

import { ENOMEM, SystemError } from "../abi/errno.ts";
import { VM_LOCKED, VM_LOCKONFAULT, VM_MAY_ACCESS_FLAGS, VM_READ, VM_WRITE } from "../abi/mman.ts";
import { RLIMIT_DATA } from "../abi/resource.ts";
import type { AddressSpace } from "./address_space.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { pageCeil, TASK_SIZE } from "./layout.ts";
import { Vma } from "./vma.ts";

/** The flags of the heap, and of the program's zero-filled data: VM_DATA_DEFAULT_FLAGS. */
export const DATA_FLAGS: number = VM_READ | VM_WRITE | VM_MAY_ACCESS_FLAGS;

/**
 * Moves the end of the heap to `address` where that is possible; answers where the end is now. No more than
 * `lockMax` bytes can be locked.
 */
export function brk(mm: AddressSpace, address: number, lockMax = 0): number {
  if (address < mm.start_brk || !isWithinDataLimit(mm, address)) return mm.brk;
  const oldEnd = pageCeil(mm.brk);
  const newEnd = pageCeil(address);
  try {
    if (newEnd < oldEnd) mm.unmap(newEnd, oldEnd);
    if (newEnd > oldEnd) grow(mm, oldEnd, newEnd, lockMax);
  } catch (error) {
    if (error instanceof SystemError) return mm.brk;
    throw error;
  }
  mm.brk = address;
  return address;
}

function isWithinDataLimit(mm: AddressSpace, address: number): boolean {
  const heapAndData = address - mm.start_brk + (mm.end_data - mm.start_data);
  return heapAndData <= mm.limits.soft(RLIMIT_DATA);
}

function grow(mm: AddressSpace, oldEnd: number, newEnd: number, lockMax: number): void {
  // One page stays free above, so that the heap never touches what follows.
  const isFree = newEnd + PAGE_SIZE <= TASK_SIZE &&
    mm.vmas.isFree(oldEnd, newEnd + PAGE_SIZE - oldEnd);
  if (!isFree) throw new SystemError(ENOMEM);
  const flags = DATA_FLAGS | mm.def_flags;
  const isLocked = (flags & VM_LOCKED) !== 0;
  if (isLocked) mm.requireLockable(newEnd - oldEnd, lockMax);
  mm.requireRoom(newEnd - oldEnd, flags);
  mm.requireCommittable(newEnd - oldEnd, flags);
  mm.insert(new Vma({ start: oldEnd, end: newEnd, flags }));
  if (isLocked && (flags & VM_LOCKONFAULT) === 0) mm.populate(oldEnd, newEnd);
}
