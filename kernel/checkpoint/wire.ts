/**
 * The numbers of the image format: record types, object types, magics.
 *
 * They are those of the Linux patch series' last version (v23, April 2011); what the series does not
 * have (riscv64, the virtual machine, the identity of mapped files) has numbers of our own, where
 * it left room: 190 for threads, 251–299 for the architecture, 320–349 for files, 620 for timers, 8001–8999 for the machine, objects from
 * 1001 on.
 *
 * Source: user-cr `include/linux/checkpoint_hdr.h` (facts in linux-cr.md, section 2.3).
 */

/** What a record is: the first word of its header. */
export const CKPT_HDR = {
  HEADER: 1,
  HEADER_ARCH: 2,
  CONTAINER: 3,
  BUFFER: 4,
  STRING: 5,
  OBJREF: 6,
  LSM_INFO: 7,
  SECURITY: 8,

  PIDS: 101,
  TREE: 102,
  TASK: 103,
  TASK_NS: 104,
  TASK_OBJS: 105,
  RESTART_BLOCK: 106,
  THREAD: 107,
  CPU: 108,
  NS: 109,
  UTS_NS: 110,
  IPC_NS: 111,
  MNT_NS: 112,
  CAPABILITIES: 113,
  USER_NS: 114,
  CRED: 115,
  USER: 116,
  GROUPINFO: 117,
  TASK_CREDS: 118,

  FUTEX_WORDS: 190,

  CPU_FPU: 251,

  FILE_TABLE: 301,
  FILE_DESC: 302,
  FILE_NAME: 303,
  FILE: 304,
  PIPE_BUF: 305,
  TTY: 306,
  TTY_LDISC: 307,
  EPOLL_ITEMS: 308,

  EPOLL_ITEM: 320,
  EVENTFD: 322,
  TIMERFD: 323,
  SIGNALFD: 324,
  FILE_LOCKS: 325,
  PROC_TEXT: 326,
  UNLINKED: 327,
  FILE_OWNER: 328,
  MQUEUE: 329,
  MQUEUE_MESSAGE: 330,
  PIDFD: 331,
  MEMORY: 340,

  MM: 401,
  VMA: 402,
  PGARR: 403,
  HPAGE: 404,
  MM_CONTEXT: 405,

  FS: 451,

  IPC: 501,
  IPC_SHM: 502,
  IPC_MSG: 503,
  IPC_MSG_MSG: 504,
  IPC_SEM: 505,
  TASK_SEM_UNDO_LIST: 506,
  TASK_SEM_UNDO: 507,

  SIGHAND: 601,
  SIGNAL: 602,
  SIGNAL_TASK: 603,
  SIGPENDING: 604,

  TIMERS: 620,

  SOCKET: 701,
  SOCKET_QUEUE: 702,
  SOCKET_BUFFER: 703,
  SOCKET_FRAG: 704,
  SOCKET_UNIX: 705,
  SOCKET_INET: 706,
  NET_NS: 707,
  NETDEV: 708,
  NETDEV_ADDR: 709,

  MACHINE: 8001,
  INODE: 8002,
  HARTS: 8003,

  TAIL: 9001,
  ERROR: 9999,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(CKPT_HDR).map(([name, number]) => [number, name]),
);

/** The name of a record type, such as `"VMA"`; for an unknown one its number in words. */
export function recordTypeName(type: number): string {
  return NAMES.get(type) ?? `record type ${type}`;
}

/** What a shared object is: `objtype` of an OBJREF record. */
export const CKPT_OBJ = {
  IGNORE: 0,
  PID: 1,
  INODE: 2,
  FILE_TABLE: 3,
  FILE: 4,
  MM: 5,
  FS: 6,
  SIGHAND: 7,
  SIGNAL: 8,
  NS: 9,
  UTS_NS: 10,
  IPC_NS: 11,
  MNT_NS: 12,
  USER_NS: 13,
  CRED: 14,
  USER: 15,
  GROUPINFO: 16,
  SOCK: 17,
  TTY: 18,
  SECURITY_PTR: 19,
  SECURITY: 20,
  NET_NS: 21,
  NETDEV: 22,
  SEM_UNDO: 23,

  PIPE: 1001,
  UNLINKED: 1002,
  MQUEUE: 1003,
} as const;

/** `magic` of the first record. */
export const CHECKPOINT_MAGIC_HEAD = 0x00feed0cc0a2d200n;
/** `magic` of the last record. */
export const CHECKPOINT_MAGIC_TAIL = 0x002d2a0cc0deef00n;

/**
 * The series numbered its architectures 1 to 4 (x86-32, x86-64, s390x, ARM) and forbade to change
 * the order; riscv64 never had a number. Ours is the machine number of its ELF files, EM_RISCV.
 */
export const CKPT_ARCH_RISCV64 = 243;

/** Bytes of a record's header: u32 type, u32 length of the whole record. */
export const RECORD_HEADER_BYTES = 8;
/** Bytes of the check at a record's end. */
export const RECORD_CHECK_BYTES = 8;
/** Every record is a multiple of this many bytes long. */
export const RECORD_ALIGNMENT = 8;
/** What a record takes beside its fields. */
export const RECORD_FRAME_BYTES = RECORD_HEADER_BYTES + RECORD_CHECK_BYTES;
