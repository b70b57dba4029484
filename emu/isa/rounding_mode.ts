/**
 * Rounding modes of floating-point instructions by their encoding.
 *
 * Source: The RISC-V Instruction Set Manual, Volume I, chapter "F", table of rounding modes.
 */

/** Names as assembly has them; the encodings without a name are reserved. */
export const ROUNDING_MODES: readonly (string | undefined)[] = [
  "rne", // to nearest, ties to even
  "rtz", // towards zero
  "rdn", // down
  "rup", // up
  "rmm", // to nearest, ties away from zero
  undefined,
  undefined,
  "dyn", // the mode that `frm` says
];

/** To nearest, ties to even: the mode that the host's arithmetic has. */
export const NEAREST_EVEN = 0;

/** The mode of `frm`; no mode for `frm` itself. */
export const DYNAMIC_ROUNDING = 7;

/** Whether an instruction that names this mode is illegal. */
export function isReservedRounding(mode: number): boolean {
  return mode in ROUNDING_MODES && ROUNDING_MODES[mode] === undefined;
}
