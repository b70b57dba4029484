/** From instruction words to entries of the table. */
import { extractField, type Field, type FieldName, parseEncoding } from "./encoding.ts";
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
  const { bucket, candidates } = compressed ? COMPRESSED_CANDIDATES : BASE_CANDIDATES;
  const bits = compressed ? word & 0xffff : word;
  for (const instruction of candidates[extractField(bucket, word)] ?? []) {
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

/** Which instructions a word may be, by a few of its bits, so that few are tried. */
export interface Candidates<I extends Instruction = Instruction> {
  /** The bits, as a field of five bits. */
  readonly bucket: Field;
  /** The instructions by the field's value. */
  readonly candidates: readonly (readonly I[])[];
}

/** Words of 32 bits by their major opcode. */
export const BASE_CANDIDATES = inBuckets(
  "0000000000000000000000000 uimm[4:0] 00",
  BASE_INSTRUCTIONS,
);
/** Words of 16 bits by `funct3` and the quadrant. */
export const COMPRESSED_CANDIDATES = inBuckets(
  "uimm[4:2] 00000000000 uimm[1:0]",
  COMPRESSED_INSTRUCTIONS,
);

/** @param pattern Where the bits stand, as a field; the other bits do not matter. */
function inBuckets<I extends Instruction>(
  pattern: string,
  instructions: readonly I[],
): Candidates<I> {
  const [bucket] = parseEncoding(pattern).fields;
  if (bucket === undefined) throw new Error(`Pattern '${pattern}' has no field`);
  const isIn = (number: number) => ({ match }: I) => extractField(bucket, match) === number;
  return {
    bucket,
    candidates: Array.from({ length: 32 }, (_, number) => instructions.filter(isIn(number))),
  };
}
