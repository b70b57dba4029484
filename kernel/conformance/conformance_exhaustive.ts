// Does each conformance program get the same answer here as from Linux, through QEMU's user mode?
// `deno test --filter NAME` chooses one.

import { assertEquals, assertNotEquals } from "../../std_assert.ts";
import { crossLibc, qemuUser, testWith } from "../../testing/tools.ts";
import { judgeWithQemu } from "../testing/judged.ts";
import { knownDifferences } from "./testing/known_differences.ts";
import { conformancePrograms } from "./testing/programs.ts";

for (const { name, question, source } of conformancePrograms()) {
  testWith([crossLibc, qemuUser], `${name}: ${question}`, async () => {
    const { here, there } = await judgeWithQemu(source, { flags: ["-pthread"] });
    const difference = knownDifferences[name];
    if (difference === undefined) return assertEquals(here, there);
    assertEquals(here.output, difference.output);
    assertNotEquals(there, here, `${name} is no difference any more: take it off the list`);
  });
}
