/**
 * Sums, products, quotients, roots and fused products with a sum.
 *
 * Each operation settles NaNs, infinities and zeros, forms the exact result as an integer times a
 * power of two (with a sticky last bit where it would be endless), and rounds once.
 * Sources: IEEE 754-2019 sections 5.4.1, 6 and 7; RISC-V unprivileged specification, "F"
 * extension, NaN generation and propagation.
 */
import { DZ, type ExceptionFlags, RDN } from "./environment.ts";
import type { FloatFormat } from "./format.ts";
import { bitLength, roundAndPack } from "./round.ts";
import {
  type ExactValue,
  infinityOf,
  invalid,
  isNan,
  isZero,
  nanFrom,
  type Operand,
  unpack,
  zeroOf,
} from "./unpack.ts";

/** Bits that a quotient or root needs beyond the precision: one to round, one to spare. */
const GUARD_BITS = 2;

/** The zero that two zeros, or two numbers that cancel, add up to. */
function zeroSum(a: ExactValue, b: ExactValue, rm: number): ExactValue {
  const negative = a.negative === b.negative ? a.negative : rm === RDN;
  return { negative, exponent: 0, significand: 0n };
}

/** The exact sum, or one that rounds like it. */
function sumExactly(format: FloatFormat, a: ExactValue, b: ExactValue, rm: number): ExactValue {
  if (a.significand === 0n) return b.significand === 0n ? zeroSum(a, b, rm) : b;
  if (b.significand === 0n) return a;
  const [high, low] = a.exponent >= b.exponent ? [a, b] : [b, a];
  const distance = high.exponent - low.exponent;
  // With `precision + 3` zeros below it, a number lies so far from the next place where rounding
  // changes its mind that any addend of less than one last place is as good as another.
  const room = format.precision + 3;
  // The longest significand there is comes from a product: twice the precision.
  const isFar = distance > room + 2 * format.precision;
  const shift = isFar ? room : distance;
  const highMagnitude = high.significand << BigInt(shift);
  const lowMagnitude = isFar ? 1n : low.significand;
  const exponent = high.exponent - shift;
  if (a.negative === b.negative) {
    return { negative: a.negative, exponent, significand: highMagnitude + lowMagnitude };
  }
  const difference = highMagnitude - lowMagnitude;
  if (difference === 0n) return zeroSum(a, b, rm);
  return difference > 0n
    ? { negative: high.negative, exponent, significand: difference }
    : { negative: low.negative, exponent, significand: -difference };
}

function multiplyExactly(a: ExactValue, b: ExactValue): ExactValue {
  return {
    negative: a.negative !== b.negative,
    exponent: a.exponent + b.exponent,
    significand: a.significand * b.significand,
  };
}

/** The sum of operands of which at least one is infinite and none is a NaN. */
function addInfinities(
  raised: ExceptionFlags,
  format: FloatFormat,
  a: Operand,
  b: Operand,
): bigint {
  const bothInfinite = a.kind === "infinite" && b.kind === "infinite";
  if (bothInfinite && a.negative !== b.negative) return invalid(raised, format);
  return infinityOf(format, a.kind === "infinite" ? a.negative : b.negative);
}

export function add(
  raised: ExceptionFlags,
  format: FloatFormat,
  aBits: bigint,
  bBits: bigint,
  rm: number,
): bigint {
  const a = unpack(format, aBits);
  const b = unpack(format, bBits);
  if (a.kind === "finite" && b.kind === "finite") {
    return roundAndPack(raised, format, sumExactly(format, a, b, rm), rm);
  }
  if (isNan(a) || isNan(b)) return nanFrom(raised, format, a, b);
  return addInfinities(raised, format, a, b);
}

export function multiply(
  raised: ExceptionFlags,
  format: FloatFormat,
  aBits: bigint,
  bBits: bigint,
  rm: number,
): bigint {
  const a = unpack(format, aBits);
  const b = unpack(format, bBits);
  if (a.kind === "finite" && b.kind === "finite") {
    return roundAndPack(raised, format, multiplyExactly(a, b), rm);
  }
  if (isNan(a) || isNan(b)) return nanFrom(raised, format, a, b);
  if (isZero(a) || isZero(b)) return invalid(raised, format);
  return infinityOf(format, a.negative !== b.negative);
}

