// Does RLIMIT_CPU warn once a second, and end what goes on?

import { assertEquals } from "../std_assert.ts";
import { RLIMIT_CPU } from "./abi/resource.ts";
import { boot, end, outputOf } from "./testing/machine.ts";

/** Prints a letter at each SIGXCPU. */
const COUNTING = `
  .align 3
  action: .dword handler, 0, 0
  text: .asciz "x"
  .align 3
  handler:
    li a0, 1
    la a1, text
    li a2, 1
    li a7, SYS_write
    ecall
    li a7, SYS_rt_sigreturn
    ecall
  _start:
    la a1, action
    li a0, 24
    li a2, 0
    li a3, 8
    li a7, SYS_rt_sigaction
    ecall
  again: j again
`;

const SECOND = 1_000_000_000;

Deno.test("SIGXCPU comes when the time is used, and every second after; SIGKILL at the hard limit", () => {
  const { kernel, task } = boot(COUNTING);
  task.limits.set(RLIMIT_CPU, { soft: 3n, hard: 5n }, true);
  // As if it had run for so long.
  task.instructions = 3 * SECOND - 100;
  kernel.run({ instructions: 50 });
  assertEquals([outputOf(kernel), task.limits.soft(RLIMIT_CPU)], ["", 3]);
  kernel.run({ instructions: 100 });
  assertEquals([outputOf(kernel), task.limits.soft(RLIMIT_CPU)], ["x", 4]);
  task.instructions = 4 * SECOND - 10;
  kernel.run({ instructions: 100 });
  assertEquals([outputOf(kernel), task.limits.soft(RLIMIT_CPU)], ["xx", 5]);
  task.instructions = 5 * SECOND - 10;
  assertEquals(kernel.run({ instructions: 100 }).reason, "exited");
  assertEquals([task.instructions, kernel.reap(task.pid)], [5 * SECOND, 9]);
  end(kernel);
});

Deno.test("a process that does not handle SIGXCPU dies of it", () => {
  const { kernel, task } = boot("_start: j _start");
  task.limits.set(RLIMIT_CPU, { soft: 0n, hard: 1n }, true);
  assertEquals(kernel.run({ instructions: 10 }).reason, "exited");
  assertEquals(kernel.reap(task.pid), 24);
  end(kernel);
});
