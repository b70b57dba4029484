/** As edit_test.ts, with every element of every row and every bit of every field. */
import { samples } from "./testing/edits.ts";

for (const sample of samples) {
  for (const type of sample.types) {
    Deno.test(`${type} of ${sample.name}: every edit is refused, or comes back as it says`, () => {
      sample.judgeEdits(type, true);
    });
  }
}
