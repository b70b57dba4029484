/** One program in two machines, of which only one may translate code. */
import { assertEquals } from "../../std_assert.ts";
import { launch, type Program } from "../program.ts";
import { Random } from "../random.ts";

/** Translates whatever comes by. */
const EAGER = { samplesMin: 1, warmUp: 0, interval: 50 };

/** What two runs of a program had in common. */
export interface Compared {
  /** Places at which both machines were stopped and compared. */
  readonly stops: number;
  readonly instructions: number;
  /** Instructions that translated code has executed. */
  readonly byTranslatedCode: number;
  readonly output: string;
}

/**
 * Runs a program to its end in both machines, in pieces of 1 to `longest` instructions, and compares
 * behind each: what the program is (registers, memory, files …), and in the end what it did.
 */
export function compareEngines(program: Program, seed: number, longest: number): Compared {
  const random = new Random(seed);
  const [interpreted, translated] = [launch(program, { seed }), launch(program, { seed })];
  interpreted.machine.kernel.hart.configure({ translate: false });
  translated.machine.kernel.hart.configure({ heat: EAGER });
  let stops = 0;
  for (;; stops++) {
    const instructions = 1 + random.below(random.below(longest) + 1);
    const expected = interpreted.machine.run({ instructions });
    const actual = translated.machine.run({ instructions });
    const where = `instruction ${interpreted.machine.instructions}`;
    assertEquals(actual.reason, expected.reason, where);
    assertEquals(translated.machine.instructions, interpreted.machine.instructions, where);
    if (expected.reason === "exited") break;
    const [a, b] = [interpreted, translated].map(({ machine, pid }) => machine.identity(pid));
    assertEquals(b, a, where);
  }
  const [a, b] = [interpreted, translated].map(({ machine, pid }) => machine.outcome(pid));
  assertEquals(b, a);
  return {
    stops,
    instructions: interpreted.machine.instructions,
    byTranslatedCode: translated.machine.kernel.hart.translatedInstructions,
    output: interpreted.machine.output,
  };
}
