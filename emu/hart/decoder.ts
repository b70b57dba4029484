/**
 * The decoder: WebAssembly functions, generated from the instruction table, that write the decoded
 * records of instruction words.
 *
 * ```text
 * word ── bucket ──▶ its candidates, one after the other: do the bits match?
 *                        │ opcode, layout                        none ──▶ record "illegal"
 *                        ▼
 *                    layout: what the record's fields are made from; shared by all instructions
 *                    that have their operands in the same bits
 * ```
 */
import {
  BASE_CANDIDATES,
  type Candidates,
  COMPRESSED_CANDIDATES,
  DYNAMIC_ROUNDING,
  type Field,
  type FieldName,
  fieldOf,
  type Instruction,
  NEAREST_EVEN,
  ROUNDING_MODES,
} from "../isa/mod.ts";
import { HART, PAGE_SIZE, RECORD, RECORD_SHIFT } from "../memory/layout.ts";
import {
  type Callable,
  type FunctionBody,
  type I32,
  i32,
  type Local,
  type ModuleBuilder,
  select,
} from "../wasm/mod.ts";
import { nearOpcodeOf, OPCODE, opcodeOf } from "./opcodes.ts";
import { CODE_ADDRESS } from "./record.ts";

const REGISTER_SIZE = 8;
const LAST_HALFWORD = PAGE_SIZE - 2;
/** For an instruction that is on no page: an offset from which no target is on the page. */
const NO_PAGE_OFFSET = -(2 ** 30);

/** The functions that write records. */
export interface Decoder {
  /** `(record: i32, decoded: i32)`: writes a record of a decoded page from the code of its frame. */
  readonly inPage: Callable;
  /** `(record: i32, word: i32)`: writes the record of a word that is not all on one page. */
  readonly straddling: Callable;
}

/** Defines the functions in a module. */
export function defineDecoder(module: ModuleBuilder): Decoder {
  const word = defineWordDecoder(module);
  const signature = { parameters: ["i32", "i32"], results: [] } as const;
  const straddling = module.defineFunction(signature, (body) => {
    const [record, bits] = [body.parameter(0, "i32"), body.parameter(1, "i32")];
    body.call(word, [record, bits, i32.const(NO_PAGE_OFFSET)]);
  });
  const inPage = module.defineFunction(signature, (body) => {
    const [record, decoded] = [body.parameter(0, "i32"), body.parameter(1, "i32")];
    const code = i32.load(decoded, CODE_ADDRESS);
    body.let(
      i32.shr_u(i32.sub(record, decoded), i32.const(RECORD_SHIFT)),
      (offset) =>
        body.let(i32.add(code, offset), (at) =>
          body.let(i32.load16_u(at), (bits) => {
            body.if(i32.eq(i32.and(bits, i32.const(3)), i32.const(3)), () => {
              body.if(i32.eq(offset, i32.const(LAST_HALFWORD)), () => {
                storeHalf(body, record, RECORD.opcode, i32.const(OPCODE.straddling));
                body.return();
              });
              body.set(bits, i32.load(at));
            });
            body.call(word, [record, bits, offset]);
          })),
    );
  });
  return { inPage, straddling };
}

/**
 * Defines `(record: i32, word: i32, pageOffset: i32)`: writes the record of an instruction word; of 16
 * bits, or of 32 where the two lowest are ones. Targets at `pageOffset` + immediate count as near
 * when they are offsets in a page.
 */
