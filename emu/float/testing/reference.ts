/**
 * What the operations should give, said as directly as IEEE 754 says it and with nothing taken
 * from the code under test: the exact result is a fraction (or a root of one), its two neighbours
 * among the numbers of the format are found by bisection over the bit patterns, and the rounding
 * mode chooses between them.
 */
import { NX, OF, RDN, RMM, RNE, RTZ, RUP, UF } from "../environment.ts";
import type { FloatFormat } from "../format.ts";

/** A rational number; the denominator is positive. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** A real number other than zero, known by how its magnitude compares with any fraction. */
export interface Real {
  readonly negative: boolean;
  /** Below, at or above 0 as the magnitude is below, at or above the fraction. */
  compareMagnitude(fraction: Fraction): number;
}

/** A result and the exceptions it comes with. */
export interface Outcome {
  readonly bits: bigint;
  readonly flags: number;
}

export function plus(a: Fraction, b: Fraction): Fraction {
  return {
    numerator: a.numerator * b.denominator + b.numerator * a.denominator,
    denominator: a.denominator * b.denominator,
  };
}

export function times(a: Fraction, b: Fraction): Fraction {
  return { numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator };
}

export function over(a: Fraction, b: Fraction): Fraction {
  const sign = b.numerator < 0n ? -1n : 1n;
  return {
    numerator: sign * a.numerator * b.denominator,
    denominator: sign * a.denominator * b.numerator,
  };
}

