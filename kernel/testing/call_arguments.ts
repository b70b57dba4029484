/**
 * Arguments for the fuzzer of system calls: what an argument's name says that it is (a descriptor, a path,
 * a structure in the program's own memory), with values at the edge of something; or anything at all.
 */

import { SystemError } from "../abi/errno.ts";
import { MS_BIND, MS_MOVE, MS_REC, MS_REMOUNT } from "../abi/mount.ts";
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_UNIX,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SCM_RIGHTS,
  SOL_SOCKET,
} from "../abi/socket.ts";
import { MOUNTABLE_TYPES } from "../fs/file_system_types.ts";
import type { Kernel } from "../kernel.ts";
import * as constants from "../strace/constants.ts";
import type { Task } from "../task.ts";

/** A source of numbers below 2^32. */
export type Random = () => number;

/** Whoever makes a call, in its machine. */
export interface Caller {
  readonly kernel: Kernel;
  readonly task: Task;
  readonly random: Random;
}

/** Numbers that are at the edge of something. */
const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  4095n,
  4096n,
  65536n,
  0x10000n,
  0x11000n,
  0x12000n,
  0x20000n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 37n,
  2n ** 38n - 4096n,
  2n ** 38n - 1n,
  2n ** 38n,
  2n ** 52n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 4096n,
  2n ** 64n - 1n,
  -100n & (2n ** 64n - 1n),
];

/** What may lead somewhere in a machine that the fuzzer has prepared. */
const PATHS: readonly string[] = [
  "/",
  ".",
  "..",
  "",
  "a",
  "/tmp",
  "/tmp/a",
  "/tmp/d/b",
  "/tmp/d",
  "/tmp/loop1",
  "/tmp/loop2/x",
  "/tmp/far",
  "/tmp/fifo",
  "/tmp/socket",
  "/program0",
  "/dev/null",
  "/dev/zero",
  "/dev/full",
  "/dev/tty",
  "/dev/ptmx",
  "/dev/pts/0",
  "/proc",
  "/proc/self",
  "/proc/self/exe",
  "/proc/self/cwd",
  "/proc/self/root/tmp/a",
  "/proc/self/fd",
  "/proc/self/fd/3",
  "/proc/self/fd/9",
  "/proc/self/fdinfo/5",
  "/proc/self/maps",
  "/proc/self/mem",
  "/proc/self/task",
  "/proc/thread-self/status",
  "/proc/2/stat",
  "/proc/3/maps",
  "/proc/meminfo",
  "/proc/sys/kernel/hostname",
  "/sys",
  "x".repeat(255),
  "x".repeat(256),
  "d/".repeat(2047),
];

/** Options of file systems. */
const MOUNT_DATA: readonly string[] = [
  "",
  "size=1m",
  "size=0,nr_inodes=4",
  "mode=700,uid=5",
  "x=y",
];

/** Bytes below the stack pointer in which structures are laid out. */
const ROOM_BYTES = 16384;
const WORDS = 16;
const MESSAGE_BYTES = 56;

/** Which argument is what: the first that matches the name counts. */
const BY_NAME: readonly (readonly [names: RegExp, make: (caller: Caller) => bigint])[] = [
  [/^(list|list_.*)$/, anyPointer],
  [/fd$|^fd_|^mqdes$|^mount_fd$/, descriptor],
  [/^(tidptr|parent_tid|child_tid)$/, anyPointer],
  [/^(r?pid|tid|tgid|pgid|who|id)$/, pid],
  [/path|^(target|name|source|new_root|put_old)$/, (caller) => pointerTo(caller, path)],
  [/^(addr|dest_addr|src_addr)$/, (caller) => pointerTo(caller, socketAddress)],
  [/^(iov|msgvec|msg)$/, (caller) => pointerTo(caller, caller.random() % 2 ? message : vectors)],
  [/^(argv|envp)$/, (caller) => pointerTo(caller, strings)],
  [/^filesystemtype$/, (caller) => pointerTo(caller, textOf(MOUNTABLE_TYPES))],
  [/^mountflags$/, mountFlags],
  [/^data$/, (caller) => pointerTo(caller, textOf(MOUNT_DATA))],
  [/^prot$/, oneOf(constants.PROTECTIONS.values, 0, 3)],
  [/^advice$/, oneOf(constants.ADVICES.values)],
  [/^cmd$/, oneOf(constants.FCNTL_COMMANDS.values)],
  [/^domain$/, oneOf(constants.ADDRESS_FAMILIES.values)],
  [/^type$/, oneOf(constants.SOCKET_TYPES.values)],
  [/^(op|operation)$/, oneOf(constants.FUTEX_OPERATIONS.values, 1, 2, 3, 129, 8)],
  [/^(how|whence|idtype)$/, oneOf(constants.WHENCES.values, 3)],
  [/^option$/, oneOf(constants.PRCTL_OPTIONS.values)],
  [/^request$/, oneOf(constants.IOCTL_REQUESTS.values)],
  [/flags?$|^(options|mode|policy|protocol|nstype)$/, bits],
  [/sigsetsize|sizemask/, () => 8n],
  [/^(gid|uid|[ref]s?[ug]id|s[ug]id|owner|group)$/, owner],
  [/len$|size|bytes|^(count|length|bufsiz|maxevents|vlen|nr_segs|iovcnt|nfds|nsops)$/, length],
  [
    /^(sig|signum|resource|clockid|which|option|timerid|optname|shmid|semid|msqid|key)$/,
    smallNumber,
  ],
  [/^offset/, oneOf({}, 0, 4096, 8192, 2 ** 32 - 1)],
  [/^level$/, oneOf({}, 0, SOL_SOCKET, IPPROTO_TCP, IPPROTO_UDP)],
  [/^(arg\d?|val\d?)$/, anyNumber],
];

