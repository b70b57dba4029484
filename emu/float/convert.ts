/**
 * Conversions between floats and integers, and between the two float formats.
 * Source: RISC-V unprivileged specification, "F" extension, conversion and move instructions,
 * with its table of what an out-of-range float converts to.
 */
import { type ExceptionFlags, NV, NX } from "./environment.ts";
import type { FloatFormat } from "./format.ts";
import { dropBits, losesBits, roundAndPack } from "./round.ts";
import { infinityOf, isNan, nanFrom, type Operand, unpack } from "./unpack.ts";

/** One of the four integer types of the conversions (W, WU, L, LU). */
export interface IntegerType {
  /** Whether the top bit counts as negative. */
  readonly signed: boolean;
  /** Bits of the integer inside its 64-bit register. */
  readonly width: 32 | 64;
}

/** The least and the greatest value of an integer type. */
interface IntegerRange {
  readonly min: bigint;
  readonly max: bigint;
}

const INT32: IntegerRange = { min: -(1n << 31n), max: (1n << 31n) - 1n };
const UINT32: IntegerRange = { min: 0n, max: (1n << 32n) - 1n };
const INT64: IntegerRange = { min: -(1n << 63n), max: (1n << 63n) - 1n };
const UINT64: IntegerRange = { min: 0n, max: (1n << 64n) - 1n };

function rangeOf({ signed, width }: IntegerType): IntegerRange {
  if (width === 32) return signed ? INT32 : UINT32;
  return signed ? INT64 : UINT64;
}

/** An integer as a register holds it: 32-bit ones are sign-extended, unsigned ones too. */
function toRegister(integer: bigint, width: 32 | 64): bigint {
  return BigInt.asUintN(64, width === 32 ? BigInt.asIntN(32, integer) : integer);
}

/** Bits below the binary point that can still matter: all of a significand, and the half. */
function fractionCount(format: FloatFormat, value: Operand): number {
  return Math.min(-value.exponent, format.precision + 1);
}

/** The rounded integer, not yet held against any range. Above 2^64 its exact size is lost. */
function roundToInteger(format: FloatFormat, value: Operand, rm: number): bigint {
  const { negative, exponent, significand } = value;
  const magnitude = exponent < 0
    ? dropBits(significand, fractionCount(format, value), negative, rm)
    : significand << BigInt(Math.min(exponent, 64));
  return negative ? -magnitude : magnitude;
}

/** The register that a float converts to; out of range or NaN, the nearest bound and NV. */
export function toInteger(
  raised: ExceptionFlags,
  format: FloatFormat,
  bits: bigint,
  rm: number,
  type: IntegerType,
): bigint {
  const value = unpack(format, bits);
  const { min, max } = rangeOf(type);
  if (value.kind !== "finite") {
    raised.flags |= NV;
    const saturatesLow = value.kind === "infinite" && value.negative;
    return toRegister(saturatesLow ? min : max, type.width);
  }
  const integer = roundToInteger(format, value, rm);
  if (integer < min || integer > max) {
    raised.flags |= NV;
    return toRegister(value.negative ? min : max, type.width);
  }
  if (value.exponent < 0 && losesBits(value.significand, fractionCount(format, value))) {
    raised.flags |= NX;
  }
  return toRegister(integer, type.width);
}

/** The float nearest to the integer in a register, of which only the low bits may count. */
export function fromInteger(
  raised: ExceptionFlags,
  format: FloatFormat,
  register: bigint,
  rm: number,
  { signed, width }: IntegerType,
): bigint {
  const integer = signed ? BigInt.asIntN(width, register) : BigInt.asUintN(width, register);
  const negative = integer < 0n;
  const significand = negative ? -integer : integer;
  return roundAndPack(raised, format, { negative, exponent: 0, significand }, rm);
}

/** The same value in another format, rounded once if that is the narrower one. */
export function convert(
  raised: ExceptionFlags,
  from: FloatFormat,
  to: FloatFormat,
  bits: bigint,
  rm: number,
): bigint {
  const value = unpack(from, bits);
  if (isNan(value)) return nanFrom(raised, to, value);
  if (value.kind === "infinite") return infinityOf(to, value.negative);
  return roundAndPack(raised, to, value, rm);
}
