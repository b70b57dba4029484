// Is a run in pieces the run in one, and does each stop come when it should?

import fc from "npm:fast-check@4";
import { assert, assertEquals, assertThrows } from "../std_assert.ts";
import { SIGCONT, SIGINT, SIGKILL, SIGSTOP } from "./abi/signal.ts";
import type { Kernel } from "./kernel.ts";
import type { RunStop } from "./run.ts";
import { boot, build, end, outputOf, PROGRAM } from "./testing/machine.ts";

const EXIT = "li a0, 3; li a7, SYS_exit_group; ecall";

/** Prints a letter, sleeps 700 ns, and again, nine times; then exits with 3. */
const sleeper = (letter: string) => `
  .data
  text: .ascii "${letter}"
  time: .dword 0, 700
  .text
  _start: li s0, 9
  1: li a0, 1; la a1, text; li a2, 1; li a7, SYS_write; ecall
  la a0, time; li a1, 0; li a7, SYS_nanosleep; ecall
  addi s0, s0, -1
  bnez s0, 1b
  ${EXIT}
`;

/** Counts, prints a letter after every 400 rounds, five times. */
const counter = (letter: string) => `
  .data
  text: .ascii "${letter}"
  .text
  _start: li s0, 5
  1: li s1, 400
  2: addi s1, s1, -1; bnez s1, 2b
  li a0, 1; la a1, text; li a2, 1; li a7, SYS_write; ecall
  addi s0, s0, -1
  bnez s0, 1b
  ${EXIT}
`;

/** A machine with four tasks that get into each other's way. */
function bootCrowd(): Kernel {
  const { kernel } = boot(sleeper("a"), { quantum: 90 });
  for (const [i, source] of [counter("B"), sleeper("c"), counter("D")].entries()) {
    kernel.fileSystem.writeFile(`/bin/${i}`, build(source), 0o755);
    kernel.spawn({ path: `/bin/${i}` });
  }
  return kernel;
}

/** All that a run can be told by. */
function stateOf(kernel: Kernel): string {
  const tasks = kernel.tasks.all.map(({ pid, state, wait, registers, instructions, exitCode }) =>
    [
      pid,
      state,
      wait?.kind,
      registers.pc,
      ...Array.from({ length: 31 }, (_, i) => registers.x(i + 1)),
      instructions,
      exitCode,
    ].join(" ")
  );
  const { instructions, idle_ns } = kernel.clock;
  return [instructions, idle_ns, outputOf(kernel), ...tasks].join("\n");
}

Deno.test("a run in pieces is the run in one, also with tasks that sleep and take turns", () => {
  const whole = bootCrowd();
  assertEquals(whole.run().reason, "exited");
  const expected = stateOf(whole);
  const total = Number(whole.clock.instructions);
  assert(/^.*[a-d].*$/i.test(outputOf(whole)) && outputOf(whole).length === 28);
  end(whole);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1 }), (pieces) => {
      const kernel = bootCrowd();
      let left = total;
      for (let i = 0; left > 0; i = (i + 1) % pieces.length) {
        // A budget of 0 alone would never come to an end.
        const instructions = (pieces[i] ?? 0) + (i === 0 ? 1 : 0);
        const stop = kernel.run({ instructions });
        assert(stop.retired <= instructions);
        if (stop.reason === "budget") assertEquals(stop.retired, instructions);
        left -= stop.retired;
      }
      assertEquals(kernel.run().reason, "exited");
      assertEquals(stateOf(kernel), expected);
      end(kernel);
    }),
    { numRuns: 40 },
  );
});

Deno.test("stopped after N instructions is one state, however it was reached", () => {
  for (const total of [1, 89, 90, 91, 180, 777, 1500, 4000]) {
    const [once, singly] = [bootCrowd(), bootCrowd()];
    once.run({ instructions: total });
    for (let i = 0; i < total; i++) assertEquals(singly.run({ instructions: 1 }).retired, 1);
    assertEquals(stateOf(singly), stateOf(once), `after ${total}`);
    end(once);
    end(singly);
  }
});

