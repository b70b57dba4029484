// Does each integer combinator compute what it is called after? Judge: BigInt arithmetic.
import fc from "npm:fast-check@4";
import { assert, assertEquals } from "../../std_assert.ts";
import { compileFunctions, type HostValue, type SmallFunction } from "../testing/compile.ts";
import { type Expression, i32, i64, memoized, select, type ValueType } from "./expression.ts";

type IntegerType = "i32" | "i64";
type Reference = (a: bigint, b: bigint) => bigint;

/** What an integer instruction computes: operands come as signed numbers. */
interface Integer {
  readonly operands: readonly IntegerType[];
  readonly result: IntegerType;
  readonly reference: Reference;
  /** Operands for which WebAssembly traps. */
  readonly traps?: (a: bigint, b: bigint) => boolean;
}

const WIDTH: Readonly<Record<IntegerType, number>> = { i32: 32, i64: 64 };

function leadingZeros(value: bigint, width: number): bigint {
  return BigInt(width - (value === 0n ? 0 : BigInt.asUintN(width, value).toString(2).length));
}

function trailingZeros(value: bigint, width: number): bigint {
  let count = 0n;
  while (count < BigInt(width) && ((value >> count) & 1n) === 0n) count++;
  return count;
}

/** What both widths have, for one of them. */
function common(type: IntegerType): Record<string, Integer> {
  const width = WIDTH[type];
  const count = (b: bigint) => BigInt.asUintN(width, b) % BigInt(width);
  const unsigned = (a: bigint) => BigInt.asUintN(width, a);
  const rotate = (a: bigint, by: bigint) =>
    (unsigned(a) << by) | (unsigned(a) >> (BigInt(width) - by));
  const smallest = -(1n << BigInt(width - 1));
  const byZero = (_a: bigint, b: bigint) => b === 0n;
  const overflows = (a: bigint, b: bigint) => b === 0n || (a === smallest && b === -1n);
  const unary = (reference: (a: bigint) => bigint): Integer => ({
    operands: [type],
    result: type,
    reference,
  });
  const binary = (reference: Reference, traps?: Integer["traps"]): Integer => ({
    operands: [type, type],
    result: type,
    reference,
    ...(traps && { traps }),
  });
  const comparison = (reference: (a: bigint, b: bigint) => boolean): Integer => ({
    operands: [type, type],
    result: "i32",
    reference: (a, b) => BigInt(reference(a, b)),
  });
  return {
    eqz: { operands: [type], result: "i32", reference: (a) => BigInt(a === 0n) },
    clz: unary((a) => leadingZeros(a, width)),
    ctz: unary((a) => trailingZeros(a, width)),
    popcnt: unary((a) => BigInt(unsigned(a).toString(2).replaceAll("0", "").length)),
    extend8_s: unary((a) => BigInt.asIntN(8, a)),
    extend16_s: unary((a) => BigInt.asIntN(16, a)),
    eq: comparison((a, b) => a === b),
    ne: comparison((a, b) => a !== b),
    lt_s: comparison((a, b) => a < b),
    lt_u: comparison((a, b) => unsigned(a) < unsigned(b)),
    gt_s: comparison((a, b) => a > b),
    gt_u: comparison((a, b) => unsigned(a) > unsigned(b)),
    le_s: comparison((a, b) => a <= b),
    le_u: comparison((a, b) => unsigned(a) <= unsigned(b)),
    ge_s: comparison((a, b) => a >= b),
    ge_u: comparison((a, b) => unsigned(a) >= unsigned(b)),
    add: binary((a, b) => a + b),
    sub: binary((a, b) => a - b),
    mul: binary((a, b) => a * b),
    div_s: binary((a, b) => a / b, overflows),
    div_u: binary((a, b) => unsigned(a) / unsigned(b), byZero),
    rem_s: binary((a, b) => a % b, byZero),
    rem_u: binary((a, b) => unsigned(a) % unsigned(b), byZero),
    and: binary((a, b) => a & b),
    or: binary((a, b) => a | b),
    xor: binary((a, b) => a ^ b),
    shl: binary((a, b) => a << count(b)),
    shr_s: binary((a, b) => a >> count(b)),
    shr_u: binary((a, b) => unsigned(a) >> count(b)),
    rotl: binary((a, b) => rotate(a, count(b))),
    rotr: binary((a, b) => rotate(a, (BigInt(width) - count(b)) % BigInt(width))),
  };
}

const INTEGERS: Readonly<Record<IntegerType, Record<string, Integer>>> = {
  i32: {
    ...common("i32"),
    wrap: { operands: ["i64"], result: "i32", reference: (a) => a },
  },
  i64: {
    ...common("i64"),
    extend32_s: { operands: ["i64"], result: "i64", reference: (a) => BigInt.asIntN(32, a) },
    extend_s: { operands: ["i32"], result: "i64", reference: (a) => a },
    extend_u: { operands: ["i32"], result: "i64", reference: (a) => BigInt.asUintN(32, a) },
  },
};
/** Combinators that are not functions of integers, and where they are tested. */
const ELSEWHERE = [
  "const",
  ...["load", "load8_s", "load8_u", "load16_s", "load16_u", "load32_s", "load32_u"], // memory_test
  ...["reinterpret", "trunc_f64_s", "trunc_f64_u"], // expression_float_test
];

