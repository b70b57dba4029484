/**
 * The cache of decoded pages: which frame's code has been decoded where in linear memory.
 *
 * Records are written one by one, when they are first executed. A frame's records are marked as
 * undecoded before its bytes change. When all places are taken, everything is dropped: hot code is decoded
 * again within a few microseconds a page.
 */
import { DECODED, PAGE_SIZE, RECORD } from "../memory/layout.ts";
import type { PhysicalMemory } from "../memory/mod.ts";
import { instructionLength } from "../isa/mod.ts";
import { OPCODE } from "./opcodes.ts";
import { writeMark, writeRecord } from "./record.ts";

const LAST_HALFWORD = PAGE_SIZE - 2;
const SENTINEL_OFFSET = (DECODED.records - 1) * RECORD.size;

/** Decoded pages in a memory. */
export class DecodedPages {
  readonly #memory: PhysicalMemory;
  readonly #placeOfFrame = new Map<number, number>();
  readonly #frameOfPlace: number[] = [];
  /** Most places that were taken at a time. */
  #placesUsed = 0;
  readonly #dropped: () => void;

  /** @param dropped Called when addresses that {@linkcode addressFor} gave no longer hold. */
  constructor(memory: PhysicalMemory, dropped: () => void) {
    this.#memory = memory;
    this.#dropped = dropped;
  }

  /** Address of a frame's decoded page; its records may be undecoded still. */
  addressFor(frame: number): number {
    const known = this.#placeOfFrame.get(frame);
    if (known !== undefined) return placeAddress(known);
    if (this.#frameOfPlace.length === DECODED.pages) this.#dropAll();
    const place = this.#frameOfPlace.push(frame) - 1;
    this.#placeOfFrame.set(frame, place);
    const address = placeAddress(place);
    if (place === this.#placesUsed) this.#placesUsed++; // all zeros still
    else this.#memory.bytes.fill(0, address, address + DECODED.pageSize);
    writeMark(this.#memory.view, address + SENTINEL_OFFSET, OPCODE.sentinel);
    return address;
  }

  /** Address of the record at an offset of a frame's code, or 0 when the frame has no records. */
  find(frame: number, pageOffset: number): number {
    const place = this.#placeOfFrame.get(frame);
    return place === undefined ? 0 : placeAddress(place) + (pageOffset / 2) * RECORD.size;
  }

  /** Writes the record at an address that lies in a decoded page; gives the frame of its code. */
  decode(record: number): number {
    const place = Math.floor((record - DECODED.base) / DECODED.pageSize);
    const frame = this.#frameOfPlace[place];
    if (frame === undefined) throw new Error(`No decoded page holds record ${record}`);
    const pageOffset = ((record - placeAddress(place)) / RECORD.size) * 2;
    const { view } = this.#memory;
    const code = this.#memory.frameAddress(frame) + pageOffset;
    const low = view.getUint16(code, true);
    if (instructionLength(low) === 2) {
      writeRecord(view, record, low, pageOffset);
    } else if (pageOffset === LAST_HALFWORD) {
      writeMark(view, record, OPCODE.straddling);
    } else {
      writeRecord(view, record, view.getInt32(code, true), pageOffset);
    }
    return frame;
  }

  /**
   * Marks the records of a frame's code as undecoded. The rest of them stays as it is: one may be
   * the record of the very store that changes its own page, which has not been left yet.
   */
  erase(frame: number): void {
    const place = this.#placeOfFrame.get(frame);
    if (place === undefined) return;
    const address = placeAddress(place);
    const { view } = this.#memory;
    for (let offset = 0; offset < SENTINEL_OFFSET; offset += RECORD.size) {
      writeMark(view, address + offset, OPCODE.undecoded);
    }
  }

  #dropAll(): void {
    this.#placeOfFrame.clear();
    this.#frameOfPlace.length = 0;
    this.#dropped();
  }
}

function placeAddress(place: number): number {
  return DECODED.base + place * DECODED.pageSize;
}
