/** How /proc spells numbers. */

import { NSEC_PER_SEC, USER_HZ } from "../../abi/time.ts";

/** Nanoseconds in ticks of 1/100 s, whole ones. */
export function tick(time_ns: bigint | number): bigint {
  return (BigInt(time_ns) * USER_HZ) / NSEC_PER_SEC;
}

/** A number in hexadecimal with at least `width` digits. */
export function hex(value: number | bigint, width = 1): string {
  return value.toString(16).padStart(width, "0");
}

/** A set of signals or capabilities: 16 hexadecimal digits. */
export function set64(value: bigint): string {
  return hex(BigInt.asUintN(64, value), 16);
}

/** A path as it stands in a line: what would end the line is written in octal. */
export function escaped(path: string, also = ""): string {
  let text = "";
  for (const character of path) {
    const code = character.charCodeAt(0);
    const isSpecial = character === "\n" || also.includes(character);
    text += isSpecial ? `\\${code.toString(8).padStart(3, "0")}` : character;
  }
  return text;
}
