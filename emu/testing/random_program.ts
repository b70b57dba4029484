/** Programs that no compiler would write: legal instructions in any order, or bytes in any order. */
import { INSTRUCTIONS } from "../isa/mod.ts";
import { extractField, fieldAccepts } from "../isa/encoding.ts";
import type { FieldValues } from "../isa/mod.ts";
import type { Stop } from "../mod.ts";
import { encodeInstruction, wordBytes } from "./encode.ts";
import { ALL, CODE, DATA, Guest } from "./guest.ts";

/** A stream of 64-bit words. */
export type RandomWords = () => bigint;

/** A number from 0 up to and without `limit`, at most 2^32. */
export function below(next: RandomWords, limit: number): number {
  return Number((next() >> 16n) % BigInt(limit));
}

/** One of some values. */
export function oneOf<T>(next: RandomWords, values: readonly T[]): T {
  const value = values[below(next, values.length)];
  if (value === undefined) throw new Error("Cannot choose from nothing");
  return value;
}

/** Registers that begin, and begin again after each stop, as pointers to data or code. */
const POINTERS = [2, 8, 9, 10, 11, 12];

/** The word of any instruction of the table with any fields, addresses mostly from pointers. */
export function randomWord(next: RandomWords): number {
  for (;;) {
    const instruction = oneOf(next, INSTRUCTIONS);
    const values: FieldValues = {};
    for (const field of instruction.fields) {
      let value: number;
      do value = extractField(field, Number(next() & 0xffff_ffffn)); while (
        !fieldAccepts(field, value)
      );
      values[field.name] = value;
    }
    const { operands } = instruction;
    if (operands.includes("(rs1)") && instruction.length === 4) values.rs1 = oneOf(next, POINTERS);
    if (operands.includes("target") && below(next, 4) > 0) { // mostly near
      values.imm = Math.trunc((values.imm ?? 0) / 64) & ~1;
    }
    if (instruction.length === 2 && instruction.excludes(values)) continue;
    return encodeInstruction(instruction, values);
  }
}

/** Two pages of code made of `bytes`, which may change themselves, and registers of any values. */
export function randomGuest(next: RandomWords, bytes: Uint8Array): Guest {
  const guest = new Guest();
  guest.map(CODE, ALL, bytes);
  const { registers } = guest;
  for (let i = 1; i < 32; i++) {
    registers.setX(i, next() >> BigInt(below(next, 64)));
    registers.setF(i, below(next, 2) === 0 ? next() : next() | (0xffff_ffffn << 32n));
  }
  registers.fcsr = below(next, 32);
  resetPointers(guest);
  return guest;
}

/** Bytes of random instructions that fill two pages. */
export function randomCode(next: RandomWords): Uint8Array {
  const words: number[] = [];
  for (let length = 0; length < 8180;) {
    const word = randomWord(next);
    words.push(word);
    length += wordBytes([word]).length;
  }
  return wordBytes(words);
}

function resetPointers({ registers }: Guest): void {
  for (const [i, register] of POINTERS.entries()) {
    registers.setX(register, BigInt(i === 5 ? CODE + 0x900 : DATA + 0x700 + i * 0x104));
  }
}

const STOPS_MAX = 2000;

/** Where a run stopped, as text: instructions so far, reason, address, access. */
export type Trace = string[];

/**
 * Runs for `total` instructions in pieces of `slice()`, skipping what stops the hart and mending
 * its registers in a way that depends on its state alone; gives up after {@linkcode STOPS_MAX} stops.
 */
export function runThrough(guest: Guest, total: number, slice: () => number): Trace {
  const trace: Trace = [];
  for (let left = total; left > 0 && trace.length < STOPS_MAX;) {
    const stop = guest.run(Math.min(left, slice()));
    left -= stop.retired;
    if (stop.reason === "budget") continue;
    trace.push(`${guest.instructions} ${stop.reason} ${stop.address} ${stop.access}`);
    mend(guest, stop);
  }
  return trace;
}

/** Goes on behind what stopped the hart, with pointers in order. */
export function mend(guest: Guest, stop: Stop): void {
  const { registers, instructions } = guest;
  if (stop.access === "execute" && stop.reason === "page_fault") {
    registers.pc = BigInt(CODE) + (instructions * 26n) % 8192n;
  } else {
    registers.pc += stop.address % 3n === 0n ? 2n : 4n;
  }
  resetPointers(guest);
  if (registers.fcsr >> 5 > 4) registers.fcsr &= 0x1f;
}
