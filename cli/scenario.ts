/**
 * `deno task scenario`: runs scenarios and says whether what came back equals what was saved.
 *
 * @module
 */
import {
  type Comparison,
  factCount,
  formatDifference,
  type ImageSummary,
  type Report,
  runScenario,
} from "../harness/mod.ts";
import { scenarios } from "../scenarios/mod.ts";
import { exitWith, readOptions, UsageError } from "./command.ts";
import { chooseScenario } from "./scenario_names.ts";

const USAGE = `Usage: deno task scenario [options] [SCENARIO …]

Runs scenarios: programs are saved, brought back, and compared with what they were. Without a name,
lists the scenarios.

  --all      run all of them
  --seed N   seed of the machines and of random choices (default 1)
  --json     print one JSON object a scenario
  --help     print this

Exit status: 0 consistent, 1 not consistent, 2 wrong usage.`;

const DIFFERENCES_SHOWN = 20;

/** Runs the command; returns its exit status. */
export function main(args: readonly string[]): number {
  const options = readOptions(args, { flags: ["all", "json"], values: ["seed"] });
  if (options.flag("help")) {
    console.log(USAGE);
    return 0;
  }
  const seed = options.integer("seed", 0, 2 ** 32 - 1) ?? 1;
  if (options.flag("all") && options.positional.length > 0) {
    throw new UsageError("Give --all or names, not both");
  }
  const chosen = options.flag("all") ? scenarios : options.positional.map(chooseScenario);
  if (chosen.length === 0) {
    listScenarios();
    return 0;
  }
  let consistent = true;
  for (const scenario of chosen) {
    const begin = performance.now();
    const report = runScenario(scenario, { seed, now: () => performance.now() });
    const whole_ms = performance.now() - begin;
    consistent &&= report.consistent;
    if (options.flag("json")) console.log(JSON.stringify({ ...report, whole_ms }));
    else console.log(reportText(report, whole_ms, options.flag("all")));
  }
  return consistent ? 0 : 1;
}

function listScenarios(): void {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  for (const { name, question } of scenarios) console.log(`${name.padEnd(width)}  ${question}`);
  console.log("\nRun one with: deno task scenario NAME");
}

/** The session and the verdict; without the session when there are many. */
function reportText(report: Report, whole_ms: number, brief: boolean): string {
  const lines = brief ? [] : [...report.transcript, ""];
  const verdict = report.consistent ? "consistent" : "NOT CONSISTENT";
  lines.push(`${verdict}: ${report.scenario} (seed ${report.seed})`);
  for (const comparison of report.comparisons) lines.push(...comparisonLines(comparison));
  for (const image of report.images) lines.push(imageLine(image));
  const times = Object.entries({ ...report.times_ms, whole: whole_ms });
  const parts = times.map(([step, ms]) => `${step} ${ms.toFixed(1)} ms`);
  lines.push(`  restarts   ${report.restarts}; times: ${parts.join(", ")}`);
  return lines.join("\n") + (brief ? "" : "\n");
}

function comparisonLines(comparison: Comparison): string[] {
  const { what, groups, differences } = comparison;
  const counts = Object.entries(groups).map(([group, count]) => `${count} ${group}`);
  const facts = `${factCount(comparison).toLocaleString("en")} facts`;
  if (differences.length === 0) {
    const detail = counts.length > 1 ? ` (${counts.join(", ")})` : "";
    return [`  equal      ${what}${counts.length > 1 ? `: ${facts}${detail}` : ""}`];
  }
  const shown = differences.slice(0, DIFFERENCES_SHOWN).map((difference) =>
    `               ${formatDifference(difference)}`
  );
  const hidden = differences.length - shown.length;
  return [
    `  DIFFERENT  ${what}: ${differences.length} of ${facts}`,
    ...shown,
    ...(hidden > 0 ? [`               and ${hidden} more`] : []),
  ];
}

function imageLine({ name, bytes, records }: ImageSummary): string {
  const kinds = Object.entries(records).map(([kind, count]) =>
    count === 1 ? kind : `${kind} ×${count}`
  );
  return `  image      ${name}, ${bytes.toLocaleString("en")} bytes: ${kinds.join(", ")}`;
}

if (import.meta.main) await exitWith("scenario", main);
