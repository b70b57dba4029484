/**
 * The CSRs of an unprivileged program.
 *
 * Source: The RISC-V Instruction Set Manual, Volume I, chapters "F" (fcsr) and "Zicntr".
 */
import type { CsrUpdate } from "../isa/mod.ts";

/** CSR numbers by name. */
export const CSR_NUMBER = {
  fflags: 0x001,
  frm: 0x002,
  fcsr: 0x003,
  cycle: 0xc00,
  time: 0xc01,
  instret: 0xc02,
} as const;

/** Nanoseconds of one tick of `time`: the timebase is 10 MHz. */
export const TIME_TICK_NS = 100n;

/** The parts of `fcsr` that CSRs show: lowest bit, and mask of the value. */
const FCSR_FIELDS: ReadonlyMap<number, FcsrField> = new Map([
  [CSR_NUMBER.fflags, { shift: 0, mask: 0x1f }],
  [CSR_NUMBER.frm, { shift: 5, mask: 0x7 }],
  [CSR_NUMBER.fcsr, { shift: 0, mask: 0xff }],
]);

/** A part of `fcsr`. */
export interface FcsrField {
  readonly shift: number;
  readonly mask: number;
}

/** The part of `fcsr` that a CSR shows, if it shows one. */
export function fcsrField(number: number): FcsrField | undefined {
  return FCSR_FIELDS.get(number);
}

interface Counters {
  readonly instructions: bigint;
  readonly idle_ns: bigint;
}

/** A CSR's value, or `undefined` when an unprivileged program has no such CSR. */
export function readCsr(number: number, fcsr: number, counters: Counters): bigint | undefined {
  const field = fcsrField(number);
  if (field !== undefined) return BigInt((fcsr >> field.shift) & field.mask);
  switch (number) {
    case CSR_NUMBER.cycle:
    case CSR_NUMBER.instret:
      return counters.instructions;
    case CSR_NUMBER.time:
      return (counters.instructions + counters.idle_ns) / TIME_TICK_NS;
    default:
      return undefined;
  }
}

/** `fcsr` after an update, or `undefined` when the CSR is read-only. */
export function writeCsr(
  number: number,
  fcsr: number,
  old: bigint,
  update: CsrUpdate,
  operand: bigint,
): number | undefined {
  const field = fcsrField(number);
  if (field === undefined) return undefined;
  const { shift, mask } = field;
  const value = update === "write" ? operand : update === "set" ? old | operand : old & ~operand;
  return (fcsr & ~(mask << shift)) | ((Number(BigInt.asUintN(8, value)) & mask) << shift);
}
