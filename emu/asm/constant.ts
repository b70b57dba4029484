/** The instructions that load a 64-bit constant: GNU as's own choice for each. */
import type { FieldValues, Instruction } from "../isa/mod.ts";
import { bind, parseStep } from "./form.ts";
import { CONSTANT_STEPS } from "./pseudo_table.ts";

/** An instruction with all its operands. */
export interface BoundStep {
  readonly instruction: Instruction;
  readonly fields: FieldValues;
  /** Not to be compressed. */
  readonly wide: boolean;
}

const STEPS = {
  add: parseStep(CONSTANT_STEPS.add),
  add32: parseStep(CONSTANT_STEPS.add32),
  loadUpper: parseStep(CONSTANT_STEPS.loadUpper),
  shiftLeft: parseStep(CONSTANT_STEPS.shiftLeft),
};

function step(kind: keyof typeof STEPS, variables: Record<string, number>): BoundStep {
  const fields = bind(STEPS[kind], new Map(Object.entries(variables)));
  return { instruction: STEPS[kind].instruction, fields, wide: false };
}

/** `li`: one `addi` where that is enough. */
export function loadImmediate(rd: number, value: bigint): BoundStep[] {
  if (BigInt.asIntN(12, value) !== value) return loadConstant(rd, value);
  return [{ ...step("add", { rd, rs1: 0, imm: Number(value) }), wide: rd === 0 }];
}

/** `la` of a number, and `li` of what one `addi` cannot load. `value` is signed, 64 bits. */
export function loadConstant(rd: number, value: bigint): BoundStep[] {
  const low = BigInt.asIntN(12, value);
  const high = BigInt.asIntN(64, value - low);
  return BigInt.asIntN(32, value) === value ? load32(rd, high, low) : load64(rd, high, low);
}

function load32(rd: number, high: bigint, low: bigint): BoundStep[] {
  const upper = Number(BigInt.asUintN(20, high >> 12n));
  const steps = high === 0n ? [] : [step("loadUpper", { rd, upper })];
  const base = high === 0n ? 0 : rd;
  // A load to x0 adds to x0 again, as GNU as does.
  if (low === 0n && base !== 0) return steps;
  return [...steps, step("add32", { rd, rs1: base, imm: Number(low) })];
}

/** The upper part without its trailing zeros, a shift, and the lower part. */
function load64(rd: number, high: bigint, low: bigint): BoundStep[] {
  let shift = 12n;
  while (((high >> shift) & 1n) === 0n) shift++;
  const steps = [
    ...loadConstant(rd, high >> shift),
    step("shiftLeft", { rd, rs1: rd, imm: Number(shift) }),
  ];
  if (low !== 0n) steps.push(step("add", { rd, rs1: rd, imm: Number(low) }));
  return steps;
}
