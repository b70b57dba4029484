/**
 * Opcodes of decoded records: what the interpreter branches on. Behind a few of its own come the
 * base instructions of the table, and once more those that transfer control, for targets on the
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

/** What an opcode executes. */
export interface OpcodeMeaning {
  readonly instruction: BaseInstruction;
  /** Whether it transfers control to a place on its own page. */
  readonly isNear: boolean;
}

/** What stands behind the opcodes from {@linkcode FIRST_INSTRUCTION} on. */
export const OPCODES: readonly OpcodeMeaning[] = [
  ...BASE_INSTRUCTIONS.map((instruction) => ({ instruction, isNear: false })),
  ...NEAR_INSTRUCTIONS.map((instruction) => ({ instruction, isNear: true })),
];

const FAR_OPCODE = new Uint16Array(BASE_INSTRUCTIONS.length);
const NEAR_OPCODE = new Uint16Array(BASE_INSTRUCTIONS.length);
for (const [index, { instruction, isNear }] of OPCODES.entries()) {
  (isNear ? NEAR_OPCODE : FAR_OPCODE)[instruction.id] = FIRST_INSTRUCTION + index;
}

/** The opcode of an instruction. */
export function opcodeOf({ id }: BaseInstruction): number {
  return FAR_OPCODE[id] ?? OPCODE.illegal;
}

/** The opcode of an instruction whose target is on its own page, if it has one; else 0. */
export function nearOpcodeOf({ id }: BaseInstruction): number {
  return NEAR_OPCODE[id] ?? 0;
}
