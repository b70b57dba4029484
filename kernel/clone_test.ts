// Does making tasks end where it must, and does nothing of them stay?

import { assert, assertEquals } from "../std_assert.ts";
import { EAGAIN } from "./abi/errno.ts";
import { exitedStatus } from "./abi/process.ts";
import { TASKS_MAX } from "./task_table.ts";
import { BOMB, THREADS } from "./testing/bomb.ts";
import { boot, end, restarted } from "./testing/machine.ts";

/** Sets RLIMIT_NPROC to 40 for itself and its children, before the bomb. */
const LIMITED = `
  .equ SYS_setrlimit, 164
  .data
  limit: .dword 40, 40
  .text
  begin:
    li a0, 6
    la a1, limit
    li a7, SYS_setrlimit
    ecall
    j again
  _start: j begin
` + BOMB.replaceAll("_start", "again");

Deno.test("a fork bomb ends in EAGAIN at the limit of its user", () => {
  const { kernel, task } = boot(LIMITED, { quantum: 500 }, { uid: 1000 });
  let largest = 0;
  while (task.isAlive) {
    kernel.run({ instructions: 1 });
    largest = Math.max(largest, kernel.tasks.size);
  }
  assertEquals([largest, kernel.reap(task.pid)], [40, exitedStatus(EAGAIN)]);
  end(kernel);
});

Deno.test("a fork bomb that finds no frames is killed, and the machine lives", () => {
  const greedy = BOMB.replace("_start:", "_start: addi sp, sp, -16\n sd a0, 0(sp)");
  const { kernel, task } = boot(greedy, { framesMax: 300, quantum: 500 });
  kernel.run({ instructions: 20_000 });
  assert(kernel.tasks.size <= TASKS_MAX);
  assert(kernel.statistics.kills.length > 0);
  for (const { pid, group } of kernel.tasks.leaders) if (group.isAlive) kernel.signal(pid, 9);
  assertEquals(kernel.run({ instructions: 100_000 }).reason, "exited");
  assert(!task.isAlive);
  end(kernel);
});

Deno.test("as many threads as there can be are saved, come back, and are killed at once", () => {
  const { kernel, task } = boot(THREADS, { framesMax: 8192 });
  assertEquals(kernel.run({ instructions: 1_000_000 }).reason, "waiting");
  assertEquals(kernel.tasks.size, TASKS_MAX);
  const other = restarted(kernel, task);
  for (const machine of [kernel, other]) {
    machine.signal(task.pid, 9);
    assertEquals(machine.run({ instructions: 1000 }).reason, "exited");
    assertEquals(machine.tasks.size, 1);
    end(machine);
  }
});
