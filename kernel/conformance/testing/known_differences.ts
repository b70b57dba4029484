/**
 * Where our answer differs from QEMU's user mode on purpose: it hands most calls to the host's kernel and
 * gets the rest wrong in places. What is right is decided by the man page or
 * the kernel's source; a program that depends on no architecture can also be built for, and asked of, a
 * Linux at hand.
 */

/** A program whose answer is not QEMU's. */
export interface KnownDifference {
  /** Why QEMU's answer is not the judge, with the source that is. */
  readonly reason: string;
  /** The right output. */
  readonly output: string;
}

/** By name of the program, without its ending. */
export const knownDifferences: Readonly<Record<string, KnownDifference>> = {
  signal_order: {
    reason:
      "QEMU enters the handlers of all pending signals at once, so that the last runs first; " +
      "signal(7) orders by number, and sa_mask holds the others back",
    output: "10 value 11\n12 value 1\n35 value 31\n35 value 32\n36 value 21\n36 value 22\n",
  },
};
