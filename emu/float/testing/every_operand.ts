/**
 * Tries an operation on all finite operands of a format, in all rounding modes, against the
 * reference. Only for formats of a few bits.
 */
import { assertEquals } from "../../../std_assert.ts";
import type { FloatFormat } from "../format.ts";
import { SoftFloat } from "../mod.ts";
import * as reference from "./reference.ts";

const MODES = [0, 1, 2, 3, 4];

function finiteMagnitudes(format: FloatFormat): bigint[] {
  return Array.from({ length: Number(format.infinity) }, (_, bits) => BigInt(bits));
}

function finitePatterns(format: FloatFormat): bigint[] {
  return finiteMagnitudes(format).flatMap((bits) => [bits, bits | format.signBit]);
}

/** Compares, without the cost of a message as long as all is well, and clears the flags. */
function check(
  soft: SoftFloat,
  bits: bigint,
  expected: reference.Outcome,
  ...operands: (bigint | number)[]
): void {
  if (bits !== expected.bits || soft.flags !== expected.flags) {
    assertEquals({ bits, flags: soft.flags }, expected, `operands and mode ${operands}`);
  }
  soft.flags = 0;
}

/** Every sum, product and quotient. */
export function checkEveryPair(format: FloatFormat): void {
  const soft = new SoftFloat();
  const patterns = finitePatterns(format);
  for (const rm of MODES) {
    for (const a of patterns) {
      for (const b of patterns) {
        check(soft, soft.add(format, a, b, rm), reference.add(format, a, b, rm), a, b, rm);
        const product = soft.multiply(format, a, b, rm);
        check(soft, product, reference.multiply(format, a, b, rm), a, b, rm);
        if ((b & ~format.signBit) === 0n) continue;
        check(soft, soft.divide(format, a, b, rm), reference.divide(format, a, b, rm), a, b, rm);
      }
    }
  }
}

/** Every square root. */
export function checkEveryRoot(format: FloatFormat): void {
  const soft = new SoftFloat();
  for (const rm of MODES) {
    for (const a of finiteMagnitudes(format).slice(1)) {
      check(soft, soft.squareRoot(format, a, rm), reference.squareRoot(format, a, rm), a, rm);
    }
  }
}

/** Every fused product and sum, but for the order and the signs of the factors. */
export function checkEveryTriple(format: FloatFormat): void {
  const soft = new SoftFloat();
  const magnitudes = finiteMagnitudes(format);
  const addends = finitePatterns(format);
  for (const rm of MODES) {
    for (const a of magnitudes) {
      for (const b of magnitudes.slice(Number(a))) {
        for (const c of addends) {
          const actual = soft.fusedMultiplyAdd(format, a, b, c, rm);
          check(soft, actual, reference.fusedMultiplyAdd(format, a, b, c, rm), a, b, c, rm);
        }
      }
    }
  }
}
