/**
 * What a blocked task waits for, as plain data: it can be saved, compared and woken by.
 *
 * A blocked call has not retired its `ecall`: the program counter stays at it and a0 keeps its
 * argument. When the wait can end the kernel executes the same `ecall` again, with the record still
 * on the task so that the handler can tell a continuation from a fresh call; the handler's result
 * clears it.
 */

import type { LockRequest } from "./fs/file_locks.ts";
import type { SemaphoreOperation } from "./ipc/semaphore_set.ts";
import type { PosixMessage } from "./ipc/posix_queue.ts";
import type { SocketNeed } from "./net/socket.ts";

/** What a task is blocked in. Every kind stands here; a new kind does not compile until it is saved. */
export type Wait =
  | SleepWait
  | StreamWait
  | TerminalWait
  | PollWait
  | SignalWait
  | FutexWait
  | FutexesWait
  | ChildWait
  | VforkWait
  | TransferWait
  | FifoWait
  | LockWait
  | SocketWait
  | MessageQueueWait
  | MqueueWait
  | SemaphoreWait;

/** Until the virtual monotonic clock reaches a time: nanosleep(2), clock_nanosleep(2). */
export interface SleepWait {
  /** Which kind this is. */
  readonly kind: "sleep";
  /** Absolute virtual monotonic time in ns at which the call ends. */
  readonly deadline_ns: bigint;
  /** Whether the caller named an instant, and not how long: TIMER_ABSTIME. */
  readonly isAbsolute: boolean;
}

/** Until one of the machine's standard streams is readable or at its end: read(2). */
export interface StreamWait {
  /** Which kind this is. */
  readonly kind: "stream";
  /** Index of the stream in `kernel.streams`. */
  readonly stream: number;
}

/** Until there is something new to read on a terminal: read(2). */
export interface TerminalWait {
  /** Which kind this is. */
  readonly kind: "terminal";
  /** Descriptor; one that is closed in the meantime, or no terminal any more, ends the wait. */
  readonly fd: number;
  /** How many bytes there were to read when the wait began; -1 ends it at once. */
  readonly available: number;
  /** Absolute virtual monotonic time in ns, or `null` for no time-out. */
  readonly deadline_ns: bigint | null;
}

/**
 * Until one of several descriptors is ready, or a time is reached: ppoll(2), pselect6(2), and with one
 * descriptor and no time a read(2) or write(2) on a pipe.
 */
export interface PollWait {
  /** Which kind this is. */
  readonly kind: "poll";
  /** Descriptors of the task; none for a plain time-out. */
  readonly files: readonly PolledFile[];
  /**
   * Whether of several tasks that wait so for the same file one is to go on each time: read(2) and write(2)
   * on a pipe, epoll_wait(2).
   */
  readonly isExclusive: boolean;
  /** Absolute virtual monotonic time in ns, or `null` for no time-out. */
  readonly deadline_ns: bigint | null;
}

/** One descriptor that is waited for. */
export interface PolledFile {
  /** Descriptor; one that is closed in the meantime counts as ready. */
  readonly fd: number;
  /** POLL* bits; POLLERR and POLLHUP always count. */
  readonly events: number;
}

/** Until a signal arrives: rt_sigsuspend(2), rt_sigtimedwait(2). */
export interface SignalWait {
  /** Which kind this is. */
  readonly kind: "signal";
  /** The blocked signals whose arrival ends the wait (rt_sigtimedwait); 0 for those that interrupt. */
  readonly accepts: bigint;
  /** Absolute virtual monotonic time in ns, or `null` for no time-out. */
  readonly deadline_ns: bigint | null;
}

/** Until a futex is woken: futex(2). */
export interface FutexWait {
  /** Which kind this is. */
  readonly kind: "futex";
  /** User address of the 32-bit word. */
  readonly address: number;
  /** Whether only the tasks of one address space meet at the word: FUTEX_PRIVATE_FLAG. */
  readonly isPrivate: boolean;
  /** Whether the word is a mutex that is to be handed over: FUTEX_LOCK_PI. */
  readonly isLock: boolean;
  /**
   * Address of the mutex for which the task will wait, or waits when `isLock`, after somebody has sent it
   * there: FUTEX_WAIT_REQUEUE_PI; else 0.
   */
  readonly mutex: number;
  /** The bits of FUTEX_WAIT_BITSET, 1 … 2^32 - 1. */
  readonly bitset: number;
  /** Its place in the queue: whoever has a lower number came earlier. */
  readonly ticket: number;
  /** Absolute virtual monotonic time in ns, or `null` for no time-out. */
  readonly deadline_ns: bigint | null;
  /** Whether this task was chosen to go on; the call then answers 0. */
  readonly woken: boolean;
}

/** Until one of several futexes is woken: futex_waitv(2). */
export interface FutexesWait {
  /** Which kind this is. */
  readonly kind: "futexes";
  /** The words, at most 128. */
  readonly words: readonly FutexWord[];
  /** Absolute virtual monotonic time in ns, or `null` for no time-out. */
  readonly deadline_ns: bigint | null;
  /** Whether one was woken; the call then answers which. */
  readonly woken: boolean;
  /** Its place among the words. */
  readonly index: number;
}

