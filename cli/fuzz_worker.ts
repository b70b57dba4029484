/**
 * One worker of `deno task fuzz`: does its shard of a campaign and reports every tenth of a second.
 */
/// <reference lib="webworker" />
import { Campaign, type StatisticsData, type Violation } from "../fuzz/mod.ts";
import { findScenario } from "../scenarios/mod.ts";

/** What a worker is told to do. */
export interface Assignment {
  readonly scenario: string;
  readonly seed: number;
  readonly shard: number;
  readonly shards: number;
  /** Cases of the whole campaign, or `null` for no limit. */
  readonly runs: number | null;
  /** Milliseconds, or `null` for no limit. */
  readonly duration_ms: number | null;
}

/** What a worker reports: its counts so far. */
export interface Progress {
  readonly statistics: StatisticsData;
  readonly violations: readonly Violation[];
  readonly done: boolean;
}

const REPORT_INTERVAL_MS = 100;
const CASES_BETWEEN_LOOKS = 16;

self.onmessage = ({ data }: MessageEvent<Assignment>) => {
  const scenario = findScenario(data.scenario);
  if (scenario === undefined) throw new Error(`There is no scenario ${data.scenario}`);
  work(new Campaign(scenario, data), data);
};

function work(campaign: Campaign, { runs, duration_ms }: Assignment): void {
  const begin = performance.now();
  const runsEnd = runs ?? Infinity;
  const timeEnd = begin + (duration_ms ?? Infinity);
  let reported = begin;
  const isDone = () => campaign.next >= runsEnd || performance.now() >= timeEnd;
  while (!isDone()) {
    for (let i = 0; i < CASES_BETWEEN_LOOKS && campaign.next < runsEnd; i++) campaign.step();
    if (performance.now() - reported < REPORT_INTERVAL_MS) continue;
    reported = performance.now();
    report(campaign, false);
  }
  report(campaign, true);
  campaign.dispose();
}

function report({ statistics, violations }: Campaign, done: boolean): void {
  const progress: Progress = { statistics: statistics.toJSON(), violations, done };
  self.postMessage(progress);
}
