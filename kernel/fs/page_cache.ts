/**
 * The contents of a file as pages: a sparse table from page number to frame.
 *
 * A page that is absent is all zeros. A frame may also be mapped by programs of the machine, which see
 * the file change. Two caches of two machines can share one table until one of them changes something;
 * a frame that may belong to another cache too is copied before it is changed, and who maps it is told:
 *
 * ```
 * file of machine A ─┐
 *                    ├─ table (owners 2) ─ 0 → frame 17    2 → frame 18      (page 1: a hole)
 * file of machine B ─┘
 * ```
 */

import { OutOfFrames, PAGE_SIZE, type PhysicalMemory } from "../../emu/mod.ts";

/** The table itself, with the number of caches that stand on it. */
interface Table {
  /** Caches that share the table; it may be changed only by the owner of a table of one. */
  owners: number;
  /** Page number → frame; each holds one reference. */
  readonly frames: Map<number, number>;
}

/** The pages of one file. Knows nothing of the file's size. */
export class PageCache {
  readonly #memory: PhysicalMemory;
  readonly #onReplace: (page: number) => void;
  #table: Table = { owners: 1, frames: new Map() };
  /** The present pages, ascending; `null` when they have to be sorted again. */
  #order: readonly number[] | null = null;
  /** Pages whose frames no other cache can have. */
  #exclusive = new Set<number>();

  /** `onReplace` is called before a page gets another frame, or its first. */
  constructor(memory: PhysicalMemory, onReplace: (page: number) => void = () => {}) {
    this.#memory = memory;
    this.#onReplace = onReplace;
  }

  /** Pages present, which is what the file takes of memory. */
  get pages(): number {
    return this.#table.frames.size;
  }

  /** The frame of a page, or -1 for a hole. The caller retains it if it keeps it. */
  frameAt(page: number): number {
    return this.#table.frames.get(page) ?? -1;
  }

