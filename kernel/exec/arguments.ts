/**
 * The first page or so of a program's stack: its arguments, environment and auxiliary vector.
 *
 * ```
 * STACK_TOP - 8   0                            8 zero bytes
 *                 path of the executable       AT_EXECFN
 *  env_end        environment strings, the last one highest
 *  env_start      argument strings
 *  arg_start      (padding to 16)
 *                 16 random bytes              AT_RANDOM
 *                 auxiliary vector, AT_NULL
 *                 envp pointers, 0
 *                 argv pointers, 0
 *  sp             argc                         a multiple of 16
 * ```
 *
 * Source: `fs/exec.c` (`bprm_stack_limits`, `copy_strings`), `fs/binfmt_elf.c` (`create_elf_tables`).
 */

import { E2BIG, SystemError } from "../abi/errno.ts";
import { AT_EXECFN, AT_NULL, AT_RANDOM, AT_RANDOM_BYTES } from "../abi/auxv.ts";
import { encodeString } from "../fs/byte_string.ts";
import { STACK_TOP } from "../mm/layout.ts";

/** The longest single argument with its NUL: MAX_ARG_STRLEN, 32 pages. */
export const ARG_STRING_BYTES_MAX = 131072;
/** What arguments and environment may always take, whatever RLIMIT_STACK says: ARG_MAX. */
const ARG_BYTES_ALWAYS = 131072;
/** What they may take at most: three quarters of the usual 8 MiB. */
const ARG_BYTES_MOST = 6 * 2 ** 20;
const WORD = 8;

/** What goes to the top of the stack. Strings come without their NULs. */
export interface StackContents {
  /** Path of the executable, as it was asked for. */
  readonly filename: string;
  /** Arguments; an empty list becomes one empty argument, as on Linux. */
  readonly argv: readonly Uint8Array[];
  /** Environment, `NAME=value` each. */
  readonly envp: readonly Uint8Array[];
  /** 16 bytes. */
  readonly random: Uint8Array;
  /** The auxiliary vector's entries but AT_RANDOM, AT_EXECFN and AT_NULL. */
  readonly auxv: readonly (readonly [type: number, value: bigint])[];
}

/** The stack's top, ready to be written. */
export interface InitialStack {
  /** The bytes from `stackPointer` to STACK_TOP. */
  readonly bytes: Uint8Array;
  readonly stackPointer: number;
  /** The auxiliary vector as words: type, value, … AT_NULL, 0. */
  readonly auxv: readonly bigint[];
  readonly argStart: number;
  readonly argEnd: number;
  readonly envStart: number;
  readonly envEnd: number;
}

/** How many bytes arguments and environment with their pointers may take, given RLIMIT_STACK in bytes. */
export function argumentBytesMax(stackLimit: number): number {
  return Math.max(Math.min(ARG_BYTES_MOST, Math.floor(stackLimit / 4)), ARG_BYTES_ALWAYS);
}

/** Lays out the stack. Throws SystemError(E2BIG) when the strings do not fit. */
export function layOutStack(contents: StackContents, stackLimit: number): InitialStack {
  const argv = contents.argv.length === 0 ? [new Uint8Array(0)] : contents.argv;
  const { envp, random } = contents;
  const filename = encodeString(contents.filename);
  requireFits([...argv, ...envp], stackLimit);

  const filenameStart = STACK_TOP - WORD - (filename.length + 1);
  const envStart = filenameStart - totalBytes(envp);
  const argStart = envStart - totalBytes(argv);
  const randomStart = argStart - (argStart % 16) - AT_RANDOM_BYTES;
  const auxv = [
    ...contents.auxv,
    [AT_RANDOM, BigInt(randomStart)] as const,
    [AT_EXECFN, BigInt(filenameStart)] as const,
    [AT_NULL, 0n] as const,
  ].flatMap(([type, value]) => [BigInt(type), value]);
  const words = 1 + argv.length + 1 + envp.length + 1 + auxv.length;
  const lowest = randomStart - words * WORD;
  const stackPointer = lowest - (lowest % 16);

  const bytes = new Uint8Array(STACK_TOP - stackPointer);
  const view = new DataView(bytes.buffer);
  bytes.set(filename, filenameStart - stackPointer);
  bytes.set(random, randomStart - stackPointer);
  let at = 0;
  const put = (word: bigint) => {
    view.setBigUint64(at, word, true);
    at += WORD;
  };
  const putStrings = (strings: readonly Uint8Array[], start: number) => {
    for (const string of strings) {
      bytes.set(string, start - stackPointer);
      put(BigInt(start));
      start += string.length + 1;
    }
    put(0n);
  };
  put(BigInt(argv.length));
  putStrings(argv, argStart);
  putStrings(envp, envStart);
  for (const word of auxv) put(word);
  return {
    bytes,
    stackPointer,
    auxv,
    argStart,
    argEnd: envStart,
    envStart,
    envEnd: filenameStart,
  };
}

function totalBytes(strings: readonly Uint8Array[]): number {
  return strings.reduce((sum, { length }) => sum + length + 1, 0);
}

function requireFits(strings: readonly Uint8Array[], stackLimit: number): void {
  const tooLong = strings.some(({ length }) => length >= ARG_STRING_BYTES_MAX);
  const bytes = totalBytes(strings) + strings.length * WORD;
  if (tooLong || bytes > argumentBytesMax(stackLimit)) throw new SystemError(E2BIG);
}
