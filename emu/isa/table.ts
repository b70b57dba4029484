/** The table of instructions: RV64GC, each once. */
import { ATOMIC } from "./atomic.ts";
import { compressedInstructions } from "./compressed.ts";
import { CSR } from "./csr.ts";
import { FLOAT } from "./float.ts";
import {
  type BaseInstruction,
  baseInstruction,
  type CompressedInstruction,
  type Instruction,
} from "./instruction.ts";
import { INTEGER } from "./integer.ts";
import { MULTIPLY } from "./multiply.ts";

/** The 32-bit instructions; an instruction's `id` is its index. */
export const BASE_INSTRUCTIONS: readonly BaseInstruction[] = [
  ...INTEGER,
  ...MULTIPLY,
  ...ATOMIC,
  ...CSR,
  ...FLOAT,
].map(baseInstruction);

/** The 16-bit instructions. */
export const COMPRESSED_INSTRUCTIONS: readonly CompressedInstruction[] = compressedInstructions(
  BASE_INSTRUCTIONS,
);

/** All instructions. */
export const INSTRUCTIONS: readonly Instruction[] = [
  ...BASE_INSTRUCTIONS,
  ...COMPRESSED_INSTRUCTIONS,
];
