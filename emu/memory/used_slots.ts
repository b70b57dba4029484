/** Which slots of a table in linear memory are filled: for tables that are emptied often with few in use. */
import type { PhysicalMemory } from "./physical_memory.ts";

/** Slots that are remembered one by one; with more, the whole table is emptied. */
const SLOTS_MAX = 256;

/** The filled slots of one table. A slot is empty when its first eight bytes are all ones. */
export class UsedSlots {
  readonly #start: number;
  readonly #end: number;
  readonly #slots = new Uint32Array(SLOTS_MAX);
  #count = SLOTS_MAX + 1;

  /** The table lies between two addresses of the linear memory. Nothing is known of it: it counts as full. */
  constructor(start: number, end: number) {
    this.#start = start;
    this.#end = end;
  }

  /** The slot at an address is filled. */
  add(address: number): void {
    if (this.#count < SLOTS_MAX) this.#slots[this.#count] = address;
    if (this.#count <= SLOTS_MAX) this.#count++;
  }

  /** Empties the table. */
  empty({ bytes, view }: PhysicalMemory): void {
    if (this.#count > SLOTS_MAX) {
      bytes.fill(0xff, this.#start, this.#end);
    } else {
      for (let i = 0; i < this.#count; i++) {
        const slot = this.#slots[i] ?? this.#start;
        view.setInt32(slot, -1, true);
        view.setInt32(slot + 4, -1, true);
      }
    }
    this.#count = 0;
  }
}
