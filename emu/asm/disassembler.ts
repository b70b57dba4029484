/**
 * Instruction words as text, from the same table and the same forms as the assembler.
 *
 * The normal form is objdump's: ABI names of registers, no blanks behind commas, decimal immediates,
 * but hexadecimal shift amounts and upper immediates. It differs in that targets are written `0x…`,
 * without a symbol behind them, in that a blank stands between mnemonic and operands, and in that
 * there are no comments.
 */
import {
  decode,
  type Decoded,
  expand,
  type FieldValues,
  type Instruction,
  instructionLength,
} from "../isa/mod.ts";
import { isHint } from "./compress.ts";
import { type Form, formsOf, solve, type Step } from "./form.ts";
import { csrName, orderingName, registerName, roundingModeName } from "./names.ts";
import type { OperandSyntax } from "./syntax.ts";

/** How instructions are written. */
export interface DisassembleOptions {
  /**
   * Whether pseudo-instructions are named (`ret`), and compressed instructions written as what they
   * stand for, like `objdump -d`; otherwise each instruction is written as itself (`c.jr ra`), like
   * `objdump -d -M no-aliases`. Default false.
   */
  readonly aliases?: boolean;
}

/** One disassembled instruction, or bytes that are none. */
export interface DisassembledLine {
  /** Address of its first byte. */
  readonly address: bigint;
  /** The bytes as a little-endian number. */
  readonly word: number;
  /** 2 or 4; 1 for a byte that is left over at the end. */
  readonly length: 1 | 2 | 4;
  /** The instruction, or a directive for bytes that are none. */
  readonly text: string;
}

/**
 * Writes one instruction, a 16-bit word or a 32-bit one, as the assembler reads it. What is no
 * instruction of RV64GC becomes `.2byte` or `.4byte`, and so does what has no syntax (a fence with
 * reserved fields); only the all-zero halfword is `unimp`.
 *
 * @param address Where the instruction stands, for the targets of branches. Default 0.
 *
 * @example
 * ```ts
 * import { disassemble } from "./mod.ts";
 *
 * console.log(disassemble(0x0505)); // c.addi a0,1
 * console.log(disassemble(0x8082, 0, { aliases: true })); // ret
 * console.log(disassemble(0xfe000ee3, 0x10004)); // beq zero,zero,0x10000
 * ```
 */
export function disassemble(
  word: number,
  address: bigint | number = 0,
  options: DisassembleOptions = {},
): string {
  const decoded = decode(word);
  const text = decoded && describe(decoded, BigInt(address), options.aliases ?? false);
  if (text !== undefined) return text;
  const isShort = (word & 3) !== 3;
  const bits = isShort ? word & 0xffff : word >>> 0;
  if (isShort && bits === 0) return options.aliases ? "unimp" : "c.unimp";
  return `${isShort ? ".2byte" : ".4byte"} 0x${bits.toString(16)}`;
}

/**
 * Writes the instructions in a piece of memory, from its first byte on.
 *
 * @param address Where the first byte stands. Default 0.
 *
 * @example
 * ```ts
 * import { disassembleBytes } from "./mod.ts";
 *
 * const [first, second] = disassembleBytes(Uint8Array.of(0x05, 0x05, 0x82, 0x80), 0x1000);
 * if (first?.text !== "c.addi a0,1") throw new Error(first?.text);
 * if (second?.address !== 0x1002n || second.text !== "c.jr ra") throw new Error(second?.text);
 * ```
 */
export function disassembleBytes(
  bytes: Uint8Array,
  address: bigint | number = 0,
  options: DisassembleOptions = {},
): DisassembledLine[] {
  const lines: DisassembledLine[] = [];
  const base = BigInt(address);
  for (let at = 0; at < bytes.length;) {
    const length = lengthAt(bytes, at);
    const word = littleEndian(bytes.subarray(at, at + length));
    const here = base + BigInt(at);
    lines.push({ address: here, word, length, text: textOf(word, length, here, options) });
    at += length;
  }
  return lines;
}

