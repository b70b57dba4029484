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

  if (newLength <= oldLength) {
    if (newLength < oldLength) mm.unmap(address + newLength, address + oldLength);
    return address;
  }
  requireGrowable(mm, vma, address, oldLength, newLength);
  const isWholeTail = address + oldLength === vma.end;
  const grown = newLength - oldLength;
  const fits = vma.end + grown <= TASK_SIZE && mm.vmas.isFree(vma.end, grown);
  if (isWholeTail && fits) {
    vma.end += grown;
    mm.vmas.unite(vma.start, vma.end);
    if ((vma.flags & VM_LOCKED) !== 0) mm.populate(address, address + newLength);
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
  requireGrowable(mm, vma, address, moved, newLength);
  if (isFixed) mm.unmap(newAddress, newAddress + newLength);
  if (oldLength > newLength) mm.unmap(address + newLength, address + oldLength);
  const place = isFixed ? newAddress : mm.findFree(newLength, newAddress);
  return move(mm, vma, { ...request, oldLength: moved, newAddress: place });
}

/** vma_to_resize(): whether `oldLength` bytes of the VMA can become `newLength`. */
function requireGrowable(
  mm: AddressSpace,
  vma: Vma,
  address: number,
  oldLength: number,
  newLength: number,
): void {
  // An old length of 0 asks for a second view of a shared mapping, which needs sharing.
  if (oldLength === 0) throw new SystemError(EINVAL);
  if ((vma.flags & VM_DONTEXPAND) !== 0 || oldLength > vma.end - address) {
    throw new SystemError(EFAULT);
  }
  if (newLength > TASK_SIZE) throw new SystemError(ENOMEM);
  if (newLength > oldLength) mm.requireRoom(newLength - oldLength, vma.flags);
}

/** Moves `oldLength` bytes of `vma` to a free place, where they become `newLength`. */
function move(mm: AddressSpace, vma: Vma, request: RemapRequest): number {
  const { address, oldLength, newLength, newAddress, flags } = request;
  vma.file?.retain();
  mm.vmas.insert(
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
  movePages(mm, address, newAddress, oldLength);
  if ((flags & MREMAP_DONTUNMAP) === 0) mm.unmap(address, address + oldLength);
  if ((vma.flags & VM_LOCKED) !== 0) mm.populate(newAddress, newAddress + newLength);
  return newAddress;
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
