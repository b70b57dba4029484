// Does every float instruction give the exact implementation's bits and flags on the hart, where
// the host's arithmetic may answer in its place? (emu/float proves the exact one.)
import { assertEquals } from "../../std_assert.ts";
import { BINARY32, BINARY64, boxSingle, SoftFloat } from "../float/mod.ts";
import { type Instruction, INSTRUCTIONS, type Registers } from "../float/testing/instructions.ts";
import {
  borderPatterns,
  integerBorderPatterns,
  randomOperand,
  randomWords,
} from "../float/testing/operands.ts";
import { encode, instructionNamed } from "../testing/encode.ts";
import { CODE, Guest } from "../testing/guest.ts";
import { FLOAT } from "./float.ts";

const DYNAMIC = 7;

/** Integers around every power of two, both signs. */
const INTEGERS = Array.from({ length: 65 }, (_, i) => 1n << BigInt(i))
  .flatMap((power) => [power - 1n, power, power + 1n, -power, -power - 1n])
  .map((integer) => BigInt.asUintN(64, integer));

function bordersOf({ reads }: Instruction): readonly bigint[] {
  if (reads === "integer") return INTEGERS;
  const patterns = [...borderPatterns(reads), ...integerBorderPatterns(reads)];
  // Where truncation to an integer type is still in range, and where it no longer is.
  const view = new DataView(new ArrayBuffer(8));
  for (const limit of [2 ** 31, 2 ** 32, 2 ** 63, 2 ** 64, 1, 2 ** 24, 2 ** 53]) {
    for (const value of [limit - 1, limit - 0.5, limit, limit + 0.5, limit + 1]) {
      view.setFloat64(0, value);
      patterns.push(reads === BINARY64 ? view.getBigUint64(0) : 0n);
      view.setFloat32(0, value);
      if (reads === BINARY32) patterns.push(BigInt(view.getUint32(0)));
    }
  }
  return [...new Set(patterns.flatMap((pattern) => [pattern, pattern ^ reads.signBit]))];
}

/** One instruction on the hart, once for each of five modes, static and dynamic. */
class Trial {
  readonly #instruction: Instruction;
  readonly #guest: Guest;
  readonly #readsIntegers: boolean;
  readonly #writesFloat: boolean;
  readonly #soft = new SoftFloat();

  constructor(instruction: Instruction) {
    this.#instruction = instruction;
    const { name } = instruction;
    const fields = instructionNamed(name).fields.map((field) => field.name as string);
    this.#readsIntegers = instruction.reads === "integer";
    this.#writesFloat = fields.includes("fd");
    const values = {
      ...(fields.includes("fd") ? { fd: 4 } : { rd: 4 }),
      ...(this.#readsIntegers ? { rs1: 1 } : { fs1: 1 }),
      ...(fields.includes("fs2") && { fs2: 2 }),
      ...(fields.includes("fs3") && { fs3: 3 }),
    };
    const modes = fields.includes("rm") ? [0, 1, 2, 3, 4, DYNAMIC] : [0];
    this.#guest = new Guest(
      modes.map((rm) => encode(name, fields.includes("rm") ? { ...values, rm } : values)),
    );
  }

