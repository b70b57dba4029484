/**
 * The memory of a process: its VMAs, the page table under them, and the marks that tell code, data, heap,
 * stack, arguments and environment apart. Linux's `mm_struct`, whose field names it keeps.
 *
 * Pages come when they are touched. A page of anonymous memory that is only read is the machine's one
 * zero frame; a page of a private file mapping is the frame of the file's own cache. Both are mapped
 * with the VMA's full rights, because the page table copies a shared frame at the first write.
 *
 * Not here yet: memory shared between tasks. A shared anonymous mapping belongs to this address space
 * alone, and a shared file mapping is refused with ENODEV.
 *
 * Source: `mm/{mmap,memory}.c`, `arch/riscv/mm/fault.c`.
 */

import {
  type Access,
  OutOfFrames,
  PAGE_SIZE,
  PageTable,
  type PhysicalMemory,
} from "../../emu/mod.ts";
import { ENOMEM, SystemError } from "../abi/errno.ts";
import {
  MAX_MAP_COUNT,
  MMAP_MIN_ADDR,
  VM_ACCESS_FLAGS,
  VM_DONTCOPY,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
} from "../abi/mman.ts";
import { RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK } from "../abi/resource.ts";
import type { Cloning } from "../fs/cloning.ts";
import { RegularInode } from "../fs/inode.ts";
import type { OpenFile } from "../fs/open_file.ts";
import type { Limits } from "../limits.ts";
import { type Fault, NO_DATA, NOT_ALLOWED, NOT_MAPPED } from "./fault.ts";
import {
  mmapBase,
  pageCeil,
  pageFloor,
  pageOf,
  STACK_GUARD_BYTES,
  TASK_SIZE,
  TASK_UNMAPPED_BASE,
} from "./layout.ts";
import { UserMemory } from "./user_memory.ts";
import type { Vma } from "./vma.ts";
import { VmaList } from "./vma_list.ts";

/** The memory of one process. */
export class AddressSpace {
  /** Where the frames come from. */
  readonly memory: PhysicalMemory;
  /** The frames of the pages that are present. */
  readonly pageTable: PageTable;
  /** The mappings. */
  readonly vmas: VmaList;
  /** What a system call reads and writes of this memory. */
  readonly user: UserMemory;
  /** The limits of the process it belongs to: RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK. */
  limits: Limits;
  /** Where searches for free space grow down from. */
  mmap_base: number;

  /** The executable that it was made from; holds one reference. */
  exe_file: OpenFile | null = null;
  /** First address of the program's code. */
  start_code = 0;
  /** First address behind the code. */
  end_code = 0;
  /** First address of the program's initialised data. */
  start_data = 0;
  /** First address behind the data. */
  end_data = 0;
  /** First address of the heap, a page boundary. */
  start_brk = 0;
  /** First address behind the heap; any byte. */
  brk = 0;
  /** The stack pointer that the program began with. */
  start_stack = 0;
  /** First address of the argument strings. */
  arg_start = 0;
  /** First address behind the argument strings. */
  arg_end = 0;
  /** First address of the environment strings. */
  env_start = 0;
  /** First address behind the environment strings. */
  env_end = 0;
  /** Where the page with the signal trampoline is. */
  vdso = 0;
  /** The auxiliary vector: type, value, type, value … AT_NULL, 0. */
  saved_auxv: readonly bigint[] = [];

  /** Tasks that use it: mm_users. */
  #users = 1;

  /** An empty address space with one user. */
  constructor(
    memory: PhysicalMemory,
    limits: Limits,
    pageTable: PageTable = new PageTable(memory),
  ) {
    this.memory = memory;
    this.limits = limits;
    this.pageTable = pageTable;
    this.vmas = new VmaList();
    this.user = new UserMemory(this);
    this.mmap_base = mmapBase(limits.soft(RLIMIT_STACK));
  }

  /** Tasks that use it. */
  get users(): number {
    return this.#users;
  }

  /** Another task begins to use it. */
  retain(): void {
    this.#users++;
  }

