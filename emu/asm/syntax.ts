/**
 * The notation of operands in the instruction table and in the table of pseudo-instructions:
 * comma-separated, each one of
 *
 * ```text
 * rd rs1 rs2 rt            an integer register        fd fs1 fs2 fs3    a float register
 * sp                       that very register         imm(rs1) (rs1)    memory
 * imm zimm constant        a number                   upper             bits 31–12 of a number
 * target symbol            an address                 csr               a CSR
 * rm                       a rounding mode            ordering          two sets out of i, o, r, w
 * ```
 */
import { type RegisterFile, registerNamed } from "./names.ts";

/** Kinds of operands that are more than a register. */
export type ValueKind =
  | "immediate"
  | "constant"
  | "upper"
  | "target"
  | "symbol"
  | "csr"
  | "rounding"
  | "ordering";

/** How one operand is written. */
export type OperandSyntax =
  | { readonly kind: "register"; readonly variable: string; readonly file: RegisterFile }
  | { readonly kind: "fixed"; readonly register: string; readonly number: number }
  | { readonly kind: "memory"; readonly offset: string | undefined; readonly base: OperandSyntax }
  | { readonly kind: ValueKind; readonly variable: string };

const VALUE_KINDS: Readonly<Record<string, ValueKind>> = {
  imm: "immediate",
  zimm: "immediate",
  constant: "constant",
  upper: "upper",
  target: "target",
  symbol: "symbol",
  csr: "csr",
  rm: "rounding",
  predecessor: "ordering",
  successor: "ordering",
};

/** Parses a list of operands in the notation; throws for a name that is not in it. */
export function parseSyntax(operands: string): OperandSyntax[] {
  if (operands === "") return [];
  return operands.replace("ordering", "predecessor, successor").split(", ").map(parseOperand);
}

function parseOperand(text: string): OperandSyntax {
  const [, offset = "", base] = /^(\w*)\((\w+)\)$/.exec(text) ?? [];
  if (base !== undefined) {
    return { kind: "memory", offset: offset === "" ? undefined : offset, base: parseOperand(base) };
  }
  const kind = VALUE_KINDS[text];
  if (kind !== undefined) return { kind, variable: text };
  if (/^(rd|rs[12]|rt)$/.test(text)) return { kind: "register", variable: text, file: "x" };
  if (/^(fd|fs[123])$/.test(text)) return { kind: "register", variable: text, file: "f" };
  const register = registerNamed(text);
  if (register === undefined) throw new Error(`Operand notation has no '${text}'`);
  return { kind: "fixed", register: text, number: register.number };
}

/** The variables that operands in a syntax give values to. */
export function variablesOf(syntax: readonly OperandSyntax[]): string[] {
  return syntax.flatMap((operand): string[] => {
    switch (operand.kind) {
      case "fixed":
        return [];
      case "memory": {
        const base = variablesOf([operand.base]);
        return operand.offset === undefined ? base : [operand.offset, ...base];
      }
      default:
        return [operand.variable];
    }
  });
}

/** The notation again, for messages. */
export function syntaxText(syntax: readonly OperandSyntax[]): string {
  return syntax.map((operand): string => {
    switch (operand.kind) {
      case "fixed":
        return operand.register;
      case "memory":
        return `${operand.offset ?? ""}(${syntaxText([operand.base])})`;
      default:
        return operand.variable;
    }
  }).join(", ");
}
