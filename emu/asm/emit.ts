/** Puts the instructions that a statement stands for into the current section. */
import {
  expand,
  fieldAccepts,
  type FieldName,
  type FieldValues,
  type Instruction,
} from "../isa/mod.ts";
import { bytesOf } from "./bytes.ts";
import { canHold, compress, isHint } from "./compress.ts";
import { type BoundStep, loadConstant, loadImmediate } from "./constant.ts";
import { encode } from "./encode.ts";
import { AssemblyError, type Position } from "./error.ts";
import type { Relocation } from "./fixup.ts";
import { type Form, formsNamed, type Step } from "./form.ts";
import {
  type Constants,
  type Deferred,
  matches,
  mismatch,
  type OperandValue,
  type OperandValues,
  valuesOf,
} from "./match.ts";
import { registerName } from "./names.ts";
import type { Operand } from "./operand.ts";
import type { Place, Section } from "./section.ts";

/** What an instruction is assembled into, and how. */
export interface Target {
  readonly section: Section;
  /** Whether compressed instructions may be written. */
  readonly compressed: boolean;
  readonly constants: Constants;
}

/** An instruction as it is written in the source. */
export interface Written {
  readonly mnemonic: string;
  readonly position: Position;
  readonly operands: readonly Operand[];
}

/** Assembles one instruction or pseudo-instruction. Throws {@linkcode AssemblyError}. */
export function emit(target: Target, written: Written): void {
  const { mnemonic, position, operands } = written;
  const forms = formsNamed(mnemonic);
  if (forms.length === 0) throw new AssemblyError(position, `unknown instruction '${mnemonic}'`);
  const matching = forms.filter((form) => matches(form, operands, target.constants));
  if (matching.length === 0) {
    throw mismatch(mnemonic, position, forms, operands, target.constants);
  }
  for (const form of matching) {
    const write = prepare(target, written, form);
    if (write !== undefined) return write();
  }
  throw new AssemblyError(position, `'${mnemonic}' is compressed, which '.option norvc' excludes`);
}

/** What will write a form; `undefined` where another form of the mnemonic has to do it. */
function prepare(target: Target, written: Written, form: Form): (() => void) | undefined {
  const { mnemonic, position, operands } = written;
  const values = valuesOf(form, operands, mnemonic, target.constants);
  if (typeof form.expansion === "string") {
    return prepareSpecial(target, position, form.expansion, values);
  }
  const steps = form.expansion;
  const compressed = steps.some((step) => step.instruction.length === 2);
  if (compressed && !target.compressed) return undefined;
  if (compressed && form.name !== steps[0]?.instruction.name && !fits(steps, values)) {
    return undefined;
  }
  return () => {
    const anchor = target.section.here();
    for (const step of steps) emitStep(target, written, step, values, anchor);
  };
}

function prepareSpecial(
  target: Target,
  position: Position,
  expansion: string,
  values: OperandValues,
): (() => void) | undefined {
  if (expansion === "<zero>") {
    return target.compressed ? () => target.section.append([0, 0], position) : undefined;
  }
  const rd = Number(values.get("rd")?.value);
  const constant = values.get("constant")?.value;
  const value = typeof constant === "object" ? target.constants(constant.expression) : constant;
  const steps = (expansion === "<constant>" ? loadImmediate : loadConstant)(rd, value ?? 0n);
  return () => {
    for (const step of steps) emitBound(target, position, step);
  };
}

/** Whether the compressed instruction of a pseudo-instruction can hold its operands. */
function fits(steps: readonly Step[], values: OperandValues): boolean {
  return steps.every(({ instruction, bindings }) => {
    if (instruction.length !== 2) return true;
    const fields: FieldValues = {};
    let anyDistance = false;
    for (const { field, source } of bindings) {
      const value = source.kind === "variable" ? values.get(source.variable)?.value : undefined;
      if (typeof value === "object" && value.relocation !== undefined) return false;
      anyDistance ||= typeof value === "object";
      fields[field] = source.kind === "number" ? source.value : Number(value);
    }
    if (!canHold(instruction, fields, anyDistance)) return false;
    const base = expand({ instruction, fields });
    return !isHint(base.instruction, base.fields);
  });
}

interface DeferredField {
  readonly field: FieldName;
  readonly deferred: Deferred;
  readonly position: Position;
  readonly anchor: Place | undefined;
}

function emitStep(
  target: Target,
  written: Written,
  step: Step,
  values: OperandValues,
  start: Place,
): void {
  const { instruction, bindings, wide } = step;
  const fields: FieldValues = {};
  const deferredFields: DeferredField[] = [];
  for (const { field, source } of bindings) {
    if (source.kind === "number") {
      fields[field] = (fields[field] ?? 0) | source.value;
      continue;
    }
    const operand = values.get(source.variable);
    if (operand === undefined) throw new Error(`Form of '${written.mnemonic}' lacks an operand`);
    const { value, position } = operand;
    if (source.kind === "distance") {
      const deferred = { expression: wholeSymbol(value), relocation: source.relocation };
      const anchor = source.relocation === "pcrel_lo" ? start : undefined;
      deferredFields.push({ field, deferred, position, anchor });
    } else if (typeof value === "object") {
      deferredFields.push({ field, deferred: value, position, anchor: undefined });
    } else {
      const number = checked(instruction, field, source.shift, operand, written.mnemonic);
      fields[field] = (fields[field] ?? 0) | number;
    }
  }
  const [deferred] = deferredFields;
  if (deferred === undefined) {
    checkReserved(written, instruction, fields);
    emitBound(target, written.position, { instruction, fields, wide });
  } else if (deferred.deferred.relocation === undefined) {
    emitBranch(target, instruction, fields, deferred);
  } else {
    emitRelocated(target, written, instruction, fields, deferred, deferred.deferred.relocation);
  }
}

