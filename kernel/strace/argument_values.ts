/** How single values among the arguments of system calls are shown. */

import { OutOfFrames } from "../../emu/mod.ts";
import { ENAMETOOLONG, SystemError } from "../abi/errno.ts";
import { AT_FDCWD, O_CREAT, O_TMPFILE_BIT, PATH_MAX } from "../abi/fcntl.ts";
import { signalName } from "../abi/signal.ts";
import type { UserMemory } from "../mm/user_memory.ts";
import {
  address,
  hex,
  named,
  type Names,
  octalNumber,
  quoted,
  quotedStart,
  STRING_MAX,
} from "./text.ts";

/** One argument in its call. */
export interface Argument {
  /** The register, unsigned. */
  readonly value: bigint;
  /** All registers of the call, unsigned. */
  readonly registers: readonly bigint[];
  /** Which of them this is. */
  readonly index: number;
  /** The memory of who calls. */
  readonly user: UserMemory;
  /** What the call has answered; 0 before it has. */
  readonly result: bigint;
}

/** How an argument is shown. */
export interface ArgumentKind {
  /** Whether it can be shown before the call is carried out, or only when the call has filled it in. */
  readonly when: "in" | "out";
  /** Its text; `null` for an argument that the call does not have this time. */
  text(argument: Argument): string | null;
}

/** A kind that is known when the call begins. */
export function before(text: (argument: Argument) => string | null): ArgumentKind {
  return { when: "in", text };
}

/** A kind that points at what a call that succeeds fills in; an address when it fails. */
export function after(text: (argument: Argument) => string): ArgumentKind {
  return {
    when: "out",
    text: (argument) => {
      const { value, result } = argument;
      return value === 0n || result < 0n ? address(value) : readable(argument, text);
    },
  };
}

/** A kind that points at what the caller gives. */
export function pointed(text: (argument: Argument) => string): ArgumentKind {
  return before((argument) => argument.value === 0n ? "NULL" : readable(argument, text));
}

/** What `text` makes of memory that can be read, else the address. */
function readable(argument: Argument, text: (argument: Argument) => string): string {
  try {
    return text(argument);
  } catch (error) {
    const isUnreadable = error instanceof SystemError || error instanceof OutOfFrames;
    if (isUnreadable) return address(argument.value);
    throw error;
  }
}

/** The low 32 bits, signed. */
export function int(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

/** A view of `length` bytes at an address. Throws SystemError(EFAULT). */
export function view(user: UserMemory, at: bigint, length: number): DataView {
  const bytes = user.read(at, length);
  return new DataView(bytes.buffer, bytes.byteOffset, length);
}

/** The bytes before the NUL. Throws SystemError: EFAULT, ENAMETOOLONG for more than a path has. */
export function cString(user: UserMemory, at: bigint): Uint8Array {
  return user.readCString(at, PATH_MAX, ENAMETOOLONG);
}

/** A signed number. */
export const decimal: ArgumentKind = before(({ value }) => {
  const isSmall = value <= 0xffffffffn;
  return String(isSmall ? BigInt.asIntN(32, value) : BigInt.asIntN(64, value));
});

/** An unsigned number. */
export const unsigned: ArgumentKind = before(({ value }) => String(value));

/** A number in hexadecimal. */
export const hexadecimal: ArgumentKind = before(({ value }) => hex(value));

/** An address. */
export const addressKind: ArgumentKind = before(({ value }) => address(value));

/** A descriptor. */
export const descriptor: ArgumentKind = before(({ value }) => String(int(value)));

/** A descriptor that a path is relative to. */
export const directory: ArgumentKind = before(({ value }) =>
  int(value) === AT_FDCWD ? "AT_FDCWD" : String(int(value))
);

/** A signal. */
export const signalNumber: ArgumentKind = before(({ value }) =>
  value === 0n ? "0" : signalName(int(value))
);

/** A path, whole. */
export const pathString: ArgumentKind = pointed(({ value, user }) => quoted(cString(user, value)));

/** A path that the call has filled in. */
export const pathOut: ArgumentKind = after(({ value, user }) => quoted(cString(user, value)));

/** Bytes that the call is given; the next argument says how many. */
export const bytesIn: ArgumentKind = pointed((argument) => {
  const { value, user, registers, index } = argument;
  return shownBytes(user, value, registers[index + 1] ?? 0n);
});

/** Bytes that the call has filled in; the result says how many. */
export const bytesOut: ArgumentKind = after(({ value, user, result }) =>
  shownBytes(user, value, result)
);

function shownBytes(user: UserMemory, at: bigint, length: bigint): string {
  const shown = Number(length < STRING_MAX ? length : STRING_MAX + 1);
  return quotedStart(user.read(at, shown));
}

/** One of several named values, or bits. */
export function valueOf(names: Names): ArgumentKind {
  return before(({ value }) => named(Number(BigInt.asUintN(32, value)), names));
}

/** open(2)'s mode, which is there only when a file may be made. */
export const openMode: ArgumentKind = before(({ value, registers, index }) => {
  const flags = int(registers[index - 1] ?? 0n);
  return (flags & (O_CREAT | O_TMPFILE_BIT)) === 0 ? null : octalNumber(int(value));
});
