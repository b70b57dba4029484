/**
 * BLAKE3: the hash and the keyed hash (MAC) that seal an image. The compression function runs in
 * WebAssembly with SIMD (see blake3_module.ts); the tree over the chunks is walked here.
 *
 * Source: O'Connor, Aumasson, Neves, Wilcox-O'Hearn, "BLAKE3: one function, fast everywhere"
 * (2021), section 2.
 */
import {
  type Blake3Exports,
  CHUNK_BYTES,
  DIGEST_BYTES,
  FLAG,
  instantiateBlake3,
  LAYOUT,
  WINDOW_BYTES,
} from "./blake3_module.ts";

export { DIGEST_BYTES };
/** Bytes of a key of the keyed mode. */
export const KEY_BYTES: number = DIGEST_BYTES;

const LANES = 4;
/** 32-bit words of a digest. */
export const DIGEST_WORDS: number = DIGEST_BYTES / 4;

/** One instance of the module. It holds one window of input at a time, so it is never shared. */
class Engine {
  readonly #wasm: Blake3Exports = instantiateBlake3();
  /** The module's memory; it never grows, so that the views stay valid. */
  readonly #memory = new Uint8Array(this.#wasm.memory.buffer);
  readonly #words = new Uint32Array(this.#wasm.memory.buffer);
  readonly #ivBytes = this.#memory.slice(LAYOUT.iv, LAYOUT.iv + KEY_BYTES);
  #key: Uint8Array | null = null;
  #modeFlags = 0;

  /** Chooses the keyed mode, or with null the plain one. */
  useKey(key: Uint8Array | null): void {
    if (key === null && this.#key === null) return;
    if (key !== null && key.length !== KEY_BYTES) {
      throw new RangeError(`Cannot use a key of ${key.length} bytes: it must have ${KEY_BYTES}`);
    }
    this.#memory.set(key ?? this.#ivBytes, LAYOUT.key);
    this.#key = key;
    this.#modeFlags = key === null ? 0 : FLAG.keyed;
  }

  /** Puts input into the window at `at`. */
  load(bytes: Uint8Array, at: number): void {
    this.#memory.set(bytes, LAYOUT.window + at);
  }

  /** Hashes a stretch of the window as a whole message; the digest is eight words of `into`. */
  digestWindow(at: number, length: number, into: Uint32Array, intoAt: number): void {
    this.#reduce(LAYOUT.window + at, length, 0, FLAG.root);
    const words = this.#words;
    const from = LAYOUT.chainingValues / 4;
    for (let i = 0; i < DIGEST_WORDS; i++) into[intoAt + i] = words[from + i]!;
  }

  /** Hashes a full or last window of a longer message to one chaining value, not the root. */
  subtree(length: number, firstChunk: number): Uint8Array {
    this.#reduce(LAYOUT.window, length, firstChunk, 0);
    return this.#memory.slice(LAYOUT.chainingValues, LAYOUT.chainingValues + DIGEST_BYTES);
  }

  /** Merges the chaining values of windows, in order, to the digest of the message. */
  root(chainingValues: readonly Uint8Array[]): Uint8Array {
    let level = chainingValues;
    while (level.length > 1) {
      const parents: Uint8Array[] = [];
      for (let i = 0; i + 1 < level.length; i += 2) {
        this.#memory.set(level[i]!, LAYOUT.chainingValues);
        this.#memory.set(level[i + 1]!, LAYOUT.chainingValues + DIGEST_BYTES);
        this.#parent(LAYOUT.chainingValues, LAYOUT.chainingValues, level.length === 2);
        parents.push(
          this.#memory.slice(LAYOUT.chainingValues, LAYOUT.chainingValues + DIGEST_BYTES),
        );
      }
      if (level.length % 2 === 1) parents.push(level[level.length - 1]!);
      level = parents;
    }
    return level[0]!;
  }

  /** Reduces input in memory to one chaining value at the head of the chaining values. */
  #reduce(input: number, length: number, firstChunk: number, rootFlag: number): void {
    const { hashOne, hashFour } = this.#wasm;
    const out = LAYOUT.chainingValues;
    const flags = this.#modeFlags;
    if (length <= CHUNK_BYTES) {
      const last = FLAG.chunkEnd | rootFlag;
      hashOne(input, length, firstChunk, flags, FLAG.chunkStart, last, out);
      return;
    }
    const chunks = Math.ceil(length / CHUNK_BYTES);
    const wholeChunks = Math.floor(length / CHUNK_BYTES);
    let chunk = 0;
    for (; chunk + LANES <= wholeChunks; chunk += LANES) {
      hashFour(
        input + chunk * CHUNK_BYTES,
        CHUNK_BYTES,
        CHUNK_BYTES / 64,
        firstChunk + chunk,
        -1,
        flags,
        FLAG.chunkStart,
        FLAG.chunkEnd,
        out + chunk * DIGEST_BYTES,
      );
    }
    for (; chunk < chunks; chunk++) {
      hashOne(
        input + chunk * CHUNK_BYTES,
        Math.min(CHUNK_BYTES, length - chunk * CHUNK_BYTES),
        firstChunk + chunk,
        flags,
        FLAG.chunkStart,
        FLAG.chunkEnd,
        out + chunk * DIGEST_BYTES,
      );
    }
    this.#mergeLevels(chunks, rootFlag !== 0);
  }

