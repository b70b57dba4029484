/** System calls on memory: brk, mmap and their kin. The rules are in kernel/mm/. */

import { CAP_IPC_LOCK } from "../abi/capability.ts";
import { EFAULT, EINVAL, ENODEV, ENOMEM, SystemError } from "../abi/errno.ts";
import {
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_TYPE,
  PROT_EXEC,
  PROT_READ,
} from "../abi/mman.ts";
import { READ_IMPLIES_EXEC } from "../abi/process.ts";
import { RLIMIT_MEMLOCK } from "../abi/resource.ts";
import { S_IRWXUGO } from "../abi/stat.ts";
import type { OpenFile } from "../fs/open_file.ts";
import { brk } from "../mm/brk.ts";
import { isPageAligned, pageCeil, pageFloor, TASK_SIZE } from "../mm/layout.ts";
import { isAdvice, madvise } from "../mm/madvise.ts";
import { residentPages } from "../mm/mincore.ts";
import { mlock, mlockall, munlock, munlockall } from "../mm/mlock.ts";
import { mmap, munmap } from "../mm/mmap.ts";
import { mprotect } from "../mm/mprotect.ts";
import { mremap } from "../mm/mremap.ts";
import { msync } from "../mm/msync.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { int, pointer, register, size, unsignedInt } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** Pages that mincore(2) looks at before it writes down what it has found. */
const MINCORE_PAGES = 4096;

/** The pages that an address and a length name. */
interface Range {
  /** As it was given. */
  readonly start: number;
  /** Behind the last page; `start` when the rounded length is 2^64. */
  readonly end: number;
  /** Whether the end came out below the start. */
  readonly wraps: boolean;
  /** Whether a length became 0 when it was rounded up. */
  readonly vanishes: boolean;
}

/** The range of arguments 0 and 1. The end is rounded up to a page, and with `align` the start down. */
function range(call: Call, { align = false } = {}): Range {
  const page = BigInt(PAGE_SIZE);
  const length = register(call, 1);
  const offset = align ? register(call, 0) % page : 0n;
  const first = register(call, 0) - offset;
  const rounded = BigInt.asUintN(64, (length + offset + page - 1n) / page * page);
  const start = align ? pageFloor(pointer(call, 0)) : pointer(call, 0);
  return {
    start,
    end: rounded === 0n ? start : start + pageCeil(size(call, 1) + Number(offset)),
    wraps: BigInt.asUintN(64, first + rounded) < first,
    vanishes: rounded === 0n && length !== 0n,
  };
}

/** Bytes that the caller may have locked. */
export function lockMax({ task }: Call): number {
  return task.credentials.has(CAP_IPC_LOCK) ? Infinity : task.limits.soft(RLIMIT_MEMLOCK);
}

function systemBrk(call: Call): number {
  return brk(call.task.mm, pointer(call, 0), lockMax(call));
}

function systemMmap(call: Call): number {
  if (!isPageAligned(size(call, 5))) throw new SystemError(EINVAL);
  const length = size(call, 1);
  const flags = unsignedInt(call, 3);
  const source = mappedFile(call, flags, length);
  try {
    return mmap(call.task.mm, {
      address: pointer(call, 0),
      length,
      protection: protectionAt(call),
      flags,
      file: source.file,
      // Not cut: what is behind all files must not be mapped as something else.
      offset: source.isMemory ? 0 : Number(register(call, 5)),
      lockMax: lockMax(call),
    });
  } finally {
    source.file?.release();
  }
}

/** What is to be mapped, with a reference; `isMemory` when it is new memory, be it shared or not. */
function mappedFile(
  call: Call,
  flags: number,
  length: number,
): { readonly file: OpenFile | null; readonly isMemory: boolean } {
  const { task, kernel } = call;
  const isAnonymous = (flags & MAP_ANONYMOUS) !== 0;
  const file = isAnonymous ? null : task.files.get(int(call, 4));
  if (file !== null && !file.object.mapsZeros) return { file: file.retain(), isMemory: false };
  const type = flags & MAP_TYPE;
  const isShared = type === MAP_SHARED && length > 0 && length <= TASK_SIZE;
  if (!isShared) {
    if (file !== null && type !== MAP_PRIVATE) throw new SystemError(ENODEV);
    return { file: null, isMemory: true };
  }
  const { euid: uid, egid: gid } = task.credentials;
  const parts = { name: "dev/zero", size: pageCeil(length), mode: S_IRWXUGO, uid, gid };
  return { file: kernel.fileSystem.openMemory(parts), isMemory: true };
}

