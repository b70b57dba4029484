// Does each float combinator compute what it is called after? Judge: the host's own arithmetic.
import fc from "npm:fast-check@4";
import { assertEquals } from "../../std_assert.ts";
import { compileFunctions, type HostValue } from "../testing/compile.ts";
import { type Expression, f32, f64, i32, i64, type ValueType } from "./expression.ts";

/** A function of one or two operands and what it should give. */
interface FloatFunction {
  readonly operands: readonly ValueType[];
  readonly result: ValueType;
  readonly reference: (a: HostValue, b: HostValue) => HostValue;
}

/** A reference on numbers: i32 and the floats. */
function onNumbers(compute: (a: number, b: number) => HostValue): FloatFunction["reference"] {
  return (a, b) => compute(Number(a), Number(b));
}

/** A reference on the signed value of an i64. */
function onBigint(compute: (a: bigint) => HostValue): FloatFunction["reference"] {
  return (a) => compute(BigInt(a));
}

/** To the nearest integer, ties to even; keeps the sign of zero. */
function nearest(value: number): number {
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 52) return value;
  const low = Math.floor(value);
  const distance = value - low;
  const rounded = distance < 0.5 || (distance === 0.5 && low % 2 === 0) ? low : low + 1;
  return rounded === 0 ? (value < 0 || Object.is(value, -0) ? -0 : 0) : rounded;
}

function signOf(value: number): number {
  return value < 0 || Object.is(value, -0) ? -1 : 1;
}

/** What both formats have; `round` brings a double into the format. */
function common(
  type: "f32" | "f64",
  round: (value: number) => number,
): Record<string, FloatFunction> {
  const unary = (reference: (a: number) => number): FloatFunction => ({
    operands: [type],
    result: type,
    reference: onNumbers((a) => round(reference(a))),
  });
  const binary = (reference: (a: number, b: number) => number): FloatFunction => ({
    operands: [type, type],
    result: type,
    reference: onNumbers((a, b) => round(reference(a, b))),
  });
  const comparison = (reference: (a: number, b: number) => boolean): FloatFunction => ({
    operands: [type, type],
    result: "i32",
    reference: onNumbers((a, b) => Number(reference(a, b))),
  });
  return {
    abs: unary(Math.abs),
    neg: unary((a) => -a),
    ceil: unary(Math.ceil),
    floor: unary(Math.floor),
    trunc: unary(Math.trunc),
    nearest: unary(nearest),
    sqrt: unary(Math.sqrt), // rounding twice is harmless from a format more than twice as wide
    add: binary((a, b) => a + b),
    sub: binary((a, b) => a - b),
    mul: binary((a, b) => a * b),
    div: binary((a, b) => a / b),
    min: binary(Math.min),
    max: binary(Math.max),
    copysign: binary((a, b) => signOf(b) * Math.abs(a)),
    eq: comparison((a, b) => a === b),
    ne: comparison((a, b) => a !== b),
    lt: comparison((a, b) => a < b),
    gt: comparison((a, b) => a > b),
    le: comparison((a, b) => a <= b),
    ge: comparison((a, b) => a >= b),
  };
}

/** An integer rounded once to single precision, which is not what `Math.fround(Number(…))` does. */
function singleOf(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  const extra = BigInt(Math.max(0, magnitude.toString(2).length - 24));
  const kept = magnitude >> extra;
  const rest = magnitude - (kept << extra);
  const half = extra === 0n ? 1n : 1n << (extra - 1n);
  const up = rest > half || (rest === half && (kept & 1n) === 1n);
  return Number((up ? kept + 1n : kept) << extra) * (value < 0n ? -1 : 1);
}

const view = new DataView(new ArrayBuffer(8));

/** Single-precision bits as a signed number. */
function bitsOfSingle(value: number): number {
  view.setFloat32(0, value);
  return view.getInt32(0);
}

function bitsOfDouble(value: number): bigint {
  view.setFloat64(0, value);
  return view.getBigInt64(0);
}

