/**
 * Constants of futex(2), and the encoding of FUTEX_WAKE_OP.
 *
 * ```
 * val3 of FUTEX_WAKE_OP    the word of a mutex that inherits priority, or that is robust
 *   31 … 28 operation        31 waiters   30 owner has died   29 … 0 thread id of the owner
 *   27 … 24 comparison
 *   23 … 12 operand
 *   11 …  0 comparand
 *
 * struct futex_waitv (24)    0 val u64   8 uaddr u64   16 flags u32   20 zero
 * ```
 *
 * Source: `include/uapi/linux/futex.h`.
 */

export const FUTEX_WAIT = 0;
export const FUTEX_WAKE = 1;
export const FUTEX_REQUEUE = 3;
export const FUTEX_CMP_REQUEUE = 4;
export const FUTEX_WAKE_OP = 5;
export const FUTEX_LOCK_PI = 6;
export const FUTEX_UNLOCK_PI = 7;
export const FUTEX_TRYLOCK_PI = 8;
export const FUTEX_WAIT_BITSET = 9;
export const FUTEX_WAKE_BITSET = 10;
/** Wait at a word, and from FUTEX_CMP_REQUEUE_PI on for a mutex that inherits priority. */
export const FUTEX_WAIT_REQUEUE_PI = 11;
export const FUTEX_CMP_REQUEUE_PI = 12;
/** FUTEX_LOCK_PI whose time is of CLOCK_MONOTONIC. */
export const FUTEX_LOCK_PI2 = 13;
export const FUTEX_PRIVATE_FLAG = 128;
export const FUTEX_CLOCK_REALTIME = 256;
export const FUTEX_BITSET_MATCH_ANY = 0xffffffff;

// FUTEX_WAKE_OP: what becomes of the second word.
export const FUTEX_OP_SET = 0;
export const FUTEX_OP_ADD = 1;
export const FUTEX_OP_OR = 2;
export const FUTEX_OP_ANDN = 3;
export const FUTEX_OP_XOR = 4;
/** In the operation: the operand is the number of a bit. */
export const FUTEX_OP_OPARG_SHIFT = 8;

// FUTEX_WAKE_OP: how the second word's old value is compared.
export const FUTEX_OP_CMP_EQ = 0;
export const FUTEX_OP_CMP_NE = 1;
export const FUTEX_OP_CMP_LT = 2;
export const FUTEX_OP_CMP_LE = 3;
export const FUTEX_OP_CMP_GT = 4;
export const FUTEX_OP_CMP_GE = 5;

export const FUTEX_WAITERS = 0x80000000;
export const FUTEX_OWNER_DIED = 0x40000000;
export const FUTEX_TID_MASK = 0x3fffffff;

/** How much of a robust list the kernel follows. */
export const ROBUST_LIST_LIMIT = 2048;
/** Bytes of `struct robust_list_head`, the only length that set_robust_list(2) takes. */
export const ROBUST_LIST_HEAD_BYTES = 24;

// futex_waitv(2), futex_wake(2), futex_wait(2), futex_requeue(2): a word's flags.
export const FUTEX2_SIZE_U32 = 2;
export const FUTEX2_SIZE_MASK = 3;
export const FUTEX2_PRIVATE = 128;
/** The most words that futex_waitv(2) waits at. */
export const FUTEX_WAITV_MAX = 128;
/** Bytes of `struct futex_waitv`. */
export const FUTEX_WAITV_BYTES = 24;
