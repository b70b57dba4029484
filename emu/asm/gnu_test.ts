// Does the assembler give the bytes that GNU as and ld give, for every form of every mnemonic, for
// constants, expressions, data, and branches over all distances?
import { assert, assertEquals, assertGreater } from "../../std_assert.ts";
import { testWith } from "../../testing/tools.ts";
import { assemble } from "./mod.ts";
import { branchLines, constantLines, expressionLines, instructionLines } from "./testing/corpus.ts";
import { Random } from "../testing/random.ts";
import { accepts, gnuAs, gnuLd, gnuObjcopy, gnuSections } from "./testing/gnu.ts";
import { ACCEPTED, REFUSED } from "./testing/sources.ts";

const tools = [gnuAs, gnuLd, gnuObjcopy];

/** The first place where our bytes and GNU's differ, in words. */
async function difference(source: string): Promise<string | undefined> {
  const assembly = assemble(source);
  const expected = await gnuSections(source, assembly);
  for (const [name, bytes] of expected) {
    const ours = assembly.sections.get(name)?.bytes ?? new Uint8Array(0);
    const at = bytes.findIndex((byte, index) => byte !== ours[index]);
    if (at < 0 && bytes.length === ours.length) continue;
    const show = (all: Uint8Array) => hexadecimal(all.subarray(Math.max(at, 0), at + 8));
    return `${name}+${at}: ${show(ours)} instead of ${
      show(bytes)
    } (${ours.length}, ${bytes.length})`;
  }
  return undefined;
}

const hexadecimal = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

testWith(tools, "every form of every mnemonic gives GNU as's bytes", async () => {
  const lines = instructionLines(new Random(1), 12);
  assertGreater(lines.length, 4000);
  assertEquals(await difference(lines.join("\n") + "\n"), undefined);
});

testWith(tools, "the same without compressed instructions", async () => {
  const lines = instructionLines(new Random(2), 4).filter((line) => !/^(\w+: )?c\./.test(line));
  assertEquals(await difference([".option norvc", ...lines].join("\n") + "\n"), undefined);
});

testWith(tools, "constants of all sizes are loaded as by GNU as", async () => {
  assertEquals(await difference(constantLines(new Random(3), 3000).join("\n") + "\n"), undefined);
});

testWith(tools, "expressions have GNU as's values", async () => {
  assertEquals(await difference(expressionLines(new Random(4), 2000).join("\n") + "\n"), undefined);
});

testWith(tools, "branches take GNU as's sizes, whatever their distance", async () => {
  for (let seed = 100; seed < 112; seed++) {
    const random = new Random(seed);
    const lines = branchLines(random, 50 + random.below(900));
    assertEquals(await difference(lines.join("\n") + "\n"), undefined, `seed ${seed}`);
  }
});

testWith(tools, "directives and odd spellings give GNU as's bytes", async () => {
  for (const source of ACCEPTED) {
    assertEquals(await difference(source + "\n"), undefined, source);
  }
});

testWith([gnuAs], "what is refused here, GNU as refuses too", async () => {
  for (const source of REFUSED) {
    const { success } = await accepts(source + "\n");
    assert(!success, `GNU as takes ${source}`);
  }
});
