// Do encoding and decoding, disassembling and assembling undo each other, over the whole table?
import fc from "npm:fast-check@4";
import { assertEquals, assertNotEquals } from "../../std_assert.ts";
import { decode, type Instruction, INSTRUCTIONS } from "../isa/mod.ts";
import { encode } from "./encode.ts";
import { assemble, disassemble, disassembleBytes } from "./mod.ts";
import { legalFields } from "./testing/fields.ts";

const BASE = 0x4000_0000;

/** The word that a line of assembly gives, all on its own. */
function wordOf(text: string, compressed: boolean): number {
  const bytes = assemble(text, { base: BASE, compressed }).sections.get(".text")?.bytes;
  const word = (bytes ?? new Uint8Array(0)).reduceRight((sum, byte) => sum * 256 + byte, 0);
  return bytes?.length === 2 || bytes?.length === 4 ? word : NaN;
}

function overTheTable(
  name: string,
  runs: number,
  check: (instruction: Instruction, word: number) => void,
): void {
  Deno.test(name, () => {
    for (const instruction of INSTRUCTIONS) {
      fc.assert(
        fc.property(legalFields(instruction), (fields) => {
          check(instruction, encode(instruction, fields));
        }),
        { seed: 0x2008, numRuns: runs },
      );
    }
  });
}

Deno.test("an encoded instruction decodes to itself and its operands", () => {
  for (const instruction of INSTRUCTIONS) {
    fc.assert(
      fc.property(legalFields(instruction), (fields) => {
        assertEquals(decode(encode(instruction, fields)), { instruction, fields });
      }),
      { seed: 0x2008, numRuns: 100 },
    );
  }
});

Deno.test("every 16-bit word is decoded and encoded to itself, or reserved", () => {
  for (let word = 0; word < 0x10000; word++) {
    if ((word & 3) === 3) continue;
    const decoded = decode(word);
    if (decoded !== undefined) assertEquals(encode(decoded.instruction, decoded.fields), word);
  }
});

Deno.test("every 16-bit word is disassembled and assembled to itself", () => {
  const words = Array.from({ length: 0x10000 }, (_, word) => word).filter((word) => word % 4 !== 3);
  // Branches have their targets at other addresses, where they would be relaxed.
  for (let from = 0; from < words.length; from += 1024) {
    const some = words.slice(from, from + 1024);
    const lines = some.map((word, index) => disassemble(word, BASE + 2 * index));
    const bytes = assemble(lines.join("\n"), { base: BASE }).sections.get(".text")?.bytes;
    assertEquals(disassembleBytes(bytes ?? new Uint8Array(0)).map(({ word }) => word), some);
  }
});

overTheTable("an instruction is disassembled and assembled to itself", 25, (instruction, word) => {
  assertEquals(wordOf(disassemble(word, BASE), instruction.length === 2), word);
});

overTheTable(
  "an instruction disassembled with aliases is assembled to itself",
  10,
  (instruction, word) => {
    const text = disassemble(word, BASE, { aliases: true });
    assertNotEquals(text, "");
    const again = wordOf(text, instruction.length === 2);
    if (instruction.length === 4) assertEquals(again, word, text);
    // A compressed instruction may be written in another way, but has the same name.
    else assertEquals(disassemble(again, BASE, { aliases: true }), text);
  },
);

Deno.test("what is no instruction is disassembled to data that assembles to itself", () => {
  for (const word of [0, 0x9c41, 0xffff_ffff, 0x0000_100b, 0xdead_beeb, 0x0505_050f]) {
    const text = disassemble(word);
    assertEquals(assemble(text).sections.get(".text")?.bytes.length, (word & 3) === 3 ? 4 : 2);
    assertEquals(wordOf(text, true), word, text);
  }
});
