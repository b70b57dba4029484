/** Why a hart stops, and how generated code says so. */

/** Reasons in the order of their codes in `HART.stopReason`; 0 is "still running". */
export const STOP_REASONS: readonly StopReason[] = [
  "budget",
  "ecall",
  "ebreak",
  "illegal",
  "page_fault",
  "misaligned",
  "out_of_frames",
];

/**
 * Why a run ended: the budget was used up; or the instruction at `pc` is an `ecall`, an `ebreak`,
 * illegal, touches a page that is not there or may not be touched so, is an atomic access to a
 * misaligned address, or needs a frame when there is none.
 */
export type StopReason =
  | "budget"
  | "ecall"
  | "ebreak"
  | "illegal"
  | "page_fault"
  | "misaligned"
  | "out_of_frames";

/** What an instruction wanted to do with a page. */
export type Access = "read" | "write" | "execute";

/** Accesses in the order of their codes in `HART.stopAccess`. */
export const ACCESSES: readonly Access[] = ["read", "write", "execute"];

/** The end of a run. Unless the reason is `budget`, the instruction at `pc` has had no effect. */
export interface Stop {
  /** Why. */
  readonly reason: StopReason;
  /** Instructions that were executed to their end. */
  readonly retired: number;
  /** The address that faulted; for `illegal` the instruction's bits; else 0. */
  readonly address: bigint;
  /** What the instruction wanted of the page at `address`. */
  readonly access: Access;
}

/** The code of a reason. */
export function stopCode(reason: StopReason): number {
  return STOP_REASONS.indexOf(reason);
}
