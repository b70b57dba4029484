/**
 * Generates the WebAssembly module that computes BLAKE3's compression function, in two forms:
 * `hashOne` works on one input with its 4×4 state in four vectors (a row each), `hashFour` works
 * on four inputs of equal length at a time with sixteen vectors (a word each, an input a lane).
 *
 * ```text
 * linear memory
 *   0 ┌ IV, 32 bytes           written by the host once
 *  32 │ key, 32 bytes          the IV, or the key of the keyed mode
 *  64 │ 0, 1, 2, 3 (u32)       chunk counters of the four lanes
 *  80 │ 64 × 0xff, 64 × 0x00   masks off what lies behind a partial last block
 * 256 │ chaining values        32 bytes each, as many as the window has chunks, and one
 *     └ window                 the input; 64 bytes behind it may be read
 * ```
 *
 * Source: O'Connor, Aumasson, Neves, Wilcox-O'Hearn, "BLAKE3: one function, fast everywhere"
 * (2021), sections 2.1–2.4 (modes, tree, compression) and 5.3 (SIMD).
 */
import {
  type Expression,
  type FunctionBody,
  i32,
  type Local,
  ModuleBuilder,
  v128,
} from "../../emu/mod.ts";

/** Bytes of a chunk, a leaf of the hash tree. */
export const CHUNK_BYTES = 1024;
/** Bytes of a block, the unit of the compression function. */
export const BLOCK_BYTES = 64;
/** Bytes of a chaining value, a key and a digest. */
export const DIGEST_BYTES = 32;
/** Bytes of input that the module holds at a time; a whole number of chunks, a power of two. */
export const WINDOW_BYTES = 1 << 20;

/** Where things lie in the module's memory; see the drawing above. */
export const LAYOUT = {
  iv: 0,
  key: 32,
  lanes: 64,
  mask: 80,
  chainingValues: 256,
  window: 256 + (WINDOW_BYTES / CHUNK_BYTES + 1) * DIGEST_BYTES,
} as const;

/** Domain separation flags. Source: BLAKE3 paper, table 3. */
export const FLAG = { chunkStart: 1, chunkEnd: 2, parent: 4, root: 8, keyed: 16 } as const;

/** The initialisation vector: SHA-256's. Source: BLAKE3 paper, table 1. */
export const IV: readonly number[] = [
  ...[0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a],
  ...[0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19],
];

const ROUNDS = 7;
/** How the message words move between rounds. Source: BLAKE3 paper, table 2. */
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8] as const;
const WASM_PAGE_BYTES = 65536;

type I32 = Expression<"i32">;
type V128 = Expression<"v128">;
type I32Variable = Local<"i32">;
type Vector = Local<"v128">;

/** What the module exports. */
export interface Blake3Exports {
  readonly memory: WebAssembly.Memory;
  /**
   * Compresses one input, block after block, into 32 bytes at `output`.
   * `flags` go to every block, `first` and `last` also to the first and the last.
   */
  hashOne(
    input: number,
    bytes: number,
    counter: number,
    flags: number,
    first: number,
    last: number,
    output: number,
  ): void;
  /**
   * Compresses four inputs of `blocks` whole blocks that lie `stride` bytes apart into four
   * chaining values at `output`. Lane i's counter is `counter + (countUp ? i : 0)`, where
   * `countUp` is 0 or -1. Reads all its input before it writes.
   */
  hashFour(
    input: number,
    stride: number,
    blocks: number,
    counter: number,
    countUp: number,
    flags: number,
    first: number,
    last: number,
    output: number,
  ): void;
}

const dwords = (...lanes: readonly number[]) =>
  lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte));
const rotateBytes = (bytes: number) =>
  Array.from({ length: 16 }, (_, i) => (i & ~3) + ((i + bytes) & 3));

function rotateRight(value: V128, scratch: V128, bits: 7 | 8 | 12 | 16): V128 {
  if (bits % 8 === 0) return v128.i8x16_shuffle(value, scratch, rotateBytes(bits / 8));
  return v128.or(
    v128.i32x4_shr_u(value, i32.const(bits)),
    v128.i32x4_shl(scratch, i32.const(32 - bits)),
  );
}

