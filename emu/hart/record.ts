/**
 * Decoded records: an instruction of guest memory as the interpreter wants it, 16 bytes that name
 * an opcode, the places of its registers, its immediate and the way to the next record.
 */
import {
  DYNAMIC_ROUNDING,
  extractField,
  type Field,
  type FieldName,
  fieldOf,
  identify,
  type Instruction,
  isReservedRounding,
} from "../isa/mod.ts";
import { HART, PAGE_SIZE, RECORD, RECORD_HOT } from "../memory/layout.ts";
import { nearOpcodeOf, OPCODE, opcodeOf } from "./opcodes.ts";

const REGISTER_SIZE = 8;
/** Of an instruction that does not round. */
const NO_ROUNDING_MODE = -1;

/**
 * Writes the record of an instruction word.
 *
 * @param at Address of the record in linear memory.
 * @param pageOffset Offset of the instruction in its page, or -1 when no target may count as near.
 */
export function writeRecord(view: DataView, at: number, word: number, pageOffset: number): void {
  const instruction = identify(word);
  const recipe = instruction && recipeOf(instruction);
  if (recipe === undefined || isReservedRounding(valueOf(recipe.roundingMode, word))) {
    return writeMark(view, at, OPCODE.illegal);
  }
  const imm = immediate(recipe, word);
  view.setUint16(at + RECORD.rd, placeOf(recipe.rd, word), true);
  view.setUint16(at + RECORD.rs1, placeOf(recipe.rs1, word), true);
  view.setUint16(at + RECORD.rs2, placeOf(recipe.rs2, word), true);
  view.setInt32(at + RECORD.imm, imm, true);
  view.setUint16(at + RECORD.stride, recipe.stride, true);
  view.setUint16(at + RECORD.extra, placeOf(recipe.extra, word), true);
  const target = pageOffset + imm;
  const isNear = recipe.nearOpcode !== 0 && pageOffset >= 0 && target >= 0 && target < PAGE_SIZE;
  view.setUint16(at + RECORD.opcode, isNear ? recipe.nearOpcode : recipe.opcode, true);
}

/** Writes the record of an opcode that is no instruction. */
export function writeMark(view: DataView, at: number, opcode: number): void {
  view.setUint16(at + RECORD.opcode, opcode, true);
}

/** Marks a record, decoded already, as one at which translated code may begin. */
export function markHot(view: DataView, at: number): void {
  view.setUint16(at + RECORD.opcode, view.getUint16(at + RECORD.opcode, true) | RECORD_HOT, true);
}

/** Where the parts of a record come from, for one entry of the table. */
interface Recipe {
  readonly opcode: number;
  /** 0 when there is none. */
  readonly nearOpcode: number;
  readonly stride: number;
  readonly rd: Place;
  readonly rs1: Place;
  readonly rs2: Place;
  readonly extra: Place;
  readonly imm: Value;
  readonly roundingMode: Value;
}

/** A number that a field of the word holds, or that the entry implies. */
type Value = Field | number;

/** The byte offset `base` + `scale` × value; `zero` where the value is 0. */
interface Place {
  readonly value: Value;
  readonly base: number;
  readonly scale: number;
  readonly zero: number;
}

const recipes = new Map<Instruction, Recipe>();

function recipeOf(instruction: Instruction): Recipe {
  let recipe = recipes.get(instruction);
  if (recipe === undefined) recipes.set(instruction, recipe = makeRecipe(instruction));
  return recipe;
}

function makeRecipe(instruction: Instruction): Recipe {
  const base = instruction.length === 4 ? instruction : instruction.expansion.instruction;
  const find = (name: FieldName) => operandOf(instruction, name);
  const register = (integer: FieldName | null, float: FieldName, zero = 0): Place => {
    const value = find(float);
    const floats = HART.floatSlot * REGISTER_SIZE;
    if (value !== undefined) return { value, base: floats, scale: REGISTER_SIZE, zero: floats };
    return { value: (integer && find(integer)) ?? 0, base: 0, scale: REGISTER_SIZE, zero };
  };
  const zimm = find("zimm");
  return {
    opcode: opcodeOf(base),
    nearOpcode: nearOpcodeOf(base),
    stride: (instruction.length / 2) * RECORD.size,
    rd: register("rd", "fd", HART.discardSlot * REGISTER_SIZE),
    rs1: register("rs1", "fs1"),
    rs2: register("rs2", "fs2"),
    extra: zimm === undefined ? register(null, "fs3") : { value: zimm, base: 0, scale: 1, zero: 0 },
    imm: find("imm") ?? find("csr") ?? 0,
    roundingMode: find("rm") ?? NO_ROUNDING_MODE,
  };
}

/** Where an operand of the base instruction comes from; `undefined` when it has no such operand. */
function operandOf(instruction: Instruction, name: FieldName): Value | undefined {
  if (instruction.length === 4) return fieldOf(instruction, name);
  const { implied, from } = instruction.expansion;
  const source = from[name];
  return source === undefined ? implied[name] : fieldOf(instruction, source);
}

function valueOf(value: Value, word: number): number {
  return typeof value === "number" ? value : extractField(value, word);
}

function placeOf({ value, base, scale, zero }: Place, word: number): number {
  const number = valueOf(value, word);
  return number === 0 ? zero : base + number * scale;
}

/**
 * The immediate. An instruction with a rounding mode has it in the low 8 bits, and above them a
 * mask: masked with it, `fcsr` is 1 when rounding is to nearest-even and the inexact flag is up.
 */
function immediate({ imm, roundingMode }: Recipe, word: number): number {
  const mode = valueOf(roundingMode, word);
  if (mode === NO_ROUNDING_MODE) return valueOf(imm, word);
  const mask = mode === 0 ? 0x01 : mode === DYNAMIC_ROUNDING ? 0xe1 : 0;
  return mode | (mask << 8);
}
