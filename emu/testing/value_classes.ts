/**
 * Classes of register values at which instructions go wrong if they do, what class a value is of,
 * and stores of values of each class to draw from.
 */
import { classify } from "../float/compare.ts";
import { BINARY32, BINARY64, boxSingle, type FloatFormat } from "../float/mod.ts";
import { borderPatterns, integerBorderPatterns, randomOperand } from "../float/testing/operands.ts";
import type { Random } from "./random.ts";

/** Classes of integers that are a single value. */
const SINGLE_VALUES: ReadonlyMap<string, bigint> = new Map([
  ["0", 0n],
  ["1", 1n],
  ["-1", 2n ** 64n - 1n],
  ["min64", 2n ** 63n],
  ["max64", 2n ** 63n - 1n],
  ["min32", 2n ** 64n - 2n ** 31n],
  ["max32", 2n ** 31n - 1n],
]);
/** Numbers that are negative as a word and positive as a double word. */
const U32 = "u32";

/** Classes of integers. */
export const INTEGER_CLASSES: readonly string[] = [...SINGLE_VALUES.keys(), U32, "+", "-"];

const CLASS_OF_VALUE = new Map([...SINGLE_VALUES].map(([name, value]) => [value, name]));

/** The class of an unsigned 64-bit number. */
export function integerClass(value: bigint): string {
  const single = CLASS_OF_VALUE.get(value);
  if (single !== undefined) return single;
  if (value >> 31n === 1n) return U32;
  return value >> 63n === 0n ? "+" : "-";
}

/** Classes of floats, in the order of the bits that `fclass` gives. */
export const FLOAT_CLASSES: readonly string[] = [
  "-inf",
  "-norm",
  "-sub",
  "-0",
  "+0",
  "+sub",
  "+norm",
  "+inf",
]
  .concat(["sNaN", "qNaN"]);
/** The further class of registers that should hold a single and do not. */
export const UNBOXED = "unboxed";

/** The class of a float register where `format` is wanted of it. */
export function floatClass(format: "s" | "d", register: bigint): string {
  if (format === "s" && register >> 32n !== 0xffff_ffffn) return UNBOXED;
  const bits = format === "s" ? register & 0xffff_ffffn : register;
  const mask = classify(format === "s" ? BINARY32 : BINARY64, bits);
  return FLOAT_CLASSES[mask.toString(2).length - 1] ?? "";
}

/** Neighbours of powers of two, both signs, and patterns of bits. */
const BORDERS: readonly bigint[] = [0, 1, 5, 6, 7, 8, 11, 12, 15, 16, 23, 24, 30, 31, 32, 33]
  .concat([47, 52, 53, 54, 62, 63])
  .map((bit) => 1n << BigInt(bit))
  .flatMap((power) => [power - 1n, power, power + 1n, -power, -power - 1n, -power + 1n])
  .concat([0x5555_5555_5555_5555n, 0xaaaa_aaaa_aaaa_aaaan, 0x0123_4567_89ab_cdefn])
  .concat([0xdead_beef_0000_0000n, 0xdead_beef_7fff_ffffn, 0xdead_beef_8000_0000n])
  .map((value) => BigInt.asUintN(64, value));

/** What a float register holds. */
export type Held = "s" | "d" | "unboxed";

/** Values to draw from, as pairs of 32-bit halves: every class is as likely as every other. */
export class ValueStore {
  readonly #halves: Uint32Array;
  /** How many values there are. */
  readonly size: number;

  private constructor(values: readonly bigint[]) {
    this.size = values.length;
    this.#halves = new Uint32Array(BigUint64Array.from(values).buffer);
  }

  /** Integers. */
  static integers(random: Random): ValueStore {
    return new ValueStore(ofEachClass(INTEGER_CLASSES, integerClass, (wanted) => {
      if (wanted === U32) return 2n ** 31n + BigInt(random.word() % 2 ** 31);
      const any = random.oneIn(2)
        ? random.pick(BORDERS)
        : random.wide() >> BigInt(random.below(64));
      return SINGLE_VALUES.get(wanted) ?? any;
    }));
  }

  /** Float registers that hold a single, a double, or a single wrongly boxed. */
  static floats(random: Random, held: Held): ValueStore {
    if (held === "d") return new ValueStore(floatsOfEachClass(BINARY64, random));
    const singles = floatsOfEachClass(BINARY32, random);
    if (held === "s") return new ValueStore(singles.map(boxSingle));
    const upper = () =>
      random.pick([0n, 1n, 0xffff_fffen, 0x7fff_ffffn, random.wide() & 0xffff_fffen]);
    return new ValueStore(singles.map((single) => (upper() << 32n) | single));
  }

  /** Writes a value of index 0 to `size - 1` to where two words stand. */
  write(index: number, words: Uint32Array, at: number): void {
    words[at] = this.#halves[2 * index] ?? 0;
    words[at + 1] = this.#halves[2 * index + 1] ?? 0;
  }
}

const EACH = 64;

function ofEachClass(
  classes: readonly string[],
  classOf: (value: bigint) => string,
  draw: (wanted: string) => bigint,
): bigint[] {
  return classes.flatMap((wanted) =>
    Array.from({ length: EACH }, () => {
      for (;;) {
        const value = draw(wanted);
        if (classOf(value) === wanted) return value;
      }
    })
  );
}

function floatsOfEachClass(format: FloatFormat, random: Random): bigint[] {
  const borders = [...borderPatterns(format), ...integerBorderPatterns(format)];
  const nameOf = (bits: bigint) =>
    FLOAT_CLASSES[classify(format, bits).toString(2).length - 1] ?? "";
  const next = () => random.wide();
  return ofEachClass(FLOAT_CLASSES, nameOf, (wanted) => {
    const bits = randomOperand(format, borders, next) & ~format.signBit;
    const fraction = bits & format.fractionMask;
    const sign = wanted.startsWith("-") ? format.signBit : 0n;
    const anySign = random.oneIn(2) ? format.signBit : 0n;
    switch (wanted.slice(1)) {
      case "inf":
        return sign | format.infinity;
      case "0":
        return sign;
      case "sub":
        return sign | fraction;
      case "NaN":
        return anySign | format.infinity | fraction;
      default:
        return sign | bits;
    }
  });
}
