import { assertEquals, AssertionError, assertThrows } from "../std_assert.ts";
import { parseArgs } from "../std_cli.ts";
import fc from "npm:fast-check@4";

Deno.test("the assertions fail when they should", () => {
  const error = assertThrows(() => assertEquals(1, 2), AssertionError, "equal");
  assertEquals(error instanceof AssertionError, true);
});

Deno.test("the argument parser keeps text as text", () => {
  const parsed = parseArgs(["--seed", "007", "a", "12"], { string: ["seed", "_"] });
  assertEquals([parsed["seed"], parsed._], ["007", ["a", "12"]]);
});

Deno.test("fast-check is there", () => {
  fc.assert(fc.property(fc.integer(), (n) => n === (n | 0)));
});