/** One argument of a call, by its name; one of four is anything at all. */
export function argumentNamed(name: string, caller: Caller): bigint {
  if (caller.random() % 4 === 0) return anything(caller);
  const [, make] = BY_NAME.find(([names]) => names.test(name)) ?? [null, anyPointer];
  return make(caller);
}

/** Anything: a number at an edge, an address in or near the program's memory, bits. */
export function anything({ task, random }: Pick<Caller, "task" | "random">): bigint {
  const { registers, mm } = task;
  const kind = random() % 8;
  if (kind < 2) return pick(EDGES, random, 0n);
  if (kind === 2) return registers.x(2) - BigInt(random() % 4096);
  if (kind === 3) return BigInt(random() % 256);
  if (kind === 4) return 1n << BigInt(random() % 64);
  if (kind === 5) return (BigInt(random()) << 32n) | BigInt(random());
  // Somewhere in a mapping, or at its edge.
  const vmas = mm.vmas.all;
  const vma = vmas[random() % Math.max(vmas.length, 1)];
  if (vma === undefined) return 0n;
  return kind === 6 ? BigInt(vma.start + random() % vma.length) : BigInt(vma.end);
}

function pick<T>(values: readonly T[], random: Random, fallback: T): T {
  return values[random() % Math.max(values.length, 1)] ?? fallback;
}

function descriptor({ task, random }: Caller): bigint {
  return BigInt(pick(task.files.entries().map(([fd]) => fd), random, 2 ** 32 - 1));
}

function pid({ kernel, task, random }: Caller): bigint {
  const pids = [...kernel.tasks.all.map((each) => each.pid), 0, -1, -task.pgid];
  return BigInt.asUintN(64, BigInt(pick(pids, random, 0)));
}

function bits({ random }: Caller): bigint {
  const [one, other] = [1n << BigInt(random() % 32), 1n << BigInt(random() % 32)];
  return pick([0n, 0n, one, one | other, BigInt(random() % 16), 0x22n], random, 0n);
}

/** Flags of mount(2), of which most pairs make no sense. */
function mountFlags({ random }: Caller): bigint {
  const flags = Object.values(constants.MOUNT_FLAGS.values);
  const pairs = [0, MS_BIND, MS_BIND | MS_REC, MS_REMOUNT, MS_BIND | MS_REMOUNT, MS_MOVE];
  return BigInt(pick([0, ...pairs, pick(flags, random, 0)], random, 0)) |
    (random() % 4 === 0 ? BigInt(pick(flags, random, 0)) : 0n);
}

/** A user or group; or where one is to be put. */
function owner(caller: Caller): bigint {
  const kinds = [anyPointer, () => 0n, () => 1000n, () => 2n ** 32n - 1n];
  return pick(kinds, caller.random, anyPointer)(caller);
}

function anyNumber(caller: Caller): bigint {
  return pick([smallNumber, anyPointer, descriptor], caller.random, anyPointer)(caller);
}

function length({ random }: Caller): bigint {
  return pick([0n, 1n, 4n, 8n, 16n, 24n, 128n, BigInt(random() % 8192)], random, 0n);
}

