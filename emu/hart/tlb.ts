/**
 * The TLBs of a memory, which generated code looks into: for pages that are read, written or executed
 * where they are in linear memory. What translated code found there last it remembers in windows,
 * which are dropped with any entry.
 */
import { PAGE_SHIFT, TLB, WIDE_WINDOWS, WINDOWS } from "../memory/layout.ts";
import type { PhysicalMemory } from "../memory/mod.ts";
import { UsedSlots } from "../memory/used_slots.ts";

const TLB_SIZE = TLB.entries * TLB.entrySize;

/** What a page is used for. */
export type PageUse = "read" | "write" | "fetch";

/** The TLBs of one memory. */
export class Tlbs {
  readonly #memory: PhysicalMemory;
  /** Of all three, which lie one behind the other. */
  readonly #used = new UsedSlots(TLB.read, TLB.fetch + TLB_SIZE);

  constructor(memory: PhysicalMemory) {
    this.#memory = memory;
    this.dropAll();
  }

  /**
   * Enters a page that is read or written.
   *
   * @param place Address of its frame in linear memory.
   */
  enterData(use: "read" | "write", page: number, place: number): void {
    const tlb = use === "read" ? TLB.read : TLB.write;
    this.#enter(tlb, page, place - (page << PAGE_SHIFT)); // modulo 2^32
  }

  /** Enters a page that is executed, with the address of its decoded page. */
  enterCode(page: number, decoded: number): void {
    this.#enter(TLB.fetch, page, decoded);
  }

  dropAll(): void {
    this.#used.empty(this.#memory);
    this.#dropWindows();
  }

  /** Drops all pages that are used so. */
  drop(use: PageUse): void {
    this.#memory.bytes.fill(0xff, TLB[use], TLB[use] + TLB_SIZE);
    this.#dropWindows();
  }

  /** Drops the pages from `first` up to and without `end`, whatever they are used for. */
  dropPages(first: number, end: number): void {
    if (end - first > TLB.entries) return this.dropAll();
    const { view } = this.#memory;
    for (let page = first; page < end; page++) {
      view.setBigInt64(entryOf(TLB.read, page), -1n, true);
      view.setBigInt64(entryOf(TLB.write, page), -1n, true);
      view.setBigInt64(entryOf(TLB.fetch, page), -1n, true);
    }
    this.#dropWindows();
  }

  /** Drops all pages that are written to the frame at an address in linear memory. */
  dropWrites(place: number): void {
    const { view } = this.#memory;
    for (let entry = TLB.write; entry < TLB.write + TLB_SIZE; entry += TLB.entrySize) {
      const low = view.getUint32(entry, true);
      if (((low + view.getUint32(entry + 8, true)) | 0) !== (place | 0)) continue;
      view.setBigInt64(entry, -1n, true);
    }
    this.#dropWindows(); // which may know of a page that another has displaced from its entry
  }

  #enter(tlb: number, page: number, value: number): void {
    const { view } = this.#memory;
    const entry = entryOf(tlb, page);
    this.#used.add(entry);
    view.setUint32(entry, page << PAGE_SHIFT, true);
    view.setUint32(entry + 4, page >>> (32 - PAGE_SHIFT), true);
    view.setUint32(entry + 8, value, true);
  }

  #dropWindows(): void {
    const { bytes } = this.#memory;
    bytes.fill(0xff, WINDOWS.base, WINDOWS.base + WINDOWS.entries * WINDOWS.size);
    const { base, entries, size } = WIDE_WINDOWS;
    bytes.fill(0, base, base + entries * size);
  }
}

function entryOf(tlb: number, page: number): number {
  return tlb + (page % TLB.entries) * TLB.entrySize;
}
