/**
 * What of an image may be edited? Each field of a whole image is set to many values, with the
 * integrity repaired: restart must refuse, and leave nothing, or do exactly what the image now says.
 */
import { assert } from "../../std_assert.ts";
import { samples } from "./testing/edits.ts";

const refusedBy = new Set<string>();

for (const sample of samples) {
  for (const type of sample.types) {
    Deno.test(`${type} of ${sample.name}: an edited field is refused, or comes back as it says`, () => {
      for (const check of sample.judgeEdits(type, false).keys()) refusedBy.add(check);
    });
  }
}

Deno.test("the edits have reached most of the checks that look at one field", () => {
  assert(refusedBy.size > 130, `only ${refusedBy.size} checks`);
});
