/**
 * Reads TypeScript source just far enough to say what it imports and which names it mentions.
 *
 * A tokeniser, not a parser: it knows comments, strings, template literals and regular expressions,
 * so that an `import` inside one of them is not taken for a real one.
 *
 * @module
 */

/** One place where a module names another module. */
export interface Import {
  /** What stands between the quotes; `null` for a dynamic import of a computed name. */
  readonly specifier: string | null;
  /** 1-based line. */
  readonly line: number;
}

/** One mention of a name that is not a property of something else. */
export interface Mention {
  /** The identifier, or `Math.random` and the like for a property of a global. */
  readonly name: string;
  /** 1-based line. */
  readonly line: number;
}

/** What `scanSource` found. */
export interface Scan {
  /** Static, dynamic and type imports, re-exports, and `new URL("….ts", import.meta.url)`. */
  readonly imports: readonly Import[];
  /** Every free-standing identifier, in order, with repetitions. */
  readonly mentions: readonly Mention[];
}

interface Token {
  readonly kind: "name" | "string" | "punctuation" | "other";
  /** The text; of a string, what is between its quotes. */
  readonly text: string;
  readonly line: number;
}

/** Scans one module. Throws on a string, template or comment that does not end. */
export function scanSource(source: string): Scan {
  const { tokens, typeDirectives } = tokenise(source);
  return { imports: [...typeDirectives, ...findImports(tokens)], mentions: findMentions(tokens) };
}

function findImports(tokens: readonly Token[]): Import[] {
  const imports: Import[] = [];
  const text = (i: number) => tokens[i]?.text;
  for (const [i, token] of tokens.entries()) {
    if (token.kind !== "name" || text(i - 1) === "." || text(i + 1) === ":") continue;
    const next = tokens[i + 1];
    const add = (named: Token | undefined) =>
      imports.push({
        specifier: named?.kind === "string" ? named.text : null,
        line: token.line,
      });
    if (token.text === "URL" && isModuleUrl(tokens.slice(i + 1, i + 9))) {
      add(tokens[i + 2]);
    } else if (token.text === "import" && next?.kind === "string") {
      add(next);
    } else if (token.text === "import" && next?.text === "(") {
      add(tokens[i + 2]);
    } else if (token.text === "import" && next?.text !== ".") {
      add(afterFrom(tokens, i));
    } else if (token.text === "export" && isReexport(tokens, i)) {
      const named = afterFrom(tokens, i);
      if (named !== undefined) add(named);
    }
  }
  return imports;
}

/** `("./worker.ts", import.meta.url`: the address of a module beside this one. */
function isModuleUrl([open, url, ...base]: readonly Token[]): boolean {
  const isModule = open?.text === "(" && url?.kind === "string" && url.text.endsWith(".ts");
  return isModule && base.map((token) => token.text).join("") === ",import.meta.url";
}

/** `export {…}`, `export *` and their `type` forms; the first may turn out to have no `from`. */
function isReexport(tokens: readonly Token[], at: number): boolean {
  const next = tokens[at + 1]?.text;
  const shape = next === "type" ? tokens[at + 2]?.text : next;
  return shape === "{" || shape === "*";
}

/** The string after the `from` of the import or re-export at `at`. */
function afterFrom(tokens: readonly Token[], at: number): Token | undefined {
  for (let i = at + 1; i < tokens.length; i++) {
    const text = tokens[i]?.text;
    if (text === "from" && tokens[i + 1]?.kind === "string") return tokens[i + 1];
    const ends = text === ";" || text === "import" || text === "export";
    if (ends || (text === "}" && tokens[i + 1]?.text !== "from")) return undefined;
  }
  return undefined;
}

const globalObjects = new Set(["globalThis", "self", "window"]);

function findMentions(tokens: readonly Token[]): Mention[] {
  const mentions: Mention[] = [];
  const text = (i: number) => tokens[i]?.text ?? "";
  for (const [i, token] of tokens.entries()) {
    if (token.kind !== "name") continue;
    const isProperty = text(i - 1) === "." && !globalObjects.has(text(i - 2));
    const isKey = text(i + 1) === ":" && (text(i - 1) === "{" || text(i - 1) === ",");
    if (isProperty || isKey) continue;
    const { line } = token;
    mentions.push({ name: token.text, line });
    if (text(i + 1) === ".") mentions.push({ name: `${token.text}.${text(i + 2)}`, line });
  }
  return mentions;
}

