/** How structures in a program's memory are shown, and arguments whose meaning depends on others. */

import {
  F_ADD_SEALS,
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_SETFD,
  F_SETFL,
  F_SETOWN,
  F_SETPIPE_SZ,
  F_SETSIG,
  O_ACCMODE,
} from "../abi/fcntl.ts";
import {
  FIONBIO,
  FIONREAD,
  TIOCGPGRP,
  TIOCGPTN,
  TIOCGSID,
  TIOCGWINSZ,
  TIOCSPGRP,
  TIOCSPTLCK,
  TIOCSWINSZ,
} from "../abi/ioctl.ts";
import { MAP_TYPE } from "../abi/mman.ts";
import { MQ_ATTR_BYTES } from "../abi/mqueue.ts";
import { POLLFD_BYTES } from "../abi/poll.ts";
import {
  CORE_DUMPED,
  CSIGNAL,
  didExit,
  exitStatusOf,
  terminationSignalOf,
} from "../abi/process.ts";
import { RLIM_INFINITY } from "../abi/resource.ts";
import {
  NSIG,
  SIG_DFL,
  SIG_IGN,
  SIGACTION_BYTES,
  signalBit,
  signalName,
  SIGRTMIN,
} from "../abi/signal.ts";
import { AF_INET, AF_UNIX, SOCK_TYPE_MASK, SOL_SOCKET } from "../abi/socket.ts";
import {
  DIRENT_HEADER_BYTES,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  STAT_BYTES,
} from "../abi/stat.ts";
import { SIGEVENT_BYTES } from "../abi/time.ts";
import { WINSIZE_BYTES } from "../abi/termios.ts";
import type { UserMemory } from "../mm/user_memory.ts";
import {
  after,
  type Argument,
  type ArgumentKind,
  before,
  cString,
  int,
  pointed,
  view,
} from "./argument_values.ts";
import * as constants from "./constants.ts";
import { address, hex, named, octalNumber, quoted, quotedStart, STRING_MAX } from "./text.ts";

const POINTER_BYTES = 8n;
const IOVEC_BYTES = 16;
const UTS_FIELD_BYTES = 65;
/** Pointers of a list that are counted. */
const POINTERS_MAX = 65536;
/** Elements of a list that are shown. */
const LIST_MAX = 32;
const KIB = 1024n;

const FILE_TYPES = { S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK };

/** Permission bits. */
export const permissions: ArgumentKind = before(({ value }) => octalNumber(int(value) & 0xffff));

/** open(2)'s flags: the access mode, then the bits. */
export const openFlags: ArgumentKind = before(({ value }) => openFlagsText(int(value)));

/** open(2)'s flags as text. */
export function openFlagsText(flags: number): string {
  const mode = named(flags & O_ACCMODE, constants.ACCESS_MODES);
  const rest = flags & ~O_ACCMODE;
  return rest === 0 ? mode : `${mode}|${named(rest, constants.OPEN_FLAGS)}`;
}

/** access(2)'s mode. */
export const accessPattern: ArgumentKind = before(({ value }) =>
  named(int(value), constants.ACCESS_BITS)
);

/** mmap(2)'s flags: the type, then the bits. */
export const mapFlags: ArgumentKind = before(({ value }) => {
  const flags = int(value);
  const type = named(flags & MAP_TYPE, constants.MAP_TYPES);
  const rest = flags & ~MAP_TYPE;
  return rest === 0 ? type : `${type}|${named(rest, constants.MAP_FLAGS)}`;
});

/** clone(2)'s flags: the bits, then the signal. */
export const cloneFlags: ArgumentKind = before(({ value }) => {
  const signo = Number(value & CSIGNAL);
  const flags = Number(BigInt.asUintN(32, value & ~CSIGNAL));
  const parts = [
    ...(flags === 0 ? [] : [named(flags, constants.CLONE_FLAGS)]),
    ...(signo === 0 ? [] : [signalName(signo)]),
  ];
  return parts.join("|") || "0";
});

/** futex(2)'s operation with its flags. */
export const futexOperation: ArgumentKind = before(({ value }) => {
  const operation = int(value);
  const isPrivate = (operation & 128) !== 0;
  const name = named(operation & 0x7f, constants.FUTEX_OPERATIONS);
  const rest = operation & ~0xff;
  const flags = rest === 0 ? "" : `|${named(rest, constants.FUTEX_FLAGS)}`;
  return `${name}${isPrivate ? "_PRIVATE" : ""}${flags}`;
});

