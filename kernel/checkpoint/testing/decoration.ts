/** States that a task may be in, as data: what a property test generates. How a task gets there: decorate.ts. */
import fc from "npm:fast-check@4";
import { NO_RESERVATION } from "../../../emu/mod.ts";
import { EPOLLET, EPOLLONESHOT, EVENTFD_COUNT_MAX } from "../../abi/event.ts";
import { O_APPEND, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } from "../../abi/fcntl.ts";
import { POLLIN } from "../../abi/poll.ts";
import { RLIMIT_NOFILE } from "../../abi/resource.ts";
import { SCHED_BATCH, SCHED_FIFO, SCHED_IDLE, SCHED_OTHER, SCHED_RR } from "../../abi/sched.ts";
import { SIGKILL, SIGSTOP, UNBLOCKABLE } from "../../abi/signal.ts";
import {
  CLOCK_MONOTONIC,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_REALTIME,
  CLOCK_THREAD_CPUTIME_ID,
} from "../../abi/time.ts";
import type { AsyncEdges } from "../../fs/async_files.ts";
import type { OwnerKind } from "../../fs/file_owner.ts";
import { LOCK_END_MAX, type LockRequest } from "../../fs/file_locks.ts";
import type { PosixMessage } from "../../ipc/posix_queue.ts";
import type { Scheduling } from "../../scheduling.ts";
import type { Wait } from "../../wait.ts";

/** One change of a task. */
export type Decoration =
  | { readonly kind: "registers"; readonly x: readonly bigint[]; readonly f: readonly bigint[] }
  | { readonly kind: "fcsr"; readonly fcsr: number }
  | { readonly kind: "reservation"; readonly address: bigint; readonly value: bigint }
  | { readonly kind: "brk"; readonly bytes: number; readonly fill: number }
  | {
    readonly kind: "map";
    readonly page: number;
    readonly pages: number;
    readonly protection: number;
    readonly file: boolean;
    readonly offset: number;
    readonly touch: readonly number[];
    readonly fill: number;
  }
  | {
    readonly kind: "open";
    readonly path: string;
    readonly flags: number;
    readonly offset: number;
  }
  | { readonly kind: "read"; readonly fd: number; readonly bytes: number }
  | {
    readonly kind: "unlinked";
    readonly path: string;
    readonly at: number;
    readonly bytes: number;
  }
  | {
    readonly kind: "memory";
    readonly name: string;
    readonly size: number;
    readonly at: number;
    readonly bytes: number;
    readonly seals: number;
    readonly page: number;
    readonly isPrivate: boolean;
    readonly isOpen: boolean;
  }
  | {
    readonly kind: "pipe";
    readonly capacity: number;
    readonly fill: number;
    readonly bytes: number;
  }
  | { readonly kind: "eventfd"; readonly count: bigint; readonly semaphore: boolean }
  | { readonly kind: "timerfd"; readonly deadline: bigint | null; readonly interval: bigint }
  | { readonly kind: "signalfd"; readonly accepts: bigint }
  | {
    readonly kind: "lock";
    readonly fd: number;
    readonly lock: LockRequest;
  }
  | {
    readonly kind: "mqueue";
    readonly messages: readonly PosixMessage[];
    readonly signo: number | null;
  }
  | {
    readonly kind: "owner";
    readonly fd: number;
    readonly of: OwnerKind;
    readonly pid: number;
    readonly signo: number;
    readonly isAsync: boolean;
    readonly edges: AsyncEdges;
  }
  | {
    readonly kind: "itimer";
    readonly which: number;
    readonly deadline: bigint;
    readonly interval: bigint;
  }
  | {
    readonly kind: "timer";
    readonly clockId: number;
    readonly signo: number;
    readonly toThread: boolean;
    readonly deadline: bigint | null;
    readonly interval: bigint;
    readonly value: bigint;
    readonly isQueued: boolean;
  }
  | {
    readonly kind: "epoll";
    readonly fds: readonly number[];
    readonly events: number;
    readonly data: bigint;
    readonly told: boolean;
  }
  | {
    readonly kind: "duplicate";
    readonly from: number;
    readonly to: number;
    readonly cloexec: boolean;
  }
  | { readonly kind: "close"; readonly fd: number }
  | { readonly kind: "directory"; readonly path: string; readonly umask: number }
  | { readonly kind: "comm"; readonly comm: string }
  | {
    readonly kind: "handler";
    readonly signo: number;
    readonly handler: bigint;
    readonly mask: bigint;
  }
  | { readonly kind: "mask"; readonly blocked: bigint; readonly saved: bigint | null }
  | { readonly kind: "pending"; readonly signo: number; readonly shared: boolean }
  | { readonly kind: "stack"; readonly sp: bigint; readonly size: bigint; readonly disarm: boolean }
  | {
    readonly kind: "limit";
    readonly resource: number;
    readonly soft: bigint;
    readonly hard: bigint;
  }
  | { readonly kind: "wait"; readonly wait: Wait }
  | { readonly kind: "stopped" }
  | { readonly kind: "ids"; readonly ids: readonly number[]; readonly groups: readonly number[] }
  | {
    readonly kind: "thread";
    readonly tid: number;
    readonly robust: number;
    readonly death: number;
    readonly scheduling: Scheduling;
  };

