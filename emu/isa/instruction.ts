/**
 * What the instruction table says about an instruction, and the vocabulary in which it says what
 * the instruction does. Decoder, assembler, disassembler, interpreter and translator are derived
 * from these definitions; nothing else in the repository knows an instruction.
 */
import type { FunctionBody, I32, I64 } from "../wasm/mod.ts";
import { type Encoding, type Field, type FieldName, parseEncoding } from "./encoding.ts";
import type { FloatOperation } from "./float_operations.ts";

/** The standard extensions of RV64GC. */
export type Extension = "I" | "M" | "A" | "F" | "D" | "C" | "Zicsr" | "Zifencei";

/** Widths and signs of loads, by the WebAssembly instruction that reads them into 64 bits. */
export type LoadKind =
  | "load8_s"
  | "load8_u"
  | "load16_s"
  | "load16_u"
  | "load32_s"
  | "load32_u"
  | "load";

/** Bytes that a store or an atomic operation writes. */
export type AccessWidth = 1 | 2 | 4 | 8;

/** How a CSR instruction changes the register. */
export type CsrUpdate = "write" | "set" | "clear";

/**
 * An instruction's operands and its possible effects, as WebAssembly being generated. Each engine
 * implements it: the interpreter reads operands from a decoded record, the translator knows them.
 *
 * An effect that can fail (a load, a store, an atomic operation, `csr`, `illegal`) leaves the
 * instruction before anything else of it has happened, so it comes first.
 */
export interface Meaning {
  /** The function under construction, for local variables and conditionals. */
  readonly body: FunctionBody;
  /** Value of the first integer source register. */
  readonly rs1: I64;
  /** Value of the second integer source register. */
  readonly rs2: I64;
  /** Raw bits of the float source registers. */
  readonly fs1: I64;
  readonly fs2: I64;
  readonly fs3: I64;
  /** The immediate, sign-extended where its field is signed. */
  readonly imm: I64;
  /** The five-bit immediate of the CSR instructions. */
  readonly zimm: I64;
  /** 1 when the number of the first source register (not its value) is 0. */
  readonly rs1IsZero: I32;
  /** This instruction's address, and that of the instruction behind it. */
  readonly pc: I64;
  readonly next: I64;
  /** Rounding mode in force, 0–7; 5 to 7 are not legal. */
  readonly roundingMode: I32;
  /** 1 when the rounding mode is to nearest-even and the inexact flag is up already. */
  readonly inexactNearest: I32;
  /** The inexact flag, 0 or 1. */
  readonly inexact: I32;
  setRd(value: I64): void;
  setFd(bits: I64): void;
  /** Reads memory; misaligned addresses work, as on Linux. */
  load(kind: LoadKind, address: I64, use: (value: I64) => void): void;
  store(width: AccessWidth, address: I64, value: I64): void;
  /** Finds the aligned place of an atomic operation: `use` gets its address in linear memory. */
  atomic(width: 4 | 8, address: I64, access: "read" | "write", use: (place: I32) => void): void;
  /** The reserved address (all ones when there is none) and the value that was read there. */
  readonly reservation: I64;
  readonly reservedValue: I64;
  reserve(address: I64, value: I64): void;
  /** Goes on at `pc + imm`, always or when the condition holds. */
  branch(condition?: I32): void;
  /** Goes on at an address that is even. */
  jump(target: I64): void;
  /** Swaps or changes the CSR that the instruction names; `use` gets the old value. */
  csr(update: CsrUpdate, operand: I64, writes: I32, use: (old: I64) => void): void;
  /** Raises exceptions flags as the operation does and gives its result, bit-exact but slowly. */
  softFloat(operation: FloatOperation, operands: readonly I64[], use: (result: I64) => void): void;
  /** Stops the hart at this instruction. */
  environmentCall(): void;
  breakpoint(): void;
  illegal(): void;
}

/** Generates what an instruction does. */
export type Semantics = (m: Meaning) => void;

/** A compressed instruction as the base instruction that it stands for. */
export interface Expansion {
  readonly instruction: BaseInstruction;
  /** Operand values that the compressed form implies. */
  readonly implied: Partial<Record<FieldName, number>>;
  /** Which field of the compressed form gives which field of the base form. */
  readonly from: Partial<Record<FieldName, FieldName>>;
}

interface Common extends Encoding {
  readonly name: string;
  readonly extension: Extension;
  /** Operands in assembly order, e.g. `rd, imm(rs1)`; `target` is `pc + imm`. */
  readonly operands: string;
}

/** A 32-bit instruction, which has semantics of its own. */
export interface BaseInstruction extends Common {
  readonly length: 4;
  /** Position in the table of base instructions. */
  readonly id: number;
  readonly semantics: Semantics;
}

/** A 16-bit instruction. */
export interface CompressedInstruction extends Common {
  readonly length: 2;
  readonly expansion: Expansion;
  /** Values of fields with which a word is not this instruction although its bits match. */
  readonly reserved: readonly { readonly field: Field; readonly value: number }[];
  /** Whether `fields` has the register that makes the word another instruction. */
  readonly excludes: (fields: Partial<Record<FieldName, number>>) => boolean;
}

export type Instruction = BaseInstruction | CompressedInstruction;

/** A base instruction as a file of the table gives it. */
export interface Definition {
  readonly name: string;
  readonly extension: Extension;
  readonly encoding: string;
  readonly operands: string;
  readonly semantics: Semantics;
}

/** Completes a definition; throws when its encoding is not one of 32 bits. */
export function baseInstruction(definition: Definition, id: number): BaseInstruction {
  const encoding = parseEncoding(definition.encoding);
  if (encoding.length !== 4) throw new Error(`Instruction ${definition.name} is not 32 bits long`);
  return { ...definition, ...encoding, length: 4, id };
}

/** The field of an encoding with a name. */
export function fieldOf(encoding: Encoding, name: FieldName): Field | undefined {
  return encoding.fields.find((field) => field.name === name);
}
