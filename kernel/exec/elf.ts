/**
 * Reading ELF executables: what execve(2) needs of the header and the program headers, with every number
 * checked before anything is mapped.
 *
 * ```
 * Elf64_Ehdr (64)                          Elf64_Phdr (56)
 *  0 e_ident   magic, class, data, …        0 p_type   u32     32 p_filesz u64
 * 16 e_type    u16    40 e_shoff  u64       4 p_flags  u32     40 p_memsz  u64
 * 18 e_machine u16    48 e_flags  u32       8 p_offset u64     48 p_align  u64
 * 20 e_version u32    52 e_ehsize u16      16 p_vaddr  u64
 * 24 e_entry   u64    54 e_phentsize u16   24 p_paddr  u64
 * 32 e_phoff   u64    56 e_phnum  u16
 * ```
 *
 * Source: elf(5), `fs/binfmt_elf.c`. Linux is laxer in places (it lets one segment overwrite another);
 * a file that cannot be meant is refused here, with a reason.
 */

import { ENOEXEC, SystemError } from "../abi/errno.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { decodeBytes } from "../fs/byte_string.ts";
import { pageCeil, pageFloor, TASK_SIZE } from "../mm/layout.ts";

/** Bytes of the header at the beginning of the file. */
const ELF_HEADER_BYTES = 64;
/** Bytes of one program header. */
export const PROGRAM_HEADER_BYTES = 56;
/** The most program headers that Linux reads: 64 KiB of them. */
const PROGRAM_HEADERS_MAX = Math.floor(65536 / PROGRAM_HEADER_BYTES);
/** The longest path of an interpreter, with its NUL: PATH_MAX. */
const INTERPRETER_BYTES_MAX = 4096;

const MAGIC = [0x7f, 0x45, 0x4c, 0x46];
const EI_CLASS = 4;
const EI_DATA = 5;
const EI_VERSION = 6;
const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const EV_CURRENT = 1;
const ET_EXEC = 2;
const ET_DYN = 3;
const EM_RISCV = 243;
const PT_LOAD = 1;
const PT_INTERP = 3;
const PT_PHDR = 6;
const PT_GNU_STACK = 0x6474e551;
/** Program header flags: execute, write, read. */
const PF_X = 1;
const PF_W = 2;
const PF_R = 4;

const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [0, "no type"],
  [1, "a relocatable object"],
  [4, "a core dump"],
]);
const MACHINE_NAMES: ReadonlyMap<number, string> = new Map([
  [3, "i386"],
  [8, "MIPS"],
  [20, "PowerPC"],
  [21, "PowerPC64"],
  [22, "S/390"],
  [40, "ARM"],
  [62, "x86-64"],
  [183, "AArch64"],
  [258, "LoongArch"],
]);

/** A file that cannot be executed, with the reason as half a sentence for people. */
export class ExecError extends SystemError {
  /** Such as `"it is for x86-64, not for RISC-V"`. */
  readonly reason: string;

  /** Usually ENOEXEC; `reason` is the half sentence. */
  constructor(errno: number, reason: string) {
    super(errno, `Cannot execute: ${reason}`);
    this.reason = reason;
  }
}

/** A PT_LOAD segment. Addresses are as in the file, before any bias. */
export interface Segment {
  /** Where it begins in memory; any byte. */
  readonly address: number;
  /** Bytes in memory, the zero-filled tail included. */
  readonly memorySize: number;
  /** Where it begins in the file, congruent to `address` modulo 4096. */
  readonly offset: number;
  /** Bytes in the file, 0 … memorySize. */
  readonly fileSize: number;
  /** PROT_* bits. */
  readonly protection: number;
}

/** A checked executable. */
export interface Elf {
  /** Whether it runs only where it was linked to (ET_EXEC); otherwise anywhere (ET_DYN). */
  readonly isFixed: boolean;
  /** Entry point, before any bias. */
  readonly entry: number;
  /** Its PT_LOAD segments, ascending, without overlap; at least one. */
  readonly segments: readonly Segment[];
  /** Where the program headers are in memory, before any bias; 0 when they are not loaded. */
  readonly programHeaders: number;
  /** Number of program headers. */
  readonly programHeaderCount: number;
  /** Path of the dynamic linker, or `null`. */
  readonly interpreter: string | null;
  /** Whether PT_GNU_STACK asks for an executable stack. */
  readonly executableStack: boolean;
  /** The largest alignment that a segment asks for, in bytes; a power of two, at least 4096. */
  readonly alignment: number;
}