Deno.test("a fork of the machine in the middle goes on as the original does", () => {
  const kernel = bootCrowd();
  kernel.run({ instructions: 1234 });
  const fork = kernel.fork();
  assertEquals(stateOf(fork), stateOf(kernel));
  fork.run();
  assertEquals(Number(kernel.clock.instructions), 1234);
  kernel.run();
  assertEquals(stateOf(fork), stateOf(kernel));
  fork.dispose();
  end(kernel);
});

/** Runs with `until` and answers the call numbers of the stops. */
function stopsOf(kernel: Kernel, until: "syscall_entry" | "syscall_exit"): number[] {
  const numbers: number[] = [];
  for (;;) {
    const stop = kernel.run({ until });
    if (stop.reason !== until) return numbers;
    numbers.push((stop as Extract<RunStop, { number: number }>).number);
  }
}

Deno.test("each system call is stopped at once, before it is made and after it", () => {
  const calls = Array.from({ length: 9 }, () => [64, 101]).flat();
  const entries = boot(sleeper("x")).kernel;
  assertEquals(stopsOf(entries, "syscall_entry"), [...calls, 94]);
  end(entries);
  const exits = boot(sleeper("x")).kernel;
  assertEquals(stopsOf(exits, "syscall_exit"), calls);
  end(exits);
});

Deno.test("where a run begins at a system call, that call is made without a stop", () => {
  const { kernel, task } = boot(sleeper("x"));
  const first = kernel.run({ until: "syscall_entry" });
  assert(first.reason === "syscall_entry" && first.task === task && first.number === 64);
  assertEquals(outputOf(kernel), "");
  const again = kernel.run({ instructions: 0 });
  assertEquals([again.reason, outputOf(kernel)], ["budget", ""]);
  const second = kernel.run({ until: "syscall_entry" });
  assertEquals([second.reason === "syscall_entry" && second.number, outputOf(kernel)], [101, "x"]);
  end(kernel);
});

Deno.test("a blocked call is no entry when it is made again", () => {
  const { kernel } = boot(`
    .bss
    buffer: .zero 8
    .text
    _start: li a0, 0; la a1, buffer; li a2, 8; li a7, SYS_read; ecall
    ${EXIT}
  `);
  assertEquals(kernel.run({ until: "syscall_entry" }).reason, "syscall_entry");
  assertEquals(kernel.run({ until: "syscall_entry" }).reason, "waiting");
  assertEquals(kernel.run({ until: "syscall_entry" }), { reason: "waiting", retired: 0 });
  kernel.streams[0]?.push(new Uint8Array([1]));
  const stop = kernel.run({ until: "syscall_entry" });
  assertEquals(stop.reason === "syscall_entry" && stop.number, 94);
  end(kernel);
});

Deno.test("a task that waits at a pipe goes on when another writes into it, and when that one ends", () => {
  const { kernel, task } = boot(
    `
    .bss
    buffer: .zero 8
    .text
    _start: li s0, 0
    1: li a0, 0; la a1, buffer; li a2, 8; li a7, SYS_read; ecall
    add s0, s0, a0
    bnez a0, 1b
    mv a0, s0; li a7, SYS_exit_group; ecall
  `,
    { quantum: 50 },
  );
  kernel.signal(task.pid, SIGKILL);
  kernel.run();
  const writer = build(`
    _start: li s0, 3
    1: li s1, 300
    2: addi s1, s1, -1; bnez s1, 2b
    li a0, 1; la a1, _start; li a2, 5; li a7, SYS_write; ecall
    addi s0, s0, -1
    bnez s0, 1b
    ${EXIT}
  `);
  kernel.fileSystem.writeFile("/bin/writer", writer, 0o755);
  const pipe = kernel.fileSystem.openPipe(task.credentials);
  const reader = kernel.spawn({ path: PROGRAM, files: { 0: pipe.reader } });
  kernel.spawn({ path: "/bin/writer", files: { 1: pipe.writer } });
  const [whole, pieces] = [kernel.fork(), kernel.fork()];
  assertEquals(whole.run().reason, "exited");
  while (pieces.run({ instructions: 7 }).reason !== "exited");
  assertEquals(stateOf(pieces), stateOf(whole));
  assertEquals(whole.tasks.get(reader.pid)?.exitCode, 15 << 8);
  for (const machine of [whole, pieces]) machine.dispose();
  end(kernel);
});