  /** Compares result and flags in one mode, with these flags up before. */
  check(operands: Registers, mode: number, isStatic: boolean, flags: number): void {
    const { registers } = this.#guest;
    const { name } = this.#instruction;
    const rounds = instructionNamed(name).fields.some((field) => field.name === "rm");
    registers.pc = BigInt(CODE + (rounds ? 4 * (isStatic ? mode : 5) : 0));
    // A static mode must win over another one in fcsr.
    const frm = isStatic ? (mode + 1) % 5 : mode;
    registers.fcsr = (frm << 5) | flags;
    for (const [i, operand] of operands.entries()) {
      if (this.#readsIntegers) registers.setX(i + 1, operand);
      else registers.setF(i + 1, operand);
    }
    this.#guest.run(1);
    this.#soft.flags = 0;
    const expected = this.#instruction.execute(this.#soft, operands, mode);
    const actual = this.#writesFloat ? registers.f(4) : registers.x(4);
    const fcsr = (frm << 5) | flags | this.#soft.flags;
    if (actual === expected && registers.fcsr === fcsr) return;
    const hex = (values: readonly (bigint | number)[]) => values.map((value) => value.toString(16));
    assertEquals(
      hex([actual, registers.fcsr]),
      hex([expected, fcsr]),
      `${name} of ${hex(operands)} in mode ${mode}, ${
        isStatic ? "static" : "dynamic"
      }, after ${flags}`,
    );
  }
}

/** Operands in registers; now and then one that does not hold a single after all. */
function registersOf({ reads }: Instruction, bits: Registers, next: () => bigint): Registers {
  const box = (value: bigint) =>
    next() % 32n === 0n ? (next() & ~0xffff_ffffn) | value : boxSingle(value);
  return reads === BINARY32 ? bits.map(box) as Registers : bits;
}

Deno.test("is every float instruction compared but those that only move bits?", () => {
  const compared = INSTRUCTIONS.map(({ name }) => name);
  const rest = FLOAT.map(({ name }) => name).filter((name) => !compared.includes(name));
  const moves = ["fmv.x.w", "fmv.w.x", "fmv.x.d", "fmv.d.x", "flw", "fsw", "fld", "fsd"];
  const signs = ["fsgnj", "fsgnjn", "fsgnjx"].flatMap((name) => [`${name}.s`, `${name}.d`]);
  assertEquals(rest.toSorted(), [...moves, ...signs].toSorted());
});

Deno.test("do all instructions of one operand equal the exact ones at every border and mode?", () => {
  const next = randomWords(0x1357_9bdfn);
  for (const instruction of INSTRUCTIONS.filter(({ operands }) => operands === 1)) {
    const trial = new Trial(instruction);
    for (const a of bordersOf(instruction)) {
      const operands = registersOf(instruction, [a, 0n, 0n], next);
      for (let mode = 0; mode < 5; mode++) {
        // Only the inexact flag matters to the fast path; the others show what is added.
        trial.check(operands, mode, true, 0);
        trial.check(operands, mode, true, 1);
        trial.check(operands, mode, false, Number(next() % 32n));
      }
    }
  }
});

Deno.test("do all instructions of two operands equal the exact ones on pairs of borders?", () => {
  const next = randomWords(0x2468_ace0n);
  for (const instruction of INSTRUCTIONS.filter(({ operands }) => operands === 2)) {
    const trial = new Trial(instruction);
    const borders = bordersOf(instruction);
    for (const a of borders) {
      // A fifth of the pairs, another one for each first operand.
      for (const b of borders.filter(() => next() % 5n === 0n)) {
        const operands = registersOf(instruction, [a, b, 0n], next);
        trial.check(operands, 0, true, 1); // where the host answers
        trial.check(operands, Number(next() % 5n), next() % 2n === 0n, Number(next() % 32n));
      }
    }
  }
});

Deno.test("do all instructions equal the exact ones on random operands?", () => {
  const next = randomWords(0xfeed_f00dn);
  for (const instruction of INSTRUCTIONS) {
    const trial = new Trial(instruction);
    const { reads } = instruction;
    const borders = bordersOf(instruction);
    const random = () =>
      reads === "integer" ? next() >> (next() % 64n) : randomOperand(reads, borders, next);
    for (let i = 0; i < 150; i++) {
      const operands = registersOf(instruction, [random(), random(), random()], next);
      trial.check(operands, 0, next() % 2n === 0n, 1);
      trial.check(operands, Number(next() % 5n), next() % 2n === 0n, Number(next() % 32n));
    }
  }
});

Deno.test("do sign injections work on the number that a register holds, and moves on its bits?", () => {
  const run = (name: string, fields: Record<string, number>, a: bigint, b = 0n) => {
    const guest = new Guest([encode(name, fields)]);
    guest.registers.setX(1, a);
    guest.registers.setF(1, a);
    guest.registers.setF(2, b);
    assertEquals(guest.run(1).reason, "budget");
    return "fd" in fields ? guest.registers.f(4) : guest.registers.x(4);
  };
  const inject = { fd: 4, fs1: 1, fs2: 2 };
  const [one, minusTwo] = [0xffff_ffff_3f80_0000n, 0xffff_ffff_c000_0000n];
  assertEquals(run("fsgnj.s", inject, one, minusTwo), 0xffff_ffff_bf80_0000n);
  assertEquals(run("fsgnjn.s", inject, one, minusTwo), one);
  assertEquals(run("fsgnjx.s", inject, minusTwo, minusTwo), 0xffff_ffff_4000_0000n);
  // Wrongly boxed: the canonical NaN, also where only its sign counts.
  assertEquals(run("fsgnj.s", inject, 0xffff_fffe_3f80_0000n, one), 0xffff_ffff_7fc0_0000n);
  assertEquals(run("fsgnj.s", inject, one, 0xffff_fffe_c000_0000n), one);
  assertEquals(run("fsgnjn.d", inject, 1n, 0n), 2n ** 63n + 1n);
  assertEquals(run("fsgnjx.d", inject, 2n ** 63n + 1n, 2n ** 63n), 1n);
  const junk = 0x1234_5678_89ab_cdefn;
  assertEquals(run("fmv.x.w", { rd: 4, fs1: 1 }, junk), 0xffff_ffff_89ab_cdefn);
  assertEquals(run("fmv.x.d", { rd: 4, fs1: 1 }, junk), junk);
  assertEquals(run("fmv.w.x", { fd: 4, rs1: 1 }, junk), 0xffff_ffff_89ab_cdefn);
  assertEquals(run("fmv.d.x", { fd: 4, rs1: 1 }, junk), junk);
});
