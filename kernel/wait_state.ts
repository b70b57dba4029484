/**
 * How what a task is blocked in is saved: the series' restart block. A deadline is saved as the time
 * that is left, and counts anew from the moment of restart.
 */
import { EBUSY, EINVAL } from "./abi/errno.ts";
import { DESCRIPTORS_MAX, RW_BYTES_MAX } from "./abi/fcntl.ts";
import { FUTEX_WAITV_MAX } from "./abi/futex.ts";
import { PID_MAX } from "./abi/process.ts";
import { KTIME_MAX } from "./abi/time.ts";
import { defineCheck } from "./checkpoint/check.ts";
import type { RestartContext } from "./checkpoint/restart_context.ts";
import type { SaveContext } from "./checkpoint/save_context.ts";
import {
  enumeration,
  padding,
  record,
  type RecordValue,
  restArray,
  s32,
  u32,
  words,
} from "./checkpoint/schema.ts";
import { CKPT_HDR } from "./checkpoint/wire.ts";
import { LOCK_END_MAX, type LockKind } from "./fs/file_locks.ts";
import { TASK_SIZE } from "./mm/layout.ts";
import type { PolledFile, Wait } from "./wait.ts";

const SANE = defineCheck("RESTART_BLOCK.args/sane", EINVAL, "arguments that such a wait can have");
const STREAM_EXISTS = defineCheck(
  "RESTART_BLOCK.args/stream",
  EINVAL,
  "one of the machine's streams",
);

const QUEUE_RIGHT = defineCheck(
  "RESTART_BLOCK.args/mqueue",
  EINVAL,
  "a message queue of the image, full for who sends and empty for who receives",
);

const SAVED = defineCheck("checkpoint/wait", EBUSY, "a call that waits for what is in the image");

/** Most descriptors that one poll may wait for. */
const POLLED_MAX = 65536;
/** Events are 16 bits. */
const EVENTS_MAX = 0xffff;
const ARGUMENTS = 6;
/** The kinds of locks, by the number of each in an argument. */
const LOCK_KINDS: readonly LockKind[] = ["posix", "ofd", "flock"];
const NO_DEADLINE = (1n << 64n) - 1n;
/** A sleep until an instant, which a restart does not put off. */
const ABSOLUTE = 1n;
const DESCRIPTORS_END = BigInt(DESCRIPTORS_MAX);
const WORD_MAX = 0xffffffffn;
// Flags of a FUTEX.
const FUTEX_WOKEN = 1n;
const FUTEX_PRIVATE = 2n;
const FUTEX_IS_LOCK = 4n;
const FUTEX_FLAGS = FUTEX_WOKEN | FUTEX_PRIVATE | FUTEX_IS_LOCK;
// Flags of an MQUEUE.
const MQUEUE_SENDS = 1n;
const MQUEUE_DONE = 2n;
/** Far beyond every place in a queue, and far below what a number holds exactly. */
const TICKETS_MAX = 2n ** 52n;

/** What the image calls each kind of wait; the first two numbers are the series'. */
const FUNCTION_TYPES = {
  NONE: 1,
  HRTIMER_NANOSLEEP: 2,
  POLL: 6,
  FUTEX: 7,
  STREAM: 1001,
  TERMINAL: 1007,
  SIGNAL: 1002,
  LOCK: 1011,
  TRANSFER: 1012,
  FIFO: 1013,
  CHILD: 1003,
  VFORK: 1004,
  SOCKET: 1010,
  MQUEUE: 1014,
  FUTEX_WAITV: 1015,
} as const;

type FunctionType = keyof typeof FUNCTION_TYPES;

