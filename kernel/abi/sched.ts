/**
 * Constants and structures of scheduling.
 *
 * ```
 * struct sched_attr (48 or 56)
 *    0 size         u32     16 sched_nice      s32     24 sched_runtime   u64     48 util_min  u32
 *    4 sched_policy u32     20 sched_priority  u32     32 sched_deadline  u64     52 util_max  u32
 *    8 sched_flags  u64                                40 sched_period    u64
 * ```
 *
 * Source: `include/uapi/linux/{sched,sched/types,resource,membarrier}.h`; sched(7).
 */

// Policies.
export const SCHED_OTHER = 0;
export const SCHED_FIFO = 1;
export const SCHED_RR = 2;
export const SCHED_BATCH = 3;
export const SCHED_IDLE = 5;
export const SCHED_DEADLINE = 6;
/** With a policy of sched_setscheduler(2): children begin as SCHED_OTHER. */
export const SCHED_RESET_ON_FORK = 0x40000000;

/** The lowest and the highest priority of SCHED_FIFO and SCHED_RR; the other policies know only 0. */
export const RT_PRIORITY_MIN = 1;
export const RT_PRIORITY_MAX = 99;
/** The most and the least that a process can ask for. */
export const NICE_MIN = -20;
export const NICE_MAX = 19;
/** A turn of SCHED_RR in ns: RR_TIMESLICE. */
export const RR_INTERVAL_NS = 100_000_000n;

// sched_setattr(2): flags.
export const SCHED_FLAG_RESET_ON_FORK = 0x01;
export const SCHED_FLAG_KEEP_POLICY = 0x08;
export const SCHED_FLAG_KEEP_PARAMS = 0x10;

/** Bytes of the first version of `struct sched_attr`. */
export const SCHED_ATTR_SIZE_VER0 = 48;
/** Bytes of the version with everything that is known. */
export const SCHED_ATTR_SIZE_VER1 = 56;

// getpriority(2): whose.
export const PRIO_PROCESS = 0;
export const PRIO_PGRP = 1;
export const PRIO_USER = 2;

// membarrier(2).
export const MEMBARRIER_CMD_QUERY = 0;
export const MEMBARRIER_CMD_GLOBAL = 1;
export const MEMBARRIER_CMD_GLOBAL_EXPEDITED = 2;
export const MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED = 4;
export const MEMBARRIER_CMD_PRIVATE_EXPEDITED = 8;
export const MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED = 16;
export const MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE = 32;
export const MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 64;
export const MEMBARRIER_CMD_GET_REGISTRATIONS = 512;
