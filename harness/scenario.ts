/**
 * Scenarios: what a script declares, and what running it gives.
 *
 * A scenario is data with a body. The body drives machines through a {@linkcode Laboratory}, which
 * keeps the record: what was said on the terminal, what was compared, which images were made.
 */
import type { Comparison } from "./comparison.ts";
import { Laboratory } from "./laboratory.ts";
import type { SpecimenSource } from "./specimen.ts";

/** A scenario. */
export interface Scenario {
  /** What it is called on the command line: lower-case words joined by hyphens. */
  readonly name: string;
  /** The question that it answers, in one line. */
  readonly question: string;
  /** Drives the machines and compares. */
  readonly body: (lab: Laboratory) => void;
  /** Makes images for a fuzzer to damage. */
  readonly specimens: SpecimenSource;
}

/** An image that a scenario made or used. */
export interface ImageSummary {
  /** Where it is, or what it is of. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
  /** How many records it has of each kind, in the order of their first appearance. */
  readonly records: Readonly<Record<string, number>>;
}

/** What came of a scenario. */
export interface Report {
  /** Name of the scenario. */
  readonly scenario: string;
  /** Seed of its machines. */
  readonly seed: number;
  /** Whether everything that was compared was equal, and something was compared. */
  readonly consistent: boolean;
  /** What a terminal would have shown. */
  readonly transcript: readonly string[];
  /** What was compared. */
  readonly comparisons: readonly Comparison[];
  /** The images. */
  readonly images: readonly ImageSummary[];
  /** How often a task came back from an image. */
  readonly restarts: number;
  /** Milliseconds by step, by the caller's clock; empty without one. */
  readonly times_ms: Readonly<Record<string, number>>;
}

/** How a scenario is run. */
export interface ScenarioOptions {
  /** Seed of its machines, 0 to 2^32 - 1. Default: 1. */
  readonly seed?: number;
  /** A clock in milliseconds, e.g. `() => performance.now()`. Default: no times in the report. */
  readonly now?: () => number;
}

/**
 * Declares a scenario.
 *
 * @throws {TypeError} when the name is not made of lower-case words joined by hyphens.
 */
export function scenario(
  name: string,
  parts: Omit<Scenario, "name">,
): Scenario {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
    throw new TypeError(
      `Cannot declare scenario '${name}': use lower-case words joined by hyphens`,
    );
  }
  return { name, ...parts };
}

/**
 * Runs a scenario to its end.
 *
 * @returns What was compared and whether all of it was equal. A guest that does not behave shows up
 * there; only a mistake in the scenario itself throws.
 */
export function runScenario(scenario: Scenario, options: ScenarioOptions = {}): Report {
  const lab = new Laboratory(options);
  scenario.body(lab);
  return lab.report(scenario.name);
}