  /** Pairs neighbours level by level; an odd one out rises as it is. */
  #mergeLevels(count: number, isRoot: boolean): void {
    const { hashFour } = this.#wasm;
    const base = LAYOUT.chainingValues;
    const flags = this.#modeFlags | FLAG.parent;
    while (count > 2) {
      const pairs = count >> 1;
      let pair = 0;
      for (; pair + LANES <= pairs; pair += LANES) {
        const from = base + pair * 2 * DIGEST_BYTES;
        hashFour(from, 64, 1, 0, 0, flags, 0, 0, base + pair * DIGEST_BYTES);
      }
      for (; pair < pairs; pair++) {
        this.#parent(base + pair * 2 * DIGEST_BYTES, base + pair * DIGEST_BYTES, false);
      }
      if (count % 2 === 1) {
        const odd = base + (count - 1) * DIGEST_BYTES;
        this.#memory.copyWithin(base + pairs * DIGEST_BYTES, odd, odd + DIGEST_BYTES);
      }
      count = pairs + (count & 1);
    }
    this.#parent(base, base, isRoot);
  }

  #parent(input: number, output: number, isRoot: boolean): void {
    const flags = this.#modeFlags | FLAG.parent;
    this.#wasm.hashOne(input, 2 * DIGEST_BYTES, 0, flags, 0, isRoot ? FLAG.root : 0, output);
  }
}

let engine: Engine | undefined;
let busy = false;

function withEngine<T>(key: Uint8Array | null, use: (engine: Engine) => T): T {
  // A source of input that hashes something itself would overwrite the window under our feet.
  if (busy) throw new Error("Cannot start a BLAKE3 hash inside another one");
  busy = true;
  try {
    engine ??= new Engine();
    engine.useKey(key);
    return use(engine);
  } finally {
    busy = false;
  }
}

/**
 * The 32-byte BLAKE3 digest of a message, given whole or in pieces.
 *
 * @param message The bytes, or pieces of any length in order.
 * @param key 32 bytes for the keyed mode (a MAC), or null for the plain hash.
 * @throws {RangeError} When the key has not 32 bytes.
 *
 * @example
 * ```ts
 * import { blake3 } from "./mod.ts";
 *
 * const digest = blake3(new TextEncoder().encode("abc"));
 * console.assert(digest.length === 32 && digest[0] === 0x64);
 * ```
 */
export function blake3(
  message: Uint8Array | Iterable<Uint8Array>,
  key: Uint8Array | null = null,
): Uint8Array {
  const pieces = message instanceof Uint8Array ? [message] : message;
  return withEngine(key, (engine) => {
    const windows: Uint8Array[] = [];
    let filled = 0;
    for (const piece of pieces) {
      for (let at = 0; at < piece.length;) {
        // A full window is closed only when more follows: the last one may be the root.
        if (filled === WINDOW_BYTES) {
          windows.push(engine.subtree(filled, windows.length * (WINDOW_BYTES / CHUNK_BYTES)));
          filled = 0;
        }
        const count = Math.min(piece.length - at, WINDOW_BYTES - filled);
        engine.load(piece.subarray(at, at + count), filled);
        filled += count;
        at += count;
      }
    }
    if (windows.length === 0) {
      const digest = new Uint32Array(DIGEST_WORDS);
      engine.digestWindow(0, filled, digest, 0);
      return new Uint8Array(digest.buffer);
    }
    windows.push(engine.subtree(filled, windows.length * (WINDOW_BYTES / CHUNK_BYTES)));
    return engine.root(windows);
  });
}

/**
 * Hashes consecutive stretches of one buffer in one pass over it, until `stop` says so.
 *
 * @param bytes The buffer.
 * @param starts Offset of each stretch, ascending; one more than there are stretches, the last
 *   being the end of the last stretch.
 * @param skip Bytes at the end of each stretch that are left out.
 * @param key 32 bytes for the keyed mode, or null.
 * @param digests Receives eight words, as they lie in memory, for each stretch that was hashed.
 * @param stop Asked after each stretch with its number.
 * @returns The number of the stretch at which it was stopped, or -1.
 */
export function digestStretches(
  bytes: Uint8Array,
  starts: ArrayLike<number>,
  skip: number,
  key: Uint8Array | null,
  digests: Uint32Array,
  stop: (stretch: number) => boolean = () => false,
): number {
  const count = starts.length - 1;
  for (let first = 0; first < count;) {
    const from = starts[first]!;
    let end = first;
    while (end < count && starts[end + 1]! - from <= WINDOW_BYTES) end++;
    if (end === first) {
      // A stretch longer than the window goes through it piece by piece.
      const digest = blake3(bytes.subarray(from, starts[first + 1]! - skip), key);
      digests.set(new Uint32Array(digest.slice().buffer), first * DIGEST_WORDS);
      if (stop(first)) return first;
      first++;
      continue;
    }
    const stopped = withEngine(key, (engine) => {
      engine.load(bytes.subarray(from, starts[end]!), 0);
      for (let i = first; i < end; i++) {
        const at = starts[i]!;
        engine.digestWindow(at - from, starts[i + 1]! - at - skip, digests, i * DIGEST_WORDS);
        if (stop(i)) return i;
      }
      return -1;
    });
    if (stopped >= 0) return stopped;
    first = end;
  }
  return -1;
}
