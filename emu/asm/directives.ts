/** The directives: what a statement that begins with a dot does. */
import { checkWidth, littleEndian } from "./bytes.ts";
import { DOUBLE, floatBits, SINGLE } from "./decimal.ts";
import { AssemblyError, type Position } from "./error.ts";
import { type Expression, parseExpression } from "./expression.ts";
import { type Section, SECTION_NAMES, type SectionName } from "./section.ts";
import type { Symbols } from "./symbols.ts";
import type { TokenReader } from "./token_reader.ts";

/** What directives change. */
export interface State {
  readonly symbols: Symbols;
  /** The section that is being filled. */
  section: Section;
  /** Whether compressed instructions may be written. */
  compressed: boolean;
  /** What `.option push` has put aside. */
  readonly optionStack: boolean[];
  sectionNamed(name: SectionName): Section;
}

/** A directive as it is written. */
interface Written {
  readonly name: string;
  readonly position: Position;
  readonly reader: TokenReader;
}

type Directive = (state: State, written: Written) => void;

/** Alignments are up to 64 KiB. */
const ALIGNMENT_LOG2_MAX = 16;
/** More than any gap. */
const UNLIMITED = 2 ** 32;

const ignore: Directive = () => {};

const DIRECTIVES: Readonly<Record<string, Directive>> = {
  ".text": sectionDirective,
  ".data": sectionDirective,
  ".bss": sectionDirective,
  ".section": sectionWithName,
  ".globl": global,
  ".global": global,
  ".align": align,
  ".p2align": align,
  ".balign": align,
  ".byte": data(1),
  ".half": data(2),
  ".2byte": data(2),
  ".short": data(2),
  ".hword": data(2),
  ".word": data(4),
  ".4byte": data(4),
  ".int": data(4),
  ".long": data(4),
  ".dword": data(8),
  ".8byte": data(8),
  ".quad": data(8),
  ".float": floats("single"),
  ".single": floats("single"),
  ".double": floats("double"),
  ".ascii": strings(""),
  ".asciz": strings("\0"),
  ".string": strings("\0"),
  ".zero": space,
  ".space": space,
  ".skip": space,
  ".equ": set,
  ".set": set,
  ".option": option,
  // What these say does not reach an executable of this assembler.
  ".size": ignore,
  ".type": ignore,
  ".file": ignore,
  ".ident": ignore,
  ".local": ignore,
  ".loc": ignore,
  ".attribute": ignore,
};

/** Carries out a directive. Throws {@linkcode AssemblyError}. */
export function direct(state: State, name: string, position: Position, reader: TokenReader): void {
  const known = name.toLowerCase();
  if (known.startsWith(".cfi_")) return;
  const directive = Object.hasOwn(DIRECTIVES, known) ? DIRECTIVES[known] : undefined;
  if (directive === undefined) throw new AssemblyError(position, `unknown directive '${name}'`);
  directive(state, { name: known, position, reader });
  if (directive !== ignore) reader.end();
}

function sectionDirective(state: State, { name, position }: Written): void {
  selectSection(state, name, position);
}

function sectionWithName(state: State, { reader }: Written): void {
  const { text, line, column } = reader.name("a section's name");
  selectSection(state, text, { line, column });
  // Flags and type follow from the name.
  while (!reader.atEnd) reader.take();
}

function selectSection(state: State, name: string, position: Position): void {
  const known = SECTION_NAMES.find((candidate) => candidate === name);
  if (known === undefined) {
    const names = SECTION_NAMES.join("', '");
    throw new AssemblyError(position, `section '${name}' is not one of '${names}'`);
  }
  state.section = state.sectionNamed(known);
}

function global({ symbols }: State, { reader }: Written): void {
  do {
    symbols.global(reader.name("a symbol").text);
  } while (reader.skip(","));
}

function align(state: State, { name, reader, position }: Written): void {
  const written = numberIn(state, reader);
  const isCount = name === ".balign";
  const alignment = isCount ? written : 2n ** BigInt.asUintN(6, written);
  const valid = isCount
    ? (written & (written - 1n)) === 0n && written >= 0n && written <= 2n ** 16n
    : written >= 0n && written <= BigInt(ALIGNMENT_LOG2_MAX);
  if (!valid) {
    const range = isCount
      ? `a power of two up to ${2 ** ALIGNMENT_LOG2_MAX}`
      : `in 0…${ALIGNMENT_LOG2_MAX}`;
    throw new AssemblyError(position, `alignment ${written} of '${name}' is not ${range}`);
  }
  const fill = reader.skip(",") && !reader.isAt(",") && !reader.atEnd
    ? byteOf(state, reader, name)
    : undefined;
  const limit = reader.skip(",") ? numberIn(state, reader) : 0n;
  padTo(
    state,
    Math.max(1, Number(alignment)),
    fill,
    limit > 0n ? Number(limit) : UNLIMITED,
    position,
  );
}

