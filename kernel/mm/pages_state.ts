/**
 * How the contents of memory are saved: pages that hold something that would be lost with them, in
 * chunks, each chunk all addresses first and then all contents.
 */
import { EINVAL, ENOMEM } from "../abi/errno.ts";
import { defineCheck } from "../checkpoint/check.ts";
import { chunks, type TreeOf } from "../checkpoint/grammar.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import {
  padding,
  pages,
  record,
  type RecordValue,
  type ScatteredPages,
  u32,
} from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import { PAGE_SIZE, type PhysicalMemory } from "../../emu/mod.ts";
import type { AddressSpace } from "./address_space.ts";
import { pageOf } from "./layout.ts";
import type { Vma } from "./vma.ts";

const INSIDE = defineCheck("PAGES.pages/inside", EINVAL, "addresses inside the mapping");
const ASCENDING = defineCheck("PAGES.pages/ascending", EINVAL, "ascending addresses, each once");
const ENOUGH_FRAMES = defineCheck("plan/frames", ENOMEM, "as many free frames as the image needs");

/** Pages of one chunk: half a megabyte, so that a reader needs little at a time. */
export const CHUNK_PAGES_MAX = 128;
const WORDS_OF_PAGE = PAGE_SIZE / 4;

/** The head of a chunk. */
export const PGARR = record("PGARR", CKPT_HDR.PGARR, {
  doc: "Begins a chunk of pages, or with 0 ends the chunks.",
  fields: {
    nr_pages: u32({ doc: "pages in the chunk", unit: "pages", max: CHUNK_PAGES_MAX }),
    _pad: padding(4),
  },
});

/** The body of a chunk. */
export const PAGES = record("PAGES", CKPT_HDR.BUFFER, {
  doc: "A chunk of pages: nr_pages addresses (u64), then nr_pages times 4096 bytes of contents.",
  fields: {
    pages: pages({
      doc: "address, or offset in a file, and contents of each page, ascending within all chunks",
      pageBytes: PAGE_SIZE,
      max: CHUNK_PAGES_MAX,
    }),
  },
});

/** All pages of a mapping. */
export const pagesNode = chunks(
  PGARR,
  "nr_pages",
  PAGES,
  ({ pages }) => pages.addresses.length,
);

/** A page with what is in it. */
export interface PageFrame {
  /** Where it begins: a user address, or an offset in a file. */
  readonly address: number;
  /** Its frame. */
  readonly frame: number;
}

/** Saves the pages of a mapping that hold something of their own. */
export function savePages(mm: AddressSpace, vma: Vma): TreeOf<typeof pagesNode> {
  return chunkPages(mm.memory, ownPages(mm, vma));
}

function* ownPages(mm: AddressSpace, vma: Vma): Generator<PageFrame> {
  const { pageTable } = mm;
  for (const page of pageTable.presentPages(pageOf(vma.start), pageOf(vma.end))) {
    const frame = pageTable.frameAt(page);
    if (holdsSomething(mm, vma, page, frame)) yield { address: page * PAGE_SIZE, frame };
  }
}

/** Saves pages in ascending order, in chunks. */
export function chunkPages(
  memory: PhysicalMemory,
  pages: Iterable<PageFrame>,
): TreeOf<typeof pagesNode> {
  const saved: RecordValue<typeof PAGES>[] = [];
  let addresses: number[] = [];
  let frames: number[] = [];
  const flush = () => {
    if (addresses.length === 0) return;
    saved.push({ pages: { addresses, contents: new FrameContents(memory, frames) } });
    addresses = [];
    frames = [];
  };
  for (const { address, frame } of pages) {
    addresses.push(address);
    frames.push(frame);
    if (frames.length === CHUNK_PAGES_MAX) flush();
  }
  flush();
  return saved;
}

/** Contents that stay in their frames until they are encoded, before the task can run again. */
class FrameContents implements ScatteredPages {
  readonly #memory: PhysicalMemory;
  readonly #frames: readonly number[];

  constructor(memory: PhysicalMemory, frames: readonly number[]) {
    this.#memory = memory;
    this.#frames = frames;
  }

  copyTo(target: Uint8Array, at: number): void {
    for (const [i, frame] of this.#frames.entries()) {
      target.set(this.#memory.frameBytes(frame), at + i * PAGE_SIZE);
    }
  }
}

/** Whether a present page differs from what would come in its place if it were absent. */
function holdsSomething(mm: AddressSpace, vma: Vma, page: number, frame: number): boolean {
  if (frame === mm.memory.zeroFrame && vma.isAnonymous) return false;
  // A private page of a file may be all zeros where the file is not: only anonymous ones are skipped.
  if (vma.isAnonymous) return !isZero(mm.memory, frame);
  return frame !== mm.sourceFrame(vma, page);
}

function isZero(memory: PhysicalMemory, frame: number): boolean {
  const bytes = memory.frameBytes(frame);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, WORDS_OF_PAGE);
  for (let i = 0; i < WORDS_OF_PAGE; i++) if (words[i] !== 0) return false;
  return true;
}

/** Refuses unless the saved pages lie in the mapping, in order. */
export function requirePagesInside(
  context: RestartContext,
  saved: TreeOf<typeof pagesNode>,
  start: number,
  end: number,
): void {
  let previous = -1;
  for (const chunk of saved) {
    for (const address of chunk.pages.addresses) {
      const isInside = address >= start && address < end;
      if (isInside && address > previous) {
        previous = address;
        continue;
      }
      const found = `0x${address.toString(16)}${isInside ? " out of order" : ""}`;
      context.refuse(isInside ? ASCENDING : INSIDE, chunk, "pages", found);
    }
  }
}

/** Gives saved pages frames and maps them. */
export function planPages(
  context: RestartContext,
  mm: AddressSpace,
  vma: Vma,
  saved: TreeOf<typeof pagesNode>,
): void {
  for (const { address, frame } of planFrames(context, saved)) {
    mm.pageTable.map(pageOf(address), frame, vma.permissions);
  }
}

/** Gives saved pages frames, one reference each, which must be taken over one by one. */
export function* planFrames(
  context: RestartContext,
  saved: TreeOf<typeof pagesNode>,
): Generator<PageFrame> {
  const { memory } = context;
  for (const chunk of saved) {
    const { addresses, contents } = chunk.pages;
    const free = memory.framesMax - memory.framesInUse;
    if (addresses.length > free) {
      context.refuse(ENOUGH_FRAMES, chunk, "pages", `${free} free frames`);
    }
    if (!(contents instanceof Uint8Array)) throw new TypeError("These pages were never decoded");
    for (const [i, address] of addresses.entries()) {
      yield { address, frame: filledFrame(memory, contents, i) };
    }
  }
}

function filledFrame(memory: PhysicalMemory, contents: Uint8Array, index: number): number {
  const frame = memory.allocateFrame();
  memory.writeFrame(frame, 0, contents.subarray(index * PAGE_SIZE, (index + 1) * PAGE_SIZE));
  return frame;
}