/** Reads bytes of the file; fewer come back at its end. */
export type ReadFile = (offset: number, length: number) => Uint8Array;

/**
 * Reads and checks the headers of an executable. Throws ExecError(ENOEXEC) with the reason.
 *
 * @param fileSize Bytes of the file, against which every offset is checked.
 */
export function parseElf(read: ReadFile, fileSize: number): Elf {
  const header = read(0, ELF_HEADER_BYTES);
  checkIdentification(header);
  const view = viewOf(header);
  const type = view.getUint16(16, true);
  const machine = view.getUint16(18, true);
  if (machine !== EM_RISCV) {
    refuse(`it is for ${MACHINE_NAMES.get(machine) ?? `machine ${machine}`}, not for RISC-V`);
  }
  if (type !== ET_EXEC && type !== ET_DYN) {
    refuse(`it is ${TYPE_NAMES.get(type) ?? `an ELF file of type ${type}`}, not an executable`);
  }
  const headers = readProgramHeaders(read, fileSize, view);
  const segments = headers.filter(({ type }) => type === PT_LOAD).map(toSegment)
    .filter(({ memorySize }) => memorySize > 0);
  checkOrder(segments);
  return {
    isFixed: type === ET_EXEC,
    entry: addressIn(view.getBigUint64(24, true), "the entry point"),
    segments,
    programHeaders: loadedAt(Number(view.getBigUint64(32, true)), headers, segments),
    programHeaderCount: headers.length,
    interpreter: readInterpreter(read, headers),
    executableStack: headers.some(({ type, flags }) =>
      type === PT_GNU_STACK && (flags & PF_X) !== 0
    ),
    alignment: headers.reduce(
      (most, { type, alignment }) =>
        type === PT_LOAD && isPowerOfTwo(alignment) ? Math.max(most, alignment) : most,
      PAGE_SIZE,
    ),
  };
}

/** The lowest page and the first page boundary behind all segments, before any bias. */
export function extentOf({ segments }: Elf): { readonly start: number; readonly end: number } {
  const first = segments[0];
  const last = segments.at(-1);
  if (first === undefined || last === undefined) throw new Error("A checked ELF has segments");
  return { start: pageFloor(first.address), end: pageCeil(last.address + last.memorySize) };
}

interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly alignment: number;
}

function checkIdentification(header: Uint8Array): void {
  if (header.length === 0) refuse("it is empty");
  if (!MAGIC.every((byte, i) => header[i] === byte)) refuse("it is not an ELF file");
  if (header.length < ELF_HEADER_BYTES) {
    refuse(`its ELF header is cut off after ${header.length} of ${ELF_HEADER_BYTES} bytes`);
  }
  if (header[EI_CLASS] !== ELFCLASS64) refuse("it is not a 64-bit ELF file");
  if (header[EI_DATA] !== ELFDATA2LSB) refuse("it is not little-endian");
  if (header[EI_VERSION] !== EV_CURRENT) {
    refuse(`it has the unknown ELF version ${header[EI_VERSION]}`);
  }
}

function readProgramHeaders(
  read: ReadFile,
  fileSize: number,
  header: DataView,
): readonly ProgramHeader[] {
  const offset = header.getBigUint64(32, true);
  const entrySize = header.getUint16(54, true);
  const count = header.getUint16(56, true);
  if (entrySize !== PROGRAM_HEADER_BYTES) {
    refuse(`its program headers have ${entrySize} bytes each, not ${PROGRAM_HEADER_BYTES}`);
  }
  if (count === 0) refuse("it has no program headers");
  if (count > PROGRAM_HEADERS_MAX) refuse(`it has too many program headers: ${count}`);
  const length = count * PROGRAM_HEADER_BYTES;
  if (offset + BigInt(length) > BigInt(fileSize)) {
    refuse("its program headers lie behind the end of the file");
  }
  const view = viewOf(read(Number(offset), length));
  // A file that has become shorter since its size was asked.
  if (view.byteLength < length) refuse("its program headers are cut off");
  return Array.from(
    { length: count },
    (_, i) => readProgramHeader(view, i * PROGRAM_HEADER_BYTES, fileSize),
  );
}

