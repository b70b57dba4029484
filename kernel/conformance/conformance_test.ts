// Does the list of known differences name programs that exist, and does each program ask a question?

import { assertEquals } from "../../std_assert.ts";
import { knownDifferences } from "./testing/known_differences.ts";
import { conformancePrograms } from "./testing/programs.ts";

Deno.test("every known difference is one of a program that is there", () => {
  const names = new Set(conformancePrograms().map(({ name }) => name));
  assertEquals(Object.keys(knownDifferences).filter((name) => !names.has(name)), []);
});