function defineWordDecoder(module: ModuleBuilder): Callable {
  const layouts = new Layouts();
  const signature = { parameters: ["i32", "i32", "i32"], results: [] } as const;
  return module.defineFunction(signature, (body) => {
    const frame = {
      body,
      record: body.parameter(0, "i32"),
      word: body.parameter(1, "i32"),
      pageOffset: body.parameter(2, "i32"),
    };
    body.let(i32.const(0), (layout) =>
      body.let(i32.const(0), (opcodes) => {
        body.block((found) => {
          const find = (candidates: Candidates) =>
            writeSearch(body, frame.word, candidates, (instruction) => {
              body.set(layout, i32.const(layouts.numberOf(instruction)));
              body.set(opcodes, i32.const(opcodeOf(baseOf(instruction)) | nearOpcode(instruction)));
              body.branch(found);
            });
          body.if(
            i32.eq(i32.and(frame.word, i32.const(3)), i32.const(3)),
            () => find(BASE_CANDIDATES),
            () => find(COMPRESSED_CANDIDATES),
          );
        });
        const writers = layouts.all.map((fields) => () => {
          writeFields({ ...frame, opcodes }, fields);
          body.return();
        });
        const illegal = () =>
          storeHalf(body, frame.record, RECORD.opcode, i32.const(OPCODE.illegal));
        body.switch(i32.sub(layout, i32.const(1)), [...writers, illegal]);
      }));
  });
}

/** Finds the instruction that a word is; `found` must branch away. */
function writeSearch(
  body: FunctionBody,
  word: I32,
  { bucket, candidates }: Candidates,
  found: (instruction: Instruction) => void,
): void {
  body.block((none) => {
    const search = (instructions: readonly Instruction[]) => () => {
      for (const instruction of instructions) {
        body.if(matches(instruction, word), () => found(instruction));
      }
      body.branch(none);
    };
    body.switch(fieldValue(bucket, word), candidates.map(search));
  });
}

function matches(instruction: Instruction, word: I32): I32 {
  const { mask, match } = instruction;
  const isMatch = i32.eq(i32.and(word, i32.const(mask)), i32.const(match));
  if (instruction.length === 4) return isMatch;
  return instruction.reserved.reduce(
    (so, { field, value }) => i32.and(so, i32.ne(fieldValue(field, word), i32.const(value))),
    isMatch,
  );
}

/** The value of a field; see {@linkcode extractField}, which gives the same. */
function fieldValue({ pieces, short, signed, bits }: Field, word: I32): I32 {
  const values = pieces.map(({ at, mask, valueBit }) => {
    const piece = i32.and(at === 0 ? word : i32.shr_u(word, i32.const(at)), i32.const(mask));
    return valueBit === 0 ? piece : i32.shl(piece, i32.const(valueBit));
  });
  const value = values.reduce((a, b) => i32.or(a, b));
  if (short) return i32.add(value, i32.const(8));
  if (!signed) return value;
  const unused = i32.const(32 - bits);
  return i32.shr_s(i32.shl(value, unused), unused);
}

/** Where the parts of a record come from. */
interface Layout {
  /** Whether its target may be near. */
  readonly hasTarget: boolean;
  readonly stride: number;
  readonly rd: Place;
  readonly rs1: Place;
  readonly rs2: Place;
  readonly extra: Place;
  readonly imm: Value;
  /** `undefined` when the instruction does not round. */
  readonly roundingMode: Value | undefined;
}

/** A number that a field of the word holds, or that the instruction implies. */
type Value = Field | number;

/** The byte offset `base` + `scale` × value; `zero` where the value is 0. */
interface Place {
  readonly value: Value;
  readonly base: number;
  readonly scale: number;
  readonly zero: number;
}

