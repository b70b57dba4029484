/** From regions to WebAssembly modules. */
import { ExactOperations, importHost, TRANSLATED } from "../hart/generated_code.ts";
import { FRAMES_BASE, PAGE_SIZE, WASM_PAGE } from "../memory/layout.ts";
import { ModuleBuilder } from "../wasm/mod.ts";
import { FunctionWriter } from "./function_writer.ts";
import { defineMemoryHelpers } from "./memory_helpers.ts";
import type { CodeSource, Region } from "./region.ts";
import type { CodeRange, Translation } from "./translation_cache.ts";

/** What the translated function is called in its module. */
export const TRANSLATED_NAME = "run";

/** A translation and the size of its module in bytes. */
export interface Translated {
  readonly translation: Translation;
  readonly bytes: number;
}

/** Translates a region into a module of its own. */
export function translate(region: Region, source: CodeSource): Translated {
  const builder = new ModuleBuilder();
  builder.importMemory("host", "memory", FRAMES_BASE / WASM_PAGE);
  builder.importTable("host", "table");
  const host = importHost(builder);
  const typeIndex = builder.typeIndex(TRANSLATED);
  const helpers = defineMemoryHelpers(builder, host);
  const floats = new ExactOperations(builder, host);
  const parts = { host, typeIndex, helpers, floats };
  builder.defineFunction(TRANSLATED, (body) => {
    new FunctionWriter(body, region, parts).write();
  }, TRANSLATED_NAME);
  const encoded = builder.encode();
  const translation = {
    entries: region.entries,
    ...codeOf(region, source),
    module: new WebAssembly.Module(encoded),
  };
  return { translation, bytes: encoded.length };
}

/** The code that a region was made from, as ranges that lie on one page each. */
function codeOf(region: Region, source: CodeSource): { ranges: CodeRange[]; pages: number[] } {
  const ranges: CodeRange[] = [];
  const pages = new Set<number>();
  const take = (begin: number, end: number) => {
    for (let at = begin; at < end;) {
      const page = Math.floor(at / PAGE_SIZE);
      const until = Math.min(end, (page + 1) * PAGE_SIZE);
      pages.add(page);
      ranges.push({ address: at, bytes: bytesAt(source, at, until - at) });
      at = until;
    }
  };
  let [begin, end] = [0, 0];
  for (const stretch of stretchesOf(region)) {
    if (stretch.begin > end) {
      take(begin, end);
      begin = stretch.begin;
    }
    end = Math.max(end, stretch.end);
  }
  take(begin, end);
  return { ranges, pages: [...pages] };
}

/** The addresses of each block, in ascending order. */
function stretchesOf({ blocks }: Region): { begin: number; end: number }[] {
  return blocks.map(({ address, operations }) => {
    const last = operations.at(-1);
    return { begin: address, end: last === undefined ? address : last.address + last.length };
  }).sort((a, b) => a.begin - b.begin);
}

function bytesAt(source: CodeSource, address: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 2) {
    const halfword = source.halfword(address + i);
    bytes[i] = halfword & 0xff;
    bytes[i + 1] = halfword >> 8;
  }
  return bytes;
}
