// Is a program the same in every bit, wherever it is stopped, whether its code is translated or not?
import { guests } from "../scenarios/programs/mod.ts";
import { assertGreater } from "../std_assert.ts";
import { compareEngines } from "./testing/engines.ts";

Deno.test("does a guest run alike in both engines, stopped anywhere?", () => {
  const program = { path: "/bin/hello_loop", elf: guests.hello_loop.bytes() };
  const { stops, byTranslatedCode } = compareEngines(program, 7, 2000);
  assertGreater(stops, 10);
  assertGreater(byTranslatedCode, 1000);
});
