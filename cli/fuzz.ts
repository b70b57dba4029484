/**
 * `deno task fuzz`: damages the images of a scenario and judges what restart makes of them.
 *
 * @module
 */
import {
  formatCase,
  MUTATION_KINDS,
  Statistics,
  type Verdict,
  VERDICTS,
  type Violation,
} from "../fuzz/mod.ts";
import { exitWith, hostReason, type Options, readOptions, UsageError } from "./command.ts";
import type { Assignment, Progress } from "./fuzz_worker.ts";
import { chooseScenario } from "./scenario_names.ts";

const USAGE = `Usage: deno task fuzz [options] [SCENARIO]

Damages checkpoint images of SCENARIO (default: hello) byte by byte and judges what restart makes of
each. Damage may only be refused; anything else is a violation.

  --seed N       which cases (default 1); the same seed gives the same cases
  --runs N       stop after N cases (default: no limit)
  --duration S   stop after S seconds (default 10, or no limit when --runs is given)
  --jobs N       workers (default 1)
  --out DIR      where violations are saved as case files (default fuzz-out)
  --json         print the result as one JSON object
  --help         print this

Exit status: 0 no violation, 1 violations, 2 wrong usage.`;

const DURATION_DEFAULT_S = 10;
const JOBS_MAX = 256;
/** How often the status is shown: on a terminal, and elsewhere. */
const STATUS_INTERVAL_MS = { terminal: 200, plain: 3000 } as const;

interface Settings {
  readonly scenario: string;
  readonly seed: number;
  readonly runs: number | null;
  readonly duration_s: number | null;
  readonly jobs: number;
  readonly out: string;
  readonly json: boolean;
}

/** A finished campaign. */
interface Outcome {
  readonly statistics: Statistics;
  readonly violations: readonly Violation[];
  readonly seconds: number;
}

/** Runs the command; returns its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args, {
    flags: ["json"],
    values: ["seed", "runs", "duration", "jobs", "out"],
  });
  if (options.flag("help")) {
    console.log(USAGE);
    return 0;
  }
  const settings = readSettings(options);
  const outcome = await runWorkers(settings);
  const saved = saveViolations(outcome.violations, settings.out);
  if (settings.json) console.log(JSON.stringify(jsonResult(settings, outcome, saved)));
  else printResult(settings, outcome, saved);
  return outcome.violations.length === 0 ? 0 : 1;
}

function readSettings(options: Options): Settings {
  const [name = "hello", ...more] = options.positional;
  if (more.length > 0) throw new UsageError(`Cannot fuzz '${more[0]}' too: give one scenario`);
  const runs = options.integer("runs", 1) ?? null;
  const duration = options.integer("duration", 1, 10_000_000);
  return {
    scenario: chooseScenario(name).name,
    seed: options.integer("seed", 0, 2 ** 32 - 1) ?? 1,
    runs,
    duration_s: duration ?? (runs === null ? DURATION_DEFAULT_S : null),
    jobs: options.integer("jobs", 1, JOBS_MAX) ?? 1,
    out: options.value("out") ?? "fuzz-out",
    json: options.flag("json"),
  };
}

function runWorkers(settings: Settings): Promise<Outcome> {
  const { scenario, seed, jobs, runs, duration_s } = settings;
  const begin = performance.now();
  const latest: (Progress | undefined)[] = new Array(jobs).fill(undefined);
  const status = settings.json ? undefined : showStatus(settings, latest, begin);
  return new Promise((resolve, reject) => {
    const workers = latest.map((_, shard) => {
      const worker = new Worker(new URL("./fuzz_worker.ts", import.meta.url), { type: "module" });
      worker.onerror = (event) => {
        event.preventDefault();
        status?.end();
        reject(new Error(`Worker ${shard} of the campaign failed: ${event.message}`));
      };
      worker.onmessage = ({ data }: MessageEvent<Progress>) => {
        latest[shard] = data;
        if (!latest.every((progress) => progress?.done)) return;
        status?.end();
        for (const each of workers) each.terminate();
        resolve({ ...merge(latest), seconds: (performance.now() - begin) / 1000 });
      };
      const assignment: Assignment = {
        scenario,
        seed,
        shard,
        shards: jobs,
        runs,
        duration_ms: duration_s === null ? null : duration_s * 1000,
      };
      worker.postMessage(assignment);
      return worker;
    });
  });
}

function merge(parts: readonly (Progress | undefined)[]): Omit<Outcome, "seconds"> {
  const statistics = new Statistics();
  const bySignature = new Map<string, Violation>();
  for (const part of parts) {
    if (part === undefined) continue;
    statistics.add(part.statistics);
    for (const violation of part.violations) {
      const known = bySignature.get(violation.signature);
      if (known === undefined || violation.number < known.number) {
        bySignature.set(violation.signature, violation);
      }
    }
  }
  const violations = [...bySignature.values()].sort((a, b) => a.number - b.number);
  return { statistics, violations };
}

/** Shows how far the campaign is, in place on a terminal and line by line elsewhere. */
function showStatus(
  { scenario }: Settings,
  latest: readonly (Progress | undefined)[],
  begin: number,
): { end(): void } {
  const terminal = Deno.stderr.isTerminal();
  const write = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text));
  const show = () => {
    const { statistics, violations } = merge(latest);
    const seconds = (performance.now() - begin) / 1000;
    const rate = Math.round(statistics.size / seconds).toLocaleString("en");
    const line = `${scenario}: ${statistics.size.toLocaleString("en")} cases, ${rate} a second, ` +
      `${violations.length} violations, ${seconds.toFixed(0)} s`;
    write(terminal ? `\r\x1b[K${line}` : `${line}\n`);
  };
  const timer = setInterval(show, STATUS_INTERVAL_MS[terminal ? "terminal" : "plain"]);
  return {
    end() {
      clearInterval(timer);
      if (terminal) write("\r\x1b[K");
    },
  };
}

