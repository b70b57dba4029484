/** A machine as a script sees it: files in, programs started, time passing, images out. */
import type { PhysicalMemory } from "../emu/mod.ts";
import {
  checkpoint,
  Cloning,
  type FileSystemEnvironment,
  type ForeignFileSystem,
  Kernel,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  OpenFile,
  planRestart,
  type RunOptions,
  type RunStop,
  SIGINT,
  Stream,
  systemCall,
  type Task,
  type WindowSize,
} from "../kernel/mod.ts";
import type { Fact } from "./comparison.ts";
import { fileSystemFacts } from "./file_facts.ts";
import { identityOf, processTree } from "./identity.ts";

const ECALL_BYTES = 4n;
const SIGNALLED = 128;

/** Takes what programs write to the stream with an index. */
export type OutputSink = (stream: number, bytes: Uint8Array) => void;

/** How a machine is set up. */
export interface MachineOptions {
  /** Decides its chance: the same seed and inputs give the same run. Default: 1. */
  readonly seed?: number;
  /** Harts, which are simulated one after another: 1 … 32. Default: 1. */
  readonly harts?: number;
  /** Frames to share with other machines. Default: a pool of its own. */
  readonly memory?: PhysicalMemory;
  /** Whether programs see one terminal instead of three pipes. Default: false. */
  readonly terminal?: boolean;
  /** The standard streams, for a caller that connects them itself. Default: three pipes. */
  readonly streams?: readonly Stream[];
  /** Takes what programs write, at once. Default: the machine keeps it in `output`. */
  readonly sink?: OutputSink;
}

/** A program to start. */
export interface StartOptions {
  /** Path of its file in the machine. */
  readonly path: string;
  /** Arguments, the program's name first. Default: the path alone. */
  readonly args?: readonly string[];
  /** Environment, `NAME=value`. Default: none. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Current directory. Default: `/`. */
  readonly directory?: string;
  /** Whether it begins a session of its own, as a login shell does. Default: false. */
  readonly session?: boolean;
  /** File that is its standard input instead of the machine's. */
  readonly input?: string;
  /** File that takes its standard output, made or emptied first. */
  readonly output?: string;
}

/** A living task. */
export interface Process {
  /** Its pid. */
  readonly pid: number;
  /** Its name. */
  readonly comm: string;
}

/**
 * A machine. Everything is deterministic: the same options, files and calls give the same run, bit
 * for bit.
 *
 * @example
 * ```ts
 * import { guests } from "../scenarios/mod.ts";
 * import { Machine } from "./mod.ts";
 *
 * const machine = new Machine({ seed: 1 });
 * machine.writeFile("/bin/hello_loop", guests.hello_loop.bytes(), 0o755);
 * const pid = machine.start({ path: "/bin/hello_loop" });
 * machine.run({ instructions: 5_000 });
 * const image = machine.checkpoint(pid);
 *
 * const other = machine.freshCopy();
 * other.restart(image);
 * console.assert(other.run().reason === "exited");
 * ```
 */
export class Machine {
  /** The kernel inside, for whoever wants to look closer. */
  readonly kernel: Kernel;
  readonly #sink: OutputSink | undefined;

  /** Boots a machine without tasks; `kernel` puts one around a kernel that is there already. */
  constructor(options: MachineOptions = {}, kernel: Kernel = bootKernel(options)) {
    this.kernel = kernel;
    this.#sink = options.sink;
  }

  /** Instructions executed so far. */
  get instructions(): number {
    return Number(this.kernel.clock.instructions);
  }

  /** Virtual nanoseconds since boot. */
  get now_ns(): bigint {
    return this.kernel.clock.monotonic_ns;
  }

  /** The living tasks, by pid. */
  get processes(): Process[] {
    return this.kernel.tasks.all.filter((task) => task.isAlive);
  }

  /** What programs have written to the machine's streams, one stream after the other. */
  get output(): string {
    return this.kernel.streams.map((stream) => new TextDecoder().decode(stream.output)).join("");
  }

  /** Writes a file; directories above it are made. `mode`: permission bits, default 0o644. */
  writeFile(path: string, bytes: Uint8Array, mode = 0o644): void {
    const { fileSystem } = this.kernel;
    const directory = path.slice(0, path.lastIndexOf("/"));
    if (directory !== "") fileSystem.makeDirectory(directory, { recursive: true });
    fileSystem.writeFile(path, bytes, mode);
  }

  /** The contents of a file. */
  readFile(path: string): Uint8Array {
    return this.kernel.fileSystem.readFile(path);
  }

