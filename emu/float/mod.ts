/**
 * Bit-exact RISC-V F and D arithmetic: the slow, exact path for what the host's own floats cannot
 * answer (other roundings, exception flags, fused operations, canonical NaNs).
 *
 *     pattern ─ unpack.ts ─→ exact operand ─ arithmetic.ts or convert.ts ─→ exact result
 *     exact result ─ round.ts ─→ pattern and flags
 *
 * An exact value is a sign, an exponent and an integer significand of any length, so there is one
 * rounding per operation, always in round.ts. Comparisons work on the patterns directly.
 *
 * @module
 */
export { BINARY32, BINARY64, type FloatFormat } from "./format.ts";
export { boxSingle, unboxSingle } from "./box.ts";
export { type IntegerType } from "./convert.ts";
export { SoftFloat } from "./soft_float.ts";
