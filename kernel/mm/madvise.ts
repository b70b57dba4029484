/**
 * madvise(2).
 *
 * Source: `mm/madvise.c`.
 */

import { EFAULT, EINVAL, ENOMEM, SystemError } from "../abi/errno.ts";
import {
  MADV_COLD,
  MADV_DODUMP,
  MADV_DOFORK,
  MADV_DONTDUMP,
  MADV_DONTFORK,
  MADV_DONTNEED,
  MADV_FREE,
  MADV_HUGEPAGE,
  MADV_NOHUGEPAGE,
  MADV_NORMAL,
  MADV_PAGEOUT,
  MADV_POPULATE_READ,
  MADV_POPULATE_WRITE,
  MADV_RANDOM,
  MADV_SEQUENTIAL,
  MADV_WILLNEED,
  MAX_MAP_COUNT,
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_LOCKED,
  VM_WRITE,
} from "../abi/mman.ts";
import type { AddressSpace } from "./address_space.ts";
import { isPageAligned, pageCeil } from "./layout.ts";
import type { Vma } from "./vma.ts";

/** Advice that may be taken or left, and is left here: nothing of it can be seen by a program. */
const WITHOUT_EFFECT: ReadonlySet<number> = new Set([
  MADV_NORMAL,
  MADV_RANDOM,
  MADV_SEQUENTIAL,
  MADV_WILLNEED,
  MADV_HUGEPAGE,
  MADV_NOHUGEPAGE,
  MADV_COLD,
  MADV_PAGEOUT,
]);

/** Advice that sets a flag of the VMA, or clears it. */
const FLAG_CHANGES: ReadonlyMap<number, { readonly set: number; readonly clear: number }> = new Map(
  [
    [MADV_DONTFORK, { set: VM_DONTCOPY, clear: 0 }],
    [MADV_DOFORK, { set: 0, clear: VM_DONTCOPY }],
    [MADV_DONTDUMP, { set: VM_DONTDUMP, clear: 0 }],
    [MADV_DODUMP, { set: 0, clear: VM_DONTDUMP }],
  ],
);

/**
 * Takes advice about [address, address + length). Throws SystemError: EINVAL, ENOMEM when there is a hole
 * (the advice has been applied around it), EFAULT.
 */
export function madvise(mm: AddressSpace, address: number, length: number, advice: number): void {
  if (!isKnown(advice) || !isPageAligned(address)) throw new SystemError(EINVAL);
  if (length === 0) return;
  const end = address + pageCeil(length);
  let at = address;
  let hasHole = false;
  for (const vma of vmasFor(mm, address, end, advice)) {
    hasHole ||= vma.start > at;
    apply(mm, vma, Math.max(vma.start, address), Math.min(vma.end, end), advice);
    at = vma.end;
  }
  if (FLAG_CHANGES.has(advice)) mm.vmas.unite(address, end);
  if (hasHole || at < end) throw new SystemError(ENOMEM);
}

function isKnown(advice: number): boolean {
  return WITHOUT_EFFECT.has(advice) || FLAG_CHANGES.has(advice) ||
    [MADV_DONTNEED, MADV_FREE, MADV_POPULATE_READ, MADV_POPULATE_WRITE].includes(advice);
}

function vmasFor(mm: AddressSpace, start: number, end: number, advice: number): readonly Vma[] {
  if (!FLAG_CHANGES.has(advice)) return mm.vmas.within(start, end);
  if (mm.vmas.length + 2 > MAX_MAP_COUNT) throw new SystemError(ENOMEM);
  return mm.vmas.isolate(start, end);
}

function apply(mm: AddressSpace, vma: Vma, start: number, end: number, advice: number): void {
  const change = FLAG_CHANGES.get(advice);
  if (change !== undefined) {
    vma.flags = (vma.flags | change.set) & ~change.clear;
    return;
  }
  switch (advice) {
    case MADV_DONTNEED:
    case MADV_FREE:
      if ((vma.flags & VM_LOCKED) !== 0 || vma.special !== null) throw new SystemError(EINVAL);
      if (advice === MADV_FREE && !vma.isAnonymous) throw new SystemError(EINVAL);
      mm.zap(start, end);
      return;
    case MADV_POPULATE_WRITE:
      if ((vma.flags & VM_WRITE) === 0) throw new SystemError(EFAULT);
      if (!mm.populate(start, end)) throw new SystemError(ENOMEM);
      return;
    case MADV_POPULATE_READ:
      if (!mm.populate(start, end)) throw new SystemError(ENOMEM);
      return;
  }
}
