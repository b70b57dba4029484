/** Is the committed interpreter what the instruction table says? */
import { assertEquals } from "../std_assert.ts";
import { main } from "./interpreter.ts";

Deno.test("is the interpreter current? `deno task interpreter --write` makes it so", () => {
  assertEquals(main([]), 0);
});
