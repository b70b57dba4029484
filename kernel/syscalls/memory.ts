/** System calls on memory: brk, mmap and their kin. The rules are in kernel/mm/. */

import { EINVAL, ENOMEM, SystemError } from "../abi/errno.ts";
import { MAP_ANONYMOUS, MS_ASYNC, MS_INVALIDATE, MS_SYNC } from "../abi/mman.ts";
import { brk } from "../mm/brk.ts";
import { isPageAligned, pageCeil } from "../mm/layout.ts";
import { madvise } from "../mm/madvise.ts";
import { mmap, munmap } from "../mm/mmap.ts";
import { mprotect } from "../mm/mprotect.ts";
import { mremap } from "../mm/mremap.ts";
import { int, pointer, size, unsignedInt } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

function systemBrk(call: Call): number {
  return brk(call.task.mm, pointer(call, 0));
}

function systemMmap(call: Call): number {
  const { task } = call;
  const flags = unsignedInt(call, 3);
  const offset = size(call, 5);
  if (!isPageAligned(offset)) throw new SystemError(EINVAL);
  const isAnonymous = (flags & MAP_ANONYMOUS) !== 0;
  return mmap(task.mm, {
    address: pointer(call, 0),
    length: size(call, 1),
    protection: unsignedInt(call, 2),
    flags,
    file: isAnonymous ? null : task.files.get(int(call, 4)),
    offset,
  });
}

function systemMunmap(call: Call): number {
  munmap(call.task.mm, pointer(call, 0), size(call, 1));
  return 0;
}

function systemMprotect(call: Call): number {
  mprotect(call.task.mm, pointer(call, 0), size(call, 1), unsignedInt(call, 2));
  return 0;
}

function systemMremap(call: Call): number {
  return mremap(call.task.mm, {
    address: pointer(call, 0),
    oldLength: size(call, 1),
    newLength: size(call, 2),
    flags: unsignedInt(call, 3),
    newAddress: pointer(call, 4),
  });
}

function systemMadvise(call: Call): number {
  madvise(call.task.mm, pointer(call, 0), size(call, 1), int(call, 2));
  return 0;
}

/** Nothing that is mapped here is written back, so that all is always in step: only the range is checked. */
function systemMsync(call: Call): number {
  const start = pointer(call, 0);
  const end = start + pageCeil(size(call, 1));
  const flags = int(call, 2);
  const both = MS_ASYNC | MS_SYNC;
  const isUnknown = (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) !== 0;
  if (isUnknown || (flags & both) === both || !isPageAligned(start)) throw new SystemError(EINVAL);
  if (start === end) return 0;
  let at = start;
  for (const vma of call.task.mm.vmas.within(start, end)) {
    if (vma.start > at) break;
    at = vma.end;
  }
  if (at < end) throw new SystemError(ENOMEM);
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
  233: { name: "madvise", call: systemMadvise, args: ["addr", "length", "advice"] },
};
