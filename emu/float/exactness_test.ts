// Is every result the exact one, rounded once, with the right flags? Held against rational
// arithmetic for finite operands, and against the host's own floats for all of them.
import { assertEquals } from "../../std_assert.ts";
import fc from "npm:fast-check@4";
import { NV, NX } from "./environment.ts";
import type { FloatFormat } from "./format.ts";
import { BINARY32, BINARY64, SoftFloat } from "./mod.ts";
import { borderPatterns, integerBorderPatterns } from "./testing/operands.ts";
import * as reference from "./testing/reference.ts";

const FORMATS: [string, FloatFormat][] = [["binary32", BINARY32], ["binary64", BINARY64]];
const SEED = 20080730;

/** Runs `operation` on fresh flags. */
function outcomeOf(operation: (soft: SoftFloat) => bigint): reference.Outcome {
  const soft = new SoftFloat();
  const bits = operation(soft);
  return { bits, flags: soft.flags };
}

function isFinite(format: FloatFormat, bits: bigint): boolean {
  return (bits & ~format.signBit) < format.infinity;
}

/** A fraction field that makes ties: a bit on or off near either end. */
function sparseFraction(format: FloatFormat): fc.Arbitrary<bigint> {
  const bit = fc.integer({ min: 0, max: format.fractionBits - 1 }).map((i) => 1n << BigInt(i));
  return fc.tuple(bit, bit, fc.boolean()).map(([a, b, inverted]) =>
    inverted ? format.fractionMask & ~(a | b) : a | b
  );
}

function patterns(format: FloatFormat): fc.Arbitrary<bigint> {
  const middle = (format.exponentFieldMax - 1) / 2;
  const nearMiddle = {
    min: middle - format.precision - 4,
    max: middle + format.precision + 4,
  };
  const exponent = fc.oneof(
    fc.integer(nearMiddle),
    fc.integer({ min: 0, max: format.exponentFieldMax }),
    fc.integer({ min: 0, max: format.precision + 2 }),
  );
  const fraction = fc.oneof(
    fc.bigInt({ min: 0n, max: format.fractionMask }),
    sparseFraction(format),
  );
  const fields = fc.tuple(fc.boolean(), exponent, fraction).map(([negative, field, bits]) =>
    (negative ? format.signBit : 0n) | (BigInt(field) << format.fractionShift) | bits
  );
  const borders = [...borderPatterns(format), ...integerBorderPatterns(format)];
  return fc.oneof(fc.constantFrom(...borders), { arbitrary: fields, weight: 4 });
}

const roundingMode = fc.integer({ min: 0, max: 4 });
const anyRegister = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.tuple(fc.integer({ min: 0, max: 63 }), fc.integer({ min: 0, max: 63 })).map(([a, b]) =>
    BigInt.asUintN(64, (1n << BigInt(a)) - (1n << BigInt(b)))
  ),
);
const integerType = fc.record({
  signed: fc.boolean(),
  width: fc.constantFrom(32 as const, 64 as const),
});

