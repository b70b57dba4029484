/**
 * Translated code of the whole process, found by guest address and the bytes of the guest's code,
 * so that all machines that run the same program share it.
 */

/** Guest code on one page that a translation was made from. */
export interface CodeRange {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** A translated region. It is right wherever all its ranges hold the same bytes. */
export interface Translation {
  /** Addresses at which it may be entered, and what it is told then. */
  readonly entries: ReadonlyMap<number, number>;
  readonly ranges: readonly CodeRange[];
  /** Numbers of the pages of the ranges, each once. */
  readonly pages: readonly number[];
  /** Exports the one function. */
  readonly module: WebAssembly.Module;
}

/** Most bytes of WebAssembly that are kept; beyond them, all is dropped and hot code comes anew. */
const BYTES_MAX = 64 * 2 ** 20;

/** A cache of translations, bounded. */
export class TranslationCache {
  readonly #byEntry = new Map<number, Translation[]>();
  #bytes = 0;
  #generation = 0;

  /** Whether there is none. */
  get isEmpty(): boolean {
    return this.#byEntry.size === 0;
  }

  /** Changes when translations that were got before must not be used any more. */
  get generation(): number {
    return this.#generation;
  }

  /** Translations that may be entered at an address, newest first. */
  at(entry: number): readonly Translation[] {
    return this.#byEntry.get(entry) ?? [];
  }

  /** Adds a translation whose module has `bytes` bytes. */
  add(translation: Translation, bytes: number): void {
    if (this.#bytes + bytes > BYTES_MAX) {
      this.#byEntry.clear();
      this.#bytes = 0;
      this.#generation++;
    }
    this.#bytes += bytes;
    for (const entry of translation.entries.keys()) {
      this.#byEntry.set(entry, [translation, ...this.at(entry)]);
    }
  }
}