/** What a task is blocked in. */
export const RESTART_BLOCK = record("RESTART_BLOCK", CKPT_HDR.RESTART_BLOCK, {
  doc:
    "What the task is blocked in. Arguments by type, unused ones 0: HRTIMER_NANOSLEEP time left, " +
    "or the monotonic time of its end and 1; " +
    "POLL time left, 1 for one of several at a time; FUTEX address, bitset, time left, " +
    "flags (1 woken, 2 private, 4 lock), " +
    "place in the queue, address of the mutex to be requeued to; STREAM number; " +
    "TRANSFER descriptor, POLL* bits, bytes done; FIFO opens of the other end seen; " +
    "LOCK descriptor, 2 for OFD and 4 for FLOCK plus 1 to write, first byte, last byte; " +
    "TERMINAL descriptor, bytes seen plus one, time left; " +
    "SIGNAL signals accepted, time left; CHILD 1 when woken; VFORK pid, 1 when woken; " +
    "FUTEX_WAITV time left, 1 when woken, by which word; " +
    "MQUEUE inode of the queue, 1 to send plus 2 when it is done, " +
    "priority + turn × 2^32, time left; " +
    "SOCKET descriptor + event × 2^32, inode of the peer, " +
    "bytes + messages × 2^32 done, time left. Times in ns, 2^64 - 1 for no end.",
  fields: {
    function_type: enumeration(FUNCTION_TYPES, { doc: "what it waits for" }),
    _pad: padding(4),
    args: words(ARGUMENTS, { doc: "arguments, see above" }),
    polled: restArray({
      fd: s32({ doc: "descriptor", min: 0 }),
      events: u32({ doc: "POLL* bits", max: EVENTS_MAX, show: "hex" }),
    }, { doc: "descriptors that a POLL waits for", max: POLLED_MAX }),
  },
});

/** A saved wait. */
export type RestartBlock = RecordValue<typeof RESTART_BLOCK>;
type WaitOf<K extends Wait["kind"]> = Extract<Wait, { kind: K }>;

/** Time left until a deadline, and back. */
interface Deadlines {
  left(deadline_ns: bigint | null): bigint;
  /** Null for "no end"; undefined when the image says something impossible. */
  from(left_ns: bigint): bigint | null | undefined;
}

/** The arguments of a saved wait. */
interface Arguments {
  readonly args: readonly bigint[];
  readonly polled: readonly PolledFile[];
}

interface WaitState<K extends Wait["kind"]> {
  readonly type: FunctionType;
  save(wait: WaitOf<K>, deadlines: Deadlines): Partial<Arguments>;
  /** The wait, or null when the arguments cannot be. */
  restore(saved: Arguments, deadlines: Deadlines): WaitOf<K> | null;
}

