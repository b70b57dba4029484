/** Legal fields of an instruction, for fast-check to draw and shrink. */
import fc from "npm:fast-check@4";
import type { Field, FieldValues, Instruction } from "../../isa/mod.ts";

function valuesOf({ bits, lowBit, signed, nonZero, short }: Field): fc.Arbitrary<number> {
  if (short) return fc.integer({ min: 8, max: 15 });
  const count = 2 ** (bits - lowBit);
  const [min, max] = signed ? [-count / 2, count / 2 - 1] : [0, count - 1];
  const value = fc.oneof(fc.integer({ min, max }), fc.constantFrom(0, min, max))
    .map((units) => units * 2 ** lowBit);
  return nonZero ? value.filter((chosen) => chosen !== 0) : value;
}

/** Values for all fields of an instruction, such that they are not reserved. */
export function legalFields(instruction: Instruction): fc.Arbitrary<FieldValues> {
  const names = instruction.fields.map((field) => [field.name, valuesOf(field)] as const);
  const fields: fc.Arbitrary<FieldValues> = fc.record(Object.fromEntries(names));
  return instruction.length === 2
    ? fields.filter((values) => !instruction.excludes(values))
    : fields;
}
