/** A guest without an operating system: an address space, registers, and code to run. */
import {
  EXECUTE,
  Hart,
  PAGE_SIZE,
  PageTable,
  PhysicalMemory,
  READ,
  Registers,
  type Stop,
  WRITE,
} from "../mod.ts";
import { wordBytes } from "./encode.ts";

/** Where {@linkcode Guest} puts code unless told otherwise. */
export const CODE = 0x10000;
/** Two pages of data that may be read and written; the page behind them is not there. */
export const DATA = 0x20000;

/** Permissions for code that changes itself. */
export const ALL = READ | WRITE | EXECUTE;

/** An address space with a hart's registers. */
export class Guest {
  readonly memory: PhysicalMemory;
  readonly pages: PageTable;
  readonly registers = new Registers();
  /** Instructions retired in all runs. */
  instructions = 0n;
  /** Virtual nanoseconds spent idle. */
  idle_ns = 0n;

  /**
   * A guest with `code` at {@linkcode CODE}, about to be executed, and two pages at
   * {@linkcode DATA}.
   *
   * @param options `memory`: where its frames are from, and whose hart runs it; by default its own.
   */
  constructor(code: readonly number[] = [], options: { memory?: PhysicalMemory } = {}) {
    this.memory = options.memory ?? new PhysicalMemory();
    this.pages = new PageTable(this.memory);
    this.map(CODE, READ | EXECUTE, wordBytes(code));
    this.map(DATA, READ | WRITE, new Uint8Array(2 * PAGE_SIZE));
    this.registers.pc = BigInt(CODE);
  }

  /** Maps fresh frames from a page's address on, at least one, and fills them. */
  map(address: number, permissions: number, bytes: Uint8Array = new Uint8Array()): void {
    const count = Math.max(1, Math.ceil(bytes.length / PAGE_SIZE));
    for (let i = 0; i < count; i++) {
      const frame = this.memory.allocateFrame();
      this.memory.writeFrame(frame, 0, bytes.subarray(i * PAGE_SIZE, (i + 1) * PAGE_SIZE));
      this.pages.map(address / PAGE_SIZE + i, frame, permissions);
    }
  }

  /** Writes words of code, as a kernel would: whatever the permissions. */
  writeCode(address: number, words: readonly number[]): void {
    this.write(address, wordBytes(words));
  }

  /** Writes bytes whatever the permissions. */
  write(address: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const offset = (address + done) % PAGE_SIZE;
      const frame = this.pages.frameForWriting(Math.floor((address + done) / PAGE_SIZE));
      const part = bytes.subarray(done, done + PAGE_SIZE - offset);
      this.memory.writeFrame(frame, offset, part);
      done += part.length;
    }
  }

  /** Writes a 64-bit number, little-endian. */
  writeU64(address: number, value: bigint): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    this.write(address, bytes);
  }

  /** A copy of bytes, whatever the permissions. */
  read(address: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const at = address + done;
      const frame = this.pages.frameAt(Math.floor(at / PAGE_SIZE));
      if (frame < 0) throw new Error(`Nothing is mapped at ${at}`);
      const offset = at % PAGE_SIZE;
      const part = this.memory.frameBytes(frame).subarray(offset, offset + length - done);
      bytes.set(part, done);
      done += part.length;
    }
    return bytes;
  }

  /** An unsigned little-endian number of `width` bytes. */
  readNumber(address: number, width: number): bigint {
    return this.read(address, width).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  }

  /** The 64-bit number at an address. */
  readU64(address: number): bigint {
    return this.readNumber(address, 8);
  }

  /** Runs for at most `budget` instructions. */
  run(budget = 1000): Stop {
    const { instructions, idle_ns } = this;
    const stop = Hart.of(this.memory).run(this.registers, this.pages, budget, {
      instructions,
      idle_ns,
    });
    this.instructions += BigInt(stop.retired);
    return stop;
  }

  /** The same state on shared frames. */
  fork(): Guest {
    const copy = new Guest([], { memory: this.memory });
    copy.pages.dispose();
    const guest = Object.assign(Object.create(Guest.prototype), copy, {
      pages: this.pages.fork(),
      instructions: this.instructions,
      idle_ns: this.idle_ns,
    }) as Guest;
    guest.registers.copyFrom(this.registers);
    return guest;
  }
}
