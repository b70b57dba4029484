// Do translated code and the interpreter leave the same state after every number of instructions?

import { assert, assertEquals } from "../../std_assert.ts";
import { Hart, PAGE_SIZE } from "../mod.ts";
import { encode, wordBytes } from "../testing/encode.ts";
import { DATA, Guest } from "../testing/guest.ts";
import {
  below,
  mend,
  randomCode,
  randomGuest,
  type RandomWords,
} from "../testing/random_program.ts";
import { SCRATCH_SIZE, SequenceGenerator } from "../testing/sequence.ts";
import { sequenceWords } from "../testing/sequence_program.ts";

/** Translates whatever comes by. */
const EAGER = { samplesMin: 1, warmUp: 0, interval: 25 };

/** SplitMix64. */
function randomWords(seed: number): RandomWords {
  let state = BigInt(seed) * 0x1234_5678_9abc_def1n;
  return () => {
    state = BigInt.asUintN(64, state + 0x9e37_79b9_7f4a_7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn);
    return z ^ (z >> 31n);
  };
}

function assertSameState(a: Guest, b: Guest, where: string): void {
  if (!a.registers.equals(b.registers)) {
    for (let i = 0; i < 32; i++) {
      assertEquals(b.registers.x(i), a.registers.x(i), `${where}: x${i}`);
      assertEquals(b.registers.f(i), a.registers.f(i), `${where}: f${i}`);
    }
    assertEquals(b.registers.pc, a.registers.pc, `${where}: pc`);
    assertEquals(b.registers.fcsr, a.registers.fcsr, `${where}: fcsr`);
    assert(false, `${where}: reservation`);
  }
}

/** Runs two equal guests side by side, in pieces of random length; gives the number of translations. */
function compareEngines(
  seed: number,
  make: (next: RandomWords) => Guest,
  total: number,
  longest: number,
): number {
  const next = randomWords(seed);
  const a = make(randomWords(seed));
  const b = make(randomWords(seed));
  Hart.of(a.memory).configure({ translate: false });
  Hart.of(b.memory).configure({ heat: EAGER });
  for (let left = total, stops = 0; left > 0 && stops < 3000; stops++) {
    const budget = Math.min(left, 1 + below(next, longest));
    const expected = a.run(budget);
    const actual = b.run(budget);
    const where = `seed ${seed}, instruction ${a.instructions}`;
    assertEquals(actual, expected, where);
    assertSameState(a, b, where);
    left -= actual.retired;
    if (expected.reason !== "budget") [a, b].forEach((guest) => mend(guest, expected));
    if (stops % 64 === 0) assertSameMemory(a, b, where);
  }
  assertSameMemory(a, b, `seed ${seed}, at the end`);
  return Hart.of(b.memory).translations;
}

/** Two pages of any instructions, which may change themselves. */
const anything = (next: RandomWords) => randomGuest(next, randomCode(next));

/** A sequence of legal instructions on a scratch area across a page edge, repeated for ever. */
function loop(next: RandomWords): Guest {
  const sequence = new SequenceGenerator(next).sequence();
  const words = sequenceWords(sequence);
  const length = wordBytes(words).length;
  const guest = new Guest([...words, encode("jal", { rd: 0, imm: -length })]);
  const middle = DATA + 4096 - below(next, 64);
  guest.write(middle - SCRATCH_SIZE / 2, sequence.scratch);
  sequence.x.forEach((value, i) => guest.registers.setX(i, value));
  sequence.f.forEach((bits, i) => guest.registers.setF(i, bits));
  for (const [register, offset] of sequence.pointers) {
    guest.registers.setX(register, BigInt(middle + offset));
  }
  guest.registers.fcsr = sequence.fcsr;
  return guest;
}

function assertSameMemory(a: Guest, b: Guest, where: string): void {
  const pages = a.pages.presentPages();
  assertEquals(b.pages.presentPages(), pages, where);
  for (const page of pages) {
    assertEquals(b.read(page * PAGE_SIZE, PAGE_SIZE), a.read(page * PAGE_SIZE, PAGE_SIZE), where);
  }
}

Deno.test("random code that changes itself runs alike in short pieces", () => {
  for (let seed = 0; seed < 30; seed++) compareEngines(seed, anything, 20_000, 300);
});

Deno.test("random code that changes itself runs alike in long pieces", () => {
  for (let seed = 100; seed < 130; seed++) compareEngines(seed, anything, 200_000, 20_000);
});

Deno.test("loops of all instructions run alike", () => {
  let translated = 0;
  for (let seed = 1000; seed < 1400; seed++) {
    if (compareEngines(seed, loop, 10_000, 2000) > 0) translated++;
  }
  assert(translated > 300, `Only ${translated} loops were translated`);
});
