/** From a source's statements to sections with addresses. */
import { assign, direct, type State } from "./directives.ts";
import { emit } from "./emit.ts";
import { AssemblyError, type Position } from "./error.ts";
import { type Statement, statements } from "./lexer.ts";
import { layOut } from "./layout.ts";
import { Linker } from "./link.ts";
import { parseOperands } from "./operand.ts";
import { Section, SECTION_NAMES, type SectionName } from "./section.ts";
import { Symbols } from "./symbols.ts";
import { TokenReader } from "./token_reader.ts";

/** Choices that a source does not make itself. */
export interface AssembleOptions {
  /** Address of `.text`: a multiple of 4096. Default 0x10000. */
  readonly base?: number;
  /** Whether compressed instructions are written, until the source says `.option`. Default true. */
  readonly compressed?: boolean;
}

/** A section at its final address. */
export interface AssembledSection {
  /** Its name. */
  readonly name: SectionName;
  /** Address of its first byte. */
  readonly address: number;
  /** Bytes that it takes in memory. */
  readonly size: number;
  /** What its address is a multiple of, as far as the source asks for it. */
  readonly alignment: number;
  /** Its content; empty for `.bss`, which is all zeros. */
  readonly bytes: Uint8Array;
}

/** A symbol of a source. */
export interface AssembledSymbol {
  /** Its name. */
  readonly name: string;
  /** Address or number: unsigned, 64 bits. */
  readonly value: bigint;
  /** The section of a label; `undefined` for what `.set` names. */
  readonly section: SectionName | undefined;
  /** Whether `.globl` names it. */
  readonly isGlobal: boolean;
}

/** A source assembled: code, data and symbols at their final addresses. */
export interface Assembly {
  /** The sections that are not empty, by name and in the order of their addresses. */
  readonly sections: ReadonlyMap<SectionName, AssembledSection>;
  /** Values of the labels and of the symbols that are set: unsigned, 64 bits. */
  readonly symbols: ReadonlyMap<string, bigint>;
  /** The same in full, in the order of their definition. */
  readonly symbolTable: readonly AssembledSymbol[];
}

const BASE_DEFAULT = 0x10000;
/** Highest base: sections and what they grow by stay inside Sv48's half for programs. */
const BASE_MAX = 2 ** 46;
const PAGE_SIZE = 4096;

/**
 * Assembles GNU-style RISC-V text for RV64GC, and links it: `.text` begins at `base`, `.rodata` and
 * `.data` at page borders behind it, `.bss` right behind `.data` (or at a page border without it).
 *
 * It takes what `riscv64-linux-gnu-as -march=rv64gc -mno-relax` takes, as far as the head of mod.ts
 * says, and gives the same bytes.
 *
 * @throws AssemblyError when the source is wrong, with the place and the reason.
 * @throws RangeError when `base` is no multiple of 4096 or above 2^46.
 *
 * @example
 * ```ts
 * import { assemble } from "./mod.ts";
 *
 * const { sections, symbols } = assemble(`
 *   _start: li a0, 42
 *           ret
 * `);
 * const code = sections.get(".text");
 * if (code?.bytes.join() !== "19,5,160,2,130,128") throw new Error(`${code?.bytes}`);
 * if (symbols.get("_start") !== 0x10000n) throw new Error("_start is not at the base");
 * ```
 */
export function assemble(source: string, options: AssembleOptions = {}): Assembly {
  const { base = BASE_DEFAULT, compressed = true } = options;
  if (!Number.isInteger(base) || base % PAGE_SIZE !== 0 || base < 0 || base > BASE_MAX) {
    throw new RangeError(`Base ${base} is not a multiple of ${PAGE_SIZE} from 0 to 2^46`);
  }
  const assembler = new Assembler(compressed);
  for (const statement of statements(source)) assembler.statement(statement);
  return assembler.link(base);
}

class Assembler {
  readonly #sections = new Map(SECTION_NAMES.map((name) => [name, new Section(name)]));
  readonly #state: State;

