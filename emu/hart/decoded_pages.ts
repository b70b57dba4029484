/**
 * The cache of decoded pages: which frame's code has been decoded where in linear memory.
 *
 * Records are written one by one, when they are first executed (see decoder.ts). A frame's records
 * are marked as undecoded before its bytes change. When all places are taken, everything is dropped:
 * what is executed then is decoded again.
 */
import { DECODED, PAGE_SIZE, RECORD } from "../memory/layout.ts";
import type { PhysicalMemory } from "../memory/mod.ts";
import { OPCODE } from "./opcodes.ts";
import { writeCodeAddress, writeMark } from "./record.ts";

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
    writeCodeAddress(this.#memory.view, address, this.#memory.frameAddress(frame));
    return address;
  }

  /** Address of the record at an offset of a frame's code, or 0 when the frame has no records. */
  find(frame: number, pageOffset: number): number {
    const place = this.#placeOfFrame.get(frame);
    return place === undefined ? 0 : placeAddress(place) + (pageOffset / 2) * RECORD.size;
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
    for (let i = 0; i < PAGE_SIZE / 2; i++) {
      writeMark(view, address + i * RECORD.size, OPCODE.undecoded);
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
