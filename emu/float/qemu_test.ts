// Does each F and D instruction do what it does under QEMU, registers and flags alike? At borders,
// at random and in every rounding mode, with singles that are boxed and that are not.
import { assertEquals, assertGreater } from "../../std_assert.ts";
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

testWith([crossLibc, qemuUser], "every instruction in every mode does as under QEMU", async () => {
  const next = randomWords(0x0123_4567_89ab_cdefn);
  const trials = INSTRUCTIONS.flatMap((instruction) => [
    // Pairs of borders are many: each gets one mode here, and all of them in qemu_exhaustive.ts.
    ...(instruction.operands === 1 ? [] : borderTrials(instruction, 0, next))
      .map((trial, i) => ({ ...trial, rm: i % MODES.length })),
    ...MODES.flatMap((rm) => [
      ...(instruction.operands === 1 ? borderTrials(instruction, rm, next) : []),
      ...randomTrials(instruction, rm, 200, next),
      ...aimedTrials(instruction, rm, 200, next),
    ]),
  ]);
  assertGreater(trials.length, 20_000);
  const differences = await differencesFromQemu(trials);
  assertEquals(differences.slice(0, 20), []);
});
