/**
 * Float operations whose exactness the host's arithmetic can prove: with rounding to nearest-even,
 * the rounding error of an ordinary result is computed too (error-free transformations), so that
 * the inexact flag is raised when it must be. What cannot be decided so goes to exact software.
 *
 * Source: Muller et al., Handbook of Floating-Point Arithmetic, chapter 4 ("2Sum", "2MultFMA").
 */
import {
  type F32,
  f32,
  type F64,
  f64,
  type FunctionBody,
  fusesMultiplyAdd,
  type I32,
  i32,
  type I64,
  i64,
  type Local,
  relaxed_madd,
} from "../wasm/mod.ts";
import type { FloatKind, FloatOperation } from "./float_operations.ts";

const RESULT_BITS = {
  s: { fractionInWord: 23, exponent: 8 },
  d: { fractionInWord: 20, exponent: 11 },
} as const;

/** 1 when the exponent field is at least `lowest` and not that of infinities and NaNs. */
function exponentFrom(lowest: number, format: "s" | "d"): (bits: I64) => I32 {
  const { fractionInWord, exponent } = RESULT_BITS[format];
  const unit = 2 ** fractionInWord;
  const span = (2 ** exponent - 1 - lowest) * unit;
  return (bits) => {
    // The word that has the sign and the exponent.
    const word = format === "s" ? i32.wrap(bits) : i32.wrap(i64.shr_u(bits, i64.const(32n)));
    const magnitude = i32.and(word, i32.const(0x7fff_ffff));
    return i32.lt_u(i32.sub(magnitude, i32.const(lowest * unit)), i32.const(span));
  };
}

/** 1 when the bits are of a normal number that rounding has not brought near the subnormals. */
export const ordinary = { s: exponentFrom(2, "s"), d: exponentFrom(2, "d") };
/** 1 when, besides, the error of a product of that size is no subnormal. */
const moderate = exponentFrom(128, "d");

/** A function that performs an operation: its operands, and how it ends. */
interface Context {
  readonly body: FunctionBody;
  readonly a: I64;
  readonly b: I64;
  readonly c: I64;
  readonly raiseInexact: () => void;
}

type Rule = (context: Context) => void;

const doubleBits = (value: F64): I64 => i64.reinterpret(value);
const single = (bits: I64): F32 => f32.reinterpret(i32.wrap(bits));
const singleBits = (value: F32): I64 => i64.extend_u(i32.reinterpret(value));
const isZero = (value: F64): I32 => f64.eq(value, f64.const(0));
const both = (...conditions: I32[]): I32 => conditions.reduce((a, b) => i32.and(a, b));

/** Returns `bits`, after raising the inexact flag unless they are exact. */
function finish({ body, raiseInexact }: Context, bits: I64, exact: I32): void {
  body.if(i32.eqz(exact), raiseInexact);
  body.return(bits);
}

/** 1 when `sum`, which is a + b rounded, is a + b. */
function isExactSum(a: F64, b: F64, sum: Local<"f64">): I32 {
  const rest = f64.sub(sum, a);
  return isZero(f64.add(f64.sub(a, f64.sub(sum, rest)), f64.sub(b, rest)));
}

function isExactSingleSum(a: F32, b: F32, sum: Local<"f32">): I32 {
  const rest = f32.sub(sum, a);
  const error = f32.add(f32.sub(a, f32.sub(sum, rest)), f32.sub(b, rest));
  return isZero(f64.promote(error));
}

/** The sum of two doubles. A sum of zero is always exact. */
function addDoubles(context: Context, a: F64, b: F64): void {
  const { body } = context;
  body.let(f64.add(a, b), (sum) => {
    body.if(isZero(sum), () => body.return(doubleBits(sum)));
    body.if(
      ordinary.d(doubleBits(sum)),
      () => finish(context, doubleBits(sum), isExactSum(a, b, sum)),
    );
  });
}

function addSingles(context: Context, a: F32, b: F32): void {
  const { body } = context;
  body.let(f32.add(a, b), (sum) => {
    body.if(isZero(f64.promote(sum)), () => body.return(singleBits(sum)));
    body.if(
      ordinary.s(singleBits(sum)),
      () => finish(context, singleBits(sum), isExactSingleSum(a, b, sum)),
    );
  });
}

const DOUBLE: Partial<Record<FloatKind, Rule>> = {
  add: (context) => addDoubles(context, f64.reinterpret(context.a), f64.reinterpret(context.b)),
  sub: (context) =>
    addDoubles(context, f64.reinterpret(context.a), f64.neg(f64.reinterpret(context.b))),
  convert({ body, a }) { // from single: always exact
    const value = f64.promote(single(a));
    body.if(f64.eq(value, value), () => body.return(doubleBits(value)));
  },
};

