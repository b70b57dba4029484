/**
 * The types of the auxiliary vector's entries, and the capability bits behind AT_HWCAP.
 *
 * Source: `include/uapi/linux/auxvec.h`, `arch/riscv/include/uapi/asm/{auxvec,hwcap}.h`; getauxval(3).
 */

export const AT_NULL = 0;
export const AT_PHDR = 3;
export const AT_PHENT = 4;
export const AT_PHNUM = 5;
export const AT_PAGESZ = 6;
export const AT_BASE = 7;
export const AT_FLAGS = 8;
export const AT_ENTRY = 9;
export const AT_UID = 11;
export const AT_EUID = 12;
export const AT_GID = 13;
export const AT_EGID = 14;
export const AT_HWCAP = 16;
export const AT_CLKTCK = 17;
export const AT_SECURE = 23;
export const AT_RANDOM = 25;
export const AT_EXECFN = 31;

/** AT_HWCAP holds one bit for each single-letter extension; RV64GC is IMAFDC. */
export const HWCAP_RV64GC = BigInt(
  [..."IMAFDC"].reduce((bits, letter) => bits | (1 << (letter.charCodeAt(0) - 65)), 0),
);

/** Bytes behind AT_RANDOM. */
export const AT_RANDOM_BYTES = 16;
