/**
 * Expressions of assembly source: their grammar and their values.
 *
 * Operators, from the tightest: unary `- + ~`; `* / % << >>`; `& | ^`; `+ -`. Equal ones go from left
 * to right, as in GNU as. Numbers are 64 bits wide and wrap; `/` and `%` are signed, `>>` shifts
 * zeros in.
 */
import { AssemblyError, type Position } from "./error.ts";
import type { Place } from "./section.ts";
import type { TokenReader } from "./token_reader.ts";

type UnaryOperator = "-" | "+" | "~";
type BinaryOperator = "*" | "/" | "%" | "<<" | ">>" | "&" | "|" | "^" | "+" | "-";

/** A parsed expression. */
export type Expression =
  | { readonly kind: "number"; readonly value: bigint }
  | { readonly kind: "symbol"; readonly name: string; readonly position: Position }
  | { readonly kind: "place"; readonly place: Place }
  | Unary
  | Binary;

interface Unary {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly operand: Expression;
  /** Operations in it. */
  readonly size: number;
}

interface Binary {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly size: number;
  readonly position: Position;
}

/** A number (`base` is absent), or a distance from something whose address may not be known yet. */
export interface Value {
  readonly base: object | undefined;
  /** Signed, 64 bits. */
  readonly offset: bigint;
}

/** What names and places mean while an expression is evaluated; `undefined` for what is not known. */
export interface Scope {
  symbol(name: string, position: Position): Value | undefined;
  place(place: Place): Value | undefined;
}

/** What names mean while an expression is read. */
export interface Names {
  /** What stands for a symbol: the symbol itself, or what it is set to at this point. */
  reference(name: string, position: Position): Expression;
  /** The symbol behind `1f` or `1b`. */
  local(label: string, forward: boolean, position: Position): Expression;
  /** `.`, the place of the next byte. */
  here(): Place;
}

/** The binary operators, from the loosest level to the tightest. */
const LEVELS: readonly (readonly string[])[] = [
  ["+", "-"],
  ["&", "|", "^"],
  ["*", "/", "%", "<<", ">>"],
];
/** Larger expressions are refused, so that the host's stack and patience last. */
const OPERATIONS_MAX = 1000;

/** Reads the longest expression that stands next. */
export function parseExpression(reader: TokenReader, names: Names): Expression {
  return parseLevel(reader, names, 0, 0);
}

function parseLevel(reader: TokenReader, names: Names, level: number, nesting: number): Expression {
  const operators = LEVELS[level];
  if (operators === undefined) return parseUnary(reader, names, nesting);
  let left = parseLevel(reader, names, level + 1, nesting);
  for (;;) {
    const { position } = reader;
    const token = reader.peek();
    if (token?.kind !== "punctuation" || !operators.includes(token.text)) return left;
    reader.take();
    const operator = token.text as BinaryOperator;
    const right = parseLevel(reader, names, level + 1, nesting);
    const size = checkedSize(1 + sizeOf(left) + sizeOf(right), position);
    left = { kind: "binary", operator, left, right, size, position };
  }
}

function parseUnary(reader: TokenReader, names: Names, nesting: number): Expression {
  const { position } = reader;
  const token = reader.peek();
  checkedSize(nesting, position);
  if (token?.kind === "punctuation" && /^[-+~]$/.test(token.text)) {
    reader.take();
    const operand = parseUnary(reader, names, nesting + 1);
    const size = checkedSize(1 + sizeOf(operand), position);
    return { kind: "unary", operator: token.text as UnaryOperator, operand, size };
  }
  if (reader.skip("(")) {
    const inner = parseLevel(reader, names, 0, nesting + 1);
    reader.expect(")");
    return inner;
  }
  if (token?.kind === "number" || token?.kind === "local" || token?.kind === "name") {
    reader.take();
    if (token.kind === "number") return { kind: "number", value: BigInt.asIntN(64, token.value) };
    if (token.kind === "local") return names.local(token.label, token.forward, position);
    if (token.text === ".") return { kind: "place", place: names.here() };
    return names.reference(token.text, position);
  }
  throw reader.unexpected("a value");
}

const sizeOf = (expression: Expression): number => "size" in expression ? expression.size : 0;

function checkedSize(operations: number, position: Position): number {
  if (operations <= OPERATIONS_MAX) return operations;
  throw new AssemblyError(position, `expression has more than ${OPERATIONS_MAX} operations`);
}

/**
 * The value of an expression; `undefined` when it depends on something unknown, or is neither a
 * number nor an address (such as the sum of two addresses). Throws {@linkcode AssemblyError} for a
 * division by zero and a shift by less than 0 or more than 63.
 */
export function evaluate(expression: Expression, scope: Scope): Value | undefined {
  switch (expression.kind) {
    case "number":
      return number(expression.value);
    case "symbol":
      return scope.symbol(expression.name, expression.position);
    case "place":
      return scope.place(expression.place);
    case "unary":
      return unary(expression.operator, evaluate(expression.operand, scope));
    case "binary": {
      const left = evaluate(expression.left, scope);
      const right = evaluate(expression.right, scope);
      if (left === undefined || right === undefined) return undefined;
      return binary(expression.operator, left, right, expression.position);
    }
  }
}

const number = (value: bigint): Value => ({ base: undefined, offset: BigInt.asIntN(64, value) });

function unary(operator: UnaryOperator, operand: Value | undefined): Value | undefined {
  if (operator === "+" || operand === undefined) return operand;
  if (operand.base !== undefined) return undefined;
  return number(operator === "-" ? -operand.offset : ~operand.offset);
}

function binary(
  operator: BinaryOperator,
  left: Value,
  right: Value,
  position: Position,
): Value | undefined {
  if (left.base === undefined && right.base === undefined) {
    return number(calculate(operator, left.offset, right.offset, position));
  }
  const value = (base: object | undefined, offset: bigint): Value => ({
    base,
    offset: BigInt.asIntN(64, offset),
  });
  if (operator === "+" && (left.base === undefined || right.base === undefined)) {
    return value(left.base ?? right.base, left.offset + right.offset);
  }
  if (operator === "-" && right.base === undefined) {
    return value(left.base, left.offset - right.offset);
  }
  if (operator === "-" && right.base === left.base) {
    return value(undefined, left.offset - right.offset);
  }
  return undefined;
}

function calculate(
  operator: BinaryOperator,
  left: bigint,
  right: bigint,
  position: Position,
): bigint {
  if ((operator === "/" || operator === "%") && right === 0n) {
    throw new AssemblyError(position, "division by zero");
  }
  if ((operator === "<<" || operator === ">>") && (right < 0n || right > 63n)) {
    throw new AssemblyError(position, `shift by ${right} is not in 0…63`);
  }
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "%":
      return left % right;
    case "<<":
      return left << right;
    case ">>":
      return BigInt.asUintN(64, left) >> right;
    case "&":
      return left & right;
    case "|":
      return left | right;
    case "^":
      return left ^ right;
  }
}
