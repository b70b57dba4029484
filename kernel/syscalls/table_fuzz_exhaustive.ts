// Does any of a million system calls, with any arguments or with almost valid ones, throw or leak, and is what
// they have made of a machine saved and restored, or refused for a reason?

import { assert } from "../../std_assert.ts";
import { fuzzCalls, randomNumbers } from "../testing/call_fuzzer.ts";

const CALLS = 1_000_000;

Deno.test("a million calls throw nothing, leave nothing, and what they have made is saved or refused", () => {
  const { restored, refused } = fuzzCalls(CALLS, randomNumbers(2));
  const refusals = [...refused.values()].reduce((sum, count) => sum + count, 0);
  assert(restored > refusals / 2, `${restored} machines came back, of ${restored + refusals}`);
});
