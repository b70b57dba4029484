// Are static programs of a stock compiler and glibc the same in every bit, wherever they are
// stopped, whether their code is translated or not?
import { assertGreater } from "../std_assert.ts";
import { buildGlibcProgram } from "../testing/glibc.ts";
import { crossLibc, testWith } from "../testing/tools.ts";
import { compareEngines } from "./testing/engines.ts";

for (const name of ["hello", "floats"] as const) {
  testWith([crossLibc], `does the static '${name}' run alike in both engines?`, async () => {
    const program = { path: `/bin/${name}`, elf: await buildGlibcProgram(name) };
    for (const [seed, longest] of [[1, 300], [2, 20_000], [3, 500_000]] as const) {
      const { stops, byTranslatedCode } = compareEngines(program, seed, longest);
      assertGreater(stops, 0);
      assertGreater(byTranslatedCode, 0);
    }
  });
}
