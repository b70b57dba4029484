/** The machine: one small Linux on one hart or several, with everything that it consists of. */

import { FIRST_DYNAMIC_INO } from "./abi/namespace.ts";
import { machineNamespaces, type Namespaces } from "./namespaces.ts";
import { Hart, type PhysicalMemory } from "../emu/mod.ts";
import { EAGAIN, ESRCH, SystemError } from "./abi/errno.ts";
import { SIGKILL } from "./abi/signal.ts";
import type { CallTracer } from "./call_tracer.ts";
import { Clock } from "./clock.ts";
import { Entropy } from "./entropy.ts";
import { exitGroup } from "./exit.ts";
import { AsyncFiles } from "./fs/async_files.ts";
import { Cloning } from "./fs/cloning.ts";
import type { FileSystemEnvironment } from "./fs/environment.ts";
import { FileSystem } from "./fs/file_system.ts";
import { FutexQueues } from "./futex.ts";
import { Stream } from "./fs/stream.ts";
import { MqueueFileSystem } from "./ipc/mqueue_fs.ts";
import { IpcNamespace } from "./ipc/namespace.ts";
import { Network, SocketTable } from "./net/network.ts";
import { giveBackMemory, takeMemory } from "./memory_pool.ts";
import { Vdso } from "./mm/vdso.ts";
import { type SpawnOptions, spawnTask } from "./program.ts";
import { runKernel, type RunOptions, type RunStop } from "./run.ts";
import { Scheduler } from "./scheduler.ts";
import { sendToGroup } from "./signals/send.ts";
import { kernelSignal, userSignal } from "./signals/siginfo.ts";
import { Statistics } from "./statistics.ts";
import type { Task } from "./task.ts";
import { INIT_PID, TaskTable } from "./task_table.ts";
import { TimerQueue } from "./timer_queue.ts";
import { cloneUtsName, type UtsName, utsName } from "./uts.ts";

/** How a machine is set up. */
export interface KernelOptions {
  /** The pool that its frames come from, which machines may share. Default: a pool of its own. */
  readonly memory?: PhysicalMemory;
  /** Frames of its own pool, where `memory` is not given. Default: 262144, 1 GiB. */
  readonly framesMax?: number;
  /** What chance depends on; any integer, of which the low 64 bits count. Default: 0. */
  readonly seed?: number | bigint;
  /** The standard streams 0, 1 and 2. Default: three that are no terminals. */
  readonly streams?: readonly Stream[];
  /** What it calls itself, at most 64 bytes. Default: "crucible". */
  readonly hostname?: string;
  /** Instructions of a task's turn on average while another can run, at least 1. Default: 100,000. */
  readonly quantum?: number;
  /** Harts, which are simulated one after another: 1 … 32. Default: 1. */
  readonly harts?: number;
  /** Makes the tree of files. Default: {@link FileSystem.create}. */
  readonly fileSystem?: (environment: FileSystemEnvironment) => FileSystem;
}

/** What a machine is made of: made from options when it is booted, from another machine when it is cloned. */
export type KernelParts = Pick<
  Kernel,
  | "memory"
  | "clock"
  | "entropy"
  | "streams"
  | "uts"
  | "fileSystem"
  | "vdso"
  | "ipc"
  | "network"
  | "tasks"
  | "scheduler"
  | "asyncFiles"
  | "statistics"
>;

/**
 * A machine. Nothing in it comes from the host: the same options, programs and inputs give the same run,
 * instruction for instruction, in whatever pieces it is run.
 *
 * @example
 * ```ts
 * import { Kernel } from "./mod.ts";
 *
 * const kernel = new Kernel({ seed: 1 });
 * console.assert(kernel.run().reason === "exited"); // there is nobody to run
 * kernel.dispose();
 * console.assert(kernel.memory.framesInUse === 0);
 * ```
 */
export class Kernel {
  /** The pool that its frames come from. */
  readonly memory: PhysicalMemory;
  /** What executes instructions. */
  readonly hart: Hart;
  /** Virtual time. */
  readonly clock: Clock;
  /** The source of chance. */
  readonly entropy: Entropy;
  /** The standard streams, by index. */
  readonly streams: readonly Stream[];
  /** What uname(2) tells. */
  readonly uts: UtsName;
  /** The tree of files. */
  readonly fileSystem: FileSystem;
  /** The page with the signal trampoline. */
  readonly vdso: Vdso;
  /** What a task sees that has no namespaces of its own. */
  readonly namespaces: Namespaces;
  /** The System V objects. */
  readonly ipc: IpcNamespace;
  /** The names and ports of sockets. */
  readonly network: Network;
  /** All tasks. */
  readonly tasks: TaskTable;
  /** Who runs. */
  readonly scheduler: Scheduler;
  /** Who waits at which futex. */
  readonly futexes: FutexQueues;
  /** When timers of processes have something to do. */
  readonly timers: TimerQueue;
  /** The files that send signals. */
  readonly asyncFiles: AsyncFiles;
  /** What was counted. */
  readonly statistics: Statistics;
  /** Checkpoints taken: the last positive id that checkpoint(2) answered. */
  checkpointCounter = 0;
  #namespaceInoNext = FIRST_DYNAMIC_INO;
  /** Who is told of every system call and signal; `null` for nobody. Not part of the machine's state. */
  tracer: CallTracer | null = null;

