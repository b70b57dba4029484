/**
 * Forms: the ways in which a mnemonic can be written, and the instructions that each stands for. An
 * instruction of the table is a form that stands for itself; a pseudo-instruction is one that stands
 * for others. Forms work in both directions: operands to fields, and fields to operands.
 */
import {
  DYNAMIC_ROUNDING,
  type FieldName,
  type FieldValues,
  type Instruction,
  INSTRUCTIONS,
} from "../isa/mod.ts";
import {
  AQ_RL_SUFFIXES,
  csrNamed,
  orderingNamed,
  registerNamed,
  roundingModeNamed,
} from "./names.ts";
import type { Relocation } from "./fixup.ts";
import { OMITTED_OPERAND, PSEUDO_INSTRUCTIONS } from "./pseudo_table.ts";
import { type OperandSyntax, parseSyntax, variablesOf } from "./syntax.ts";

/** Where a field's value comes from. Several bindings of one field are put together. */
export interface Binding {
  readonly field: FieldName;
  readonly source:
    | { readonly kind: "number"; readonly value: number }
    | { readonly kind: "variable"; readonly variable: string; readonly shift: number }
    /** A part of the distance from the form's first instruction to the symbol. */
    | { readonly kind: "distance"; readonly relocation: Relocation; readonly variable: string };
}

/** One instruction of a form. */
export interface Step {
  readonly instruction: Instruction;
  readonly bindings: readonly Binding[];
  /** Not to be compressed. */
  readonly wide: boolean;
}

/** Expansions that are no fixed list of instructions. */
export type SpecialExpansion = "<constant>" | "<address>" | "<zero>";

/** A way to write a mnemonic. */
export interface Form {
  readonly name: string;
  readonly syntax: readonly OperandSyntax[];
  readonly expansion: readonly Step[] | SpecialExpansion;
  /** What the last operand is when it is left out. */
  readonly omitted: number | undefined;
  readonly assembles: boolean;
  readonly disassembles: boolean;
}

const BY_NAME: ReadonlyMap<string, Instruction> = new Map(
  INSTRUCTIONS.map((instruction) => [instruction.name, instruction]),
);

/** The fields that variables stand for, where the names differ. */
const VARIABLE_FIELDS: Readonly<Record<string, { field: FieldName; shift: number; mask: number }>> =
  {
    upper: { field: "imm", shift: 12, mask: 0xfffff },
    target: { field: "imm", shift: 0, mask: -1 },
    predecessor: { field: "ordering", shift: 4, mask: 15 },
    successor: { field: "ordering", shift: 0, mask: 15 },
  };

const placeOf = (variable: string) =>
  VARIABLE_FIELDS[variable] ?? { field: variable as FieldName, shift: 0, mask: -1 };

/** The instruction itself as a step, all its operands variable. */
function ownStep(instruction: Instruction, aqrl?: number): Step {
  const bindings = variablesOf(parseSyntax(instruction.operands)).map((variable): Binding => {
    const { field, shift } = placeOf(variable);
    return { field, source: { kind: "variable", variable, shift } };
  });
  if (aqrl !== undefined) bindings.push(constantBinding("aqrl", aqrl));
  return { instruction, bindings, wide: false };
}

const constantBinding = (field: FieldName, value: number): Binding => ({
  field,
  source: { kind: "number", value },
});

/** Reads an instruction with operands as the pseudo table writes it. */
export function parseStep(text: string): Step {
  const [, mark, name = "", operands = ""] = /^(!?)(\S+) ?(.*)$/.exec(text) ?? [];
  const instruction = BY_NAME.get(name);
  if (instruction === undefined) throw new Error(`Pseudo table has no instruction in '${text}'`);
  const syntax = parseSyntax(instruction.operands);
  const written = operands === "" ? [] : operands.split(", ");
  const wholeOrdering = syntax.length === 2 && written.length === 1 && /^0x/.test(operands);
  const bindings = wholeOrdering
    ? [constantBinding("ordering", Number(operands))]
    : syntax.flatMap((operand, index) => parseBindings(operand, written[index] ?? "", text));
  return { instruction, bindings, wide: mark === "!" };
}

function parseBindings(syntax: OperandSyntax, written: string, context: string): Binding[] {
  switch (syntax.kind) {
    case "fixed":
      return [];
    case "memory": {
      const at = written.lastIndexOf("(");
      const base = parseBindings(syntax.base, written.slice(at + 1, -1), context);
      if (syntax.offset === undefined) return base;
      const offset: OperandSyntax = { kind: "immediate", variable: syntax.offset };
      return [...parseBindings(offset, written.slice(0, at), context), ...base];
    }
    default:
      return [parseBinding(syntax, written, context)];
  }
}

type VariableSyntax = Exclude<OperandSyntax, { kind: "fixed" | "memory" }>;

