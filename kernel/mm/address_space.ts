/**
 * The memory of a process: its VMAs, the page table under them, and the marks that tell code, data, heap,
 * stack, arguments and environment apart. Linux's `mm_struct`, whose field names it keeps.
 *
 * Pages come when they are touched. A page of anonymous memory that is only read is the machine's one
 * zero frame; a page of a private file mapping is the frame of the file's own cache. Both are mapped
 * with the VMA's full rights, because the page table copies a shared frame at the first write.
 *
 * A page of a shared mapping is the frame of the file's cache too, and is written in place; shared memory
 * without a file is a file without a name (fs/memory_file.ts). It is mapped for reading until somebody
 * writes to it. Files tell the address space when pages that it shows get other frames, or go.
 *
 * Source: `mm/{mmap,memory}.c`, `arch/riscv/mm/fault.c`.
 */

import {
  type Access,
  OutOfFrames,
  PAGE_SIZE,
  PageTable,
  type PhysicalMemory,
  WRITE,
} from "../../emu/mod.ts";
import { EAGAIN, ENOMEM, SystemError } from "../abi/errno.ts";
import {
  MAX_MAP_COUNT,
  MMAP_MIN_ADDR,
  VM_ACCESS_FLAGS,
  VM_DONTCOPY,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_MAYWRITE,
  VM_NORESERVE,
  VM_READ,
  VM_SHARED,
  VM_WIPEONFORK,
  VM_WRITE,
} from "../abi/mman.ts";
import { RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK } from "../abi/resource.ts";
import type { Cloning } from "../fs/cloning.ts";
import type { FileMapper, PageRange } from "../fs/file_mapper.ts";
import type { RegularInode } from "../fs/inode.ts";
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

/** A place in memory that others share: the same pair for all who map it. */
export interface SharedPlace {
  /** The file, named or not. */
  readonly object: RegularInode;
  /** Bytes from its beginning. */
  readonly offset: number;
}

/** The memory of one process. */
export class AddressSpace implements FileMapper {
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
  /** VM_LOCKED and VM_LOCKONFAULT, which mappings to come begin with: MCL_FUTURE. */
  def_flags = 0;
  /** MEMBARRIER_CMD_REGISTER_*: for which barriers its process has registered. */
  barriers = 0;
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

  /** Mappings and page tables: what a fork copies, besides pages. */
  get weight(): number {
    return this.vmas.length + this.pageTable.leaves;
  }

  /** Another task begins to use it. */
  retain(): void {
    this.#users++;
  }

