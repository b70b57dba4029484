/** Views of the front of an array, for what moves a few bytes at a time. */

/** Bytes of the longest view that is kept. */
const KEPT_BYTES_MAX = 64;

/** The first bytes of one array, as often as they are asked for: making a view costs more than moving a few bytes. */
export class Prefixes {
  readonly #bytes: Uint8Array;
  /** Index is the length. */
  readonly #kept: readonly Uint8Array[];

  /** The views are of `bytes` itself: who writes to one writes to all. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#kept = Array.from(
      { length: KEPT_BYTES_MAX + 1 },
      (_, length) => bytes.subarray(0, length),
    );
  }

  /** The first `length` bytes, or all when there are fewer. */
  get(length: number): Uint8Array {
    return this.#kept[length] ?? this.#bytes.subarray(0, length);
  }
}
