/**
 * A process's memory as system calls see it: copies in and out through its mappings, with the same
 * rights and the same faults as its own instructions, but with EFAULT in place of a signal.
 *
 * Addresses come as numbers or as registers' bigints; anything outside 0 … 2^38 is EFAULT.
 */

import { PAGE_SIZE, type PhysicalMemory, READ, WRITE } from "../../emu/mod.ts";
import { EFAULT, ENAMETOOLONG, ENOMEM, SystemError } from "../abi/errno.ts";
import { decodeBytes } from "../fs/byte_string.ts";
import type { AddressSpace } from "./address_space.ts";
import { pageOf, pageOffset, TASK_SIZE } from "./layout.ts";

/** The most bytes that one copy moves; longer transfers are made of several. */
const COPY_BYTES_MAX = 2 ** 30;
/** Bytes of the longest path with its terminating NUL: PATH_MAX. */
const PATH_MAX = 4096;

/** Access to the memory of one address space. */
export class UserMemory {
  readonly #space: AddressSpace;
  readonly #memory: PhysicalMemory;

  /** Access to the memory of `space`. */
  constructor(space: AddressSpace) {
    this.#space = space;
    this.#memory = space.memory;
  }

  /**
   * A copy of `length` bytes. Throws SystemError: EFAULT when one of them cannot be read, ENOMEM for more
   * than 1 GiB.
   */
  read(address: number | bigint, length: number): Uint8Array {
    const start = requireRange(address, length);
    if (length > COPY_BYTES_MAX) throw new SystemError(ENOMEM);
    this.#requireMapped(start, length);
    const bytes = new Uint8Array(length);
    this.#readInto(start, bytes);
    return bytes;
  }

  /** Fills `into` from memory. Throws SystemError(EFAULT); the bytes before the bad page are there then. */
  readInto(address: number | bigint, into: Uint8Array): void {
    this.#readInto(requireRange(address, into.length), into);
  }

