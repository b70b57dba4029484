// Does every instruction do what it does under QEMU, in five million random executions?
import { assertEquals, assertGreater } from "../../std_assert.ts";
import { qemuUser, testWith } from "../../testing/tools.ts";
import { verify } from "../testing/mod.ts";

testWith([qemuUser], "do five million instructions end as under QEMU?", async () => {
  const found = await verify({ seed: 20, instructions: 5_000_000 });
  assertEquals(found.difference, undefined);
  assertEquals(found.coverage.empty, []);
  assertGreater(found.translated, 0.7);
});
