// Does every instruction do what it does under QEMU: registers, floats, flags and memory alike, in
// the interpreter as in translated code, and from operands of every class?
import { assertEquals, assertGreater, assertMatch } from "../../std_assert.ts";
import { qemuUser, testWith } from "../../testing/tools.ts";
import { decode } from "../isa/mod.ts";
import { BLOCK_SIZE, FIRST_BLOCK, type SequenceProgram } from "../testing/sequence_program.ts";
import { verify } from "../testing/mod.ts";

testWith([qemuUser], "do 200,000 instructions of all classes end as under QEMU?", async () => {
  const found = await verify({ seed: 1, instructions: 200_000 });
  assertEquals(found.difference, undefined);
  assertEquals(found.coverage.empty, []);
  assertGreater(found.instructions, 200_000);
  assertGreater(found.translated, 0.5);
});

/** A hart that has the lowest bit of `mulhsu` wrong, unless something overwrites it. */
function wrongMultiply(output: Uint8Array<ArrayBuffer>, { placed, rounds }: SequenceProgram) {
  for (const [i, { words }] of placed.entries()) {
    for (const word of words) {
      const { instruction, fields: { rd = 0 } = {} } = decode(word) ?? {};
      if (instruction?.name !== "mulhsu" || rd === 0) continue;
      for (let round = 0; round < rounds; round++) {
        const at = FIRST_BLOCK + (i * rounds + round) * BLOCK_SIZE + 8 * rd;
        output[at] = (output[at] ?? 0) ^ 1;
      }
    }
  }
  return output;
}

testWith(
  [qemuUser],
  "is a wrong instruction found, and shrunk to it and its operands?",
  async () => {
    const { difference = "" } = await verify({ seed: 5, instructions: 1, distort: wrongMultiply });
    const [head = "", listing = "", ...rest] = difference.split("\n");
    assertMatch(head, /^the interpreter differs from QEMU in block \d+:$/);
    const [, rd, rs1, rs2] = /: \w{8}\s+mulhsu (\w+),(\w+),(\w+)$/.exec(listing) ?? [];
    assertEquals([rd, rs1, rs2].includes(undefined), false, difference);
    const [again, result = "", ...operands] = rest.reverse();
    assertEquals(again, "Again: deno task verify --seed 5 --from 0 --instructions 1");
    assertMatch(result, /^ +x\d+: was 0x\w+, QEMU 0x\w+, here 0x\w+$/);
    const [theirs = 0n, ours = 0n] = [...result.matchAll(/(?:QEMU|here) (0x\w+)/g)]
      .map(([, hex = ""]) => BigInt(hex));
    assertEquals(ours ^ theirs, 1n);
    assertEquals(operands.every((line) => line.startsWith("  in the beginning ")), true);
  },
);
