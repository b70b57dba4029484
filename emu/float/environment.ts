/**
 * The two halves of the `fcsr` register: rounding modes going in, exception flags coming out.
 * Source: RISC-V unprivileged specification, "F" extension, floating-point control and status
 * register.
 */

/** Rounding mode: to nearest, ties to even. */
export const RNE = 0;
/** Rounding mode: towards zero. */
export const RTZ = 1;
/** Rounding mode: down, towards -infinity. */
export const RDN = 2;
/** Rounding mode: up, towards +infinity. */
export const RUP = 3;
/** Rounding mode: to nearest, ties to the larger magnitude. */
export const RMM = 4;

/** Exception flag: inexact. */
export const NX = 1;
/** Exception flag: underflow. */
export const UF = 2;
/** Exception flag: overflow. */
export const OF = 4;
/** Exception flag: division by zero. */
export const DZ = 8;
/** Exception flag: invalid operation. */
export const NV = 16;

/** Where an operation leaves the exceptions it raises; they are only ever added. */
export interface ExceptionFlags {
  /** The bits of `fflags`, 0 … 31. */
  flags: number;
}
