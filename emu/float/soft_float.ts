/** The operations of this folder as the emulator calls them, behind one set of flags. */
import * as arithmetic from "./arithmetic.ts";
import * as compare from "./compare.ts";
import * as conversion from "./convert.ts";
import type { FloatFormat } from "./format.ts";

/**
 * Exact F and D arithmetic on bit patterns, accumulating exception flags as `fflags` does.
 *
 * Operands and results are raw unsigned patterns of the format's own width (singles unboxed);
 * what is wider than the format gives nonsense. `rm` is a rounding mode 0 … 4 as instructions
 * encode it (RNE, RTZ, RDN, RUP, RMM); the caller has resolved the dynamic mode and refused the
 * reserved ones. On any other number an operation whose result is inexact throws `RangeError`;
 * nothing else is thrown. NaN results are canonical. Tininess is detected after rounding.
 *
 * Negated forms are the caller's: flip the sign bit of an operand (`fnmsub`: of `a`; `fmsub`: of
 * `c`; `fnmadd`: of both).
 *
 * Source: RISC-V unprivileged specification, "F" and "D" extensions; IEEE 754-2019.
 *
 * @example
 * ```ts
 * import { BINARY32, SoftFloat } from "./mod.ts";
 * const soft = new SoftFloat();
 * const third = soft.divide(BINARY32, 0x3f80_0000n, 0x4040_0000n, 0);
 * if (third !== 0x3eaa_aaabn || soft.flags !== 1) throw new Error("Expected an inexact third");
 * ```
 */
export class SoftFloat {
  /** Bits of `fflags` raised since the caller last cleared them: NV 16, DZ 8, OF 4, UF 2, NX 1. */
  flags = 0;

  /** a + b. */
  add(format: FloatFormat, a: bigint, b: bigint, rm: number): bigint {
    return arithmetic.add(this, format, a, b, rm);
  }

  /** a - b. */
  subtract(format: FloatFormat, a: bigint, b: bigint, rm: number): bigint {
    return arithmetic.add(this, format, a, b ^ format.signBit, rm);
  }

  /** a × b. */
  multiply(format: FloatFormat, a: bigint, b: bigint, rm: number): bigint {
    return arithmetic.multiply(this, format, a, b, rm);
  }

  /** a / b; a finite number divided by zero raises DZ. */
  divide(format: FloatFormat, a: bigint, b: bigint, rm: number): bigint {
    return arithmetic.divide(this, format, a, b, rm);
  }

  /** √a; the root of -0 is -0. */
  squareRoot(format: FloatFormat, a: bigint, rm: number): bigint {
    return arithmetic.squareRoot(this, format, a, rm);
  }

  /** a × b + c, rounded once. Infinity × 0 is invalid even when `c` is a quiet NaN. */
  fusedMultiplyAdd(format: FloatFormat, a: bigint, b: bigint, c: bigint, rm: number): bigint {
    return arithmetic.fusedMultiplyAdd(this, format, a, b, c, rm);
  }

  /** The lower of two; -0 is below +0, a number is preferred to a NaN (`fmin` since F 2.2). */
  minimum(format: FloatFormat, a: bigint, b: bigint): bigint {
    return compare.extremum(this, format, a, b, "lower");
  }

  /** The higher of two; +0 is above -0, a number is preferred to a NaN (`fmax` since F 2.2). */
  maximum(format: FloatFormat, a: bigint, b: bigint): bigint {
    return compare.extremum(this, format, a, b, "higher");
  }

  /** a = b; false with a NaN, and NV only if it is a signalling one (`feq`). */
  equal(format: FloatFormat, a: bigint, b: bigint): boolean {
    return compare.equal(this, format, a, b);
  }

  /** a < b; false and NV with any NaN (`flt`). */
  lessThan(format: FloatFormat, a: bigint, b: bigint): boolean {
    return compare.lessThan(this, format, a, b);
  }

  /** a ≤ b; false and NV with any NaN (`fle`). */
  lessOrEqual(format: FloatFormat, a: bigint, b: bigint): boolean {
    return compare.lessOrEqual(this, format, a, b);
  }

  /** The ten-bit mask of `fclass`, one bit set: 0 is -infinity … 7 +infinity, 8 sNaN, 9 qNaN. */
  classify(format: FloatFormat, a: bigint): bigint {
    return compare.classify(format, a);
  }

  /**
   * The integer that `a` rounds to, as an unsigned 64-bit register value; 32-bit results are
   * sign-extended, also of `fcvt.wu`. Out of range or NaN gives the nearest bound (NaN the upper
   * one) with NV alone.
   */
  toInteger(
    format: FloatFormat,
    a: bigint,
    rm: number,
    type: conversion.IntegerType,
  ): bigint {
    return conversion.toInteger(this, format, a, rm, type);
  }

  /** The integer in the unsigned 64-bit register value, of which W types read 32 bits. */
  fromInteger(
    format: FloatFormat,
    register: bigint,
    rm: number,
    type: conversion.IntegerType,
  ): bigint {
    return conversion.fromInteger(this, format, register, rm, type);
  }

  /** The value of `a` in the format `to`, rounded once where that is the narrower one. */
  convert(from: FloatFormat, to: FloatFormat, a: bigint, rm: number): bigint {
    return conversion.convert(this, from, to, a, rm);
  }
}
