/** Every single-bit flip and every truncation of the hello image is refused, with nothing left behind. */
import { assertEquals, assertThrows } from "../../std_assert.ts";
import { checkpoint } from "./checkpoint.ts";
import { Refusal } from "./refusal.ts";
import { planRestart } from "./restart.ts";
import { fingerprint, makeWorld, startLooping } from "./testing/world.ts";

const world = makeWorld();
const source = world.fork();
const image = checkpoint(source, startLooping(source));
source.dispose();

Deno.test("every single-bit flip is refused", () => {
  const before = fingerprint(world);
  const damaged = image.slice();
  for (let bit = 0; bit < image.length * 8; bit++) {
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    assertThrows(() => planRestart(world, damaged, { adoptMachine: true }), Refusal);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    if (bit % 1024 === 0) assertEquals(fingerprint(world), before);
  }
  assertEquals(damaged, image);
  assertEquals(fingerprint(world), before);
});

Deno.test("every truncation is refused", () => {
  const before = fingerprint(world);
  for (let length = 0; length < image.length; length++) {
    const cut = image.subarray(0, length);
    assertThrows(() => planRestart(world, cut, { adoptMachine: true }), Refusal);
  }
  assertEquals(fingerprint(world), before);
});