function padTo(
  { section, compressed }: State,
  alignment: number,
  fill: number | undefined,
  sizeMax: number,
  position: Position,
): void {
  const isCode = section.name === ".text";
  // GNU as takes code to be aligned to its instructions' length already.
  const alreadyAligned = isCode && fill === undefined && alignment <= (compressed ? 2 : 4);
  if (alignment === 1 || alreadyAligned) {
    section.alignment = Math.max(section.alignment, alignment);
    return;
  }
  section.appendVariable({
    kind: "align",
    address: 0,
    alignment,
    fill: fill ?? (isCode ? undefined : 0),
    sizeMax,
    size: 0,
  }, position);
}

function data(width: number): Directive {
  return (state, { name, reader }) => {
    if (reader.atEnd) return;
    do {
      const { position } = reader;
      const expression = parseExpression(reader, state.symbols);
      const value = state.symbols.constant(expression);
      if (value === undefined) {
        const { offset } = state.section.here();
        const empty = new Array<number>(width).fill(0);
        state.section.appendFixup(
          empty,
          { kind: "data", offset, width, directive: name, expression, position },
          position,
        );
      } else {
        checkWidth(value, width, name, position);
        state.section.append(littleEndian(value, width), position);
      }
    } while (reader.skip(","));
  };
}

function floats(precision: "single" | "double"): Directive {
  const format = precision === "single" ? SINGLE : DOUBLE;
  const width = precision === "single" ? 4 : 8;
  return (state, { reader }) => {
    do {
      const { position } = reader;
      const negative = reader.skip("-");
      if (!negative) reader.skip("+");
      const token = reader.take();
      if (token === undefined) throw reader.unexpected("a decimal number");
      const magnitude = token.kind === "number" && !/^\d+$/.test(token.text)
        ? undefined
        : floatBits(token.text, format);
      if (magnitude === undefined) {
        throw new AssemblyError(position, `'${token.text}' is not a decimal number`);
      }
      if (magnitude === "overflow") {
        throw new AssemblyError(position, `number ${token.text} is too large for a ${precision}`);
      }
      const sign = negative ? 1n << BigInt(8 * width - 1) : 0n;
      state.section.append(littleEndian(sign | magnitude, width), position);
    } while (reader.skip(","));
  };
}

function strings(terminator: string): Directive {
  const end = new TextEncoder().encode(terminator);
  return ({ section }, { reader }) => {
    do {
      const { position } = reader;
      let token = reader.peek();
      if (token?.kind !== "string") throw reader.unexpected("a string");
      // Strings side by side are one string.
      while (token?.kind === "string") {
        section.append(token.bytes, position);
        reader.take();
        token = reader.peek();
      }
      section.append(end, position);
    } while (reader.skip(","));
  };
}

function space(state: State, { name, reader, position }: Written): void {
  const size = numberIn(state, reader);
  const fill = reader.skip(",") ? byteOf(state, reader, name) : 0;
  if (size < 0n) throw new AssemblyError(position, `size ${size} of '${name}' is negative`);
  state.section.appendSpace(Number(size), fill, position);
}

function set(state: State, { reader }: Written): void {
  const { text, line, column } = reader.name("a symbol");
  reader.expect(",");
  assign(state, text, { line, column }, reader);
}

/** Sets a symbol to the expression that stands next. */
export function assign(
  { symbols }: State,
  name: string,
  position: Position,
  reader: TokenReader,
): void {
  if (name === ".") throw new AssemblyError(position, "'.' cannot be set, use '.space'");
  symbols.set(name, parseExpression(reader, symbols), position);
}

function option(state: State, { reader }: Written): void {
  const { text, line, column } = reader.name("an option");
  switch (text) {
    case "rvc":
    case "norvc":
      state.compressed = text === "rvc";
      return;
    case "push":
      state.optionStack.push(state.compressed);
      return;
    case "pop": {
      const before = state.optionStack.pop();
      if (before === undefined) {
        throw new AssemblyError({ line, column }, "'.option pop' has no '.option push' above");
      }
      state.compressed = before;
      return;
    }
    case "relax":
    case "norelax":
    case "nopic":
      return; // This is what happens in any case.
    default:
      throw new AssemblyError({ line, column }, `option '${text}' is unknown`);
  }
}

/** A number that must be known by now. */
function numberIn({ symbols }: State, reader: TokenReader): bigint {
  const { position } = reader;
  const start = reader.index;
  const expression: Expression = parseExpression(reader, symbols);
  const value = symbols.constant(expression);
  if (value !== undefined) return value;
  const reason = `'${reader.textFrom(start)}' is not a number that is known in this line`;
  throw new AssemblyError(position, reason);
}

function byteOf(state: State, reader: TokenReader, directive: string): number {
  const { position } = reader;
  const value = numberIn(state, reader);
  checkWidth(value, 1, directive, position);
  return Number(BigInt.asUintN(8, value));
}