  /** Shows a host's folder at a path. */
  mount(path: string, foreign: ForeignFileSystem, options: { readOnly?: boolean } = {}): void {
    this.kernel.fileSystem.mount(path, foreign, options);
  }

  /** Puts an empty file system in memory at a path, where every program may write. */
  mountTmpfs(path: string): void {
    this.kernel.fileSystem.mountTmpfs(path, { mode: 0o1777 });
  }

  /** Gives programs something to read from standard input. */
  type(bytes: Uint8Array): void {
    this.kernel.streams[0]?.push(bytes);
  }

  /** Gives the terminal another size; whoever is in the foreground hears of it. */
  resize(window: WindowSize): void {
    const tty = this.kernel.streams[0]?.tty ?? null;
    if (tty !== null) tty.window = window;
  }

  /** Says that nothing more comes on standard input. */
  endInput(): void {
    this.kernel.streams[0]?.end();
  }

  /**
   * Starts a program without running it.
   *
   * @returns Its pid.
   * @throws {SystemError} when it is not there, or is no program for this machine.
   */
  start(options: StartOptions): number {
    const { path, args, environment, directory } = options;
    const task = this.kernel.spawn({
      path,
      ...(args === undefined ? {} : { argv: args }),
      ...(environment === undefined ? {} : { env: environment }),
      ...(directory === undefined ? {} : { cwd: directory }),
      session: options.session ?? false,
      files: this.#standardFiles(options),
    });
    return task.pid;
  }

  /** Runs until there is a reason to stop; see {@linkcode RunOptions}. */
  run(options: RunOptions = {}): RunStop {
    return this.kernel.run(options);
  }

  /**
   * Runs until a task is about to make the system call of this name.
   *
   * @throws {RangeError} when the machine's run ends before.
   */
  runToCall(pid: number, name: string): void {
    for (;;) {
      const stop = this.run({ until: "syscall_entry" });
      if (stop.reason !== "syscall_entry") {
        throw new RangeError(`Task ${pid} never calls ${name} (${stop.reason})`);
      }
      if (stop.task.pid === pid && systemCall(stop.number)?.name === name) return;
    }
  }

