// Does the seed decide who runs and for how long, within what is fair, and does a machine in pieces agree?

import { assert, assertEquals } from "../std_assert.ts";
import { boot, end, outputOf } from "./testing/machine.ts";
import { turnIndex, turnKey, turnLength } from "./turns.ts";

/** Four tasks that share a page and write their letters, a letter every few hundred instructions. */
const LETTERS = `
  .equ SYS_clone, 220
  .data
  letter: .byte 'a'
  .text
  _start:
    li s0, 0
    li s1, 3
  1:
    bge s0, s1, 2f
    addi s0, s0, 1
    li a0, 17
    li a1, 0
    li a2, 0
    li a3, 0
    li a4, 0
    li a7, SYS_clone
    ecall
    bnez a0, 1b
    j 3f
  2:
    li s0, 0
  3:
    la a1, letter
    lbu t0, 0(a1)
    add t0, t0, s0
    sb t0, 0(a1)
    li s2, 12
  4:
    li t0, 300
  5:
    addi t0, t0, -1
    bnez t0, 5b
    li a0, 1
    la a1, letter
    li a2, 1
    li a7, SYS_write
    ecall
    addi s2, s2, -1
    bnez s2, 4b
    li a0, 0
    li a7, SYS_exit
    ecall
`;

function interleaving(seed: number, pieces = Infinity): string {
  const { kernel } = boot(LETTERS, { seed, quantum: 1000 });
  while (kernel.run({ instructions: pieces }).reason === "budget");
  const output = outputOf(kernel);
  end(kernel);
  return output;
}

Deno.test("a seed gives one interleaving, in however many pieces it is run", () => {
  for (const seed of [0, 1, 77]) {
    const output = interleaving(seed);
    assertEquals([...output].sort().join(""), "abcd".replace(/./g, (letter) => letter.repeat(12)));
    assertEquals(interleaving(seed, 137), output);
    assertEquals(interleaving(seed, 1001), output);
  }
});

Deno.test("seeds give different interleavings", () => {
  const outputs = new Set(Array.from({ length: 12 }, (_, seed) => interleaving(seed)));
  assert(outputs.size >= 10, `${outputs.size} interleavings of 12 seeds`);
});

Deno.test("turns are half to one and a half quanta long, and the quantum on average", () => {
  const key = turnKey(5);
  const lengths = Array.from({ length: 10_000 }, (_, turn) => turnLength(key, turn, 1000));
  assert(Math.min(...lengths) >= 500 && Math.max(...lengths) <= 1500);
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  assert(Math.abs(mean - 1000) < 20, `${mean} on average`);
  assertEquals(turnLength(key, 3, 1), 1);
});

Deno.test("nobody waits long: each of many tasks has a turn again and again", () => {
  const key = turnKey(9);
  let queue = Array.from({ length: 20 }, (_, i) => i);
  const last = new Map(queue.map((task) => [task, 0]));
  let longest = 0;
  for (let turn = 1; turn < 20_000; turn++) {
    const [done = 0, ...others] = queue;
    const waiting = [...others, done];
    const [next = 0] = waiting.splice(turnIndex(key, turn, waiting.length), 1);
    assert(next !== done, "The same task twice");
    queue = [next, ...waiting];
    longest = Math.max(longest, turn - (last.get(next) ?? 0));
    last.set(next, turn);
  }
  assert(longest < 100, `${longest} turns without one`);
});

/** Three children of a task; each writes 'A' plus the number of its hart again and again. */
const HARTS = `
  .equ SYS_clone, 220
  .equ SYS_getcpu, 168
  .bss
  cpu: .zero 4
  .text
  _start:
    li s1, 3
  1:
    li a0, 17
    li a1, 0
    li a2, 0
    li a3, 0
    li a4, 0
    li a7, SYS_clone
    ecall
    beqz a0, 2f
    addi s1, s1, -1
    bnez s1, 1b
  2:
    li s2, 40
  3:
    li t0, 300
  4:
    addi t0, t0, -1
    bnez t0, 4b
    la a0, cpu
    li a1, 0
    li a2, 0
    li a7, SYS_getcpu
    ecall
    la a1, cpu
    lbu t0, 0(a1)
    addi t0, t0, 'A'
    sb t0, 0(a1)
    li a0, 1
    li a2, 1
    li a7, SYS_write
    ecall
    addi s2, s2, -1
    bnez s2, 3b
    li a0, 0
    li a7, SYS_exit
    ecall
`;

Deno.test("does each hart have its turns, and does a task keep its hart for a turn?", () => {
  for (const harts of [1, 2, 3, 32]) {
    const { kernel } = boot(HARTS, { seed: 4, quantum: 1000, harts });
    kernel.run();
    const output = outputOf(kernel);
    assertEquals(output.length, 160);
    // Where there are more harts than tasks, they all get used in turns all the same.
    assertEquals(new Set(output).size, harts, `${harts}: ${output}`);
    const retired = kernel.scheduler.usage.reduce((sum, instructions) => sum + instructions, 0);
    assertEquals(BigInt(retired), kernel.clock.instructions);
    end(kernel);
  }
});

Deno.test("does a task run nowhere but where it may, and the others everywhere?", () => {
  const { kernel, task } = boot(HARTS, { seed: 4, quantum: 1000, harts: 4 });
  task.affinity = 0b0110; // and so will its children's be
  kernel.scheduler.yield();
  kernel.run();
  assertEquals([...new Set(outputOf(kernel))].sort().join(""), "BC");
  assertEquals([kernel.scheduler.usage[0], kernel.scheduler.usage[3]], [0, 0]);
  end(kernel);
});

Deno.test("are harts a machine's state: do a clone, and a machine in pieces, go on alike?", () => {
  const options = { seed: 9, quantum: 1000, harts: 3 };
  const whole = boot(HARTS, options).kernel;
  whole.run();
  const { kernel } = boot(HARTS, options);
  while (kernel.clock.instructions < 30_000n) kernel.run({ instructions: 137 });
  const fork = kernel.fork();
  for (const each of [kernel, fork]) {
    each.run();
    assertEquals(outputOf(each), outputOf(whole));
    assertEquals(each.scheduler.usage, whole.scheduler.usage);
  }
  fork.dispose();
  end(kernel);
  end(whole);
});
