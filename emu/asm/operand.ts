/** Operands as they stand in the source, before a form says what they are. */
import { AssemblyError, type Position } from "./error.ts";
import { type Expression, type Names, parseExpression } from "./expression.ts";
import { type Relocation, RELOCATIONS } from "./fixup.ts";
import { type Register, registerNamed } from "./names.ts";
import type { TokenReader } from "./token_reader.ts";

/** One operand. */
export interface Operand {
  readonly position: Position;
  /** As it stands in the source, without blanks. */
  readonly text: string;
  /** The operand, where it is a single name. */
  readonly name: string | undefined;
  /** The register whose name it is, where it is one. */
  readonly register: Register | undefined;
  readonly expression: Expression | undefined;
  /** The expression as it stands in the source, without blanks. */
  readonly expressionText: string;
  /** `%hi` and the like, in front of the expression. */
  readonly relocation: Relocation | undefined;
  /** The register in parentheses behind the expression. */
  readonly base: Register | undefined;
}

/** Reads a mnemonic's operands, up to the end of the statement. */
export function parseOperands(reader: TokenReader, names: Names): Operand[] {
  const operands: Operand[] = [];
  if (reader.atEnd) return operands;
  do {
    operands.push(parseOperand(reader, names));
  } while (reader.skip(","));
  if (!reader.atEnd) throw reader.unexpected("','");
  return operands;
}

function parseOperand(reader: TokenReader, names: Names): Operand {
  const { position } = reader;
  const start = reader.index;
  const first = reader.peek();
  const second = reader.peek(1);
  const isSingleName = first?.kind === "name" && first.text !== "." &&
    (second === undefined || reader.isAt(",", 1));
  const name = isSingleName ? first.text : undefined;
  const register = name === undefined ? undefined : registerNamed(name);
  const relocation = parseRelocation(reader);
  const expression = isBase(reader) ? undefined : parseExpression(reader, names);
  const expressionText = reader.textFrom(start);
  const base = parseBase(reader);
  const text = reader.textFrom(start);
  return { position, text, name, register, expression, expressionText, relocation, base };
}

function parseRelocation(reader: TokenReader): Relocation | undefined {
  const { position } = reader;
  if (!reader.skip("%")) return undefined;
  const name = reader.name("'hi', 'lo', 'pcrel_hi' or 'pcrel_lo'").text;
  const found = RELOCATIONS.find((relocation) => relocation === name);
  if (found === undefined) throw new AssemblyError(position, `operator '%${name}' is unknown`);
  if (!reader.isAt("(")) throw reader.unexpected("'('");
  return found;
}

/** Whether a register in parentheses stands next. */
function isBase(reader: TokenReader): boolean {
  const name = reader.peek(1);
  return reader.isAt("(") && name?.kind === "name" && reader.isAt(")", 2) &&
    registerNamed(name.text) !== undefined;
}

function parseBase(reader: TokenReader): Register | undefined {
  if (!reader.skip("(")) return undefined;
  const { position } = reader;
  const name = reader.name("a register").text;
  const register = registerNamed(name);
  if (register === undefined) throw new AssemblyError(position, `'${name}' is not a register`);
  reader.expect(")");
  return register;
}