/** The quarter-round G on whole vectors, with a message vector for each half. */
function mix(
  body: FunctionBody,
  [a, b, c, d]: readonly [Vector, Vector, Vector, Vector],
  messages: readonly [V128, V128],
): void {
  for (const [half, message] of messages.entries()) {
    body.set(a, v128.i32x4_add(v128.i32x4_add(a, b), message));
    body.set(d, v128.xor(d, a));
    body.set(d, rotateRight(d, d, half === 0 ? 16 : 8));
    body.set(c, v128.i32x4_add(c, d));
    body.set(b, v128.xor(b, c));
    body.set(b, rotateRight(b, b, half === 0 ? 12 : 7));
  }
}

/** Writes `hashOne`. Vectors are the state's rows; diagonals are reached by turning three rows. */
function defineHashOne(module: ModuleBuilder): void {
  const parameters = ["i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;
  module.defineFunction({ parameters, results: [] }, (body) => {
    const [input, bytes, counter, flags, first, last, output] = parameters.map((type, i) =>
      body.parameter(i, type)
    ) as [
      I32Variable,
      I32Variable,
      I32Variable,
      I32Variable,
      I32Variable,
      I32Variable,
      I32Variable,
    ];
    const rows = vectors(body, 4) as [Vector, Vector, Vector, Vector];
    // The message as the rounds want it: words 0 2 4 6, 1 3 5 7, 8 10 12 14, 9 11 13 15.
    const words = vectors(body, 4) as [Vector, Vector, Vector, Vector];
    const next = vectors(body, 4) as [Vector, Vector, Vector, Vector];
    const chain = vectors(body, 2) as [Vector, Vector];
    const lastRow = body.local("v128");
    const blockBytes = body.local("i32");
    const blockFlags = body.local("i32");

    body.set(chain[0], v128.load(i32.const(LAYOUT.key)));
    body.set(chain[1], v128.load(i32.const(LAYOUT.key + 16)));
    body.set(blockFlags, i32.or(flags, first));
    body.loop((again) => {
      loadMaskedBlock(body, input, bytes, blockBytes, next);
      body.if(
        i32.le_u(bytes, i32.const(BLOCK_BYTES)),
        () => body.set(blockFlags, i32.or(blockFlags, last)),
      );
      for (const half of [0, 1]) {
        const [low, high] = [next[half * 2]!, next[half * 2 + 1]!];
        body.set(words[half * 2]!, v128.i8x16_shuffle(low, high, dwords(0, 2, 4, 6)));
        body.set(words[half * 2 + 1]!, v128.i8x16_shuffle(low, high, dwords(1, 3, 5, 7)));
      }
      body.set(rows[0], chain[0]);
      body.set(rows[1], chain[1]);
      body.set(rows[2], v128.load(i32.const(LAYOUT.iv)));
      // Last row: counter low, counter high (always 0 here), block length, flags.
      body.set(
        lastRow,
        v128.i8x16_shuffle(
          v128.i32x4_splat(counter),
          v128.i32x4_splat(i32.const(0)),
          dwords(0, 4, 5, 6),
        ),
      );
      body.set(
        rows[3],
        v128.i8x16_shuffle(
          lastRow,
          v128.i8x16_shuffle(
            v128.i32x4_splat(blockBytes),
            v128.i32x4_splat(blockFlags),
            dwords(0, 1, 4, 5),
          ),
          dwords(0, 1, 4, 6),
        ),
      );
      for (let round = 0; round < ROUNDS; round++) {
        mix(body, rows, [words[0], words[1]]);
        turn(body, rows, [1, 2, 3]);
        mix(body, rows, [words[2], words[3]]);
        turn(body, rows, [3, 2, 1]);
        if (round < ROUNDS - 1) permuteRows(body, words, next);
      }
      body.set(chain[0], v128.xor(rows[0], rows[2]));
      body.set(chain[1], v128.xor(rows[1], rows[3]));
      body.set(blockFlags, flags);
      body.set(input, i32.add(input, i32.const(BLOCK_BYTES)));
      body.set(bytes, i32.sub(bytes, i32.const(BLOCK_BYTES)));
      body.branch(again, i32.gt_s(bytes, i32.const(0)));
    });
    body.store("v128", output, chain[0]);
    body.store("v128", output, chain[1], 16);
  }, "hashOne");
}

function vectors(body: FunctionBody, count: number): Vector[] {
  return Array.from({ length: count }, () => body.local("v128"));
}

/** Loads up to 64 bytes, zeros behind them; sets `blockBytes` to how many there were. */
function loadMaskedBlock(
  body: FunctionBody,
  input: I32,
  bytes: I32,
  blockBytes: I32Variable,
  into: readonly Vector[],
): void {
  body.if(i32.lt_u(bytes, i32.const(BLOCK_BYTES)), () => {
    body.set(blockBytes, bytes);
    const mask = i32.sub(i32.const(LAYOUT.mask + BLOCK_BYTES), blockBytes);
    for (const [i, vector] of into.entries()) {
      body.set(vector, v128.and(v128.load(input, i * 16), v128.load(mask, i * 16)));
    }
  }, () => {
    body.set(blockBytes, i32.const(BLOCK_BYTES));
    for (const [i, vector] of into.entries()) body.set(vector, v128.load(input, i * 16));
  });
}

/** Turns rows 1, 2, 3 left by `turns` lanes, so that diagonals become columns and back. */
function turn(body: FunctionBody, rows: readonly Vector[], turns: readonly number[]): void {
  for (const [i, by] of turns.entries()) {
    const row = rows[i + 1]!;
    body.set(row, v128.i8x16_shuffle(row, row, dwords(...[0, 1, 2, 3].map((n) => (n + by) & 3))));
  }
}

/** Applies {@linkcode PERMUTATION} to the message in its round order, gathering lane by lane. */
function permuteRows(
  body: FunctionBody,
  words: readonly [Vector, Vector, Vector, Vector],
  next: readonly Vector[],
): void {
  for (const [target, vector] of next.entries()) {
    const positions = [0, 1, 2, 3].map((lane) => (target >> 1) * 8 + (target & 1) + lane * 2);
    const sources = positions.map((position) => {
      const word = PERMUTATION[position]!;
      return { vector: (word >> 3) * 2 + (word & 1), lane: (word & 7) >> 1 };
    });
    body.set(vector, gather(words, sources));
  }
  for (const [i, vector] of next.entries()) body.set(words[i]!, vector);
}

/** A vector of four lanes picked from others, with one shuffle for each source but the first. */
function gather(
  from: readonly Vector[],
  sources: readonly { vector: number; lane: number }[],
): V128 {
  const distinct = [...new Set(sources.map((source) => source.vector))];
  let result: V128 = from[distinct[0]!]!;
  let place = sources.map((s) => (s.vector === distinct[0] ? s.lane : 0));
  for (const vector of distinct.slice(1)) {
    const lanes = sources.map((s, i) => (s.vector === vector ? 4 + s.lane : place[i]!));
    result = v128.i8x16_shuffle(result, from[vector]!, dwords(...lanes));
    place = [0, 1, 2, 3];
  }
  return result;
}

/** Writes `hashFour`. */
function defineHashFour(module: ModuleBuilder): void {
  const parameters = Array.from({ length: 9 }, () => "i32" as const);
  module.defineFunction({ parameters, results: [] }, (body) => {
    const [input, stride, blocks, counter, countUp, flags, first, last, output] = parameters.map(
      (type, i) => body.parameter(i, type),
    ) as [
      I32Variable,
      I32Variable,
      I32Variable,
      I32Variable,
      I32Variable,
      I32Variable,
      I32Variable,
      I32Variable,
      I32Variable,
    ];
    const chain = vectors(body, 8);
    const state = vectors(body, 16);
    const message = vectors(body, 16);
    const blockFlags = body.local("i32");
    const lane = [0, 1, 2, 3].map(() => body.local("i32"));

    for (const [i, vector] of chain.entries()) {
      body.set(vector, v128.load32_splat(i32.const(LAYOUT.key + i * 4)));
    }
    body.set(blockFlags, i32.or(flags, first));
    body.set(lane[0]!, input);
    for (const i of [1, 2, 3]) body.set(lane[i]!, i32.add(lane[i - 1]!, stride));
    body.loop((again) => {
      for (const quarter of [0, 1, 2, 3]) {
        for (const i of [0, 1, 2, 3]) {
          body.set(message[quarter * 4 + i]!, v128.load(lane[i]!, quarter * 16));
        }
        transpose(body, message.slice(quarter * 4, quarter * 4 + 4), state);
      }
      body.if(
        i32.eq(blocks, i32.const(1)),
        () => body.set(blockFlags, i32.or(blockFlags, last)),
      );
      for (const [i, vector] of chain.entries()) body.set(state[i]!, vector);
      for (const i of [0, 1, 2, 3]) {
        body.set(state[8 + i]!, v128.load32_splat(i32.const(LAYOUT.iv + i * 4)));
      }
      body.set(
        state[12]!,
        v128.i32x4_add(
          v128.i32x4_splat(counter),
          v128.and(v128.load(i32.const(LAYOUT.lanes)), v128.i32x4_splat(countUp)),
        ),
      );
      body.set(state[13]!, v128.i32x4_splat(i32.const(0)));
      body.set(state[14]!, v128.i32x4_splat(i32.const(BLOCK_BYTES)));
      body.set(state[15]!, v128.i32x4_splat(blockFlags));
      rounds(body, state, message);
      for (const [i, vector] of chain.entries()) {
        body.set(vector, v128.xor(state[i]!, state[8 + i]!));
      }
      body.set(blockFlags, flags);
      for (const address of lane) body.set(address, i32.add(address, i32.const(BLOCK_BYTES)));
      body.set(blocks, i32.sub(blocks, i32.const(1)));
      body.branch(again, blocks);
    });
    for (const half of [0, 1]) {
      const rows = chain.slice(half * 4, half * 4 + 4);
      transpose(body, rows, state);
      for (const [i, row] of rows.entries()) {
        body.store("v128", output, row, i * DIGEST_BYTES + half * 16);
      }
    }
  }, "hashFour");
}

/** All rounds; the message's permutation is only a renaming of its vectors. */
function rounds(body: FunctionBody, state: readonly Vector[], message: readonly Vector[]): void {
  const quarter = (...words: readonly number[]) =>
    words.map((word) => state[word]!) as [Vector, Vector, Vector, Vector];
  let order = [...message.keys()];
  for (let round = 0; round < ROUNDS; round++) {
    const word = (i: number) => message[order[i]!]!;
    for (const i of [0, 1, 2, 3]) {
      mix(body, quarter(i, 4 + i, 8 + i, 12 + i), [word(2 * i), word(2 * i + 1)]);
    }
    for (const i of [0, 1, 2, 3]) {
      const diagonal = quarter(i, 4 + ((i + 1) & 3), 8 + ((i + 2) & 3), 12 + ((i + 3) & 3));
      mix(body, diagonal, [word(8 + 2 * i), word(9 + 2 * i)]);
    }
    order = PERMUTATION.map((i) => order[i]!);
  }
}

/** Transposes a 4×4 matrix of words in place; `scratch` offers four vectors to spoil. */
function transpose(body: FunctionBody, rows: readonly Vector[], scratch: readonly Vector[]): void {
  const [a, b, c, d] = rows as [Vector, Vector, Vector, Vector];
  const [low0, high0, low1, high1] = scratch as [Vector, Vector, Vector, Vector];
  body.set(low0, v128.i8x16_shuffle(a, b, dwords(0, 4, 1, 5)));
  body.set(high0, v128.i8x16_shuffle(a, b, dwords(2, 6, 3, 7)));
  body.set(low1, v128.i8x16_shuffle(c, d, dwords(0, 4, 1, 5)));
  body.set(high1, v128.i8x16_shuffle(c, d, dwords(2, 6, 3, 7)));
  body.set(a, v128.i8x16_shuffle(low0, low1, dwords(0, 1, 4, 5)));
  body.set(b, v128.i8x16_shuffle(low0, low1, dwords(2, 3, 6, 7)));
  body.set(c, v128.i8x16_shuffle(high0, high1, dwords(0, 1, 4, 5)));
  body.set(d, v128.i8x16_shuffle(high0, high1, dwords(2, 3, 6, 7)));
}

/** Builds, compiles and instantiates the module, with its constants in memory. */
export function instantiateBlake3(): Blake3Exports {
  const builder = new ModuleBuilder();
  const bytes = LAYOUT.window + WINDOW_BYTES + BLOCK_BYTES;
  builder.ownMemory("memory", Math.ceil(bytes / WASM_PAGE_BYTES));
  defineHashOne(builder);
  defineHashFour(builder);
  const module = new WebAssembly.Module(builder.encode());
  // The exports are those just defined, which their interface restates.
  const exports = new WebAssembly.Instance(module).exports as unknown as Blake3Exports;
  const words = new Uint32Array(exports.memory.buffer, 0, LAYOUT.mask / 4);
  words.set(IV, LAYOUT.iv / 4);
  words.set(IV, LAYOUT.key / 4);
  words.set([0, 1, 2, 3], LAYOUT.lanes / 4);
  new Uint8Array(exports.memory.buffer).fill(0xff, LAYOUT.mask, LAYOUT.mask + BLOCK_BYTES);
  return exports;
}
