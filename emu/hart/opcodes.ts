/**
 * Opcodes of decoded records: what the interpreter branches on. Behind a few of its own come the
 * base instructions of the table, then once more those that transfer control, for targets on the
 * same page ("near").
 */
import { BASE_INSTRUCTIONS, type BaseInstruction } from "../isa/mod.ts";

/** Opcodes that stand for no instruction. Memory that was never written says "undecoded". */
export const OPCODE = {
  undecoded: 0,
  /** Behind the last halfword of a page. */
  sentinel: 1,
  /** A 32-bit instruction of which the second half is on the next page. */
  straddling: 2,
  illegal: 3,
} as const;

const FIRST_INSTRUCTION = 4;

/** The instructions whose branch target may be known to be near. */
const NEAR_INSTRUCTIONS = BASE_INSTRUCTIONS.filter(({ operands }) => operands.endsWith("target"));

/** The opcode of an instruction. */
export function opcodeOf(instruction: BaseInstruction): number {
  return FIRST_INSTRUCTION + instruction.id;
}

/** The opcode of an instruction whose target is on its own page, if it has one. */
export function nearOpcodeOf(instruction: BaseInstruction): number | undefined {
  const index = NEAR_INSTRUCTIONS.indexOf(instruction);
  return index < 0 ? undefined : FIRST_INSTRUCTION + BASE_INSTRUCTIONS.length + index;
}

/** What an opcode executes. */
export interface OpcodeMeaning {
  readonly instruction: BaseInstruction;
  readonly near: boolean;
}

/** The instruction behind each opcode from {@linkcode FIRST_INSTRUCTION} on, in order. */
export const INSTRUCTION_OPCODES: readonly OpcodeMeaning[] = [
  ...BASE_INSTRUCTIONS.map((instruction) => ({ instruction, near: false })),
  ...NEAR_INSTRUCTIONS.map((instruction) => ({ instruction, near: true })),
];