Deno.test("nobody to run is told apart: ended, or waiting for what comes from outside", () => {
  const { kernel, task } = boot(sleeper("x"));
  kernel.run({ instructions: 20 });
  kernel.signal(task.pid, SIGSTOP);
  assertEquals(kernel.run(), { reason: "waiting", retired: 0 });
  assertEquals(task.state, "stopped");
  kernel.signal(task.pid, SIGCONT);
  assertEquals(kernel.run().reason, "exited");
  assertEquals(outputOf(kernel), "x".repeat(9));
  assertEquals([task.state, kernel.reap(task.pid)], ["zombie", 3 << 8]);
  assertEquals(kernel.run(), { reason: "exited", retired: 0 });
  end(kernel);
});

Deno.test("idle time passes at once, and a sleep ends on the nanosecond", () => {
  const { kernel } = boot(`
    .data
    time: .dword 3600, 5
    .bss
    now: .zero 16
    .text
    _start: la a0, time; li a1, 0; li a7, SYS_nanosleep; ecall
    li a0, 1; la a1, now; li a7, SYS_clock_gettime; ecall
    la s0, now; ld s1, 0(s0); ld s2, 8(s0)
    ${EXIT}
  `);
  kernel.run({ until: "syscall_entry" });
  const before = kernel.clock.monotonic_ns;
  const stop = kernel.run({ until: "syscall_exit" });
  assert(stop.reason === "syscall_exit" && stop.number === 101);
  // The call itself is one instruction more.
  assertEquals(kernel.clock.monotonic_ns - before, 3600_000_000_005n + 1n);
  end(kernel);
});

Deno.test("signals from outside act before the next instruction", () => {
  const { kernel, task } = boot(`_start: j _start`);
  kernel.run({ instructions: 1000 });
  kernel.signalGroup(task.pgid, SIGINT);
  assertEquals(task.isAlive, true);
  assertEquals(kernel.run({ instructions: 1000 }), { reason: "exited", retired: 0 });
  assertEquals(kernel.reap(task.pid), SIGINT);
  end(kernel);
});

Deno.test("a program that uses up all frames is killed, and gives them back", () => {
  const { kernel, task } = boot(
    `
    _start: li s0, 2
    # Twice what is granted, because each alone could be had; the second lies below the first.
    1: li a0, 0; li a1, 200 << 12; li a2, 3; li a3, 0x22; li a4, -1; li a5, 0; li a7, SYS_mmap; ecall
    addi s0, s0, -1
    bnez s0, 1b
    li t1, 4096
    2: sd t1, 0(a0); add a0, a0, t1; j 2b
  `,
    { framesMax: 256 },
  );
  assertEquals(kernel.run().reason, "exited");
  assertEquals(kernel.reap(task.pid), SIGKILL);
  end(kernel);
});

Deno.test("a budget that is no number of instructions is refused", () => {
  const { kernel } = boot(`_start: j _start`);
  for (const instructions of [-1, 1.5, NaN]) {
    assertThrows(() => kernel.run({ instructions }), RangeError);
  }
  end(kernel);
});

Deno.test("two tasks share the hart, and one alone keeps it", () => {
  const { kernel, task } = boot(`_start: j _start`, { quantum: 100 });
  const other = kernel.spawn({ path: PROGRAM });
  kernel.run({ instructions: 100_000 });
  const share = task.instructions / 100_000;
  assert(share > 0.45 && share < 0.55, `${share} of the time`);
  kernel.signal(other.pid, SIGKILL);
  const before = task.instructions;
  kernel.run({ instructions: 1000 });
  assertEquals(task.instructions, before + 1000);
  end(kernel);
});