/** socket(2)'s type with its flags. */
export const socketType: ArgumentKind = before(({ value }) => {
  const type = int(value);
  const name = named(type & SOCK_TYPE_MASK, constants.SOCKET_TYPES);
  const rest = type & ~SOCK_TYPE_MASK;
  return rest === 0 ? name : `${name}|${named(rest, constants.SOCKET_FLAGS)}`;
});

/** fcntl(2)'s third argument, where the command has one. */
export const fcntlArgument: ArgumentKind = before(({ value, registers, index }) => {
  switch (int(registers[index - 1] ?? 0n)) {
    case F_SETFD:
      return named(int(value), constants.DESCRIPTOR_FLAGS);
    case F_ADD_SEALS:
      return named(int(value), constants.SEALS);
    case F_SETSIG:
      return value === 0n ? "0" : signalName(int(value));
    case F_SETFL:
      return openFlagsText(int(value));
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
    case F_SETPIPE_SZ:
    case F_SETOWN:
      return String(int(value));
    default:
      return takesPointer(int(registers[index - 1] ?? 0n)) ? address(value) : null;
  }
});

/** What is not named here has a structure. */
function takesPointer(command: number): boolean {
  const withoutArgument = [
    "F_GETFD",
    "F_GETFL",
    "F_GETOWN",
    "F_GETPIPE_SZ",
    "F_GETSIG",
    "F_GET_SEALS",
  ];
  return !withoutArgument.includes(named(command, constants.FCNTL_COMMANDS));
}

/** ioctl(2)'s third argument: what requests of terminals point at. */
export const ioctlArgument: ArgumentKind = {
  when: "out",
  text: (argument) => {
    const request = Number(BigInt.asUintN(32, argument.registers[argument.index - 1] ?? 0n));
    switch (request) {
      case TIOCGWINSZ:
      case TIOCSWINSZ:
        return window.text(argument);
      case TIOCGPGRP:
      case TIOCSPGRP:
      case TIOCGSID:
      case TIOCGPTN:
      case TIOCSPTLCK:
      case FIONREAD:
      case FIONBIO:
        return integerOut.text(argument);
      default:
        return address(argument.value);
    }
  },
};

const window: ArgumentKind = after(({ value, user }) => {
  const size = view(user, value, WINSIZE_BYTES);
  const at = (offset: number) => size.getUint16(offset, true);
  return `{ws_row=${at(0)}, ws_col=${at(2)}, ws_xpixel=${at(4)}, ws_ypixel=${at(6)}}`;
});

/** A number that a call fills in, or is given. */
export const integerOut: ArgumentKind = after(({ value, user }) => `[${user.readS32(value)}]`);

/** Both descriptors that pipe2(2) or socketpair(2) has made. */
export const descriptorPair: ArgumentKind = after(({ value, user }) => {
  const pair = view(user, value, 8);
  return `[${pair.getInt32(0, true)}, ${pair.getInt32(4, true)}]`;
});

function timespecText({ value, user }: Argument): string {
  const time = view(user, value, 16);
  return `{tv_sec=${time.getBigInt64(0, true)}, tv_nsec=${time.getBigInt64(8, true)}}`;
}

/** A time that a call is given. */
export const timespec: ArgumentKind = pointed(timespecText);
/** A time that a call fills in. */
export const timespecOut: ArgumentKind = after(timespecText);

/** A set of signals: `[INT CHLD]`, or what is not in it when that is shorter. */
export function signalSetText(set: bigint): string {
  const all = Array.from({ length: NSIG }, (_, i) => i + 1);
  const inside = all.filter((signo) => (set & signalBit(signo)) !== 0n);
  const outside = all.filter((signo) => (set & signalBit(signo)) === 0n);
  const isMost = inside.length > NSIG / 2;
  const names = (isMost ? outside : inside).map(shortSignalName);
  return `${isMost ? "~" : ""}[${names.join(" ")}]`;
}

/** strace counts real-time signals from the first that programs may use. */
function shortSignalName(signo: number): string {
  if (signo === SIGRTMIN) return "RTMIN";
  return signo > SIGRTMIN ? `RT_${signo - SIGRTMIN}` : signalName(signo).replace(/^SIG/, "");
}

/** A set that a call is given. */
export const signalSet: ArgumentKind = pointed(({ value, user }) =>
  signalSetText(user.readU64(value))
);
/** A set that a call fills in. */
export const signalSetOut: ArgumentKind = after(({ value, user }) =>
  signalSetText(user.readU64(value))
);