/** A violation and the file that it was saved in. */
interface SavedViolation extends Violation {
  readonly file: string;
}

function saveViolations(violations: readonly Violation[], out: string): SavedViolation[] {
  return violations.map((violation) => {
    const file = `${out}/${violation.signature}.json`;
    try {
      Deno.mkdirSync(out, { recursive: true });
      Deno.writeTextFileSync(file, formatCase(violation.case));
    } catch (error) {
      throw new UsageError(`Cannot write ${file}: ${hostReason(error)}`);
    }
    return { ...violation, file };
  });
}

function printResult(
  { scenario, seed }: Settings,
  { statistics, violations, seconds }: Outcome,
  saved: readonly SavedViolation[],
): void {
  console.log(verdictTable(statistics));
  console.log();
  const checks = statistics.checks.map(([check, count]) =>
    `  ${String(count).padStart(9)}  ${check}`
  );
  if (checks.length > 0) console.log(["refused by", ...checks, ""].join("\n"));
  for (const { judgement, file, number } of saved) {
    console.log(`VIOLATION ${judgement.verdict}, case ${number}: ${judgement.detail}`);
    console.log(`  replay with: deno task replay ${file}`);
  }
  const rate = Math.round(statistics.size / seconds).toLocaleString("en");
  const count = violations.length === 0 ? "no violation" : `${violations.length} violations`;
  console.log(
    `${count}: ${scenario} (seed ${seed}), ${statistics.size.toLocaleString("en")} cases ` +
      `in ${seconds.toFixed(1)} s, ${rate} a second`,
  );
}

function verdictTable(statistics: Statistics): string {
  const shown: Verdict[] = VERDICTS.filter((verdict) =>
    verdict === "refused" || statistics.total(verdict) > 0
  );
  const row = (name: string, counts: readonly number[]) =>
    name.padEnd(10) + counts.map((count) => count.toLocaleString("en").padStart(11)).join("");
  return [
    "mutation".padEnd(10) + shown.map((verdict) => verdict.padStart(11)).join(""),
    ...MUTATION_KINDS.map((kind) => row(kind, shown.map((v) => statistics.cases(kind, v)))),
    row("all", shown.map((verdict) => statistics.total(verdict))),
  ].join("\n");
}

function jsonResult(
  { scenario, seed }: Settings,
  { statistics, seconds }: Outcome,
  saved: readonly SavedViolation[],
): unknown {
  return {
    scenario,
    seed,
    cases: statistics.size,
    seconds,
    ...statistics.toJSON(),
    violations: saved.map(({ number, judgement, signature, file }) => ({
      number,
      ...judgement,
      signature,
      file,
    })),
  };
}

if (import.meta.main) await exitWith("fuzz", main);
