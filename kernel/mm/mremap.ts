/**
 * mremap(2).
 *
 * Source: `mm/mremap.c`.
 */

import { PAGE_SIZE } from "../../emu/mod.ts";
import { EFAULT, EINVAL, ENOMEM, SystemError } from "../abi/errno.ts";
import {
  MAX_MAP_COUNT,
  MMAP_MIN_ADDR,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  VM_DONTEXPAND,
  VM_LOCKED,
  VM_LOCKONFAULT,
} from "../abi/mman.ts";
import type { AddressSpace } from "./address_space.ts";
import { isPageAligned, pageCeil, pageOf, TASK_SIZE } from "./layout.ts";
import { Vma } from "./vma.ts";

/** The arguments of mremap(2), in range or not. */
export interface RemapRequest {
  readonly address: number;
  readonly oldLength: number;
  readonly newLength: number;
  /** MREMAP_* bits. */
  readonly flags: number;
  /** Where to, with MREMAP_FIXED; a hint with MREMAP_DONTUNMAP. */
  readonly newAddress: number;
  /** Bytes that the caller may have locked. Default: none can be. */
  readonly lockMax?: number;
}

/**
 * Grows, shrinks or moves a mapping; answers where it is now. Throws SystemError with what mremap(2)
 * lists. Room below VMAs for a split is demanded first, so that nothing stays half done.
 */
export function mremap(mm: AddressSpace, request: RemapRequest): number {
  const { address, flags } = request;
  const known = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
  const mayMove = (flags & MREMAP_MAYMOVE) !== 0;
  const places = (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0;
  const keepsOld = (flags & MREMAP_DONTUNMAP) !== 0;
  const oldLength = pageCeil(request.oldLength);
  const newLength = pageCeil(request.newLength);
  if ((flags & ~known) !== 0 || (places && !mayMove)) throw new SystemError(EINVAL);
  if (keepsOld && request.oldLength !== request.newLength) throw new SystemError(EINVAL);
  if (!isPageAligned(address) || newLength === 0) throw new SystemError(EINVAL);

  const vma = mm.vmas.lookup(address);
  if (vma === undefined) throw new SystemError(EFAULT);
  if (mm.vmas.length + 4 > MAX_MAP_COUNT) throw new SystemError(ENOMEM);
  if (places) return moveToPlace(mm, vma, { ...request, oldLength, newLength });

  if (newLength < oldLength) {
    const isInside = oldLength <= TASK_SIZE - address;
    if (!isInside) throw new SystemError(EINVAL);
    mm.unmap(address + newLength, address + oldLength);
    return address;
  }
  if (newLength === oldLength) {
    if (oldLength > vma.end - address) throw new SystemError(EFAULT);
    return address;
  }
  requireGrowable(mm, vma, { ...request, oldLength, newLength });
  const isWholeTail = address + oldLength === vma.end;
  const grown = newLength - oldLength;
  const fits = vma.end + grown <= TASK_SIZE && mm.vmas.isFree(vma.end, grown);
  if (isWholeTail && fits) {
    vma.end += grown;
    mm.vmas.unite(vma.start, vma.end);
    populateLocked(mm, vma.flags, address, newLength);
    return address;
  }
  if (!mayMove) throw new SystemError(ENOMEM);
  return move(mm, vma, { ...request, oldLength, newLength, newAddress: mm.findFree(newLength) });
}

function moveToPlace(mm: AddressSpace, vma: Vma, request: RemapRequest): number {
  const { address, oldLength, newLength, newAddress, flags } = request;
  const isFixed = (flags & MREMAP_FIXED) !== 0;
  if (!isPageAligned(newAddress) || newLength > TASK_SIZE || newAddress > TASK_SIZE - newLength) {
    throw new SystemError(EINVAL);
  }
  const overlaps = address + oldLength > newAddress && newAddress + newLength > address;
  if (overlaps || (isFixed && newAddress < MMAP_MIN_ADDR)) throw new SystemError(EINVAL);
  const moved = Math.min(oldLength, newLength);
  requireGrowable(mm, vma, { ...request, oldLength: moved });
  if (isFixed) mm.unmap(newAddress, newAddress + newLength);
  if (oldLength > newLength) mm.unmap(address + newLength, address + oldLength);
  const place = isFixed ? newAddress : mm.findFree(newLength, newAddress);
  return move(mm, vma, { ...request, oldLength: moved, newAddress: place });
}

/** vma_to_resize(): whether `oldLength` bytes of the VMA can become `newLength`. */
function requireGrowable(mm: AddressSpace, vma: Vma, request: RemapRequest): void {
  const { address, oldLength, newLength, flags, lockMax = 0 } = request;
  const keepsOld = (flags & MREMAP_DONTUNMAP) !== 0;
  const isFixedInSize = (vma.flags & VM_DONTEXPAND) !== 0;
  // An old length of 0 asks for a second view of what is shared.
  if (oldLength === 0 && !vma.isShared) throw new SystemError(EINVAL);
  if (keepsOld && isFixedInSize) throw new SystemError(EINVAL);
  if (oldLength > vma.end - address) throw new SystemError(EFAULT);
  if (newLength === oldLength) {
    if (keepsOld) mm.requireRoom(oldLength, vma.flags);
    return;
  }
  if (isFixedInSize) throw new SystemError(EFAULT);
  if (newLength > TASK_SIZE) throw new SystemError(ENOMEM);
  if ((vma.flags & VM_LOCKED) !== 0) mm.requireLockable(newLength - oldLength, lockMax);
  mm.requireRoom(newLength - oldLength, vma.flags);
  mm.requireCommittable(newLength, vma.flags);
}

/** Moves `oldLength` bytes of `vma` to a free place, where they become `newLength`. */
function move(mm: AddressSpace, vma: Vma, request: RemapRequest): number {
  const { address, oldLength, newLength, newAddress, flags } = request;
  vma.file?.retain();
  mm.insert(
    new Vma({
      start: newAddress,
      end: newAddress + newLength,
      flags: vma.flags,
      file: vma.file,
      special: vma.special,
      pageOffset: vma.isAnonymous ? 0 : vma.sourcePage(address),
    }),
  );
  if (vma.special !== null && address === mm.vdso) mm.vdso = newAddress;
  // Pages of a file come again where they are now.
  if (!vma.isShared) movePages(mm, address, newAddress, oldLength);
  const { flags: vmFlags } = vma;
  if ((flags & MREMAP_DONTUNMAP) === 0) {
    mm.unmap(address, address + oldLength);
  } else {
    for (const old of mm.vmas.isolate(address, address + oldLength)) {
      old.flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
    }
    mm.vmas.unite(address, address + oldLength);
  }
  populateLocked(mm, vmFlags, newAddress, newLength);
  return newAddress;
}

function populateLocked(mm: AddressSpace, flags: number, start: number, length: number): void {
  const isLocked = (flags & (VM_LOCKED | VM_LOCKONFAULT)) === VM_LOCKED;
  if (isLocked) mm.populate(start, start + length);
}

function movePages(mm: AddressSpace, from: number, to: number, length: number): void {
  const shift = (to - from) / PAGE_SIZE;
  const { pageTable, memory } = mm;
  for (const page of pageTable.presentPages(pageOf(from), pageOf(from + length))) {
    const frame = pageTable.frameAt(page);
    memory.retainFrame(frame);
    pageTable.map(page + shift, frame, pageTable.permissionsAt(page));
    pageTable.unmap(page);
  }
}
