/** Do unusual layouts of memory come back as they were? */
import { programScenario, type Scenario } from "../harness/mod.ts";
import { type GuestName, guests } from "./programs/mod.ts";

function layout(name: string, guest: GuestName, question: string): Scenario {
  return programScenario(name, {
    question,
    program: () => ({ path: `/bin/${guest}`, elf: guests[guest].bytes() }),
  });
}

/** The heap. */
export const layoutBrk: Scenario = layout(
  "layout-brk",
  "layout_brk",
  "Does a heap that was grown and shrunk by brk come back at its size, with its contents?",
);

/** Mappings. */
export const layoutMmap: Scenario = layout(
  "layout-mmap",
  "layout_mmap",
  "Do mappings with holes and mixed protections come back, each with its own rights?",
);

/** Stacks. */
export const layoutStack: Scenario = layout(
  "layout-stack",
  "layout_stack",
  "Does a deep stack come back, and the guard page below another one with it?",
);
