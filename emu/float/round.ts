/**
 * The one way back from exact values to bit patterns. Every operation ends here, so rounding,
 * overflow and underflow are decided in one place.
 */
import type { FloatFormat } from "./format.ts";
import { type ExceptionFlags, NX, OF, RDN, RMM, RNE, RTZ, RUP, UF } from "./environment.ts";
import { type ExactValue, infinityOf, zeroOf } from "./unpack.ts";

/** Room for a double, in which {@linkcode bitLength} reads the exponent field. */
const scratch = new DataView(new ArrayBuffer(8));

/** Bits of `value`, which must be in 1 … 2^1023. */
export function bitLength(value: bigint): number {
  scratch.setFloat64(0, Number(value));
  const high = scratch.getUint32(0);
  const length = (high >>> 20) - 1022;
  const isPowerOfTwo = (high & 0xf_ffff) === 0 && scratch.getUint32(4) === 0;
  // The conversion to a double may have rounded up to a power of two, and so to a bit more.
  return isPowerOfTwo && value >> BigInt(length - 1) === 0n ? length - 1 : length;
}

/** Whether a magnitude with a discarded part of `discarded` > 0 goes up by one when rounded. */
function goesUp(
  rm: number,
  negative: boolean,
  keptIsOdd: boolean,
  discarded: bigint,
  half: bigint,
): boolean {
  switch (rm) {
    case RNE:
      return discarded > half || (discarded === half && keptIsOdd);
    case RTZ:
      return false;
    case RDN:
      return negative;
    case RUP:
      return !negative;
    case RMM:
      return discarded >= half;
    default:
      throw new RangeError(`Cannot round in mode ${rm}, expected 0 to 4`);
  }
}

/** The magnitude without its lowest `count` ≥ 0 bits, rounded for a number of the given sign. */
export function dropBits(magnitude: bigint, count: number, negative: boolean, rm: number): bigint {
  const discarded = BigInt.asUintN(count, magnitude);
  const kept = magnitude >> BigInt(count);
  if (discarded === 0n) return kept;
  const half = 1n << BigInt(count - 1);
  return goesUp(rm, negative, (kept & 1n) !== 0n, discarded, half) ? kept + 1n : kept;
}

/** Whether dropping the lowest `count` bits loses something. */
export function losesBits(magnitude: bigint, count: number): boolean {
  return BigInt.asUintN(count, magnitude) !== 0n;
}

/**
 * Whether an inexact result is tiny *after* rounding: whether it would still be below the
 * smallest normal number if it were rounded to full precision with exponents unbounded.
 */
function isTiny(format: FloatFormat, value: ExactValue, length: number, rm: number): boolean {
  const leadingExponent = value.exponent + length - 1;
  if (leadingExponent !== format.normalExponentMin - 1) {
    return leadingExponent < format.normalExponentMin;
  }
  const excess = length - format.precision;
  if (excess <= 0) return true;
  const rounded = dropBits(value.significand, excess, value.negative, rm);
  return rounded >> BigInt(format.precision) === 0n;
}

/** The pattern of a result above all finite numbers: an infinity, or the largest of them. */
function overflow(
  raised: ExceptionFlags,
  format: FloatFormat,
  negative: boolean,
  rm: number,
): bigint {
  raised.flags |= OF | NX;
  const infinity = infinityOf(format, negative);
  // Both nearest modes take the infinity, as they would at a tie with the odd largest number; the
  // directed ones decide by the sign alone.
  return goesUp(rm, negative, true, 1n, 1n) ? infinity : infinity - 1n;
}

/**
 * The pattern of the exact `value` rounded to the format, raising NX, UF and OF as needed.
 *
 * The significand may be any integer below 2^1023. Where the exact one is longer than that or
 * endless, a last bit of 1 stands for "and something more" as long as at least two bits lie
 * between it and the last bit that the format keeps.
 */
export function roundAndPack(
  raised: ExceptionFlags,
  format: FloatFormat,
  value: ExactValue,
  rm: number,
): bigint {
  const { negative, exponent, significand } = value;
  if (significand === 0n) return zeroOf(format, negative);
  const length = bitLength(significand);
  const quantumExponent = Math.max(
    exponent + length - format.precision,
    format.quantumExponentMin,
  );
  // Beyond the length all counts say the same: nothing is kept, less than half is discarded.
  const excess = Math.min(quantumExponent - exponent, length + 1);
  const inexact = excess > 0 && losesBits(significand, excess);
  const kept = excess > 0
    ? dropBits(significand, excess, negative, rm)
    : significand << BigInt(-excess);
  // Adding the hidden bit into the exponent field makes subnormals, normals and a carry out of
  // the significand all come out right.
  const magnitude = (BigInt(quantumExponent - format.quantumExponentMin) << format.fractionShift) +
    kept;
  if (magnitude >= format.infinity) return overflow(raised, format, negative, rm);
  if (inexact) raised.flags |= isTiny(format, value, length, rm) ? UF | NX : NX;
  return negative ? magnitude | format.signBit : magnitude;
}
