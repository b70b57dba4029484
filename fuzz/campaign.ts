/**
 * A campaign: many cases of one scenario, judged one after the other.
 *
 * Invariants checked: raw damage is refused, a refusal leaves no trace, nothing but a refusal is
 * thrown. Case number `i` of a seed is always the same case, so that campaigns can be cut into
 * shards, and a violation can be replayed.
 */
import { Random, type Scenario } from "../harness/mod.ts";
import type { Case } from "./case.ts";
import { Judge, type Restart } from "./judge.ts";
import { applyMutations, MUTATION_KINDS, proposeMutation } from "./mutation.ts";
import { Statistics } from "./statistics.ts";
import { isViolation, type Judgement, signatureOf } from "./verdict.ts";

/** Cases that share a specimen: making one costs a run of its program. */
const CASES_PER_SPECIMEN = 500;

/** What a campaign does. */
export interface CampaignOptions {
  /** Decides all cases, 0 to 2^32 - 1. */
  readonly seed: number;
  /** This campaign does the cases `shard`, `shard + shards`, … Default: all of them. */
  readonly shard?: number;
  /** Number of shards that the cases are dealt to. Default: 1. */
  readonly shards?: number;
  /** The restart under test. Default: the kernel's. */
  readonly restart?: Restart;
}

/** A case that should not have come out as it did. */
export interface Violation {
  /** Number of the case in its campaign. */
  readonly number: number;
  /** What was judged. */
  readonly case: Case;
  /** How. */
  readonly judgement: Judgement;
  /** What violations of one cause have in common. */
  readonly signature: string;
}

/** Judges the cases of a scenario in order. */
export class Campaign {
  /** What has come out so far. */
  readonly statistics: Statistics = new Statistics();
  readonly #violations = new Map<string, Violation>();
  readonly #shards: number;
  #next: number;
  #specimenNumber = -1;
  #judge: Judge | undefined;

  /** A campaign that has done nothing yet. */
  constructor(readonly scenario: Scenario, readonly options: CampaignOptions) {
    this.#shards = options.shards ?? 1;
    this.#next = options.shard ?? 0;
  }

  /** Number of the next case. */
  get next(): number {
    return this.#next;
  }

  /** The first violation of each signature, by number. */
  get violations(): Violation[] {
    return [...this.#violations.values()].sort((a, b) => a.number - b.number);
  }

  /** Judges the next case. */
  step(): void {
    const number = this.#next;
    this.#next += this.#shards;
    const judge = this.#judgeFor(Math.floor(number / CASES_PER_SPECIMEN));
    const { specimen } = judge;
    const random = new Random(this.options.seed, number);
    const kind = random.pick(MUTATION_KINDS);
    const mutations = [proposeMutation(random, specimen.image, kind)];
    const judgement = judge.judge(applyMutations(specimen.image, mutations));
    this.statistics.count(mutations[0]?.kind ?? kind, judgement);
    if (!isViolation(judgement)) return;
    const signature = signatureOf(judgement);
    if (this.#violations.has(signature)) return;
    const { name } = this.scenario;
    const found: Case = {
      scenario: name,
      seed: this.options.seed,
      point: specimen.point,
      mutations,
    };
    this.#violations.set(signature, { number, case: found, judgement, signature });
  }

  /** Gives the machines back. */
  dispose(): void {
    this.#judge?.dispose();
    this.#judge?.specimen.world.dispose();
    this.#judge = undefined;
  }

  #judgeFor(specimenNumber: number): Judge {
    if (this.#judge !== undefined && this.#specimenNumber === specimenNumber) return this.#judge;
    this.dispose();
    this.#specimenNumber = specimenNumber;
    const { seed, restart } = this.options;
    const point = this.scenario.specimens.pick(new Random(seed, 2 ** 31 + specimenNumber), seed);
    this.#judge = new Judge(this.scenario.specimens.make(seed, point), restart);
    return this.#judge;
  }
}

/**
 * Judges one case again.
 *
 * @param scenario The scenario that the case names.
 * @throws {RangeError} when a mutation lies outside the image.
 */
export function replayCase(scenario: Scenario, replayed: Case, restart?: Restart): Replay {
  const specimen = scenario.specimens.make(replayed.seed, replayed.point);
  const judge = new Judge(specimen, restart);
  const image = applyMutations(specimen.image, replayed.mutations);
  const judgement = judge.judge(image);
  judge.dispose();
  specimen.world.dispose();
  return { judgement, original: specimen.image, image };
}

/** What came of a case. */
export interface Replay {
  /** The judgement. */
  readonly judgement: Judgement;
  /** The image before the mutations. */
  readonly original: Uint8Array;
  /** The image that was restarted. */
  readonly image: Uint8Array;
}
