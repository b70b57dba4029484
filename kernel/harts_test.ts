// Are sets of harts what Linux prints of them?

import { assertEquals } from "../std_assert.ts";
import { EVERY_HART, hartList, HARTS_MAX, hartsOf, hasHart, lowestHart } from "./harts.ts";

Deno.test("is a list of harts written in runs?", () => {
  assertEquals(hartList(0), "");
  assertEquals(hartList(1), "0");
  assertEquals(hartList(0b10_0111), "0-2,5");
  assertEquals(hartList(EVERY_HART), "0-31");
  assertEquals(hartList(0x80000000), "31");
});

Deno.test("are the first and the last hart that a machine can have in its set?", () => {
  assertEquals(hartsOf(1), 1);
  assertEquals(hartsOf(HARTS_MAX), EVERY_HART);
  assertEquals([hasHart(EVERY_HART, 31), hasHart(0x7fffffff, 31)], [true, false]);
  assertEquals([lowestHart(0x80000000), lowestHart(0b1100)], [31, 2]);
});
