/**
 * Do processes, threads and what connects them come back together, wherever they are saved?
 */
import { programScenario, type Scenario } from "../harness/mod.ts";
import { guests } from "./programs/mod.ts";

/** Several tasks at once. */
export const family: Scenario = programScenario("family", {
  question: "Do processes, threads, pipes, zombies and orphans, saved together, go on together?",
  program: () => ({ path: "/bin/family", elf: guests.family.bytes() }),
});
