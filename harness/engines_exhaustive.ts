// Are static programs of a stock compiler and glibc the same in every bit, wherever they are
// stopped, whether their code is translated or not?
import { assertGreater } from "../std_assert.ts";
import { buildGlibcProgram } from "../testing/glibc.ts";
import { crossLibc, testWith } from "../testing/tools.ts";
import { compareEngines } from "./testing/engines.ts";

for (const name of ["hello", "floats"] as const) {
  testWith([crossLibc], `does the static '${name}' run alike in both engines?`, async () => {
    const program = { path: `/bin/${name}`, elf: await buildGlibcProgram(name) };
    const runs = [300, 5000, 100_000].map((longest) => compareEngines(program, longest, longest));
    assertGreater(runs.reduce((sum, { stops }) => sum + stops, 0), 50);
    // Pieces that are too short are interpreted.
    assertGreater(runs.reduce((sum, { byTranslatedCode }) => sum + byTranslatedCode, 0), 1000);
  });
}
