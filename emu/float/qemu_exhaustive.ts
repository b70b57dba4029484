// Does each instruction do as under QEMU on every pair of border operands, and on many more at
// random than the quick test has time for?
import { assertEquals } from "../../std_assert.ts";
import { crossLibc, qemuUser, testWith } from "../../testing/tools.ts";
import { INSTRUCTIONS } from "./testing/instructions.ts";
import { randomWords } from "./testing/operands.ts";
import {
  aimedTrials,
  borderTrials,
  differencesFromQemu,
  MODES,
  randomTrials,
} from "./testing/qemu.ts";

for (const instruction of INSTRUCTIONS) {
  testWith([crossLibc, qemuUser], `${instruction.name} does as under QEMU`, async () => {
    const next = randomWords(0xfedc_ba98_7654_3210n);
    const trials = MODES.flatMap((rm) => [
      ...borderTrials(instruction, rm, next),
      ...randomTrials(instruction, rm, 10_000, next),
      ...aimedTrials(instruction, rm, 10_000, next),
    ]);
    const differences = await differencesFromQemu(trials);
    assertEquals(differences.slice(0, 20), []);
  });
}
