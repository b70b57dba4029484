/** Is the committed interpreter what the instruction table says? */
import { assertEquals } from "../std_assert.ts";
import { fusesMultiplyAdd } from "../emu/testing/mod.ts";
import { main } from "./interpreter.ts";

Deno.test({
  name: "is the interpreter current? `deno task interpreter --write` makes it so",
  ignore: !fusesMultiplyAdd(), // it is generated for hosts that do
  fn: () => assertEquals(main([]), 0),
});