/** How each kind of wait is saved, null where it is refused. A new kind does not compile until it stands here. */
const WAITS: { readonly [K in Wait["kind"]]: WaitState<K> | null } = {
  sleep: {
    type: "HRTIMER_NANOSLEEP",
    save: ({ deadline_ns, isAbsolute }, { left }) =>
      isAbsolute ? { args: [deadline_ns, ABSOLUTE] } : { args: [left(deadline_ns)] },
    restore: ({ args: [time = 0n, isAbsolute = 0n] }, { from }) => {
      if (isAbsolute === ABSOLUTE) {
        return time > KTIME_MAX ? null : { kind: "sleep", deadline_ns: time, isAbsolute: true };
      }
      const deadline_ns = from(time) ?? null;
      return deadline_ns === null ? null : { kind: "sleep", deadline_ns, isAbsolute: false };
    },
  },
  stream: {
    type: "STREAM",
    save: ({ stream }) => ({ args: [BigInt(stream)] }),
    restore: ({ args: [stream = 0n] }) =>
      stream <= WORD_MAX ? { kind: "stream", stream: Number(stream) } : null,
  },
  terminal: {
    type: "TERMINAL",
    save: ({ fd, available, deadline_ns }, { left }) => ({
      args: [BigInt(fd), BigInt(available + 1), left(deadline_ns)],
    }),
    restore: ({ args: [fd = 0n, available = 0n, left = 0n] }, { from }) => {
      const deadline_ns = from(left);
      const isSane = fd < DESCRIPTORS_END && available <= WORD_MAX && deadline_ns !== undefined;
      return !isSane
        ? null
        : { kind: "terminal", fd: Number(fd), available: Number(available) - 1, deadline_ns };
    },
  },
  poll: {
    type: "POLL",
    save: ({ files, isExclusive, deadline_ns }, { left }) => ({
      args: [left(deadline_ns), isExclusive ? 1n : 0n],
      polled: files,
    }),
    restore: ({ args: [left = 0n, exclusive = 0n], polled: files }, { from }) => {
      const deadline_ns = from(left);
      const isExclusive = exclusive === 1n;
      const isSane = deadline_ns !== undefined && (!isExclusive || files.length === 1);
      return isSane ? { kind: "poll", files, isExclusive, deadline_ns } : null;
    },
  },
  signal: {
    type: "SIGNAL",
    save: ({ accepts, deadline_ns }, { left }) => ({ args: [accepts, left(deadline_ns)] }),
    restore: ({ args: [accepts = 0n, left = 0n] }, { from }) => {
      const deadline_ns = from(left);
      return deadline_ns === undefined ? null : { kind: "signal", accepts, deadline_ns };
    },
  },
  transfer: {
    type: "TRANSFER",
    save: ({ fd, events, done }) => ({ args: [BigInt(fd), BigInt(events), BigInt(done)] }),
    restore: ({ args: [fd = 0n, events = 0n, done = 0n] }) => {
      const isSane = fd < DESCRIPTORS_END && events <= BigInt(EVENTS_MAX) && done > 0n &&
        done <= BigInt(RW_BYTES_MAX);
      return isSane
        ? { kind: "transfer", fd: Number(fd), events: Number(events), done: Number(done) }
        : null;
    },
  },
  fifo: {
    type: "FIFO",
    save: ({ seen }) => ({ args: [BigInt(seen)] }),
    restore: ({ args: [seen = 0n] }) =>
      seen <= WORD_MAX ? { kind: "fifo", seen: Number(seen) } : null,
  },
  lock: {
    type: "LOCK",
    save: ({ fd, lock: { kind, mode, start, end } }) => ({
      args: [
        BigInt(fd),
        BigInt(LOCK_KINDS.indexOf(kind) * 2 + (mode === "write" ? 1 : 0)),
        start,
        end,
      ],
    }),
    restore: ({ args: [fd = 0n, how = 0n, start = 0n, end = 0n] }) => {
      const kind = LOCK_KINDS[Number(how >> 1n)];
      const isSane = kind !== undefined && fd < DESCRIPTORS_END && start <= end &&
        end <= LOCK_END_MAX;
      if (!isSane) return null;
      const mode = (how & 1n) === 1n ? "write" : "read";
      return { kind: "lock", fd: Number(fd), lock: { kind, mode, start, end } };
    },
  },
  socket: {
    type: "SOCKET",
    save: ({ fd, event, peer, done, messages, deadline_ns }, { left }) => ({
      args: [
        joined(fd, SOCKET_EVENTS.indexOf(event)),
        BigInt(peer),
        joined(done, messages),
        left(deadline_ns),
      ],
    }),
    restore: ({ args: [first = 0n, peer = 0n, moved = 0n, left = 0n] }, { from }) => {
      const deadline_ns = from(left);
      const event = SOCKET_EVENTS[highOf(first)];
      const isSane = lowOf(first) < 2 ** 31 && peer <= WORD_MAX && deadline_ns !== undefined;
      return event === undefined || !isSane ? null : {
        kind: "socket",
        fd: lowOf(first),
        event,
        peer: Number(peer),
        done: lowOf(moved),
        messages: highOf(moved),
        deadline_ns,
      };
    },
  },
  // An image does not hold what they wait at, see checkpoint/ipc.
  message_queue: null,
  semaphores: null,
  mqueue: {
    type: "MQUEUE",
    save: ({ queue, sends, rank, turn, deadline_ns, woken }, { left }) => ({
      args: [
        BigInt(queue),
        (sends ? MQUEUE_SENDS : 0n) | (woken ? MQUEUE_DONE : 0n),
        joined(rank, turn),
        left(deadline_ns),
      ],
    }),
    restore: ({ args: [queue = 0n, flags = 0n, order = 0n, left = 0n] }, { from }) => {
      const deadline_ns = from(left);
      const isSane = queue < TICKETS_MAX && flags <= (MQUEUE_SENDS | MQUEUE_DONE) &&
        deadline_ns !== undefined;
      return !isSane ? null : {
        kind: "mqueue",
        queue: Number(queue),
        sends: (flags & MQUEUE_SENDS) !== 0n,
        message: null,
        rank: lowOf(order),
        turn: highOf(order),
        deadline_ns,
        woken: (flags & MQUEUE_DONE) !== 0n,
      };
    },
  },
  futex: {
    type: "FUTEX",
    save: (wait, { left }) => {
      const { address, bitset, deadline_ns, woken, isPrivate, isLock, ticket, mutex } = wait;
      const flags = (woken ? FUTEX_WOKEN : 0n) | (isPrivate ? FUTEX_PRIVATE : 0n) |
        (isLock ? FUTEX_IS_LOCK : 0n);
      return {
        args: [
          BigInt(address),
          BigInt(bitset),
          left(deadline_ns),
          flags,
          BigInt(ticket),
          BigInt(mutex),
        ],
      };
    },
    restore: (
      { args: [address = 0n, bitset = 0n, left = 0n, flags = 0n, ticket = 0n, mutex = 0n] },
      { from },
    ) => {
      const deadline_ns = from(left);
      const isSane = isWord(address) && isWord(mutex) && bitset > 0n &&
        bitset <= WORD_MAX && flags <= FUTEX_FLAGS && ticket < TICKETS_MAX &&
        deadline_ns !== undefined;
      return !isSane ? null : {
        kind: "futex",
        address: Number(address),
        isPrivate: (flags & FUTEX_PRIVATE) !== 0n,
        isLock: (flags & FUTEX_IS_LOCK) !== 0n,
        mutex: Number(mutex),
        bitset: Number(bitset),
        ticket: Number(ticket),
        deadline_ns,
        woken: (flags & FUTEX_WOKEN) !== 0n,
      };
    },
  },
  // Its words stand behind it.
  futexes: {
    type: "FUTEX_WAITV",
    save: ({ deadline_ns, woken, index }, { left }) => ({
      args: [left(deadline_ns), woken ? 1n : 0n, BigInt(index)],
    }),
    restore: ({ args: [left = 0n, woken = 0n, index = 0n] }, { from }) => {
      const deadline_ns = from(left);
      const isSane = woken <= 1n && index < BigInt(FUTEX_WAITV_MAX) && deadline_ns !== undefined;
      return !isSane
        ? null
        : { kind: "futexes", words: [], deadline_ns, woken: woken === 1n, index: Number(index) };
    },
  },
  child: {
    type: "CHILD",
    save: ({ woken }) => ({ args: [woken ? 1n : 0n] }),
    restore: ({ args: [woken = 0n] }) =>
      woken <= 1n ? { kind: "child", woken: woken === 1n } : null,
  },
  vfork: {
    type: "VFORK",
    save: ({ child, woken }) => ({ args: [BigInt(child), woken ? 1n : 0n] }),
    restore: ({ args: [child = 0n, woken = 0n] }) => {
      const isSane = child >= 1n && child < BigInt(PID_MAX) && woken <= 1n;
      return isSane ? { kind: "vfork", child: Number(child), woken: woken === 1n } : null;
    },
  },
};

