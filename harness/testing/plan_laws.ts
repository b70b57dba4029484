/**
 * What holds for every program that a plan makes:
 *
 * - transparency: saved at a random instant and restarted in a fresh machine, it is what it was, and does what
 *   it would have done, in as many instructions and as much virtual time;
 * - twice: two restarts of one image do the same;
 * - generations: moved from machine to machine ten times it does what it would have done.
 */

import { assertEquals } from "../../std_assert.ts";
import { instructionLimit, launch, type Program, runToEnd } from "../program.ts";
import { Random } from "../random.ts";
import {
  checkTransparency,
  randomInstructions,
  type Reference,
  referenceRun,
} from "../transparency.ts";
import { type Plan, programOf } from "./plan.ts";

const POINTS = 4;
const GENERATIONS = 10;

/** Throws an AssertionError where one of the laws is broken. */
export function checkPlan(plan: Plan, seed: number): void {
  const program = programOf(plan);
  const reference = referenceRun(program, seed);
  const random = new Random(seed);
  const points = randomInstructions(reference, POINTS, random);
  for (const { point, identity, outcome } of checkTransparency(program, seed, reference, points)) {
    assertEquals(identity.differences, [], `identity at ${point.index}`);
    assertEquals(outcome.differences, [], `outcome from ${point.index}`);
  }
  checkTwice(program, seed, random.below(reference.instructions));
  checkGenerations(program, seed, reference);
}

function checkTwice(program: Program, seed: number, instructions: number): void {
  const { machine, pid } = launch(program, { seed });
  machine.run({ instructions });
  const image = machine.checkpoint();
  const [one, two] = [machine.freshCopy(), machine.freshCopy()].map((fresh) => {
    fresh.restart(image);
    runToEnd(fresh, instructionLimit(program));
    const outcome = fresh.outcome(pid);
    fresh.dispose();
    return outcome;
  });
  machine.dispose();
  assertEquals(two, one, `twice from ${instructions}`);
}

function checkGenerations(program: Program, seed: number, reference: Reference): void {
  let { machine, pid } = launch(program, { seed });
  const piece = Math.ceil(reference.instructions / (GENERATIONS + 1));
  for (let i = 0; i < GENERATIONS; i++) {
    if (machine.run({ instructions: piece }).reason === "exited") break;
    machine = machine.restartElsewhere();
  }
  runToEnd(machine, instructionLimit(program));
  assertEquals(machine.outcome(pid), reference.outcome, `after ${GENERATIONS} generations`);
  machine.dispose();
}
