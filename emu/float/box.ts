/**
 * NaN boxing: how a single lives in a 64-bit float register.
 * Source: RISC-V unprivileged specification, "D" extension, NaN boxing of narrower values.
 */
import { BINARY32 } from "./format.ts";

/** The upper half of a register that holds a single. */
const BOX = 0xffff_ffffn << 32n;

/**
 * The 64-bit register pattern that holds the single `bits32` (0 … 2^32-1).
 *
 * @example
 * ```ts
 * import { boxSingle } from "./mod.ts";
 * if (boxSingle(0x3f80_0000n) !== 0xffff_ffff_3f80_0000n) throw new Error("Not boxed");
 * ```
 */
export function boxSingle(bits32: bigint): bigint {
  return BOX | bits32;
}

/**
 * The single that an operation reads from the 64-bit pattern `register` (0 … 2^64-1): its low
 * half, or the canonical NaN when the upper half says that it holds no single.
 *
 * @example
 * ```ts
 * import { unboxSingle } from "./mod.ts";
 * if (unboxSingle(0xffff_ffff_3f80_0000n) !== 0x3f80_0000n) throw new Error("Not one");
 * if (unboxSingle(0x0000_0000_3f80_0000n) !== 0x7fc0_0000n) throw new Error("Not the NaN");
 * ```
 */
export function unboxSingle(register: bigint): bigint {
  return register >= BOX ? register - BOX : BINARY32.canonicalNan;
}
