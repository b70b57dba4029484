import { findScenario, scenarios } from "../scenarios/mod.ts";
import { assert, assertEquals } from "../std_assert.ts";
import { Campaign, type CampaignOptions, replayCase } from "./campaign.ts";
import { formatCase, parseCase } from "./case.ts";
import type { Restart } from "./judge.ts";
import { crashing, leaking, withoutDigestCheck } from "./testing/restarts.ts";

const SHORT_RUN = 1500;

function scenarioNamed(name: string) {
  const scenario = findScenario(name);
  if (scenario === undefined) throw new Error(`There is no scenario ${name}`);
  return scenario;
}

function campaign(name: string, cases: number, options: Partial<CampaignOptions> = {}): Campaign {
  const run = new Campaign(scenarioNamed(name), { seed: 1, ...options });
  while (run.next < cases) run.step();
  run.dispose();
  return run;
}

for (const { name } of scenarios) {
  Deno.test(`is raw damage to images of ${name} refused?`, () => {
    const { statistics, violations } = campaign(name, SHORT_RUN);
    assertEquals(violations, []);
    assertEquals(statistics.total("refused"), SHORT_RUN);
  });
}

Deno.test("are the cases of shards those of the whole campaign?", () => {
  const whole = campaign("hello", 300).statistics;
  const parts = [0, 1, 2].map((shard) => campaign("hello", 300, { shard, shards: 3 }).statistics);
  const [first, ...others] = parts;
  assert(first !== undefined);
  for (const part of others) first.add(part.toJSON());
  assertEquals(first.toJSON(), whole.toJSON());
});

const wrong: [what: string, restart: Restart, verdicts: string[]][] = [
  ["without the digest check", withoutDigestCheck, ["changed", "diverged", "same"]],
  ["that leaves a frame behind", leaking, ["leak"]],
  ["that throws something else", crashing, ["crash"]],
];

for (const [what, restart, verdicts] of wrong) {
  Deno.test(`does a short run find a restart ${what}, and replay it?`, () => {
    const scenario = scenarioNamed("hello");
    const { violations } = campaign("hello", SHORT_RUN, { restart });
    const found = new Set(violations.map(({ judgement }) => judgement.verdict as string));
    assert(verdicts.some((verdict) => found.has(verdict)), [...found].join());
    for (const violation of violations.slice(0, 5)) {
      const saved = parseCase(formatCase(violation.case));
      assertEquals(replayCase(scenario, saved, restart).judgement, violation.judgement);
      assertEquals(replayCase(scenario, saved).judgement.verdict, "refused");
    }
  });
}
