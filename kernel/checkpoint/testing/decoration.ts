/**
 * States that a task may be in, as data: what a property test generates, and how a looping `ckpt` gets
 * there without a program for each.
 */
import fc from "npm:fast-check@4";
import { NO_RESERVATION } from "../../../emu/mod.ts";
import { SystemError } from "../../abi/errno.ts";
import { EPOLLET, EPOLLONESHOT, EVENTFD_COUNT_MAX } from "../../abi/event.ts";
import {
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from "../../abi/fcntl.ts";
import { F_SEAL_WRITE } from "../../abi/memfd.ts";
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MAP_SHARED,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from "../../abi/mman.ts";
import { POLLIN } from "../../abi/poll.ts";
import { RLIMIT_NOFILE } from "../../abi/resource.ts";
import { SCHED_BATCH, SCHED_FIFO, SCHED_IDLE, SCHED_OTHER, SCHED_RR } from "../../abi/sched.ts";
import {
  SA_ONSTACK,
  SA_RESTART,
  SA_SIGINFO,
  SIGKILL,
  SIGSTOP,
  SS_AUTODISARM,
  UNBLOCKABLE,
} from "../../abi/signal.ts";
import {
  CLOCK_MONOTONIC,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_REALTIME,
  CLOCK_THREAD_CPUTIME_ID,
} from "../../abi/time.ts";
import { Credentials } from "../../credentials.ts";
import { EpollSet } from "../../fs/epoll.ts";
import { EventFile } from "../../fs/event_file.ts";
import { FileLocks, LOCK_END_MAX, type LockRequest } from "../../fs/file_locks.ts";
import type { FileObject } from "../../fs/file_object.ts";
import type { FileTable } from "../../fs/file_table.ts";
import { RegularInode } from "../../fs/inode.ts";
import { OpenFile } from "../../fs/open_file.ts";
import { PipeReader } from "../../fs/pipe.ts";
import { addSeals } from "../../fs/seals.ts";
import { SignalFile } from "../../fs/signal_file.ts";
import { TimerFile } from "../../fs/timer_file.ts";
import type { Kernel } from "../../kernel.ts";
import { brk } from "../../mm/brk.ts";
import { mmap } from "../../mm/mmap.ts";
import { mprotect } from "../../mm/mprotect.ts";
import { PosixTimer } from "../../process_timers.ts";
import type { Scheduling } from "../../scheduling.ts";
import { kernelSignal, userSignal } from "../../signals/siginfo.ts";
import type { Task } from "../../task.ts";
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
    deadline_ns: deadline,
  }),
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
    bitset: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    ticket: fc.nat(2 ** 30),
    deadline_ns: deadline,
    woken: fc.boolean(),
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

/** Puts a task, which has the hart, into a state. */
export function decorate(kernel: Kernel, task: Task, states: readonly Decoration[]): void {
  for (const state of states) {
    try {
      decorateOnce(kernel, task, state);
    } catch (error) {
      // Limits that were set before may forbid what comes after, as they would to the program.
      if (!(error instanceof SystemError)) throw error;
    }
  }
}

