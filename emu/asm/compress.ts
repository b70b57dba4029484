/**
 * The choice of compressed forms: an instruction's expansion in the table, read backwards. Hints
 * are never chosen, and what pseudo_table.ts says about GNU as's preferences holds.
 */
import {
  type BaseInstruction,
  COMPRESSED_INSTRUCTIONS,
  type CompressedInstruction,
  effectsOf,
  fieldAccepts,
  type FieldName,
  type FieldValues,
} from "../isa/mod.ts";
import { bind, parseStep, solve, type Step } from "./form.ts";
import { COMPRESSED_INSTEAD, NEVER_COMPRESSED } from "./pseudo_table.ts";

/** A compressed instruction with its operands. */
export interface Compressed {
  readonly instruction: CompressedInstruction;
  readonly fields: FieldValues;
}

const BY_EXPANSION = Map.groupBy(
  COMPRESSED_INSTRUCTIONS,
  ({ expansion }) => expansion.instruction,
);
const NEVER: readonly Step[] = NEVER_COMPRESSED.map(parseStep);
const INSTEAD = COMPRESSED_INSTEAD.map(([written, compressed]) => ({
  written: parseStep(written),
  compressed: parseStep(compressed),
}));

/**
 * The compressed form that the assembler writes for an instruction, if there is one.
 *
 * With `anyDistance` the immediate is left out: it is the distance to a target, yet unknown.
 */
export function compress(
  instruction: BaseInstruction,
  fields: FieldValues,
  anyDistance = false,
): Compressed | undefined {
  const matches = (step: Step) => step.instruction === instruction && solve(step, fields);
  if (NEVER.some(matches)) return undefined;
  for (const { written, compressed } of INSTEAD) {
    const variables = matches(written);
    if (!variables || compressed.instruction.length !== 2) continue;
    const candidate = compressed.instruction;
    const bound = bind(compressed, variables);
    if (canHold(candidate, bound, anyDistance) && !isHint(instruction, fields)) {
      return { instruction: candidate, fields: bound };
    }
  }
  if (isHint(instruction, fields)) return undefined;
  for (const candidate of BY_EXPANSION.get(instruction) ?? []) {
    const found = collect(candidate, fields, anyDistance);
    if (found && canHold(candidate, found, anyDistance)) {
      return { instruction: candidate, fields: found };
    }
  }
  return undefined;
}

/** The compressed form's fields from those of the base form; `undefined` when they disagree. */
function collect(
  { expansion }: CompressedInstruction,
  fields: FieldValues,
  anyDistance: boolean,
): FieldValues | undefined {
  const collected: FieldValues = {};
  for (const [name, value] of Object.entries(fields) as [FieldName, number][]) {
    const implied = expansion.implied[name];
    if (implied !== undefined && implied !== value) return undefined;
    const source = expansion.from[name];
    if (source === undefined) continue;
    if (anyDistance && name === "imm") continue;
    if (collected[source] !== undefined && collected[source] !== value) return undefined;
    collected[source] = value;
  }
  return collected;
}

/** Whether these are operands of the compressed instruction, and no reserved ones. */
export function canHold(
  instruction: CompressedInstruction,
  fields: FieldValues,
  anyDistance = false,
): boolean {
  const fits = instruction.fields.every((field) => {
    if (anyDistance && field.name === "imm") return true;
    const value = fields[field.name];
    return value !== undefined && fieldAccepts(field, value);
  });
  return fits && !instruction.excludes(fields);
}

/** A write to x0 that is neither a jump nor the canonical instruction that does nothing. */
export function isHint(instruction: BaseInstruction, fields: FieldValues): boolean {
  if (effectsOf(instruction).transfers || fields.rd !== 0) return false;
  return Object.values(fields).some((value) => value !== 0);
}