/** Whether a futex can be at an address. */
function isWord(address: bigint): boolean {
  return address % 4n === 0n && address < BigInt(TASK_SIZE);
}

/** Two numbers of 32 bits in one argument, and back. */
function joined(low: number, high: number): bigint {
  return BigInt(low) | (BigInt(high) << 32n);
}

function lowOf(argument: bigint): number {
  return Number(argument & WORD_MAX);
}

function highOf(argument: bigint): number {
  return Number(argument >> 32n);
}

/** What a socket can wait for, as the image numbers it. */
const SOCKET_EVENTS = ["input", "output", "peer", "connected"] as const;

function deadlinesAt(now_ns: bigint): Deadlines {
  return {
    left: (deadline_ns) => {
      if (deadline_ns === null) return NO_DEADLINE;
      return deadline_ns > now_ns ? deadline_ns - now_ns : 0n;
    },
    from: (left_ns) => {
      if (left_ns === NO_DEADLINE) return null;
      return left_ns <= KTIME_MAX ? now_ns + left_ns : undefined;
    },
  };
}

/** Whether a message comes with a restart block: one that waits for room, or was sent or received. */
export function hasMessage({ function_type, args }: RestartBlock): boolean {
  return function_type === "MQUEUE" && args[1] !== 0n;
}