const nameStart = /[\p{ID_Start}$_#]/u;
const wholeName = /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*/uy;
const wholeNumber = /[0-9][\w.]*/y;
const wholeRegExp = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;
const typesDirective = /@(?:deno|ts)-types="([^"]*)"|<reference (?:path|types)="([^"]*)"/;
/** After these words a slash begins a regular expression; after any other name it divides. */
const wordsBeforeExpression = new Set(
  ["return", "typeof", "case", "in", "of", "instanceof", "void", "delete", "throw", "new", "else"],
);

function tokenise(source: string): Tokeniser {
  const tokeniser = new Tokeniser(source);
  while (tokeniser.step());
  return tokeniser;
}

class Tokeniser {
  readonly tokens: Token[] = [];
  readonly typeDirectives: Import[] = [];
  readonly #source: string;
  #at = 0;
  #line = 1;
  /** For each `${` that is open, how many braces are open inside it. */
  readonly #openBraces: number[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  /** Takes the next token, comment or space; false at the end. */
  step(): boolean {
    const character = this.#source.charAt(this.#at);
    if (character === "") return false;
    if (/\s/.test(character)) this.#take(1);
    else if (this.#startsWith("//") || this.#startsWith("#!")) this.#takeLineComment();
    else if (this.#startsWith("/*")) this.#takeBlockComment();
    else if (character === '"' || character === "'") this.#takeString(character);
    else if (character === "`") this.#takeTemplate();
    else if (nameStart.test(character)) this.#takeMatch("name", wholeName);
    else if (/[0-9]/.test(character)) this.#takeMatch("other", wholeNumber);
    else if (character === "/" && this.#slashBeginsRegExp()) {
      this.#takeMatch("other", wholeRegExp);
    } else this.#takePunctuation(character);
    return true;
  }

  #startsWith(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  #push(kind: Token["kind"], text: string, line: number) {
    this.tokens.push({ kind, text, line });
  }

  #take(length: number): string {
    const text = this.#source.slice(this.#at, this.#at + length);
    this.#line += text.split("\n").length - 1;
    this.#at += length;
    return text;
  }

  #takeMatch(kind: Token["kind"], pattern: RegExp) {
    pattern.lastIndex = this.#at;
    const line = this.#line;
    this.#push(kind, this.#take(pattern.exec(this.#source)?.[0].length ?? 1), line);
  }

  #takeLineComment() {
    const line = this.#line;
    const end = this.#source.indexOf("\n", this.#at);
    const comment = this.#take((end < 0 ? this.#source.length : end) - this.#at);
    const directive = typesDirective.exec(comment);
    const specifier = directive?.[1] ?? directive?.[2];
    if (specifier !== undefined) this.typeDirectives.push({ specifier, line });
  }

  #takeBlockComment() {
    const end = this.#source.indexOf("*/", this.#at + 2);
    if (end < 0) throw new SyntaxError(`Unterminated comment in line ${this.#line}`);
    this.#take(end + 2 - this.#at);
  }

  #takeString(quote: string) {
    const line = this.#line;
    let text = "";
    this.#take(1);
    for (;;) {
      const character = this.#take(1);
      if (character === quote) break;
      if (character === "" || character === "\n") {
        throw new SyntaxError(`Unterminated string in line ${line}`);
      }
      text += character === "\\" ? character + this.#take(1) : character;
    }
    this.#push("string", text, line);
  }

  #takeTemplate() {
    this.#take(1);
    this.#takeTemplateText();
  }

  /** Goes on behind the opening backquote, or behind the brace that closes a `${…}`. */
  #takeTemplateText() {
    const line = this.#line;
    for (;;) {
      const character = this.#take(1);
      if (character === "") throw new SyntaxError(`Unterminated template in line ${line}`);
      if (character === "\\") this.#take(1);
      if (character === "`") return this.#push("other", "template", line);
      if (character === "$" && this.#startsWith("{")) {
        this.#take(1);
        this.#openBraces.push(0);
        return this.#push("punctuation", "${", line);
      }
    }
  }

  #slashBeginsRegExp(): boolean {
    const before = this.tokens.at(-1);
    if (before === undefined) return true;
    if (before.kind === "name") return wordsBeforeExpression.has(before.text);
    return before.kind === "punctuation" && ![")", "]", "}"].includes(before.text);
  }

  #takePunctuation(character: string) {
    const line = this.#line;
    this.#take(1);
    const open = this.#openBraces.pop();
    if (open === 0 && character === "}") return this.#takeTemplateText();
    if (open !== undefined) {
      this.#openBraces.push(open + (character === "{" ? 1 : character === "}" ? -1 : 0));
    }
    this.#push("punctuation", character, line);
  }
}
