/**
 * Invariants checked: every single-bit flip and every truncation of the hello image is refused, with
 * nothing left behind.
 */
import { findScenario } from "../scenarios/mod.ts";
import { assertEquals } from "../std_assert.ts";
import { Judge } from "./judge.ts";

Deno.test("is every single-bit flip and every truncation of the hello image refused?", () => {
  const specimen = findScenario("hello")?.specimens.make(1, { kind: "self", index: 0 });
  if (specimen === undefined) throw new Error("There is no scenario hello");
  const judge = new Judge(specimen);
  const { image } = specimen;
  assertEquals(judge.judge(image).verdict, "same");
  const flipped = image.slice();
  for (let bit = 0; bit < 8 * image.length; bit++) {
    const [offset, mask] = [bit >> 3, 1 << (bit & 7)];
    flipped[offset] = (image[offset] ?? 0) ^ mask;
    assertEquals(judge.judge(flipped).verdict, "refused", `byte ${offset}, bit ${bit & 7}`);
    flipped[offset] = image[offset] ?? 0;
  }
  for (let length = 0; length < image.length; length++) {
    assertEquals(judge.judge(image.subarray(0, length)).verdict, "refused", `${length} bytes`);
  }
  judge.dispose();
  specimen.world.dispose();
  assertEquals(specimen.world.kernel.memory.framesInUse, 0);
});