function parseBinding(syntax: VariableSyntax, written: string, context: string): Binding {
  const { field, shift } = placeOf(syntax.variable);
  const [, relocation, symbol] = /^%(\w+)\((\w+)\)$/.exec(written) ?? [];
  if (relocation !== undefined && symbol !== undefined) {
    const source = { kind: "distance", relocation: relocation as Relocation, variable: symbol };
    return { field, source } as Binding;
  }
  const number = parseConstant(syntax, written);
  if (number !== undefined) return constantBinding(field, number << shift);
  const [variable] = variablesOf(parseSyntax(written));
  if (variable === undefined) {
    throw new Error(`Pseudo table cannot bind an operand in '${context}'`);
  }
  return { field, source: { kind: "variable", variable, shift } };
}

/** A register, number or name written where a variable could stand. */
function parseConstant(syntax: VariableSyntax, written: string): number | undefined {
  if (/^-?\d+$/.test(written)) return Number(written);
  switch (syntax.kind) {
    case "register":
      // By number only: 'fs1' is the variable.
      return /^[xf]\d+$/.test(written) ? registerNamed(written)?.number : undefined;
    case "csr":
      return csrNamed(written);
    case "rounding":
      return roundingModeNamed(written);
    case "ordering":
      return orderingNamed(written);
    default:
      return undefined;
  }
}

/** The forms of an instruction itself: more than one where the mnemonic takes `.aq` and `.rl`. */
function ownForms(instruction: Instruction): Form[] {
  const syntax = parseSyntax(instruction.operands);
  const rounds = syntax.at(-1)?.kind === "rounding";
  const omitted = OMITTED_OPERAND[instruction.name] ?? (rounds ? DYNAMIC_ROUNDING : undefined);
  const common = { syntax, omitted, assembles: true, disassembles: true };
  if (!instruction.fields.some((field) => field.name === "aqrl")) {
    return [{ ...common, name: instruction.name, expansion: [ownStep(instruction)] }];
  }
  return AQ_RL_SUFFIXES.map((suffix, aqrl) => ({
    ...common,
    name: instruction.name + suffix,
    expansion: [ownStep(instruction, aqrl)],
  }));
}

function parseRow(row: string): Form {
  const [, left = "", arrow, right = ""] = /^(.*?) (=|->|<-) (.*)$/.exec(row) ?? [];
  const [, name = "", operands = ""] = /^(\S+) ?(.*)$/.exec(left) ?? [];
  return {
    name,
    syntax: parseSyntax(operands),
    expansion: right.startsWith("<") ? right as SpecialExpansion : right.split("; ").map(parseStep),
    omitted: undefined,
    assembles: arrow !== "<-",
    disassembles: arrow !== "->",
  };
}

const onlyInstruction = ({ expansion }: Form) =>
  typeof expansion === "string" || expansion.length > 1 ? undefined : expansion[0]?.instruction;

/** The forms by what they are looked for. */
interface FormTable {
  readonly assembling: ReadonlyMap<string, readonly Form[]>;
  readonly aliases: ReadonlyMap<Instruction | undefined, readonly Form[]>;
  readonly own: ReadonlyMap<Instruction | undefined, readonly Form[]>;
}

let table: FormTable | undefined;

/** The table, made when first asked for: who only runs programs has no use for it. */
function forms(): FormTable {
  return table ??= makeForms();
}

function makeForms(): FormTable {
  const pseudo = PSEUDO_INSTRUCTIONS.map(parseRow);
  const own = INSTRUCTIONS.flatMap(ownForms);
  return {
    assembling: Map.groupBy(
      [...own, ...pseudo].filter((form) => form.assembles),
      ({ name }) => name,
    ),
    aliases: Map.groupBy(pseudo.filter((form) => form.disassembles), onlyInstruction),
    own: Map.groupBy(own, onlyInstruction),
  };
}

/** The forms of a mnemonic, those of an instruction of that very name first. */
export function formsNamed(mnemonic: string): readonly Form[] {
  return forms().assembling.get(mnemonic) ?? [];
}

/** All forms that can be assembled. */
export function allForms(): Form[] {
  return [...forms().assembling.values()].flat();
}

/** The forms that an instruction is disassembled to: pseudo-instructions or itself. */
export function formsOf(instruction: Instruction, kind: "alias" | "own"): readonly Form[] {
  const { aliases, own } = forms();
  return (kind === "alias" ? aliases : own).get(instruction) ?? [];
}

/** Puts numbers in the place of a step's variables. */
export function bind(step: Step, variables: ReadonlyMap<string, number>): FieldValues {
  const fields: FieldValues = {};
  for (const { field, source } of step.bindings) {
    if (source.kind === "distance") continue;
    const value = source.kind === "number"
      ? source.value
      : (variables.get(source.variable) ?? 0) << source.shift;
    fields[field] = (fields[field] ?? 0) | value;
  }
  return fields;
}

/** The variables with which a step gives exactly these fields, if there are any. */
export function solve(step: Step, fields: FieldValues): Map<string, number> | undefined {
  const variables = new Map<string, number>();
  for (const { field, source } of step.bindings) {
    if (source.kind !== "variable") continue;
    const { mask } = placeOf(source.variable);
    variables.set(source.variable, ((fields[field] ?? 0) >> source.shift) & mask);
  }
  const bound = bind(step, variables);
  const same = step.instruction.fields.every(({ name }) => (bound[name] ?? 0) === fields[name]);
  return same ? variables : undefined;
}
