/** Instruction words for tests, encoded through the fields of the table. */
import {
  type FieldName,
  type FieldValues,
  insertField,
  type Instruction,
  INSTRUCTIONS,
} from "../isa/mod.ts";
import { fieldAccepts } from "../isa/encoding.ts";

const BY_NAME: ReadonlyMap<string, Instruction> = new Map(
  INSTRUCTIONS.map((instruction) => [instruction.name, instruction]),
);

/** The instruction of a name; throws when there is none. */
export function instructionNamed(name: string): Instruction {
  const instruction = BY_NAME.get(name);
  if (instruction === undefined) throw new Error(`No instruction is called '${name}'`);
  return instruction;
}

/** The word of an instruction. Fields that are not given are 0; throws when a value does not fit. */
export function encodeInstruction(instruction: Instruction, values: FieldValues): number {
  for (const name of Object.keys(values) as FieldName[]) {
    if (!instruction.fields.some((field) => field.name === name)) {
      throw new Error(`Instruction ${instruction.name} has no field '${name}'`);
    }
  }
  let word = instruction.match;
  for (const field of instruction.fields) {
    const value = values[field.name] ?? (field.short ? 8 : 0);
    if (!fieldAccepts(field, value)) {
      throw new Error(`Field '${field.name}' of ${instruction.name} cannot hold ${value}`);
    }
    word |= insertField(field, value);
  }
  return word >>> 0;
}

/** The word of the instruction with a name. */
export function encode(name: string, values: FieldValues = {}): number {
  return encodeInstruction(instructionNamed(name), values);
}

/** Bytes that a word takes: 2, or 4 when its two lowest bits are ones. */
export function wordLength(word: number): 2 | 4 {
  return (word & 3) === 3 ? 4 : 2;
}

/** Words one behind the other, little-endian. */
export function wordBytes(words: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (const word of words) {
    for (let i = 0; i < wordLength(word); i++) bytes.push((word >>> (8 * i)) & 0xff);
  }
  return new Uint8Array(bytes);
}
