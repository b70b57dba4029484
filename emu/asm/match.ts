/** Finds the form that operands are written in, and the values that they give to its variables. */
import { AssemblyError, type Position } from "./error.ts";
import type { Expression } from "./expression.ts";
import type { Relocation } from "./fixup.ts";
import type { Form } from "./form.ts";
import { csrNamed, orderingNamed, roundingModeNamed } from "./names.ts";
import type { Operand } from "./operand.ts";
import { type OperandSyntax, syntaxText } from "./syntax.ts";

/** A part of an address that is known after layout. */
export interface Deferred {
  readonly expression: Expression;
  /** `undefined` for the target of a branch, or for a whole symbol. */
  readonly relocation: Relocation | undefined;
}

/** What an operand gives to a variable. */
export interface OperandValue {
  readonly value: bigint | Deferred;
  readonly position: Position;
  /** As it stands in the source. */
  readonly text: string;
}

/** Values by the names of the variables. */
export type OperandValues = ReadonlyMap<string, OperandValue>;

/** Says which expressions are numbers already. */
export type Constants = (expression: Expression) => bigint | undefined;

/** Whether operands could be written in a form, going by their looks alone. */
export function matches(form: Form, operands: readonly Operand[], constants: Constants): boolean {
  const registers = new Map<string, number>();
  return countFits(form, operands.length) &&
    operands.every((operand, index) => {
      const syntax = form.syntax[index];
      if (syntax === undefined || !looksLike(syntax, operand, constants)) return false;
      if (syntax.kind !== "register" || operand.register === undefined) return true;
      const before = registers.get(syntax.variable);
      registers.set(syntax.variable, operand.register.number);
      return before === undefined || before === operand.register.number;
    });
}

function countFits({ syntax, omitted }: Form, count: number): boolean {
  return count === syntax.length || (omitted !== undefined && count === syntax.length - 1);
}

function looksLike(syntax: OperandSyntax, operand: Operand, constants: Constants): boolean {
  const { register, expression, base, relocation } = operand;
  const isValue = expression !== undefined && base === undefined;
  switch (syntax.kind) {
    case "register":
      return register?.file === syntax.file;
    case "fixed":
      return register?.file === "x" && register.number === syntax.number;
    case "memory":
      return base?.file === "x" &&
        (syntax.base.kind !== "fixed" || syntax.base.number === base.number);
    case "immediate":
    case "upper":
      return isValue && register === undefined;
    case "constant":
      return isValue && relocation === undefined && constants(expression) !== undefined;
    case "target":
    case "symbol":
      return isValue && relocation === undefined;
    case "csr":
      return isValue && relocation === undefined && register === undefined;
    case "rounding":
      return roundingModeNamed(operand.text) !== undefined;
    case "ordering":
      return orderingNamed(operand.text) !== undefined;
  }
}

/** The values of operands that match a form. Throws where one cannot be what the form needs. */
export function valuesOf(
  { syntax, omitted }: Form,
  operands: readonly Operand[],
  mnemonic: string,
  constants: Constants,
): OperandValues {
  const values = new Map<string, OperandValue>();
  operands.forEach((operand, index) => {
    const operandSyntax = syntax[index];
    if (operandSyntax !== undefined) {
      collect(values, operandSyntax, operand, mnemonic, constants);
    }
  });
  const last = syntax.at(-1);
  if (operands.length < syntax.length && omitted !== undefined && last && "variable" in last) {
    const position = operands.at(-1)?.position ?? { line: 0, column: 0 };
    values.set(last.variable, { value: BigInt(omitted), position, text: "" });
  }
  return values;
}

