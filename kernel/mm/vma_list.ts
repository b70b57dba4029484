/**
 * The VMAs of an address space, ascending and without overlap.
 *
 * A sorted array: programs have tens of VMAs, at most 65530, and lookups (binary search) are far more
 * frequent than changes.
 */

import { PAGE_SIZE } from "../../emu/mod.ts";
import { STACK_GUARD_BYTES } from "./layout.ts";
import { Vma } from "./vma.ts";

/** The VMAs of one address space. It owns the references to their files. */
export class VmaList {
  readonly #vmas: Vma[] = [];

  /** Number of VMAs: map_count. */
  get length(): number {
    return this.#vmas.length;
  }

  /** The VMAs in ascending order. Not to be changed by the caller. */
  get all(): readonly Vma[] {
    return this.#vmas;
  }

  /** The VMAs in ascending order. */
  [Symbol.iterator](): IterableIterator<Vma> {
    return this.#vmas[Symbol.iterator]();
  }

  /** Index of the first VMA that ends above `address`; `length` when there is none. */
  indexAbove(address: number): number {
    let low = 0;
    let high = this.#vmas.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at(middle).end > address) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The first VMA that ends above `address` (it may begin above it too): find_vma(). */
  find(address: number): Vma | undefined {
    return this.#vmas[this.indexAbove(address)];
  }

  /** The VMA that holds `address`: vma_lookup(). */
  lookup(address: number): Vma | undefined {
    const vma = this.find(address);
    return vma !== undefined && vma.start <= address ? vma : undefined;
  }

  /** The VMA before one found at `address` by {@link find}. */
  before(address: number): Vma | undefined {
    return this.#vmas[this.indexAbove(address) - 1];
  }

  /** Whether some VMA has a page of [start, end). */
  intersects(start: number, end: number): boolean {
    const vma = this.find(start);
    return vma !== undefined && vma.start < end;
  }

  /** The VMAs that have a page of [start, end), ascending; a copy. */
  within(start: number, end: number): Vma[] {
    const found: Vma[] = [];
    for (let i = this.indexAbove(start); i < this.#vmas.length; i++) {
      const vma = this.#at(i);
      if (vma.start >= end) break;
      found.push(vma);
    }
    return found;
  }

  /** Adds a VMA where nothing is, and unites it with its neighbours where it can. Returns what holds it. */
  insert(vma: Vma): Vma {
    const index = this.indexAbove(vma.start);
    this.#vmas.splice(index, 0, vma);
    return this.#uniteAt(index);
  }

  /** Adds a VMA where nothing is, as it is: for restoring a list that was saved. */
  insertExactly(vma: Vma): void {
    this.#vmas.splice(this.indexAbove(vma.start), 0, vma);
  }

  /**
   * Splits VMAs so that none crosses `start` or `end`, and returns those between, ascending. Adds at
   * most two VMAs.
   */
  isolate(start: number, end: number): Vma[] {
    this.#splitAt(start);
    this.#splitAt(end);
    return this.within(start, end);
  }

  /** Takes VMAs out, which must be neighbours in this list, and gives up their files. */
  remove(vmas: readonly Vma[]): void {
    const first = vmas[0];
    if (first === undefined) return;
    this.#vmas.splice(this.indexAbove(first.start), vmas.length);
    for (const vma of vmas) vma.file?.release();
  }

  /** Unites neighbours that have become alike among those that touch [start, end]. */
  unite(start: number, end: number): void {
    for (let i = Math.max(this.indexAbove(start) - 1, 0); i + 1 < this.#vmas.length;) {
      const vma = this.#at(i);
      if (vma.start > end) break;
      if (!this.#uniteWithNext(i)) i++;
    }
  }

  /** Bytes of all VMAs: total_vm. */
  totalBytes(): number {
    let total = 0;
    for (const vma of this.#vmas) total += vma.length;
    return total;
  }

  /** Bytes of all VMAs that lie in [start, end). */
  bytesWithin(start: number, end: number): number {
    let total = 0;
    for (const vma of this.within(start, end)) {
      total += Math.min(vma.end, end) - Math.max(vma.start, start);
    }
    return total;
  }

  /**
   * The highest address at which `length` bytes are free in [low, high), or -1. The guard gap below a
   * stack that grows counts as taken.
   */
  highestGap(length: number, low: number, high: number): number {
    let top = high;
    for (let i = this.#vmas.length - 1; i >= 0; i--) {
      const vma = this.#at(i);
      if (vma.end <= top && top - vma.end >= length) break;
      top = Math.min(top, startWithGuard(vma));
    }
    return top - length >= low ? top - length : -1;
  }

  /** The lowest address at which `length` bytes are free in [low, high), or -1. */
  lowestGap(length: number, low: number, high: number): number {
    let bottom = low;
    for (let i = this.indexAbove(low); i < this.#vmas.length; i++) {
      const vma = this.#at(i);
      if (startWithGuard(vma) - bottom >= length) break;
      bottom = Math.max(bottom, vma.end);
    }
    return bottom + length <= high ? bottom : -1;
  }

  /** Whether [start, start + length) is free, the guard gap of a stack above it included. */
  isFree(start: number, length: number): boolean {
    const next = this.find(start);
    return next === undefined || start + length <= startWithGuard(next);
  }

  #at(index: number): Vma {
    const vma = this.#vmas[index];
    if (vma === undefined) throw new RangeError(`No VMA at index ${index}`);
    return vma;
  }

  #splitAt(address: number): void {
    const index = this.indexAbove(address);
    const vma = this.#vmas[index];
    if (vma === undefined || vma.start >= address) return;
    const upper = new Vma({
      start: address,
      end: vma.end,
      flags: vma.flags,
      file: vma.file,
      special: vma.special,
      pageOffset: vma.isAnonymous ? 0 : vma.sourcePage(address),
    });
    upper.file?.retain();
    vma.end = address;
    this.#vmas.splice(index + 1, 0, upper);
  }

  #uniteAt(index: number): Vma {
    this.#uniteWithNext(index);
    return this.#uniteWithNext(index - 1) ? this.#at(index - 1) : this.#at(index);
  }

  #uniteWithNext(index: number): boolean {
    const vma = this.#vmas[index];
    const next = this.#vmas[index + 1];
    if (vma === undefined || next === undefined || !vma.continuesAs(next)) return false;
    vma.end = next.end;
    next.file?.release();
    this.#vmas.splice(index + 1, 1);
    return true;
  }
}

/** Where a VMA begins for those who look for room below it. */
function startWithGuard(vma: Vma): number {
  return vma.growsDown ? Math.max(vma.start - STACK_GUARD_BYTES, PAGE_SIZE) : vma.start;
}
