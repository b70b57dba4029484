/** Takes bit patterns apart, so that the operations see values instead of fields. */
import type { FloatFormat } from "./format.ts";
import { type ExceptionFlags, NV } from "./environment.ts";

/** A finite number, exactly: (-1)^negative × significand × 2^exponent. Zero keeps its sign. */
export interface ExactValue {
  readonly negative: boolean;
  /** Exponent of the significand's lowest bit. */
  readonly exponent: number;
  /** 0 or more, of any length: 1 has no preferred place. */
  readonly significand: bigint;
}

/** What a bit pattern stands for. Unless it is finite, exponent and significand mean nothing. */
export interface Operand extends ExactValue {
  readonly kind: "finite" | "infinite" | "quiet" | "signalling";
}

/** The value behind the pattern `bits`, which must be no wider than the format. */
export function unpack(format: FloatFormat, bits: bigint): Operand {
  const signAndExponent = Number(bits >> format.fractionShift);
  const exponentField = signAndExponent & format.exponentFieldMax;
  const negative = signAndExponent > format.exponentFieldMax;
  const fraction = bits & format.fractionMask;
  if (exponentField === format.exponentFieldMax) {
    const kind = fraction === 0n
      ? "infinite"
      : (fraction & format.quietBit) !== 0n
      ? "quiet"
      : "signalling";
    return { kind, negative, exponent: 0, significand: 0n };
  }
  if (exponentField === 0) {
    return { kind: "finite", negative, exponent: format.quantumExponentMin, significand: fraction };
  }
  return {
    kind: "finite",
    negative,
    exponent: format.quantumExponentMin + exponentField - 1,
    significand: fraction | format.hiddenBit,
  };
}

export function isNan(operand: Operand): boolean {
  return operand.kind === "quiet" || operand.kind === "signalling";
}

export function isZero(operand: Operand): boolean {
  return operand.kind === "finite" && operand.significand === 0n;
}

/** The result of an operation without a meaningful one. */
export function invalid(raised: ExceptionFlags, format: FloatFormat): bigint {
  raised.flags |= NV;
  return format.canonicalNan;
}

/** The result of an operation on a NaN: payloads are dropped, a signalling one is invalid. */
export function nanFrom(raised: ExceptionFlags, format: FloatFormat, a: Operand, b = a): bigint {
  if (a.kind === "signalling" || b.kind === "signalling") raised.flags |= NV;
  return format.canonicalNan;
}

/** The infinity of the given sign. */
export function infinityOf(format: FloatFormat, negative: boolean): bigint {
  return negative ? format.signBit | format.infinity : format.infinity;
}

/** The zero of the given sign. */
export function zeroOf(format: FloatFormat, negative: boolean): bigint {
  return negative ? format.signBit : 0n;
}
