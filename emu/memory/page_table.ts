/**
 * Page tables: which frame backs each page of an address space, and what may be done there.
 *
 * A table has two levels. Its leaves are shared between a table and its forks until one side
 * changes something in them, so that a fork costs one reference a leaf (2 MiB of addresses).
 */
import {
  EXECUTE,
  PAGE_SIZE,
  READ,
  SHARED,
  USER_ADDRESS_LIMIT,
  USER_PAGES,
  WRITE,
} from "./layout.ts";
import { OutOfFrames, type PhysicalMemory } from "./physical_memory.ts";

const LEAF_SHIFT = 9;
const LEAF_SIZE = 1 << LEAF_SHIFT;
const LEAF_MASK = LEAF_SIZE - 1;

// An entry: the frame number above 8 bits of flags. 0 is "absent".
const FRAME_SHIFT = 8;
const PERMISSIONS = READ | WRITE | EXECUTE;
const PRESENT = 8;
const DIRTY = 16;

/** 512 entries and the number of tables that use them. */
interface Leaf {
  readonly entries: Uint32Array;
  tables: number;
}

/** Who has looked translations up, and must hear when they no longer hold. */
export interface TranslationListener {
  /** The pages from `first` up to and without `end` are mapped otherwise, or not any more. */
  changed(first: number, end: number): void;
  /** A page is mapped that was not. */
  appeared(page: number): void;
  /** Any page may be mapped otherwise. */
  allChanged(): void;
}

/**
 * Maps page numbers (address / 4096, 0 to 2^26 - 1) to frames with permissions. Owns one reference
 * to each frame that it maps.
 */
export class PageTable {
  readonly #leaves = new Map<number, Leaf>();
  #listener: TranslationListener | undefined;
  /** The leaf that was looked up last, and its index: most look-ups go where the last one went. */
  #recent: Leaf | undefined;
  #recentIndex = -1;
  #changes = 0;

  /** An empty table over the frames of a memory. */
  constructor(readonly memory: PhysicalMemory) {}

  /** How often a page has got another frame, or none: while this stays the same, so does what is mapped. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Maps a page, in place of what was there. Takes over one of the caller's references to `frame`.
   *
   * @param permissions `READ | WRITE | EXECUTE` or fewer; with `SHARED`, writes are for all who have the frame.
   */
  map(page: number, frame: number, permissions: number): void {
    if (!isUserPage(page)) {
      throw new RangeError(`Cannot map page ${page}: it is not in 0…${USER_PAGES - 1}`);
    }
    const entries = this.#ownLeaf(page >>> LEAF_SHIFT, true).entries;
    const old = entries[page & LEAF_MASK] ?? 0;
    this.#changes++;
    entries[page & LEAF_MASK] = ((frame << FRAME_SHIFT) | PRESENT |
      (permissions & (PERMISSIONS | SHARED))) >>> 0;
    if (old === 0) return this.#listener?.appeared(page);
    this.memory.releaseFrame(old >>> FRAME_SHIFT);
    this.#listener?.changed(page, page + 1);
  }