function collect(
  values: Map<string, OperandValue>,
  syntax: OperandSyntax,
  operand: Operand,
  mnemonic: string,
  constants: Constants,
): void {
  const { position, text } = operand;
  const set = (variable: string, value: bigint | Deferred) =>
    values.set(variable, { value, position, text });
  switch (syntax.kind) {
    case "register":
      set(syntax.variable, BigInt(operand.register?.number ?? 0));
      return;
    case "fixed":
      return;
    case "memory": {
      if (syntax.base.kind === "register") {
        set(syntax.base.variable, BigInt(operand.base?.number ?? 0));
      }
      const offset = immediate(operand, mnemonic, constants);
      if (syntax.offset !== undefined) {
        values.set(syntax.offset, { value: offset, position, text: operand.expressionText });
      } else if (offset !== 0n) {
        throw new AssemblyError(position, `'${mnemonic}' takes no offset, only '(register)'`);
      }
      return;
    }
    case "upper":
    case "immediate":
      set(syntax.variable, immediate(operand, mnemonic, constants));
      return;
    case "csr":
      set(syntax.variable, csr(operand, mnemonic, constants));
      return;
    case "rounding":
      set(syntax.variable, BigInt(roundingModeNamed(text) ?? 0));
      return;
    case "ordering":
      set(syntax.variable, BigInt(orderingNamed(text) ?? 0));
      return;
    case "constant":
    case "target":
    case "symbol":
      set(syntax.variable, address(operand));
  }
}

function address({ expression, relocation }: Operand): Deferred {
  return { expression: expression ?? { kind: "number", value: 0n }, relocation };
}

function immediate(
  operand: Operand,
  mnemonic: string,
  constants: Constants,
): bigint | Deferred {
  return operand.relocation === undefined
    ? numberIn(operand, mnemonic, constants, "immediate")
    : address(operand);
}

function csr(operand: Operand, mnemonic: string, constants: Constants): bigint {
  const { name, position } = operand;
  const known = csrNamed(name ?? "");
  if (known !== undefined) return BigInt(known);
  const value = operand.expression && constants(operand.expression);
  if (value === undefined && name !== undefined) {
    throw new AssemblyError(position, `CSR '${name}' of '${mnemonic}' is unknown`);
  }
  return numberIn(operand, mnemonic, constants, "CSR");
}

/** The value of a number that must be known by now; 0 where it is left out. */
function numberIn(
  { expression, expressionText, position }: Operand,
  mnemonic: string,
  constants: Constants,
  what: string,
): bigint {
  const value = expression === undefined ? 0n : constants(expression);
  if (value !== undefined) return value;
  const reason =
    `${what} '${expressionText}' of '${mnemonic}' is not a number that is known in this line`;
  throw new AssemblyError(position, reason);
}

/** The error for operands that match none of a mnemonic's forms. */
export function mismatch(
  mnemonic: string,
  position: Position,
  forms: readonly Form[],
  operands: readonly Operand[],
  constants: Constants,
): AssemblyError {
  const progress = forms.filter((form) => countFits(form, operands.length)).map((form) => ({
    form,
    index: operands.findIndex((operand, index) => {
      const syntax = form.syntax[index];
      return syntax !== undefined && !looksLike(syntax, operand, constants);
    }),
  }));
  const furthest = Math.max(...progress.map(({ index }) => index));
  const operand = operands[furthest];
  if (operand === undefined) {
    const quoted = (text: string) => text === "" ? "no operands" : `'${text}'`;
    const ways = [...new Set(forms.map(({ syntax }) => quoted(syntaxText(syntax))))].join(" or ");
    const found = quoted(operands.map(({ text }) => text).join(", "));
    return new AssemblyError(position, `'${mnemonic}' takes ${ways}, not ${found}`);
  }
  const wanted = progress.filter(({ index }) => index === furthest).map(({ form }) => {
    const syntax = form.syntax[furthest];
    return syntax === undefined ? "" : describe(syntax);
  });
  const reason = `operand ${furthest + 1} of '${mnemonic}' is '${operand.text}', not ${
    [...new Set(wanted)].join(" or ")
  }`;
  return new AssemblyError(operand.position, reason);
}

function describe(syntax: OperandSyntax): string {
  switch (syntax.kind) {
    case "register":
      return syntax.file === "x" ? "an integer register" : "a float register";
    case "fixed":
      return `the register '${syntax.register}'`;
    case "memory":
      return `memory such as '${syntax.offset === undefined ? "" : "0"}(${
        syntax.base.kind === "fixed" ? syntax.base.register : "a0"
      })'`;
    case "immediate":
    case "upper":
      return "an immediate";
    case "constant":
      return "a number that is known in this line";
    case "target":
    case "symbol":
      return "an address";
    case "csr":
      return "a CSR";
    case "rounding":
      return "a rounding mode";
    case "ordering":
      return "a set out of 'iorw'";
  }
}
