/**
 * Edits of every field of a rich image, with the integrity repaired, and the judgement of what restart
 * makes of each: refused without a trace, or exactly what the image now says.
 */
import { guests } from "../../../scenarios/programs/mod.ts";
import { assert, assertEquals } from "../../../std_assert.ts";
import { SIGKILL } from "../../abi/signal.ts";
import { checkpoint } from "../checkpoint.ts";
import { type ImagePart, imageParts } from "../fields.ts";
import { inspectImage } from "../inspect.ts";
import { Refusal } from "../refusal.ts";
import { planRestart } from "../restart.ts";
import { decorate } from "./decorate.ts";
import type { Decoration } from "./decoration.ts";
import { editPart, valueOf } from "./edit.ts";
import { fingerprint, makeWorld, startLooping } from "./world.ts";

/** A task with something of everything. */
const RICH: readonly Decoration[] = [
  { kind: "fcsr", fcsr: 0x21 },
  { kind: "reservation", address: 0x4000n, value: 5n },
  { kind: "brk", bytes: 5000, fill: 3 },
  {
    kind: "map",
    page: 0x20000,
    pages: 3,
    protection: 1,
    file: true,
    offset: 0,
    touch: [0, 2],
    fill: 9,
  },
  { kind: "open", path: "/tmp/a", flags: 2, offset: 77 },
  { kind: "open", path: "/tmp/dir", flags: 0, offset: 2 },
  { kind: "open", path: "/dev/null", flags: 1, offset: 0 },
  { kind: "duplicate", from: 3, to: 9, cloexec: true },
  { kind: "pipe", capacity: 8192, fill: 5, bytes: 3 },
  { kind: "eventfd", count: 5n, semaphore: true },
  { kind: "timerfd", deadline: 1n << 40n, interval: 77n },
  { kind: "signalfd", accepts: 0x600n },
  { kind: "lock", fd: 3, lock: { kind: "posix", mode: "write", start: 5n, end: 9n } },
  { kind: "lock", fd: 3, lock: { kind: "ofd", mode: "read", start: 20n, end: 30n } },
  { kind: "lock", fd: 4, lock: { kind: "flock", mode: "read", start: 0n, end: 2n ** 63n - 1n } },
  { kind: "itimer", which: 2, deadline: 1n << 40n, interval: 5n },
  {
    kind: "timer",
    clockId: 1,
    signo: 34,
    toThread: true,
    deadline: 7n,
    interval: 1000n,
    value: 9n,
    isQueued: true,
  },
  {
    kind: "timer",
    clockId: 3,
    signo: 0,
    toThread: false,
    deadline: null,
    interval: 0n,
    value: 0n,
    isQueued: false,
  },
  { kind: "epoll", fds: [6, 8], events: 0x80000001, data: 9n, told: true },
  { kind: "directory", path: "/tmp/dir", umask: 0o77 },
  { kind: "handler", signo: 10, handler: 0x10242n, mask: 0xffn },
  { kind: "mask", blocked: 0x2ffn, saved: 0x1n },
  { kind: "pending", signo: 2, shared: true },
  { kind: "pending", signo: 40, shared: false },
  { kind: "stack", sp: 0x5000n, size: 4096n, disarm: true },
  { kind: "limit", resource: 0, soft: 5n, hard: 9n },
  { kind: "ids", ids: [1, 2, 3, 4, 5, 6, 7, 8], groups: [4, 9] },
  {
    kind: "thread",
    tid: 0x20000,
    robust: 0x20010,
    death: 15,
    scheduling: { policy: 2, priority: 7, nice: 3, resetsOnFork: true },
  },
  { kind: "open", path: "/proc/2/maps", flags: 0, offset: 0 },
  { kind: "read", fd: 13, bytes: 100 },
  { kind: "open", path: "/proc/2/task/2/fd", flags: 0, offset: 3 },
  { kind: "unlinked", path: "/tmp/x", at: 9000, bytes: 5000 },
  {
    kind: "memory",
    name: "memfd:m",
    size: 20_000,
    at: 5000,
    bytes: 3000,
    seals: 16,
    page: 0x20100,
    isPrivate: false,
    isOpen: true,
  },
  {
    kind: "wait",
    wait: {
      kind: "futex",
      address: 8,
      isPrivate: true,
      isLock: false,
      mutex: 0,
      bitset: 1,
      ticket: 3,
      deadline_ns: null,
      woken: false,
    },
  },
];

/** Instructions after which `family` has a parent and two children, with a pipe between these. */
const INSTRUCTIONS_TO_FAMILY = 300;

const world = makeWorld();
world.fileSystem.writeFile("/bin/family", guests.family.bytes(), 0o755);
const kernel = world.fork();

function takeRich(): Uint8Array {
  const source = world.fork();
  const task = startLooping(source);
  decorate(source, task, RICH);
  const image = checkpoint(source, task);
  source.dispose();
  return image;
}

function takeFamily(): Uint8Array {
  const source = world.fork();
  const task = source.spawn({ path: "/bin/family" });
  source.run({ instructions: INSTRUCTIONS_TO_FAMILY });
  const image = checkpoint(source, task);
  source.dispose();
  return image;
}

/** An image whose fields are edited. */
export class Sample {
  /** What it is of. */
  readonly name: string;
  /** The types of the records whose fields are edited. */
  readonly types: readonly string[];
  readonly #image: Uint8Array;