type AnyCombinator = (...operands: Expression[]) => Expression;

function combinators(type: IntegerType): Record<string, AnyCombinator> {
  return (type === "i32" ? i32 : i64) as unknown as Record<string, AnyCombinator>;
}

function asHost(type: ValueType, value: bigint): HostValue {
  return type === "i32" ? Number(BigInt.asIntN(32, value)) : BigInt.asIntN(64, value);
}

/** Numbers at which integer arithmetic goes wrong if it does. */
const BORDERS = [0n, 1n, 2n, 7n, 31n, 32n, 33n, 63n, 64n, 0x5555_5555_5555_5555n]
  .concat([7, 8, 15, 16, 31, 32, 62, 63].map((bit) => 1n << BigInt(bit)))
  .flatMap((value) => [value, -value, value - 1n, ~value])
  .map((value) => BigInt.asIntN(64, value));

for (const type of ["i32", "i64"] as const) {
  Deno.test(`does every function of ${type} equal its reference?`, () => {
    const functions = Object.entries(INTEGERS[type]).map(([name, { operands, result }]) =>
      [name, {
        parameters: operands,
        result,
        value: (parameters) => combinators(type)[name]!(...parameters),
      }] satisfies [string, SmallFunction]
    );
    const { call } = compileFunctions(Object.fromEntries(functions));
    const check = (a: bigint, b: bigint) => {
      for (const [name, { operands, result, reference, traps }] of Object.entries(INTEGERS[type])) {
        const values = operands.map((operand, i) => asHost(operand, i === 0 ? a : b));
        const [x = 0n, y = 0n] = values.map(BigInt);
        if (traps?.(x, y)) continue;
        const expected = asHost(result, reference(x, y));
        const actual = call[name]!(...values);
        if (actual !== expected) assertEquals(actual, expected, `${type}.${name}(${values})`);
      }
    };
    for (const a of BORDERS) for (const b of BORDERS) check(a, b);
    const number = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    fc.assert(fc.property(number, number, check));
  });

  Deno.test(`is no combinator of ${type} without a test?`, () => {
    const untested = Object.keys(combinators(type))
      .filter((name) => !(name in INTEGERS[type]) && !ELSEWHERE.includes(name));
    assertEquals(untested, []);
  });
}

Deno.test("is a constant the number it was made from, known and emitted alike?", () => {
  const constants = [...BORDERS, ...BORDERS.map((value) => value >> 32n)];
  const { call } = compileFunctions(Object.fromEntries(constants.flatMap((value, i) =>
    [
      [`i32_${i}`, {
        parameters: [],
        result: "i32",
        value: () => i32.const(Number(value & 0xffff_ffffn)),
      }],
      [`i64_${i}`, { parameters: [], result: "i64", value: () => i64.const(value) }],
    ] satisfies [string, SmallFunction][]
  )));
  for (const [i, value] of constants.entries()) {
    assertEquals(call[`i32_${i}`]!(), Number(BigInt.asIntN(32, value)));
    assertEquals(call[`i64_${i}`]!(), BigInt.asIntN(64, value));
    assertEquals(i64.const(value).constant, BigInt.asIntN(64, value));
    assertEquals(i32.const(Number(value & 0xffff_ffffn)).constant, BigInt.asIntN(32, value));
  }
});

Deno.test("does select take the first value exactly when the condition is not zero?", () => {
  const { call } = compileFunctions({
    choose: {
      parameters: ["i32", "i64", "i64"],
      result: "i64",
      value: ([condition, a, b]) =>
        select(condition as Expression<"i32">, a as Expression<"i64">, b as Expression<"i64">),
    },
  });
  for (const condition of [1, -1, 2, 0x8000_0000 | 0]) {
    assertEquals(call["choose"]!(condition, 5n, 6n), 5n);
  }
  assertEquals(call["choose"]!(0, 5n, 6n), 6n);
});

Deno.test("does an expression without a known value say nothing about it?", () => {
  assert(!("constant" in i32.add(i32.const(1), i32.const(2))));
});

Deno.test("is a memoized expression emitted alike as often as it is asked for?", () => {
  const { call } = compileFunctions({
    twice: {
      parameters: ["i32"],
      result: "i32",
      value([a]) {
        const square = memoized(i32.mul(a as Expression<"i32">, a as Expression<"i32">));
        return i32.add(square, i32.sub(square, i32.const(1)));
      },
    },
  });
  assertEquals([3, -5].map((a) => call["twice"]!(a)), [17, 49]);
});
