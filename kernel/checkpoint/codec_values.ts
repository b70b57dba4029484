/** What generated codecs call for texts and pages. */
import { byteLength, decodeBytes, encodeString } from "../fs/byte_string.ts";
import type { CodecContext } from "./codec.ts";
import type { Pages } from "./schema.ts";

/** Throws the refusal of a check by its number. */
export type Fail = (index: number, found: unknown, element: number, context: CodecContext) => never;

/** Reads a NUL-terminated, NUL-padded text of at most `size` bytes. */
export function readText(
  bytes: Uint8Array,
  at: number,
  size: number,
  isRest: boolean,
  fail: Fail,
  unterminated: number,
  padded: number,
  length: number,
  min: number,
  max: number,
  element: number,
  context: CodecContext,
): string {
  const end = at + size;
  let terminator = at;
  let ascii = "";
  let isAscii = true;
  for (; terminator < end; terminator++) {
    const byte = bytes[terminator]!;
    if (byte === 0) break;
    if (byte < 0x80) ascii += String.fromCharCode(byte);
    else isAscii = false;
  }
  const bytesOfText = terminator - at;
  if (terminator === end) {
    fail(unterminated, `${bytesOfText} bytes without a NUL`, element, context);
  }
  if (bytesOfText < min || bytesOfText > max) {
    fail(length, `${bytesOfText} bytes`, element, context);
  }
  for (let i = terminator; i < end; i++) {
    if (bytes[i] !== 0) fail(padded, "other bytes behind the NUL", element, context);
  }
  if (isRest && size !== paddedSize(bytesOfText)) {
    fail(padded, `${size - bytesOfText} NULs`, element, context);
  }
  return isAscii ? ascii : decodeBytes(bytes.subarray(at, terminator));
}

/** Writes a text; what follows it is zero already. */
export function writeText(
  bytes: Uint8Array,
  at: number,
  text: string,
  fail: Fail,
  unterminated: number,
  length: number,
  min: number,
  max: number,
  element: number,
  context: CodecContext,
): void {
  if (text.includes("\0")) fail(unterminated, JSON.stringify(text), element, context);
  const encoded = encodeString(text);
  if (encoded.length < min || encoded.length > max) {
    fail(length, `${encoded.length} bytes`, element, context);
  }
  bytes.set(encoded, at);
}

/** Reads bytes behind their number, which are all that the record has; they are not copied. */
export function readData(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  size: number,
  fail: Fail,
  length: number,
  padded: number,
  max: number,
  element: number,
  context: CodecContext,
): Uint8Array {
  if (size < DATA_LENGTH_BYTES) fail(length, "no number of bytes", element, context);
  const count = Number(view.getBigUint64(at, true));
  if (count > max || dataSizeOf(count) !== size) {
    fail(length, `${count} bytes in ${size - DATA_LENGTH_BYTES}`, element, context);
  }
  const start = at + DATA_LENGTH_BYTES;
  for (let i = start + count; i < at + size; i++) {
    if (bytes[i] !== 0) fail(padded, "other bytes", element, context);
  }
  return bytes.subarray(start, start + count);
}

/** Writes the contents of pages. */
export function writePages(
  bytes: Uint8Array,
  at: number,
  { contents }: Pages,
  length: number,
): void {
  if (!(contents instanceof Uint8Array)) return contents.copyTo(bytes, at);
  if (contents.length !== length) {
    throw new RangeError(`Cannot write ${contents.length} bytes as pages of ${length}`);
  }
  bytes.set(contents, at);
}

/** Bytes of a text that fills its record. */
export const textSize = (text: string): number => paddedSize(byteLength(text));
/** Bytes that data take with their number. */
export const dataSize = (data: Uint8Array): number => dataSizeOf(data.length);
const DATA_LENGTH_BYTES = 8;
const dataSizeOf = (length: number) => DATA_LENGTH_BYTES + ((length + 7) & ~7);
const paddedSize = (textBytes: number) => (textBytes + 8) & ~7;