  /** `types`: of which records; by default all that it has. */
  constructor(name: string, image: Uint8Array, types?: readonly string[]) {
    this.name = name;
    this.#image = image;
    this.types = types ?? [...new Set(imageParts(image).map((part) => part.type))];
  }

  /**
   * Edits all fields of one type of record; a thorough run leaves out no element of a row and no bit.
   * Answers how often each check refused.
   */
  judgeEdits(type: string, isThorough: boolean): ReadonlyMap<string, number> {
    const image = this.#image;
    const before = fingerprint(kernel);
    const parts = imageParts(image).filter((part) => part.type === type);
    const refusedBy = new Map<string, number>();
    for (const part of parts) {
      if (part.kind === "check" || part.field === "len") continue;
      if (!isThorough && !isRepresentative(part, parts)) continue;
      for (const value of valuesFor(image, part, isThorough)) {
        const edited = editPart(image, part, value);
        if (isEqual(edited, image)) continue;
        const check = judge(edited, before);
        if (check !== null) refusedBy.set(check, (refusedBy.get(check) ?? 0) + 1);
      }
      assertEquals(fingerprint(kernel), before, `${part.path} ${part.field}`);
    }
    return refusedBy;
  }
}

/** What a restart does not keep: what is for people, what only a guest's checkpoint(2) sets, seals. */
const NOT_KEPT = new Set(["HEADER.id", "HEADER.time", "TAIL.digest"]);
/** Longer contents are tried at both ends only. */
const BYTES_TRIED = 8;
/** Bits that are turned, one at a time: those at the edges of flags, pages, addresses and words. */
const BITS_TRIED = new Set([
  1n,
  2n,
  3n,
  7n,
  8n,
  11n,
  13n,
  15n,
  16n,
  31n,
  32n,
  37n,
  38n,
  39n,
  52n,
  53n,
  63n,
]);

function* valuesFor(
  image: Uint8Array,
  part: ImagePart,
  isThorough: boolean,
): Generator<bigint | Uint8Array> {
  const old = part.length <= 8 ? valueOf(image, part) : 0n;
  const bits = BigInt(part.length * 8);
  if (part.length > 8) {
    for (let i = 0; i < part.length; i += Math.ceil(part.length / BYTES_TRIED)) {
      const bytes = image.slice(part.offset, part.offset + part.length);
      bytes[i]! ^= 0x41;
      yield bytes;
      bytes[i] = 0;
      yield bytes;
    }
    return;
  }
  const top = 1n << (bits - 1n);
  yield* [0n, 1n, 2n, 3n, old + 1n, old - 1n, old ^ 1n, old ^ 4096n, old + 4096n, old * 2n];
  yield* [top, top - 1n, (1n << bits) - 1n, 1n << (bits / 2n), 0x7fffffffn, 0x10000n, 1n << 38n];
  for (let bit = 0n; bit < bits; bit++) {
    if (isThorough || BITS_TRIED.has(bit)) yield old ^ (1n << bit);
  }
}

/** What became of an edit: the check that refused, or null when it came back as it says. */
function judge(edited: Uint8Array, before: string): string | null {
  try {
    planRestart(kernel, edited, { adoptMachine: true }).commit();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (fingerprint(kernel) !== before) assertEquals(fingerprint(kernel), before);
    assert(error.message.includes(error.check));
    return error.check;
  }
  const { tasks } = kernel;
  const roots = tasks.leaders.filter(({ ppid }) => tasks.get(ppid) === undefined);
  const again = checkpoint(kernel, roots);
  if (!isEqual(again, edited)) assertEquals(factsOf(again), factsOf(edited));
  discard();
  return null;
}

/** All fields of an image but those that are not kept, a line each. */
function factsOf(bytes: Uint8Array): string[] {
  return inspectImage(bytes).records.flatMap(({ type, path, fields }) =>
    fields.flatMap(({ name, value }) =>
      NOT_KEPT.has(`${type}.${name}`) ? [] : [`${path} ${type} ${name}: ${value}`]
    )
  );
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

/** Puts the machine back to before. */
function discard(): void {
  const { clock, entropy, tasks } = world;
  for (const { pid, isAlive } of kernel.tasks.leaders) if (isAlive) kernel.signal(pid, SIGKILL);
  kernel.run();
  for (const { pid } of kernel.tasks.leaders) kernel.reap(pid);
  kernel.clock.instructions = clock.instructions;
  kernel.clock.idle_ns = clock.idle_ns;
  kernel.entropy.state = entropy.state;
  kernel.tasks.lastPid = tasks.lastPid;
  kernel.checkpointCounter = 0;
}

/** Of a row, the first two elements and the last say what the others would. */
function isRepresentative(part: ImagePart, parts: readonly ImagePart[]): boolean {
  const match = /\[(\d+)\]/.exec(part.field);
  if (match === null || Number(match[1]) < 2) return true;
  const next = part.field.replace(/\[\d+\]/, `[${Number(match[1]) + 1}]`);
  return !parts.some(({ record, field }) => record === part.record && field === next);
}

/** The images. */
export const samples: readonly Sample[] = [
  new Sample("a task with something of everything", takeRich()),
  // What tells several tasks apart, and what they share.
  new Sample("several tasks", takeFamily(), [
    ...["RUN_QUEUE", "TREE", "TREE_PIDS", "TASK", "TASK_OBJS", "SIGNAL", "RESTART_BLOCK"],
    ...["PIPE_BUF", "FILE", "FILE_DESC"],
  ]),
];