const word = fc.bigInt(0n, (1n << 64n) - 1n);
const signo = fc.integer({ min: 1, max: 64 });
const catchable = signo.filter((n) => n !== SIGKILL && n !== SIGSTOP);
const mask = word.map((set) => set & ~UNBLOCKABLE);
const deadline = fc.option(fc.bigInt(10_000_000n, 1n << 50n), { nil: null });
const message: fc.Arbitrary<PosixMessage> = fc.record({
  priority: fc.nat(32767),
  bytes: fc.uint8Array({ maxLength: 20 }),
});
const wait: fc.Arbitrary<Wait> = fc.oneof(
  fc.record({
    kind: fc.constant("sleep"),
    deadline_ns: fc.bigInt(1n, 1n << 50n),
    isAbsolute: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("stream"), stream: fc.integer({ min: 0, max: 2 }) }),
  fc.record({
    kind: fc.constant("poll"),
    files: fc.array(fc.record({ fd: fc.nat(9), events: fc.constantFrom(0, POLLIN) }), {
      maxLength: 3,
    }),
    isExclusive: fc.boolean(),
    deadline_ns: deadline,
  }).map(({ isExclusive, ...wait }) => ({
    ...wait,
    isExclusive: isExclusive && wait.files.length === 1,
  })),
  fc.record({ kind: fc.constant("signal"), accepts: mask, deadline_ns: deadline }),
  fc.record({
    kind: fc.constant("lock"),
    fd: fc.nat(9),
    lock: fc.record({
      kind: fc.constantFrom("posix", "ofd", "flock"),
      mode: fc.constantFrom("read", "write"),
      start: fc.bigInt(0n, 1n << 40n),
      end: fc.constantFrom(1n << 40n, LOCK_END_MAX),
    }),
  }),
  fc.record({
    kind: fc.constant("futex"),
    address: fc.nat(2 ** 30).map((n) => n * 4),
    isPrivate: fc.boolean(),
    isLock: fc.boolean(),
    mutex: fc.constantFrom(0, 4096),
    bitset: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    ticket: fc.nat(2 ** 30),
    deadline_ns: deadline,
    woken: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("futexes"),
    words: fc.array(
      fc.record({
        address: fc.nat(2 ** 30).map((n) => n * 4),
        isPrivate: fc.boolean(),
        ticket: fc.nat(2 ** 30),
      }),
      { minLength: 3, maxLength: 5 },
    ),
    deadline_ns: deadline,
    woken: fc.boolean(),
    index: fc.nat(2),
  }),
  // One that is done: who waits on needs a queue.
  fc.record({
    kind: fc.constant("mqueue"),
    queue: fc.integer({ min: 1000, max: 2000 }),
    sends: fc.boolean(),
    message,
    rank: fc.nat(139),
    turn: fc.nat(100),
    deadline_ns: deadline,
    woken: fc.constant(true),
  }),
  fc.record({ kind: fc.constant("child"), woken: fc.boolean() }),
  fc.record({
    kind: fc.constant("vfork"),
    child: fc.integer({ min: 1, max: 32767 }),
    woken: fc.boolean(),
  }),
);