/** One of several words that a task waits at. */
export interface FutexWord {
  /** User address of the 32-bit word. */
  readonly address: number;
  /** Whether only the tasks of one address space meet at the word. */
  readonly isPrivate: boolean;
  /** Its place in the queue: whoever has a lower number came earlier. */
  readonly ticket: number;
}

/** Until something becomes of a child: wait4(2), waitid(2). The arguments say of which, and what. */
export interface ChildWait {
  /** Which kind this is. */
  readonly kind: "child";
  /** Whether something has become of some child: the call looks again. */
  readonly woken: boolean;
}

/** Until a child gives back the memory that it was lent: vfork(2). No handler interrupts it. */
export interface VforkWait {
  /** Which kind this is. */
  readonly kind: "vfork";
  /** Pid of the child; the call answers it. */
  readonly child: number;
  /** Whether the child has executed another program, or ended. */
  readonly woken: boolean;
}

/** Until a file takes more of a write that has begun, of which a part is in it: write(2) on a pipe. */
export interface TransferWait {
  /** Which kind this is. */
  readonly kind: "transfer";
  /** Descriptor of the file; one that is closed in the meantime counts as ready. */
  readonly fd: number;
  /** POLL* bits that it is waited for; POLLERR and POLLHUP always count. */
  readonly events: number;
  /** Bytes that have been moved, and are not moved again. */
  readonly done: number;
}

/** Until somebody opens the other end of a FIFO: open(2). The task has this end open already. */
export interface FifoWait {
  /** Which kind this is. */
  readonly kind: "fifo";
  /** How often the other end had been opened when the wait began. */
  readonly seen: number;
}

/** Until nobody else has a lock: fcntl(2), flock(2). */
export interface LockWait {
  /** Which kind this is. */
  readonly kind: "lock";
  /** Descriptor of the file. */
  readonly fd: number;
  /** What is to be locked. */
  readonly lock: LockRequest;
}

/** Until a socket can go on with what it was asked for: connect(2), accept(2), send(2), recv(2). */
export interface SocketWait {
  /** Which kind this is. */
  readonly kind: "socket";
  /** Descriptor of the socket; one that is closed in the meantime counts as ready. */
  readonly fd: number;
  /** What has to come. */
  readonly event: SocketNeed["event"];
  /** For the event "peer", the inode number of the socket that it is waited for; else 0. */
  readonly peer: number;
  /** Bytes of the message that the call has moved already. */
  readonly done: number;
  /** Whole messages that sendmmsg(2) or recvmmsg(2) has moved already. */
  readonly messages: number;
  /** Absolute virtual monotonic time in ns, or `null` for no time-out. */
  readonly deadline_ns: bigint | null;
}

/** Until a System V message queue has changed: msgop(2). */
export interface MessageQueueWait {
  /** Which kind this is. */
  readonly kind: "message_queue";
  /** Its identifier. */
  readonly id: number;
  /** Whether something has changed: the call looks again. */
  readonly woken: boolean;
}

/**
 * Until a POSIX message queue has a message, or room for one: mq_timedreceive(2), mq_timedsend(2). Whoever
 * brings a message, or takes one, goes on for the one who waits, whose call then only has to answer.
 */
export interface MqueueWait {
  /** Which kind this is. */
  readonly kind: "mqueue";
  /** Number of the queue's inode, unique in the machine. */
  readonly queue: number;
  /** Whether the task waits for room. */
  readonly sends: boolean;
  /** What is to be sent; or what was received, `null` until then. */
  readonly message: PosixMessage | null;
  /** The task's priority when it began to wait, as the kernel counts: the lower, the earlier its turn. */
  readonly rank: number;
  /** Whose turn comes first among those of a rank: ascending at a queue. */
  readonly turn: number;
  /** Absolute virtual monotonic time in ns, or `null` for no time-out. */
  readonly deadline_ns: bigint | null;
  /** Whether the message is sent, or received. */
  readonly woken: boolean;
}

/**
 * Until operations on System V semaphores can be carried out: semop(2). Whoever changes the set carries
 * them out, so that nobody misses a value that is there for a moment only.
 */
export interface SemaphoreWait {
  /** Which kind this is. */
  readonly kind: "semaphores";
  /** The set's identifier. */
  readonly id: number;
  /** What is to be carried out, all at once. */
  readonly operations: readonly SemaphoreOperation[];
  /** The first of them that cannot be yet. */
  readonly blocked: SemaphoreOperation;
  /** Whose turn comes first: ascending in a set. */
  readonly turn: number;
  /** Absolute virtual monotonic time in ns, or `null` for no time-out. */
  readonly deadline_ns: bigint | null;
  /** Whether the call has its result. */
  readonly woken: boolean;
  /** The result, 0 or -errno, once it is there. */
  readonly result: number;
}

/** The virtual time at which a wait ends by itself, or `null` when only an event can end it. */
export function deadlineOf(wait: Wait): bigint | null {
  return "deadline_ns" in wait ? wait.deadline_ns : null;
}

/** Whether a blocked call has its result, which no signal can take away: it only has to answer. */
export function isDecided(wait: Wait): boolean {
  const { kind } = wait;
  return (kind === "futex" || kind === "futexes" || kind === "semaphores" || kind === "mqueue") &&
    wait.woken;
}
