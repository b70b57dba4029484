/**
 * Does a program that counts, with values in integer and floating-point registers and sleeps in
 * between, go on as if nothing had happened, wherever it is saved?
 */
import { programScenario, type Scenario } from "../harness/mod.ts";
import { guests } from "./programs/mod.ts";

/** A loop that prints a counter. */
export const helloLoop: Scenario = programScenario("hello-loop", {
  question: "Does a counting loop, saved at every system call, go on without a seam?",
  program: () => ({ path: "/bin/hello_loop", elf: guests.hello_loop.bytes() }),
});
