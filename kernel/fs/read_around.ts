/**
 * What was read from the host around pages that are mapped: programs touch a page here and a page there,
 * and asking the host costs more than the bytes. No frame is taken for what nobody has asked for.
 */

import { PAGE_SIZE } from "../../emu/mod.ts";

/** Pages that are read at once: as many as Linux maps around one that is touched. */
const WINDOW_PAGES = 16;
const WINDOW_BYTES = WINDOW_PAGES * PAGE_SIZE;
/** When so many were read, those of before are forgotten: 8 MiB. */
const WINDOWS_MAX = 128;

/** Windows into the files of one folder. */
export class ReadAround {
  /** By file, then by number: position / {@link WINDOW_BYTES}. */
  #windows = new WeakMap<object, Map<number, Uint8Array>>();
  #made = 0;

  /**
   * The bytes of a page, fewer at the end of the file. `read` gives bytes of the file, fewer at its end
   * too; it is asked when the page lies in no window.
   */
  page(
    file: object,
    page: number,
    read: (position: number, length: number) => Uint8Array,
  ): Uint8Array {
    const index = Math.floor(page / WINDOW_PAGES);
    const known = this.#windows.get(file)?.get(index);
    const window = known ?? read(index * WINDOW_BYTES, WINDOW_BYTES);
    if (known === undefined) this.#keep(file, index, window);
    const from = (page - index * WINDOW_PAGES) * PAGE_SIZE;
    return window.subarray(from, from + PAGE_SIZE);
  }

  /** The file has changed, or nobody has it open. */
  forget(file: object): void {
    this.#windows.delete(file);
  }

  #keep(file: object, index: number, window: Uint8Array): void {
    if (this.#made++ === WINDOWS_MAX) {
      this.#windows = new WeakMap();
      this.#made = 1;
    }
    const windows = this.#windows.get(file) ?? new Map<number, Uint8Array>();
    this.#windows.set(file, windows.set(index, window));
  }
}
