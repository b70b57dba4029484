/**
 * Does memory that processes share come back as the same memory for all of them?
 */
import { programScenario, type Scenario } from "../harness/mod.ts";
import { guests } from "./programs/mod.ts";

/** Shared mappings, with and without a file of memfd_create(2). */
export const sharedMemory: Scenario = programScenario("shared-memory", {
  question: "Is shared memory, with its seals, holes and private copies, the same for all again?",
  program: () => ({ path: "/bin/shared_memory", elf: guests.shared_memory.bytes() }),
});
