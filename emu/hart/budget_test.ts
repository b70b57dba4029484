// Does a run cut into any pieces end as the same run in one piece, whatever it executes?
import fc from "npm:fast-check@4";
import { assert, assertEquals, assertGreater } from "../../std_assert.ts";
import { randomWords } from "../float/testing/operands.ts";
import { Hart, PAGE_SIZE } from "../mod.ts";
import { CODE, DATA, Guest } from "../testing/guest.ts";
import {
  randomCode,
  randomGuest,
  type RandomWords,
  runThrough,
} from "../testing/random_program.ts";

const TOTAL = 1500;

/** Numbers from a list, over and over. */
function around(values: readonly number[]): () => number {
  let index = 0;
  return () => values[index++ % values.length] ?? 1;
}

function assertSameState(actual: Guest, expected: Guest): void {
  for (let i = 0; i < 32; i++) {
    assertEquals(actual.registers.x(i), expected.registers.x(i), `x${i}`);
    assertEquals(actual.registers.f(i), expected.registers.f(i), `f${i}`);
  }
  assert(actual.registers.equals(expected.registers), "pc, fcsr or reservation");
  assertEquals(actual.instructions, expected.instructions);
  assertEquals(actual.pages.presentPages(), expected.pages.presentPages());
  for (const page of expected.pages.presentPages()) {
    const [a, b] = [actual, expected].map((guest) => guest.read(page * PAGE_SIZE, PAGE_SIZE));
    if (a?.join() !== b?.join()) assertEquals(a, b, `page ${page}`);
    assertEquals(actual.pages.isDirty(page), expected.pages.isDirty(page));
  }
}

/** Runs two forks, one in a piece and one in slices, and compares what happened. */
function checkSlices(guest: Guest, slices: readonly number[]): number {
  const [whole, sliced] = [guest.fork(), guest.fork()];
  const expected = runThrough(whole, TOTAL, () => TOTAL);
  assertEquals(runThrough(sliced, TOTAL, around(slices)), expected);
  assertSameState(sliced, whole);
  assertEquals(whole.registers.x(0), 0n);
  const executed = Number(whole.instructions);
  for (const side of [whole, sliced]) side.pages.dispose();
  return executed;
}

const SEED = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n });
const SLICES = fc.oneof(
  fc.constant([1]),
  fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
  fc.array(fc.constantFrom(0, 1, 1, 2, 700), { minLength: 1, maxLength: 9 }).map((
    all,
  ) => [3, ...all]),
);

Deno.test("do random programs, also self-changing ones, run alike in one piece and in many?", () => {
  let executed = 0;
  fc.assert(
    fc.property(SEED, SLICES, (seed, slices) => {
      const next = randomWords(seed);
      executed += checkSlices(randomGuest(next, randomCode(next)), slices);
    }),
    { numRuns: 60 },
  );
  assertGreater(executed, 30_000);
});

/** Two pages of noise, in which one halfword of four begins a legal instruction or so. */
function noise(next: RandomWords): Uint8Array {
  return Uint8Array.from({ length: 2 * PAGE_SIZE }, () => Number(next() & 0xffn));
}

Deno.test("is nothing counted as translated where all is interpreted, also where pages are copied?", () => {
  for (let seed = 1n; seed <= 5n; seed++) {
    const next = randomWords(seed);
    const guest = randomGuest(next, randomCode(next));
    Hart.of(guest.memory).configure({ translate: false });
    runThrough(guest.fork(), 5000, () => 500); // the first write to each page copies it
    assertEquals(Hart.of(guest.memory).translatedInstructions, 0);
  }
});

Deno.test("do random bytes as code stop with a reason, alike in pieces, and touch no other frame?", () => {
  fc.assert(
    fc.property(SEED, SLICES, (seed, slices) => {
      const next = randomWords(seed);
      const guest = randomGuest(next, noise(next));
      // Frames in front of and behind those of the guest.
      const bystander = new Guest([], { memory: guest.memory });
      const pattern = noise(next);
      for (const address of [CODE, DATA]) bystander.map(address, 0, pattern);
      checkSlices(guest, slices);
      for (const address of [CODE, DATA]) {
        assertEquals(bystander.read(address, pattern.length).join(), pattern.join());
      }
      const { memory } = guest;
      assert(memory.frameBytes(memory.zeroFrame).every((byte) => byte === 0));
    }),
    { numRuns: 40 },
  );
});

Deno.test("does a run stop after exactly as many instructions as it was given, for each number?", () => {
  const next = randomWords(77n);
  const base = randomGuest(next, randomCode(next));
  const stepped = base.fork();
  for (let budget = 0; budget < 300; budget++) {
    const guest = base.fork();
    runThrough(guest, budget, () => budget);
    assertEquals(guest.instructions, stepped.instructions);
    assert(guest.registers.equals(stepped.registers), `after ${budget}`);
    guest.pages.dispose();
    runThrough(stepped, 1, () => 1);
  }
});
