/** What terminals know of characters: bytes, which may be of UTF-8. */

/** \t. */
export const TAB = 0x09;
/** \b. */
export const BACKSPACE = 0x08;
/** \n. */
export const NEWLINE = 0x0a;
/** \r. */
export const RETURN = 0x0d;

const SPACE = 0x20;
const DELETE = 0x7f;

/** Whether a byte is a control character of Latin-1, as the kernel's iscntrl() has it. */
export function isControl(character: number): boolean {
  return character < SPACE || character === DELETE;
}

/** Whether a byte goes on with a character of UTF-8. */
export function isContinuation(character: number): boolean {
  return (character & 0xc0) === 0x80;
}

/** Whether a byte is part of a word for ^W: a letter of Latin-1, a digit, `_`. */
export function isWordCharacter(character: number): boolean {
  return /^[A-Za-z0-9_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]$/.test(
    String.fromCharCode(character),
  );
}

/** The small letter of ASCII. */
export function lowerCase(character: number): number {
  return character >= 0x41 && character <= 0x5a ? character + 0x20 : character;
}

/** The capital letter of ASCII. */
export function upperCase(character: number): number {
  return character >= 0x61 && character <= 0x7a ? character - 0x20 : character;
}