/** Refuses who waits at a queue that is not in the image, or would not have to wait there. */
export function requireQueue(
  context: RestartContext,
  wait: Wait | null,
  block: RestartBlock,
): void {
  if (wait?.kind !== "mqueue" || wait.woken) return;
  const queue = context.queues.get(wait.queue);
  const waitsRightly = wait.sends ? queue?.isFull : queue?.messages.length === 0;
  const fits = (wait.message?.bytes.length ?? 0) <= (queue?.bounds.messageBytesMax ?? -1);
  if (waitsRightly && fits) return;
  context.refuse(QUEUE_RIGHT, block, "args", `queue ${wait.queue}`);
}

/** Saves what a task is blocked in, if it is. */
export function saveWait(context: SaveContext, wait: Wait | null): RestartBlock {
  const args = new BigUint64Array(ARGUMENTS);
  if (wait === null) return { function_type: "NONE", args, polled: [] };
  // The entry under a wait's own kind takes that wait.
  const state = WAITS[wait.kind] as WaitState<Wait["kind"]> | null;
  if (state === null) context.refuse(SAVED, `a ${wait.kind.replace("_", " ")}`);
  const saved = state.save(wait, deadlinesAt(context.now_ns));
  args.set(saved.args ?? []);
  return { function_type: state.type, args, polled: saved.polled ?? [] };
}

/** What the task waits for after the restart. */
export function planWait(context: RestartContext, block: RestartBlock): Wait | null {
  const { function_type, polled } = block;
  const args = [...block.args];
  const refuse = (): never =>
    context.refuse(
      SANE,
      block,
      "args",
      `${args.map((arg) => `0x${arg.toString(16)}`).join(" ")} and ${polled.length} descriptors`,
    );
  const state = Object.values(WAITS).find((state) => state?.type === function_type);
  if (state === undefined || state === null) {
    return args.some((arg) => arg !== 0n) || polled.length > 0 ? refuse() : null;
  }
  const deadlines = deadlinesAt(context.now_ns);
  const wait = state.restore({ args, polled }, deadlines) ?? refuse();
  // What the kind does not use must be zero: saving the wait again says what it uses.
  const used = (state as WaitState<Wait["kind"]>).save(wait, deadlines);
  const isExact = args.every((arg, i) => arg === (used.args?.[i] ?? 0n)) &&
    polled.length === (used.polled?.length ?? 0);
  if (!isExact) refuse();
  if (wait.kind === "stream" && wait.stream >= context.streams.length) {
    context.refuse(STREAM_EXISTS, block, "args", `stream ${wait.stream}`);
  }
  return wait;
}
