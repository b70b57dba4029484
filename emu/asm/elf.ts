/**
 * Static ELF64 executables for RISC-V.
 *
 * ```text
 * 0      file header (64 bytes)
 * 64     program headers (56 bytes each): one per segment, and PT_GNU_STACK
 * 4096   segments, each at a multiple of 4096
 *        symbol table (24 bytes a symbol), its names, the sections' names
 *        section headers (64 bytes each): null, the sections, .symtab, .strtab, .shstrtab
 * ```
 *
 * Source: System V ABI, chapter 4 (ELF-64), and the RISC-V ELF psABI.
 */
import type { AssembledSection, AssembledSymbol, Assembly } from "./assembler.ts";
import type { SectionName } from "./section.ts";

const PAGE_SIZE = 4096;
const HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const SECTION_HEADER_SIZE = 64;
const SYMBOL_SIZE = 24;

const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const EV_CURRENT = 1;
const ET_EXEC = 2;
const EM_RISCV = 243;
const EF_RISCV_RVC = 1;
const EF_RISCV_FLOAT_ABI_DOUBLE = 4;

const PT_LOAD = 1;
const PT_GNU_STACK = 0x6474e551;
const PF_X = 1;
const PF_W = 2;
const PF_R = 4;

const SHT_PROGBITS = 1;
const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;
const SHT_NOBITS = 8;
const SHF_WRITE = 1;
const SHF_ALLOC = 2;
const SHF_EXECINSTR = 4;
const SHN_ABS = 0xfff1;
const STB_GLOBAL = 1;

/** What a section of each name is. */
const KINDS: Readonly<Record<SectionName, { type: number; flags: number; segment: number }>> = {
  ".text": { type: SHT_PROGBITS, flags: SHF_ALLOC | SHF_EXECINSTR, segment: PF_R | PF_X },
  ".rodata": { type: SHT_PROGBITS, flags: SHF_ALLOC, segment: PF_R },
  ".data": { type: SHT_PROGBITS, flags: SHF_ALLOC | SHF_WRITE, segment: PF_R | PF_W },
  ".bss": { type: SHT_NOBITS, flags: SHF_ALLOC | SHF_WRITE, segment: PF_R | PF_W },
};

interface Segment {
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly sections: readonly AssembledSection[];
}

interface SectionHeader {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  /** For a symbol table: the index of the first global symbol. */
  readonly info: number;
  readonly alignment: number;
  readonly entrySize: number;
}

/** The bytes of an executable file. */
export function writeElf({ sections, symbolTable }: Assembly, entry: bigint): Uint8Array {
  const segments = segmentsOf([...sections.values()]);
  const loaded = segments.reduce(
    (end, { offset, fileSize }) => Math.max(end, offset + fileSize),
    0,
  );
  const headers = segments.flatMap(sectionHeaders);
  const symbols = symbolSection(symbolTable, headers.map(({ name }) => name));
  const names = new StringTable();
  const tail: { header: SectionHeader; bytes: Uint8Array }[] = [];
  let end = roundUp(loaded, 8);
  const append = (header: SectionHeader, bytes: Uint8Array) => {
    tail.push({ header: { ...header, offset: end, size: bytes.length }, bytes });
    end = roundUp(end + bytes.length, 8);
  };
  append({
    ...tableHeader(".symtab", SHT_SYMTAB),
    link: headers.length + 2,
    info: symbols.firstGlobal,
    entrySize: SYMBOL_SIZE,
  }, symbols.bytes);
  append(tableHeader(".strtab", SHT_STRTAB), symbols.names);
  const shown = [...headers, ...tail.map(({ header }) => header)];
  const nameOffsets = [...shown.map(({ name }) => name), ".shstrtab"].map((n) => names.add(n));
  append(tableHeader(".shstrtab", SHT_STRTAB), names.bytes());
  const all = [...headers, ...tail.map(({ header }) => header)];

  const file = new Uint8Array(end + (all.length + 1) * SECTION_HEADER_SIZE);
  const view = new DataView(file.buffer);
  writeFileHeader(view, entry, segments.length + 1, end, all.length + 1);
  segments.forEach((segment, index) => {
    writeProgramHeader(view, index, PT_LOAD, segment);
    for (const { bytes, address } of segment.sections) {
      file.set(bytes, segment.offset + address - segment.address);
    }
  });
  writeProgramHeader(view, segments.length, PT_GNU_STACK, { flags: PF_R | PF_W });
  for (const { header, bytes } of tail) file.set(bytes, header.offset);
  all.forEach((header, index) => {
    const at = end + (index + 1) * SECTION_HEADER_SIZE;
    writeSectionHeader(view, at, header, nameOffsets[index] ?? 0);
  });
  return file;
}

/** One segment for code, one for constants, and one for `.data` and `.bss` together. */
function segmentsOf(sections: readonly AssembledSection[]): Segment[] {
  const segments: Segment[] = [];
  let offset = PAGE_SIZE;
  for (const flags of [PF_R | PF_X, PF_R, PF_R | PF_W]) {
    const members = sections.filter(({ name }) => KINDS[name].segment === flags);
    const [first] = members;
    const last = members.at(-1);
    if (first === undefined || last === undefined) continue;
    const address = first.address - first.address % PAGE_SIZE;
    const fileEnd = members.reduce(
      (end, section) => section.bytes.length > 0 ? section.address + section.size : end,
      address,
    );
    const [fileSize, memorySize] = [fileEnd - address, last.address + last.size - address];
    segments.push({ flags, address, offset, fileSize, memorySize, sections: members });
    offset = roundUp(offset + fileSize, PAGE_SIZE);
  }
  return segments;
}

