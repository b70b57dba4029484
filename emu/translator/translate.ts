/** From regions to WebAssembly modules. */
import { ExactOperations, importHost, TRANSLATED } from "../hart/generated_code.ts";
import { FRAMES_BASE, PAGE_SIZE, WASM_PAGE } from "../memory/layout.ts";
import { ModuleBuilder } from "../wasm/mod.ts";
import { FunctionWriter } from "./function_writer.ts";
import { defineMemoryHelpers } from "./memory_helpers.ts";
import type { CodeSource, Region } from "./region.ts";
import type { CodeRange, Translation } from "./translation_cache.ts";

/** A module's translations and its size in bytes. */
export interface Translated {
  readonly translations: readonly Translation[];
  readonly bytes: number;
}

/** Translates regions into one module. */
export function translate(regions: readonly Region[], source: CodeSource): Translated {
  const builder = new ModuleBuilder();
  builder.importMemory("host", "memory", FRAMES_BASE / WASM_PAGE);
  builder.importTable("host", "table");
  const host = importHost(builder);
  const typeIndex = builder.typeIndex(TRANSLATED);
  const helpers = defineMemoryHelpers(builder, host);
  const floats = new ExactOperations(builder, host);
  const parts = { host, typeIndex, helpers, floats };
  const nameOf = (region: Region) => `${region.entry}`;
  for (const region of regions) {
    builder.defineFunction(TRANSLATED, (body) => {
      new FunctionWriter(body, region, parts).write();
    }, nameOf(region));
  }
  const encoded = builder.encode();
  const module = new WebAssembly.Module(encoded);
  const translations = regions.map((region) => ({
    entries: region.entries,
    ...codeOf(region, source),
    module,
    name: nameOf(region),
    targets: new Set(
      region.blocks.flatMap(({ ending }) => ending.kind === "jump" ? ending.targets : []),
    ),
  }));
  return { translations, bytes: encoded.length };
}

/** The code that a region was made from, as ranges that lie on one page each. */
function codeOf(region: Region, source: CodeSource): { ranges: CodeRange[]; pages: number[] } {
  const halfwords = new Set<number>();
  for (const { operations } of region.blocks) {
    for (const { address, length } of operations) {
      for (let at = address; at < address + length; at += 2) halfwords.add(at);
    }
  }
  const ranges: CodeRange[] = [];
  const pages = new Set<number>();
  const sorted = Float64Array.from(halfwords).sort();
  for (let i = 0; i < sorted.length;) {
    const first = sorted[i] ?? 0;
    const values: number[] = [];
    do {
      const value = source.halfword(first + values.length);
      values.push(value & 0xff, value >> 8);
      i++;
    } while (
      sorted[i] === first + values.length && (first + values.length) % PAGE_SIZE !== 0
    );
    ranges.push({ address: first, bytes: new Uint8Array(values) });
    pages.add(Math.floor(first / PAGE_SIZE));
  }
  return { ranges, pages: [...pages] };
}
