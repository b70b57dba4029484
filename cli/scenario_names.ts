/** From a name on the command line to a scenario. */
import type { Scenario } from "../harness/mod.ts";
import { findScenario, scenarios } from "../scenarios/mod.ts";
import { nearestName, UsageError } from "./command.ts";

/**
 * The scenario with a name.
 *
 * @throws {UsageError} when there is none, with the name that is most like it.
 */
export function chooseScenario(name: string): Scenario {
  const found = findScenario(name);
  if (found !== undefined) return found;
  const nearest = nearestName(name, scenarios.map((scenario) => scenario.name));
  throw new UsageError(`There is no scenario '${name}'; did you mean '${nearest}'?`);
}
