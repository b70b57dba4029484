/**
 * mlock(2) and its kin. Nothing is ever swapped out here, so that locking means: the pages are brought in,
 * they count against RLIMIT_MEMLOCK, and some advice is refused.
 *
 * Source: `mm/mlock.c`.
 */

import { EINVAL, ENOMEM, EPERM, SystemError } from "../abi/errno.ts";
import {
  MAX_MAP_COUNT,
  MCL_CURRENT,
  MCL_FUTURE,
  MCL_ONFAULT,
  MLOCK_ONFAULT,
  VM_DONTEXPAND,
  VM_LOCKED,
  VM_LOCKONFAULT,
} from "../abi/mman.ts";
import type { AddressSpace } from "./address_space.ts";

const LOCK_FLAGS = VM_LOCKED | VM_LOCKONFAULT;

/**
 * mlock2(2) on [start, end), page boundaries both, with MLOCK_* bits; at most `lockMax` bytes may be
 * locked afterwards. Throws SystemError: EINVAL, EPERM, ENOMEM.
 */
export function mlock(
  mm: AddressSpace,
  start: number,
  end: number,
  { flags, lockMax }: { readonly flags: number; readonly lockMax: number },
): void {
  if ((flags & ~MLOCK_ONFAULT) !== 0) throw new SystemError(EINVAL);
  requireMayLock(lockMax);
  if (mm.lockedBytes() + (end - start) - lockedWithin(mm, start, end) > lockMax) {
    throw new SystemError(ENOMEM);
  }
  const onFault = (flags & MLOCK_ONFAULT) !== 0;
  setFlags(mm, start, end, VM_LOCKED | (onFault ? VM_LOCKONFAULT : 0));
  if (!onFault && !mm.populate(start, end)) throw new SystemError(ENOMEM);
}

/** munlock(2) on [start, end), page boundaries both. Throws SystemError(ENOMEM). */
export function munlock(mm: AddressSpace, start: number, end: number): void {
  setFlags(mm, start, end, 0);
}

/** mlockall(2) with MCL_* bits. Throws SystemError: EINVAL, EPERM, ENOMEM. */
export function mlockall(mm: AddressSpace, flags: number, lockMax: number): void {
  const isKnown = (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) === 0;
  if (!isKnown || flags === 0 || flags === MCL_ONFAULT) throw new SystemError(EINVAL);
  requireMayLock(lockMax);
  const current = (flags & MCL_CURRENT) !== 0;
  if (current && mm.vmas.totalBytes() > lockMax) throw new SystemError(ENOMEM);
  const lock = VM_LOCKED | ((flags & MCL_ONFAULT) !== 0 ? VM_LOCKONFAULT : 0);
  mm.def_flags = (flags & MCL_FUTURE) !== 0 ? lock : 0;
  if (!current) return;
  setAllFlags(mm, lock);
  // What cannot be brought in is left out.
  if (lock === VM_LOCKED) { for (const { start, end } of [...mm.vmas]) mm.populate(start, end); }
}

/** munlockall(2). */
export function munlockall(mm: AddressSpace): void {
  mm.def_flags = 0;
  setAllFlags(mm, 0);
}

/** can_do_mlock(). */
function requireMayLock(lockMax: number): void {
  if (lockMax === 0) throw new SystemError(EPERM);
}

function lockedWithin(mm: AddressSpace, start: number, end: number): number {
  let total = 0;
  for (const vma of mm.vmas.within(start, end)) {
    const bytes = Math.min(vma.end, end) - Math.max(vma.start, start);
    if ((vma.flags & VM_LOCKED) !== 0) total += bytes;
  }
  return total;
}

function setAllFlags(mm: AddressSpace, lock: number): void {
  const last = mm.vmas.all.at(-1);
  for (const vma of mm.vmas) setVmaFlags(vma, lock);
  if (last !== undefined) mm.vmas.unite(0, last.end);
}

/** As on Linux, what lies before the first hole is changed when there is one: apply_vma_lock_flags(). */
function setFlags(mm: AddressSpace, start: number, end: number, lock: number): void {
  if (mm.vmas.length + 2 > MAX_MAP_COUNT) throw new SystemError(ENOMEM);
  let at = start;
  try {
    for (const vma of mm.vmas.isolate(start, end)) {
      if (vma.start > at) throw new SystemError(ENOMEM);
      setVmaFlags(vma, lock);
      at = vma.end;
    }
    if (at < end) throw new SystemError(ENOMEM);
  } finally {
    mm.vmas.unite(start, end);
  }
}

/** The kernel's own pages are never locked. */
function setVmaFlags(vma: { flags: number }, lock: number): void {
  if ((vma.flags & VM_DONTEXPAND) === 0) vma.flags = (vma.flags & ~LOCK_FLAGS) | lock;
}
