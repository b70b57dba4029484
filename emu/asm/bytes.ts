/** Numbers as the bytes of memory: little-endian. */
import { AssemblyError, type Position } from "./error.ts";

/** The lowest `width` bytes of a number. */
export function littleEndian(value: bigint, width: number): number[] {
  return Array.from(
    { length: width },
    (_, index) => Number(BigInt.asUintN(8, value >> BigInt(8 * index))),
  );
}

/** The bytes of an instruction word. */
export function bytesOf(word: number, { length }: { length: number }): number[] {
  return littleEndian(BigInt(word), length);
}

/** Throws when a number, signed or not, does not fit in `width` bytes. */
export function checkWidth(
  value: bigint,
  width: number,
  directive: string,
  position: Position,
): void {
  const bits = 8 * width;
  if (BigInt.asIntN(bits, value) === value || BigInt.asUintN(bits, value) === value) return;
  const range = `${-(2n ** BigInt(bits - 1))}…${2n ** BigInt(bits) - 1n}`;
  throw new AssemblyError(position, `value ${value} of '${directive}' is not in ${range}`);
}
