/** Do timers wake a machine that idles, and only when they have something to do? */
import { assertEquals } from "../std_assert.ts";
import { SIG_IGN, SIGALRM, SIGKILL, signalBit } from "./abi/signal.ts";
import { checkpoint } from "./checkpoint/checkpoint.ts";
import { planRestart } from "./checkpoint/restart.ts";
import { PROGRAM } from "./testing/machine.ts";
import { Kernel } from "./kernel.ts";
import { boot, build, end, outputOf } from "./testing/machine.ts";

const SET_TIMER = `
  .equ SYS_setitimer, 103
  li a0, 0
  la a1, every
  li a2, 0
  li a7, SYS_setitimer
  ecall
`;
const DATA = `
  .align 3
  every: .dword 0, 1000, 0, 1000
  action: .dword handler, 0, 0
  text: .asciz "tick"
  .data
  .align 3
  count: .dword 0
`;
/** Prints at each SIGALRM, and ends with the third. */
const TICKS = `
  la a1, action
  li a0, 14
  li a2, 0
  li a3, 8
  li a7, SYS_rt_sigaction
  ecall
  ${SET_TIMER}
wait:
  li a0, 0
  mv a1, sp
  li a2, 1
  li a7, SYS_read
  ecall
  j wait
handler:
  la t1, count
  ld s1, 0(t1)
  addi s1, s1, 1
  sd s1, 0(t1)
  li a0, 1
  la a1, text
  li a2, 4
  li a7, SYS_write
  ecall
  li t0, 3
  beq s1, t0, finish
  li a7, SYS_rt_sigreturn
  ecall
finish:
  li a0, 0
  li a7, SYS_exit
  ecall
  ${DATA}
`;

Deno.test("a timer ends a wait for input, as often as its interval passes", () => {
  const { kernel, task } = boot(TICKS);
  assertEquals(kernel.run().reason, "exited");
  kernel.reap(task.pid);
  assertEquals(outputOf(kernel), "tick".repeat(3));
  end(kernel);
});

const BLOCKED = (prepare: string) => `
  ${prepare}
  ${SET_TIMER}
  li a0, 0
  mv a1, sp
  li a2, 1
  li a7, SYS_read
  ecall
handler:
  ${DATA}
`;

Deno.test("a machine does not idle from one expiry to the next when they change nothing", () => {
  const mask = `
    li t0, ${signalBit(SIGALRM)}
    sd t0, -8(sp)
    addi a1, sp, -8
    li a0, 0
    li a2, 0
    li a3, 8
    li a7, SYS_rt_sigprocmask
    ecall
  `;
  const ignore = `
    li t0, ${SIG_IGN}
    sd t0, -24(sp)
    sd zero, -16(sp)
    sd zero, -8(sp)
    addi a1, sp, -24
    li a0, ${SIGALRM}
    li a2, 0
    li a3, 8
    li a7, SYS_rt_sigaction
    ecall
  `;
  for (const [prepare, pending] of [[mask, 1], [ignore, 0]] as const) {
    const { kernel, task } = boot(BLOCKED(prepare));
    assertEquals(kernel.run().reason, "waiting");
    assertEquals(task.group.pending.entries.length, pending);
    assertEquals(kernel.run().retired, 0);
    end(kernel);
  }
});

Deno.test("what is left of a timer goes on in another machine, to the same end", () => {
  const program = build(TICKS);
  const { kernel, task } = boot(program);
  kernel.run({ instructions: 30 });
  kernel.streams[1]?.takeOutput();
  const image = checkpoint(kernel, task);
  const other = new Kernel({ framesMax: 4096 });
  other.fileSystem.writeFile(PROGRAM, program, 0o755);
  planRestart(other, image, { adoptMachine: true }).commit();
  for (const machine of [kernel, other]) assertEquals(machine.run().reason, "exited");
  assertEquals([outputOf(other), outputOf(kernel)], ["ticktick", "ticktick"]);
  assertEquals(other.clock.monotonic_ns, kernel.clock.monotonic_ns);
  for (const machine of [kernel, other]) end(machine);
});

/** Reads from its standard input. */
const READER = build(`
  _start:
    li a0, 0
    mv a1, sp
    li a2, 1
    li a7, SYS_read
    ecall
`);

Deno.test("a machine does not idle to the alarm of a process that is gone", () => {
  const { kernel, task } = boot(BLOCKED(""));
  assertEquals(kernel.run({ until: "syscall_exit" }).reason, "syscall_exit");
  kernel.signal(task.pid, SIGKILL);
  kernel.fileSystem.writeFile("/bin/reader", READER, 0o755);
  kernel.spawn({ path: "/bin/reader" });
  assertEquals(kernel.run().reason, "waiting");
  assertEquals(kernel.clock.idle_ns, 0n);
  end(kernel);
});

Deno.test("who sleeps to the end of time waits for a signal", () => {
  const { kernel } = boot(`
  _start:
    la a0, ever
    li a1, 0
    li a7, SYS_nanosleep
    ecall
    .align 3
    ever: .dword ${2n ** 63n - 1n}, 0
  `);
  assertEquals(kernel.run({ instructions: 100 }).reason, "waiting");
  assertEquals(kernel.clock.idle_ns, 0n);
  end(kernel);
});