/** Rules that need a fused multiply-add of the host's. */
const DOUBLE_FUSED: Partial<Record<FloatKind, Rule>> = {
  mul(context) {
    const { body } = context;
    const [a, b] = [f64.reinterpret(context.a), f64.reinterpret(context.b)];
    body.let(f64.mul(a, b), (product) => {
      const bits = doubleBits(product);
      const hasZero = i32.or(isZero(a), isZero(b));
      body.if(both(isZero(product), hasZero), () => body.return(bits));
      const error = relaxed_madd.f64(a, b, f64.neg(product));
      body.if(moderate(bits), () => finish(context, bits, isZero(error)));
    });
  },
  div(context) {
    const { body } = context;
    const [a, b] = [f64.reinterpret(context.a), f64.reinterpret(context.b)];
    body.let(f64.div(a, b), (quotient) => {
      const bits = doubleBits(quotient);
      body.if(both(isZero(quotient), isZero(a)), () => body.return(bits));
      const rest = relaxed_madd.f64(f64.neg(quotient), b, a);
      body.if(
        both(moderate(bits), moderate(context.a), moderate(context.b)),
        () => finish(context, bits, isZero(rest)),
      );
    });
  },
  sqrt(context) {
    const { body } = context;
    const a = f64.reinterpret(context.a);
    body.let(f64.sqrt(a), (root) => {
      const bits = doubleBits(root);
      body.if(isZero(root), () => body.return(bits));
      const error = relaxed_madd.f64(root, root, f64.neg(a));
      body.if(
        both(moderate(context.a), moderate(bits)),
        () => finish(context, bits, isZero(error)),
      );
    });
  },
  /** Decides only where the product is exact: then the rest is a sum. */
  fma(context) {
    const { body } = context;
    const [a, b] = [f64.reinterpret(context.a), f64.reinterpret(context.b)];
    const c = f64.reinterpret(context.c);
    body.let(f64.mul(a, b), (product) => {
      const error = relaxed_madd.f64(a, b, f64.neg(product));
      const exactProduct = i32.or(
        both(isZero(product), i32.or(isZero(a), isZero(b))),
        both(moderate(doubleBits(product)), isZero(error)),
      );
      body.if(exactProduct, () => addDoubles(context, product, c));
    });
  },
};

const SINGLE: Partial<Record<FloatKind, Rule>> = {
  add: (context) => addSingles(context, single(context.a), single(context.b)),
  sub: (context) => addSingles(context, single(context.a), f32.neg(single(context.b))),
  // The product of two singles is exact as a double.
  mul(context) {
    const { body } = context;
    const [a, b] = [f64.promote(single(context.a)), f64.promote(single(context.b))];
    body.let(f64.mul(a, b), (product) => {
      body.let(singleBits(f32.demote(product)), (bits) => {
        body.if(isZero(product), () => body.return(bits));
        const exact = f64.eq(f64.promote(single(bits)), product);
        body.if(ordinary.s(bits), () => finish(context, bits, exact));
      });
    });
  },
  div(context) {
    const { body } = context;
    const [a, b] = [single(context.a), single(context.b)];
    body.let(f32.div(a, b), (quotient) => {
      const bits = singleBits(quotient);
      const back = f64.mul(f64.promote(quotient), f64.promote(b));
      const exact = f64.eq(back, f64.promote(a));
      body.if(both(isZero(f64.promote(quotient)), isZero(f64.promote(a))), () => body.return(bits));
      body.if(both(ordinary.s(bits), ordinary.s(context.b)), () => finish(context, bits, exact));
    });
  },
  sqrt(context) {
    const { body } = context;
    const a = single(context.a);
    body.let(f32.sqrt(a), (root) => {
      const bits = singleBits(root);
      const wide = f64.promote(root);
      body.if(isZero(wide), () => body.return(bits));
      const exact = f64.eq(f64.mul(wide, wide), f64.promote(a));
      body.if(ordinary.s(bits), () => finish(context, bits, exact));
    });
  },
  convert(context) { // from double
    const { body } = context;
    const a = f64.reinterpret(context.a);
    body.let(f32.demote(a), (value) => {
      const bits = singleBits(value);
      body.if(isZero(a), () => body.return(bits));
      body.if(ordinary.s(bits), () => finish(context, bits, f64.eq(f64.promote(value), a)));
    });
  },
};

const SINGLE_FUSED: Partial<Record<FloatKind, Rule>> = {
  fma(context) {
    const { body } = context;
    const [a, b, c] = [single(context.a), single(context.b), single(context.c)];
    const product = f64.mul(f64.promote(a), f64.promote(b)); // exact
    const addend = f64.promote(c);
    body.let(
      f64.add(product, addend),
      (sum) =>
        body.let(singleBits(relaxed_madd.f32(a, b, c)), (bits) => {
          const result = f64.promote(single(bits));
          const exact = both(isExactSum(product, addend, sum), f64.eq(result, sum));
          body.if(isZero(sum), () => body.return(bits));
          body.if(ordinary.s(bits), () => finish(context, bits, exact));
        }),
    );
  },
};

const PLAIN_RULES = { s: SINGLE, d: DOUBLE };
const FUSED_RULES = { s: SINGLE_FUSED, d: DOUBLE_FUSED };

/**
 * Writes a function `(roundingMode: i32, a, b, c: i64) → i64` that performs an operation exactly.
 *
 * @param raiseInexact Writes what raises the inexact flag.
 * @param soft The operation in software, of the function's parameters.
 */
export function writeExactOperation(
  body: FunctionBody,
  operation: FloatOperation,
  raiseInexact: () => void,
  soft: I64,
): void {
  const [kind, format] = operation.split(".") as [FloatKind, "s" | "d"];
  const fused = fusesMultiplyAdd() ? FUSED_RULES[format][kind] : undefined;
  const rule = PLAIN_RULES[format][kind] ?? fused;
  const a = body.parameter(1, "i64");
  const b = body.parameter(2, "i64");
  const c = body.parameter(3, "i64");
  if (rule !== undefined) {
    body.if(i32.eqz(body.parameter(0, "i32")), () => rule({ body, a, b, c, raiseInexact }));
  }
  body.return(soft);
}
