import fc from "npm:fast-check@4";
import { Random } from "../harness/mod.ts";
import { assert, assertEquals, assertThrows } from "../std_assert.ts";
import {
  applyMutation,
  isDamage,
  type Mutation,
  MUTATION_KINDS,
  proposeMutation,
} from "./mutation.ts";

const image = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
const images = fc.uint8Array({ minLength: 1, maxLength: 9000 });
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

Deno.test("does each kind of mutation change what it says, and nothing else?", () => {
  const cases: [Mutation, number[]][] = [
    [{ kind: "flip", offset: 1, bit: 7 }, [0, 0x87, 14, 21]],
    [{ kind: "set", offset: 0, value: 255 }, [255, 7, 14, 21]],
    [{ kind: "cut", offset: 1, length: 2 }, [0, 21]],
    [{ kind: "cut", offset: 0, length: 4 }, []],
    [{ kind: "insert", offset: 2, hex: "abcd" }, [0, 7, 0xab, 0xcd, 14, 21]],
    [{ kind: "swap", offset: 0, other: 2, length: 2 }, [14, 21, 0, 7]],
  ];
  for (const [mutation, expected] of cases) {
    assertEquals([...applyMutation(image(4), mutation)], expected, mutation.kind);
  }
});

Deno.test("is every proposed mutation damage to the image itself?", () => {
  fc.assert(fc.property(images, seeds, fc.constantFrom(...MUTATION_KINDS), (bytes, seed, kind) => {
    const mutation = proposeMutation(new Random(seed), bytes, kind);
    const changed = applyMutation(bytes, mutation);
    assert(isDamage(bytes, mutation));
    assert(changed.length < bytes.length || bytes.some((byte, i) => changed[i] !== byte));
  }));
});

Deno.test("does the same seed propose the same mutation?", () => {
  fc.assert(fc.property(images, seeds, (bytes, seed) => {
    const propose = () => proposeMutation(new Random(seed), bytes);
    assertEquals(propose(), propose());
  }));
});

Deno.test("is what lies behind an image no part of it?", () => {
  assertEquals(isDamage(image(4), { kind: "insert", offset: 4, hex: "00" }), false);
  assertEquals(isDamage(image(4), { kind: "set", offset: 1, value: 7 }), false);
});

Deno.test("is a mutation outside the image refused with its place?", () => {
  for (
    const mutation of [
      { kind: "flip", offset: 4, bit: 0 },
      { kind: "cut", offset: 2, length: 3 },
      { kind: "insert", offset: 5, hex: "00" },
      { kind: "swap", offset: 0, other: 3, length: 2 },
    ] as const
  ) {
    assertThrows(() => applyMutation(image(4), mutation), RangeError, "of an image of 4 bytes");
  }
});