function decorateOnce(kernel: Kernel, task: Task, state: Decoration): void {
  const { registers, mm, files, signals } = task;
  switch (state.kind) {
    case "registers":
      for (const [i, value] of state.x.entries()) registers.setX(i + 1, value);
      for (const [i, value] of state.f.entries()) registers.setF(i, value);
      registers.pc = state.x[0]! & ~1n;
      break;
    case "fcsr":
      registers.fcsr = state.fcsr;
      break;
    case "reservation":
      registers.reservation = state.address === NO_RESERVATION
        ? NO_RESERVATION
        : state.address * 4n;
      registers.reservedValue = state.address === NO_RESERVATION ? 0n : state.value;
      break;
    case "brk": {
      const end = brk(mm, mm.start_brk + state.bytes);
      if (state.bytes > 0) mm.user.write(end - 1, Uint8Array.of(state.fill));
      break;
    }
    case "map":
      mapPages(kernel, task, state);
      break;
    case "open": {
      const { kind } = kernel.fileSystem.resolve(state.path).inode;
      const flags = kind === "directory" ? O_RDONLY | O_DIRECTORY : state.flags;
      const file = kernel.fileSystem.open(state.path, flags);
      file.offset = state.offset;
      files.install(file);
      break;
    }
    case "read": {
      const file = files.has(state.fd) ? files.getAny(state.fd) : null;
      if (file === null || !file.readable || !file.object.seekable) break;
      file.offset += file.object.read(file.offset, state.bytes)?.length ?? 0;
      break;
    }
    case "unlinked": {
      const { fileSystem } = kernel;
      const file = fileSystem.open(state.path, O_RDWR | O_CREAT, 0o640);
      file.object.write(state.at, new Uint8Array(state.bytes).fill(7));
      files.duplicate(files.install(file));
      fileSystem.remove(state.path);
      break;
    }
    case "memory":
      shareMemory(kernel, task, state);
      break;
    case "pipe": {
      const { reader, writer } = kernel.fileSystem.openPipe(task.credentials);
      files.install(reader);
      files.install(writer);
      if (reader.object instanceof PipeReader) reader.object.pipe.resize(state.capacity, true);
      writer.object.write(0, new Uint8Array(state.bytes).fill(state.fill));
      break;
    }
    case "eventfd":
      installObject(files, new EventFile(state.count, state.semaphore));
      break;
    case "timerfd": {
      const timer = new TimerFile(kernel.clock, CLOCK_MONOTONIC);
      timer.setting = { deadline_ns: state.deadline, interval_ns: state.interval };
      installObject(files, timer);
      break;
    }
    case "signalfd":
      installObject(files, new SignalFile(state.accepts));
      break;
    case "lock": {
      const file = files.has(state.fd) ? files.getAny(state.fd) : null;
      const inode = file?.inode ?? null;
      if (file === null || inode === null) break;
      const owner = state.lock.kind === "posix" ? files : file;
      inode.locks ??= new FileLocks();
      if (inode.locks.conflict(state.lock, owner) === null) inode.locks.lock(state.lock, owner);
      break;
    }
    case "itimer":
      task.group.timers.interval[state.which]!.setting = {
        deadline_ns: state.deadline,
        interval_ns: state.interval,
      };
      break;
    case "timer":
      addTimer(task, state);
      break;
    case "epoll": {
      const set = new EpollSet();
      installObject(files, set);
      const edges = { input: !state.told, output: state.told };
      for (const fd of state.fds) {
        if (!files.has(fd) || !files.getAny(fd).object.pollable) continue;
        const { events, data } = state;
        set.add({ file: files.getAny(fd), fd, events, data }, edges);
      }
      break;
    }
    case "duplicate":
      if (files.has(state.from) && state.from !== state.to) {
        files.duplicateTo(state.from, state.to, { closeOnExec: state.cloexec });
      }
      break;
    case "close":
      if (files.has(state.fd)) files.close(state.fd);
      break;
    case "directory":
      task.fs.cwd = kernel.fileSystem.resolve(state.path);
      task.fs.umask = state.umask;
      break;
    case "comm":
      task.comm = state.comm;
      break;
    case "handler":
      signals.dispositions.set(state.signo, {
        handler: state.handler,
        flags: SA_ONSTACK | SA_RESTART | SA_SIGINFO,
        mask: state.mask,
      });
      break;
    case "mask":
      signals.blocked = state.blocked;
      signals.savedMask = state.saved;
      break;
    case "pending": {
      const queue = state.shared ? task.group.pending : signals.pending;
      queue.add(kernelSignal(state.signo));
      queue.add(userSignal(state.signo, { pid: 77, uid: 88 }));
      break;
    }
    case "stack":
      signals.alternateStack = {
        sp: state.sp,
        size: state.size,
        flags: state.disarm ? SS_AUTODISARM : 0,
      };
      break;
    case "limit": {
      const [soft, hard] = state.soft < state.hard
        ? [state.soft, state.hard]
        : [state.hard, state.soft];
      task.limits.set(state.resource, { soft, hard }, true);
      break;
    }
    case "wait":
      task.wait = state.wait;
      kernel.scheduler.block(task);
      break;
    case "stopped":
      kernel.scheduler.remove(task);
      task.state = "stopped";
      task.group.stopSignal = SIGSTOP;
      break;
    case "ids":
      task.credentials = credentialsOf(state.ids, state.groups);
      break;
    case "thread":
      task.clearChildTid = state.tid;
      task.robustList = { head: state.robust, length: 24 };
      task.parentDeathSignal = state.death;
      task.scheduling = state.scheduling;
      break;
  }
}

