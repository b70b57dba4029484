/**
 * What the interpreter cannot do by itself: find pages and fill the TLBs, decode, misaligned and
 * page-crossing accesses, CSRs, exact floats. All of it works on the address space in use.
 */
import { instructionLength } from "../isa/mod.ts";
import { EXECUTE, HART, PAGE_SIZE, READ, STRADDLE_BYTES, WRITE } from "../memory/layout.ts";
import { Translator, type TranslatorHost } from "../translator/translator.ts";
import {
  OutOfFrames,
  PageTable,
  type PhysicalMemory,
  type TranslationListener,
} from "../memory/mod.ts";
import { readCsr, writeCsr } from "./csr.ts";
import { DecodedPages } from "./decoded_pages.ts";
import { floatOperation } from "./float_unit.ts";
import { CSR_UPDATES, type InterpreterHost, LOAD_KINDS } from "./generated_code.ts";
import { OPCODE } from "./opcodes.ts";
import { markHot } from "./record.ts";
import { Tlbs } from "./tlb.ts";
import { type Access, ACCESSES, stopCode, type StopReason } from "./stop.ts";

/** Where the counters that a guest can read stand at the beginning of a run. */
export interface TimeSource {
  /** Instructions retired so far: CSRs `cycle` and `instret`. */
  readonly instructions: bigint;
  /** Nanoseconds that passed without instructions; CSR `time` counts 100 ns of both. */
  readonly idle_ns: bigint;
}