  /** A task stops using it; the last one gives all frames and files back. */
  release(): void {
    if (--this.#users > 0) return;
    for (const { object } of this.vmas) object?.mappers.delete(this);
    // First, so that no page is left to be forgotten when files go.
    this.pageTable.dispose();
    this.vmas.remove([...this.vmas]);
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
   * Brings in every page of [start, end) that can be, as a read would, or a write where a private mapping
   * allows it. Answers whether all are there.
   */
  populate(start: number, end: number): boolean {
    let isAll = true;
    for (const vma of this.vmas.within(start, end)) {
      const writes = (vma.flags & (VM_WRITE | VM_SHARED)) === VM_WRITE;
      const [from, to] = [Math.max(vma.start, start), Math.min(vma.end, end)];
      const fault = this.touch(from, to, writes ? "write" : "read");
      if (fault === "out_of_frames") return false;
      isAll &&= fault === null;
    }
    return isAll;
  }

  /**
   * Brings in the pages of [start, end) for one kind of access, until one cannot be had: answers why,
   * or `null` when all are there.
   */
  touch(start: number, end: number, access: Access): Fault | "out_of_frames" | null {
    // More pages than frames exist cannot be there at once, whatever length a program claims.
    if ((end - start) / PAGE_SIZE > this.memory.framesMax) return "out_of_frames";
    const needed = access === "write" ? WRITE : 0;
    try {
      for (let at = start; at < end; at += PAGE_SIZE) {
        const page = pageOf(at);
        const isThere = this.pageTable.frameAt(page) >= 0 &&
          (this.pageTable.permissionsAt(page) & needed) === needed;
        const fault = isThere ? null : this.fault(at, access);
        if (fault !== null) return fault;
        // A write makes the frame this address space's own.
        if (access === "write") this.pageTable.frameForWriting(page);
      }
    } catch (error) {
      if (error instanceof OutOfFrames) return "out_of_frames";
      throw error;
    }
    return null;
  }

  /** Adds a mapping where nothing is, and unites it with its neighbours where it can. */
  insert(vma: Vma): void {
    vma.object?.mappers.add(this);
    this.vmas.insert(vma);
  }

  /** Adds a mapping where nothing is, as it is: for one that was saved or copied. */
  insertExactly(vma: Vma): void {
    vma.object?.mappers.add(this);
    this.vmas.insertExactly(vma);
  }

  /**
   * What is behind an address for all who share it: the file and the place in it. `null` for memory that
   * belongs to this address space alone, and where nothing is mapped.
   */
  sharedPlace(address: number): SharedPlace | null {
    const vma = this.vmas.lookup(address);
    if (vma === undefined || !vma.isShared || vma.object === null) return null;
    const offset = vma.pageOffset * PAGE_SIZE + address - vma.start;
    return { object: vma.object, offset };
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
   * Makes sure that `bytes` more with the given VM_* flags, in place of `replaced` bytes, are within
   * RLIMIT_AS and RLIMIT_DATA and that there may be another VMA: may_expand_vm(). Throws
   * SystemError(ENOMEM).
   */
  requireRoom(bytes: number, flags: number, replaced = 0): void {
    const most = this.limits.soft(RLIMIT_AS);
    if (this.vmas.length > MAX_MAP_COUNT) throw new SystemError(ENOMEM);
    if (most !== Infinity && this.vmas.totalBytes() + bytes - replaced > most) {
      throw new SystemError(ENOMEM);
    }
    this.requireDataRoom(bytes, flags);
  }

  /** The part of {@link requireRoom} that RLIMIT_DATA bounds. Throws SystemError(ENOMEM). */
  requireDataRoom(bytes: number, flags: number): void {
    const mostData = this.limits.soft(RLIMIT_DATA);
    if (mostData === Infinity || !isData(flags)) return;
    let data = bytes;
    for (const vma of this.vmas) if (isData(vma.flags)) data += vma.length;
    if (data > mostData) throw new SystemError(ENOMEM);
  }

  /**
   * Refuses an obvious over-commitment: more memory at once, to be had by writing, than the machine has.
   * Source: __vm_enough_memory() in mode OVERCOMMIT_GUESS. Throws SystemError(ENOMEM).
   */
  requireCommittable(bytes: number, flags: number): void {
    const isCounted = (flags & (VM_WRITE | VM_SHARED | VM_NORESERVE)) === VM_WRITE;
    if (isCounted && bytes / PAGE_SIZE > this.memory.framesMax) throw new SystemError(ENOMEM);
  }

  /** Bytes that are locked: locked_vm. */
  lockedBytes(): number {
    let total = 0;
    for (const vma of this.vmas) if ((vma.flags & VM_LOCKED) !== 0) total += vma.length;
    return total;
  }

  /** Throws SystemError(EAGAIN) when with `bytes` more, more than `lockMax` bytes would be locked. */
  requireLockable(bytes: number, lockMax: number): void {
    if (lockMax !== Infinity && this.lockedBytes() + bytes > lockMax) {
      throw new SystemError(EAGAIN);
    }
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
    this.#remove(gone);
  }

  /** Forgets the pages of [start, end), which come anew when they are touched. */
  zap(start: number, end: number): void {
    this.pageTable.unmapRange(pageOf(start), pageOf(end));
  }

  forgetFilePages(file: RegularInode, { first, end, evenCopies }: PageRange): void {
    for (const vma of this.vmas) {
      if (vma.object !== file) continue;
      const shift = pageOf(vma.start) - vma.pageOffset;
      const from = Math.max(pageOf(vma.start), first + shift);
      const to = Math.min(pageOf(vma.end), end + shift);
      for (const page of to > from ? this.pageTable.presentPages(from, to) : []) {
        const isCopy = !vma.isShared &&
          this.pageTable.frameAt(page) !== file.shownFrame(page - shift);
        if (evenCopies || !isCopy) this.pageTable.unmap(page);
      }
    }
  }

  mappingsOf(file: RegularInode): number {
    return this.vmas.all.filter(({ object }) => object === file).length;
  }

  mayWriteShared(file: RegularInode): boolean {
    return this.vmas.all.some((vma) =>
      vma.object === file && vma.isShared && (vma.flags & (VM_WRITE | VM_MAYWRITE)) !== 0
    );
  }

  /** Gives the present pages of a VMA the rights that its flags now say. */
  applyProtection(vma: Vma): void {
    const permissions = vma.isShared ? vma.sharedPermissions(false) : vma.permissions;
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
    const { object } = vma;
    return object === null ? -1 : frameOrNone(() => object.pageFrame(index));
  }

  /**
   * The memory of a child that is forked: frames are shared until one of the two writes. `limits` are the
   * child's.
   */
  fork(limits: Limits): AddressSpace {
    const fork = new AddressSpace(this.memory, limits, this.pageTable.fork());
    for (const vma of this.vmas) fork.insertExactly(vma.fork());
    this.#copyMarks(fork);
    fork.barriers = this.barriers;
    fork.exe_file = this.exe_file?.retain() ?? null;
    // MADV_DONTFORK, MADV_WIPEONFORK: the page table has the pages for a moment.
    for (const vma of [...fork.vmas]) {
      if ((vma.flags & VM_DONTCOPY) !== 0) fork.unmap(vma.start, vma.end);
      else if ((vma.flags & VM_WIPEONFORK) !== 0) fork.zap(vma.start, vma.end);
    }
    return fork;
  }

  /** The same memory for a machine's clone; frames are shared until one side writes. */
  clone(cloning: Cloning): AddressSpace {
    return cloning.once(this, () => {
      const limits = cloning.once(this.limits, () => this.limits.clone());
      // Of a file's pages each machine has its own from here on. They come anew when they are touched.
      for (const vma of this.vmas) if (vma.isShared) this.zap(vma.start, vma.end);
      const clone = new AddressSpace(this.memory, limits, this.pageTable.fork());
      for (const vma of this.vmas) clone.insertExactly(vma.clone(cloning));
      this.#copyMarks(clone);
      clone.def_flags = this.def_flags;
      clone.barriers = this.barriers;
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
    const { object } = vma;
    if (vma.isShared && object !== null) return this.#bringInShared(vma, object, page, access);
    if (pageTable.frameAt(page) >= 0) {
      // The VMA allows the access, so the page table does: the engine had no reason to ask.
      throw new Error(`Page ${page} is present and allows ${access}, yet it faulted`);
    }
    pageTable.requireRoom(page);
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

  #bringInShared(vma: Vma, object: RegularInode, page: number, access: Access): Fault | null {
    const write = access === "write";
    this.pageTable.requireRoom(page);
    const index = vma.sourcePage(page * PAGE_SIZE);
    const frame = frameOrNone(() => object.sharedFrame(index, write));
    if (frame < 0) return NO_DATA;
    this.memory.retainFrame(frame);
    this.pageTable.map(page, frame, vma.sharedPermissions(write));
    return null;
  }

  /** Takes VMAs out, neighbours whose pages are gone. */
  #remove(vmas: readonly Vma[]): void {
    const objects = new Set(vmas.flatMap(({ object }) => object ?? []));
    this.vmas.remove(vmas);
    for (const { object } of objects.size === 0 ? [] : this.vmas) {
      if (object !== null) objects.delete(object);
    }
    for (const object of objects) object.mappers.delete(this);
  }
}

/** The frame of a file's page; -1 when it cannot be had. Throws OutOfFrames. */
function frameOrNone(frame: () => number): number {
  try {
    return frame();
  } catch (error) {
    if (error instanceof SystemError) return -1;
    throw error;
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
