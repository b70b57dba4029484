/** The common scenario: one program, saved at many points, must not be able to tell. */
import { compareFacts, type Comparison } from "./comparison.ts";
import type { Laboratory } from "./laboratory.ts";
import type { Point } from "./point.ts";
import { instructionLimit, launch, type Program, runToEnd } from "./program.ts";
import { type Scenario, scenario } from "./scenario.ts";
import type { Specimen, SpecimenSource } from "./specimen.ts";
import {
  checkTransparency,
  everySystemCall,
  PointWalk,
  randomInstructions,
  referenceRun,
} from "./transparency.ts";
import type { Random } from "./random.ts";

/** What is declared of a program scenario. */
export interface ProgramScenarioParts {
  /** The question that it answers, in one line. */
  readonly question: string;
  /** The program, made when the scenario is run. */
  readonly program: () => Program;
  /** Random instructions to save it at, besides every system call. Default: 50. */
  readonly randomPoints?: number;
}

const RANDOM_POINTS = 50;

/**
 * Declares a scenario that saves a program before and behind each of its system calls and at random
 * instructions, restarts it in a fresh machine each time, and compares identity and outcome.
 */
export function programScenario(name: string, parts: ProgramScenarioParts): Scenario {
  return scenario(name, {
    question: parts.question,
    body: (lab) => examine(lab, name, parts),
    specimens: programSpecimens(parts.program),
  });
}

function examine(lab: Laboratory, name: string, parts: ProgramScenarioParts): void {
  const program = parts.program();
  const reference = lab.time("reference", () => referenceRun(program, lab.seed));
  lab.say(`$ ${(program.args ?? [program.path]).join(" ")}`);
  for (const { name, value } of reference.outcome) {
    if (name.startsWith("output") && value !== "") lab.say(value.replace(/\n$/, ""));
  }
  const points: Point[] = [
    ...everySystemCall(reference),
    ...randomInstructions(reference, parts.randomPoints ?? RANDOM_POINTS, lab.random),
  ];
  let identity: Comparison = compareFacts(`identity at ${points.length} points`, [], []);
  let outcome: Comparison = compareFacts(`outcome from ${points.length} points`, [], []);
  let largest: Uint8Array | undefined;
  const results = checkTransparency(program, lab.seed, reference, points);
  lab.time("points", () => {
    for (const result of results) {
      identity = merged(identity, result.identity);
      outcome = merged(outcome, result.outcome);
      if (result.image.length > (largest?.length ?? 0)) largest = result.image;
      lab.noteRestarts();
    }
  });
  lab.add(identity);
  lab.add(outcome);
  if (largest !== undefined) lab.noteImage(`largest image of ${name}`, largest);
}

/** Both comparisons as one; differences keep the place where they were found. */
function merged(all: Comparison, one: Comparison): Comparison {
  const groups: Record<string, number> = { ...all.groups };
  for (const [group, count] of Object.entries(one.groups)) {
    groups[group] = (groups[group] ?? 0) + count;
  }
  const differences = one.differences.map((difference) => ({
    ...difference,
    name: `${one.what}: ${difference.name}`,
  }));
  return { what: all.what, groups, differences: [...all.differences, ...differences] };
}

/** Specimens of a program, saved at its system calls and at any instruction. */
export function programSpecimens(program: () => Program): SpecimenSource {
  return {
    pick(random: Random, seed: number): Point {
      const reference = referenceRun(program(), seed);
      return random.below(2) === 0
        ? random.pick(everySystemCall(reference))
        : random.pick(randomInstructions(reference, 1, random));
    },
    make: (seed, point) => makeSpecimen(program(), seed, point),
  };
}

function makeSpecimen(program: Program, seed: number, point: Point): Specimen {
  const { machine, pid } = launch(program, { seed });
  new PointWalk(machine).advance(point);
  const image = machine.checkpoint();
  const world = machine.freshCopy();
  machine.dispose();
  const instructionsMax = instructionLimit(program);
  const intact = world.fork();
  intact.restart(image);
  const identity = intact.identity();
  const ended = runToEnd(intact, instructionsMax);
  const outcome = intact.outcome(pid);
  intact.dispose();
  return { image, point, world, identity, outcome, instructionsMax, mayRunOn: !ended };
}
