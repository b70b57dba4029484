/**
 * Constants and the argument structure of clone3(2), and of pidfds.
 *
 * ```
 * struct clone_args (64, 80 or 88)
 *    0 flags        u64     24 parent_tid   u64     48 stack_size   u64     72 set_tid_size  u64
 *    8 pidfd        u64     32 exit_signal  u64     56 tls          u64     80 cgroup        u64
 *   16 child_tid    u64     40 stack        u64     64 set_tid      u64
 * ```
 *
 * Source: `include/uapi/linux/{sched,pidfd}.h`; clone3(2), pidfd_open(2).
 */

import { O_EXCL, O_NONBLOCK } from "./fcntl.ts";

/** Bytes of the first version of `struct clone_args`; shorter ones never were. */
export const CLONE_ARGS_SIZE_VER0 = 64;
/** Bytes of the version with everything that is known. */
export const CLONE_ARGS_SIZE_VER2 = 88;
/** The most pids that set_tid can give: one for each level of pid namespaces. */
export const MAX_PID_NS_LEVEL = 32;

/** pidfd_open(2): waitid(2) on it answers EAGAIN rather than wait. */
export const PIDFD_NONBLOCK: number = O_NONBLOCK;
/** pidfd_open(2): it stands for one thread, and not for the process. */
export const PIDFD_THREAD: number = O_EXCL;

// pidfd_send_signal(2): to whom, whatever the descriptor stands for.
export const PIDFD_SIGNAL_THREAD = 1;
export const PIDFD_SIGNAL_THREAD_GROUP = 2;
export const PIDFD_SIGNAL_PROCESS_GROUP = 4;