  /** A task stops using it; the last one gives all frames and files back. */
  release(): void {
    if (--this.#users > 0) return;
    this.vmas.remove([...this.vmas]);
    this.pageTable.dispose();
    this.exe_file?.release();
    this.exe_file = null;
  }

  /**
   * Brings in the page that holds `address` (0 … 2^53), for an access that found it absent or not
   * permitted. Answers `null` when the access can be tried again. Throws OutOfFrames.
   */
  fault(address: number, access: Access): Fault | null {
    const vma = this.vmas.find(address);
    if (vma === undefined) return NOT_MAPPED;
    if (address < vma.start && !this.#growDown(vma, address)) return NOT_MAPPED;
    if ((vma.flags & NEEDED_FLAGS[access]) === 0) return NOT_ALLOWED;
    return this.#bringIn(vma, pageOf(address), access);
  }

  /**
   * Brings in every page of [start, end) that can be, as a read would, or a write where allowed. Answers
   * whether all are there.
   */
  populate(start: number, end: number): boolean {
    try {
      return this.vmas.within(start, end).every((vma) =>
        this.#populateWithin(vma, Math.max(vma.start, start), Math.min(vma.end, end))
      );
    } catch (error) {
      if (error instanceof OutOfFrames) return false;
      throw error;
    }
  }

  /**
   * A free range of `length` bytes (a multiple of 4096): at `hint`, rounded up to a page, when that is
   * free, otherwise the highest below mmap_base, otherwise the lowest anywhere. Throws
   * SystemError(ENOMEM).
   */
  findFree(length: number, hint = 0): number {
    const wanted = pageCeil(hint);
    const fits = wanted >= MMAP_MIN_ADDR && wanted + length <= TASK_SIZE;
    if (hint !== 0 && fits && this.vmas.isFree(wanted, length)) return wanted;
    const high = this.vmas.highestGap(length, MMAP_MIN_ADDR, this.mmap_base);
    const found = high >= 0 ? high : this.vmas.lowestGap(length, TASK_UNMAPPED_BASE, TASK_SIZE);
    if (found < 0) throw new SystemError(ENOMEM);
    return found;
  }

  /**
   * Makes sure that `bytes` more with the given VM_* flags are within RLIMIT_AS and RLIMIT_DATA and
   * that there may be another VMA: may_expand_vm(). Throws SystemError(ENOMEM).
   */
  requireRoom(bytes: number, flags: number): void {
    const most = this.limits.soft(RLIMIT_AS);
    const mostData = this.limits.soft(RLIMIT_DATA);
    if (this.vmas.length >= MAX_MAP_COUNT) throw new SystemError(ENOMEM);
    if (most !== Infinity && this.vmas.totalBytes() + bytes > most) throw new SystemError(ENOMEM);
    if (mostData === Infinity || !isData(flags)) return;
    let data = bytes;
    for (const vma of this.vmas) if (isData(vma.flags)) data += vma.length;
    if (data > mostData) throw new SystemError(ENOMEM);
  }

  /** Takes every mapping out of [start, end), page boundaries both. Throws SystemError(ENOMEM). */
  unmap(start: number, end: number): void {
    const first = this.vmas.lookup(start);
    // A hole in the middle of one VMA makes two of it.
    const splits = first !== undefined && first.start < start && first.end > end;
    if (splits && this.vmas.length >= MAX_MAP_COUNT) throw new SystemError(ENOMEM);
    const gone = this.vmas.isolate(start, end);
    if (gone.length === 0) return;
    this.zap(start, end);
    this.vmas.remove(gone);
  }

  /** Forgets the pages of [start, end), which come anew when they are touched. */
  zap(start: number, end: number): void {
    for (const page of this.pageTable.presentPages(pageOf(start), pageOf(end))) {
      this.pageTable.unmap(page);
    }
  }

  /** Gives the present pages of a VMA the rights that its flags now say. */
  applyProtection(vma: Vma): void {
    const { permissions } = vma;
    for (const page of this.pageTable.presentPages(pageOf(vma.start), pageOf(vma.end))) {
      this.pageTable.protect(page, permissions);
    }
  }

  /** How /proc/self/maps names a VMA: a path, `[heap]`, `[stack]`, `[vdso]`, or nothing. */
  nameOf(vma: Vma): string {
    if (vma.special !== null) return vma.special.name;
    if (vma.file !== null) return vma.file.path;
    if (vma.start < this.brk && vma.end > this.start_brk) return "[heap]";
    const isStack = vma.start <= this.start_stack && vma.end >= this.start_stack;
    return isStack && this.start_stack > 0 ? "[stack]" : "";
  }

  /**
   * The frame that a page of `vma` begins as: of the file, of the special mapping, or the zero frame; -1
   * behind the end of the file, and where the file cannot be read. Nothing is retained. A present page
   * with this very frame holds nothing that would be lost with it.
   */
  sourceFrame(vma: Vma, page: number): number {
    if (vma.isAnonymous) return this.memory.zeroFrame;
    const index = vma.sourcePage(page * PAGE_SIZE);
    if (vma.special !== null) return vma.special.pageFrame(index);
    const object = vma.file?.object;
    if (!(object instanceof RegularInode)) return -1;
    try {
      return object.pageFrame(index);
    } catch (error) {
      if (error instanceof SystemError) return -1;
      throw error;
    }
  }

  /**
   * The memory of a child that is forked: frames are shared until one of the two writes. `limits` are the
   * child's.
   */
  fork(limits: Limits): AddressSpace {
    const fork = new AddressSpace(this.memory, limits, this.pageTable.fork());
    for (const vma of this.vmas) fork.vmas.insertExactly(vma.fork());
    this.#copyMarks(fork);
    fork.exe_file = this.exe_file?.retain() ?? null;
    // MADV_DONTFORK: the page table has them for a moment.
    for (const vma of [...fork.vmas]) {
      if ((vma.flags & VM_DONTCOPY) !== 0) fork.unmap(vma.start, vma.end);
    }
    return fork;
  }

  /** The same memory for a machine's clone; frames are shared until one side writes. */
  clone(cloning: Cloning): AddressSpace {
    return cloning.once(this, () => {
      const limits = cloning.once(this.limits, () => this.limits.clone());
      const clone = new AddressSpace(this.memory, limits, this.pageTable.fork());
      for (const vma of this.vmas) clone.vmas.insertExactly(vma.clone(cloning));
      this.#copyMarks(clone);
      clone.exe_file = this.exe_file?.clone(cloning) ?? null;
      clone.#users = this.#users;
      return clone;
    });
  }

  /** Copies all that is a number. */
  #copyMarks(to: AddressSpace): void {
    to.mmap_base = this.mmap_base;
    to.start_code = this.start_code;
    to.end_code = this.end_code;
    to.start_data = this.start_data;
    to.end_data = this.end_data;
    to.start_brk = this.start_brk;
    to.brk = this.brk;
    to.start_stack = this.start_stack;
    to.arg_start = this.arg_start;
    to.arg_end = this.arg_end;
    to.env_start = this.env_start;
    to.env_end = this.env_end;
    to.vdso = this.vdso;
    to.saved_auxv = this.saved_auxv;
  }

  #populateWithin(vma: Vma, start: number, end: number): boolean {
    const access = (vma.flags & VM_WRITE) !== 0 ? "write" : "read";
    // More pages than frames exist cannot be there at once, whatever length a program claims.
    if ((end - start) / PAGE_SIZE > this.memory.framesMax) return false;
    for (let at = start; at < end; at += PAGE_SIZE) {
      const isPresent = this.pageTable.frameAt(pageOf(at)) >= 0;
      if (!isPresent && this.fault(at, access) !== null) return false;
    }
    return true;
  }