function readProgramHeader(view: DataView, at: number, fileSize: number): ProgramHeader {
  const type = view.getUint32(at, true);
  const word = (offset: number) => view.getBigUint64(at + offset, true);
  const isRead = type === PT_LOAD || type === PT_INTERP;
  if (isRead && word(8) + word(32) > BigInt(fileSize)) {
    refuse(`a segment lies behind the end of the file (bytes ${word(8)} to ${word(8) + word(32)})`);
  }
  return {
    type,
    flags: view.getUint32(at + 4, true),
    offset: Number(word(8)),
    address: Number(word(16)),
    fileSize: Number(word(32)),
    memorySize: Number(word(40)),
    alignment: Number(word(48)),
  };
}

function toSegment(header: ProgramHeader): Segment {
  const { flags, offset, address, fileSize, memorySize } = header;
  if (fileSize > memorySize) {
    refuse(`a segment has more bytes in the file (${fileSize}) than in memory (${memorySize})`);
  }
  if (address + memorySize > TASK_SIZE) {
    refuse(`a segment ends at 0x${(address + memorySize).toString(16)}, outside the address space`);
  }
  if (address % PAGE_SIZE !== offset % PAGE_SIZE) {
    refuse(
      `a segment's address 0x${address.toString(16)} and file offset 0x${offset.toString(16)} ` +
        "lie differently within a page",
    );
  }
  // PF_X, PF_W, PF_R are PROT_EXEC, PROT_WRITE, PROT_READ in the other order.
  const protection = ((flags & PF_R) !== 0 ? 1 : 0) | ((flags & PF_W) !== 0 ? 2 : 0) |
    ((flags & PF_X) !== 0 ? 4 : 0);
  return { address, memorySize, offset, fileSize, protection };
}

function checkOrder(segments: readonly Segment[]): void {
  if (segments.length === 0) refuse("it has nothing to load");
  for (const [i, segment] of segments.entries()) {
    const before = segments[i - 1];
    if (before === undefined) continue;
    if (segment.address < before.address) refuse("its segments are not in ascending order");
    if (segment.address < before.address + before.memorySize) refuse("its segments overlap");
  }
}

/** Where file offset `offset` of the program headers is in memory: PT_PHDR, or the segment that holds it. */
function loadedAt(
  offset: number,
  headers: readonly ProgramHeader[],
  segments: readonly Segment[],
): number {
  const own = headers.find(({ type }) => type === PT_PHDR);
  if (own !== undefined) return own.address;
  const holder = segments.find((segment) =>
    segment.offset <= offset && offset < segment.offset + segment.fileSize
  );
  return holder === undefined ? 0 : holder.address + (offset - holder.offset);
}

function readInterpreter(read: ReadFile, headers: readonly ProgramHeader[]): string | null {
  const header = headers.find(({ type }) => type === PT_INTERP);
  if (header === undefined) return null;
  if (header.fileSize < 2 || header.fileSize > INTERPRETER_BYTES_MAX) {
    refuse(`its interpreter's name has ${header.fileSize} bytes`);
  }
  const bytes = read(header.offset, header.fileSize);
  if (bytes.at(-1) !== 0) refuse("its interpreter's name does not end");
  return decodeBytes(bytes.subarray(0, bytes.indexOf(0)));
}

function addressIn(address: bigint, what: string): number {
  if (address >= BigInt(TASK_SIZE)) {
    refuse(`${what} 0x${address.toString(16)} is outside the address space`);
  }
  return Number(address);
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function refuse(reason: string): never {
  throw new ExecError(ENOEXEC, reason);
}
