/** How a looping `ckpt` gets into the states that a property test generates, without a program for each. */
import { NO_RESERVATION } from "../../../emu/mod.ts";
import { SystemError } from "../../abi/errno.ts";
import { O_ASYNC, O_CREAT, O_DIRECTORY, O_RDONLY, O_RDWR } from "../../abi/fcntl.ts";
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
import { SA_ONSTACK, SA_RESTART, SA_SIGINFO, SIGSTOP, SS_AUTODISARM } from "../../abi/signal.ts";
import { CLOCK_MONOTONIC, CLOCK_THREAD_CPUTIME_ID } from "../../abi/time.ts";
import { Credentials } from "../../credentials.ts";
import { EpollSet } from "../../fs/epoll.ts";
import { EventFile } from "../../fs/event_file.ts";
import { FileLocks } from "../../fs/file_locks.ts";
import type { FileObject } from "../../fs/file_object.ts";
import type { FileTable } from "../../fs/file_table.ts";
import { RegularInode } from "../../fs/inode.ts";
import { OpenFile } from "../../fs/open_file.ts";
import { PipeReader } from "../../fs/pipe.ts";
import { addSeals } from "../../fs/seals.ts";
import { SignalFile } from "../../fs/signal_file.ts";
import { TimerFile } from "../../fs/timer_file.ts";
import { DEFAULT_BOUNDS, type QueueNotice } from "../../ipc/posix_queue.ts";
import type { Kernel } from "../../kernel.ts";
import { brk } from "../../mm/brk.ts";
import { mmap } from "../../mm/mmap.ts";
import { mprotect } from "../../mm/mprotect.ts";
import { PosixTimer } from "../../process_timers.ts";
import { kernelSignal, userSignal } from "../../signals/siginfo.ts";
import type { Task } from "../../task.ts";
import type { Decoration } from "./decoration.ts";

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
    case "mqueue": {
      const { root } = kernel.ipc.mqueues;
      const owner = { mode: 0o640, uid: 0, gid: 0 };
      const queue = root.createQueue(kernel, task, { name: "q", owner, bounds: DEFAULT_BOUNDS });
      installObject(files, queue);
      // With its descriptor, which may be closed, nothing of it is left.
      root.remove("q");
      for (const message of state.messages) queue.insert(message);
      const notice: QueueNotice = state.signo === null
        ? { kind: "none" }
        : { kind: "signal", signo: state.signo, value: 7n };
      queue.registration = { owner: task.group, notice, userNamespace: null, isStale: false };
      break;
    }
    case "owner": {
      const file = files.has(state.fd) ? files.getAny(state.fd) : null;
      if (file === null) break;
      file.owner = { kind: state.of, pid: state.pid, uid: 0, euid: 0 };
      file.ownerSignal = state.signo;
      if (!state.isAsync || file.object.asyncEvents === null || file.namesOnly) break;
      file.flags |= O_ASYNC;
      kernel.asyncFiles.add(file, state.fd, state.edges);
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
      for (const fd of state.fds) {
        if (!files.has(fd) || !files.getAny(fd).object.pollable) continue;
        const { events, data } = state;
        const ticket = kernel.scheduler.takeTicket();
        set.restore({ file: files.getAny(fd), fd, ticket, events, data }, !state.told);
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