/** The quotient of two finite numbers other than zero, long enough to round. */
function divideSticky(format: FloatFormat, a: Operand, b: Operand): ExactValue {
  const wanted = format.precision + GUARD_BITS;
  const shift = Math.max(0, wanted + bitLength(b.significand) - bitLength(a.significand));
  const dividend = a.significand << BigInt(shift);
  const quotient = dividend / b.significand;
  const sticky = quotient * b.significand === dividend ? 0n : 1n;
  return {
    negative: a.negative !== b.negative,
    exponent: a.exponent - b.exponent - shift - 1,
    significand: quotient << 1n | sticky,
  };
}

export function divide(
  raised: ExceptionFlags,
  format: FloatFormat,
  aBits: bigint,
  bBits: bigint,
  rm: number,
): bigint {
  const a = unpack(format, aBits);
  const b = unpack(format, bBits);
  if (isNan(a) || isNan(b)) return nanFrom(raised, format, a, b);
  const negative = a.negative !== b.negative;
  if (a.kind === "infinite") {
    return b.kind === "infinite" ? invalid(raised, format) : infinityOf(format, negative);
  }
  if (b.kind === "infinite") return zeroOf(format, negative);
  if (b.significand === 0n) {
    if (a.significand === 0n) return invalid(raised, format);
    raised.flags |= DZ;
    return infinityOf(format, negative);
  }
  if (a.significand === 0n) return zeroOf(format, negative);
  return roundAndPack(raised, format, divideSticky(format, a, b), rm);
}

/** The largest integer whose square is at most `square`, in 1 … 2^128. */
function integerSquareRoot(square: bigint): bigint {
  // A double's root is good for 50 bits or so, one step of Newton's for twice that; the loops
  // make the last unit right whatever the host's Math.sqrt did.
  const estimate = BigInt(Math.floor(Math.sqrt(Number(square))));
  let root = (estimate + square / estimate) >> 1n;
  while (root * root > square) root--;
  while ((root + 1n) * (root + 1n) <= square) root++;
  return root;
}

/** The square root of a positive number, long enough to round. */
function squareRootSticky(format: FloatFormat, a: Operand): ExactValue {
  const wanted = 2 * (format.precision + GUARD_BITS);
  const lengthening = Math.max(0, wanted - bitLength(a.significand));
  // The exponent has to be even to be halved.
  const shift = lengthening + ((a.exponent - lengthening) & 1);
  const square = a.significand << BigInt(shift);
  const root = integerSquareRoot(square);
  const sticky = root * root === square ? 0n : 1n;
  return {
    negative: false,
    exponent: (a.exponent - shift) / 2 - 1,
    significand: root << 1n | sticky,
  };
}

export function squareRoot(
  raised: ExceptionFlags,
  format: FloatFormat,
  aBits: bigint,
  rm: number,
): bigint {
  const a = unpack(format, aBits);
  if (isNan(a)) return nanFrom(raised, format, a);
  if (isZero(a)) return aBits;
  if (a.negative) return invalid(raised, format);
  if (a.kind === "infinite") return aBits;
  return roundAndPack(raised, format, squareRootSticky(format, a), rm);
}

/** a × b + c where at least one operand is a NaN or infinite. */
function fuseSpecial(
  raised: ExceptionFlags,
  format: FloatFormat,
  a: Operand,
  b: Operand,
  c: Operand,
): bigint {
  const infiniteProduct = a.kind === "infinite" || b.kind === "infinite";
  // IEEE 754 leaves it open whether infinity × 0 + quiet NaN is invalid; RISC-V says it is.
  if (infiniteProduct && (isZero(a) || isZero(b))) return invalid(raised, format);
  if (isNan(a) || isNan(b) || isNan(c)) {
    nanFrom(raised, format, a, b);
    return nanFrom(raised, format, c);
  }
  const product: Operand = {
    kind: infiniteProduct ? "infinite" : "finite",
    negative: a.negative !== b.negative,
    exponent: 0,
    significand: 0n,
  };
  return addInfinities(raised, format, product, c);
}

export function fusedMultiplyAdd(
  raised: ExceptionFlags,
  format: FloatFormat,
  aBits: bigint,
  bBits: bigint,
  cBits: bigint,
  rm: number,
): bigint {
  const a = unpack(format, aBits);
  const b = unpack(format, bBits);
  const c = unpack(format, cBits);
  if (a.kind === "finite" && b.kind === "finite" && c.kind === "finite") {
    const exact = sumExactly(format, multiplyExactly(a, b), c, rm);
    return roundAndPack(raised, format, exact, rm);
  }
  return fuseSpecial(raised, format, a, b, c);
}
