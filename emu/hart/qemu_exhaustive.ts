// Does every instruction do what it does under QEMU, in a million random executions?
import { qemuUser, testWith } from "../../testing/tools.ts";
import { compareWithQemu } from "../testing/differential.ts";

testWith([qemuUser], "a million random instructions end as under QEMU", async () => {
  const seed = 0xfedc_ba98_7654_3210n;
  await compareWithQemu({ seed, instructions: 1_000_000, timesEachMin: 3000 });
});
