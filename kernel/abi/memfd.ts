/**
 * Constants of memfd_create(2) and of the seals of fcntl(2).
 *
 * Source: `include/uapi/linux/{memfd,fcntl}.h`.
 */

// memfd_create(2).
export const MFD_CLOEXEC = 0x1;
export const MFD_ALLOW_SEALING = 0x2;
export const MFD_HUGETLB = 0x4;
/** Neither executable nor to be made so. */
export const MFD_NOEXEC_SEAL = 0x8;
export const MFD_EXEC = 0x10;
/** With MFD_HUGETLB: the logarithm of the pages' size. */
export const MFD_HUGE_MASK: number = 0x3f << 26;
/** Bytes in the name, without the NUL: NAME_MAX without `memfd:`. */
export const MFD_NAME_MAX = 249;

// Seals: what nobody may do with a file any more.
/** Put on further seals. */
export const F_SEAL_SEAL = 0x1;
export const F_SEAL_SHRINK = 0x2;
export const F_SEAL_GROW = 0x4;
export const F_SEAL_WRITE = 0x8;
/** Write, except through mappings that there are. */
export const F_SEAL_FUTURE_WRITE = 0x10;
/** Change who may execute it. */
export const F_SEAL_EXEC = 0x20;
/** All of them. */
export const F_SEAL_ALL = 0x3f;
