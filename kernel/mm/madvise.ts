/**
 * madvise(2).
 *
 * Source: `mm/madvise.c`.
 */

import { EACCES, EFAULT, EINVAL, ENOMEM, SystemError } from "../abi/errno.ts";
import {
  MADV_COLD,
  MADV_DODUMP,
  MADV_DOFORK,
  MADV_DONTDUMP,
  MADV_DONTFORK,
  MADV_DONTNEED,
  MADV_FREE,
  MADV_HUGEPAGE,
  MADV_KEEPONFORK,
  MADV_MERGEABLE,
  MADV_NOHUGEPAGE,
  MADV_NORMAL,
  MADV_PAGEOUT,
  MADV_POPULATE_READ,
  MADV_POPULATE_WRITE,
  MADV_RANDOM,
  MADV_REMOVE,
  MADV_SEQUENTIAL,
  MADV_UNMERGEABLE,
  MADV_WILLNEED,
  MADV_WIPEONFORK,
  MAX_MAP_COUNT,
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_LOCKED,
  VM_RAND_READ,
  VM_READ,
  VM_SEQ_READ,
  VM_SHARED,
  VM_WIPEONFORK,
  VM_WRITE,
} from "../abi/mman.ts";
import type { AddressSpace } from "./address_space.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { isPageAligned } from "./layout.ts";
import type { Vma } from "./vma.ts";

/** A part of a VMA that advice is about. */
interface Part {
  readonly vma: Vma;
  readonly start: number;
  readonly end: number;
}

/** Carries advice out on a part of a VMA. Throws SystemError, which ends the whole call. */
type Advise = (mm: AddressSpace, part: Part) => void;

/** How each advice is taken; others are EINVAL. */
const ADVICE: ReadonlyMap<number, Advise> = new Map<number, Advise>([
  // May be taken or left, and is left here: nothing of it can be seen by a program.
  [MADV_WILLNEED, () => {}],
  [MADV_HUGEPAGE, () => {}],
  [MADV_NOHUGEPAGE, () => {}],
  [MADV_MERGEABLE, () => {}],
  [MADV_UNMERGEABLE, () => {}],
  [MADV_COLD, (_, { vma }) => requireUnlocked(vma)],
  [MADV_PAGEOUT, (_, { vma }) => requireUnlocked(vma)],
  [MADV_DONTNEED, (mm, { vma, start, end }) => {
    requireUnlocked(vma);
    mm.zap(start, end);
  }],
  [MADV_FREE, (mm, { vma, start, end }) => {
    requireUnlocked(vma);
    if (!vma.isAnonymous) throw new SystemError(EINVAL);
    mm.zap(start, end);
  }],
  [MADV_REMOVE, (_, { vma, start, end }) => {
    const { object } = vma;
    if ((vma.flags & VM_LOCKED) !== 0 || object === null) throw new SystemError(EINVAL);
    const isWritable = (vma.flags & (VM_SHARED | VM_WRITE)) === (VM_SHARED | VM_WRITE);
    if (!isWritable) throw new SystemError(EACCES);
    const from = vma.sourcePage(start) * PAGE_SIZE;
    object.punch(from, Math.max(from, Math.min(from + end - start, object.size)));
  }],
]);

/** Advice that sets flags of the VMA, and clears others. */
interface FlagChange {
  readonly set: number;
  readonly clear: number;
  /** Throws SystemError when the VMA cannot have it. */
  readonly check?: (vma: Vma) => void;
}

const FLAG_CHANGES: ReadonlyMap<number, FlagChange> = new Map<number, FlagChange>([
  [MADV_NORMAL, { set: 0, clear: VM_SEQ_READ | VM_RAND_READ }],
  [MADV_SEQUENTIAL, { set: VM_SEQ_READ, clear: VM_RAND_READ }],
  [MADV_RANDOM, { set: VM_RAND_READ, clear: VM_SEQ_READ }],
  [MADV_DONTFORK, { set: VM_DONTCOPY, clear: 0 }],
  [MADV_DOFORK, { set: 0, clear: VM_DONTCOPY }],
  [MADV_WIPEONFORK, {
    set: VM_WIPEONFORK,
    clear: 0,
    check: (vma) => {
      if (!vma.isAnonymous) throw new SystemError(EINVAL);
    },
  }],
  [MADV_KEEPONFORK, { set: 0, clear: VM_WIPEONFORK }],
  [MADV_DONTDUMP, { set: VM_DONTDUMP, clear: 0 }],
  [MADV_DODUMP, {
    set: 0,
    clear: VM_DONTDUMP,
    check: (vma) => {
      if ((vma.flags & VM_DONTEXPAND) !== 0) throw new SystemError(EINVAL);
    },
  }],
]);

/** Whether there is such advice. */
export function isAdvice(advice: number): boolean {
  return ADVICE.has(advice) || FLAG_CHANGES.has(advice) ||
    advice === MADV_POPULATE_READ || advice === MADV_POPULATE_WRITE;
}

/**
 * Takes advice about [start, end), a page boundary. Throws SystemError: EINVAL, ENOMEM when there is a hole
 * (the advice has been applied around it), and what the advice itself says.
 */
export function madvise(mm: AddressSpace, start: number, end: number, advice: number): void {
  if (!isAdvice(advice) || !isPageAligned(start)) throw new SystemError(EINVAL);
  if (start === end) return;
  const change = FLAG_CHANGES.get(advice);
  if (change !== undefined) return changeFlags(mm, start, end, change);
  const advise = ADVICE.get(advice);
  if (advise === undefined) return populate(mm, start, end, advice === MADV_POPULATE_WRITE);
  let at = start;
  let hasHole = false;
  for (const vma of mm.vmas.within(start, end)) {
    hasHole ||= vma.start > at;
    at = vma.end;
    advise(mm, { vma, start: Math.max(vma.start, start), end: Math.min(vma.end, end) });
  }
  if (hasHole || at < end) throw new SystemError(ENOMEM);
}

function changeFlags(mm: AddressSpace, start: number, end: number, change: FlagChange): void {
  if (mm.vmas.length + 2 > MAX_MAP_COUNT) throw new SystemError(ENOMEM);
  let at = start;
  let hasHole = false;
  try {
    for (const vma of mm.vmas.isolate(start, end)) {
      hasHole ||= vma.start > at;
      at = vma.end;
      change.check?.(vma);
      vma.flags = (vma.flags | change.set) & ~change.clear;
    }
  } finally {
    mm.vmas.unite(start, end);
  }
  if (hasHole || at < end) throw new SystemError(ENOMEM);
}

/** Unlike other advice, this ends at the first hole. */
function populate(mm: AddressSpace, start: number, end: number, write: boolean): void {
  let at = start;
  for (const vma of mm.vmas.within(start, end)) {
    if (vma.start > at) break;
    if ((vma.flags & (write ? VM_WRITE : VM_READ)) === 0) throw new SystemError(EINVAL);
    const to = Math.min(vma.end, end);
    const fault = mm.touch(at, to, write ? "write" : "read");
    if (fault === "out_of_frames") throw new SystemError(ENOMEM);
    if (fault !== null) throw new SystemError(EFAULT);
    at = to;
  }
  if (at < end) throw new SystemError(ENOMEM);
}

function requireUnlocked(vma: Vma): void {
  if ((vma.flags & VM_LOCKED) !== 0 || vma.special !== null) throw new SystemError(EINVAL);
}
