/** Connects the float operations of the instruction table to their exact software implementation. */
import { BINARY32, BINARY64, type FloatFormat, SoftFloat } from "../float/mod.ts";
import { FLOAT_OPERATIONS, type FloatOperation } from "../isa/mod.ts";

type Implementation = (
  unit: SoftFloat,
  roundingMode: number,
  a: bigint,
  b: bigint,
  c: bigint,
) => bigint;

function implementations(
  suffix: "s" | "d",
  format: FloatFormat,
  other: FloatFormat,
): readonly (readonly [FloatOperation, Implementation])[] {
  const truth = (value: boolean) => value ? 1n : 0n;
  const integers = {
    w: { signed: true, width: 32 },
    wu: { signed: false, width: 32 },
    l: { signed: true, width: 64 },
    lu: { signed: false, width: 64 },
  } as const;
  const conversions = (["w", "wu", "l", "lu"] as const).flatMap((
    integer,
  ): [FloatOperation, Implementation][] => [
    [`to_${integer}.${suffix}`, (unit, rm, a) => unit.toInteger(format, a, rm, integers[integer])],
    [
      `from_${integer}.${suffix}`,
      (unit, rm, a) => unit.fromInteger(format, a, rm, integers[integer]),
    ],
  ]);
  return [
    [`add.${suffix}`, (unit, rm, a, b) => unit.add(format, a, b, rm)],
    [`sub.${suffix}`, (unit, rm, a, b) => unit.subtract(format, a, b, rm)],
    [`mul.${suffix}`, (unit, rm, a, b) => unit.multiply(format, a, b, rm)],
    [`div.${suffix}`, (unit, rm, a, b) => unit.divide(format, a, b, rm)],
    [`sqrt.${suffix}`, (unit, rm, a) => unit.squareRoot(format, a, rm)],
    [`fma.${suffix}`, (unit, rm, a, b, c) => unit.fusedMultiplyAdd(format, a, b, c, rm)],
    [`min.${suffix}`, (unit, _rm, a, b) => unit.minimum(format, a, b)],
    [`max.${suffix}`, (unit, _rm, a, b) => unit.maximum(format, a, b)],
    [`eq.${suffix}`, (unit, _rm, a, b) => truth(unit.equal(format, a, b))],
    [`lt.${suffix}`, (unit, _rm, a, b) => truth(unit.lessThan(format, a, b))],
    [`le.${suffix}`, (unit, _rm, a, b) => truth(unit.lessOrEqual(format, a, b))],
    [`class.${suffix}`, (unit, _rm, a) => BigInt(unit.classify(format, a))],
    [`convert.${suffix}`, (unit, rm, a) => unit.convert(other, format, a, rm)],
    ...conversions,
  ];
}

const IMPLEMENTATIONS = new Map<FloatOperation, Implementation>([
  ...implementations("s", BINARY32, BINARY64),
  ...implementations("d", BINARY64, BINARY32),
]);

/** The implementations in the order of the operations' numbers. */
const BY_NUMBER: readonly Implementation[] = FLOAT_OPERATIONS.map((operation) => {
  const implementation = IMPLEMENTATIONS.get(operation);
  if (implementation === undefined) throw new Error(`No implementation of ${operation}`);
  return implementation;
});

const unit = new SoftFloat();

/** A result's raw bits (or integer), and the exception flags that were raised. */
export interface FloatResult {
  readonly result: bigint;
  readonly flags: number;
}

/**
 * Performs the operation with this number.
 *
 * @param roundingMode 0–4.
 */
export function floatOperation(
  operation: number,
  roundingMode: number,
  a: bigint,
  b: bigint,
  c: bigint,
): FloatResult {
  const implementation = BY_NUMBER[operation];
  if (implementation === undefined) throw new RangeError(`No float operation ${operation}`);
  unit.flags = 0;
  const result = implementation(
    unit,
    roundingMode,
    BigInt.asUintN(64, a),
    BigInt.asUintN(64, b),
    BigInt.asUintN(64, c),
  );
  return { result, flags: unit.flags };
}
