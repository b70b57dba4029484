/**
 * `deno task replay`: repeats one case of the fuzzer exactly.
 *
 * @module
 */
import {
  type Case,
  CaseError,
  isViolation,
  parseCase,
  type Replay,
  replayCase,
} from "../fuzz/mod.ts";
import { formatPoint } from "../harness/mod.ts";
import { exitWith, readFile, readOptions, UsageError } from "./command.ts";
import { chooseScenario } from "./scenario_names.ts";

const USAGE = `Usage: deno task replay [--json] CASE

Builds the image of a case file again, damages it in the same way, restarts it, and says what came
of it.

  --json   print the result as one JSON object
  --help   print this

Exit status: 0 no violation, 1 a violation, 2 wrong usage or not a case file.`;

/** Runs the command; returns its exit status. */
export function main(args: readonly string[]): number {
  const options = readOptions(args, { flags: ["json"] });
  if (options.flag("help")) {
    console.log(USAGE);
    return 0;
  }
  const [file, ...more] = options.positional;
  if (file === undefined || more.length > 0) throw new UsageError("Give one case file");
  const replayed = readCase(file);
  const replay = runCase(file, replayed);
  const { judgement, original, image } = replay;
  if (options.flag("json")) {
    console.log(JSON.stringify({ ...judgement, bytes: image.length, case: replayed }));
  } else {
    console.log(
      `case       ${replayed.scenario}, seed ${replayed.seed}, ${formatPoint(replayed.point)}`,
    );
    for (const mutation of replayed.mutations) {
      const { kind, ...rest } = mutation;
      const parts = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
      console.log(`mutation   ${kind}: ${parts.join(", ")}`);
    }
    console.log(`image      ${original.length} bytes, damaged ${image.length} bytes`);
    console.log(`verdict    ${judgement.verdict}`);
    console.log(`reason     ${judgement.detail}`);
  }
  return isViolation(judgement) ? 1 : 0;
}

function readCase(file: string): Case {
  try {
    return parseCase(new TextDecoder().decode(readFile(file)));
  } catch (error) {
    if (error instanceof CaseError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}

function runCase(file: string, replayed: Case): Replay {
  const scenario = chooseScenario(replayed.scenario);
  try {
    return replayCase(scenario, replayed);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}

if (import.meta.main) await exitWith("replay", main);
