/** A mapping of a file without an address space around it. */

import type { PhysicalMemory } from "../../../emu/mod.ts";
import type { FileMapper, PageRange } from "../file_mapper.ts";
import type { RegularInode } from "../inode.ts";

/** The pages of a file that somebody looks at, as the file keeps them in step. */
export class MappedView implements FileMapper {
  readonly file: RegularInode;
  readonly #memory: PhysicalMemory;
  /** Frames by page; those that may be written to in place. */
  readonly #frames = new Map<number, number>();
  readonly #writable = new Set<number>();

  constructor(file: RegularInode) {
    this.file = file;
    this.#memory = file.superblock.environment.memory;
    file.mappers.add(this);
  }

  /** The pages that are mapped. */
  get pages(): number[] {
    return [...this.#frames.keys()];
  }

  /** What a page shows, mapped when it is not; `null` behind the end. */
  look(page: number): Uint8Array | null {
    if (!this.#frames.has(page) && !this.#map(page, this.file.pageFrame(page))) return null;
    return this.#memory.frameBytes(this.#frames.get(page)!).slice();
  }

  /** Changes a byte in place; answers whether there is such a page. */
  poke(page: number, offset: number, byte: number): boolean {
    if (!this.#writable.has(page)) {
      if (!this.#map(page, this.file.sharedFrame(page, true))) return false;
      this.#writable.add(page);
    }
    this.#memory.writeFrame(this.#frames.get(page)!, offset, Uint8Array.of(byte));
    return true;
  }

  /** Stops mapping anything. */
  release(): void {
    for (const page of this.pages) this.#forget(page);
    this.file.mappers.delete(this);
  }

  forgetFilePages(_file: RegularInode, { first, end }: PageRange): void {
    for (const page of this.pages) if (page >= first && page < end) this.#forget(page);
  }

  mappingsOf(file: RegularInode): number {
    return file === this.file ? 1 : 0;
  }

  mayWriteShared(): boolean {
    return true;
  }

  #map(page: number, frame: number): boolean {
    if (frame < 0) return false;
    this.#memory.retainFrame(frame);
    this.#forget(page);
    this.#frames.set(page, frame);
    return true;
  }

  #forget(page: number): void {
    const frame = this.#frames.get(page);
    if (frame !== undefined) this.#memory.releaseFrame(frame);
    this.#frames.delete(page);
    this.#writable.delete(page);
  }
}