  constructor(compressed: boolean) {
    const sectionNamed = (name: SectionName) => {
      const section = this.#sections.get(name);
      if (section === undefined) throw new Error(`Section ${name} is missing`);
      return section;
    };
    const section = sectionNamed(".text");
    section.alignment = compressed ? 2 : 4;
    const symbols = new Symbols(() => this.#state.section);
    this.#state = { symbols, section, compressed, optionStack: [], sectionNamed };
  }

  statement(tokens: Statement): void {
    const reader = new TokenReader(tokens);
    while (this.#label(reader));
    const first = reader.peek();
    if (first === undefined) return;
    const { position } = reader;
    const { text } = reader.name("an instruction, a directive or a label");
    if (reader.skip("=")) {
      assign(this.#state, text, position, reader);
      reader.end();
    } else if (text.startsWith(".")) {
      direct(this.#state, text, position, reader);
    } else {
      this.#instruction(text.toLowerCase(), position, reader);
    }
  }

  #label(reader: TokenReader): boolean {
    if (!reader.isAt(":", 1)) return false;
    const { position } = reader;
    const token = reader.take();
    reader.take();
    if (token?.kind === "number" && /^\d+$/.test(token.text)) {
      this.#state.symbols.numberedLabel(String(BigInt(token.text)), position);
    } else if (token?.kind === "name" && token.text !== ".") {
      this.#state.symbols.label(token.text, position);
    } else {
      throw new AssemblyError(position, `'${token?.text ?? ""}' cannot be a label`);
    }
    return true;
  }

  #instruction(mnemonic: string, position: Position, reader: TokenReader): void {
    const { symbols, section, compressed } = this.#state;
    const operands = parseOperands(reader, symbols);
    const constants = symbols.constant.bind(symbols);
    emit({ section, compressed, constants }, { mnemonic, position, operands });
  }

  link(base: number): Assembly {
    const { symbols } = this.#state;
    const sections = [...this.#sections.values()];
    const sizes = new Map<Section, number>();
    let end = base;
    let hasData = false;
    for (const section of sections) {
      const border = section.name === ".bss" && hasData ? 1 : PAGE_SIZE;
      section.address = roundUp(end, Math.max(border, section.alignment));
      if (section.name === ".text") padCode(section);
      const size = layOut(section, symbols);
      sizes.set(section, size);
      if (size > 0) end = section.address + size;
      hasData = section.name === ".data" && size > 0;
    }
    const linker = new Linker(sections, symbols);
    const symbolTable = this.#symbolTable(linker);
    const assembled = sections.map((section) =>
      assembledSection(section, sizes.get(section) ?? 0, linker)
    );
    return {
      sections: new Map(
        assembled.filter(({ size }) => size > 0).map((section) => [section.name, section]),
      ),
      symbols: new Map(symbolTable.map(({ name, value }) => [name, value])),
      symbolTable,
    };
  }

  #symbolTable(linker: Linker): AssembledSymbol[] {
    const { symbols } = this.#state;
    return Array.from(symbols.named(), ({ name, section, expression, position }) => ({
      name,
      value: BigInt.asUintN(64, linker.valueOf(expression, position)),
      section: section?.name,
      isGlobal: symbols.isGlobal(name),
    }));
  }
}

/** Fills code up to its alignment, as GNU as does. */
function padCode(section: Section): void {
  section.appendVariable({
    kind: "align",
    address: 0,
    alignment: section.alignment,
    fill: undefined,
    sizeMax: section.alignment,
    size: 0,
  }, { line: 1, column: 1 });
}

function assembledSection(section: Section, size: number, linker: Linker): AssembledSection {
  const { name, address, alignment } = section;
  const bytes = name === ".bss" ? new Uint8Array(0) : linker.contentOf(section, size);
  return { name, address, size, alignment, bytes };
}

const roundUp = (value: number, to: number): number => Math.ceil(value / to) * to;
