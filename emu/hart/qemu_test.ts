// Does every instruction do what it does under QEMU: registers, floats, flags and memory alike?
import { AssertionError, assertRejects } from "../../std_assert.ts";
import { qemuUser, testWith } from "../../testing/tools.ts";
import { decode } from "../isa/mod.ts";
import { compareWithQemu, type Engine } from "../testing/differential.ts";
import { SCRATCH_SIZE } from "../testing/sequence.ts";
import { RESULT_SIZE, runHere } from "../testing/sequence_program.ts";

testWith([qemuUser], "random sequences of all instructions end as under QEMU", async () => {
  await compareWithQemu({ seed: 0x0123_4567_89ab_cdefn, instructions: 30_000, timesEachMin: 60 });
});

/** A hart that has the lowest bit of `mulhsu` wrong, unless something overwrites it. */
const brokenEngine: Engine = (program, visit) => {
  const output = runHere(program, visit);
  for (const [i, { words }] of program.placed.entries()) {
    for (const word of words) {
      const decoded = decode(word);
      if (decoded?.instruction.name !== "mulhsu") continue;
      const place = i * RESULT_SIZE + SCRATCH_SIZE + 8 * (decoded.fields.rd ?? 0);
      output[place] = (output[place] ?? 0) ^ 1;
    }
  }
  return output;
};

testWith([qemuUser], "a wrong instruction is found and named", async () => {
  const compare = () =>
    compareWithQemu({ seed: 5n, instructions: 5000, timesEachMin: 0, engine: brokenEngine });
  const { message } = await assertRejects(compare, AssertionError, "Sequence differs from QEMU");
  // The listing ends with the instruction that is to blame, and the register follows.
  const lines = message.split("\n");
  const [, rd] = / mulhsu .* rd=(\d+)/.exec(lines.at(-2) ?? "") ?? [];
  if (rd === undefined || !lines.at(-1)?.startsWith(`  x${rd}: was `)) {
    throw new AssertionError(`Another instruction is blamed: ${message}`);
  }
});
