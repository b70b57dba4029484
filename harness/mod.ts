/**
 * The laboratory: machines that a script drives, scenarios, and the oracles that say whether what
 * comes back equals what was saved.
 *
 * @module
 */
export {
  compareFacts,
  type Comparison,
  type Difference,
  differencesOf,
  type Fact,
  factCount,
  formatDifference,
} from "./comparison.ts";
export { summarizeImage } from "./image_summary.ts";
export { Laboratory } from "./laboratory.ts";
export {
  Machine,
  type MachineOptions,
  type OutputSink,
  type Process,
  type StartOptions,
} from "./machine.ts";
export { formatPoint, parsePoint, type Point, type PointKind } from "./point.ts";
export { instructionLimit, launch, type Launched, type Program, runToEnd } from "./program.ts";
export {
  programScenario,
  type ProgramScenarioParts,
  programSpecimens,
} from "./program_scenario.ts";
export { Random } from "./random.ts";
export {
  type ImageSummary,
  type Report,
  runScenario,
  type Scenario,
  scenario,
  type ScenarioOptions,
} from "./scenario.ts";
export { Session, type StartedCommand } from "./session.ts";
export type { Specimen, SpecimenSource } from "./specimen.ts";
export {
  checkTransparency,
  everySystemCall,
  type PointResult,
  PointWalk,
  randomInstructions,
  type Reference,
  referenceRun,
  type RunLength,
} from "./transparency.ts";
