/**
 * Constants and structures of POSIX message queues.
 *
 * ```
 * struct mq_attr (64)
 *   0 mq_flags s64   8 mq_maxmsg s64   16 mq_msgsize s64   24 mq_curmsgs s64   32 … 64 reserved, zero
 * ```
 *
 * Source: `include/uapi/linux/mqueue.h`, `include/linux/ipc_namespace.h`, `ipc/mqueue.c`; mq_overview(7).
 */

/** Bytes of `struct mq_attr`. */
export const MQ_ATTR_BYTES = 64;
/** Priorities are below this. */
export const MQ_PRIO_MAX = 32768;

/** Queues of an IPC namespace: `fs.mqueue.queues_max`. */
export const DFLT_QUEUESMAX = 256;
/** Messages of a queue that nobody has given a number: `fs.mqueue.msg_default`. */
export const DFLT_MSG = 10;
/** Messages that an unprivileged task may ask for: `fs.mqueue.msg_max`. */
export const DFLT_MSGMAX = 10;
/** Messages that anybody may ask for. */
export const HARD_MSGMAX = 65536;
/** Bytes of a message where nobody has given a number: `fs.mqueue.msgsize_default`. */
export const DFLT_MSGSIZE = 8192;
/** Bytes that an unprivileged task may ask for: `fs.mqueue.msgsize_max`. */
export const DFLT_MSGSIZEMAX = 8192;
/** Bytes that anybody may ask for. */
export const HARD_MSGSIZEMAX: number = 16 * 1024 * 1024;

/** What each message that a queue may hold counts towards RLIMIT_MSGQUEUE: `struct msg_msg`. */
export const MSG_MSG_BYTES = 48;
/** What each priority that they may have counts: `struct posix_msg_tree_node`. */
export const POSIX_MSG_TREE_NODE_BYTES = 48;

/** What fstat(2) shows as the size of a queue. */
export const FILENT_SIZE = 80;
/** What an entry adds to the size of the directory of all queues. */
export const DIRENT_SIZE = 20;

/** What mq_notify(2) sends through a netlink socket for SIGEV_THREAD; its last byte is one of those below. */
export const NOTIFY_COOKIE_LEN = 32;
/** A message has come. */
export const NOTIFY_WOKENUP = 1;
/** The registration is gone. */
export const NOTIFY_REMOVED = 2;
