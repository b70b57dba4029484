/**
 * One mapping of an address space: a range of pages with the same rights and the same origin, Linux's
 * `vm_area_struct`.
 */

import { EXECUTE, PAGE_SIZE, READ, SHARED, WRITE } from "../../emu/mod.ts";
import {
  VM_EXEC,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_MAYSHARE,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
} from "../abi/mman.ts";
import type { Cloning } from "../fs/cloning.ts";
import { RegularInode } from "../fs/inode.ts";
import type { OpenFile } from "../fs/open_file.ts";

/** A mapping that the kernel itself provides, such as the page with the signal trampoline. */
export interface SpecialMapping {
  /** How /proc/self/maps shows it. */
  readonly name: string;
  /** The frame of one of its pages; the caller retains it. */
  pageFrame(index: number): number;
  /** The same pages of a machine's clone. */
  clone(cloning: Cloning): SpecialMapping;
}

/** What a VMA is made of. */
export type VmaParts =
  & Pick<Vma, "start" | "end" | "flags">
  & Partial<Pick<Vma, "file" | "pageOffset" | "special">>;

/** A range of pages with the same rights and the same origin. */
export class Vma {
  /** First address; a multiple of 4096. */
  start: number;
  /** First address behind it; a multiple of 4096, more than `start`, at most 2^38. */
  end: number;
  /** VM_* bits. */
  flags: number;
  /** The open file whose pages it shows; `null` for anonymous memory. The VMA holds one reference. */
  readonly file: OpenFile | null;
  /** Page of the file that `start` shows: vm_pgoff; 0 for anonymous memory. */
  pageOffset: number;
  /** The kernel's own pages, or `null`. */
  readonly special: SpecialMapping | null;

  /** The caller's reference to a file goes over to the VMA. */
  constructor(parts: VmaParts) {
    this.start = parts.start;
    this.end = parts.end;
    this.flags = parts.flags;
    this.file = parts.file ?? null;
    this.pageOffset = parts.pageOffset ?? 0;
    this.special = parts.special ?? null;
  }

  /** Bytes, a multiple of 4096. */
  get length(): number {
    return this.end - this.start;
  }

  /** Whether its pages begin as zeros and belong to nobody else. */
  get isAnonymous(): boolean {
    return this.file === null && this.special === null;
  }

  /** The file whose pages it shows; `null` for other memory. */
  get object(): RegularInode | null {
    const object = this.file?.object;
    return object instanceof RegularInode ? object : null;
  }

  /** Whether it shows the file itself, so that all who map it see what is written. */
  get isShared(): boolean {
    return (this.flags & (VM_SHARED | VM_MAYSHARE)) !== 0;
  }

  /** Whether an access just below it makes it longer. */
  get growsDown(): boolean {
    return (this.flags & VM_GROWSDOWN) !== 0;
  }

  /** The page of the file, or of the special mapping, that `address` shows. */
  sourcePage(address: number): number {
    return this.pageOffset + Math.floor((address - this.start) / PAGE_SIZE);
  }

  /**
   * What the page table is told of a page of a shared mapping. Only one that was asked for to be written to
   * gets the right, so that the file hears of it.
   */
  sharedPermissions(write: boolean): number {
    return (this.permissions & (write ? ~0 : ~WRITE)) | SHARED;
  }

  /** The rights that the page table gives to a present page. On riscv64 what may be written may be read. */
  get permissions(): number {
    const { flags } = this;
    return ((flags & (VM_READ | VM_WRITE)) !== 0 ? READ : 0) |
      ((flags & VM_WRITE) !== 0 ? WRITE : 0) | ((flags & VM_EXEC) !== 0 ? EXECUTE : 0);
  }

  /** The same mapping of a child that is forked. */
  fork(): Vma {
    const { start, end, pageOffset, special } = this;
    // Locks are not inherited.
    const flags = this.flags & ~(VM_LOCKED | VM_LOCKONFAULT);
    return new Vma({ start, end, flags, pageOffset, file: this.file?.retain() ?? null, special });
  }

  /** The same mapping for a machine's clone. */
  clone(cloning: Cloning): Vma {
    const { start, end, flags, pageOffset } = this;
    const file = this.file?.clone(cloning) ?? null;
    const special = this.special?.clone(cloning) ?? null;
    return new Vma({ start, end, flags, pageOffset, file, special });
  }

  /** Whether `next`, which begins where this one ends, could be the same VMA. */
  continuesAs(next: Vma): boolean {
    return this.end === next.start && this.flags === next.flags && this.file === next.file &&
      this.special === null && next.special === null &&
      (this.file === null || next.pageOffset === this.sourcePage(this.end));
  }
}
