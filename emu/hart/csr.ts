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
const TIME_TICK_NS = 100n;

interface Counters {
  readonly instructions: bigint;
  readonly idle_ns: bigint;
}

/** A CSR's value, or `undefined` when an unprivileged program has no such CSR. */
export function readCsr(number: number, fcsr: number, counters: Counters): bigint | undefined {
  switch (number) {
    case CSR_NUMBER.fflags:
      return BigInt(fcsr & 0x1f);
    case CSR_NUMBER.frm:
      return BigInt(fcsr >> 5);
    case CSR_NUMBER.fcsr:
      return BigInt(fcsr);
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
  const value = update === "write" ? operand : update === "set" ? old | operand : old & ~operand;
  const low = Number(BigInt.asUintN(8, value));
  switch (number) {
    case CSR_NUMBER.fflags:
      return (fcsr & ~0x1f) | (low & 0x1f);
    case CSR_NUMBER.frm:
      return (fcsr & 0x1f) | ((low & 7) << 5);
    case CSR_NUMBER.fcsr:
      return low;
    default:
      return undefined;
  }
}