/** The layouts that the instructions have, each once. Numbers begin with 1. */
class Layouts {
  readonly all: Layout[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(instruction: Instruction): number {
    const layout = layoutOf(instruction);
    const key = JSON.stringify(layout);
    const number = this.#numbers.get(key) ?? this.all.push(layout);
    this.#numbers.set(key, number);
    return number;
  }
}

function layoutOf(instruction: Instruction): Layout {
  const find = (name: FieldName) => operandOf(instruction, name);
  const register = (integer: FieldName | null, float: FieldName, zero = 0): Place => {
    const value = find(float);
    const floats = HART.floatSlot * REGISTER_SIZE;
    if (value !== undefined) return { value, base: floats, scale: REGISTER_SIZE, zero: floats };
    return { value: (integer && find(integer)) ?? 0, base: 0, scale: REGISTER_SIZE, zero };
  };
  const zimm = find("zimm");
  return {
    hasTarget: nearOpcode(instruction) !== 0,
    stride: (instruction.length / 2) * RECORD.size,
    rd: register("rd", "fd", HART.discardSlot * REGISTER_SIZE),
    rs1: register("rs1", "fs1"),
    rs2: register("rs2", "fs2"),
    extra: zimm === undefined ? register(null, "fs3") : { value: zimm, base: 0, scale: 1, zero: 0 },
    imm: find("imm") ?? find("csr") ?? 0,
    roundingMode: find("rm"),
  };
}

const baseOf = (instruction: Instruction) =>
  instruction.length === 4 ? instruction : instruction.expansion.instruction;

/** In the upper half of a number, the opcode for near targets; 0 if the instruction has none. */
const nearOpcode = (instruction: Instruction) => nearOpcodeOf(baseOf(instruction)) << 16;

/** Where an operand of the base instruction comes from; `undefined` when it has no such operand. */
function operandOf(instruction: Instruction, name: FieldName): Value | undefined {
  if (instruction.length === 4) return fieldOf(instruction, name);
  const { implied, from } = instruction.expansion;
  const source = from[name];
  return source === undefined ? implied[name] : fieldOf(instruction, source);
}

/** What the code that writes a record works on. */
interface Writing {
  readonly body: FunctionBody;
  readonly record: I32;
  readonly word: I32;
  readonly pageOffset: I32;
  /** The opcode, and above it the one for a near target. */
  readonly opcodes: I32;
}

function writeFields(writing: Writing, layout: Layout): void {
  const { body, record, word, pageOffset, opcodes } = writing;
  body.let(valueOf(layout.imm, word), (imm) => {
    if (layout.roundingMode !== undefined) writeRounding(writing, layout.roundingMode, imm);
    storeHalf(body, record, RECORD.rd, placeOf(layout.rd, word));
    storeHalf(body, record, RECORD.rs1, placeOf(layout.rs1, word));
    storeHalf(body, record, RECORD.rs2, placeOf(layout.rs2, word));
    storeHalf(body, record, RECORD.extra, placeOf(layout.extra, word));
    storeHalf(body, record, RECORD.stride, i32.const(layout.stride));
    body.store("i32", record, imm, RECORD.imm);
    const isNear = i32.lt_u(i32.add(pageOffset, imm), i32.const(PAGE_SIZE));
    const opcode = layout.hasTarget
      ? select(isNear, i32.shr_u(opcodes, i32.const(16)), opcodes)
      : opcodes;
    storeHalf(body, record, RECORD.opcode, opcode);
  });
}

/**
 * Makes the immediate of an instruction with a rounding mode: the mode in the low 8 bits, and above
 * them a mask; masked with it, `fcsr` is 1 when rounding is to nearest-even and the inexact flag is
 * up. A reserved mode makes the instruction illegal.
 */
function writeRounding({ body, record, word }: Writing, mode: Value, imm: Local<"i32">): void {
  const isMode = (number: number) => i32.eq(imm, i32.const(number));
  body.set(imm, valueOf(mode, word));
  for (const [number, name] of ROUNDING_MODES.entries()) {
    if (name !== undefined) continue;
    body.if(isMode(number), () => {
      storeHalf(body, record, RECORD.opcode, i32.const(OPCODE.illegal));
      body.return();
    });
  }
  const dynamicMask = select(isMode(DYNAMIC_ROUNDING), i32.const(0xe100), i32.const(0));
  const mask = select(isMode(NEAREST_EVEN), i32.const(0x0100), dynamicMask);
  body.set(imm, i32.or(imm, mask));
}

function valueOf(value: Value, word: I32): I32 {
  return typeof value === "number" ? i32.const(value) : fieldValue(value, word);
}

function placeOf({ value, base, scale, zero }: Place, word: I32): I32 {
  if (typeof value === "number") return i32.const(value === 0 ? zero : base + value * scale);
  const number = fieldValue(value, word);
  const place = i32.add(i32.mul(number, i32.const(scale)), i32.const(base));
  return zero === base || value.short ? place : select(number, place, i32.const(zero));
}

function storeHalf(body: FunctionBody, record: I32, field: number, value: I32): void {
  body.store("i32_16", record, value, field);
}
