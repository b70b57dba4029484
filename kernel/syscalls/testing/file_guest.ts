/** A task without a program, whose system calls a test makes one by one. */

import { assertEquals } from "../../../std_assert.ts";
import { PAGE_SIZE } from "../../../emu/mod.ts";
import { errnoName } from "../../abi/errno.ts";
import { AT_FDCWD, O_RDONLY, O_RDWR, O_WRONLY } from "../../abi/fcntl.ts";
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE } from "../../abi/mman.ts";
import { Credentials } from "../../credentials.ts";
import { decodeBytes, encodeString } from "../../fs/byte_string.ts";
import { FileTable } from "../../fs/file_table.ts";
import { FsContext } from "../../fs/fs_context.ts";
import { OpenFile } from "../../fs/open_file.ts";
import { Stream } from "../../fs/stream.ts";
import { Kernel } from "../../kernel.ts";
import { Limits } from "../../limits.ts";
import { AddressSpace } from "../../mm/address_space.ts";
import { mmap } from "../../mm/mmap.ts";
import { Dispositions } from "../../signals/dispositions.ts";
import { TaskSignals } from "../../signals/task_signals.ts";
import { Task } from "../../task.ts";
import { takeOwnTerminals } from "../../terminals.ts";
import { ThreadGroup } from "../../thread_group.ts";
import { callNumber, executeCall } from "../dispatch.ts";
import { systemCalls } from "../table.ts";

/** Where the guest's memory begins; what is below and behind it is not mapped. */
export const MEMORY = 0x100000;
/** Bytes of it. */
export const MEMORY_BYTES: number = 1024 * PAGE_SIZE;
/** An address that nothing is mapped at. */
export const NOWHERE = 0x10;
/** Paths are relative to the current directory. */
export const HERE = AT_FDCWD;

const NUMBERS = new Map(systemCalls().map(([number, { name }]) => [name, BigInt(number)]));

/** How the guest is set up. */
export interface GuestOptions {
  readonly uid?: number;
  readonly terminal?: boolean;
  readonly framesMax?: number;
}

/** An argument of a call: a string or bytes are put into the guest's memory and give their address. */
export type Argument = number | bigint | string | Uint8Array;

/** The task, its machine, and its memory. */
export class Guest {
  readonly kernel: Kernel;
  readonly task: Task;
  #next = MEMORY;

  constructor(options: GuestOptions = {}) {
    const terminal = options.terminal ?? false;
    const streams = [0, 1, 2].map((index) => new Stream(index, { terminal }));
    this.kernel = new Kernel({ streams, framesMax: options.framesMax ?? 8192 });
    const { fileSystem, memory } = this.kernel;
    const limits = Limits.atBoot();
    const mm = new AddressSpace(memory, limits);
    mmap(mm, {
      address: MEMORY,
      length: MEMORY_BYTES,
      protection: PROT_READ | PROT_WRITE,
      flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
      file: null,
      offset: 0,
    });
    const files = new FileTable();
    for (const stream of streams) {
      files.install(OpenFile.onStream(stream, stream.index === 0 ? O_RDONLY : O_WRONLY));
    }
    this.task = new Task({
      pid: 2,
      ppid: 1,
      group: new ThreadGroup({ id: 2, pgid: 2, sid: 1, limits }),
      comm: "test",
      credentials: Credentials.of(options.uid ?? 0),
      mm,
      files,
      fs: new FsContext({ root: fileSystem.root, cwd: fileSystem.resolve("/tmp") }),
      signals: new TaskSignals(Dispositions.defaults()),
    });
    this.kernel.tasks.add(this.task);
    this.kernel.scheduler.admit(this.task);
    takeOwnTerminals(this.kernel, this.task);
  }

  /** Makes a call: its result, the name of its error, or "blocked". */
  call(name: string, ...args: readonly Argument[]): number | string {
    const number = NUMBERS.get(name);
    if (number === undefined) throw new Error(`There is no system call "${name}"`);
    const { registers } = this.task;
    for (let i = 0; i < 6; i++) registers.setX(10 + i, this.#value(args[i] ?? 0));
    registers.setX(17, number);
    return this.again();
  }

  /** Makes the call that blocked once more, as the kernel does when the wait may be over. */
  again(): number | string {
    const { kernel, task } = this;
    kernel.scheduler.wake(task);
    if (executeCall(kernel, task, callNumber(task)) !== "completed") return "blocked";
    const result = Number(BigInt.asIntN(64, task.registers.x(10)));
    return result < 0 ? errnoName(-result) : result;
  }

  /** As {@link call}, for calls that must succeed. */
  must(name: string, ...args: readonly Argument[]): number {
    const result = this.call(name, ...args);
    if (typeof result === "string") throw new Error(`${name} answered ${result}`);
    return result;
  }

  /** Opens a file that must be there. */
  open(path: string, flags: number = O_RDWR, mode = 0o644): number {
    return this.must("openat", HERE, path, flags, mode);
  }

  /** Room in the guest's memory. */
  room(length: number): number {
    const address = this.#next;
    this.#next += Math.ceil(length / 16) * 16 || 16;
    if (this.#next > MEMORY + MEMORY_BYTES) throw new Error("The guest's memory is used up");
    return address;
  }

  /** Puts bytes into the guest's memory. */
  put(bytes: Uint8Array): number {
    const address = this.room(bytes.length);
    this.task.mm.user.write(address, bytes);
    return address;
  }

  /** Bytes of the guest's memory. */
  bytes(address: number, length: number): Uint8Array {
    return this.task.mm.user.read(address, length);
  }

  /** Text in the guest's memory. */
  text(address: number, length: number): string {
    return decodeBytes(this.bytes(address, length));
  }

  /** A view of bytes in the guest's memory. */
  view(address: number, length: number): DataView {
    return new DataView(this.bytes(address, length).buffer);
  }

  /** Words of 64 bits in the guest's memory: a `timespec`, an `iovec`. */
  words(...words: readonly (number | bigint)[]): number {
    const bytes = new Uint8Array(
      BigUint64Array.from(words, (word) => BigInt.asUintN(64, BigInt(word))).buffer,
    );
    return this.put(bytes);
  }

  /** The pending signals of the task itself, as a list of numbers. */
  get pendingSignals(): number[] {
    return this.task.signals.pending.entries.map(({ signo }) => signo);
  }

  /** Ends the machine and makes sure that nothing of it stays. */
  dispose(): void {
    this.kernel.dispose();
    assertEquals(this.kernel.memory.framesInUse, 0, "Frames leaked");
  }

  #value(argument: Argument): bigint {
    if (typeof argument === "string") return BigInt(this.put(encodeString(`${argument}\0`)));
    if (typeof argument === "object") return BigInt(this.put(argument));
    return BigInt(argument);
  }
}

/** Runs `use` with a fresh guest, and checks that nothing leaks. */
export function withGuest(use: (guest: Guest) => void, options: GuestOptions = {}): void {
  const guest = new Guest(options);
  use(guest);
  guest.dispose();
}