  /** The present pages with their frames, ascending. */
  get present(): readonly (readonly [page: number, frame: number])[] {
    return [...this.#table.frames].sort(([a], [b]) => a - b);
  }

  /** The first present page at or after `page`, or -1. */
  nextPresent(page: number): number {
    const { frames } = this.#table;
    if (frames.has(page)) return page;
    this.#order ??= [...frames.keys()].sort((a, b) => a - b);
    const order = this.#order;
    let [low, high] = [0, order.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((order[middle] ?? Infinity) < page) low = middle + 1;
      else high = middle;
    }
    return order[low] ?? -1;
  }

  /** The first absent page at or after `page`. */
  nextAbsent(page: number): number {
    while (this.#table.frames.has(page)) page++;
    return page;
  }

  /** Fills `into` with the bytes from `offset` on. */
  read(offset: number, into: Uint8Array): void {
    for (let done = 0; done < into.length;) {
      const { page, start, length } = pieceAt(offset + done, into.length - done);
      const frame = this.#table.frames.get(page);
      if (frame === undefined) into.fill(0, done, done + length);
      else into.set(this.#memory.frameBytes(frame).subarray(start, start + length), done);
      done += length;
    }
  }

  /**
   * Writes `bytes` at `offset` and answers how many of them there were frames for: all, or those of the
   * first pages when memory ends.
   */
  write(offset: number, bytes: Uint8Array): number {
    for (let done = 0; done < bytes.length;) {
      const { page, start, length } = pieceAt(offset + done, bytes.length - done);
      let frame: number;
      try {
        frame = this.#frameToChange(page, length === PAGE_SIZE);
      } catch (error) {
        if (error instanceof OutOfFrames) return done;
        throw error;
      }
      const isWhole = length === bytes.length;
      this.#memory.writeFrame(frame, start, isWhole ? bytes : bytes.subarray(done, done + length));
      done += length;
    }
    return bytes.length;
  }

  /** Changes the bytes of the pages that are present, as {@link write} would. Throws OutOfFrames. */
  overwrite(offset: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const { page, start, length } = pieceAt(offset + done, bytes.length - done);
      if (this.#table.frames.has(page)) {
        const frame = this.#frameToChange(page, length === PAGE_SIZE);
        this.#memory.writeFrame(frame, start, bytes.subarray(done, done + length));
      }
      done += length;
    }
  }

  /**
   * The frame of a page for programs that write to it in place; a hole is filled with zeros. Throws
   * OutOfFrames.
   */
  frameForWriting(page: number): number {
    return this.#frameToChange(page, false);
  }

  /** Makes the page present (all zeros) when it is a hole. Throws OutOfFrames. */
  allocate(page: number): void {
    if (!this.#table.frames.has(page)) this.#frameToChange(page, true);
  }

  /** Sets the bytes of [from, to) to zero; whole pages become holes. Throws OutOfFrames. */
  clear(from: number, to: number): void {
    const firstWhole = Math.ceil(from / PAGE_SIZE);
    const endWhole = Math.floor(to / PAGE_SIZE);
    if (firstWhole > endWhole) {
      this.#clearWithin(from, to);
      return;
    }
    this.#clearWithin(from, firstWhole * PAGE_SIZE);
    this.#clearWithin(endWhole * PAGE_SIZE, to);
    this.discard(firstWhole, endWhole);
  }

  /** Takes the pages of [from, to) away. */
  discard(from: number, to: number): void {
    const { frames } = this.#table;
    const many = to - from > frames.size;
    const pages = many
      ? [...frames.keys()].filter((page) => page >= from && page < to)
      : Array.from({ length: to - from }, (_, i) => from + i).filter((page) => frames.has(page));
    if (pages.length === 0) return;
    this.#own();
    this.#order = null;
    for (const page of pages) {
      this.#memory.releaseFrame(this.#table.frames.get(page) ?? -1);
      this.#table.frames.delete(page);
      this.#exclusive.delete(page);
    }
  }

  /** Takes over one reference to `frame` as the contents of a page that is a hole. */
  insert(page: number, frame: number): void {
    this.#own();
    this.#order = null;
    this.#table.frames.set(page, frame);
    this.#exclusive.add(page);
  }

  /** Gives back the frames that nobody else has mapped; only for contents that can be had again. */
  releaseUnmapped(): void {
    this.#own();
    this.#order = null;
    for (const [page, frame] of this.#table.frames) {
      if (this.#memory.references(frame) > 1) continue;
      this.#memory.releaseFrame(frame);
      this.#table.frames.delete(page);
      this.#exclusive.delete(page);
    }
  }

  /** Another cache with the same contents; costs nothing until one of the two changes. */
  share(onReplace?: (page: number) => void): PageCache {
    const copy = new PageCache(this.#memory, onReplace);
    copy.#table = this.#table;
    this.#table.owners++;
    this.#exclusive = new Set();
    return copy;
  }

  /** Gives all frames back. The cache is empty afterwards and may be used again. */
  dispose(): void {
    if (--this.#table.owners === 0) {
      for (const frame of this.#table.frames.values()) this.#memory.releaseFrame(frame);
    }
    this.#table = { owners: 1, frames: new Map() };
    this.#exclusive = new Set();
    this.#order = null;
  }

  /** Makes sure that no other cache stands on the table. */
  #own(): void {
    if (this.#table.owners === 1) return;
    this.#table.owners--;
    this.#table = { owners: 1, frames: new Map(this.#table.frames) };
    for (const frame of this.#table.frames.values()) this.#memory.retainFrame(frame);
  }

  /** A frame of this page that no other cache has; its old contents may be lost when `overwrite`. */
  #frameToChange(page: number, overwrite: boolean): number {
    this.#own();
    const memory = this.#memory;
    const old = this.#table.frames.get(page);
    const isOwn = old !== undefined && (this.#exclusive.has(page) || memory.references(old) === 1);
    if (isOwn) return old;
    const frame = old === undefined || overwrite ? memory.allocateFrame() : memory.copyFrame(old);
    this.#onReplace(page);
    if (old !== undefined) memory.releaseFrame(old);
    else this.#order = null;
    this.#table.frames.set(page, frame);
    this.#exclusive.add(page);
    return frame;
  }

  #clearWithin(from: number, to: number): void {
    const page = Math.floor(from / PAGE_SIZE);
    if (from >= to || !this.#table.frames.has(page)) return;
    const frame = this.#frameToChange(page, false);
    this.#memory.writeFrame(frame, from % PAGE_SIZE, new Uint8Array(to - from));
  }
}

/** The part of [offset, offset + length) that lies in offset's page. */
function pieceAt(offset: number, length: number): { page: number; start: number; length: number } {
  const start = offset % PAGE_SIZE;
  return { page: (offset - start) / PAGE_SIZE, start, length: Math.min(length, PAGE_SIZE - start) };
}
