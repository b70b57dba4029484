import { runScenario } from "../harness/mod.ts";
import { assert, assertEquals } from "../std_assert.ts";
import { buildGlibcProgram } from "../testing/glibc.ts";
import { crossLibc, testWith } from "../testing/tools.ts";
import { hello, sessionScenario } from "./hello.ts";

testWith(
  [crossLibc],
  "do ckpt and rstr from a stock compiler and glibc play the same session?",
  async () => {
    const [ckpt, rstr] = [await buildGlibcProgram("ckpt"), await buildGlibcProgram("rstr")];
    const report = runScenario(sessionScenario("hello-glibc", () => ({ ckpt, rstr })));
    assertEquals(report.comparisons.flatMap(({ differences }) => differences), []);
    assert(report.consistent);
    assertEquals(report.transcript, runScenario(hello).transcript);
  },
);

Deno.test("is the same seed the same report, and no machine left behind in it?", () => {
  assertEquals(runScenario(hello, { seed: 5 }), runScenario(hello, { seed: 5 }));
});
