/** Guests whose code any order of legal instructions can be, for comparing engines. */
import { PhysicalMemory } from "../mod.ts";
import { encode } from "./encode.ts";
import { CODE, DATA, Guest } from "./guest.ts";
import { Random } from "./random.ts";
import { below, oneOf, randomCode, randomGuest, type RandomWords } from "./random_program.ts";
import { SequenceGenerator } from "./sequence.ts";
import {
  enterSequence,
  layOut,
  makeStores,
  programGuest,
  randomStates,
} from "./sequence_program.ts";

/** Two pages of any instructions, which may change themselves. */
export const anything = (next: RandomWords): Guest => randomGuest(next, randomCode(next));

/** Two pages of bytes. */
export function bytes(next: RandomWords): Guest {
  return randomGuest(next, new Uint8Array(BigUint64Array.from({ length: 1024 }, next).buffer));
}

const STORES = makeStores(new Random(1));

/** A sequence of legal instructions on a scratch area across a page edge, repeated for ever. */
export function loop(next: RandomWords): Guest {
  const random = new Random(Number(next() & 0xffff_ffffn));
  const sequence = new SequenceGenerator(random).sequence();
  const data = randomStates(random, [sequence], 4, STORES);
  const program = layOut([sequence], data, 0x10_0000);
  const guest = programGuest(program, new PhysicalMemory());
  const { end } = enterSequence(guest, program, 3); // the one with a page's edge in its middle
  guest.writeCode(end, [encode("jal", { rd: 0, imm: Number(guest.registers.pc) - end })]);
  return guest;
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
export function graph(next: RandomWords): Guest {
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
