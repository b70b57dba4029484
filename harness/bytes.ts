/** Bytes as text, and comparisons of bytes. */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Bytes in hexadecimal, two digits each. */
export function hexOfBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Whether all of a page's bytes are zero. `page` begins at a multiple of 4 of its buffer. */
export function isZeroPage(page: Uint8Array): boolean {
  const words = new Uint32Array(page.buffer, page.byteOffset, page.length / 4);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  return true;
}

/** Whether `bytes` begin with `expected` and are zero from there on. */
export function equalThenZero(bytes: Uint8Array, expected: Uint8Array): boolean {
  if (expected.length > bytes.length) return false;
  for (let i = 0; i < expected.length; i++) if (bytes[i] !== expected[i]) return false;
  for (let i = expected.length; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
