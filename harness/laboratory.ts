/** What a scenario's body works with: machines, comparisons, and the record of both. */
import { compareFacts, type Comparison, type Fact } from "./comparison.ts";
import { summarizeImage } from "./image_summary.ts";
import { Machine, type MachineOptions } from "./machine.ts";
import { Random } from "./random.ts";
import type { ImageSummary, Report, ScenarioOptions } from "./scenario.ts";

/** The record of one run of a scenario. */
export class Laboratory {
  /** Seed of the scenario's machines and choices. */
  readonly seed: number;
  /** Choices that the seed decides. */
  readonly random: Random;
  readonly #now: (() => number) | undefined;
  readonly #transcript: string[] = [];
  readonly #comparisons: Comparison[] = [];
  readonly #images: ImageSummary[] = [];
  readonly #times_ms = new Map<string, number>();
  #restarts = 0;

  /** An empty record. */
  constructor(options: ScenarioOptions = {}) {
    this.seed = options.seed ?? 1;
    this.random = new Random(this.seed);
    this.#now = options.now;
  }

  /** A machine with the scenario's seed. */
  boot(options: Omit<MachineOptions, "seed"> = {}): Machine {
    return this.time("boot", () => new Machine({ ...options, seed: this.seed }));
  }

  /** Adds lines to the transcript. */
  say(text: string): void {
    this.#transcript.push(...text.split("\n"));
  }

  /** Compares facts; the report lists what differs. */
  compare(what: string, expected: readonly Fact[], actual: readonly Fact[]): Comparison {
    const comparison = compareFacts(what, expected, actual);
    this.add(comparison);
    return comparison;
  }

  /** Compares two texts as one fact. */
  compareText(what: string, expected: string, actual: string): void {
    this.compare(what, [{ name: what, value: expected }], [{ name: what, value: actual }]);
  }

  /** Records a comparison. */
  add(comparison: Comparison): void {
    this.#comparisons.push(comparison);
  }

  /** Records an image that was made or used. */
  noteImage(name: string, image: Uint8Array): void {
    this.#images.push(summarizeImage(name, image));
  }

  /** Records that tasks came back from an image, `count` times. */
  noteRestarts(count = 1): void {
    this.#restarts += count;
  }

  /** Does something and adds the time it took, by the caller's clock, to a step's. */
  time<T>(step: string, work: () => T): T {
    if (this.#now === undefined) return work();
    const begin = this.#now();
    const result = work();
    this.#times_ms.set(step, (this.#times_ms.get(step) ?? 0) + this.#now() - begin);
    return result;
  }

  /** What has been recorded so far. */
  report(scenario: string): Report {
    const comparisons = [...this.#comparisons];
    return {
      scenario,
      seed: this.seed,
      consistent: comparisons.length > 0 &&
        comparisons.every(({ differences }) => differences.length === 0),
      transcript: [...this.#transcript],
      comparisons,
      images: [...this.#images],
      restarts: this.#restarts,
      times_ms: Object.fromEntries(this.#times_ms),
    };
  }
}