const FUNCTIONS: Readonly<Record<"f32" | "f64" | "i32" | "i64", Record<string, FloatFunction>>> = {
  f32: {
    ...common("f32", Math.fround),
    convert_i32_s: {
      operands: ["i32"],
      result: "f32",
      reference: onNumbers((a) => Math.fround(a)),
    },
    convert_i32_u: {
      operands: ["i32"],
      result: "f32",
      reference: onNumbers((a) => Math.fround(a >>> 0)),
    },
    convert_i64_s: { operands: ["i64"], result: "f32", reference: onBigint(singleOf) },
    convert_i64_u: {
      operands: ["i64"],
      result: "f32",
      reference: onBigint((a) => singleOf(BigInt.asUintN(64, a))),
    },
    demote: { operands: ["f64"], result: "f32", reference: onNumbers(Math.fround) },
    reinterpret: {
      operands: ["i32"],
      result: "f32",
      reference: onNumbers((a) => (view.setInt32(0, a), view.getFloat32(0))),
    },
  },
  f64: {
    ...common("f64", (value) => value),
    convert_i32_s: { operands: ["i32"], result: "f64", reference: onNumbers((a) => a) },
    convert_i32_u: { operands: ["i32"], result: "f64", reference: onNumbers((a) => a >>> 0) },
    convert_i64_s: { operands: ["i64"], result: "f64", reference: onBigint(Number) },
    convert_i64_u: {
      operands: ["i64"],
      result: "f64",
      reference: onBigint((a) => Number(BigInt.asUintN(64, a))),
    },
    promote: { operands: ["f32"], result: "f64", reference: onNumbers((a) => a) },
    reinterpret: {
      operands: ["i64"],
      result: "f64",
      reference: onBigint((a) => (view.setBigInt64(0, a), view.getFloat64(0))),
    },
  },
  i32: {
    reinterpret: { operands: ["f32"], result: "i32", reference: onNumbers(bitsOfSingle) },
  },
  i64: {
    reinterpret: { operands: ["f64"], result: "i64", reference: onNumbers(bitsOfDouble) },
    trunc_f64_s: {
      operands: ["f64"],
      result: "i64",
      reference: onNumbers((a) => BigInt(Math.trunc(a))),
    },
    trunc_f64_u: {
      operands: ["f64"],
      result: "i64",
      reference: onNumbers((a) => BigInt.asIntN(64, BigInt(Math.trunc(a)))),
    },
  },
};
const ROOMS = { f32, f64, i32, i64 } as unknown as Record<
  keyof typeof FUNCTIONS,
  Record<string, (...operands: Expression[]) => Expression>
>;

/** Operands for which WebAssembly traps. */
const TRAPS: Readonly<Record<string, (a: number) => boolean>> = {
  trunc_f64_s: (a) => !(a >= -(2 ** 63) && a < 2 ** 63),
  trunc_f64_u: (a) => !(a > -1 && a < 2 ** 64),
};

const FLOATS = [0, 0.5, 1, 1.5, 2.5, 3, 1 / 3, 2 ** 23, 2 ** 24 + 1, 2 ** 31, 2 ** 52 + 0.5]
  .concat([2 ** 53, 2 ** 62, 2 ** 63, 2 ** 64, 2 ** -126, 2 ** -149, 2 ** -1074])
  .concat([0.49999999999999994, 3.4028234663852886e38, 1.7976931348623157e308, Infinity])
  .flatMap((value) => [value, -value])
  .concat(NaN);
const INTEGERS = [
  0n,
  1n,
  2n ** 24n + 1n,
  2n ** 31n,
  2n ** 40n + 2n ** 16n,
  2n ** 53n + 1n,
  2n ** 63n,
]
  .concat([0x7fff_ff40_0000_0001n, 0x7fff_ffbf_ffff_ffffn, 0x7fff_ffc0_0000_0000n])
  .flatMap((value) => [value, -value, value - 1n])
  .map((value) => BigInt.asIntN(64, value));

function operandFor(type: ValueType, float: number, integer: bigint): HostValue {
  switch (type) {
    case "f32":
      return Math.fround(float);
    case "f64":
      return float;
    case "i32":
      return Number(BigInt.asIntN(32, integer));
    default:
      return integer;
  }
}

for (const type of ["f32", "f64", "i32", "i64"] as const) {
  Deno.test(`does every function of ${type} with floats equal its reference?`, () => {
    const functions = Object.entries(FUNCTIONS[type]);
    const { call } = compileFunctions(Object.fromEntries(
      functions.map(([name, { operands, result }]) => [name, {
        parameters: operands,
        result,
        value: (parameters) => ROOMS[type][name]!(...parameters),
      }]),
    ));
    const check = (floats: readonly number[], integers: readonly bigint[]) => {
      for (const [name, { operands, reference }] of functions) {
        const values = operands.map((operand, i) => operandFor(operand, floats[i]!, integers[i]!));
        if (TRAPS[name]?.(floats[0]!)) continue;
        const [a = 0, b = 0] = values;
        const [actual, expected] = [call[name]!(...values), reference(a, b)];
        if (!Object.is(actual, expected)) assertEquals(actual, expected, `${name}(${values})`);
      }
    };
    for (const a of FLOATS) for (const b of FLOATS) check([a, b], [0n, 0n]);
    for (const a of INTEGERS) check([0, 0], [a, 0n]);
    const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    fc.assert(fc.property(fc.double(), fc.double(), integer, (a, b, c) => check([a, b], [c, c])));
  });
}

Deno.test("is no float combinator without a test?", () => {
  for (const type of ["f32", "f64"] as const) {
    const untested = Object.keys(ROOMS[type])
      .filter((name) => !(name in FUNCTIONS[type]) && name !== "load" && name !== "const");
    assertEquals(untested, []);
  }
});

Deno.test("does a double constant keep its value and the sign of zero?", () => {
  const { call } = compileFunctions(Object.fromEntries(
    FLOATS.map((
      value,
      i,
    ) => [`c${i}`, { parameters: [], result: "f64", value: () => f64.const(value) }]),
  ));
  for (const [i, value] of FLOATS.entries()) assertEquals(Object.is(call[`c${i}`]!(), value), true);
});
