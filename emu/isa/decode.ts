/** From instruction words to entries of the table. */
import { extractField, type Field, type FieldName } from "./encoding.ts";
import type { BaseInstruction, CompressedInstruction, Instruction } from "./instruction.ts";
import { BASE_INSTRUCTIONS, COMPRESSED_INSTRUCTIONS } from "./table.ts";

/** Values of an instruction's fields: register numbers 0–31, immediates as signed 32-bit numbers. */
export type FieldValues = Partial<Record<FieldName, number>>;

/** An instruction word taken apart. */
export interface Decoded {
  /** The entry that the word matches. */
  readonly instruction: Instruction;
  readonly fields: FieldValues;
}

/** What to execute: a base instruction with all its operands. */
export interface Operation {
  readonly instruction: BaseInstruction;
  readonly fields: FieldValues;
  /** Bytes that the instruction word takes. */
  readonly length: 2 | 4;
}

/** Length in bytes of the instruction that begins with this halfword; 0 when it is longer than 4. */
export function instructionLength(halfword: number): 2 | 4 | 0 {
  if ((halfword & 3) !== 3) return 2;
  return (halfword & 0x1c) === 0x1c ? 0 : 4;
}

/**
 * The entry of the table that an instruction word matches: 16 bits, or 32 when the two lowest are
 * ones.
 *
 * @returns `undefined` when the word is not an instruction of RV64GC.
 */
export function identify(word: number): Instruction | undefined {
  const compressed = (word & 3) !== 3;
  const candidates = compressed
    ? COMPRESSED_BUCKETS[compressedBucket(word)]
    : BASE_BUCKETS[baseBucket(word)];
  const bits = compressed ? word & 0xffff : word;
  for (const instruction of candidates ?? []) {
    if ((bits & instruction.mask) >>> 0 !== instruction.match) continue;
    if (instruction.length === 4 || !isReserved(instruction, bits)) return instruction;
  }
  return undefined;
}

/** Takes an instruction word apart; `undefined` when it is not an instruction of RV64GC. */
export function decode(word: number): Decoded | undefined {
  const instruction = identify(word);
  if (instruction === undefined) return undefined;
  return { instruction, fields: fieldValues(instruction.fields, word) };
}

/** Replaces a compressed instruction by the base instruction that it stands for. */
export function expand({ instruction, fields }: Decoded): Operation {
  if (instruction.length === 4) return { instruction, fields, length: 4 };
  const { instruction: base, implied, from } = instruction.expansion;
  const expanded: FieldValues = { ...implied };
  for (const [name, source] of Object.entries(from) as [FieldName, FieldName][]) {
    const value = fields[source];
    if (value !== undefined) expanded[name] = value;
  }
  return { instruction: base, fields: expanded, length: 2 };
}

function fieldValues(fields: readonly Field[], word: number): FieldValues {
  const values: FieldValues = {};
  for (const field of fields) values[field.name] = extractField(field, word);
  return values;
}

function isReserved({ reserved }: CompressedInstruction, bits: number): boolean {
  return reserved.some(({ field, value }) => extractField(field, bits) === value);
}

// Candidates by major opcode (and by funct3 of the compressed forms), so that few are tried.
const baseBucket = (word: number) => (word >>> 2) & 0x1f;
const compressedBucket = (word: number) => ((word >>> 11) & 0x1c) | (word & 3);

const BASE_BUCKETS = Array.from(
  { length: 32 },
  (_, bucket) => BASE_INSTRUCTIONS.filter(({ match }) => baseBucket(match) === bucket),
);
const COMPRESSED_BUCKETS = Array.from(
  { length: 32 },
  (_, bucket) => COMPRESSED_INSTRUCTIONS.filter(({ match }) => compressedBucket(match) === bucket),
);