function actionText({ value, user }: Argument): string {
  const action = view(user, value, SIGACTION_BYTES);
  const handler = action.getBigUint64(0, true);
  const flags = Number(action.getBigUint64(8, true));
  const name = handler === SIG_DFL ? "SIG_DFL" : handler === SIG_IGN ? "SIG_IGN" : address(handler);
  const mask = signalSetText(action.getBigUint64(16, true));
  return `{sa_handler=${name}, sa_mask=${mask}, sa_flags=${named(flags, constants.ACTION_FLAGS)}}`;
}

/** A disposition that a call is given. */
export const signalAction: ArgumentKind = pointed(actionText);
/** A disposition that a call fills in. */
export const signalActionOut: ArgumentKind = after(actionText);

function limitText({ value, user }: Argument): string {
  const limit = view(user, value, 16);
  const [soft, hard] = [limit.getBigUint64(0, true), limit.getBigUint64(8, true)];
  return `{rlim_cur=${limitNumber(soft)}, rlim_max=${limitNumber(hard)}}`;
}

function limitNumber(value: bigint): string {
  if (value === RLIM_INFINITY) return "RLIM64_INFINITY";
  return value > KIB && value % KIB === 0n ? `${value / KIB}*1024` : String(value);
}

/** A limit that a call is given. */
export const limitIn: ArgumentKind = pointed(limitText);
/** A limit that a call fills in. */
export const limitOut: ArgumentKind = after(limitText);

function queueAttributesText({ value, user }: Argument): string {
  const attributes = view(user, value, MQ_ATTR_BYTES);
  const fields = ["mq_flags", "mq_maxmsg", "mq_msgsize", "mq_curmsgs"].map((name, i) => {
    const number = attributes.getBigInt64(i * 8, true);
    const flags = BigInt.asUintN(32, number);
    return `${name}=${name === "mq_flags" ? named(Number(flags), constants.OPEN_FLAGS) : number}`;
  });
  return `{${fields.join(", ")}}`;
}

/** The attributes of a message queue that a call is given. */
export const queueAttributesIn: ArgumentKind = pointed(queueAttributesText);
/** Those that a call fills in. */
export const queueAttributesOut: ArgumentKind = after(queueAttributesText);

/** `struct sigevent`. */
export const signalEvent: ArgumentKind = pointed(({ value, user }) => {
  const event = view(user, value, SIGEVENT_BYTES);
  const signo = event.getInt32(8, true);
  const how = named(event.getInt32(12, true), constants.SIGNAL_EVENTS);
  const signal = signo === 0 ? "0" : signalName(signo);
  return `{sigev_value=${hex(event.getBigUint64(0, true))}, sigev_signo=${signal}, ` +
    `sigev_notify=${how}}`;
});

/** An option of the level before it; only those of SOL_SOCKET have names here. */
export const socketOption: ArgumentKind = before(({ value, registers, index }) =>
  int(registers[index - 1] ?? 0n) === SOL_SOCKET
    ? named(int(value), constants.SOCKET_OPTIONS)
    : String(int(value))
);

/** What stat(2) has filled in, in short. */
export const statOut: ArgumentKind = after(({ value, user }) => {
  const status = view(user, value, STAT_BYTES);
  const mode = status.getUint32(16, true);
  const type = Object.entries(FILE_TYPES).find(([, bits]) => bits === (mode & S_IFMT))?.[0] ?? "0";
  const isDevice = type === "S_IFCHR" || type === "S_IFBLK";
  const rdev = Number(status.getBigUint64(32, true));
  const size = isDevice
    ? `st_rdev=makedev(${hex((rdev >>> 8) & 0xfff)}, ${hex(rdev & 0xff)})`
    : `st_size=${status.getBigInt64(48, true)}`;
  return `{st_mode=${type}|${octalNumber(mode & 0o7777)}, ${size}, ...}`;
});

/** What uname(2) has filled in, in short. */
export const unameOut: ArgumentKind = after(({ value, user }) => {
  const field = (index: number) => quoted(cString(user, value + BigInt(index * UTS_FIELD_BYTES)));
  return `{sysname=${field(0)}, nodename=${field(1)}, ...}`;
});

/** How many entries getdents64(2) has filled in. */
export const records: ArgumentKind = after(({ value, user, result }) => {
  let count = 0;
  for (let at = 0n; at < result; count++) {
    const length = view(user, value + at, DIRENT_HEADER_BYTES).getUint16(16, true);
    if (length === 0) break;
    at += BigInt(length);
  }
  return `${address(value)} /* ${count} entries */`;
});