  #growDown(vma: Vma, address: number): boolean {
    const start = pageFloor(address);
    if (!vma.growsDown || start < MMAP_MIN_ADDR) return false;
    const below = this.vmas.before(vma.start);
    const isGuarded = below !== undefined && !below.growsDown &&
      (below.flags & VM_ACCESS_FLAGS) !== 0;
    if (isGuarded && start - below.end < STACK_GUARD_BYTES) return false;
    if (vma.end - start > this.limits.soft(RLIMIT_STACK)) return false;
    if (this.vmas.totalBytes() + (vma.start - start) > this.limits.soft(RLIMIT_AS)) return false;
    vma.start = start;
    return true;
  }

  #bringIn(vma: Vma, page: number, access: Access): Fault | null {
    const { memory, pageTable } = this;
    if (pageTable.frameAt(page) >= 0) {
      // The VMA allows the access, so the page table does: the engine had no reason to ask.
      throw new Error(`Page ${page} is present and allows ${access}, yet it faulted`);
    }
    if (vma.isAnonymous && access === "write") {
      pageTable.map(page, memory.allocateFrame(), vma.permissions);
      return null;
    }
    const frame = this.sourceFrame(vma, page);
    if (frame < 0) return NO_DATA;
    memory.retainFrame(frame);
    pageTable.map(page, frame, vma.permissions);
    return null;
  }
}

const NEEDED_FLAGS: Readonly<Record<Access, number>> = {
  // riscv64: what may be written may be read.
  read: VM_READ | VM_WRITE,
  write: VM_WRITE,
  execute: VM_EXEC,
};

/** Whether a mapping counts as data: private and writable, and no stack. is_data_mapping(). */
function isData(flags: number): boolean {
  return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) === VM_WRITE;
}
