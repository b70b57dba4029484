// Do decoder and disassembler agree with objdump on what is an instruction of RV64GC and on how it
// is written? (The head of testing/objdump.ts lists where the two cannot.)
import { assertEquals, assertGreater } from "../../std_assert.ts";
import { buildGlibcProgram } from "../../testing/glibc.ts";
import { crossLibc, testWith } from "../../testing/tools.ts";
import { assemble, disassemble } from "./mod.ts";
import { Random } from "../testing/random.ts";
import { dumpElf, type DumpLine, gnuAs, gnuObjcopy, gnuObjdump, inFolder } from "./testing/gnu.ts";
import {
  allShortWords,
  borderWords,
  compareWithObjdump,
  differencesFrom,
  randomWords,
} from "./testing/objdump.ts";

const tools = [gnuAs, gnuObjcopy, gnuObjdump];

for (const aliases of [false, true]) {
  const how = aliases ? "with aliases" : "as it is";

  testWith(tools, `every 16-bit word is written as by objdump, ${how}`, async () => {
    const result = await compareWithObjdump(allShortWords(), aliases);
    assertEquals(result, { lines: 3 * 0x4000, differences: [] });
  });

  testWith(tools, `instructions with borders are written as by objdump, ${how}`, async () => {
    const words = borderWords();
    const result = await compareWithObjdump(words, aliases);
    assertEquals(result, { lines: words.length / 4, differences: [] });
  });

  testWith(tools, `random 32-bit words are written as by objdump, ${how}`, async () => {
    const words = randomWords(new Random(aliases ? 1 : 2), 100_000);
    const result = await compareWithObjdump(words, aliases);
    assertEquals(result, { lines: 100_000, differences: [] });
  });

  testWith(
    [...tools, crossLibc],
    `a static glibc program is disassembled as by objdump, ${how}`,
    async () => {
      const lines = await glibcDump(aliases ? [] : ["-M", "no-aliases"]);
      assertGreater(lines.length, 50_000);
      assertEquals(differencesFrom(lines, aliases), []);
    },
  );
}

testWith(
  [...tools, crossLibc],
  "a static glibc program is assembled from its disassembly",
  async () => {
    const lines = await glibcDump([]);
    const first = lines[0]?.address ?? 0;
    const base = first - first % 4096;
    // Each instruction keeps the length that it has there.
    const source = [`.zero ${first - base}`];
    let end = first;
    for (const { address, word } of lines) {
      if (address !== end) source.push(`.zero ${address - end}`);
      const isShort = (word & 3) !== 3;
      source.push(isShort ? ".option rvc" : ".option norvc", disassemble(word, address));
      end = address + (isShort ? 2 : 4);
    }
    const bytes = assemble(source.join("\n"), { base }).sections.get(".text")?.bytes;
    const view = new DataView((bytes ?? new Uint8Array(0)).buffer);
    const wrong = lines.filter(({ address, word }) => {
      const isShort = (word & 3) !== 3;
      const at = address - base;
      return word !== (isShort ? view.getUint16(at, true) : view.getUint32(at, true));
    });
    assertEquals(wrong.slice(0, 10), []);
  },
);

function glibcDump(options: readonly string[]): Promise<DumpLine[]> {
  return inFolder(async (folder) => {
    const file = `${folder}/program`;
    await Deno.writeFile(file, await buildGlibcProgram("floats"));
    return await dumpElf(file, options);
  });
}
