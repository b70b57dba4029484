/**
 * The floating-point operations that the semantics can hand to the exact software implementation.
 * Their order is the operation number that generated code passes.
 */
const OPERATIONS_BY_FORMAT = [
  "add",
  "sub",
  "mul",
  "div",
  "sqrt",
  "fma",
  "min",
  "max",
  "eq",
  "lt",
  "le",
  "class",
  "to_w",
  "to_wu",
  "to_l",
  "to_lu",
  "from_w",
  "from_wu",
  "from_l",
  "from_lu",
  "convert", // to this format from the other one
] as const;

export type FloatFormat = "s" | "d";
export type FloatKind = typeof OPERATIONS_BY_FORMAT[number];
export type FloatOperation = `${FloatKind}.${FloatFormat}`;

/** All operations; an operation's number is its index. */
export const FLOAT_OPERATIONS: readonly FloatOperation[] = (["s", "d"] as const).flatMap((format) =>
  OPERATIONS_BY_FORMAT.map((kind): FloatOperation => `${kind}.${format}`)
);