/** The buffers of readv(2) and writev(2); what is in them once it is. */
export const bufferList: ArgumentKind = {
  when: "out",
  text: (argument) => {
    const { registers, index, user, value } = argument;
    const count = Math.min(int(registers[index + 1] ?? 0n), LIST_MAX);
    return pointed(() => {
      const parts: string[] = [];
      for (let i = 0; i < count; i++) {
        const buffer = view(user, value + BigInt(i * IOVEC_BYTES), IOVEC_BYTES);
        const length = buffer.getBigUint64(8, true);
        const shown = Number(length < STRING_MAX ? length : STRING_MAX + 1);
        const base = quotedStart(user.read(buffer.getBigUint64(0, true), shown));
        parts.push(`{iov_base=${base}, iov_len=${length}}`);
      }
      return `[${parts.join(", ")}]`;
    }).text(argument);
  },
};

/** poll(2)'s lines as they are given. */
export const pollList: ArgumentKind = pointed(({ value, user, registers, index }) => {
  const count = Math.min(int(registers[index + 1] ?? 0n), LIST_MAX);
  const parts: string[] = [];
  for (let i = 0; i < count; i++) {
    const line = view(user, value + BigInt(i * POLLFD_BYTES), POLLFD_BYTES);
    const events = named(line.getUint16(4, true), constants.POLL_EVENTS);
    parts.push(`{fd=${line.getInt32(0, true)}, events=${events}}`);
  }
  return `[${parts.join(", ")}]`;
});

/** The strings of an argv. */
export const argumentStrings: ArgumentKind = pointed(({ value, user }) => {
  const parts: string[] = [];
  for (const pointer of pointers(user, value)) {
    if (parts.length === LIST_MAX) return `[${parts.join(", ")}, ...]`;
    parts.push(quotedStart(cString(user, pointer)));
  }
  return `[${parts.join(", ")}]`;
});

/** How many strings an envp has. */
export const environmentStrings: ArgumentKind = pointed(({ value, user }) => {
  const count = [...pointers(user, value)].length;
  return `${address(value)} /* ${count} var${count === 1 ? "" : "s"} */`;
});

function* pointers(user: UserMemory, at: bigint): Generator<bigint> {
  for (let left = POINTERS_MAX; left > 0; left--, at += POINTER_BYTES) {
    const pointer = user.readU64(at);
    if (pointer === 0n) return;
    yield pointer;
  }
}

/** What wait4(2) has filled in. */
export const waitStatus: ArgumentKind = {
  when: "out",
  text: (argument) => {
    const { value, result } = argument;
    return result <= 0n
      ? address(value)
      : after(({ user }) => `[${waitStatusText(user.readU32(value))}]`).text(argument);
  },
};

function waitStatusText(status: number): string {
  if (didExit(status)) {
    return `{WIFEXITED(s) && WEXITSTATUS(s) == ${exitStatusOf(status)}}`;
  }
  if ((status & 0xff) === 0x7f) {
    return `{WIFSTOPPED(s) && WSTOPSIG(s) == ${signalName(status >>> 8)}}`;
  }
  const core = (status & CORE_DUMPED) === 0 ? "" : " && WCOREDUMP(s)";
  return `{WIFSIGNALED(s) && WTERMSIG(s) == ${signalName(terminationSignalOf(status))}${core}}`;
}

/** An address of a socket that a call is given, or fills in. */
export function socketAddress(when: "in" | "out"): ArgumentKind {
  const text = ({ value, user }: Argument): string => {
    const family = view(user, value, 2).getUint16(0, true);
    const name = `sa_family=${named(family, constants.ADDRESS_FAMILIES)}`;
    if (family === AF_UNIX) {
      const bytes = user.read(value + 2n, 108);
      const isAbstract = bytes[0] === 0;
      const end = bytes.indexOf(0, isAbstract ? 1 : 0);
      const path = bytes.subarray(isAbstract ? 1 : 0, end < 0 ? bytes.length : end);
      return `{${name}, sun_path=${isAbstract ? "@" : ""}${quoted(path)}}`;
    }
    if (family !== AF_INET) return `{${name}}`;
    const inet = view(user, value, 8);
    const host = [4, 5, 6, 7].map((offset) => inet.getUint8(offset)).join(".");
    return `{${name}, sin_port=htons(${inet.getUint16(2, false)}), sin_addr=inet_addr("${host}")}`;
  };
  return when === "in" ? pointed(text) : after(text);
}
