/**
 * From source text to statements, each a list of tokens. Statements end at a line's end or at `;`.
 * Comments run from `#` or `//` to the line's end, or from `/*` to its counterpart.
 */
import { AssemblyError, type Position } from "./error.ts";

/** A piece of a statement. */
export type Token =
  & Position
  & { /** As it stands in the source. */ readonly text: string }
  & (
    | { readonly kind: "name" }
    | { readonly kind: "number"; readonly value: bigint }
    /** `1f`, `1b`: the next or the last label with that number. */
    | { readonly kind: "local"; readonly label: string; readonly forward: boolean }
    /** A decimal fraction, for `.float` and `.double`. */
    | { readonly kind: "decimal" }
    | { readonly kind: "string"; readonly bytes: Uint8Array }
    | { readonly kind: "punctuation" }
  );

/** A statement with at least one token. */
export type Statement = readonly [Token, ...Token[]];

const BLANK = /[ \t\r\f\v]+/y;
const LINE_COMMENT = /(?:#|\/\/)[^\n]*/y;
const BLOCK_COMMENT = /\/\*[^]*?\*\//y;
const NAME = /[A-Za-z_.$][\w.$]*/y;
const HEXADECIMAL = /0[xX][0-9a-fA-F]+/y;
const BINARY = /0[bB][01]+/y;
const LOCAL = /(\d+)([fb])(?![\w.$])/y;
const DECIMAL = /(?:(?:\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)(?![\w.$])/y;
const INTEGER = /\d+/y;
const CHARACTER = /'(\\[^]|[^\\\n])'?/y;
const STRING = /"(?:[^"\\\n]|\\[^\n])*"/y;
const PUNCTUATION = /<<|>>|[-+*\/%&|^~(),:=@!]/y;

/** What may follow a number: nothing that could be part of a word. */
const WORD = /[\w.$]+/y;

/** Splits source text into statements. Throws {@linkcode AssemblyError}. */
export function statements(source: string): Statement[] {
  const found: Statement[] = [];
  let current: Token[] = [];
  const scanner = new Scanner(source);
  for (;;) {
    const token = scanner.next();
    if (token === "end" || token === "separator") {
      const [first, ...rest] = current;
      if (first !== undefined) found.push([first, ...rest]);
      current = [];
      if (token === "end") return found;
    } else {
      current.push(token);
    }
  }
}

/** Reads one token after the other. */
class Scanner {
  readonly #source: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(source: string) {
    this.#source = source;
  }

  next(): Token | "separator" | "end" {
    this.#skip();
    const character = this.#source[this.#at];
    if (character === undefined) return "end";
    if (character === ";" || character === "\n") {
      this.#take(character);
      return "separator";
    }
    const position = this.#position();
    const token = this.#number(position) ?? this.#word(position);
    if (token !== undefined) return token;
    const shown = [...this.#source.slice(this.#at, this.#at + 2)][0] ?? "";
    if (shown === '"') throw new AssemblyError(position, "string is not closed on its line");
    throw new AssemblyError(position, `character '${shown}' has no meaning here`);
  }

  #number(position: Position): Token | undefined {
    const text = this.#match(HEXADECIMAL) ?? this.#match(BINARY);
    if (text !== undefined) return this.#integer(position, text, BigInt(text.toLowerCase()));
    const local = this.#match(LOCAL);
    if (local !== undefined) {
      const label = String(BigInt(local.slice(0, -1)));
      return { ...position, kind: "local", text: local, label, forward: local.endsWith("f") };
    }
    const decimal = this.#match(DECIMAL);
    if (decimal !== undefined) return { ...position, kind: "decimal", text: decimal };
    const digits = this.#match(INTEGER);
    return digits === undefined ? undefined : this.#octalOrDecimal(position, digits);
  }

  #octalOrDecimal(position: Position, digits: string): Token {
    if (!/^0\d/.test(digits)) return this.#integer(position, digits, BigInt(digits));
    if (/[89]/.test(digits)) {
      throw new AssemblyError(position, `number '${digits}' is octal, but has a digit above 7`);
    }
    return this.#integer(position, digits, BigInt(`0o${digits}`));
  }

  #integer(position: Position, text: string, value: bigint): Token {
    this.#endOfNumber(position, text);
    if (value >= 1n << 64n) {
      throw new AssemblyError(position, `number '${text}' does not fit in 64 bits`);
    }
    return { ...position, kind: "number", text, value };
  }

  #endOfNumber(position: Position, text: string): void {
    const rest = this.#match(WORD);
    if (rest !== undefined) throw new AssemblyError(position, `'${text}${rest}' is not a number`);
  }

  #word(position: Position): Token | undefined {
    const name = this.#match(NAME);
    if (name !== undefined) return { ...position, kind: "name", text: name };
    const string = this.#match(STRING);
    if (string !== undefined) {
      const bytes = unescaped(string.slice(1, -1), position);
      return { ...position, kind: "string", text: string, bytes };
    }
    const character = this.#match(CHARACTER);
    if (character !== undefined) return characterConstant(character, position);
    const punctuation = this.#match(PUNCTUATION);
    if (punctuation === undefined) return undefined;
    return { ...position, kind: "punctuation", text: punctuation };
  }

  #skip(): void {
    for (;;) {
      const start = this.#at;
      if (this.#source.startsWith("/*", start) && this.#match(BLOCK_COMMENT) === undefined) {
        throw new AssemblyError(this.#position(), "comment is not closed");
      }
      this.#match(BLANK);
      this.#match(LINE_COMMENT);
      if (this.#at === start) return;
    }
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#source)?.[0];
    if (text !== undefined) this.#take(text);
    return text;
  }

  #take(text: string): void {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
      this.#line++;
      this.#lineStart = this.#at + at + 1;
    }
    this.#at += text.length;
  }

  #position(): Position {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }
}

/** `'a'`, or without the second quote, as GNU as allows. */
function characterConstant(text: string, position: Position): Token {
  const body = text.startsWith("'\\") ? text.slice(1, 3) : text.slice(1, 2);
  const bytes = unescaped(body, position);
  const [byte] = bytes;
  if (byte === undefined || bytes.length !== 1) {
    throw new AssemblyError(position, `character constant '${body}' is not one byte`);
  }
  return { ...position, kind: "number", text, value: BigInt(byte) };
}

const ESCAPES: Readonly<Record<string, number>> = {
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '"': 34,
  "'": 39,
  "\\": 92,
};

/** The UTF-8 bytes of a string's inside, escapes replaced. */
function unescaped(inside: string, position: Position): Uint8Array {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  const part = /\\([0-7]{1,3})|\\[xX]([0-9a-fA-F]+)|\\([^])|[^\\]+/g;
  for (const [text, octal, hexadecimal, letter] of inside.matchAll(part)) {
    if (octal !== undefined) bytes.push(parseInt(octal, 8) & 0xff);
    else if (hexadecimal !== undefined) bytes.push(parseInt(hexadecimal.slice(-2), 16));
    else if (letter === undefined) bytes.push(...encoder.encode(text));
    else if (ESCAPES[letter] !== undefined) bytes.push(ESCAPES[letter]);
    else throw new AssemblyError(position, `escape '${text}' is unknown`);
  }
  return Uint8Array.from(bytes);
}