  /** Presses ^C: SIGINT to a task's process group. */
  interrupt(pid: number): void {
    this.kernel.signalGroup(this.#task(pid).pgid, SIGINT);
  }

  /** Whether there is a task of this pid that has not ended. */
  isAlive(pid: number): boolean {
    return this.kernel.tasks.get(pid)?.group.isAlive === true;
  }

  /** Exit status of a task as a shell shows it: its own, or 128 + signal; `undefined` if it lives. */
  exitStatus(pid: number): number | undefined {
    const task = this.#task(pid);
    if (task.group.isAlive) return undefined;
    const signal = task.exitCode & 0x7f;
    return signal === 0 ? (task.exitCode >> 8) & 0xff : SIGNALLED + signal;
  }

  /**
   * The identity of a process and its descendants, by default of all tasks: what somebody outside can
   * tell of them.
   */
  identity(pid?: number): Fact[] {
    const { all } = this.kernel.tasks;
    const tasks = pid === undefined ? all : processTree(all, this.#task(pid));
    return identityOf(tasks, this.now_ns);
  }

  /** The identity of a process whose task at a system call has had its `result`. */
  identityAfterCall(pid: number, result: bigint): Fact[] {
    const task = this.#task(pid);
    const before = task.registers.clone();
    task.registers.pc += ECALL_BYTES;
    task.registers.setX(10, result);
    task.instructions++;
    const facts = this.identity(pid);
    task.instructions--;
    task.registers.copyFrom(before);
    return facts;
  }

  /** What a task has done so far: output, status, instructions, time, files. */
  outcome(pid: number): Fact[] {
    const { kernel } = this;
    const outputs = kernel.streams.map(({ index, output }) => ({
      name: `output ${index}`,
      value: new TextDecoder("latin1").decode(output),
    }));
    return [
      ...outputs,
      { name: "status", value: String(this.exitStatus(pid) ?? "running") },
      { name: "instructions", value: String(this.instructions) },
      { name: "time", value: `${this.now_ns} ns` },
      ...fileSystemFacts(kernel.fileSystem),
    ];
  }

  /**
   * Saves a process with its threads and descendants, without disturbing them.
   *
   * @param pid The process; by default all of the machine's.
   * @returns The image.
   * @throws {Refusal} when something of it cannot be saved; the refusal names it.
   */
  checkpoint(pid?: number): Uint8Array {
    return checkpoint(this.kernel, pid === undefined ? this.#roots : this.#task(pid));
  }

  /**
   * Brings what was saved back. The machine, which must have no tasks, takes over the image's clock and
   * sources of chance with it.
   *
   * @returns The pid of the first process, which is the one that it had.
   * @throws {Refusal} when the image is not one that may be restarted; nothing has changed then.
   */
  restart(image: Uint8Array): number {
    return planRestart(this.kernel, image, { adoptMachine: true }).commit().pid;
  }

  /** A second machine in exactly this state, which goes its own way. */
  fork(): Machine {
    return new Machine({}, this.kernel.fork());
  }

  /**
   * A machine without tasks and with another seed, with copies of this one's files and streams: the
   * place to bring back an image that was taken here. A sink is not inherited.
   */
  freshCopy(): Machine {
    return this.#freshCopy(undefined);
  }

  /**
   * Saves all tasks of this machine, throws the machine away, and brings them back in a fresh one with
   * the same files, streams and sink.
   *
   * @throws {Refusal} when there is something that cannot be saved; this machine goes on then.
   */
  restartElsewhere(): Machine {
    const image = this.checkpoint();
    const fresh = this.#freshCopy(this.#sink);
    this.dispose();
    fresh.restart(image);
    return fresh;
  }

  /** Numbers that a refused restart must leave as they were. */
  fingerprint(): string {
    const { memory, tasks, clock, checkpointCounter, scheduler, entropy } = this.kernel;
    return [
      `${memory.framesInUse} frames`,
      `${tasks.size} tasks`,
      `last pid ${tasks.lastPid}`,
      `${scheduler.queue.length} runnable`,
      `${clock.instructions} instructions`,
      `${clock.idle_ns} ns idle`,
      `${checkpointCounter} checkpoints`,
      `entropy ${entropy.state}`,
    ].join(", ");
  }

  /** Ends all tasks and gives all frames back. The machine cannot be used afterwards. */
  dispose(): void {
    this.kernel.dispose();
  }

  #freshCopy(sink: OutputSink | undefined): Machine {
    const { kernel } = this;
    const cloning = new Cloning();
    const fresh = new Kernel({
      memory: kernel.memory,
      // Another source of chance than here, so that one that is not saved shows.
      seed: kernel.clock.instructions ^ 0x5eedn,
      harts: kernel.scheduler.usage.length,
      streams: kernel.streams.map((stream) => stream.clone(cloning, sinkOf(stream.index, sink))),
      fileSystem: (environment: FileSystemEnvironment) =>
        kernel.fileSystem.clone(environment, cloning),
    });
    fresh.statistics.add(kernel.statistics);
    return new Machine(sink === undefined ? {} : { sink }, fresh);
  }

  /** The processes that the machine was given, or that came to init as orphans. */
  get #roots(): Task[] {
    const { tasks } = this.kernel;
    return tasks.leaders.filter(({ ppid }) => tasks.get(ppid) === undefined);
  }

  #task(pid: number): Task {
    const task = this.kernel.tasks.get(pid);
    if (task === undefined) throw new RangeError(`There is no task ${pid}`);
    return task;
  }

  #standardFiles({ input, output }: StartOptions): Record<number, OpenFile> {
    const { fileSystem, streams } = this.kernel;
    const files: Record<number, OpenFile> = {};
    const [terminal] = streams;
    if (terminal?.terminal === true && streams.length === 1) {
      const file = OpenFile.onStream(terminal, O_RDONLY);
      files[0] = file;
      files[1] = file.retain();
      files[2] = file.retain();
    }
    if (input !== undefined) {
      files[0]?.release();
      files[0] = fileSystem.open(input, O_RDONLY);
    }
    if (output !== undefined) {
      files[1]?.release();
      files[1] = fileSystem.open(output, O_WRONLY | O_CREAT | O_TRUNC);
    }
    return files;
  }
}

function bootKernel(options: MachineOptions): Kernel {
  const { seed = 1, harts = 1, memory, terminal = false, streams, sink } = options;
  const indices = terminal ? [0] : [0, 1, 2];
  return new Kernel({
    seed,
    harts,
    ...(memory === undefined ? {} : { memory }),
    streams: streams ?? indices.map((index) => {
      const take = sinkOf(index, sink);
      return new Stream(index, { terminal, ...(take === undefined ? {} : { sink: take }) });
    }),
  });
}

function sinkOf(
  index: number,
  sink: OutputSink | undefined,
): ((bytes: Uint8Array) => void) | undefined {
  return sink === undefined ? undefined : (bytes) => sink(index, bytes);
}
