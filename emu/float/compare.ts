/**
 * Comparisons, minimum and maximum, and the classification of a pattern.
 * Source: RISC-V unprivileged specification, "F" extension 2.2, floating-point compare and
 * classify instructions; IEEE 754-2019 sections 5.11 and 9.6 (minimumNumber, maximumNumber).
 */
import { type ExceptionFlags, NV } from "./environment.ts";
import type { FloatFormat } from "./format.ts";
import { unpack } from "./unpack.ts";

function isNan(format: FloatFormat, bits: bigint): boolean {
  return (bits & ~format.signBit) > format.infinity;
}

function isSignalling(format: FloatFormat, bits: bigint): boolean {
  return isNan(format, bits) && (bits & format.quietBit) === 0n;
}

/** An integer that orders patterns other than NaNs like their values; both zeros give 0. */
function rank(format: FloatFormat, bits: bigint): bigint {
  return bits < format.signBit ? bits : format.signBit - bits;
}

/** Whether a minimum or maximum takes `a` rather than `b`, neither of which is a NaN. */
function isLower(format: FloatFormat, a: bigint, b: bigint): boolean {
  const rankA = rank(format, a);
  const rankB = rank(format, b);
  // Equal ranks differ at most in the sign of a zero, and -0 counts as the lower one here.
  return rankA === rankB ? a > b : rankA < rankB;
}

/** The lower or the higher of two operands; a NaN loses to any number. */
export function extremum(
  raised: ExceptionFlags,
  format: FloatFormat,
  a: bigint,
  b: bigint,
  wanted: "lower" | "higher",
): bigint {
  if (isSignalling(format, a) || isSignalling(format, b)) raised.flags |= NV;
  if (isNan(format, a)) return isNan(format, b) ? format.canonicalNan : b;
  if (isNan(format, b)) return a;
  return isLower(format, a, b) === (wanted === "lower") ? a : b;
}

/** A quiet comparison: only a signalling NaN is invalid. */
export function equal(
  raised: ExceptionFlags,
  format: FloatFormat,
  a: bigint,
  b: bigint,
): boolean {
  if (isSignalling(format, a) || isSignalling(format, b)) raised.flags |= NV;
  if (isNan(format, a) || isNan(format, b)) return false;
  return rank(format, a) === rank(format, b);
}

/** A signalling comparison: any NaN is invalid. */
export function lessThan(
  raised: ExceptionFlags,
  format: FloatFormat,
  a: bigint,
  b: bigint,
): boolean {
  if (isNan(format, a) || isNan(format, b)) {
    raised.flags |= NV;
    return false;
  }
  return rank(format, a) < rank(format, b);
}

/** A signalling comparison: any NaN is invalid. */
export function lessOrEqual(
  raised: ExceptionFlags,
  format: FloatFormat,
  a: bigint,
  b: bigint,
): boolean {
  if (isNan(format, a) || isNan(format, b)) {
    raised.flags |= NV;
    return false;
  }
  return rank(format, a) <= rank(format, b);
}

/** Bits of the mask that `fclass` returns; the negative classes mirror the positive ones. */
const CLASS = {
  negativeInfinity: 1n << 0n,
  negativeNormal: 1n << 1n,
  negativeSubnormal: 1n << 2n,
  negativeZero: 1n << 3n,
  positiveZero: 1n << 4n,
  positiveSubnormal: 1n << 5n,
  positiveNormal: 1n << 6n,
  positiveInfinity: 1n << 7n,
  signallingNan: 1n << 8n,
  quietNan: 1n << 9n,
};

/** The mask of `fclass`, with exactly one bit set. Raises nothing. */
export function classify(format: FloatFormat, bits: bigint): bigint {
  const { kind, negative, significand } = unpack(format, bits);
  if (kind === "signalling") return CLASS.signallingNan;
  if (kind === "quiet") return CLASS.quietNan;
  if (kind === "infinite") return negative ? CLASS.negativeInfinity : CLASS.positiveInfinity;
  if (significand === 0n) return negative ? CLASS.negativeZero : CLASS.positiveZero;
  if (significand < format.hiddenBit) {
    return negative ? CLASS.negativeSubnormal : CLASS.positiveSubnormal;
  }
  return negative ? CLASS.negativeNormal : CLASS.positiveNormal;
}