function systemMunmap(call: Call): number {
  munmap(call.task.mm, pointer(call, 0), size(call, 1));
  return 0;
}

/** The rights at argument 2, as far as the program's personality does not add to them. */
function protectionAt(call: Call): number {
  const protection = unsignedInt(call, 2);
  const isImplied = (protection & PROT_READ) !== 0 &&
    (call.task.personality & READ_IMPLIES_EXEC) !== 0;
  return isImplied ? protection | PROT_EXEC : protection;
}

function systemMprotect(call: Call): number {
  const { start, wraps, vanishes } = range(call);
  if (isPageAligned(start) && (wraps || vanishes)) throw new SystemError(ENOMEM);
  mprotect(call.task.mm, start, size(call, 1), protectionAt(call));
  return 0;
}

function systemMremap(call: Call): number {
  return mremap(call.task.mm, {
    address: pointer(call, 0),
    oldLength: size(call, 1),
    newLength: size(call, 2),
    flags: unsignedInt(call, 3),
    newAddress: pointer(call, 4),
    lockMax: lockMax(call),
  });
}

function systemMadvise(call: Call): number {
  const { start, end, wraps, vanishes } = range(call);
  const advice = int(call, 2);
  if (isAdvice(advice) && (wraps || vanishes)) throw new SystemError(EINVAL);
  madvise(call.task.mm, start, end, advice);
  return 0;
}

function systemMsync(call: Call): number {
  const { start, end, wraps } = range(call);
  if (isPageAligned(start) && wraps) throw new SystemError(ENOMEM);
  msync(call.task.mm, start, end, int(call, 2));
  return 0;
}

function systemMlock(call: Call): number {
  return lock(call, 0);
}

function systemMlock2(call: Call): number {
  return lock(call, unsignedInt(call, 2));
}

function lock(call: Call, flags: number): number {
  const { start, end, wraps } = range(call, { align: true });
  if (wraps) throw new SystemError(EINVAL);
  mlock(call.task.mm, start, end, { flags, lockMax: lockMax(call) });
  return 0;
}

function systemMunlock(call: Call): number {
  const { start, end, wraps } = range(call, { align: true });
  if (wraps) throw new SystemError(EINVAL);
  munlock(call.task.mm, start, end);
  return 0;
}

function systemMlockall(call: Call): number {
  mlockall(call.task.mm, unsignedInt(call, 0), lockMax(call));
  return 0;
}

function systemMunlockall(call: Call): number {
  munlockall(call.task.mm);
  return 0;
}

function mincore(call: Call): number {
  const { mm } = call.task;
  const start = pointer(call, 0);
  const length = size(call, 1);
  if (!isPageAligned(start)) throw new SystemError(EINVAL);
  if (length > TASK_SIZE - start) throw new SystemError(ENOMEM);
  const pages = pageCeil(length) / PAGE_SIZE;
  const vector = pointer(call, 2);
  if (vector > TASK_SIZE - pages) throw new SystemError(EFAULT);
  // Piece by piece: the range may be a thousand times the memory that there is.
  for (let done = 0; done < pages; done += MINCORE_PAGES) {
    const from = start + done * PAGE_SIZE;
    const to = Math.min(from + MINCORE_PAGES * PAGE_SIZE, start + pages * PAGE_SIZE);
    mm.user.write(vector + done, residentPages(mm, from, to));
  }
  return 0;
}

/** System calls on memory, by number. */
export const memoryCalls: SystemCallGroup = {
  214: { name: "brk", call: systemBrk, args: ["addr"] },
  215: { name: "munmap", call: systemMunmap, args: ["addr", "length"] },
  216: {
    name: "mremap",
    call: systemMremap,
    args: ["old_addr", "old_size", "new_size", "flags", "new_addr"],
  },
  222: {
    name: "mmap",
    call: systemMmap,
    args: ["addr", "length", "prot", "flags", "fd", "offset"],
  },
  226: { name: "mprotect", call: systemMprotect, args: ["addr", "length", "prot"] },
  227: { name: "msync", call: systemMsync, args: ["addr", "length", "flags"] },
  228: { name: "mlock", call: systemMlock, args: ["addr", "length"] },
  229: { name: "munlock", call: systemMunlock, args: ["addr", "length"] },
  230: { name: "mlockall", call: systemMlockall, args: ["flags"] },
  231: { name: "munlockall", call: systemMunlockall, args: [] },
  232: { name: "mincore", call: mincore, args: ["addr", "length", "vec"] },
  233: { name: "madvise", call: systemMadvise, args: ["addr", "length", "advice"] },
  284: { name: "mlock2", call: systemMlock2, args: ["addr", "length", "flags"] },
};