/** Draws one of the values that have names, or one of some others. */
function oneOf(
  named: Readonly<Record<string, number>>,
  ...others: readonly number[]
): (caller: Caller) => bigint {
  const values = [...Object.values(named), ...others];
  return ({ random }) => BigInt.asUintN(64, BigInt(pick(values, random, 0)));
}

function smallNumber({ random }: Caller): bigint {
  return BigInt(random() % 66);
}

function anyPointer(caller: Caller): bigint {
  return pointerTo(
    caller,
    pick([path, socketAddress, vectors, message, words, words], caller.random, words),
  );
}

/** Lays a structure out below the stack; its address, where there is a stack, one of sixteen times 0. */
export function pointerTo(
  caller: Caller,
  structure: (caller: Caller, address: bigint) => Uint8Array,
): bigint {
  const { task, random } = caller;
  if (random() % 16 === 0) return 0n;
  const address = task.registers.x(2) - BigInt(16 + (random() % ROOM_BYTES & ~7));
  try {
    task.mm.user.write(Number(address), structure(caller, address));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
  return address;
}

function path(caller: Caller): Uint8Array {
  return textOf(PATHS)(caller);
}

/** Draws one of some texts. */
function textOf(texts: readonly string[]): (caller: Caller) => Uint8Array {
  return ({ random }) => new TextEncoder().encode(pick(texts, random, "") + "\0");
}

function socketAddress({ random }: Caller): Uint8Array {
  const bytes = new Uint8Array(128);
  const family = pick([AF_UNIX, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, random() % 64], random, 0);
  new DataView(bytes.buffer).setUint16(0, family, true);
  if (family === AF_UNIX) {
    const name = pick(["/tmp/socket", "\0abstract", "\0", "/tmp/d/s", ""], random, "");
    bytes.set(new TextEncoder().encode(name), 2);
  } else {
    // A port of a few, and the machine's own address or none.
    bytes.set([0, random() % 4, ...pick([[127, 0, 0, 1], [0, 0, 0, 0]], random, [])], 2);
    if (family === AF_INET6) bytes[23] = random() % 2;
  }
  return bytes;
}

function vectors({ random }: Caller, address: bigint): Uint8Array {
  const lengths = Array.from(
    { length: 4 },
    () => pick([0n, 1n, 64n, 4096n, 2n ** 63n], random, 0n),
  );
  return wordsOf(lengths.flatMap((each) => [address + 128n, each]));
}

/** `struct msghdr` with an address, two buffers and descriptors. */
function message(caller: Caller, address: bigint): Uint8Array {
  const { random } = caller;
  const [name, list, control] = [address + 256n, address + 64n, address + 128n];
  const head = [name, length(caller), list, 2n, control, pick([0n, 24n, 32n], random, 0n), 0n];
  const bytes = new Uint8Array(384);
  bytes.set(wordsOf(head));
  bytes.set(wordsOf([address, 16n, address, length(caller)]), MESSAGE_BYTES + 8);
  const view = new DataView(bytes.buffer, 128);
  view.setBigUint64(0, pick([20n, 24n, 16n, 0n, 2n ** 63n], random, 0n), true);
  view.setInt32(8, SOL_SOCKET, true);
  view.setInt32(12, pick([SCM_RIGHTS, SCM_RIGHTS, 2, 3], random, SCM_RIGHTS), true);
  for (const at of [16, 20]) view.setInt32(at, Number(descriptor(caller)), true);
  bytes.set(socketAddress(caller), 256);
  return bytes;
}

/** Numbers, each of which may be a length, a time, a descriptor or a set of bits. */
function words(caller: Caller): Uint8Array {
  const { random } = caller;
  const kinds = [bits, length, smallNumber, descriptor, () => pick(EDGES, random, 0n)];
  return wordsOf(
    Array.from({ length: WORDS }, () => {
      const low = pick(kinds, random, bits)(caller);
      return random() % 3 === 0 ? (low << 32n) | BigInt(random() % 4) : low;
    }),
  );
}

function strings({ random }: Caller, address: bigint): Uint8Array {
  const pointers = Array.from({ length: random() % 6 }, () => address + 64n);
  const bytes = new Uint8Array(80);
  bytes.set(wordsOf([...pointers, 0n]));
  bytes.set(new TextEncoder().encode("argument"), 64);
  return bytes;
}

function wordsOf(values: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values, (value) => BigInt.asUintN(64, value)).buffer);
}
