/**
 * The oracle of transparency: a program that is saved, thrown away and brought back in a fresh
 * machine must not be able to tell.
 *
 * ```text
 * reference  ────────────────────────────────────▶ end
 * original   ──────●──────────●─────────● points
 *                  └▶ image ─▶ fresh machine ────▶ end      for each point
 * ```
 *
 * The identity after restart must equal that at the checkpoint; output, status, instruction count,
 * virtual time and files at the end must equal the reference's.
 */
import { compareFacts, type Comparison, type Fact } from "./comparison.ts";
import type { Machine } from "./machine.ts";
import { formatPoint, type Point } from "./point.ts";
import { instructionLimit, launch, type Program, runToEnd } from "./program.ts";
import type { Random } from "./random.ts";

/** What a run offers to be saved at. */
export interface RunLength {
  /** System calls that are made. */
  readonly calls: number;
  /** System calls that return: those that end a task do not. */
  readonly returns: number;
  /** Instructions that it executes. */
  readonly instructions: number;
}

/** A run to the end without a checkpoint. */
export interface Reference extends RunLength {
  /** What it has done. */
  readonly outcome: readonly Fact[];
}

/** What came of one point. */
export interface PointResult {
  /** Where the program was saved. */
  readonly point: Point;
  /** The image. */
  readonly image: Uint8Array;
  /** Identity after restart against identity at the checkpoint. */
  readonly identity: Comparison;
  /** What the program had done in the end against the reference. */
  readonly outcome: Comparison;
}

/**
 * Runs a program without interruption.
 *
 * @throws {RangeError} when it does not end within its limit.
 */
export function referenceRun(program: Program, seed: number): Reference {
  const { stops: returns } = runCounting(program, seed, "syscall_exit");
  const { stops: calls, instructions, outcome } = runCounting(program, seed, "syscall_entry");
  return { calls, returns, instructions, outcome };
}

/** Runs a program to its end and counts how often it stops at one side of a system call. */
function runCounting(
  program: Program,
  seed: number,
  until: "syscall_entry" | "syscall_exit",
): { stops: number; instructions: number; outcome: Fact[] } {
  const { machine, pid } = launch(program, { seed });
  const instructionsMax = instructionLimit(program);
  for (let stops = 0;; stops++) {
    const { reason } = machine.run({ instructions: instructionsMax - machine.instructions, until });
    if (reason === until) continue;
    if (reason !== "exited") throw notEnding(program, reason);
    const { instructions } = machine;
    const outcome = machine.outcome(pid);
    machine.dispose();
    return { stops, instructions, outcome };
  }
}

function notEnding(program: Program, reason: string): RangeError {
  const limit = instructionLimit(program);
  return new RangeError(`${program.path} did not end in ${limit} instructions (${reason})`);
}

/** Before and behind each system call of a run. */
export function everySystemCall({ calls, returns }: RunLength): Point[] {
  const all = (kind: "entry" | "return", count: number) =>
    Array.from({ length: count }, (_, index): Point => ({ kind, index }));
  return [...all("entry", calls), ...all("return", returns)];
}

/** `count` random instructions of a run. */
export function randomInstructions(
  { instructions }: RunLength,
  count: number,
  random: Random,
): Point[] {
  const indices = Array.from({ length: count }, () => random.below(instructions));
  return indices.sort((a, b) => a - b).map((index) => ({ kind: "instruction", index }));
}

/**
 * Saves a program at each point, restarts it in a fresh machine and runs it to its end.
 *
 * @param points In any order; each run of the program serves all points of one kind.
 */
export function* checkTransparency(
  program: Program,
  seed: number,
  reference: Reference,
  points: readonly Point[],
): Generator<PointResult> {
  const kinds = new Set(points.map(({ kind }) => kind));
  for (const kind of kinds) {
    const ofKind = points.filter((point) => point.kind === kind)
      .sort((a, b) => a.index - b.index);
    const { machine, pid } = launch(program, { seed });
    const walk = new PointWalk(machine);
    for (const point of ofKind) {
      walk.advance(point);
      yield checkPoint(program, machine, pid, point, reference);
    }
    machine.dispose();
  }
}

function checkPoint(
  program: Program,
  machine: Machine,
  pid: number,
  point: Point,
  reference: Reference,
): PointResult {
  const at = formatPoint(point);
  const before = machine.identity();
  const image = machine.checkpoint();
  const fresh = machine.freshCopy();
  fresh.restart(image);
  const identity = compareFacts(`identity at ${at}`, before, fresh.identity());
  runToEnd(fresh, instructionLimit(program));
  const outcome = compareFacts(`outcome from ${at}`, reference.outcome, fresh.outcome(pid));
  fresh.dispose();
  return { point, image, identity, outcome };
}

/** Brings a machine from point to point of one kind, ascending. */
export class PointWalk {
  /** System calls that have been entered. */
  #entries = 0;
  #returns = 0;

  /** A walk that begins where the machine stands. */
  constructor(readonly machine: Machine) {}

  /**
   * Goes on to a point.
   *
   * @throws {RangeError} when the machine's run ends before.
   */
  advance(point: Point): void {
    const reached = this.#advance(point);
    if (!reached) throw new RangeError(`The run has no point ${formatPoint(point)}`);
  }

  #advance({ kind, index }: Point): boolean {
    switch (kind) {
      case "instruction":
        return this.#toInstruction(index);
      case "entry":
        while (this.#entries <= index) {
          if (this.machine.run({ until: "syscall_entry" }).reason !== "syscall_entry") return false;
          this.#entries++;
        }
        return true;
      case "return":
        while (this.#returns <= index) {
          if (this.machine.run({ until: "syscall_exit" }).reason !== "syscall_exit") return false;
          this.#returns++;
        }
        return true;
      case "self":
        return false;
    }
  }

  #toInstruction(index: number): boolean {
    const instructions = index - this.machine.instructions;
    if (instructions > 0) this.machine.run({ instructions });
    return this.machine.instructions === index;
  }
}
