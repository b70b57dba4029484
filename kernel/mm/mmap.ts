/**
 * mmap(2) and munmap(2).
 *
 * Source: `mm/mmap.c` (`do_mmap`, `__do_munmap`), `arch/riscv/kernel/sys_riscv.c`.
 */

import {
  EACCES,
  EEXIST,
  EINVAL,
  ENODEV,
  ENOMEM,
  EOPNOTSUPP,
  EPERM,
  SystemError,
} from "../abi/errno.ts";
import { O_ACCMODE, O_WRONLY } from "../abi/fcntl.ts";
import {
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_HUGETLB,
  MAP_LOCKED,
  MAP_NONBLOCK,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_SYNC,
  MAP_TYPE,
  MMAP_MIN_ADDR,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_MAY_ACCESS_FLAGS,
  VM_MAYSHARE,
  VM_NORESERVE,
  VM_SHARED,
} from "../abi/mman.ts";
import { RegularInode } from "../fs/inode.ts";
import type { OpenFile } from "../fs/open_file.ts";
import type { AddressSpace } from "./address_space.ts";
import { isPageAligned, pageCeil, pageOf, TASK_SIZE } from "./layout.ts";
import { Vma } from "./vma.ts";

/** The arguments of mmap(2), in range or not. */
export interface MapRequest {
  /** Hint, or with MAP_FIXED the place. */
  readonly address: number;
  /** Bytes; rounded up to whole pages. */
  readonly length: number;
  /** PROT_* bits. */
  readonly protection: number;
  /** MAP_* bits. */
  readonly flags: number;
  /** What to map; `null` for anonymous memory. The caller keeps its own reference. */
  readonly file: OpenFile | null;
  /** Where in the file, in bytes; a multiple of 4096. */
  readonly offset: number;
}

/**
 * Maps memory and answers where. Throws SystemError with what mmap(2) lists; nothing has been changed
 * then, except that a MAP_FIXED range may be empty now (as on Linux) when memory for its limit is short.
 */
export function mmap(mm: AddressSpace, request: MapRequest): number {
  const { flags, file } = request;
  if (request.length === 0) throw new SystemError(EINVAL);
  // No huge pages exist here, so that none are ever free.
  if ((flags & MAP_HUGETLB) !== 0) throw new SystemError(ENOMEM);
  const length = pageCeil(request.length);
  if (length > TASK_SIZE) throw new SystemError(ENOMEM);

  const start = choosePlace(mm, request, length);
  const vmFlags = file === null ? anonymousFlags(request) : fileFlags(request, file);
  mm.requireRoom(length, vmFlags);
  mm.unmap(start, start + length);
  file?.retain();
  mm.vmas.insert(
    new Vma({
      start,
      end: start + length,
      flags: vmFlags,
      file,
      pageOffset: file === null ? 0 : pageOf(request.offset),
    }),
  );

  const populates = (flags & (MAP_POPULATE | MAP_NONBLOCK)) === MAP_POPULATE;
  if (populates || (flags & MAP_LOCKED) !== 0) mm.populate(start, start + length);
  return start;
}

function choosePlace(mm: AddressSpace, request: MapRequest, length: number): number {
  const { address, flags } = request;
  if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) === 0) return mm.findFree(length, address);
  if (address > TASK_SIZE - length) throw new SystemError(ENOMEM);
  if (!isPageAligned(address)) throw new SystemError(EINVAL);
  if (address < MMAP_MIN_ADDR) throw new SystemError(EPERM);
  const mayReplace = (flags & MAP_FIXED_NOREPLACE) === 0;
  if (!mayReplace && mm.vmas.intersects(address, address + length)) throw new SystemError(EEXIST);
  return address;
}

function commonFlags({ protection, flags }: MapRequest): number {
  return (protection & (PROT_READ | PROT_WRITE | PROT_EXEC)) | VM_MAY_ACCESS_FLAGS |
    ((flags & MAP_LOCKED) !== 0 ? VM_LOCKED : 0) |
    ((flags & MAP_NORESERVE) !== 0 ? VM_NORESERVE : 0);
}

function anonymousFlags(request: MapRequest): number {
  const common = commonFlags(request);
  const growsDown = (request.flags & MAP_GROWSDOWN) !== 0;
  switch (request.flags & MAP_TYPE) {
    case MAP_PRIVATE:
      return common | (growsDown ? VM_GROWSDOWN : 0);
    case MAP_SHARED:
      if (growsDown) throw new SystemError(EINVAL);
      return common | VM_SHARED | VM_MAYSHARE;
    default:
      throw new SystemError(EINVAL);
  }
}

function fileFlags(request: MapRequest, file: OpenFile): number {
  const type = request.flags & MAP_TYPE;
  if (type === MAP_SHARED_VALIDATE && (request.flags & MAP_SYNC) !== 0) {
    throw new SystemError(EOPNOTSUPP);
  }
  if (![MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE].includes(type)) throw new SystemError(EINVAL);
  if ((file.flags & O_ACCMODE) === O_WRONLY) throw new SystemError(EACCES);
  if (!(file.object instanceof RegularInode)) throw new SystemError(ENODEV);
  // Memory that several mappings of one file share comes with the tasks that could share it.
  if (type !== MAP_PRIVATE) throw new SystemError(ENODEV);
  if ((request.flags & MAP_GROWSDOWN) !== 0) throw new SystemError(EINVAL);
  return commonFlags(request);
}

/** Unmaps [address, address + length). Throws SystemError: EINVAL, ENOMEM. */
export function munmap(mm: AddressSpace, address: number, length: number): void {
  const isBad = !isPageAligned(address) || length === 0 || length > TASK_SIZE - address;
  if (isBad) throw new SystemError(EINVAL);
  mm.unmap(address, address + pageCeil(length));
}
