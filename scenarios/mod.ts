/**
 * The scenarios that ship with Crucible.
 *
 * @module
 */
import type { Scenario } from "../harness/mod.ts";
import { family } from "./family.ts";
import { hello } from "./hello.ts";
import { helloLoop } from "./hello_loop.ts";
import { layoutBrk, layoutMmap, layoutStack } from "./layout.ts";
import { sharedMemory } from "./shared_memory.ts";

export { hello, type SessionPrograms, sessionScenario } from "./hello.ts";
export { type Guest, type GuestName, guests } from "./programs/mod.ts";

/** All scenarios, in the order in which they are listed. */
export const scenarios: readonly Scenario[] = [
  hello,
  helloLoop,
  layoutBrk,
  layoutMmap,
  layoutStack,
  family,
  sharedMemory,
];

/** The scenario with a name. */
export function findScenario(name: string): Scenario | undefined {
  return scenarios.find((scenario) => scenario.name === name);
}