function wholeSymbol(value: bigint | Deferred): Deferred["expression"] {
  return typeof value === "object" ? value.expression : { kind: "number", value };
}

/** Emits an instruction whose fields are all known, compressed where that is possible. */
function emitBound(
  { section, compressed }: Target,
  position: Position,
  { instruction, fields, wide }: BoundStep,
): void {
  const short = instruction.length === 4 && compressed && !wide
    ? compress(instruction, fields)
    : undefined;
  const chosen = short ?? { instruction, fields };
  section.append(bytesOf(encode(chosen.instruction, chosen.fields), chosen.instruction), position);
}

function emitBranch(
  { section, compressed }: Target,
  instruction: Instruction,
  known: FieldValues,
  { deferred, position }: DeferredField,
): void {
  const { instruction: base, fields } = instruction.length === 4
    ? { instruction, fields: known }
    : expand({ instruction, fields: known });
  const found = compressed ? compress(base, { ...fields, imm: 0 }, true) : undefined;
  const short = instruction.length === 2 ? { instruction, fields: known } : found;
  section.appendVariable({
    kind: "branch",
    address: 0,
    instruction: base,
    fields,
    short,
    target: deferred.expression,
    position,
    size: 0,
  }, position);
}

function emitRelocated(
  { section }: Target,
  { mnemonic }: Written,
  instruction: Instruction,
  fields: FieldValues,
  { deferred, position, field: name, anchor }: DeferredField,
  relocation: Relocation,
): void {
  const field = instruction.fields.find((candidate) => candidate.name === name);
  const isUpper = field?.lowBit === 12;
  const wantsUpper = relocation === "hi" || relocation === "pcrel_hi";
  const isLower = field?.lowBit === 0 && field.bits === 12 && field.signed;
  if (field === undefined || instruction.length === 2 || !(wantsUpper ? isUpper : isLower)) {
    throw new AssemblyError(position, `'%${relocation}' has no place in '${mnemonic}'`);
  }
  const bytes = bytesOf(encode(instruction, fields), instruction);
  const { expression } = deferred;
  const { offset } = section.here();
  section.appendFixup(bytes, {
    kind: "instruction",
    offset,
    field,
    relocation,
    anchor,
    expression,
    position,
  }, position);
}

/** A field's value, which must fit. */
function checked(
  instruction: Instruction,
  name: FieldName,
  shift: number,
  { value, position, text }: OperandValue,
  mnemonic: string,
): number {
  const fail = (reason: string) => new AssemblyError(position, reason);
  const field = instruction.fields.find((candidate) => candidate.name === name);
  if (field === undefined || typeof value === "object") {
    throw new Error(`Form of '${mnemonic}' has no field '${name}'`);
  }
  const isUpper = shift === field.lowBit && shift > 0;
  if (isUpper && (value < 0n || value > 0xfffffn)) {
    throw fail(`immediate ${text} of '${mnemonic}' is not in 0…1048575`);
  }
  const number = Number(BigInt.asIntN(64, value)) * 2 ** shift;
  const settled = isUpper ? number | 0 : number;
  if (fieldAccepts(field, settled)) return settled;
  if (field.short) {
    const file = name.startsWith("f") ? "f" : "x";
    const last = `${registerName(file, 8)}…${registerName(file, 15)}`;
    throw fail(`register '${text}' of '${mnemonic}' is not one of ${file}8…${file}15 (${last})`);
  }
  const what = `${name === "csr" ? "CSR" : "immediate"} ${text} of '${mnemonic}'`;
  const [low, high] = rangeOf(field);
  if (value === 0n) throw fail(`${what} is reserved`);
  if (isUpper) throw fail(`${what} is not in 1…${high >> 12} or ${0x100000 + (low >> 12)}…1048575`);
  if (settled < low || settled > high) throw fail(`${what} is not in ${low}…${high}`);
  throw fail(`${what} is not a multiple of ${2 ** field.lowBit}`);
}

function rangeOf({ bits, signed, lowBit }: Instruction["fields"][number]): [number, number] {
  const step = 2 ** lowBit;
  return signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - step] : [0, 2 ** bits - step];
}

function checkReserved(
  { mnemonic, position }: Written,
  instruction: Instruction,
  fields: FieldValues,
): void {
  if (instruction.length === 2 && instruction.excludes(fields)) {
    throw new AssemblyError(position, `'${mnemonic}' does not exist with these operands`);
  }
}