/** Arbitrary changes. */
export const decorations: fc.Arbitrary<readonly Decoration[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("registers"),
      x: fc.array(word, { minLength: 31, maxLength: 31 }),
      f: fc.array(word, { minLength: 32, maxLength: 32 }),
    }),
    fc.record({ kind: fc.constant("fcsr"), fcsr: fc.nat(255) }),
    fc.record({
      kind: fc.constant("reservation"),
      address: fc.oneof(fc.constant(NO_RESERVATION), fc.bigInt(0n, (1n << 36n) - 1n)),
      value: word,
    }),
    fc.record({ kind: fc.constant("brk"), bytes: fc.nat(30_000), fill: fc.nat(255) }),
    fc.record({
      kind: fc.constant("map"),
      page: fc.integer({ min: 0x20000, max: 0x20040 }),
      pages: fc.integer({ min: 1, max: 6 }),
      protection: fc.nat(7),
      file: fc.boolean(),
      offset: fc.nat(3),
      touch: fc.array(fc.nat(5), { maxLength: 4 }),
      fill: fc.nat(255),
    }),
    fc.record({
      kind: fc.constant("open"),
      path: fc.constantFrom(
        ...["/tmp/a", "/tmp/b", "/tmp/\u00e4 name", "/tmp/dir", "/", "/dev/null"],
        ...["/proc/2/maps", "/proc/2/comm", "/proc/2/task/2/fd", "/proc/uptime"],
      ),
      flags: fc.constantFrom(O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_APPEND, O_RDONLY | O_NONBLOCK),
      offset: fc.oneof(fc.nat(20_000), fc.constant(2 ** 53 - 1)),
    }),
    fc.record({
      kind: fc.constant("unlinked"),
      path: fc.constantFrom("/tmp/x", "/tmp/dir/y"),
      at: fc.oneof(fc.nat(20_000), fc.nat(2 ** 37)),
      bytes: fc.nat(9_000),
    }),
    fc.record({
      kind: fc.constant("memory"),
      name: fc.constantFrom("dev/zero", "memfd:", "memfd:a/../b \n"),
      size: fc.oneof(fc.nat(20_000), fc.nat(2 ** 40)),
      at: fc.oneof(fc.nat(20_000), fc.nat(2 ** 37)),
      bytes: fc.nat(9_000),
      seals: fc.nat(31),
      page: fc.integer({ min: 0x20100, max: 0x20140 }),
      isPrivate: fc.boolean(),
      isOpen: fc.boolean(),
    }),
    fc.record({ kind: fc.constant("read"), fd: fc.nat(9), bytes: fc.nat(500) }),
    fc.record({
      kind: fc.constant("pipe"),
      capacity: fc.constantFrom(4096, 65536),
      fill: fc.nat(255),
      bytes: fc.nat(5000),
    }),
    fc.record({
      kind: fc.constant("eventfd"),
      count: fc.bigInt(0n, EVENTFD_COUNT_MAX),
      semaphore: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant("timerfd"),
      deadline: fc.option(fc.bigInt(1n, 1n << 50n), { nil: null }),
      interval: fc.bigInt(0n, 1n << 50n),
    }),
    fc.record({ kind: fc.constant("signalfd"), accepts: mask }),
    fc.record({
      kind: fc.constant("lock"),
      fd: fc.nat(9),
      lock: fc.tuple(
        fc.constantFrom("posix", "ofd", "flock"),
        fc.constantFrom("read", "write"),
        fc.bigInt(0n, 1000n),
        fc.bigInt(0n, 1000n),
      ).map(([kind, mode, start, length]) =>
        kind === "flock"
          ? { kind, mode, start: 0n, end: LOCK_END_MAX }
          : { kind, mode, start, end: length === 0n ? LOCK_END_MAX : start + length }
      ),
    }),
    fc.record({
      kind: fc.constant("mqueue"),
      messages: fc.array(message, { maxLength: 10 }),
      signo: fc.option(fc.nat(64), { nil: null }),
    }),
    fc.record({
      kind: fc.constant("owner"),
      fd: fc.nat(9),
      of: fc.constantFrom("thread", "process", "group"),
      pid: fc.nat(3),
      signo: fc.nat(64),
      isAsync: fc.boolean(),
      edges: fc.record({ input: fc.boolean(), output: fc.boolean() }),
    }),
    fc.record({
      kind: fc.constant("itimer"),
      which: fc.nat(2),
      deadline: fc.bigInt(0n, 1n << 50n),
      interval: fc.bigInt(0n, 1n << 50n),
    }),
    fc.record({
      kind: fc.constant("timer"),
      clockId: fc.constantFrom(
        CLOCK_REALTIME,
        CLOCK_MONOTONIC,
        CLOCK_PROCESS_CPUTIME_ID,
        CLOCK_THREAD_CPUTIME_ID,
      ),
      signo: fc.nat(64),
      toThread: fc.boolean(),
      deadline: fc.option(fc.bigInt(0n, 1n << 50n), { nil: null }),
      interval: fc.bigInt(0n, 1n << 50n),
      value: word,
      isQueued: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant("epoll"),
      fds: fc.array(fc.nat(9), { maxLength: 4 }),
      events: fc.constantFrom(POLLIN, (POLLIN | EPOLLET) >>> 0, EPOLLONESHOT),
      data: word,
      told: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant("duplicate"),
      from: fc.nat(5),
      to: fc.nat(40),
      cloexec: fc.boolean(),
    }),
    fc.record({ kind: fc.constant("close"), fd: fc.nat(5) }),
    fc.record({
      kind: fc.constant("directory"),
      path: fc.constantFrom("/", "/tmp", "/tmp/dir"),
      umask: fc.nat(0o777),
    }),
    fc.record({ kind: fc.constant("comm"), comm: fc.string({ maxLength: 15 }).map(withoutNul) }),
    fc.record({ kind: fc.constant("handler"), signo: catchable, handler: word, mask }),
    fc.record({ kind: fc.constant("mask"), blocked: mask, saved: fc.option(mask, { nil: null }) }),
    fc.record({ kind: fc.constant("pending"), signo, shared: fc.boolean() }),
    fc.record({
      kind: fc.constant("stack"),
      sp: word,
      size: fc.bigInt(2048n, 1n << 40n),
      disarm: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant("limit"),
      resource: fc.nat(15).filter((resource) => resource !== RLIMIT_NOFILE),
      soft: word,
      hard: word,
    }),
    fc.record({ kind: fc.constant("wait"), wait }),
    fc.record({ kind: fc.constant("stopped") }),
    fc.record({
      kind: fc.constant("ids"),
      ids: fc.array(fc.nat(2 ** 32 - 2), { minLength: 8, maxLength: 8 }),
      groups: fc.array(fc.nat(2 ** 32 - 2), { maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constant("thread"),
      tid: fc.nat(2 ** 31),
      robust: fc.nat(2 ** 31),
      death: fc.nat(64),
      scheduling: fc.oneof(
        fc.record({
          policy: fc.constantFrom(SCHED_OTHER, SCHED_BATCH, SCHED_IDLE),
          priority: fc.constant(0),
          nice: fc.integer({ min: -20, max: 19 }),
          resetsOnFork: fc.boolean(),
        }),
        fc.record({
          policy: fc.constantFrom(SCHED_FIFO, SCHED_RR),
          priority: fc.integer({ min: 1, max: 99 }),
          nice: fc.integer({ min: -20, max: 19 }),
          resetsOnFork: fc.boolean(),
        }),
      ),
    }),
  ) as fc.Arbitrary<Decoration>,
  { maxLength: 12 },
);

function withoutNul(text: string): string {
  return text.replaceAll("\0", "0");
}
