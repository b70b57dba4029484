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
  EOVERFLOW,
  EPERM,
  SystemError,
} from "../abi/errno.ts";
import {
  LEGACY_MAP_MASK,
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
  MAP_TYPE,
  MMAP_MIN_ADDR,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_MAY_ACCESS_FLAGS,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_NORESERVE,
  VM_SHARED,
  VM_WRITE,
} from "../abi/mman.ts";
import { ST_NOEXEC } from "../abi/stat.ts";
import { FILE_BYTES_MAX, RegularInode } from "../fs/inode.ts";
import { MemoryFile } from "../fs/memory_file.ts";
import type { OpenFile } from "../fs/open_file.ts";
import { isWriteSealed } from "../fs/seals.ts";
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
  /**
   * What to map; `null` for private anonymous memory. What is behind shared anonymous memory is a file
   * too, of the rounded length. The caller keeps its own reference.
   */
  readonly file: OpenFile | null;
  /** Where in the file, in bytes; a multiple of 4096. */
  readonly offset: number;
  /** Bytes that the caller may have locked: RLIMIT_MEMLOCK, or `Infinity`. Default: none can be. */
  readonly lockMax?: number;
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
  const isBehindAll = file !== null && request.offset + length > FILE_BYTES_MAX;
  if (isBehindAll) throw new SystemError(EOVERFLOW);

  const start = choosePlace(mm, request, length);
  const vmFlags = file === null ? anonymousFlags(mm, request) : fileFlags(mm, request, file);
  const lockMax = request.lockMax ?? 0;
  if ((flags & MAP_LOCKED) !== 0 && lockMax === 0) throw new SystemError(EPERM);
  if ((vmFlags & VM_LOCKED) !== 0) mm.requireLockable(length, lockMax);
  mm.requireRoom(length, vmFlags, mm.vmas.bytesWithin(start, start + length));
  requireCommittable(mm, length, vmFlags, file);
  mm.unmap(start, start + length);
  file?.retain();
  mm.insert(
    new Vma({
      start,
      end: start + length,
      flags: vmFlags,
      file,
      pageOffset: file === null ? 0 : pageOf(request.offset),
    }),
  );

  const populates = (flags & (MAP_POPULATE | MAP_NONBLOCK)) === MAP_POPULATE;
  const isLocked = (vmFlags & (VM_LOCKED | VM_LOCKONFAULT)) === VM_LOCKED;
  if (populates || isLocked) mm.populate(start, start + length);
  return start;
}

/** Shared memory without a name counts like memory that a program has for itself. */
function requireCommittable(
  mm: AddressSpace,
  length: number,
  flags: number,
  file: OpenFile | null,
): void {
  const isMemory = file?.object instanceof MemoryFile && (flags & VM_NORESERVE) === 0;
  mm.requireCommittable(length, isMemory ? VM_WRITE : flags);
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

function commonFlags(mm: AddressSpace, { protection, flags }: MapRequest): number {
  return (protection & (PROT_READ | PROT_WRITE | PROT_EXEC)) | VM_MAY_ACCESS_FLAGS | mm.def_flags |
    ((flags & MAP_LOCKED) !== 0 ? VM_LOCKED : 0) |
    ((flags & MAP_NORESERVE) !== 0 ? VM_NORESERVE : 0);
}

function anonymousFlags(mm: AddressSpace, request: MapRequest): number {
  if ((request.flags & MAP_TYPE) !== MAP_PRIVATE) throw new SystemError(EINVAL);
  const growsDown = (request.flags & MAP_GROWSDOWN) !== 0;
  return commonFlags(mm, request) | (growsDown ? VM_GROWSDOWN : 0);
}

function fileFlags(mm: AddressSpace, request: MapRequest, file: OpenFile): number {
  const { flags, protection } = request;
  const type = flags & MAP_TYPE;
  if (type === MAP_SHARED_VALIDATE && (flags & ~(LEGACY_MAP_MASK | MAP_TYPE)) !== 0) {
    throw new SystemError(EOPNOTSUPP);
  }
  if (![MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE].includes(type)) throw new SystemError(EINVAL);
  const isShared = type !== MAP_PRIVATE;
  if (isShared && (protection & PROT_WRITE) !== 0 && !file.writable) throw new SystemError(EACCES);
  if (!file.readable) throw new SystemError(EACCES);
  const isExecutable = (protection & PROT_EXEC) !== 0;
  if (isExecutable && file.place?.mount.has(ST_NOEXEC)) throw new SystemError(EPERM);
  if (!(file.object instanceof RegularInode)) throw new SystemError(ENODEV);
  if ((flags & MAP_GROWSDOWN) !== 0) throw new SystemError(EINVAL);
  const common = commonFlags(mm, request);
  if (!isShared) return common;
  if (isWriteSealed(file.object)) {
    if ((protection & PROT_WRITE) !== 0) throw new SystemError(EPERM);
    return (common & ~VM_MAYWRITE) | VM_SHARED | VM_MAYSHARE;
  }
  // What can never be written to is no more than a view of the file.
  return file.writable ? common | VM_SHARED | VM_MAYSHARE : (common & ~VM_MAYWRITE) | VM_MAYSHARE;
}

/** Unmaps [address, address + length). Throws SystemError: EINVAL, ENOMEM. */
export function munmap(mm: AddressSpace, address: number, length: number): void {
  const isBad = !isPageAligned(address) || length === 0 || length > TASK_SIZE - address;
  if (isBad) throw new SystemError(EINVAL);
  mm.unmap(address, address + pageCeil(length));
}