function compare(a: Fraction, b: Fraction): number {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** 2^exponent. */
function powerOfTwo(exponent: number): Fraction {
  return exponent < 0
    ? { numerator: 1n, denominator: 1n << BigInt(-exponent) }
    : { numerator: 1n << BigInt(exponent), denominator: 1n };
}

/**
 * The value of a pattern without its sign. The infinity's gives the power of two that would come
 * after the largest number, which is how rounding sees it.
 */
function magnitudeOf(format: FloatFormat, pattern: bigint): Fraction {
  const exponentField = Number(pattern >> BigInt(format.fractionBits));
  const fraction = BigInt.asUintN(format.fractionBits, pattern);
  const bias = 2 ** (format.exponentBits - 1) - 1;
  const scale = powerOfTwo(Math.max(exponentField, 1) - bias - format.fractionBits);
  const hidden = exponentField === 0 ? 0n : 1n << BigInt(format.fractionBits);
  return times({ numerator: fraction + hidden, denominator: 1n }, scale);
}

function isNegative(format: FloatFormat, bits: bigint): boolean {
  return (bits & format.signBit) !== 0n;
}

/** The value of a finite pattern. */
export function valueOf(format: FloatFormat, bits: bigint): Fraction {
  const magnitude = magnitudeOf(format, bits & ~format.signBit);
  return isNegative(format, bits)
    ? { numerator: -magnitude.numerator, denominator: magnitude.denominator }
    : magnitude;
}

/** The real number that a fraction other than zero is. */
export function rational({ numerator, denominator }: Fraction): Real {
  const negative = numerator < 0n;
  const magnitude = { numerator: negative ? -numerator : numerator, denominator };
  return { negative, compareMagnitude: (fraction) => compare(magnitude, fraction) };
}

/** The square root of a positive fraction. */
export function rootOf(square: Fraction): Real {
  return {
    negative: false,
    compareMagnitude: (fraction) => compare(square, times(fraction, fraction)),
  };
}

/** Whether `real`, strictly between two neighbours, is rounded to the one of larger magnitude. */
function takesUpper(
  real: Real,
  lower: Fraction,
  upper: Fraction,
  lowerIsOdd: boolean,
  rm: number,
): boolean {
  const sum = plus(lower, upper);
  const toMiddle = real.compareMagnitude({ ...sum, denominator: 2n * sum.denominator });
  const choice = new Map([
    [RNE, toMiddle > 0 || (toMiddle === 0 && lowerIsOdd)],
    [RTZ, false],
    [RDN, real.negative],
    [RUP, !real.negative],
    [RMM, toMiddle >= 0],
  ]);
  return choice.get(rm)!;
}

/** The greatest pattern, up to the infinity's, whose value is at most the magnitude of `real`. */
function patternAtMost(format: FloatFormat, real: Real): bigint {
  let low = 0n;
  let high = format.infinity;
  while (low < high) {
    const middle = (low + high + 1n) >> 1n;
    if (real.compareMagnitude(magnitudeOf(format, middle)) >= 0) low = middle;
    else high = middle - 1n;
  }
  return low;
}

/**
 * Whether `real` would stay below the smallest normal number if exponents had no lower bound.
 * The only neighbours that matter then are that number and the one before it with full precision.
 */
function isTinyAfterRounding(format: FloatFormat, real: Real, rm: number): boolean {
  const smallestNormal = magnitudeOf(format, format.hiddenBit);
  if (real.compareMagnitude(smallestNormal) >= 0) return false;
  const relativeStep = powerOfTwo(-format.fractionBits - 1);
  const allOnes = plus({ numerator: 1n, denominator: 1n }, {
    ...relativeStep,
    numerator: -relativeStep.numerator,
  });
  const before = times(smallestNormal, allOnes);
  if (real.compareMagnitude(before) <= 0) return true;
  return !takesUpper(real, before, smallestNormal, true, rm);
}

/** `real` as the format can hold it, in one rounding. */
export function round(format: FloatFormat, real: Real, rm: number): Outcome {
  const sign = real.negative ? format.signBit : 0n;
  const below = patternAtMost(format, real);
  if (below === format.infinity) {
    const staysFinite = rm === RTZ || rm === (real.negative ? RUP : RDN);
    return { bits: sign | (staysFinite ? below - 1n : below), flags: OF | NX };
  }
  const lower = magnitudeOf(format, below);
  if (real.compareMagnitude(lower) === 0) return { bits: sign | below, flags: 0 };
  const upper = magnitudeOf(format, below + 1n);
  const isUpper = takesUpper(real, lower, upper, (below & 1n) === 1n, rm);
  const rounded = isUpper ? below + 1n : below;
  if (rounded === format.infinity) return { bits: sign | rounded, flags: OF | NX };
  const flags = isTinyAfterRounding(format, real, rm) ? UF | NX : NX;
  return { bits: sign | rounded, flags };
}

/** A fraction as the format can hold it, where `zero` is the pattern to take for 0. */
export function roundFraction(
  format: FloatFormat,
  fraction: Fraction,
  rm: number,
  zero: bigint,
): Outcome {
  if (fraction.numerator === 0n) return { bits: zero, flags: 0 };
  return round(format, rational(fraction), rm);
}

/** The zero that a sum of `a` and `b` gives when they cancel, or are both zeros. */
function zeroOfSum(format: FloatFormat, aNegative: boolean, bNegative: boolean, rm: number) {
  const negative = aNegative === bNegative ? aNegative : rm === RDN;
  return negative ? format.signBit : 0n;
}

/** a + b of finite patterns. */
export function add(format: FloatFormat, a: bigint, b: bigint, rm: number): Outcome {
  const zero = zeroOfSum(format, isNegative(format, a), isNegative(format, b), rm);
  return roundFraction(format, plus(valueOf(format, a), valueOf(format, b)), rm, zero);
}

/** a × b of finite patterns. */
export function multiply(format: FloatFormat, a: bigint, b: bigint, rm: number): Outcome {
  const zero = (a ^ b) & format.signBit;
  return roundFraction(format, times(valueOf(format, a), valueOf(format, b)), rm, zero);
}

/** a / b of finite patterns, b not being a zero. */
export function divide(format: FloatFormat, a: bigint, b: bigint, rm: number): Outcome {
  const zero = (a ^ b) & format.signBit;
  return roundFraction(format, over(valueOf(format, a), valueOf(format, b)), rm, zero);
}

/** The root of a finite pattern above zero. */
export function squareRoot(format: FloatFormat, a: bigint, rm: number): Outcome {
  return round(format, rootOf(valueOf(format, a)), rm);
}

/** a × b + c of finite patterns. */
export function fusedMultiplyAdd(
  format: FloatFormat,
  a: bigint,
  b: bigint,
  c: bigint,
  rm: number,
): Outcome {
  const productIsNegative = isNegative(format, a) !== isNegative(format, b);
  const zero = zeroOfSum(format, productIsNegative, isNegative(format, c), rm);
  const product = times(valueOf(format, a), valueOf(format, b));
  return roundFraction(format, plus(product, valueOf(format, c)), rm, zero);
}

/** The integer that a fraction rounds to. */
export function roundToInteger(fraction: Fraction, rm: number): bigint {
  const negative = fraction.numerator < 0n;
  const magnitude = negative ? -fraction.numerator : fraction.numerator;
  const floor = magnitude / fraction.denominator;
  const lower = { numerator: floor, denominator: 1n };
  const upper = { numerator: floor + 1n, denominator: 1n };
  const isExact = floor * fraction.denominator === magnitude;
  const isUpper = !isExact &&
    takesUpper(rational(fraction), lower, upper, (floor & 1n) === 1n, rm);
  const rounded = isUpper ? floor + 1n : floor;
  return negative ? -rounded : rounded;
}
