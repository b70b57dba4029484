/** Is the committed document what the schema says? */
import { assertEquals } from "../std_assert.ts";
import { imageFormatDocument } from "../kernel/mod.ts";
import { main } from "./image_format.ts";

Deno.test("docs/image_format.md is current; `deno task image_format --write` makes it so", () => {
  const committed = Deno.readTextFileSync(new URL("../docs/image_format.md", import.meta.url));
  assertEquals(committed, imageFormatDocument());
  assertEquals(main([]), 0);
});
