/**
 * Programs that make whatever system calls a test puts into their registers, in a machine that they may
 * wreck: another is started when all have died.
 *
 * Invariants checked: nothing that a guest does throws out of `run`; a run of N instructions retires at
 * most N; what the machine has become at any time is refused at a checkpoint because it cannot be saved, or is
 * saved and comes back in a fresh machine as the image says: there is no image that does not restart; when all programs are gone, so is everything that they have made (leftovers.ts); and when the machine
 * is gone, so is every frame.
 */

import { assert, assertEquals } from "../../std_assert.ts";
import { PhysicalMemory } from "../../emu/mod.ts";
import { EACCES, ENOENT, ENOMEM, ENOSPC, EPERM, EROFS, SystemError } from "../abi/errno.ts";
import { O_CREAT, O_RDWR } from "../abi/fcntl.ts";
import { SIGKILL } from "../abi/signal.ts";
import { checkpoint, planRestart, Refusal } from "../checkpoint/mod.ts";
import { Cloning } from "../fs/cloning.ts";
import { makeFifo } from "../fs/names.ts";
import { Stream } from "../fs/stream.ts";
import { Kernel } from "../kernel.ts";
import type { SystemCallEntry } from "../syscalls/group.ts";
import { systemCalls } from "../syscalls/table.ts";
import type { Task } from "../task.ts";
import { anything, argumentNamed, type Caller, pointerTo, type Random } from "./call_arguments.ts";
import { leftovers } from "./leftovers.ts";
import { build, end } from "./machine.ts";

const A0 = 10;
const A7 = 17;
const ARGUMENTS = 6;
const INSTRUCTIONS_PER_CALL = 40;
/** A machine wears out: files pile up, descriptors close. */
const CALLS_PER_MACHINE = 500;
/** Checkpoints are taken at random, so many calls apart at most. */
const CALLS_PER_CHECKPOINT = 400;
const PROGRAMS_AT_ONCE = 3;
/** Instructions in which programs that are killed end. */
const INSTRUCTIONS_TO_END = 100_000;
const FRAMES_MAX = 3000;

/** Writes its own address somewhere between the calls, so that memory is touched by instructions too. */
const GUN = `
  .bss
  .balign 4096
  room: .zero 65536
  .text
  handler: ret
  _start: ecall
  sd a7, -8(sp)
  j _start
`;
const PROGRAM_BYTES = build(GUN);

/** What a program does first, so that it has files of each kind: strings become their address. */
const FURNISHING: readonly (readonly [name: string, ...args: (number | string)[]])[] = [
  ["openat", -100, "/tmp/a", O_RDWR | O_CREAT, 0o644],
  ["openat", -100, "/tmp", 0, 0],
  ["openat", -100, "/tmp/fifo", O_RDWR, 0],
  ["openat", -100, "/proc/self/maps", 0, 0],
  ["openat", -100, "/proc/self/fd", 0, 0],
  ["openat", -100, "/dev/ptmx", O_RDWR, 0],
  ["openat", -100, "/dev/zero", O_RDWR, 0],
  ["pipe2", "", 0],
  ["socketpair", 1, 1, 0, ""],
  ["socketpair", 1, 2, 0, ""],
  ["socketpair", 1, 5, 0, ""],
  ["socket", 2, 1, 0],
  ["socket", 10, 2, 0],
  ["socket", 16, 3, 0],
  ["epoll_create1", 0],
  ["eventfd2", 1, 0],
  ["timerfd_create", 1, 0],
  ["signalfd4", -1, "\x04\0\0\0\0\0\0\0", 8, 0],
  ["memfd_create", "memory", 0],
  ["pidfd_open", 2, 0],
  ["mq_open", "queue", O_RDWR | O_CREAT, 0o600, 0],
];

/** What makes objects, or changes mounts, which a checkpoint refuses: a machine with them is not saved. */
const UNSAVED =
  /^(socket|socketpair|pidfd_open|semget|msgget|shmget|unshare|mount|umount2|pivot_root)$|ptmx/;

/** What a new program meets where there is no memory, or another root than the machine's own. */
const NO_PLACE: readonly number[] = [ENOMEM, ENOSPC, EROFS, ENOENT, EACCES, EPERM];

/** A source of numbers below 2^32 that depends on its seed alone. */
export function randomNumbers(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}

/** What became of the checkpoints of a fuzz. */
export interface FuzzSummary {
  /** Checkpoints that came back. */
  readonly restored: number;
  /** How often each check has refused one, by its name. */
  readonly refused: ReadonlyMap<string, number>;
}

