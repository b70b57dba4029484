import { scenarios } from "../scenarios/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../std_assert.ts";
import { readmeBlocks } from "../testing/readme.ts";
import { runTask } from "./testing/tasks.ts";

Deno.test("does scenario hello print the session that README shows, and a verdict?", async () => {
  const { code, stdout, stderr } = await runTask("scenario", ["hello"]);
  assertEquals(stderr, "");
  assertEquals(code, 0);
  const [session, verdict = ""] = stdout.split("\n\n");
  const [shown] = readmeBlocks("console");
  assertEquals(`${session}\n`, shown);
  assertStringIncludes(verdict, "consistent: hello (seed 1)");
  assertStringIncludes(verdict, "identity in rstr's place");
  assertStringIncludes(verdict, "out.1, ");
});

Deno.test("are all scenarios consistent, with facts compared and restarts made?", async () => {
  const { code, stdout, stderr } = await runTask("scenario", ["--all", "--json", "--seed", "7"]);
  assertEquals(stderr, "");
  assertEquals(code, 0);
  const reports = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(reports.map(({ scenario }) => scenario), scenarios.map(({ name }) => name));
  for (const { seed, consistent, comparisons, restarts } of reports) {
    assertEquals([seed, consistent], [7, true]);
    assert(comparisons.length > 0 && restarts > 0);
  }
});

Deno.test("does scenario alone list the scenarios?", async () => {
  const { code, stdout } = await runTask("scenario", []);
  assertEquals(code, 0);
  for (const { name, question } of scenarios) {
    assert(stdout.split("\n").some((line) => line.startsWith(name) && line.endsWith(question)));
  }
});

const wrongUsages: [args: string[], reason: string][] = [
  [["helo"], "There is no scenario 'helo'; did you mean 'hello'?"],
  [["--sead", "3"], "There is no option --sead; did you mean --seed?"],
  [
    ["hello", "--seed", "x"],
    "Cannot use --seed 'x': it must be a whole number from 0 to 4294967295",
  ],
  [["hello", "--seed"], "Option --seed needs a value"],
  [["hello", "--all"], "Give --all or names, not both"],
];

for (const [args, reason] of wrongUsages) {
  Deno.test(`is 'scenario ${args.join(" ")}' answered by one line and status 2?`, async () => {
    const { code, stdout, stderr } = await runTask("scenario", args);
    assertEquals([code, stdout, stderr], [2, "", `scenario: ${reason}\n`]);
  });
}
