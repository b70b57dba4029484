// Can random programs of several tasks, that are saved at random instants, not tell?

import fc from "npm:fast-check@4";
import { checkPlan } from "./testing/plan_laws.ts";
import { anyPlan } from "./testing/plan.ts";

Deno.test("thirty programs of several tasks come through restarts as if nothing had happened", () => {
  fc.assert(fc.property(anyPlan, fc.nat(), checkPlan), { seed: 1, numRuns: 30 });
});