/**
 * Makes about `calls` system calls with arguments drawn by `random`; every second machine has terminals for its
 * streams. `prepare` gets each machine first. Throws where an invariant is broken.
 */
export function fuzzCalls(
  calls: number,
  random: Random,
  prepare: (kernel: Kernel) => void = () => {},
): FuzzSummary {
  const memory = new PhysicalMemory({ framesMax: FRAMES_MAX });
  const refused = new Map<string, number>();
  let restored = 0;
  for (let done = 0; done < calls; done += CALLS_PER_MACHINE) {
    const terminal = (done / CALLS_PER_MACHINE) % 2 === 1;
    const streams = [0, 1, 2].map((index) => new Stream(index, { terminal }));
    const kernel = new Kernel({ memory, seed: done, streams });
    prepare(kernel);
    furnishTree(kernel);
    const before = leftovers(kernel);
    const isForSaving = (done / CALLS_PER_MACHINE) % 4 < 2;
    const volley = new Volley(kernel, random, isForSaving);
    for (let fired = 0; fired < CALLS_PER_MACHINE;) {
      const count = Math.min(1 + random() % CALLS_PER_CHECKPOINT, CALLS_PER_MACHINE - fired);
      volley.fire(count);
      fired += count;
      const refusal = saveAndCompare(kernel);
      if (refusal === null) restored++;
      else refused.set(refusal, (refused.get(refusal) ?? 0) + 1);
    }
    endPrograms(kernel);
    assertEquals(leftovers(kernel), before);
    end(kernel);
  }
  return { restored, refused };
}

function furnishTree({ fileSystem }: Kernel): void {
  fileSystem.makeDirectory("/tmp/d");
  fileSystem.makeSymlink("loop2", "/tmp/loop1");
  fileSystem.makeSymlink("loop1", "/tmp/loop2");
  fileSystem.makeSymlink("/tmp/d/../d/../a", "/tmp/far");
  makeFifo(fileSystem.context, "/tmp/fifo", 0o666);
}

/** Calls of the programs in one machine. */
class Volley {
  readonly #kernel: Kernel;
  readonly #random: Random;
  readonly #calls: ReturnType<typeof systemCalls>;
  readonly #furnishing: typeof FURNISHING;
  /** Calls that a program's first thread has made of those that come first. */
  readonly #furnished = new Map<Task, number>();
  #started = 0;

  /** Calls that a checkpoint mostly can save the outcome of, or any. */
  constructor(kernel: Kernel, random: Random, isForSaving: boolean) {
    const isMade = (name: string | number | undefined) => !isForSaving || !UNSAVED.test(`${name}`);
    this.#kernel = kernel;
    this.#random = random;
    this.#calls = systemCalls().filter(([, { name }]) => isMade(name));
    this.#furnishing = FURNISHING.filter(([name, , path]) => isMade(name) && isMade(path));
  }

  /** Has so many calls made. */
  fire(calls: number): void {
    for (let i = 0; i < calls && this.#startPrograms(); i++) {
      this.#disturb();
      const options = { instructions: INSTRUCTIONS_PER_CALL, until: "syscall_entry" } as const;
      const stop = this.#kernel.run(options);
      assert(stop.retired <= INSTRUCTIONS_PER_CALL, "More was retired than allowed");
      if (stop.reason === "syscall_entry") this.#load(stop.task);
    }
  }