  /** Copies `bytes` in. Throws SystemError(EFAULT); what lies before the bad page is written then. */
  write(address: number | bigint, bytes: Uint8Array): void {
    let at = requireRange(address, bytes.length);
    for (let done = 0; done < bytes.length;) {
      const offset = pageOffset(at);
      const length = Math.min(bytes.length - done, PAGE_SIZE - offset);
      const frame = this.#frameToWrite(at);
      const isWhole = length === bytes.length;
      this.#memory.writeFrame(
        frame,
        offset,
        isWhole ? bytes : bytes.subarray(done, done + length),
      );
      done += length;
      at += length;
    }
  }

  /** Sets `length` bytes to zero. Throws SystemError(EFAULT). */
  clear(address: number | bigint, length: number): void {
    let at = requireRange(address, length);
    for (const end = at + length; at < end;) {
      const piece = Math.min(end - at, PAGE_SIZE - pageOffset(at));
      this.#memory.writeFrame(this.#frameToWrite(at), pageOffset(at), ZEROS.subarray(0, piece));
      at += piece;
    }
  }

  /**
   * How many bytes from `address` on, at most `length`, can be written, page by page: a system call that
   * may stop early uses it to know what it may take from its source. Brings the pages in.
   */
  writableBytes(address: number | bigint, length: number): number {
    return this.#accessibleBytes(address, length, (at) => this.#frameToWrite(at));
  }

  /** How many bytes from `address` on, at most `length`, can be read. Brings the pages in. */
  readableBytes(address: number | bigint, length: number): number {
    return this.#accessibleBytes(address, length, (at) => this.#frameToRead(at));
  }

  /**
   * The bytes up to a NUL, without it. Throws SystemError: EFAULT, or `tooLong` when there is no NUL
   * among the first `maxBytes`.
   */
  readCString(address: number | bigint, maxBytes: number, tooLong: number): Uint8Array {
    const start = requireRange(address, 0);
    const parts: Uint8Array[] = [];
    for (let done = 0; done < maxBytes;) {
      const offset = pageOffset(start + done);
      const frame = this.#frameToRead(start + done);
      const end = Math.min(PAGE_SIZE, offset + maxBytes - done);
      const piece = this.#memory.frameBytes(frame).subarray(offset, end);
      const nul = piece.indexOf(0);
      if (nul >= 0) {
        parts.push(piece.slice(0, nul));
        return concatenate(parts);
      }
      parts.push(piece.slice());
      done += piece.length;
    }
    throw new SystemError(tooLong);
  }

  /**
   * A NUL-terminated name of at most `maxBytes` with its NUL. Bytes that are no UTF-8 survive as
   * `decodeBytes` says. Throws SystemError: EFAULT, or ENAMETOOLONG.
   */
  readString(address: number | bigint, maxBytes: number = PATH_MAX): string {
    return decodeBytes(this.readCString(address, maxBytes, ENAMETOOLONG));
  }

  /** One byte. Throws SystemError(EFAULT). */
  readU8(address: number | bigint): number {
    return this.#readWord(address, 1).getUint8(0);
  }

  /** A little-endian u16. Throws SystemError(EFAULT). */
  readU16(address: number | bigint): number {
    return this.#readWord(address, 2).getUint16(0, true);
  }

  /** A little-endian u32. Throws SystemError(EFAULT). */
  readU32(address: number | bigint): number {
    return this.#readWord(address, 4).getUint32(0, true);
  }

  /** A little-endian s32. Throws SystemError(EFAULT). */
  readS32(address: number | bigint): number {
    return this.#readWord(address, 4).getInt32(0, true);
  }

  /** A little-endian u64. Throws SystemError(EFAULT). */
  readU64(address: number | bigint): bigint {
    return this.#readWord(address, 8).getBigUint64(0, true);
  }

  /** Writes the low 32 bits of `value`. Throws SystemError(EFAULT). */
  writeU32(address: number | bigint, value: number): void {
    WORD_VIEW.setUint32(0, value, true);
    this.write(address, WORDS[4]);
  }

  /** Writes the low 64 bits of `value`. Throws SystemError(EFAULT). */
  writeU64(address: number | bigint, value: bigint): void {
    WORD_VIEW.setBigUint64(0, value, true);
    this.write(address, WORDS[8]);
  }

  /** The bytes of a number, valid until the next is read. */
  #readWord(address: number | bigint, length: 1 | 2 | 4 | 8): DataView {
    this.#readInto(requireRange(address, length), WORDS[length]);
    return WORD_VIEW;
  }

  #readInto(start: number, into: Uint8Array): void {
    let at = start;
    for (let done = 0; done < into.length;) {
      const offset = pageOffset(at);
      const length = Math.min(into.length - done, PAGE_SIZE - offset);
      const frame = this.#frameToRead(at);
      this.#memory.readFrame(frame, offset, into, done, length);
      done += length;
      at += length;
    }
  }

  #frameToRead(address: number): number {
    const table = this.#space.pageTable;
    const page = pageOf(address);
    if ((table.permissionsAt(page) & READ) === 0) this.#bringIn(address, "read");
    return table.frameAt(page);
  }

  #frameToWrite(address: number): number {
    const table = this.#space.pageTable;
    const page = pageOf(address);
    if ((table.permissionsAt(page) & WRITE) === 0) this.#bringIn(address, "write");
    return table.frameForWriting(page);
  }

  #bringIn(address: number, access: "read" | "write"): void {
    if (address >= TASK_SIZE || this.#space.fault(address, access) !== null) {
      throw new SystemError(EFAULT);
    }
  }

  /** Refuses a range with a hole before anything is allocated for it. */
  #requireMapped(start: number, length: number): void {
    if (length <= PAGE_SIZE) return;
    let at = start;
    for (const vma of this.#space.vmas.within(start, start + length)) {
      if (vma.start > at && !vma.growsDown) break;
      at = vma.end;
    }
    if (at < start + length) throw new SystemError(EFAULT);
  }

  #accessibleBytes(
    address: number | bigint,
    length: number,
    touch: (address: number) => number,
  ): number {
    let start: number;
    try {
      start = requireRange(address, 0);
    } catch {
      return 0;
    }
    const end = Math.min(start + length, TASK_SIZE);
    for (let at = start; at < end; at += PAGE_SIZE - pageOffset(at)) {
      try {
        touch(at);
      } catch (error) {
        if (error instanceof SystemError) return at - start;
        throw error;
      }
    }
    return end - start;
  }
}

const ZEROS = new Uint8Array(PAGE_SIZE);
/** Where a number lies on its way. */
const WORD_VIEW = new DataView(new ArrayBuffer(8));
const WORDS = {
  1: new Uint8Array(WORD_VIEW.buffer, 0, 1),
  2: new Uint8Array(WORD_VIEW.buffer, 0, 2),
  4: new Uint8Array(WORD_VIEW.buffer, 0, 4),
  8: new Uint8Array(WORD_VIEW.buffer, 0, 8),
} as const;

/** The start of a range that lies in user space: access_ok(). Throws SystemError(EFAULT). */
function requireRange(address: number | bigint, length: number): number {
  const start = Number(address);
  // Negated, so that NaN is refused too.
  if (!(start >= 0 && length >= 0 && start + length <= TASK_SIZE)) throw new SystemError(EFAULT);
  return start;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
