// Do multiplication and division give what the specification defines, corners included?
import fc from "npm:fast-check@4";
import { assertEquals } from "../../std_assert.ts";
import { encode } from "../testing/encode.ts";
import { CODE, Guest } from "../testing/guest.ts";
import { MULTIPLY } from "./multiply.ts";

const asSigned = (value: bigint) => BigInt.asIntN(64, value);
const low = (value: bigint) => BigInt.asIntN(32, value);
const lowUnsigned = (value: bigint) => BigInt.asUintN(32, value);

/** Division as chapter "M" defines it: by zero gives all ones and the dividend. */
const quotient = (a: bigint, b: bigint) => b === 0n ? -1n : a / b;
const remainder = (a: bigint, b: bigint) => b === 0n ? a : a % b;

/** Operands come as unsigned 64-bit numbers. The smallest number over -1 wraps to itself. */
const REFERENCE: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  mul: (a, b) => a * b,
  mulh: (a, b) => (asSigned(a) * asSigned(b)) >> 64n,
  mulhsu: (a, b) => (asSigned(a) * b) >> 64n,
  mulhu: (a, b) => (a * b) >> 64n,
  div: (a, b) => quotient(asSigned(a), asSigned(b)),
  divu: quotient,
  rem: (a, b) => remainder(asSigned(a), asSigned(b)),
  remu: remainder,
  mulw: (a, b) => low(a * b),
  divw: (a, b) => low(quotient(low(a), low(b))),
  divuw: (a, b) => low(quotient(lowUnsigned(a), lowUnsigned(b))),
  remw: (a, b) => low(remainder(low(a), low(b))),
  remuw: (a, b) => low(remainder(lowUnsigned(a), lowUnsigned(b))),
};

const NAMES = MULTIPLY.map(({ name }) => name);
const guest = new Guest(
  NAMES.map((name, i) => encode(name, { rd: 10 + i, rs1: 6, rs2: 7 })),
);

/** Executes all instructions on one pair of operands. */
function check(a: bigint, b: bigint): void {
  guest.registers.pc = BigInt(CODE);
  guest.registers.setX(6, a);
  guest.registers.setX(7, b);
  assertEquals(guest.run(NAMES.length).reason, "budget");
  for (const [i, name] of NAMES.entries()) {
    const expected = BigInt.asUintN(64, REFERENCE[name]?.(a, b) ?? -1n);
    const actual = guest.registers.x(10 + i);
    if (actual !== expected) assertEquals(actual, expected, `${name} of ${a} and ${b}`);
  }
}

Deno.test("is there a reference for every instruction of the table's chapter?", () => {
  assertEquals(NAMES.toSorted(), Object.keys(REFERENCE).toSorted());
});

Deno.test("are division by zero and overflow what the specification's table says?", () => {
  const smallest = 2n ** 63n;
  const expected: [name: string, a: bigint, b: bigint, result: bigint][] = [
    ["div", 7n, 0n, -1n],
    ["divu", 7n, 0n, -1n],
    ["rem", 7n, 0n, 7n],
    ["remu", 7n, 0n, 7n],
    ["div", smallest, -1n, smallest],
    ["rem", smallest, -1n, 0n],
    ["divw", 2n ** 31n, -1n, -(2n ** 31n)],
    ["remw", 2n ** 31n, -1n, 0n],
    ["divuw", 7n, 0n, -1n],
    ["remuw", 2n ** 31n, 0n, -(2n ** 31n)],
    ["divw", 7n, 2n ** 32n, -1n], // a divisor of zero as a word
    ["rem", -7n, 2n, -1n], // the dividend's sign
    ["rem", 7n, -2n, 1n],
    ["div", -7n, 2n, -3n], // towards zero
  ];
  for (const [name, a, b, result] of expected) {
    const single = new Guest([encode(name, { rd: 5, rs1: 6, rs2: 7 })]);
    single.registers.setX(6, a);
    single.registers.setX(7, b);
    single.run(1);
    assertEquals(single.registers.x(5), BigInt.asUintN(64, result), name);
  }
});

Deno.test("do all of them equal BigInt arithmetic, at borders and at random?", () => {
  const borders = [0n, 1n, 2n, 3n, 7n, 2n ** 31n, 2n ** 32n, 2n ** 33n, 2n ** 62n, 2n ** 63n]
    .flatMap((value) => [value, -value, value - 1n, -value - 1n, value + 1n])
    .concat([0x1234_5678_9abc_def0n, 0xffff_ffff_8000_0000n, 0x8000_0000_0000_0001n])
    .map((value) => BigInt.asUintN(64, value));
  for (const a of borders) for (const b of borders) check(a, b);
  const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  fc.assert(fc.property(word, word, check), { numRuns: 500 });
});

Deno.test("may the destination be a source?", () => {
  for (const name of NAMES) {
    for (const rd of [6, 7]) {
      const single = new Guest([encode(name, { rd, rs1: 6, rs2: 7 })]);
      const [a, b] = [0x8765_4321_0fed_cba9n, 0xf000_0000_0000_0003n];
      single.registers.setX(6, a);
      single.registers.setX(7, b);
      single.run(1);
      assertEquals(single.registers.x(rd), BigInt.asUintN(64, REFERENCE[name]!(a, b)), name);
    }
  }
});
