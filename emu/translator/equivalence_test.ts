// Do translated code and the interpreter leave the same state after every number of instructions?
import { assert } from "../../std_assert.ts";
import { compareEngines } from "../testing/engine_pair.ts";
import { anything, graph, loop } from "../testing/random_guests.ts";

Deno.test("random code that changes itself runs alike in short pieces", () => {
  for (let seed = 0; seed < 6; seed++) compareEngines(seed, anything, 20_000, 300);
});

Deno.test("random code that changes itself runs alike in long pieces", () => {
  for (let seed = 100; seed < 106; seed++) compareEngines(seed, anything, 200_000, 20_000);
});

Deno.test("loops of all instructions run alike", () => {
  let translated = 0;
  for (let seed = 1000; seed < 1060; seed++) {
    if (compareEngines(seed, loop, 10_000, 2000) > 1000) translated++;
  }
  assert(translated > 45, `Only ${translated} loops were translated`);
});

Deno.test("loops in loops, calls and jumps through tables run alike", () => {
  let translated = 0;
  for (let seed = 5000; seed < 5050; seed++) {
    if (compareEngines(seed, graph, 60_000, 20_000) > 1000) translated++;
  }
  assert(translated > 33, `Only ${translated} programs were translated`);
});
