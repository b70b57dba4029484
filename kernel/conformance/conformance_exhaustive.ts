// Does each conformance program get the same answer here as from Linux, through QEMU's user mode?
// `deno test --filter NAME` chooses one.

import { assertEquals, assertNotEquals, equal } from "../../std_assert.ts";
import { crossLibc, qemuUser, testWith } from "../../testing/tools.ts";
import { judgeWithQemu } from "../testing/judged.ts";
import { knownDifferences } from "./testing/known_differences.ts";
import { conformancePrograms } from "./testing/programs.ts";

const ATTEMPTS = 3;

for (const { name, question, source } of conformancePrograms()) {
  testWith([crossLibc, qemuUser], `${name}: ${question}`, async () => {
    const options = { flags: ["-pthread"] };
    let { here, there } = await judgeWithQemu(source, options);
    const difference = knownDifferences[name];
    if (difference === undefined) {
      // On a busy host QEMU may miss the times that a program counts on; ours are virtual.
      for (let tried = 1; tried < ATTEMPTS && !equal(here, there); tried++) {
        ({ here, there } = await judgeWithQemu(source, options));
      }
      return assertEquals(here, there);
    }
    assertEquals(here.output, difference.output);
    if (difference.byChance !== true) {
      assertNotEquals(there, here, `${name} is no difference any more: take it off the list`);
    }
  });
}
