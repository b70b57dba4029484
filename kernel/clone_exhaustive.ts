// Does a fork bomb of root end, at the limit of the machine?

import { assert, assertEquals } from "../std_assert.ts";
import { EAGAIN } from "./abi/errno.ts";
import { exitedStatus } from "./abi/process.ts";
import { TASKS_MAX } from "./task_table.ts";
import { BOMB, CHAIN } from "./testing/bomb.ts";
import { boot, end, restarted } from "./testing/machine.ts";

Deno.test("a fork bomb ends in EAGAIN at the limit of the machine", () => {
  const { kernel, task } = boot(BOMB, { framesMax: 20_000 });
  while (task.isAlive) kernel.run({ instructions: 100_000 });
  assert(kernel.tasks.size > TASKS_MAX - 100, "The limit was not reached");
  assertEquals(kernel.reap(task.pid), exitedStatus(EAGAIN));
  end(kernel);
});

Deno.test("as many tasks as there can be, each the child of another, are saved and come back", () => {
  const { kernel, task } = boot(CHAIN, { framesMax: 20_000 });
  assertEquals(kernel.run({ instructions: 1_000_000 }).reason, "waiting");
  const other = restarted(kernel, task);
  for (const machine of [kernel, other]) {
    assertEquals(machine.tasks.size, TASKS_MAX);
    end(machine);
  }
});
