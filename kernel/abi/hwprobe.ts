/**
 * Constants of riscv_hwprobe(2): what a program can ask of the harts, and the answers of this one.
 *
 * Source: `arch/riscv/include/uapi/asm/hwprobe.h`, `Documentation/arch/riscv/hwprobe.rst`.
 */

export const RISCV_HWPROBE_KEY_MVENDORID = 0n;
export const RISCV_HWPROBE_KEY_MARCHID = 1n;
export const RISCV_HWPROBE_KEY_MIMPID = 2n;
export const RISCV_HWPROBE_KEY_BASE_BEHAVIOR = 3n;
export const RISCV_HWPROBE_KEY_IMA_EXT_0 = 4n;
export const RISCV_HWPROBE_KEY_CPUPERF_0 = 5n;
export const RISCV_HWPROBE_KEY_ZICBOZ_BLOCK_SIZE = 6n;
export const RISCV_HWPROBE_KEY_HIGHEST_VIRT_ADDRESS = 7n;
export const RISCV_HWPROBE_KEY_TIME_CSR_FREQ = 8n;
export const RISCV_HWPROBE_KEY_MISALIGNED_SCALAR_PERF = 9n;

/** The base extensions are those of IMA. */
export const RISCV_HWPROBE_BASE_BEHAVIOR_IMA = 1n;
/** F and D are there. */
export const RISCV_HWPROBE_IMA_FD = 1n << 0n;
/** C is there. */
export const RISCV_HWPROBE_IMA_C = 1n << 1n;
/** Nothing is said of how fast misaligned accesses are. */
export const RISCV_HWPROBE_MISALIGNED_UNKNOWN = 0n;

/** In the flags: not what the harts have, but which of them have it. */
export const RISCV_HWPROBE_WHICH_CPUS = 1;

/** Bytes of `struct riscv_hwprobe`: s64 key, u64 value. */
export const HWPROBE_BYTES = 16;
