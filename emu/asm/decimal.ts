/** Decimal fractions as IEEE 754 numbers, rounded once, to nearest-even. */

/** A binary interchange format. */
export interface BinaryFormat {
  /** Bits of the fraction field. */
  readonly fractionBits: number;
  readonly exponentBits: number;
}

/** Single precision. */
export const SINGLE: BinaryFormat = { fractionBits: 23, exponentBits: 8 };
/** Double precision. */
export const DOUBLE: BinaryFormat = { fractionBits: 52, exponentBits: 11 };

/** Exponents beyond this are as good as infinite, and not to be computed with. */
const EXPONENT_MAX = 10_000;

/**
 * The bits of a number such as `1.5`, `.5e-3`, `inf` or `nan`, without a sign. As in GNU as, `nan`
 * has all bits but the sign set.
 *
 * @returns `undefined` when the text is none, `"overflow"` when the number is too large.
 */
export function floatBits(text: string, format: BinaryFormat): bigint | "overflow" | undefined {
  const magnitudeBits = BigInt(format.fractionBits + format.exponentBits);
  if (/^inf(inity)?$/i.test(text)) return infinity(format);
  if (/^nan$/i.test(text)) return (1n << magnitudeBits) - 1n;
  const [, whole = "", fraction = "", exponent = "0"] =
    /^(\d*)\.?(\d*)(?:e([-+]?\d+))?$/i.exec(text) ?? [];
  if (whole + fraction === "") return undefined;
  const digits = BigInt(whole + fraction);
  const scale = Number(exponent) - fraction.length;
  if (digits === 0n || scale + whole.length + fraction.length < -EXPONENT_MAX) return 0n;
  if (scale > EXPONENT_MAX) return "overflow";
  const power = 10n ** BigInt(Math.abs(scale));
  const bits = scale < 0 ? round(digits, power, format) : round(digits * power, 1n, format);
  return bits >= infinity(format) ? "overflow" : bits;
}

function infinity({ fractionBits, exponentBits }: BinaryFormat): bigint {
  return ((1n << BigInt(exponentBits)) - 1n) << BigInt(fractionBits);
}

/** The bits nearest to a positive fraction; those of infinity or more where it is too large. */
function round(numerator: bigint, denominator: bigint, format: BinaryFormat): bigint {
  const { fractionBits, exponentBits } = format;
  const bias = 2 ** (exponentBits - 1) - 1;
  // The unit in the last place: that of the number's binade, or of the subnormals.
  let exponent = bitLength(numerator) - bitLength(denominator);
  if (compareScaled(numerator, denominator, exponent) < 0) exponent--;
  const unit = Math.max(exponent, 1 - bias) - fractionBits;
  const [top, bottom] = unit < 0
    ? [numerator << BigInt(-unit), denominator]
    : [numerator, denominator << BigInt(unit)];
  const quotient = top / bottom;
  const twice = 2n * (top % bottom);
  const up = twice > bottom || (twice === bottom && quotient % 2n === 1n);
  const significand = quotient + (up ? 1n : 0n);
  // A carry out of the fraction adds one to the exponent by itself.
  return significand + (BigInt(unit + fractionBits + bias - 1) << BigInt(fractionBits));
}

const bitLength = (value: bigint): number => value.toString(2).length;

/** The sign of `numerator / denominator - 2^exponent`. */
function compareScaled(numerator: bigint, denominator: bigint, exponent: number): number {
  const left = exponent < 0 ? numerator << BigInt(-exponent) : numerator;
  const right = exponent < 0 ? denominator : denominator << BigInt(exponent);
  return left < right ? -1 : 1;
}