function addTimer({ pid, group: { timers } }: Task, state: Decoration & { kind: "timer" }): void {
  const { clockId, signo, toThread, value, isQueued } = state;
  const timer = new PosixTimer({
    id: timers.nextId,
    clockId,
    clockThread: clockId === CLOCK_THREAD_CPUTIME_ID ? pid : 0,
    notice: signo === 0
      ? { kind: "none" }
      : { kind: "signal", signo, value, thread: toThread ? pid : null },
  });
  timer.setting = { deadline_ns: state.deadline, interval_ns: state.interval };
  timer.isQueued = isQueued && signo !== 0;
  timer.overrun = isQueued ? 5n : 0n;
  timers.posix.set(timer.id, timer);
  timers.nextId += 2;
}

function installObject(files: FileTable, object: FileObject): void {
  files.install(new OpenFile({ object, place: null, flags: O_RDWR }));
}

function mapPages(kernel: Kernel, { mm }: Task, state: Decoration & { kind: "map" }): void {
  const length = state.pages * 4096;
  const address = state.page * 4096;
  const file: OpenFile | null = state.file ? kernel.fileSystem.open("/tmp/a") : null;
  mmap(mm, {
    address,
    length,
    protection: PROT_READ | PROT_WRITE,
    flags: MAP_PRIVATE | MAP_FIXED | (file === null ? MAP_ANONYMOUS : 0),
    file,
    offset: state.offset * 4096,
  });
  file?.release();
  for (const page of state.touch) {
    const at = address + page * 4096;
    // Behind the end of the file there is nothing to touch.
    if (page >= state.pages || (file !== null && (page + state.offset) * 4096 >= 10_000)) continue;
    mm.user.write(at + 5, Uint8Array.of(state.fill));
  }
  mprotect(mm, address, length, state.protection & (PROT_READ | PROT_WRITE | PROT_EXEC));
}

function shareMemory(
  kernel: Kernel,
  { files, mm }: Task,
  { name, size, at, bytes, seals, page, isPrivate, isOpen }: Decoration & { kind: "memory" },
): void {
  const isSealable = name.startsWith("memfd:");
  const parts = { name, size, mode: 0o640, uid: 0, gid: 0, ...(isSealable ? { seals: 0 } : {}) };
  const file = kernel.fileSystem.openMemory(parts);
  file.object.write(at, new Uint8Array(bytes).fill(7));
  mmap(mm, {
    address: page * 4096,
    length: 8192,
    protection: PROT_READ | PROT_WRITE,
    flags: MAP_FIXED | (isPrivate ? MAP_PRIVATE : MAP_SHARED),
    file,
    offset: 0,
  });
  if (size > 0) mm.user.write(page * 4096, Uint8Array.of(1));
  // Through a mapping that is there, only the seal on writes to come leaves it to be written to.
  const { object } = file;
  if (object instanceof RegularInode && isSealable) {
    addSeals(object, isPrivate ? seals : seals & ~F_SEAL_WRITE);
  }
  if (isOpen) files.install(file);
  else file.release();
}

function credentialsOf(ids: readonly number[], groups: readonly number[]): Credentials {
  const credentials = Credentials.of(0);
  const [uid = 0, euid = 0, suid = 0, fsuid = 0, gid = 0, egid = 0, sgid = 0, fsgid = 0] = ids;
  Object.assign(credentials, { uid, euid, suid, fsuid, gid, egid, sgid, fsgid });
  credentials.groups = [...groups].sort((a, b) => a - b);
  credentials.noNewPrivileges = groups.length % 2 === 1;
  const { capabilities } = credentials;
  const mask = BigInt(euid) * 0x9e3779b97f4a7c15n;
  capabilities.permitted &= mask;
  capabilities.effective &= capabilities.permitted & BigInt(fsuid);
  capabilities.inheritable = capabilities.permitted >> 3n;
  capabilities.bounding &= ~BigInt(egid);
  capabilities.ambient = capabilities.permitted & capabilities.inheritable;
  capabilities.securebits = suid & 0xff;
  return credentials;
}