/** What is longer than four bytes, or cut off at the end, is taken two bytes at a time. */
function lengthAt(bytes: Uint8Array, at: number): 1 | 2 | 4 {
  if (at + 2 > bytes.length) return 1;
  const whole = instructionLength(littleEndian(bytes.subarray(at, at + 2)));
  return whole === 4 && at + 4 <= bytes.length ? 4 : 2;
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
}

function textOf(
  word: number,
  length: 1 | 2 | 4,
  address: bigint,
  options: DisassembleOptions,
): string {
  const isInstruction = length === 4 || (length === 2 && (word & 3) !== 3);
  if (isInstruction) return disassemble(word, address, options);
  return `${length === 1 ? ".byte" : ".2byte"} 0x${word.toString(16)}`;
}

function describe(decoded: Decoded, address: bigint, aliases: boolean): string | undefined {
  const { instruction, fields } = decoded;
  const expanded = expand(decoded);
  const base = expanded.instruction;
  // A compressed hint is kept as it is: the base instruction would be a hint of another length.
  const isPlain = instruction.length === 4 || !isHint(base, expanded.fields);
  const candidates: [Instruction, FieldValues, "own" | "alias"][] = aliases && isPlain
    ? [
      [instruction, fields, "alias"],
      [base, expanded.fields, "alias"],
      [base, expanded.fields, "own"],
    ]
    // Where the instruction itself has no syntax, a pseudo-instruction may have one.
    : [[instruction, fields, "own"], [instruction, fields, "alias"]];
  for (const [candidate, values, kind] of candidates) {
    for (const form of formsOf(candidate, kind)) {
      const text = write(form, values, address);
      if (text !== undefined) return text;
    }
  }
  return undefined;
}

/** The text of a form that gives these fields; `undefined` when it does not, or has no word for one. */
function write(form: Form, fields: FieldValues, address: bigint): string | undefined {
  const [step] = form.expansion;
  if (step === undefined || typeof step === "string") return undefined;
  const variables = solve(step, fields);
  if (variables === undefined) return undefined;
  const syntax = withoutOmitted(form, variables);
  const operands = syntax.map((operand) => writeOperand(operand, variables, step, address));
  if (operands.includes(undefined)) return undefined;
  return operands.length === 0 ? form.name : `${form.name} ${operands.join(",")}`;
}

function withoutOmitted({ syntax, omitted }: Form, variables: ReadonlyMap<string, number>) {
  const last = syntax.at(-1);
  const isOmitted = omitted !== undefined && last !== undefined && "variable" in last &&
    variables.get(last.variable) === omitted;
  return isOmitted ? syntax.slice(0, -1) : syntax;
}

function writeOperand(
  syntax: OperandSyntax,
  variables: ReadonlyMap<string, number>,
  step: Step,
  address: bigint,
): string | undefined {
  if (syntax.kind === "fixed") return syntax.register;
  if (syntax.kind === "memory") {
    const base = writeOperand(syntax.base, variables, step, address);
    const offset = syntax.offset === undefined ? "" : variables.get(syntax.offset) ?? 0;
    return `${offset}(${base})`;
  }
  const value = variables.get(syntax.variable) ?? 0;
  switch (syntax.kind) {
    case "register":
      return registerName(syntax.file, value);
    case "immediate":
      return isShiftAmount(step, syntax.variable) ? hexadecimal(value) : String(value);
    case "upper":
      return hexadecimal(value);
    case "target":
      return `0x${BigInt.asUintN(64, address + BigInt(value)).toString(16)}`;
    case "csr":
      return csrName(value);
    case "rounding":
      return roundingModeName(value);
    case "ordering":
      return orderingName(value);
    case "constant":
    case "symbol":
      return undefined;
  }
}

const hexadecimal = (value: number): string => `0x${value.toString(16)}`;

/** Immediates that are not signed and count in ones are shift amounts. */
function isShiftAmount({ instruction }: Step, variable: string): boolean {
  const field = instruction.fields.find(({ name }) => name === variable);
  return field !== undefined && field.name === "imm" && !field.signed && field.lowBit === 0;
}