function sectionHeaders({ sections, address, offset }: Segment): SectionHeader[] {
  return sections.map((section) => ({
    ...tableHeader(section.name, KINDS[section.name].type),
    flags: KINDS[section.name].flags,
    address: section.address,
    offset: offset + section.address - address,
    size: section.size,
    alignment: section.alignment,
  }));
}

/** The header of a section that is not loaded. */
function tableHeader(name: string, type: number): SectionHeader {
  const nothing = { flags: 0, address: 0, offset: 0, size: 0, link: 0, info: 0, entrySize: 0 };
  return { ...nothing, name, type, alignment: type === SHT_SYMTAB ? 8 : 1 };
}

/** Names one after the other, each with a zero behind it. */
class StringTable {
  readonly #bytes: number[] = [0];

  add(name: string): number {
    const at = this.#bytes.length;
    this.#bytes.push(...new TextEncoder().encode(name), 0);
    return at;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** The symbol table: local symbols come first, as ELF wants it; those in `.L…` are left out. */
function symbolSection(all: readonly AssembledSymbol[], sections: readonly string[]) {
  const names = new StringTable();
  const symbols = all.filter(({ name }) => !name.startsWith(".L"));
  const locals = symbols.filter(({ isGlobal }) => !isGlobal);
  const sorted = [...locals, ...symbols.filter(({ isGlobal }) => isGlobal)];
  const bytes = new Uint8Array((sorted.length + 1) * SYMBOL_SIZE);
  const view = new DataView(bytes.buffer);
  sorted.forEach(({ name, value, section, isGlobal }, index) => {
    const at = (index + 1) * SYMBOL_SIZE;
    const known = section === undefined ? -1 : sections.indexOf(section);
    view.setUint32(at, names.add(name), true);
    view.setUint8(at + 4, (isGlobal ? STB_GLOBAL : 0) << 4);
    view.setUint16(at + 6, known < 0 ? SHN_ABS : known + 1, true);
    view.setBigUint64(at + 8, value, true);
  });
  return { bytes, names: names.bytes(), firstGlobal: locals.length + 1 };
}

function writeFileHeader(
  view: DataView,
  entry: bigint,
  programHeaders: number,
  sectionHeadersAt: number,
  sectionCount: number,
): void {
  const identity = [0x7f, 0x45, 0x4c, 0x46, ELFCLASS64, ELFDATA2LSB, EV_CURRENT];
  identity.forEach((byte, index) => view.setUint8(index, byte));
  view.setUint16(16, ET_EXEC, true);
  view.setUint16(18, EM_RISCV, true);
  view.setUint32(20, EV_CURRENT, true);
  view.setBigUint64(24, entry, true);
  view.setBigUint64(32, BigInt(HEADER_SIZE), true);
  view.setBigUint64(40, BigInt(sectionHeadersAt), true);
  view.setUint32(48, EF_RISCV_RVC | EF_RISCV_FLOAT_ABI_DOUBLE, true);
  view.setUint16(52, HEADER_SIZE, true);
  view.setUint16(54, PROGRAM_HEADER_SIZE, true);
  view.setUint16(56, programHeaders, true);
  view.setUint16(58, SECTION_HEADER_SIZE, true);
  view.setUint16(60, sectionCount, true);
  view.setUint16(62, sectionCount - 1, true);
}

function writeProgramHeader(
  view: DataView,
  index: number,
  type: number,
  { flags, offset = 0, address = 0, fileSize = 0, memorySize = 0 }:
    & Pick<Segment, "flags">
    & Partial<Segment>,
): void {
  const at = HEADER_SIZE + index * PROGRAM_HEADER_SIZE;
  view.setUint32(at, type, true);
  view.setUint32(at + 4, flags, true);
  view.setBigUint64(at + 8, BigInt(offset), true);
  view.setBigUint64(at + 16, BigInt(address), true); // virtual
  view.setBigUint64(at + 24, BigInt(address), true); // physical
  view.setBigUint64(at + 32, BigInt(fileSize), true);
  view.setBigUint64(at + 40, BigInt(memorySize), true);
  view.setBigUint64(at + 48, BigInt(type === PT_LOAD ? PAGE_SIZE : 16), true);
}

function writeSectionHeader(
  view: DataView,
  at: number,
  header: SectionHeader,
  nameOffset: number,
): void {
  view.setUint32(at, nameOffset, true);
  view.setUint32(at + 4, header.type, true);
  view.setBigUint64(at + 8, BigInt(header.flags), true);
  view.setBigUint64(at + 16, BigInt(header.address), true);
  view.setBigUint64(at + 24, BigInt(header.offset), true);
  view.setBigUint64(at + 32, BigInt(header.size), true);
  view.setUint32(at + 40, header.link, true);
  view.setUint32(at + 44, header.info, true);
  view.setBigUint64(at + 48, BigInt(header.alignment), true);
  view.setBigUint64(at + 56, BigInt(header.entrySize), true);
}

const roundUp = (value: number, to: number): number => Math.ceil(value / to) * to;
