/**
 * Scripts: executable files which begin with `#!` and the program that reads them.
 *
 * ```
 * #! /bin/interpreter argument with spaces \n
 * ```
 *
 * The program is called with itself, the argument if there is one, the script's path, and what the script
 * was called with behind its name.
 *
 * Source: `fs/binfmt_script.c`; execve(2) ("Interpreter scripts").
 */

import { EACCES, ENOEXEC, SystemError } from "../abi/errno.ts";
import { decodeBytes, encodeString } from "../fs/byte_string.ts";

/** Bytes of a file that decide how it is executed: BINPRM_BUF_SIZE. */
export const HEAD_BYTES = 256;

const NUL = 0;
const TAB = 9;
const NEWLINE = 10;
const SPACE = 32;

/** What the first line of a script says. */
export interface Shebang {
  /** Path of the interpreter. */
  readonly interpreter: string;
  /** The rest of the line, or `null` when there is nothing more. */
  readonly argument: string | null;
}

/**
 * The first line of a script, `null` for what is none, from the first {@link HEAD_BYTES} of a file, fewer
 * when it has no more. Throws SystemError: ENOEXEC when the line names nobody or is too long to tell, EACCES
 * when a NUL stands for the name.
 */
export function parseShebang(head: Uint8Array): Shebang | null {
  if (head[0] !== 0x23 || head[1] !== 0x21) return null;
  const newline = head.indexOf(NEWLINE);
  // Of a line that does not end here the last byte is not believed.
  const line = head.subarray(2, newline < 0 ? Math.min(head.length, HEAD_BYTES - 1) : newline);
  const start = line.findIndex((byte) => !isBlank(byte));
  // A file that ends here goes on with zeros where it is looked at.
  if (start < 0 && newline < 0 && head.length < HEAD_BYTES) throw new SystemError(EACCES);
  if (start < 0) throw new SystemError(ENOEXEC);
  const nameEnd = line.findIndex((byte, i) => i > start && (isBlank(byte) || byte === NUL));
  // The rest of the name may lie behind what was read.
  if (nameEnd < 0 && newline < 0 && head.length >= HEAD_BYTES) throw new SystemError(ENOEXEC);
  const end = nameEnd < 0 ? line.length : nameEnd;
  // Linux takes an empty name for the current directory, which cannot be executed.
  if (line[start] === NUL) throw new SystemError(EACCES);
  const interpreter = decodeBytes(line.subarray(start, end));
  const argument = line[end] === NUL ? "" : trimmed(line.subarray(end));
  return { interpreter, argument: argument === "" ? null : argument };
}

/** The arguments that an interpreter is called with in place of a script at `path`. */
export function scriptArguments(
  { interpreter, argument }: Shebang,
  path: string,
  argv: readonly Uint8Array[],
): Uint8Array[] {
  const own = argument === null ? [interpreter] : [interpreter, argument];
  return [...[...own, path].map(encodeString), ...argv.slice(1)];
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

/** Without blanks around it, up to a NUL. */
function trimmed(bytes: Uint8Array): string {
  const nul = bytes.indexOf(NUL);
  let end = nul < 0 ? bytes.length : nul;
  let start = 0;
  while (start < end && isBlank(bytes[start] ?? 0)) start++;
  while (end > start && isBlank(bytes[end - 1] ?? 0)) end--;
  return decodeBytes(bytes.subarray(start, end));
}
