import { assert, assertEquals, assertMatch } from "../std_assert.ts";
import { runTask, withFolder } from "./testing/tasks.ts";

const CASE = JSON.stringify({
  version: 1,
  scenario: "hello",
  seed: 1,
  point: "self:0",
  mutations: [{ kind: "flip", offset: 700, bit: 3 }],
});

Deno.test("does a campaign of two workers give the counts of one?", async () => {
  const args = ["--runs", "600", "--seed", "3", "--json"];
  const results = await Promise.all(
    ["1", "2"].map((jobs) => runTask("fuzz", [...args, "--jobs", jobs])),
  );
  const [one, two] = results.map(({ code, stdout }) => {
    assertEquals(code, 0);
    const { cases, verdicts, checks, violations } = JSON.parse(stdout);
    return { cases, verdicts, checks, violations };
  });
  assertEquals(one, two);
  assertEquals(one?.cases, 600);
  assertEquals(one?.violations, []);
});

Deno.test("does a campaign close with a table and a line of the result?", async () => {
  const { code, stdout } = await runTask("fuzz", ["hello-loop", "--runs", "200"]);
  assertEquals(code, 0);
  assertMatch(stdout, /^mutation\s+refused\n/);
  assertMatch(stdout, /\nall\s+200\n/);
  assertMatch(stdout, /\nno violation: hello-loop \(seed 1\), 200 cases in /);
});

Deno.test("does replay repeat a case and say what came of it?", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/case.json`;
    await Deno.writeTextFile(file, CASE);
    const { code, stdout } = await runTask("replay", [file]);
    assertEquals(code, 0);
    assertMatch(stdout, /verdict\s+refused\n/);
    assertMatch(stdout, /mutation\s+flip: offset 700, bit 3\n/);
  });
});

Deno.test("is a bad case file answered by one line and status 2?", async () => {
  await withFolder(async (folder) => {
    const wrong: [text: string, reason: string][] = [
      ["{}", "the text.version is not a whole number"],
      [CASE.replace("hello", "hullo"), "There is no scenario 'hullo'; did you mean 'hello'?"],
      [CASE.replace("700", "7000000"), "Cannot flip at byte 7000000 of an image of"],
      [CASE.replace("self:0", "self:9"), "hello has one checkpoint point, self:0"],
    ];
    for (const [text, reason] of wrong) {
      const file = `${folder}/case.json`;
      await Deno.writeTextFile(file, text);
      const { code, stdout, stderr } = await runTask("replay", [file]);
      assertEquals([code, stdout], [2, ""]);
      assertEquals(stderr.trim().split("\n").length, 1);
      assert(stderr.includes(reason), stderr);
    }
  });
});

Deno.test("is wrong usage of fuzz answered by one line and status 2?", async () => {
  const wrong: [args: string[], reason: string][] = [
    [["nothing"], "There is no scenario 'nothing'"],
    [["--runs", "0"], "Cannot use --runs '0': it must be a whole number from 1 to"],
    [["--jobs", "many"], "Cannot use --jobs 'many'"],
    [["--dir", "x"], "There is no option --dir; did you mean"],
  ];
  for (const [args, reason] of wrong) {
    const { code, stdout, stderr } = await runTask("fuzz", args);
    assertEquals([code, stdout], [2, ""]);
    assertEquals(stderr.trim().split("\n").length, 1);
    assert(stderr.includes(reason), stderr);
  }
});