  /**
   * Each time under another name: what becomes of the old one is the programs' matter. Answers whether there
   * is memory for them, which those before may have filled with files, and a root that takes them, which may
   * be hidden by a mount.
   */
  #startPrograms(): boolean {
    const { tasks } = this.#kernel;
    if (tasks.hasLive) return true;
    for (const task of tasks.all) this.#kernel.reap(task.pid);
    try {
      for (let i = 0; i < PROGRAMS_AT_ONCE; i++) this.#startProgram(`/program${this.#started++}`);
    } catch (error) {
      if (error instanceof SystemError && NO_PLACE.includes(error.errno)) return false;
      throw error;
    }
    return true;
  }

  #startProgram(path: string): void {
    this.#kernel.fileSystem.writeFile(path, PROGRAM_BYTES, 0o755);
    this.#furnished.set(this.#kernel.spawn({ path }), 0);
  }

  /** Something comes from outside: a signal, or a key. */
  #disturb(): void {
    const [kernel, random] = [this.#kernel, this.#random];
    const [input] = kernel.streams;
    const { all } = kernel.tasks;
    const task = all[random() % Math.max(all.length, 1)];
    const isIdle = kernel.scheduler.current === undefined;
    if (task !== undefined && random() % (isIdle ? 2 : 16) === 0) {
      const signo = isIdle && random() % 4 === 0 ? SIGKILL : 1 + random() % 64;
      kernel.signal(task.pid, signo);
    }
    if (random() % 16 === 0 && input?.ended === false) input.push(Uint8Array.of(random() % 256));
  }

  /** Puts a call and its arguments into the registers. */
  #load(task: Task): void {
    const random = this.#random;
    const caller = { kernel: this.#kernel, task, random };
    const step = this.#furnished.get(task) ?? this.#furnishing.length;
    const first = this.#furnishing[step];
    if (first !== undefined) {
      this.#furnished.set(task, step + 1);
      return this.#loadFirst(caller, first);
    }
    const [number, entry] = this.#calls[random() % this.#calls.length]!;
    const isNone = random() % 64 === 0;
    task.registers.setX(A7, isNone ? BigInt(random()) << 20n : number);
    loadArguments(caller, entry);
  }

  #loadFirst(caller: Caller, [name, ...args]: (typeof FURNISHING)[number]): void {
    const { registers } = caller.task;
    const call = this.#calls.find(([, entry]) => entry.name === name);
    assert(call !== undefined, `There is no system call "${name}"`);
    registers.setX(A7, call[0]);
    for (const [i, arg] of args.entries()) {
      const text = new TextEncoder().encode(`${arg}\0`);
      registers.setX(A0 + i, typeof arg === "number" ? arg : pointerTo(caller, () => text));
    }
  }
}

/** One of eight calls gets any arguments, the others such as their names ask for. */
function loadArguments(caller: Caller, { args }: SystemCallEntry): void {
  const { registers } = caller.task;
  const isAnything = caller.random() % 8 === 0;
  for (let i = 0; i < ARGUMENTS; i++) {
    const name = args[i];
    const isNamed = name !== undefined && !isAnything;
    registers.setX(A0 + i, isNamed ? argumentNamed(name, caller) : anything(caller));
  }
}

/** Stands for a check where there was no task to be saved. */
const NOBODY = "nobody";

/**
 * Saves the machine; what comes back in another one must give the same image. Answers the check that has
 * refused the checkpoint, `null` for none. Throws where an image does not restart, and where a checkpoint was
 * refused for what the image could not hold instead of for what it could not save.
 */
function saveAndCompare(kernel: Kernel): string | null {
  const roots = rootsOf(kernel);
  // All have died, which leaves nothing to save.
  if (roots.length === 0) return NOBODY;
  unlinkClosedQueues(kernel);
  let image: Uint8Array;
  try {
    image = checkpoint(kernel, roots);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const isRoomMissing = error.check === "checkpoint/writable" ||
      !error.check.startsWith("checkpoint/");
    assert(!isRoomMissing, `An image has no room for: ${error.message}`);
    return error.check;
  }
  const cloning = new Cloning();
  const other = new Kernel({
    memory: kernel.memory,
    streams: kernel.streams.map((stream) => stream.clone(cloning)),
    fileSystem: (environment) => kernel.fileSystem.clone(environment, cloning),
  });
  try {
    planRestart(other, image, { adoptMachine: true }).commit();
    assertEquals(checkpoint(other, rootsOf(other)), image, "Another image after a restart");
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
  } finally {
    other.dispose();
  }
  return null;
}

/** Two machines in one memory may need more frames than it has, which says nothing about the image. */
function isOutOfMemory(error: unknown): boolean {
  return error instanceof Refusal && error.check === "plan/possible" && error.errno === ENOMEM;
}

/** Takes away the message queues that are nothing but names: an image does not hold what no task has open. */
function unlinkClosedQueues({ ipc: { mqueues } }: Kernel): void {
  for (const { opens, name } of [...mqueues.queues]) if (opens === 0) mqueues.root.remove(name);
}

/** The processes that the machine was given, or that came to init as orphans. */
function rootsOf({ tasks }: Kernel): readonly Task[] {
  return tasks.leaders.filter(({ ppid }) => tasks.get(ppid) === undefined);
}

/** Kills all programs and takes them away, as an init does. */
function endPrograms(kernel: Kernel): void {
  for (const { pid, group } of kernel.tasks.leaders) if (group.isAlive) kernel.signal(pid, SIGKILL);
  const { reason } = kernel.run({ instructions: INSTRUCTIONS_TO_END });
  assertEquals(reason, "exited", "Programs outlive SIGKILL");
  for (const { pid } of kernel.tasks.all) kernel.reap(pid);
}
