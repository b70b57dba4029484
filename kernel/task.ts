/**
 * A task: one thread of execution with everything that belongs to it. Linux's `task_struct`.
 *
 * What several tasks may share (memory, descriptors, place in the tree, dispositions, the thread group)
 * are objects of their own that the task refers to.
 */

import { Registers } from "../emu/mod.ts";
import { PER_LINUX, TASK_COMM_LEN } from "./abi/process.ts";
import type { Credentials } from "./credentials.ts";
import { decodeBytes, encodeString } from "./fs/byte_string.ts";
import type { Cloning } from "./fs/cloning.ts";
import type { FileTable } from "./fs/file_table.ts";
import type { FsContext } from "./fs/fs_context.ts";
import type { OpenFile } from "./fs/open_file.ts";
import type { Limits } from "./limits.ts";
import { cloneNamespaces, type Namespaces } from "./namespaces.ts";
import type { AddressSpace } from "./mm/address_space.ts";
import { EVERY_HART } from "./harts.ts";
import { DEFAULT_SCHEDULING, type Scheduling } from "./scheduling.ts";
import { sharedSignalsToTake, signalsToTake } from "./signals/pending.ts";
import type { TaskSignals } from "./signals/task_signals.ts";
import type { ThreadGroup } from "./thread_group.ts";
import type { Wait } from "./wait.ts";

/**
 * What a task is doing: able to run, waiting for what its `wait` says, stopped by a signal, or ended and
 * not waited for yet.
 */
export type TaskState = "running" | "blocked" | "stopped" | "zombie";

/** set_robust_list(2): futexes to be released if the thread dies. */
export interface RobustList {
  /** User address of the list's head; 0 for none. */
  readonly head: number;
  /** Bytes of the head, as given. */
  readonly length: number;
}

/** What a task is made of; the task takes over a reference to each shared part. */
export type TaskParts =
  & Pick<
    Task,
    "pid" | "ppid" | "group" | "comm" | "credentials" | "mm" | "files" | "fs" | "signals"
  >
  & Partial<Pick<Task, "registers">>;

/** One thread of execution. */
export class Task {
  /** Thread id; unique in the machine. Changes when execve(2) makes a thread the leader of its process. */
  pid: number;
  /** Pid of the parent process; 1 when that is the harness. Changed by the table of tasks alone. */
  ppid: number;
  /** The process that it is a thread of. */
  readonly group: ThreadGroup;
  /** Who it acts as. */
  credentials: Credentials;
  /** Its hart's registers while it does not run. */
  readonly registers: Registers;
  /** Its memory; empty once it is a zombie. */
  mm: AddressSpace;
  /** Its descriptors; none once it is a zombie. */
  files: FileTable;
  /** Its place in the tree of files. */
  fs: FsContext;
  /** Its mask, queue and alternate stack. */
  signals: TaskSignals;
  /** What it is doing. Changed by the scheduler, signals and exit only. */
  state: TaskState = "running";
  /** What it is blocked in, also while it is stopped there or on its way out; else `null`. */
  wait: Wait | null = null;
  /** The end of a FIFO that it has opened while it waits for the other; otherwise `null`. */
  opening: OpenFile | null = null;
  /** Wait status word once it is a zombie, as wait4(2) gives it. */
  exitCode = 0;
  /** User address to be cleared and woken at exit, or 0: set_tid_address(2). */
  clearChildTid = 0;
  /** Futexes to be released at exit. */
  robustList: RobustList = { head: 0, length: 0 };
  /** Signal to be had when the parent dies, or 0: PR_SET_PDEATHSIG. */
  parentDeathSignal = 0;
  /** PR_SET_DUMPABLE. */
  dumpable = 1;
  /** personality(2): PER_LINUX and what programs have asked for besides, 0 … 2^32 - 1. */
  personality: number = PER_LINUX;
  /** How it wants to be scheduled. */
  scheduling: Scheduling = DEFAULT_SCHEDULING;
  /** The harts that it may run on, whether the machine has them or not; see harts.ts. */
  affinity: number = EVERY_HART;
  /** The hart that it has run on last. */
  lastHart = 0;
  /** Its namespaces, `null` for the machine's own. */
  namespaces: Namespaces | null = null;
  /** Instructions it has retired: its CPU time in virtual ns. */
  instructions = 0;
  /** When it was made, in virtual monotonic ns. */
  startTime_ns = 0n;
  #comm = "";

  /** A task that is able to run, with a cleared context unless registers are given. */
  constructor(parts: TaskParts) {
    this.pid = parts.pid;
    this.ppid = parts.ppid;
    this.group = parts.group;
    this.comm = parts.comm;
    this.credentials = parts.credentials;
    this.registers = parts.registers ?? new Registers();
    this.mm = parts.mm;
    this.files = parts.files;
    this.fs = parts.fs;
    this.signals = parts.signals;
  }

  /** Its name, at most 15 bytes; what is longer is cut when it is set. */
  get comm(): string {
    return this.#comm;
  }
  set comm(name: string) {
    const bytes = encodeString(name);
    this.#comm = bytes.length < TASK_COMM_LEN
      ? name
      : decodeBytes(bytes.subarray(0, TASK_COMM_LEN - 1));
  }

  /** Path of its executable as it is now; empty for a zombie. */
  get exe(): string {
    return this.mm.exe_file?.path ?? "";
  }

  /** Pid of its process. */
  get tgid(): number {
    return this.group.id;
  }

  /** Its process group. */
  get pgid(): number {
    return this.group.pgid;
  }

  /** Its session. */
  get sid(): number {
    return this.group.sid;
  }

  /** Its process's resource limits. */
  get limits(): Limits {
    return this.group.limits;
  }

  /** Whether it has not ended. */
  get isAlive(): boolean {
    return this.state !== "zombie";
  }

  /** The signals that are pending for it or its process, blocked or not. */
  get pendingSignals(): bigint {
    return this.signals.pending.set | this.group.pending.set;
  }

  /** Whether a signal is pending that it takes before it goes on. */
  get hasSignal(): boolean {
    if (this.signals.pending.isEmpty && this.group.pending.isEmpty) return false;
    return signalsToTake(this) !== 0n || sharedSignalsToTake(this) !== 0n;
  }

  /** The same task in a machine's clone. */
  clone(cloning: Cloning): Task {
    return cloning.once(this, () => {
      const clone = new Task({
        pid: this.pid,
        ppid: this.ppid,
        group: this.group.clone(cloning),
        comm: this.#comm,
        credentials: this.credentials.cloneWith(cloning),
        registers: this.registers.clone(),
        mm: this.mm.clone(cloning),
        files: this.files.clone(cloning),
        fs: this.fs.clone(cloning),
        signals: this.signals.clone(cloning),
      });
      clone.group.members.push(clone);
      clone.state = this.state;
      clone.wait = this.wait;
      clone.opening = this.opening?.clone(cloning) ?? null;
      clone.exitCode = this.exitCode;
      clone.clearChildTid = this.clearChildTid;
      clone.robustList = this.robustList;
      clone.parentDeathSignal = this.parentDeathSignal;
      clone.dumpable = this.dumpable;
      clone.personality = this.personality;
      clone.scheduling = this.scheduling;
      clone.affinity = this.affinity;
      clone.lastHart = this.lastHart;
      clone.namespaces = this.namespaces && cloneNamespaces(this.namespaces, cloning);
      clone.instructions = this.instructions;
      clone.startTime_ns = this.startTime_ns;
      return clone;
    });
  }
}
