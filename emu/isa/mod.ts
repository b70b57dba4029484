/** The instruction set RV64GC: one table, and what is derived from it without an engine. */
export {
  BASE_CANDIDATES,
  type Candidates,
  COMPRESSED_CANDIDATES,
  decode,
  type Decoded,
  expand,
  type FieldValues,
  identify,
  instructionLength,
  type Operation,
} from "./decode.ts";
export { extractField, type Field, fieldAccepts, type FieldName, insertField } from "./encoding.ts";
export type {
  BaseInstruction,
  CompressedInstruction,
  CsrUpdate,
  Expansion,
  Extension,
  Instruction,
  LoadKind,
  Meaning,
} from "./instruction.ts";
export { fieldOf } from "./instruction.ts";
export { type Effects, effectsOf, LOAD_WIDTH, type MemoryAccess } from "./effects.ts";
export { writeExactOperation } from "./float_exact.ts";
export { FLOAT_OPERATIONS, type FloatOperation } from "./float_operations.ts";
export {
  DYNAMIC_ROUNDING,
  isReservedRounding,
  NEAREST_EVEN,
  ROUNDING_MODES,
} from "./rounding_mode.ts";
export { BASE_INSTRUCTIONS, COMPRESSED_INSTRUCTIONS, INSTRUCTIONS } from "./table.ts";
