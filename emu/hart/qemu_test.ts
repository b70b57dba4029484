// Does every instruction do what it does under QEMU: registers, floats, flags and memory alike?
import { compareWithQemu } from "../testing/differential.ts";
import { qemuUser, testWith } from "../../testing/tools.ts";

testWith([qemuUser], "random sequences of all instructions end as under QEMU", async () => {
  await compareWithQemu({ seed: 0x0123_4567_89ab_cdefn, instructions: 30_000, timesEachMin: 60 });
});
