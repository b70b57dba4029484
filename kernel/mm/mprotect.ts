/**
 * mprotect(2).
 *
 * Source: `mm/mprotect.c`.
 */

import { EACCES, EINVAL, ENOMEM, SystemError } from "../abi/errno.ts";
import {
  MAX_MAP_COUNT,
  PROT_EXEC,
  PROT_GROWSDOWN,
  PROT_GROWSUP,
  PROT_READ,
  PROT_SEM,
  PROT_WRITE,
  VM_ACCESS_FLAGS,
  VM_EXEC,
  VM_MAY_SHIFT,
  VM_WRITE,
} from "../abi/mman.ts";
import { ST_NOEXEC } from "../abi/stat.ts";
import type { AddressSpace } from "./address_space.ts";
import { isPageAligned, pageCeil } from "./layout.ts";

/**
 * Changes the rights on [address, address + length). Throws SystemError: EINVAL, EACCES, or ENOMEM; as on
 * Linux, what lies before the first hole has been changed then.
 */
export function mprotect(
  mm: AddressSpace,
  address: number,
  length: number,
  protection: number,
): void {
  const grows = protection & (PROT_GROWSDOWN | PROT_GROWSUP);
  const rights = protection & ~(PROT_GROWSDOWN | PROT_GROWSUP);
  // Nothing grows up on this architecture.
  if (!isPageAligned(address) || (grows & PROT_GROWSUP) !== 0) throw new SystemError(EINVAL);
  if (length === 0) return;
  if ((rights & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM)) !== 0) {
    throw new SystemError(EINVAL);
  }
  const end = address + pageCeil(length);
  let start = address;
  if ((grows & PROT_GROWSDOWN) !== 0) {
    const vma = mm.vmas.find(address);
    if (vma === undefined || vma.start >= end) throw new SystemError(ENOMEM);
    if (!vma.growsDown) throw new SystemError(EINVAL);
    start = vma.start;
  }
  changeRange(mm, start, end, rights & VM_ACCESS_FLAGS);
}

function changeRange(mm: AddressSpace, start: number, end: number, access: number): void {
  // At most two new VMAs come of splitting at the ends.
  if (mm.vmas.length + 2 > MAX_MAP_COUNT) throw new SystemError(ENOMEM);
  let at = start;
  try {
    for (const vma of mm.vmas.isolate(start, end)) {
      if (vma.start > at) throw new SystemError(ENOMEM);
      if ((access & ~(vma.flags >> VM_MAY_SHIFT)) !== 0) throw new SystemError(EACCES);
      const becomesExecutable = (access & ~vma.flags & VM_EXEC) !== 0;
      if (becomesExecutable && vma.file?.place?.mount.has(ST_NOEXEC)) throw new SystemError(EACCES);
      at = vma.end;
      const flags = (vma.flags & ~VM_ACCESS_FLAGS) | access;
      if (flags === vma.flags) continue;
      const becomesWritable = (flags & ~vma.flags & VM_WRITE) !== 0;
      if (becomesWritable) {
        mm.requireCommittable(vma.length, flags);
        mm.requireDataRoom(vma.length, flags);
      }
      vma.flags = flags;
      mm.applyProtection(vma);
    }
    if (at < end) throw new SystemError(ENOMEM);
  } finally {
    mm.vmas.unite(start, end);
  }
}