for (const [name, format] of FORMATS) {
  const finite = patterns(format).filter((bits) => isFinite(format, bits));

  Deno.test(`${name}: sums and differences are exact ones rounded once`, () => {
    fc.assert(
      fc.property(finite, finite, roundingMode, (a, b, rm) => {
        const sum = outcomeOf((soft) => soft.add(format, a, b, rm));
        assertEquals(sum, reference.add(format, a, b, rm));
        const difference = outcomeOf((soft) => soft.subtract(format, a, b, rm));
        assertEquals(difference, reference.add(format, a, b ^ format.signBit, rm));
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  Deno.test(`${name}: products are exact ones rounded once`, () => {
    fc.assert(
      fc.property(finite, finite, roundingMode, (a, b, rm) => {
        const product = outcomeOf((soft) => soft.multiply(format, a, b, rm));
        assertEquals(product, reference.multiply(format, a, b, rm));
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  Deno.test(`${name}: quotients are exact ones rounded once`, () => {
    const divisor = finite.filter((bits) => (bits & ~format.signBit) !== 0n);
    fc.assert(
      fc.property(finite, divisor, roundingMode, (a, b, rm) => {
        const quotient = outcomeOf((soft) => soft.divide(format, a, b, rm));
        assertEquals(quotient, reference.divide(format, a, b, rm));
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  Deno.test(`${name}: square roots are exact ones rounded once`, () => {
    const positive = finite.filter((bits) => bits > 0n && bits < format.signBit);
    fc.assert(
      fc.property(positive, roundingMode, (a, rm) => {
        const root = outcomeOf((soft) => soft.squareRoot(format, a, rm));
        assertEquals(root, reference.squareRoot(format, a, rm));
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  Deno.test(`${name}: fused products and sums are exact ones rounded once`, () => {
    fc.assert(
      fc.property(finite, finite, finite, roundingMode, (a, b, c, rm) => {
        const fused = outcomeOf((soft) => soft.fusedMultiplyAdd(format, a, b, c, rm));
        assertEquals(fused, reference.fusedMultiplyAdd(format, a, b, c, rm));
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  Deno.test(`${name}: a fused addend that nearly cancels the product is not lost`, () => {
    fc.assert(
      fc.property(finite, finite, fc.bigInt(-2n, 2n), roundingMode, (a, b, step, rm) => {
        const product = reference.multiply(format, a, b, 0).bits;
        const c = (product + step) ^ format.signBit;
        fc.pre(c >= 0n && isFinite(format, c));
        const fused = outcomeOf((soft) => soft.fusedMultiplyAdd(format, a, b, c, rm));
        assertEquals(fused, reference.fusedMultiplyAdd(format, a, b, c, rm));
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  Deno.test(`${name}: integers come out rounded, in range and sign-extended`, () => {
    fc.assert(
      fc.property(finite, roundingMode, integerType, (a, rm, type) => {
        const { signed, width } = type;
        const exact = reference.valueOf(format, a);
        const rounded = reference.roundToInteger(exact, rm);
        const min = signed ? -(1n << BigInt(width - 1)) : 0n;
        const max = (1n << BigInt(signed ? width - 1 : width)) - 1n;
        const held = rounded < min ? min : rounded > max ? max : rounded;
        const isExact = rounded * exact.denominator === exact.numerator;
        assertEquals(outcomeOf((soft) => soft.toInteger(format, a, rm, type)), {
          bits: BigInt.asUintN(64, BigInt.asIntN(width, held)),
          flags: held !== rounded ? NV : isExact ? 0 : NX,
        });
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  Deno.test(`${name}: integers go in rounded once`, () => {
    fc.assert(
      fc.property(anyRegister, roundingMode, integerType, (register, rm, type) => {
        const { signed, width } = type;
        const integer = signed ? BigInt.asIntN(width, register) : BigInt.asUintN(width, register);
        assertEquals(
          outcomeOf((soft) => soft.fromInteger(format, register, rm, type)),
          reference.roundFraction(format, { numerator: integer, denominator: 1n }, rm, 0n),
        );
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });
}

Deno.test("a double becomes a single in one rounding", () => {
  const finite = patterns(BINARY64).filter((bits) => isFinite(BINARY64, bits));
  // Doubles around every single: the middle between two of them, and one bit off it.
  const nearSingle = fc.tuple(
    patterns(BINARY32).filter((bits) => isFinite(BINARY32, bits)),
    fc.constantFrom(0n, 1n, (1n << 28n) - 1n, 1n << 28n, (1n << 28n) + 1n, (1n << 29n) - 1n),
  ).map(([single, extra]) =>
    outcomeOf((soft) => soft.convert(BINARY32, BINARY64, single, 0)).bits | extra
  );
  fc.assert(
    fc.property(fc.oneof(finite, nearSingle), roundingMode, (a, rm) => {
      const zero = a === 0n ? 0n : BINARY32.signBit;
      assertEquals(
        outcomeOf((soft) => soft.convert(BINARY64, BINARY32, a, rm)),
        reference.roundFraction(BINARY32, reference.valueOf(BINARY64, a), rm, zero),
      );
    }),
    { seed: SEED, numRuns: 3000 },
  );
});

Deno.test("a single becomes a double and nothing is lost", () => {
  const finite = patterns(BINARY32).filter((bits) => isFinite(BINARY32, bits));
  fc.assert(
    fc.property(finite, roundingMode, (a, rm) => {
      const zero = a === 0n ? 0n : BINARY64.signBit;
      assertEquals(
        outcomeOf((soft) => soft.convert(BINARY32, BINARY64, a, rm)),
        reference.roundFraction(BINARY64, reference.valueOf(BINARY32, a), rm, zero),
      );
    }),
    { seed: SEED, numRuns: 3000 },
  );
});

/** How the host reads and writes patterns of a format. */
interface HostFloat {
  toNumber(bits: bigint): number;
  fromNumber(value: number): bigint;
}

function hostFloat(format: FloatFormat): HostFloat {
  const view = new DataView(new ArrayBuffer(8));
  if (format === BINARY32) {
    return {
      toNumber: (bits) => (view.setUint32(0, Number(bits)), view.getFloat32(0)),
      fromNumber: (value) => (view.setFloat32(0, value), BigInt(view.getUint32(0))),
    };
  }
  return {
    toNumber: (bits) => (view.setBigUint64(0, bits), view.getFloat64(0)),
    fromNumber: (value) => (view.setFloat64(0, value), view.getBigUint64(0)),
  };
}

for (const [name, format] of FORMATS) {
  // For these operations a double is more than twice as precise as a single needs, and rounding
  // its result once more does no harm.
  Deno.test(`${name}: the host agrees when it rounds to nearest, on every kind of operand`, () => {
    const { toNumber, fromNumber } = hostFloat(format);
    const bitsOf = (value: number) => Number.isNaN(value) ? format.canonicalNan : fromNumber(value);
    const soft = new SoftFloat();
    const any = patterns(format);
    fc.assert(
      fc.property(any, any, (a, b) => {
        const [x, y] = [toNumber(a), toNumber(b)];
        assertEquals(soft.add(format, a, b, 0), bitsOf(x + y), "add");
        assertEquals(soft.subtract(format, a, b, 0), bitsOf(x - y), "subtract");
        assertEquals(soft.multiply(format, a, b, 0), bitsOf(x * y), "multiply");
        assertEquals(soft.divide(format, a, b, 0), bitsOf(x / y), "divide");
        assertEquals(soft.squareRoot(format, a, 0), bitsOf(Math.sqrt(x)), "squareRoot");
        assertEquals(soft.equal(format, a, b), x === y, "equal");
        assertEquals(soft.lessThan(format, a, b), x < y, "lessThan");
        assertEquals(soft.lessOrEqual(format, a, b), x <= y, "lessOrEqual");
        const lower = Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.min(x, y);
        const higher = Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.max(x, y);
        assertEquals(soft.minimum(format, a, b), bitsOf(lower), "minimum");
        assertEquals(soft.maximum(format, a, b), bitsOf(higher), "maximum");
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });
}
