/**
 * Constants of System V IPC: keys, flags and commands that messages, semaphores and shared memory have
 * in common, and those of msgctl(2), semctl(2), shmctl(2) and shmat(2).
 *
 * ```
 * struct ipc64_perm (48)
 *   0 key s32   4 uid u32   8 gid u32   12 cuid u32   16 cgid u32   20 mode u32   24 seq u16   26 zero
 * struct msqid64_ds (120)
 *   0 msg_perm   48 stime   56 rtime   64 ctime   72 cbytes   80 qnum   88 qbytes
 *   96 lspid s32   100 lrpid s32   104 zero
 * struct semid64_ds (88)
 *   0 sem_perm   48 otime   56 ctime   64 nsems   72 zero
 * struct shmid64_ds (112)
 *   0 shm_perm   48 segsz   56 atime   64 dtime   72 ctime   80 cpid s32   84 lpid s32   88 nattch
 *   96 zero
 * struct shminfo64 (72)
 *   0 shmmax   8 shmmin   16 shmmni   24 shmseg   32 shmall   40 zero
 * struct shm_info (48)
 *   0 used_ids s32   8 shm_tot   16 shm_rss   24 shm_swp   32 zero
 * struct sembuf (6)
 *   0 sem_num u16   2 sem_op s16   4 sem_flg s16
 * ```
 *
 * Source: `include/uapi/linux/{ipc,msg,sem,shm}.h`, `include/uapi/asm-generic/{ipcbuf,msgbuf,sembuf,shmbuf}.h`.
 */

/** The key that always makes a new object. */
export const IPC_PRIVATE = 0;
/** Make the object if the key has none. */
export const IPC_CREAT = 0o1000;
/** Fail if the key has one. */
export const IPC_EXCL = 0o2000;
/** Do not wait. */
export const IPC_NOWAIT = 0o4000;

// Commands of msgctl(2), semctl(2) and shmctl(2).
export const IPC_RMID = 0;
export const IPC_SET = 1;
export const IPC_STAT = 2;
export const IPC_INFO = 3;

/** On architectures that have always had the new structures the flag is accepted and means nothing. */
export const IPC_64 = 0x100;

/** Bytes of `struct ipc64_perm`. */
export const IPC_PERM_BYTES = 48;

/** Most objects of one kind: IPCMNI. */
export const IPC_OBJECTS_MAX = 1 << 15;
/** Queues, and sets of semaphores, that a namespace is said to have at most: MSGMNI, SEMMNI. */
export const IPC_SETS_MAX = 32000;
/** Bits of an identifier that are its place in the table; above them is the sequence number. */
export const IPC_SEQUENCE_SHIFT = 15;
/** The sequence numbers are 0 … 65534. */
export const IPC_SEQUENCE_MAX = (2 ** 31 - 1) >> IPC_SEQUENCE_SHIFT;
/** Places that are gone through before one is used again: ipc_min_cycle. */
export const IPC_PLACES_MIN = 64;

// Commands of msgctl(2) and semctl(2) beyond the common ones.
export const MSG_STAT = 11;
export const MSG_INFO = 12;
export const MSG_STAT_ANY = 13;
export const SEM_GETPID = 11;
export const SEM_GETVAL = 12;
export const SEM_GETALL = 13;
export const SEM_GETNCNT = 14;
export const SEM_GETZCNT = 15;
export const SEM_SETVAL = 16;
export const SEM_SETALL = 17;
export const SEM_STAT = 18;
export const SEM_INFO = 19;
export const SEM_STAT_ANY = 20;

// msgrcv(2).
export const MSG_NOERROR = 0o10000;
export const MSG_EXCEPT = 0o20000;
export const MSG_COPY = 0o40000;
/** The most bytes of a message: `kernel.msgmax`. */
export const MESSAGE_BYTES_MAX = 8192;
/** What msg_qbytes begins with: `kernel.msgmnb`. */
export const QUEUE_BYTES = 16384;
/** Bytes of `struct msqid64_ds`. */
export const MSQID_BYTES = 120;
/** Bytes of `struct msginfo`. */
export const MSGINFO_BYTES = 32;

/** Undo what an operation did when the process ends. */
export const SEM_UNDO = 0x1000;
/** The highest value of a semaphore: SEMVMX. */
export const SEMAPHORE_MAX = 32767;
/** The most semaphores in a set: SEMMSL. */
export const SEMAPHORES_MAX = 32000;
/** The most semaphores in all sets: SEMMNS. */
export const ALL_SEMAPHORES_MAX: number = IPC_SETS_MAX * SEMAPHORES_MAX;
/** The most operations of one semop(2): SEMOPM. */
export const OPERATIONS_MAX = 500;
/** Bytes of `struct sembuf`. */
export const SEMBUF_BYTES = 6;
/** Bytes of `struct semid64_ds`. */
export const SEMID_BYTES = 88;
/** Bytes of `struct seminfo`. */
export const SEMINFO_BYTES = 40;

// Commands of shmctl(2) beyond the common ones.
export const SHM_LOCK = 11;
export const SHM_UNLOCK = 12;
export const SHM_STAT = 13;
export const SHM_INFO = 14;
export const SHM_STAT_ANY = 15;

// shmget(2).
export const SHM_HUGETLB = 0o4000;
export const SHM_NORESERVE = 0o10000;

// shmat(2).
export const SHM_RDONLY = 0o10000;
/** Round the address down to a page. */
export const SHM_RND = 0o20000;
/** Take the place of what is there. */
export const SHM_REMAP = 0o40000;
export const SHM_EXEC = 0o100000;

// Bits of a segment's mode.
/** It goes with its last attachment. */
export const SHM_DEST = 0o1000;
export const SHM_LOCKED = 0o2000;

/** Segments at most: SHMMNI. */
export const SEGMENTS_MAX = 4096;
/** Bytes of the largest segment (SHMMAX), and pages of all together (SHMALL). */
export const SEGMENT_BYTES_MAX: bigint = 2n ** 64n - 1n - 2n ** 24n;
/** Bytes of `struct shmid64_ds`. */
export const SHMID_BYTES = 112;
/** Bytes of `struct shminfo64`. */
export const SHMINFO_BYTES = 72;
/** Bytes of `struct shm_info`. */
export const SHM_INFO_BYTES = 48;
