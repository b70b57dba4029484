// Do translated code and the interpreter leave the same state after every number of instructions?

import { assert, assertEquals } from "../../std_assert.ts";
import { Hart, PAGE_SIZE, PhysicalMemory } from "../mod.ts";
import { encode } from "../testing/encode.ts";
import { CODE, DATA, Guest } from "../testing/guest.ts";
import {
  below,
  mend,
  oneOf,
  randomCode,
  randomGuest,
  type RandomWords,
} from "../testing/random_program.ts";
import { Random } from "../testing/random.ts";
import { SequenceGenerator } from "../testing/sequence.ts";
import {
  enterSequence,
  layOut,
  makeStores,
  programGuest,
  randomStates,
} from "../testing/sequence_program.ts";

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

const STORES = makeStores(new Random(1));

/** A sequence of legal instructions on a scratch area across a page edge, repeated for ever. */
function loop(next: RandomWords): Guest {
  const random = new Random(Number(next() & 0xffff_ffffn));
  const sequence = new SequenceGenerator(random).sequence();
  const data = randomStates(random, [sequence], 4, STORES);
  const program = layOut([sequence], data, 0x10_0000);
  const guest = programGuest(program, new PhysicalMemory());
  const { end } = enterSequence(guest, program, 3); // the one with a page's edge in its middle
  guest.writeCode(end, [encode("jal", { rd: 0, imm: Number(guest.registers.pc) - end })]);
  return guest;
}

function assertSameMemory(a: Guest, b: Guest, where: string): void {
  const pages = a.pages.presentPages();
  assertEquals(b.pages.presentPages(), pages, where);
  for (const page of pages) {
    assertEquals(b.read(page * PAGE_SIZE, PAGE_SIZE), a.read(page * PAGE_SIZE, PAGE_SIZE), where);
  }
}

/** Registers that {@linkcode graph} computes with. */
const VALUES = [5, 6, 7, 28, 29, 30, 31] as const;
/** Pointers into data: some are moved, some stay. */
const BASES = [8, 9, 10, 11] as const;

/**
 * Blocks of a few instructions each, with branches between any two, loops in loops with several
 * entries, calls and returns, indirect jumps through a table, and pointers that move over the edge
 * of a page and come back.
 */
function graph(next: RandomWords): Guest {
  const count = 3 + below(next, 12);
  const blockWords = 16;
  const at = (block: number) => block * blockWords * 4;
  const words: number[] = [];
  for (let block = 0; block < count; block++) {
    const body = graphBlock(next, at(block), () => at(below(next, count)));
    words.push(...body, ...Array<number>(blockWords - body.length).fill(encode("addi")));
  }
  words.push(encode("jal", { rd: 0, imm: -at(count) }));
  const guest = new Guest(words);
  BASES.forEach((base) => guest.registers.setX(base, BigInt(DATA + 4096 - 16 + below(next, 32))));
  VALUES.forEach((value) => guest.registers.setX(value, next()));
  guest.registers.setX(1, BigInt(CODE));
  guest.registers.setX(20, BigInt(DATA + 64));
  for (let i = 0; i < 4; i++) {
    guest.writeU64(DATA + 64 + 8 * i, BigInt(CODE + at(below(next, count))));
  }
  return guest;
}

function graphBlock(next: RandomWords, begin: number, target: () => number): number[] {
  const words: number[] = [];
  const value = () => oneOf(next, VALUES);
  const place = () => ({ rs1: oneOf(next, BASES), imm: below(next, 64) - 32 });
  for (let left = below(next, 9); left > 0; left--) {
    const rd = value();
    words.push(
      oneOf(next, [
        () => encode("add", { rd, rs1: value(), rs2: value() }),
        () => encode("xor", { rd, rs1: value(), rs2: value() }),
        () => encode("mulw", { rd, rs1: value(), rs2: value() }),
        () => encode("srli", { rd, rs1: value(), imm: below(next, 64) }),
        () => encode(oneOf(next, ["lw", "ld", "lbu", "lh"]), { rd, ...place() }),
        () => encode(oneOf(next, ["lw", "ld", "lbu", "lh"]), { rd, ...place() }),
        () => encode(oneOf(next, ["sw", "sd", "sb"]), { rs2: value(), ...place() }),
        () => encode(oneOf(next, ["sw", "sd", "sb"]), { rs2: value(), ...place() }),
        () => movePointer(next),
        () => encode("csrrs", { rd, rs1: 0, csr: 0xc02 }),
      ])(),
    );
  }
  const here = () => begin + words.length * 4;
  const branch = oneOf(next, ["beq", "bne", "blt", "bltu"]);
  words.push(encode("andi", { rd: 12, rs1: value(), imm: oneOf(next, [1, 3, 7]) }));
  words.push(encode(branch, { rs1: 12, rs2: 0, imm: target() - here() }));
  const kind = below(next, 8);
  if (kind < 3) words.push(encode("jal", { rd: kind === 0 ? 1 : 0, imm: target() - here() }));
  if (kind === 3) words.push(encode("jalr", { rs1: 1 }));
  if (kind === 4) {
    words.push(encode("ld", { rd: 13, rs1: 20, imm: 8 * below(next, 4) }));
    words.push(encode("jalr", { rd: below(next, 2), rs1: 13 }));
  }
  return words;
}

/** Moves a pointer a little, back to its page's edge as soon as it is too far away. */
function movePointer(next: RandomWords): number {
  const base = oneOf(next, BASES);
  return below(next, 3) === 0
    ? encode("add", { rd: base, rs1: oneOf(next, BASES) })
    : encode("xori", { rd: base, rs1: base, imm: 8 * (below(next, 31) - 15) & 0x1ff });
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

Deno.test("loops in loops, calls and jumps through tables run alike", () => {
  let translated = 0;
  for (let seed = 5000; seed < 5300; seed++) {
    if (compareEngines(seed, graph, 60_000, 20_000) > 0) translated++;
  }
  assert(translated > 200, `Only ${translated} programs were translated`);
});
