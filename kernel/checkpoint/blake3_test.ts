/** Is our BLAKE3 the real one, for every shape of the tree, in one piece and in many? */
import { blake3 as reference } from "npm:@noble/hashes@1/blake3";
import { assertEquals, assertThrows } from "../../std_assert.ts";
import { blake3, DIGEST_BYTES, DIGEST_WORDS, digestStretches } from "./blake3.ts";

const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
/** The input of the official test vectors: 0, 1, 2, … 250, 0, 1, … */
const vectorInput = (length: number) => Uint8Array.from({ length }, (_, i) => i % 251);
/** The key of the official test vectors. */
const KEY = new TextEncoder().encode("whats the Elvish word for friend");

/** The lengths of the official test vectors, and the borders of our blocks, chunks and windows. */
const LENGTHS = [
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 63, 64, 65, 127, 128, 129, 1023, 1024, 1025, 2048, 2049, 3072],
  ...[3073, 4096, 4097, 5120, 5121, 6144, 6145, 7168, 7169, 8192, 8193, 16384, 31744, 102400],
  ...[55, 56, 1000, 9216, 17 * 1024 + 5, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 * (1 << 20) + 77],
];

Deno.test("known answers: the empty message and three bytes", () => {
  assertEquals(
    hex(blake3(new Uint8Array(0))),
    "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
  );
  assertEquals(
    hex(blake3(new TextEncoder().encode("abc"))),
    "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
  );
});

Deno.test("equals an independent implementation at every border of the tree", () => {
  for (const length of LENGTHS) {
    const input = vectorInput(length);
    assertEquals(hex(blake3(input)), hex(reference(input)), `length ${length}`);
    assertEquals(hex(blake3(input, KEY)), hex(reference(input, { key: KEY })), `keyed ${length}`);
  }
});

Deno.test("pieces of any size give the digest of the whole", () => {
  const input = vectorInput(2_300_000);
  const expected = hex(blake3(input));
  for (const size of [1, 4096, 100_003, 1 << 20]) {
    const pieces = function* () {
      for (let at = 0; at < input.length; at += size) yield input.subarray(at, at + size);
    };
    if (size > 1) assertEquals(hex(blake3(pieces())), expected, `pieces of ${size}`);
  }
});

Deno.test("stretches are hashed each on its own, without their last bytes", () => {
  const input = vectorInput(1_300_000);
  for (const key of [null, KEY]) {
    const bounds = [0, 16, 40, 2000, 2008, 70_000, 1_200_000, 1_300_000];
    const words = new Uint32Array((bounds.length - 1) * DIGEST_WORDS);
    assertEquals(digestStretches(input, bounds, 8, key, words), -1);
    const digests = new Uint8Array(words.buffer);
    for (let i = 0; i + 1 < bounds.length; i++) {
      assertEquals(
        hex(digests.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES)),
        hex(blake3(input.subarray(bounds[i]!, bounds[i + 1]! - 8), key)),
      );
    }
  }
});

Deno.test("hashing stretches stops where it is told to", () => {
  const words = new Uint32Array(3 * DIGEST_WORDS);
  const seen: number[] = [];
  const stop = (stretch: number) => seen.push(stretch) === 2;
  assertEquals(digestStretches(new Uint8Array(96), [0, 32, 64, 96], 8, null, words, stop), 1);
  assertEquals(seen, [0, 1]);
});

Deno.test("a key of another length is refused, and hashing inside a hash", () => {
  assertThrows(() => blake3(new Uint8Array(1), new Uint8Array(31)), RangeError, "31 bytes");
  const nested = function* () {
    yield blake3(new Uint8Array(1));
  };
  assertThrows(() => blake3(nested()), Error, "inside another");
  assertEquals(blake3(new Uint8Array(1)).length, DIGEST_BYTES, "usable again afterwards");
});
