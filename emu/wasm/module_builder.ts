/**
 * Encodes a WebAssembly module: imports, functions, exports.
 *
 * Source: WebAssembly Core Specification 2.0, section 5.5 (binary format of modules).
 */
import { ByteWriter } from "./byte_writer.ts";
import { type Callable, FunctionBody, type Signature, typeCode } from "./function_body.ts";

const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  memory: 5,
  export: 7,
  code: 10,
} as const;
const FUNCTION_TYPE = 0x60;
const EXTERNAL = { function: 0, table: 1, memory: 2 } as const;
const FUNCTION_REFERENCE = 0x70;
const HINT_SECTION = "metadata.code.branch_hint";

/** Collects a module's parts; all imports come before the first defined function. */
export class ModuleBuilder {
  readonly #types: string[] = [];
  readonly #typeSection = new ByteWriter();
  readonly #imports = new ByteWriter();
  #importCount = 0;
  #functionCount = 0;
  #ownMemoryPages: number | undefined;
  readonly #defined: { typeIndex: number; index: number; body: FunctionBody }[] = [];
  readonly #exports: { name: string; kind: number; index: number }[] = [];

  /** Imports the linear memory, of at least `pagesMin` 64 KiB pages. */
  importMemory(module: string, name: string, pagesMin: number): void {
    this.#import(module, name, EXTERNAL.memory);
    this.#imports.byte(0x00);
    this.#imports.unsigned(pagesMin);
  }

  /** Imports the table of functions that indirect calls go through. */
  importTable(module: string, name: string): void {
    this.#import(module, name, EXTERNAL.table);
    this.#imports.byte(FUNCTION_REFERENCE);
    this.#imports.byte(0x00);
    this.#imports.unsigned(0);
  }

  /** Gives the module a linear memory of its own, exported under `name`. */
  ownMemory(name: string, pagesMin: number): void {
    this.#ownMemoryPages = pagesMin;
    this.#exports.push({ name, kind: EXTERNAL.memory, index: 0 });
  }

  /** Imports a function. */
  importFunction(module: string, name: string, signature: Signature): Callable {
    if (this.#defined.length > 0) throw new Error("Imports must precede defined functions");
    this.#import(module, name, EXTERNAL.function);
    this.#imports.unsigned(this.typeIndex(signature));
    return { ...signature, index: this.#functionCount++ };
  }

  /** Defines a function whose body `write` fills in; exported when `exportName` is given. */
  defineFunction(
    signature: Signature,
    write: (body: FunctionBody) => void,
    exportName?: string,
  ): Callable {
    const body = new FunctionBody(signature);
    const index = this.#functionCount++;
    this.#defined.push({ typeIndex: this.typeIndex(signature), index, body });
    if (exportName !== undefined) {
      this.#exports.push({ name: exportName, kind: EXTERNAL.function, index });
    }
    write(body);
    return { ...signature, index };
  }

  /** The module's binary form. */
  encode(): Uint8Array<ArrayBuffer> {
    const out = new ByteWriter();
    out.bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    section(out, SECTION.type, this.#types.length, (s) => s.bytes(this.#typeSection.view()));
    section(out, SECTION.import, this.#importCount, (s) => s.bytes(this.#imports.view()));
    section(out, SECTION.function, this.#defined.length, (s) => {
      for (const { typeIndex } of this.#defined) s.unsigned(typeIndex);
    });
    const pages = this.#ownMemoryPages;
    section(out, SECTION.memory, pages === undefined ? 0 : 1, (s) => {
      s.byte(0x00);
      s.unsigned(pages ?? 0);
    });
    section(out, SECTION.export, this.#exports.length, (s) => {
      for (const { name, kind, index } of this.#exports) {
        s.name(name);
        s.byte(kind);
        s.unsigned(index);
      }
    });
    this.#encodeHints(out);
    section(out, SECTION.code, this.#defined.length, (s) => {
      for (const { body } of this.#defined) s.sized(body.encode());
    });
    return out.finish();
  }

  #import(module: string, name: string, kind: number): void {
    this.#importCount++;
    this.#imports.name(module);
    this.#imports.name(name);
    this.#imports.byte(kind);
  }

  /** Source: WebAssembly branch hinting proposal. */
  #encodeHints(out: ByteWriter): void {
    const hinted = this.#defined
      .map(({ index, body }) => ({ index, hints: body.hints() }))
      .filter(({ hints }) => hints.length > 0);
    if (hinted.length === 0) return;
    const content = new ByteWriter();
    content.name(HINT_SECTION);
    content.unsigned(hinted.length);
    for (const { index, hints } of hinted) {
      content.unsigned(index);
      content.unsigned(hints.length);
      for (const { offset, likelihood } of hints) {
        content.unsigned(offset);
        content.unsigned(1);
        content.byte(likelihood === "likely" ? 1 : 0);
      }
    }
    out.byte(SECTION.custom);
    out.sized(content.view());
  }

  /** The index of a signature's type, for indirect calls. */
  typeIndex({ parameters, results }: Signature): number {
    const key = `${parameters.join()}:${results.join()}`;
    const known = this.#types.indexOf(key);
    if (known >= 0) return known;
    this.#typeSection.byte(FUNCTION_TYPE);
    for (const list of [parameters, results]) {
      this.#typeSection.unsigned(list.length);
      for (const type of list) this.#typeSection.byte(typeCode(type));
    }
    return this.#types.push(key) - 1;
  }
}

function section(
  out: ByteWriter,
  id: number,
  count: number,
  write: (content: ByteWriter) => void,
): void {
  if (count === 0) return;
  const content = new ByteWriter();
  content.unsigned(count);
  write(content);
  out.byte(id);
  out.sized(content.view());
}