  /**
   * Makes sure that a page may be mapped without too many tables in the host's memory. {@linkcode map} itself
   * does not ask: what must not fail does not fail for this.
   *
   * @throws {OutOfFrames} when there are {@linkcode PhysicalMemory.pageTablesMax} already.
   */
  requireRoom(page: number): void {
    const { pageTablesInUse, pageTablesMax } = this.memory;
    if (pageTablesInUse < pageTablesMax || this.#leaf(page >>> LEAF_SHIFT)?.tables === 1) return;
    throw new OutOfFrames(pageTablesMax, "page table");
  }

  /** Drops the leaves that map nothing but the zero frame, which the next access maps again; answers how many. */
  dropZeroLeaves(): number {
    let dropped = 0;
    for (const [index, leaf] of this.#leaves) {
      const isZero = (entry: number) =>
        entry === 0 || entry >>> FRAME_SHIFT === this.memory.zeroFrame;
      if (!leaf.entries.every(isZero)) continue;
      this.#leaves.delete(index);
      this.#letGo(leaf);
      dropped++;
    }
    if (dropped === 0) return 0;
    this.#changes++;
    this.#recentIndex = -1;
    this.#listener?.allChanged();
    return dropped;
  }

  /** Leaves of this table: of 2 MiB each. */
  get leaves(): number {
    return this.#leaves.size;
  }

  /** Unmaps a page, if it is mapped. */
  unmap(page: number): void {
    if (this.#clear(page)) this.#listener?.changed(page, page + 1);
  }

  /** Unmaps the pages from `from` up to and without `to` that are mapped. */
  unmapRange(from: number, to: number): void {
    const pages = this.presentPages(from, to);
    const [first, last] = [pages[0], pages.at(-1)];
    if (first === undefined || last === undefined) return;
    for (const page of pages) this.#clear(page);
    this.#listener?.changed(first, last + 1);
  }

  /** Changes the permissions of a page, if it is mapped; whether it is shared stays as it is. */
  protect(page: number, permissions: number): void {
    const entry = this.#entry(page);
    if (entry === 0) return;
    const entries = this.#ownLeaf(page >>> LEAF_SHIFT).entries;
    entries[page & LEAF_MASK] = ((entry & ~PERMISSIONS) | (permissions & PERMISSIONS)) >>> 0;
    this.#listener?.changed(page, page + 1);
  }

  /** The frame behind a page, or -1. */
  frameAt(page: number): number {
    const entry = this.#entry(page);
    return entry === 0 ? -1 : entry >>> FRAME_SHIFT;
  }

  /** The permissions of a page; 0 when it is not mapped. */
  permissionsAt(page: number): number {
    return this.#entry(page) & PERMISSIONS;
  }

  /** Whether a page was written to through this table since it was mapped. */
  isDirty(page: number): boolean {
    return (this.#entry(page) & DIRTY) !== 0;
  }

  /**
   * The frame behind a page, marked dirty, and made this table's own (copied if others have it) unless
   * the page is shared; -1 when the page is not mapped. Permissions are not looked at.
   *
   * @throws {OutOfFrames} when a copy is needed and there is no frame.
   */
  frameForWriting(page: number): number {
    if (this.#entry(page) === 0) return -1;
    const entries = this.#ownLeaf(page >>> LEAF_SHIFT).entries;
    const entry = entries[page & LEAF_MASK] ?? 0;
    const frame = entry >>> FRAME_SHIFT;
    if ((entry & SHARED) !== 0 || this.memory.references(frame) === 1) {
      entries[page & LEAF_MASK] = entry | DIRTY;
      return frame;
    }
    const copy = this.memory.copyFrame(frame);
    this.#changes++;
    entries[page & LEAF_MASK] = ((copy << FRAME_SHIFT) | (entry & 0xff) | DIRTY) >>> 0;
    this.memory.releaseFrame(frame);
    this.#listener?.changed(page, page + 1);
    return copy;
  }

  /** Numbers of the mapped pages from `from` up to and without `to`, ascending. */
  presentPages(from = 0, to: number = USER_PAGES): number[] {
    const pages: number[] = [];
    const leafIndices = [...this.#leaves.keys()].sort((a, b) => a - b);
    for (const index of leafIndices) {
      const first = index * LEAF_SIZE;
      if (first + LEAF_SIZE <= from || first >= to) continue;
      const entries = this.#leaves.get(index)?.entries ?? [];
      for (let i = Math.max(0, from - first); i < Math.min(LEAF_SIZE, to - first); i++) {
        if (entries[i] !== 0) pages.push(first + i);
      }
    }
    return pages;
  }

  /** A table with the same pages; frames are shared until one side writes. */
  fork(): PageTable {
    const copy = new PageTable(this.memory);
    for (const [index, leaf] of this.#leaves) {
      leaf.tables++;
      copy.#leaves.set(index, leaf);
    }
    // What was writable in place is shared now.
    this.#listener?.allChanged();
    return copy;
  }

  /** Unmaps everything. */
  dispose(): void {
    for (const leaf of this.#leaves.values()) this.#letGo(leaf);
    this.#leaves.clear();
    this.#changes++;
    this.#recentIndex = -1;
    this.#listener?.allChanged();
  }

  /** Tells `listener`, and nobody else, from now on. */
  onChange(listener: TranslationListener | undefined): void {
    this.#listener = listener;
  }

  /** The number of a page's address; -1 when it is outside the user's range. */
  static pageOf(address: bigint): number {
    const number = Number(address); // exact where it matters
    return number >= 0 && number < USER_ADDRESS_LIMIT ? Math.floor(number / PAGE_SIZE) : -1;
  }

  #entry(page: number): number {
    if (!isUserPage(page)) return 0;
    return this.#leaf(page >>> LEAF_SHIFT)?.entries[page & LEAF_MASK] ?? 0;
  }

  /** Takes a page out, and answers whether it was mapped. */
  #clear(page: number): boolean {
    const entry = this.#entry(page);
    if (entry === 0) return false;
    this.#changes++;
    this.#ownLeaf(page >>> LEAF_SHIFT).entries[page & LEAF_MASK] = 0;
    this.memory.releaseFrame(entry >>> FRAME_SHIFT);
    return true;
  }

  #leaf(index: number): Leaf | undefined {
    if (index === this.#recentIndex) return this.#recent;
    this.#recentIndex = index;
    return this.#recent = this.#leaves.get(index);
  }

  /** This table does not use a leaf any more. */
  #letGo(leaf: Leaf): void {
    if (--leaf.tables > 0) return;
    this.memory.pageTablesInUse--;
    for (const entry of leaf.entries) {
      if (entry !== 0) this.memory.releaseFrame(entry >>> FRAME_SHIFT);
    }
  }

  #setLeaf(index: number, leaf: Leaf): void {
    this.#leaves.set(index, leaf);
    this.#recentIndex = index;
    this.#recent = leaf;
  }

  /** A leaf that no other table uses. */
  #ownLeaf(index: number, create = false): Leaf {
    const leaf = this.#leaf(index);
    if (leaf?.tables === 1) return leaf;
    if (leaf === undefined) {
      if (!create) throw new Error(`Page table has no leaf ${index}`);
      const fresh = { entries: new Uint32Array(LEAF_SIZE), tables: 1 };
      this.memory.pageTablesInUse++;
      this.#setLeaf(index, fresh);
      return fresh;
    }
    leaf.tables--;
    for (const entry of leaf.entries) {
      if (entry !== 0) this.memory.retainFrame(entry >>> FRAME_SHIFT);
    }
    const own = { entries: leaf.entries.slice(), tables: 1 };
    this.memory.pageTablesInUse++;
    this.#setLeaf(index, own);
    return own;
  }
}

function isUserPage(page: number): boolean {
  return Number.isInteger(page) && page >= 0 && page < USER_PAGES;
}
