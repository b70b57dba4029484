// Do machines that come one after another use one memory, and only when nobody else does?

import { assert, assertEquals } from "../std_assert.ts";
import { PhysicalMemory } from "../emu/mod.ts";
import { Kernel } from "./kernel.ts";

Deno.test("does a machine take over the memory of one that has ended, if the limit is the same?", () => {
  const first = new Kernel({ framesMax: 4321 });
  const { memory } = first;
  first.dispose();
  first.dispose(); // once more does no harm
  const other = new Kernel({ framesMax: 4322 });
  const second = new Kernel({ framesMax: 4321 });
  const third = new Kernel({ framesMax: 4321 });
  assert(second.memory === memory && third.memory !== memory && other.memory !== memory);
  for (const kernel of [other, second, third]) kernel.dispose();
});

Deno.test("is a memory left to the machine's clone, and to whoever has brought it?", () => {
  const first = new Kernel({ framesMax: 4323 });
  first.fileSystem.writeFile("/tmp/page", new Uint8Array(4096).fill(1));
  const fork = first.fork();
  first.dispose();
  const second = new Kernel({ framesMax: 4323 });
  assert(second.memory !== fork.memory);
  const memory = new PhysicalMemory({ framesMax: 4324 });
  new Kernel({ memory }).dispose();
  assertEquals(memory.framesInUse, 0);
  const third = new Kernel({ framesMax: 4324 });
  assert(third.memory !== memory);
  for (const kernel of [fork, second, third]) kernel.dispose();
});
