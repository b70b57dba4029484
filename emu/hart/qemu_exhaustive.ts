// Does every instruction do what it does under QEMU, in a million random executions?
import { compareWithQemu } from "../testing/differential.ts";
import { qemuUser, testWith } from "../../testing/tools.ts";

for (const seed of [0xfedc_ba98_7654_3210n, 0x0f1e_2d3c_4b5a_6978n]) {
  testWith(
    [qemuUser],
    `a million random instructions end as under QEMU, seed ${seed}`,
    async () => {
      await compareWithQemu({ seed, instructions: 1_000_000, timesEachMin: 3000 });
    },
  );
}
