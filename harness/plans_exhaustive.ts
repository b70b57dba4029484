// The same as plans_test.ts, of many more programs.

import fc from "npm:fast-check@4";
import { checkPlan } from "./testing/plan_laws.ts";
import { anyPlan } from "./testing/plan.ts";

Deno.test("five hundred programs of several tasks come through restarts as if nothing had happened", () => {
  fc.assert(fc.property(anyPlan, fc.nat(), checkPlan), { seed: 2, numRuns: 500 });
});
