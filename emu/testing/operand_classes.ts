/** Register values at which instructions go wrong if they do. */
import { BINARY32, BINARY64, boxSingle } from "../float/mod.ts";
import { borderPatterns, integerBorderPatterns, randomOperand } from "../float/testing/operands.ts";
import { below, oneOf, type RandomWords } from "./random_program.ts";

/** Neighbours of powers of two, both signs, and patterns of bits. */
const INTEGERS: readonly bigint[] = [0, 1, 5, 6, 7, 8, 11, 12, 15, 16, 23, 24, 30, 31, 32, 33]
  .concat([47, 52, 53, 54, 62, 63])
  .map((bit) => 1n << BigInt(bit))
  .flatMap((power) => [power - 1n, power, power + 1n, -power, -power - 1n, -power + 1n])
  .concat([0x5555_5555_5555_5555n, 0xaaaa_aaaa_aaaa_aaaan, 0x0123_4567_89ab_cdefn])
  .concat([0xdead_beef_0000_0000n, 0xdead_beef_7fff_ffffn, 0xdead_beef_8000_0000n])
  .map((value) => BigInt.asUintN(64, value));

/** An integer: at a border, of any number of bits, or any. */
export function randomInteger(next: RandomWords): bigint {
  switch (below(next, 4)) {
    case 0:
    case 1:
      return oneOf(next, INTEGERS);
    case 2:
      return next() >> BigInt(below(next, 64));
    default:
      return next();
  }
}

/** What a float register holds. */
export type Held = "s" | "d" | "junk";

const SINGLES = [...borderPatterns(BINARY32), ...integerBorderPatterns(BINARY32)];
const DOUBLES = [...borderPatterns(BINARY64), ...integerBorderPatterns(BINARY64)];

/** The bits of a float register that holds a single, a double, or a single wrongly boxed. */
export function randomFloat(next: RandomWords, held: Held): bigint {
  switch (held) {
    case "s":
      return boxSingle(randomOperand(BINARY32, SINGLES, next));
    case "d":
      return randomOperand(BINARY64, DOUBLES, next);
    case "junk": {
      const single = randomOperand(BINARY32, SINGLES, next);
      const upper = oneOf(next, [0n, 1n, 0xffff_fffen, 0x7fff_ffffn, next() & 0xffff_fffen]);
      return (upper << 32n) | single;
    }
  }
}

/** A value of fcsr with a legal rounding mode: often without flags, or with the inexact one. */
export function randomFcsr(next: RandomWords): number {
  const flags = oneOf(next, [0, 0, 1, below(next, 32)]);
  return (below(next, 5) << 5) | flags;
}
