/**
 * msync(2).
 *
 * Source: `mm/msync.c`.
 */

import { EBUSY, EINVAL, ENOMEM, SystemError } from "../abi/errno.ts";
import { MS_ASYNC, MS_INVALIDATE, MS_SYNC, VM_LOCKED } from "../abi/mman.ts";
import type { AddressSpace } from "./address_space.ts";
import { isPageAligned } from "./layout.ts";

/**
 * Has what was written to shared mappings in [start, end) put where the files are. Throws SystemError:
 * EINVAL, EBUSY, ENOMEM when there is a hole (after the rest is done), EIO.
 */
export function msync(mm: AddressSpace, start: number, end: number, flags: number): void {
  const both = MS_ASYNC | MS_SYNC;
  const isUnknown = (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) !== 0;
  if (isUnknown || (flags & both) === both || !isPageAligned(start)) throw new SystemError(EINVAL);
  let at = start;
  let hasHole = false;
  for (const vma of mm.vmas.within(start, end)) {
    hasHole ||= vma.start > at;
    at = vma.end;
    const isLocked = (vma.flags & VM_LOCKED) !== 0;
    if ((flags & MS_INVALIDATE) !== 0 && isLocked) throw new SystemError(EBUSY);
    if ((flags & MS_SYNC) !== 0 && vma.isShared) vma.object?.synchronise();
  }
  if (hasHole || at < end) throw new SystemError(ENOMEM);
}
