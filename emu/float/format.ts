/**
 * The two binary interchange formats of IEEE 754 that the F and D extensions compute in.
 *
 *     bit  width-1   width-2 … fractionBits   fractionBits-1 … 0
 *          sign      biased exponent          fraction, its top bit set in a quiet NaN
 */

/**
 * Everything the arithmetic needs to know of a format, with the masks worked out once.
 *
 * A finite number is `significand × 2^exponent` throughout this folder, with an integer
 * significand; so exponents are those of the *lowest* bit, not of the leading one.
 */
export interface FloatFormat {
  /** Bits of a whole pattern. */
  readonly width: number;
  /** Bits of the exponent field. */
  readonly exponentBits: number;
  /** Bits of the fraction field. */
  readonly fractionBits: number;
  /** Bits of a normal number's significand, the hidden one included. */
  readonly precision: number;
  /** The exponent field of infinities and NaNs, all ones. */
  readonly exponentFieldMax: number;
  /** Exponent of the lowest bit of every subnormal number: the smallest step there is. */
  readonly quantumExponentMin: number;
  /** Exponent of the leading bit of the smallest normal number. */
  readonly normalExponentMin: number;
  /** The pattern of -0. */
  readonly signBit: bigint;
  /** The fraction field, all ones. */
  readonly fractionMask: bigint;
  /** What a normal number's significand has above its fraction: 2^fractionBits. */
  readonly hiddenBit: bigint;
  /** The top bit of the fraction, which tells a quiet NaN from a signalling one. */
  readonly quietBit: bigint;
  /** The pattern of +infinity. The largest finite number is the pattern just below. */
  readonly infinity: bigint;
  /** The one NaN that RISC-V arithmetic returns: positive, quiet, no payload. */
  readonly canonicalNan: bigint;
  /** {@linkcode fractionBits} again, as shifts of a `bigint` want it. */
  readonly fractionShift: bigint;
}

/**
 * Works out a format from the widths of its fields, as IEEE 754-2019 section 3.4 defines it.
 * (The tests make tiny ones of their own, small enough to try every operand.)
 */
export function defineFormat(width: number, exponentBits: number): FloatFormat {
  const fractionBits = width - 1 - exponentBits;
  const fractionShift = BigInt(fractionBits);
  const exponentFieldMax = 2 ** exponentBits - 1;
  const bias = (exponentFieldMax - 1) / 2;
  const hiddenBit = 1n << fractionShift;
  const quietBit = hiddenBit >> 1n;
  const infinity = BigInt(exponentFieldMax) << fractionShift;
  return {
    width,
    exponentBits,
    fractionBits,
    precision: fractionBits + 1,
    exponentFieldMax,
    quantumExponentMin: 1 - bias - fractionBits,
    normalExponentMin: 1 - bias,
    signBit: 1n << BigInt(width - 1),
    fractionMask: hiddenBit - 1n,
    hiddenBit,
    quietBit,
    infinity,
    canonicalNan: infinity | quietBit,
    fractionShift,
  };
}

/**
 * Single precision, the format of the F extension.
 *
 * @example
 * ```ts
 * import { BINARY32 } from "./mod.ts";
 * if (BINARY32.canonicalNan !== 0x7fc0_0000n) throw new Error("Not the NaN of the F extension");
 * ```
 */
export const BINARY32: FloatFormat = defineFormat(32, 8);

/**
 * Double precision, the format of the D extension.
 *
 * @example
 * ```ts
 * import { BINARY64 } from "./mod.ts";
 * if (BINARY64.precision !== 53) throw new Error("Not a double");
 * ```
 */
export const BINARY64: FloatFormat = defineFormat(64, 11);