/** The interpreter's host on one memory. */
export class MemoryHost implements InterpreterHost, TranslatorHost {
  readonly #memory: PhysicalMemory;
  readonly #decoded: DecodedPages;
  readonly #tlbs: Tlbs;
  #pages: PageTable;
  #time: TimeSource = { instructions: 0n, idle_ns: 0n };
  /** Instructions of the current run that have retired when the current slice ends. */
  #retiredAtSliceEnd = 0;
  /** The memory's count of sharings when the write TLB was last known to be right. */
  #sharingsSeen = 0;
  readonly #translations: TranslationListener = {
    changed: (first, end) => {
      this.#tlbs.dropPages(first, end);
      this.translator.pagesChanged(first, end);
      this.#memory.view.setInt32(HART.refetch, 1, true);
    },
    // The TLBs know nothing of a page that was not there; the translator may have found no code.
    appeared: (page) => this.translator.pagesChanged(page, page + 1),
    allChanged: () => {
      this.#tlbs.dropAll();
      this.translator.dropEntries();
      this.#memory.view.setInt32(HART.refetch, 1, true);
    },
  };
  /** What generated code imports, besides the table of translated functions. */
  readonly imports: WebAssembly.ModuleImports;
  /** The translator of this memory. */
  readonly translator: Translator;

  constructor(readonly memory: PhysicalMemory) {
    this.#memory = memory;
    this.#pages = new PageTable(memory);
    this.#tlbs = new Tlbs(memory);
    this.#decoded = new DecodedPages(memory, () => this.#tlbs.drop("fetch"));
    this.imports = this.#bindImports();
    this.translator = new Translator(this, this.imports);
    memory.onCodeWrite((frame) => this.#codeChanged(frame));
  }

  /** Makes an address space the one that all accesses go to. */
  use(pages: PageTable): void {
    if (pages.memory !== this.#memory) throw new Error("Page table is of another memory");
    this.#memory.view.setInt32(HART.mayShare, Translator.hasTranslations ? 1 : 0, true);
    this.#forgetSharedFrames();
    if (pages === this.#pages) return;
    this.#pages.onChange(undefined);
    this.#pages = pages;
    pages.onChange(this.#translations);
    this.#tlbs.dropAll();
    this.translator.dropEntries();
  }

  /** The address space in use. */
  get pages(): PageTable {
    return this.#pages;
  }

  /** From now on, writes to this frame do not take the fast path unseen. */
  markCode(frame: number): void {
    if (this.#memory.hasDecodedCode(frame)) return;
    this.#memory.markDecoded(frame);
    this.#tlbs.dropWrites(this.#memory.frameAddress(frame));
  }

  executed(address: number): boolean {
    const page = Math.floor(address / PAGE_SIZE);
    if ((this.#pages.permissionsAt(page) & EXECUTE) === 0) return false;
    const record = this.#decoded.find(this.#pages.frameAt(page), address % PAGE_SIZE);
    return record > 0 && this.#memory.view.getUint16(record, true) !== OPCODE.undecoded;
  }

  markHot(address: number): void {
    const page = Math.floor(address / PAGE_SIZE);
    const record = this.#decoded.find(this.#pages.frameAt(page), address % PAGE_SIZE);
    if (record > 0) markHot(this.#memory.view, record);
  }

  /** Tells the counters: where the run began, and what will have retired at the slice's end. */
  setTime(time: TimeSource, retiredAtSliceEnd: number): void {
    this.#time = time;
    this.#retiredAtSliceEnd = retiredAtSliceEnd;
  }

  /** The bits of the instruction at an address that is being executed. */
  instructionBits(pc: bigint): bigint {
    const { view } = this.#memory;
    const low = view.getUint16(this.#locate(pc, "execute"), true);
    if (instructionLength(low) === 2) return BigInt(low);
    const second = this.#locate(pc + 2n, "execute");
    const high = second === 0 ? 0 : view.getUint16(second, true);
    return BigInt(((high << 16) | low) >>> 0);
  }

  decoded(record: number, pc: bigint): void {
    if (this.translator.mayBegin(Number(pc))) markHot(this.#memory.view, record);
  }

  enter(pc: bigint): number {
    return this.translator.enter(pc);
  }

  fetchStraddling(pc: bigint): bigint {
    const first = this.#locate(pc, "execute");
    if (first === 0) return -1n;
    const second = this.#locate(pc + 2n, "execute");
    if (second === 0) return -1n;
    const { view } = this.#memory;
    const word = view.getUint16(first, true) | (view.getUint16(second, true) << 16);
    return BigInt(word >>> 0);
  }

  fetch(pc: bigint): number {
    const place = this.#locate(pc, "execute");
    if (place === 0) return 0;
    const frame = this.#memory.frameOf(place);
    const decoded = this.#decoded.addressFor(frame);
    this.markCode(frame);
    this.#tlbs.enterCode(PageTable.pageOf(pc), decoded);
    return decoded;
  }

  load(address: bigint, kind: number): bigint {
    const name = LOAD_KINDS[kind];
    switch (name) {
      case "load8_s":
        return BigInt.asIntN(8, this.#read(address, 1));
      case "load8_u":
        return this.#read(address, 1);
      case "load16_s":
        return BigInt.asIntN(16, this.#read(address, 2));
      case "load16_u":
        return this.#read(address, 2);
      case "load32_s":
        return BigInt.asIntN(32, this.#read(address, 4));
      case "load32_u":
        return this.#read(address, 4);
      case "load":
        return this.#read(address, 8);
      default:
        throw new RangeError(`No load of kind ${kind}`);
    }
  }

  locate(address: bigint, width: number): number {
    if (pageOffsetOf(address) + width <= PAGE_SIZE) return this.#locate(address, "read");
    const { view } = this.#memory;
    const value = this.#read(address, width);
    if (view.getInt32(HART.stopReason, true) !== 0) return 0;
    view.setBigUint64(STRADDLE_BYTES, value, true);
    return STRADDLE_BYTES;
  }

  store(address: bigint, value: bigint, width: number): number {
    const first = this.#locate(address, "write");
    if (first === 0) return 0;
    const inFirst = Math.min(width, PAGE_SIZE - (first & (PAGE_SIZE - 1)));
    const second = inFirst === width ? 0 : this.#locate(address + BigInt(inFirst), "write");
    if (inFirst < width && second === 0) return 0;
    if (inFirst === width) {
      writeNumber(this.#memory.view, first, value, width);
      return 1;
    }
    const { bytes } = this.#memory;
    for (let i = 0; i < width; i++) {
      const place = i < inFirst ? first + i : second + i - inFirst;
      bytes[place] = Number(BigInt.asUintN(8, value >> BigInt(8 * i)));
    }
    return 1;
  }

  translate(address: bigint, width: number, write: number): number {
    const access = write === 1 ? "write" : "read";
    if (BigInt.asUintN(64, address) % BigInt(width) !== 0n) {
      this.#setStop("misaligned", address, access);
      return 0;
    }
    return this.#locate(address, access);
  }

  csr(number: number, update: number, writes: number, operand: bigint): bigint {
    const { view } = this.#memory;
    const fcsr = view.getUint32(HART.fcsr, true);
    const retired = this.#retiredAtSliceEnd - view.getInt32(HART.budgetLeft, true);
    const old = readCsr(number, fcsr, {
      instructions: this.#time.instructions + BigInt(retired),
      idle_ns: this.#time.idle_ns,
    });
    const changed = old === undefined || writes === 0
      ? fcsr
      : writeCsr(number, fcsr, old, CSR_UPDATES[update] ?? "write", operand);
    if (old === undefined || changed === undefined) {
      this.#setStop("illegal", 0n, "execute");
      return 0n;
    }
    view.setUint32(HART.fcsr, changed, true);
    return old;
  }

  softFloat(
    operation: number,
    roundingMode: number,
    a: bigint,
    b: bigint,
    c: bigint,
  ): bigint {
    const { result, flags } = floatOperation(operation, roundingMode, a, b, c);
    const { view } = this.#memory;
    view.setUint32(HART.fcsr, view.getUint32(HART.fcsr, true) | flags, true);
    return result;
  }

  /** A frame's code is about to change: its page is fetched anew, which marks it as code again. */
  #codeChanged(frame: number): void {
    this.#decoded.erase(frame);
    this.translator.codeChanged(frame);
    this.#tlbs.drop("fetch");
    this.#memory.view.setInt32(HART.refetch, 1, true);
  }

  /** Between two runs, others than the page table may have begun to share frames. */
  #forgetSharedFrames(): void {
    const { sharings } = this.#memory;
    if (sharings === this.#sharingsSeen) return;
    this.#sharingsSeen = sharings;
    this.#tlbs.drop("write");
  }

  #bindImports(): WebAssembly.ModuleImports {
    return {
      memory: this.#memory.wasm,
      // Not bound functions, which V8 calls more slowly from WebAssembly.
      enter: (pc: bigint) => this.enter(pc),
      decoded: (record: number, pc: bigint) => this.decoded(record, pc),
      fetchStraddling: (pc: bigint) => this.fetchStraddling(pc),
      fetch: (pc: bigint) => this.fetch(pc),
      load: (address: bigint, kind: number) => this.load(address, kind),
      locate: (address: bigint, width: number) => this.locate(address, width),
      store: (address: bigint, value: bigint, width: number) => this.store(address, value, width),
      translate: (address: bigint, width: number, write: number) =>
        this.translate(address, width, write),
      csr: (number: number, update: number, writes: number, operand: bigint) =>
        this.csr(number, update, writes, operand),
      softFloat: (operation: number, roundingMode: number, a: bigint, b: bigint, c: bigint) =>
        this.softFloat(operation, roundingMode, a, b, c),
    };
  }

  /** The unsigned value at any address; 0 with the stop set when it faults. */
  #read(address: bigint, width: number): bigint {
    const first = this.#locate(address, "read");
    if (first === 0) return 0n;
    const inFirst = Math.min(width, PAGE_SIZE - (first & (PAGE_SIZE - 1)));
    const second = inFirst === width ? 0 : this.#locate(address + BigInt(inFirst), "read");
    if (inFirst < width && second === 0) return 0n;
    if (inFirst === width) return readNumber(this.#memory.view, first, width);
    const { bytes } = this.#memory;
    let value = 0n;
    for (let i = width - 1; i >= 0; i--) {
      const place = i < inFirst ? first + i : second + i - inFirst;
      value = (value << 8n) | BigInt(bytes[place] ?? 0);
    }
    return value;
  }

  /**
   * The place in linear memory behind a guest address, or 0 with the stop set. A write makes the
   * frame the address space's own first. Reads and writes enter the TLB.
   */
  #locate(address: bigint, access: Access): number {
    const page = PageTable.pageOf(address);
    const frame = page < 0 ? -1 : this.#frameFor(page, access);
    if (frame < 0) {
      const reason = frame === NO_FRAME_LEFT ? "out_of_frames" : "page_fault";
      this.#setStop(reason, address, access);
      return 0;
    }
    const base = this.#memory.frameAddress(frame);
    // Translated code reads through what it found for writing, too.
    const isReadable = (this.#pages.permissionsAt(page) & READ) !== 0;
    if (access !== "execute" && isReadable) this.#tlbs.enterData(access, page, base);
    return base + pageOffsetOf(address);
  }

  #frameFor(page: number, access: Access): number {
    if ((this.#pages.permissionsAt(page) & permissionFor(access)) === 0) return -1;
    if (access !== "write") return this.#pages.frameAt(page);
    try {
      const frame = this.#pages.frameForWriting(page);
      this.#memory.noteCodeWrite(frame);
      return frame;
    } catch (error) {
      if (error instanceof OutOfFrames) return NO_FRAME_LEFT;
      throw error;
    }
  }

  #setStop(reason: StopReason, address: bigint, access: Access): void {
    const { view } = this.#memory;
    view.setInt32(HART.stopReason, stopCode(reason), true);
    view.setInt32(HART.stopAccess, ACCESSES.indexOf(access), true);
    view.setBigUint64(HART.stopAddress, address, true);
  }
}

const NO_FRAME_LEFT = -2;

function permissionFor(access: Access): number {
  switch (access) {
    case "read":
      return READ;
    case "write":
      return WRITE;
    case "execute":
      return EXECUTE;
  }
}

/** Where in its page an address is that may be the user's; as a number, since bigints are slow. */
function pageOffsetOf(address: bigint): number {
  const number = Number(address);
  return number - Math.floor(number / PAGE_SIZE) * PAGE_SIZE;
}

function readNumber(view: DataView, place: number, width: number): bigint {
  switch (width) {
    case 8:
      return view.getBigUint64(place, true);
    case 4:
      return BigInt(view.getUint32(place, true));
    case 2:
      return BigInt(view.getUint16(place, true));
    default:
      return BigInt(view.getUint8(place));
  }
}

function writeNumber(view: DataView, place: number, value: bigint, width: number): void {
  if (width === 8) return view.setBigUint64(place, value, true);
  const low = Number(BigInt.asUintN(32, value));
  if (width === 4) view.setUint32(place, low, true);
  else if (width === 2) view.setUint16(place, low, true);
  else view.setUint8(place, low);
}
