/** As edit_test.ts, with every element of every row and every bit of every field. */
import { editedTypes, judgeEdits } from "./testing/edits.ts";

for (const type of editedTypes) {
  Deno.test(`${type}: every edit is refused, or comes back as it says`, () => {
    judgeEdits(type, true);
  });
}
