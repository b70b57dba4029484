/** Bytes as text, and comparisons of bytes. */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Bytes in hexadecimal, two digits each. */
export function hexOfBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Whether `bytes` begin with `expected` and are zero from there on. */
export function equalThenZero(bytes: Uint8Array, expected: Uint8Array): boolean {
  if (expected.length > bytes.length) return false;
  for (let i = 0; i < expected.length; i++) if (bytes[i] !== expected[i]) return false;
  for (let i = expected.length; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