  /** Boots a machine without any task; with `parts`, puts one together of them. */
  constructor(options: KernelOptions = {}, parts: KernelParts = bootParts(options)) {
    this.memory = parts.memory;
    this.hart = Hart.of(parts.memory);
    this.clock = parts.clock;
    this.entropy = parts.entropy;
    this.streams = parts.streams;
    this.uts = parts.uts;
    this.fileSystem = parts.fileSystem;
    this.fileSystem.environment.kernel = this;
    for (const terminal of this.fileSystem.devpts.terminals) terminal.kernel = this;
    this.vdso = parts.vdso;
    this.ipc = parts.ipc;
    this.network = parts.network;
    this.namespaces = machineNamespaces({ ...parts, mnt: parts.fileSystem.mounts });
    this.tasks = parts.tasks;
    this.scheduler = parts.scheduler;
    this.futexes = FutexQueues.of(parts.tasks.unordered());
    this.timers = new TimerQueue(parts.clock, parts.tasks);
    this.asyncFiles = parts.asyncFiles;
    this.statistics = parts.statistics;
  }

  /** A number for a namespace that is made. */
  takeNamespaceIno(): number {
    return this.#namespaceInoNext++;
  }

  /** Starts a program as a child of init. Throws SystemError, and leaves nothing, when it cannot. */
  spawn(options: SpawnOptions): Task {
    return spawnTask(this, options);
  }

  /** Runs until there is a reason to stop. Throws RangeError for a budget that is none. */
  run(options: RunOptions = {}): RunStop {
    return runKernel(this, options);
  }

  /**
   * Sends a signal of the kernel's own to each process of a group, as a terminal does for ^C. Throws
   * SystemError(ESRCH) when the group has no living process.
   */
  signalGroup(pgid: number, signo: number): void {
    const leaders = this.tasks.leadersOfGroup(pgid);
    if (leaders.length === 0) throw new SystemError(ESRCH);
    for (const { group } of leaders) sendToGroup(this, group, kernelSignal(signo));
  }

  /** Sends a signal to a process, as init. Throws SystemError(ESRCH) when there is none of this pid. */
  signal(pid: number, signo: number): void {
    const task = this.tasks.get(pid);
    if (task === undefined) throw new SystemError(ESRCH);
    sendToGroup(this, task.group, userSignal(signo, { pid: INIT_PID, uid: 0 }));
  }

  /**
   * Waits for a child of init that has ended: takes the zombie away and answers its wait status word.
   * Throws SystemError: ESRCH when there is no such task, EAGAIN when it has not ended.
   */
  reap(pid: number): number {
    const task = this.tasks.get(pid);
    if (task === undefined) throw new SystemError(ESRCH);
    // A leader that has ended before its threads is a zombie that nobody can wait for yet.
    if (task.group.isAlive) throw new SystemError(EAGAIN);
    this.tasks.remove(task);
    return task.exitCode;
  }

  /**
   * A second machine in exactly this state, which goes its own way. Frames are shared until one of the
   * two writes; the cost grows with the number of objects and of page table leaves, not with memory.
   * The clone's streams collect their output; sinks are not inherited.
   */
  fork(): Kernel {
    const { memory } = this;
    const cloning = new Cloning();
    const uts = cloneUtsName(this.uts, cloning);
    const clock = cloning.note(this.clock, this.clock.clone());
    const entropy = this.entropy.clone();
    const environment = environmentOf(memory, clock, entropy);
    cloning.note(this.fileSystem.environment, environment);
    // Before everything that stands on them: streams, file systems, the kernel's own page.
    const streams = this.streams.map((stream) => stream.clone(cloning));
    const fileSystem = this.fileSystem.clone(environment, cloning);
    const vdso = this.vdso.clone(cloning);
    const ipc = this.ipc.clone(cloning);
    this.network.sockets.clone(clock, cloning);
    const network = this.network.clone(cloning);
    const tasks = this.tasks.clone(cloning);
    const scheduler = this.scheduler.clone(clock, streams, cloning);
    const asyncFiles = this.asyncFiles.clone(cloning);
    const statistics = this.statistics.clone();
    cloning.finish();
    const parts = { memory, clock, entropy, streams, uts, fileSystem, vdso, ipc };
    const fork = new Kernel({}, { ...parts, network, tasks, scheduler, asyncFiles, statistics });
    fork.checkpointCounter = this.checkpointCounter;
    fork.#namespaceInoNext = this.#namespaceInoNext;
    return fork;
  }

  /** Ends all tasks and gives everything back. The machine cannot be used afterwards. */
  dispose(): void {
    for (const task of this.tasks.all) {
      if (task.isAlive) exitGroup(this, task.group, SIGKILL);
      this.tasks.remove(task);
    }
    this.fileSystem.dispose();
    this.vdso.dispose();
    giveBackMemory(this.memory);
  }
}

function bootParts(options: KernelOptions): KernelParts {
  const memory = options.memory ?? takeMemory(options.framesMax);
  const clock = new Clock();
  const entropy = new Entropy(options.seed ?? 0);
  const streams = options.streams ?? [0, 1, 2].map((index) => new Stream(index));
  const environment = environmentOf(memory, clock, entropy);
  return {
    memory,
    clock,
    entropy,
    streams,
    uts: utsName(options.hostname ?? "crucible"),
    fileSystem: (options.fileSystem ?? FileSystem.create)(environment),
    vdso: new Vdso(memory),
    ipc: new IpcNamespace(new MqueueFileSystem(environment)),
    network: new Network(new SocketTable(clock)),
    tasks: new TaskTable(),
    scheduler: new Scheduler(clock, streams, options),
    asyncFiles: new AsyncFiles(),
    statistics: new Statistics(),
  };
}

function environmentOf(
  memory: PhysicalMemory,
  clock: Clock,
  entropy: Entropy,
): FileSystemEnvironment {
  return {
    memory,
    now: () => clock.realtime_ns,
    entropy: (length) => entropy.bytes(length),
    kernel: null,
  };
}
