// Is it really xoshiro256**, and is it the same wherever it is cut?

import { assert, assertEquals, assertNotEquals, assertThrows } from "../std_assert.ts";
import { Entropy } from "./entropy.ts";

function words(entropy: Entropy, count: number): bigint[] {
  return [...new BigUint64Array(entropy.bytes(8 * count).slice().buffer)];
}

Deno.test("the state 1, 2, 3, 4 gives the numbers that its authors' code gives", () => {
  const entropy = new Entropy(0);
  entropy.state = [1n, 2n, 3n, 4n];
  assertEquals(words(entropy, 10), [
    11520n,
    0n,
    1509978240n,
    1215971899390074240n,
    1216172134540287360n,
    607988272756665600n,
    16172922978634559625n,
    8476171486693032832n,
    10595114339597558777n,
    2904607092377533576n,
  ]);
});

Deno.test("the seed decides, by its low 64 bits", () => {
  assertEquals(words(new Entropy(7), 4), words(new Entropy(7n + (1n << 64n)), 4));
  assertEquals(words(new Entropy(-1), 4), words(new Entropy((1n << 64n) - 1n), 4));
  assertNotEquals(words(new Entropy(7), 4), words(new Entropy(8), 4));
});

Deno.test("a saved state, and a clone, go on where the generator stood", () => {
  const entropy = new Entropy(1);
  entropy.bytes(24);
  const clone = entropy.clone();
  const restored = new Entropy(2);
  restored.state = entropy.state;
  const expected = words(entropy, 5);
  assertEquals(words(clone, 5), expected);
  assertEquals(words(restored, 5), expected);
});

Deno.test("a part of a word takes the whole word", () => {
  const [a, b] = [new Entropy(3), new Entropy(3)];
  assertEquals(a.bytes(3), b.bytes(8).slice(0, 3));
  assertEquals(a.bytes(8), b.bytes(8));
  assertEquals(a.bytes(0).length, 0);
});

Deno.test("a state that never moves is refused", () => {
  assertThrows(() => (new Entropy(0).state = [0n, 0n, 0n, 0n]), RangeError, "all zero");
  assert(new Entropy(0).state.some((word) => word !== 0n));
});
