/** Walks over the tokens of one statement. */
import { AssemblyError, type Position } from "./error.ts";
import type { Statement, Token } from "./lexer.ts";

/** A cursor in a statement. */
export class TokenReader {
  readonly #tokens: Statement;
  #at = 0;

  /** A cursor at the first token. */
  constructor(tokens: Statement) {
    this.#tokens = tokens;
  }

  /** Whether all tokens are read. */
  get atEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** Number of tokens read so far. */
  get index(): number {
    return this.#at;
  }

  /** The text of the tokens from an index up to here, without blanks. */
  textFrom(index: number): string {
    return this.#tokens.slice(index, this.#at).map((token) => token.text).join("");
  }

  /** The place of the next token; at the end, the place behind the last one. */
  get position(): Position {
    const next = this.#tokens[this.#at];
    if (next !== undefined) return { line: next.line, column: next.column };
    const last = this.#tokens.at(-1) ?? this.#tokens[0];
    return { line: last.line, column: last.column + last.text.length };
  }

  /** A token ahead, which stays there; 0 is the next one. */
  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }

  /** Whether the token ahead is this punctuation. */
  isAt(punctuation: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token?.kind === "punctuation" && token.text === punctuation;
  }

  /** Reads the next token if there is one. */
  take(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  /** Reads the next token if it is this punctuation. */
  skip(punctuation: string): boolean {
    const found = this.isAt(punctuation);
    if (found) this.#at++;
    return found;
  }

  /** Reads this punctuation or throws. */
  expect(punctuation: string): void {
    if (!this.skip(punctuation)) throw this.unexpected(`'${punctuation}'`);
  }

  /** Reads a name or throws. */
  name(what: string): Token {
    const token = this.peek();
    if (token?.kind !== "name") throw this.unexpected(what);
    this.#at++;
    return token;
  }

  /** Throws unless all tokens are read. */
  end(): void {
    if (!this.atEnd) throw this.unexpected("the end of the statement");
  }

  /** The error that something else than `expected` stands here. */
  unexpected(expected: string): AssemblyError {
    const found = this.peek();
    const what = found === undefined ? "the statement ends" : `'${found.text}' stands`;
    return new AssemblyError(this.position, `${what} where ${expected} belongs`);
  }
}
