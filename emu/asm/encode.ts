/** From an entry of the table and its operands to an instruction word. */
import { fieldAccepts, type FieldValues, insertField, type Instruction } from "../isa/mod.ts";

/**
 * The instruction word, the reverse of `decode`. Fields that are absent are 0.
 *
 * @returns 16 or 32 bits, unsigned.
 * @throws RangeError when a field cannot hold its value, or the result is a reserved encoding.
 */
export function encode(instruction: Instruction, fields: FieldValues): number {
  let word = instruction.match;
  for (const field of instruction.fields) {
    const value = fields[field.name] ?? (field.short ? 8 : 0);
    if (!fieldAccepts(field, value)) {
      throw new RangeError(`Cannot encode ${instruction.name}: ${field.name} cannot be ${value}`);
    }
    word |= insertField(field, value);
  }
  if (instruction.length === 2 && instruction.excludes(fields)) {
    throw new RangeError(`Cannot encode ${instruction.name}: its operands are reserved`);
  }
  return word >>> 0;
}
