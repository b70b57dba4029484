// Do the engines agree on many more random programs, and at every edge between two pages?
import { assertGreater } from "../../std_assert.ts";
import { AccessChecker, ACCESSES, PERMISSIONS } from "../testing/access_faults.ts";
import { compareDisturbed, compareRandomBytes } from "../testing/disturbance.ts";
import { compareEngines } from "../testing/engine_pair.ts";
import { anything, graph, loop } from "../testing/random_guests.ts";

const SEEDS = Array.from({ length: 300 }, (_, i) => 1_000_000 + i);

/** Runs for each seed; fails when translated code was hardly executed. */
function forSeeds(seeds: readonly number[], compare: (seed: number) => number): void {
  const executed = seeds.map(compare).filter((instructions) => instructions > 1000);
  assertGreater(executed.length, seeds.length / 2);
}

Deno.test("do 300 loops of all instructions run alike?", () => {
  forSeeds(SEEDS, (seed) => compareEngines(seed, loop, 10_000, 2000));
});

Deno.test("do 300 programs of loops, calls and jumps run alike?", () => {
  forSeeds(SEEDS, (seed) => compareEngines(seed, graph, 60_000, 20_000));
});

Deno.test("does random code that changes itself run alike, in short pieces and in long ones?", () => {
  for (const seed of SEEDS.slice(0, 40)) {
    compareEngines(seed, anything, 20_000, 300);
    compareEngines(seed + 1000, anything, 200_000, 20_000);
  }
});

Deno.test("do random bytes stop alike?", () => {
  for (const seed of SEEDS.slice(0, 60)) compareRandomBytes(seed);
});

Deno.test("is whatever a kernel does to memory in between seen alike?", () => {
  forSeeds(SEEDS.slice(0, 40), (seed) => compareDisturbed(seed, graph));
  for (const seed of SEEDS.slice(0, 40)) compareDisturbed(seed, anything);
});

Deno.test("does every access fault as it must, at every offset and with all permissions?", () => {
  for (const one of ACCESSES) {
    const checker = new AccessChecker();
    for (let offset = -9; offset <= 4; offset++) {
      for (const before of PERMISSIONS) {
        for (const behind of PERMISSIONS) checker.check(one, offset, [before, behind]);
      }
    }
  }
});
