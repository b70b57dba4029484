/**
 * RV64M: multiplication and division.
 *
 * Source: The RISC-V Instruction Set Manual, Volume I, chapter "M" (division by zero and overflow
 * give defined results there, where WebAssembly traps).
 */
import { type FunctionBody, type I32, i32, type I64, i64, select } from "../wasm/mod.ts";
import type { Definition, Meaning } from "./instruction.ts";

function multiplication(
  name: string,
  code: string,
  semantics: (m: Meaning) => void,
): Definition {
  const [funct3, opcode] = code.split(" ");
  return {
    name,
    extension: "M",
    encoding: `0000001 rs2 rs1 ${funct3} rd ${opcode}`,
    operands: "rd, rs1, rs2",
    semantics,
  };
}

/** Gives `use` the upper 64 bits of the unsigned product, from four 32-bit products. */
function highProduct(body: FunctionBody, a: I64, b: I64, use: (high: I64) => void): void {
  const low = (value: I64) => i64.and(value, i64.const(0xffff_ffffn));
  const high = (value: I64) => i64.shr_u(value, i64.const(32n));
  const crossed = i64.add(i64.mul(high(a), low(b)), high(i64.mul(low(a), low(b))));
  body.let(crossed, (first) => {
    body.let(i64.add(i64.mul(low(a), high(b)), low(first)), (second) => {
      use(i64.add(i64.mul(high(a), high(b)), i64.add(high(first), high(second))));
    });
  });
}

/** What an unsigned upper product must lose where `sign` is negative and was taken as unsigned. */
const correction = (sign: I64, other: I64): I64 => i64.and(i64.shr_s(sign, i64.const(63n)), other);

/** The instructions of WebAssembly that divide, for one width. */
interface Division<T> {
  readonly zero: T;
  readonly one: T;
  readonly minusOne: T;
  readonly isZero: (a: T) => I32;
  readonly equal: (a: T, b: T) => I32;
  readonly select: (condition: I32, whenTrue: T, whenFalse: T) => T;
  readonly negate: (a: T) => T;
}

const WIDE: Division<I64> = {
  zero: i64.const(0n),
  one: i64.const(1n),
  minusOne: i64.const(-1n),
  isZero: i64.eqz,
  equal: i64.eq,
  select,
  negate: (a) => i64.sub(i64.const(0n), a),
};

const NARROW: Division<I32> = {
  zero: i32.const(0),
  one: i32.const(1),
  minusOne: i32.const(-1),
  isZero: i32.eqz,
  equal: i32.eq,
  select,
  negate: (a) => i32.sub(i32.const(0), a),
};

type Divide<T> = (a: T, b: T) => T;

/** A divisor that cannot trap: 0 becomes 1. */
const safe = <T>(d: Division<T>, b: T): T => d.select(d.isZero(b), d.one, b);

const unsignedQuotient = <T>(d: Division<T>, divide: Divide<T>): Divide<T> => (a, b) =>
  d.select(d.isZero(b), d.minusOne, divide(a, safe(d, b)));

const remainder = <T>(d: Division<T>, divide: Divide<T>): Divide<T> => (a, b) =>
  d.select(d.isZero(b), a, divide(a, safe(d, b)));

/** Division by -1 is negation, which wraps for the smallest number where WebAssembly traps. */
const signedQuotient = <T>(d: Division<T>, divide: Divide<T>): Divide<T> => (a, b) => {
  const divisor = d.select(d.equal(b, d.minusOne), d.one, safe(d, b));
  const quotient = divide(a, divisor);
  const orNegated = d.select(d.equal(b, d.minusOne), d.negate(a), quotient);
  return d.select(d.isZero(b), d.minusOne, orNegated);
};

const wide = (operation: Divide<I64>) => (m: Meaning) => m.setRd(operation(m.rs1, m.rs2));
const narrow = (operation: Divide<I32>) => (m: Meaning) =>
  m.setRd(i64.extend_s(operation(i32.wrap(m.rs1), i32.wrap(m.rs2))));

export const MULTIPLY: readonly Definition[] = [
  multiplication("mul", "000 0110011", wide(i64.mul)),
  multiplication("mulh", "001 0110011", (m) =>
    highProduct(m.body, m.rs1, m.rs2, (high) => {
      const corrections = i64.add(correction(m.rs1, m.rs2), correction(m.rs2, m.rs1));
      m.setRd(i64.sub(high, corrections));
    })),
  multiplication("mulhsu", "010 0110011", (m) =>
    highProduct(m.body, m.rs1, m.rs2, (high) => {
      m.setRd(i64.sub(high, correction(m.rs1, m.rs2)));
    })),
  multiplication(
    "mulhu",
    "011 0110011",
    (m) => highProduct(m.body, m.rs1, m.rs2, (high) => m.setRd(high)),
  ),
  multiplication("div", "100 0110011", wide(signedQuotient(WIDE, i64.div_s))),
  multiplication("divu", "101 0110011", wide(unsignedQuotient(WIDE, i64.div_u))),
  multiplication("rem", "110 0110011", wide(remainder(WIDE, i64.rem_s))),
  multiplication("remu", "111 0110011", wide(remainder(WIDE, i64.rem_u))),
  multiplication("mulw", "000 0111011", narrow(i32.mul)),
  multiplication("divw", "100 0111011", narrow(signedQuotient(NARROW, i32.div_s))),
  multiplication("divuw", "101 0111011", narrow(unsignedQuotient(NARROW, i32.div_u))),
  multiplication("remw", "110 0111011", narrow(remainder(NARROW, i32.rem_s))),
  multiplication("remuw", "111 0111011", narrow(remainder(NARROW, i32.rem_u))),
];
