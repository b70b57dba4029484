/** Operands at which float arithmetic goes wrong if it does, and a generator that favours them. */
import type { FloatFormat } from "../format.ts";

/** Patterns at every border of the format, both signs of each. */
export function borderPatterns(format: FloatFormat): bigint[] {
  const bias = BigInt((format.exponentFieldMax - 1) / 2);
  const one = bias << format.fractionShift;
  const powerOfTwo = (exponent: bigint) => (bias + exponent) << format.fractionShift;
  const precision = BigInt(format.precision);
  const positive = [
    0n,
    1n, // smallest subnormal
    2n,
    3n,
    format.hiddenBit >> 1n, // a subnormal of half the smallest normal
    format.hiddenBit - 1n, // largest subnormal
    format.hiddenBit, // smallest normal
    format.hiddenBit + 1n,
    2n * format.hiddenBit - 1n,
    powerOfTwo(-precision), // half of one's last place, and its neighbours
    powerOfTwo(-precision) + 1n,
    powerOfTwo(1n - precision),
    one / 2n & ~format.fractionMask, // near the root of the smallest normal
    powerOfTwo(-1n),
    one - 1n,
    one,
    one + 1n,
    one | format.quietBit, // one and a half
    one | format.fractionMask,
    powerOfTwo(1n),
    powerOfTwo(1n) | format.quietBit, // three
    powerOfTwo(precision - 1n), // where the last place is worth one, and two
    powerOfTwo(precision - 1n) + 1n,
    powerOfTwo(precision),
    format.infinity - format.hiddenBit, // largest power of two
    format.infinity - 2n,
    format.infinity - 1n, // largest number
    format.infinity,
    format.infinity | 1n, // signalling NaNs
    format.infinity | (format.quietBit - 1n),
    format.canonicalNan,
    format.canonicalNan | 1n,
  ];
  return positive.flatMap((pattern) => [pattern, pattern | format.signBit]);
}

/** Borders of the integer types as floats, for what converts to integers. */
export function integerBorderPatterns(format: FloatFormat): bigint[] {
  const bias = BigInt((format.exponentFieldMax - 1) / 2);
  return [31n, 32n, 63n, 64n].flatMap((exponent) => {
    const border = (bias + exponent) << format.fractionShift;
    const half = (bias - 1n) << format.fractionShift;
    return [border - 1n, border, border + 1n, half, half + 1n];
  }).flatMap((pattern) => [pattern, pattern | format.signBit]);
}

/** Marsaglia's xorshift64: a repeatable stream of 64-bit words. `seed` is in 1 … 2^64-1. */
export function randomWords(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state ^= BigInt.asUintN(64, state << 13n);
    state ^= state >> 7n;
    state ^= BigInt.asUintN(64, state << 17n);
    return state;
  };
}

/** An operand built from random words: a border, any pattern, or one that meets others half-way. */
export function randomOperand(
  format: FloatFormat,
  borders: readonly bigint[],
  next: () => bigint,
): bigint {
  const kind = next() % 8n;
  if (kind < 2n) return borders[Number(next() % BigInt(borders.length))]!;
  if (kind < 4n) return BigInt.asUintN(format.width, next());
  const sign = (next() & 1n) === 0n ? 0n : format.signBit;
  return sign | exponentNear(format, next) | fractionMakingTies(format, next);
}

/** An exponent field from where sums overlap, products underflow, or results overflow. */
function exponentNear(format: FloatFormat, next: () => bigint): bigint {
  const window = BigInt(format.precision + 6);
  const max = BigInt(format.exponentFieldMax);
  const starts = [0n, max / 4n, max / 2n, max / 2n, max / 2n, (3n * max) / 4n, max - window];
  const start = starts[Number(next() % BigInt(starts.length))]!;
  return (start + next() % window) % max << format.fractionShift;
}

/** A fraction field of any bits, or of few ones or few zeros: those make ties and carries. */
function fractionMakingTies(format: FloatFormat, next: () => bigint): bigint {
  const random = next() & format.fractionMask;
  const oneBit = () => 1n << (next() % format.fractionShift);
  switch (next() % 4n) {
    case 0n:
      return random;
    case 1n:
      return oneBit() | oneBit();
    case 2n:
      return format.fractionMask ^ oneBit();
    default:
      return format.fractionMask & ~(oneBit() - 1n);
  }
}
