/**
 * File names between the guest's bytes and the kernel's strings, without loss.
 *
 * Linux names are bytes; most are UTF-8, none has to be. A byte that is not part of valid UTF-8 becomes
 * the lone surrogate U+DC00 + byte, which valid UTF-8 can never produce, and comes back as that byte.
 * Two different names are therefore always two different strings.
 *
 * Source: Python's PEP 383 ("surrogateescape") for the idea.
 */

/** Where the escapes of the bytes 0x80 … 0xff lie: U+DC80 … U+DCFF. */
const ESCAPE_BASE = 0xdc00;

/** How far apart the forms of UTF-8 are: smallest code point of a sequence of 2, 3 and 4 bytes. */
const SMALLEST = [0x80, 0x800, 0x10000];

/** The string for the bytes of a name; never throws. */
export function decodeBytes(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length;) {
    const codePoint = codePointAt(bytes, i);
    if (codePoint < 0) {
      text += String.fromCharCode(ESCAPE_BASE + (bytes[i] ?? 0));
      i += 1;
    } else {
      text += String.fromCodePoint(codePoint);
      i += encodedLength(codePoint);
    }
  }
  return text;
}

/**
 * The bytes of a name. A lone surrogate that is no escape (which {@link decodeBytes} never makes, but a
 * script may) becomes U+FFFD, as it does in TextEncoder.
 */
export function encodeString(text: string): Uint8Array {
  const bytes = new Uint8Array(byteLength(text));
  let at = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    if (isEscape(codePoint)) {
      bytes[at++] = codePoint - ESCAPE_BASE;
    } else {
      at = putCodePoint(bytes, at, isSurrogate(codePoint) ? 0xfffd : codePoint);
    }
  }
  return bytes;
}

/** How many bytes {@link encodeString} would make, without making them. */
export function byteLength(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const codePoint = text.codePointAt(i) ?? 0;
    if (codePoint > 0xffff) i++;
    length += isEscape(codePoint) ? 1 : encodedLength(codePoint);
  }
  return length;
}

/** Whether the name is valid UTF-8, so that a host that knows only text can hold it. */
export function isText(name: string): boolean {
  for (const character of name) {
    if (isSurrogate(character.codePointAt(0) ?? 0)) return false;
  }
  return true;
}

function isSurrogate(codePoint: number): boolean {
  return codePoint >= 0xd800 && codePoint <= 0xdfff;
}

function isEscape(codePoint: number): boolean {
  return codePoint >= ESCAPE_BASE + 0x80 && codePoint <= ESCAPE_BASE + 0xff;
}

function encodedLength(codePoint: number): number {
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
}

/** The code point that begins at `at`, or -1 when no valid sequence does. */
function codePointAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return first;
  const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  if (first < 0xc2 || first > 0xf4 || at + more >= bytes.length) return -1;
  let codePoint = first & (0x3f >> more);
  for (let i = 1; i <= more; i++) {
    const next = bytes[at + i] ?? 0;
    if ((next & 0xc0) !== 0x80) return -1;
    codePoint = (codePoint << 6) | (next & 0x3f);
  }
  const tooLong = codePoint < (SMALLEST[more - 1] ?? 0);
  return tooLong || codePoint > 0x10ffff || isSurrogate(codePoint) ? -1 : codePoint;
}

function putCodePoint(bytes: Uint8Array, at: number, codePoint: number): number {
  if (codePoint < 0x80) {
    bytes[at] = codePoint;
    return at + 1;
  }
  const length = encodedLength(codePoint);
  for (let i = length - 1; i > 0; i--) {
    bytes[at + i] = 0x80 | (codePoint & 0x3f);
    codePoint >>>= 6;
  }
  const lead = length === 2 ? 0xc0 : length === 3 ? 0xe0 : 0xf0;
  bytes[at] = lead | codePoint;
  return at + length;
}
