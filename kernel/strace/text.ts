/**
 * How strace(1) spells values: strings, numbers, sets of flags.
 *
 * Source: strace's `util.c` (`string_quote`, `printflags`); strace(1).
 */

/** Bytes of a string that are shown, unless it is a path: strace's `-s 32`. */
export const STRING_MAX = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const DELETE = 0x7f;
/** The letters behind the backslash of characters that C knows by one. */
const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x09, "t"],
  [0x0a, "n"],
  [0x0b, "v"],
  [0x0c, "f"],
  [0x0d, "r"],
]);

/** Bytes as a string of C; what does not print in octal, as short as what follows allows. */
export function quoted(bytes: Uint8Array): string {
  let text = "";
  for (const [i, byte] of bytes.entries()) {
    const escape = ESCAPES.get(byte);
    if (byte === QUOTE || byte === BACKSLASH) text += `\\${String.fromCharCode(byte)}`;
    else if (escape !== undefined) text += `\\${escape}`;
    else if (byte >= SPACE && byte < DELETE) text += String.fromCharCode(byte);
    else text += octal(byte, bytes[i + 1]);
  }
  return `"${text}"`;
}

/** A digit behind a short octal escape would be read as part of it. */
function octal(byte: number, next: number | undefined): string {
  const isDigit = next !== undefined && next >= 0x30 && next <= 0x39;
  return `\\${byte.toString(8).padStart(isDigit ? 3 : 1, "0")}`;
}

/** Bytes of which only the first {@link STRING_MAX} are shown. */
export function quotedStart(bytes: Uint8Array): string {
  return quoted(bytes.subarray(0, STRING_MAX)) + (bytes.length > STRING_MAX ? "..." : "");
}

/** A number in hexadecimal; 0 is 0. */
export function hex(value: number | bigint): string {
  return BigInt(value) === 0n ? "0" : `0x${value.toString(16)}`;
}

/** An address. */
export function address(value: number | bigint): string {
  return BigInt(value) === 0n ? "NULL" : `0x${value.toString(16)}`;
}

/** Permission bits, or another number that is octal by custom. */
export function octalNumber(value: number): string {
  return value === 0 ? "000" : `0${value.toString(8)}`;
}

/** Names of the values of an argument, or of the bits of one. */
export interface Names {
  /** The prefix of the names, for the comment behind what none of them is. */
  readonly prefix: string;
  /** Names with their values; of bits, those with several bits before those within. */
  readonly values: Readonly<Record<string, number>>;
  /** Whether the values are bits that can be combined. */
  readonly areBits?: boolean;
}

/** A value by its name, or its bits by theirs: `printxval` and `printflags`. */
export function named(value: number, { prefix, values, areBits = false }: Names): string {
  const unsigned = value >>> 0;
  const exact = Object.entries(values).find(([, number]) =>
    number === unsigned || number === value
  );
  if (exact !== undefined) return exact[0];
  if (!areBits) return `${hex(unsigned)} /* ${prefix}??? */`;
  const names: string[] = [];
  let rest = unsigned;
  for (const [name, bits] of Object.entries(values)) {
    // Bits above the 32 that there are cannot be on.
    if (bits >>> 0 === 0 || ((rest & bits) >>> 0) !== bits >>> 0) continue;
    names.push(name);
    rest = (rest & ~bits) >>> 0;
  }
  if (names.length === 0) return unsigned === 0 ? "0" : `${hex(unsigned)} /* ${prefix}??? */`;
  if (rest !== 0) names.push(hex(rest));
  return names.join("|");
}
