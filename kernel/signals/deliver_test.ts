// What does a signal do to a program that runs, sleeps, reads, or cannot take it?

import { assert, assertEquals } from "../../std_assert.ts";
import { EINTR } from "../abi/errno.ts";
import {
  SIGBUS,
  SIGCONT,
  SIGILL,
  SIGKILL,
  signalBit,
  SIGSEGV,
  SIGSTOP,
  SIGTRAP,
  SIGUSR1,
  SIGUSR2,
} from "../abi/signal.ts";
import { boot, type Booted, build, end, outputOf, runToEnd } from "../testing/machine.ts";
import { SIGNAL_FRAME_BYTES } from "./frame.ts";

const EXIT = "li a0, 3; li a7, SYS_exit_group; ecall";

/** Installs `handler` for a signal with SA_* flags; uses a0 … a7, t0 and the label \`action\`. */
const install = (signo: number, handler: string, flags = 0) => `
  la a1, action
  la t0, ${handler}; sd t0, 0(a1)
  li t0, ${flags}; sd t0, 8(a1)
  li a0, ${signo}; li a2, 0; li a3, 8; li a7, SYS_rt_sigaction; ecall
`;
const DATA = `
  .bss
  .balign 8
  action: .zero 24
  buffer: .zero 64
  .text
`;
const SA_ONSTACK = 0x08000000;
const SA_RESTART = 0x10000000;
const SA_RESETHAND = 0x80000000;

/** x5 … x31 but s0 and s1, as one list. */
function integerRegisters({ task }: Booted): bigint[] {
  return Array.from({ length: 31 }, (_, i) => task.registers.x(i + 1));
}

Deno.test("a handler gets its arguments, and leaves no trace when it returns", () => {
  const booted = boot(`${DATA}
    handler: mv s11, a0; ld s10, 0(a1); fmv.d.x fa0, a0; fsflags a0; ret
    _start: ${install(SIGUSR1, "handler")}
    li t6, 0x1234; fmv.d.x ft3, t6; li t0, 0x61; fscsr t0
    1: j 1b
  `);
  const { kernel, task } = booted;
  kernel.run({ instructions: 200 });
  const before = integerRegisters(booted);
  const { pc, fcsr } = task.registers;
  const floats = Array.from({ length: 32 }, (_, i) => task.registers.f(i));
  kernel.signal(task.pid, SIGUSR1);
  kernel.run({ instructions: 1 });
  // One instruction of the handler has been executed.
  assertEquals(task.registers.x(27), BigInt(SIGUSR1));
  const sp = task.registers.x(2);
  assertEquals(sp, (before[1] ?? 0n) - BigInt(SIGNAL_FRAME_BYTES));
  assertEquals([task.registers.x(11), task.registers.x(12)], [sp, sp + 128n]);
  assertEquals(task.registers.x(1), BigInt(task.mm.vdso));
  assertEquals(task.signals.blocked, signalBit(SIGUSR1));
  kernel.run({ until: "syscall_exit" });
  assertEquals(integerRegisters(booted), before);
  assertEquals([task.registers.pc, task.registers.fcsr], [pc, fcsr]);
  assertEquals(Array.from({ length: 32 }, (_, i) => task.registers.f(i)), floats);
  assertEquals(task.signals.blocked, 0n);
  end(kernel);
});

/** Reads stream 0 with a handler for SIGUSR1, and exits with 3. */
const reader = (flags: number) =>
  `${DATA}
  handler: ret
  _start: ${install(SIGUSR1, "handler", flags)}
  li a0, 0; la a1, buffer; li a2, 64; li a7, SYS_read; ecall
  mv s0, a0
  ${EXIT}
`;

Deno.test("a blocked read fails with EINTR, or is made again where the handler says so", () => {
  for (const [flags, expected] of [[0, -EINTR], [SA_RESTART, 5]] as const) {
    const { kernel, task } = boot(reader(flags));
    assertEquals(kernel.run().reason, "waiting");
    kernel.signal(task.pid, SIGUSR1);
    const after = kernel.run();
    assertEquals(after.reason, flags === 0 ? "exited" : "waiting");
    kernel.streams[0]?.push(new TextEncoder().encode("hello"));
    assertEquals(kernel.run().reason, "exited");
    assertEquals(BigInt.asIntN(64, task.registers.x(8)), BigInt(expected));
    end(kernel);
  }
});

Deno.test("EINTR is the end of a system call, before the handler runs", () => {
  const { kernel, task } = boot(reader(0));
  kernel.run();
  const { pc } = task.registers;
  kernel.signal(task.pid, SIGUSR1);
  const stop = kernel.run({ until: "syscall_exit" });
  assert(stop.reason === "syscall_exit" && stop.number === 63 && stop.retired === 1);
  assertEquals(task.registers.pc, pc + 4n);
  assertEquals(BigInt.asIntN(64, task.registers.x(10)), BigInt(-EINTR));
  assertEquals(task.wait, null);
  end(kernel);
});

/** A task that sleeps 5000 ns with a handler for SIGUSR1, beside one that counts; asleep already. */
function bootSleeper(): Booted & { readonly deadline_ns: bigint } {
  const booted = boot(
    `${DATA}
      .data
      time: .dword 0, 5000
      left: .dword -1, -1
      .text
      handler: ret
      _start: ${install(SIGUSR1, "handler", SA_RESTART)}
      la a0, time; la a1, left; li a7, SYS_nanosleep; ecall
      mv s0, a0; la a1, left; ld s1, 0(a1); ld s2, 8(a1)
      ${EXIT}
    `,
    { quantum: 100 },
  );
  const { kernel, task } = booted;
  kernel.fileSystem.writeFile("/bin/spin", build("_start: j _start"), 0o755);
  kernel.spawn({ path: "/bin/spin" });
  kernel.run({ instructions: 500 });
  assert(task.state === "blocked" && task.wait?.kind === "sleep");
  return { ...booted, deadline_ns: task.wait.deadline_ns };
}

Deno.test("a sleep that a handler interrupts tells what was left, whatever SA_RESTART says", () => {
  const { kernel, task, deadline_ns } = bootSleeper();
  kernel.signal(task.pid, SIGUSR1);
  const stop = kernel.run({ until: "syscall_exit" });
  assert(stop.reason === "syscall_exit" && stop.task === task);
  const interrupted_ns = kernel.clock.monotonic_ns - 1n;
  // rt_sigreturn's, and then the call that ends the program.
  kernel.run({ until: "syscall_exit" });
  kernel.run({ until: "syscall_entry" });
  assertEquals(BigInt.asIntN(64, task.registers.x(8)), BigInt(-EINTR));
  assertEquals([task.registers.x(9), task.registers.x(18)], [0n, deadline_ns - interrupted_ns]);
  end(kernel);
});

Deno.test("a sleep that is stopped and continued ends when it would have ended", () => {
  const { kernel, task, deadline_ns } = bootSleeper();
  kernel.signal(task.pid, SIGSTOP);
  kernel.run({ instructions: 1000 });
  assertEquals([task.state, task.wait?.kind], ["stopped", "sleep"]);
  kernel.signal(task.pid, SIGCONT);
  kernel.run({ instructions: 1000 });
  assertEquals([task.state, task.wait?.kind], ["blocked", "sleep"]);
  kernel.run({ instructions: Number(deadline_ns - kernel.clock.monotonic_ns) - 1 });
  assertEquals(task.state, "blocked");
  const stop = kernel.run({ until: "syscall_exit" });
  assert(stop.reason === "syscall_exit" && stop.task === task);
  // At the deadline it is runnable, and gets its turn within the other's.
  assert(kernel.clock.monotonic_ns - deadline_ns <= 101n);
  assertEquals(task.registers.x(10), 0n);
  end(kernel);
});

Deno.test("a sleep whose time passes while it is stopped is over when it continues", () => {
  const { kernel, task, deadline_ns } = bootSleeper();
  kernel.signal(task.pid, SIGSTOP);
  kernel.run({ instructions: 10_000 });
  assert(task.state === "stopped" && kernel.clock.monotonic_ns > deadline_ns);
  kernel.signal(task.pid, SIGCONT);
  const stop = kernel.run({ until: "syscall_exit" });
  assert(stop.reason === "syscall_exit" && stop.task === task && stop.retired <= 101);
  assertEquals(task.registers.x(10), 0n);
  end(kernel);
});

Deno.test("sigsuspend lets a signal in under its own mask, and the old one is back afterwards", () => {
  const { kernel, task } = boot(`${DATA}
    .data
    blocked: .dword 0x200
    none: .dword 0
    .text
    handler: addi s1, s1, 1; ret
    _start: ${install(SIGUSR1, "handler")}
    li a0, 0; la a1, blocked; li a2, 0; li a3, 8; li a7, SYS_rt_sigprocmask; ecall
    li a0, 2; li a1, ${SIGUSR1}; li a7, SYS_kill; ecall
    mv s2, s1
    la a0, none; li a1, 8; li a7, SYS_rt_sigsuspend; ecall
    mv s0, a0
    ${EXIT}
  `);
  assertEquals(kernel.run().reason, "exited");
  assertEquals(BigInt.asIntN(64, task.registers.x(8)), BigInt(-EINTR));
  // s1 is restored by the frame: that the handler ran shows in the mask and in the end of the wait.
  assertEquals([task.signals.blocked, task.signals.savedMask], [signalBit(SIGUSR1), null]);
  end(kernel);
});

Deno.test("faults kill with their signal, at the instruction that faulted", () => {
  const dies = (source: string) => runToEnd(`_start: ${source}`).status;
  assertEquals(dies("ld a0, 8(zero)"), SIGSEGV);
  assertEquals(dies("li a0, 1; slli a0, a0, 63; sd a0, 0(a0)"), SIGSEGV);
  assertEquals(dies("la a0, _start; sd a0, 0(a0)"), SIGSEGV);
  assertEquals(dies("jr zero"), SIGSEGV);
  assertEquals(dies(".word 0"), SIGILL);
  assertEquals(dies("ebreak"), SIGTRAP);
  assertEquals(dies("addi sp, sp, -64; addi a0, sp, 1; amoadd.w a0, a0, (a0)"), SIGBUS);
});

Deno.test("a fault whose signal is blocked or ignored kills all the same", () => {
  const source = (how: string) =>
    `${DATA}
    .data
    all: .dword -1
    .text
    _start: ${how}
    ld a0, 8(zero)
  `;
  const block = "li a0, 0; la a1, all; li a2, 0; li a3, 8; li a7, SYS_rt_sigprocmask; ecall";
  assertEquals(runToEnd(source(block)).status, SIGSEGV);
  assertEquals(runToEnd(source(install(SIGSEGV, "1"))).status, SIGSEGV);
});

Deno.test("a handler whose frame fits nowhere is SIGSEGV, and its own SIGSEGV the end", () => {
  const source = (signo: number) =>
    `${DATA}
    handler: ret
    _start: ${install(SIGSEGV, "handler")} ${install(SIGUSR1, "handler")}
    li sp, 0x1000
    li a0, 2; li a1, ${signo}; li a7, SYS_kill; ecall
    ${EXIT}
  `;
  assertEquals(runToEnd(source(SIGUSR1)).status, SIGSEGV);
  assertEquals(runToEnd(source(SIGSEGV)).status, SIGSEGV);
});

Deno.test("sigreturn without a frame is SIGSEGV", () => {
  assertEquals(runToEnd("_start: li sp, 8; li a7, SYS_rt_sigreturn; ecall").status, SIGSEGV);
  const { status } = runToEnd(`
    .data
    junk: .zero 2048
    .text
    _start: la sp, junk; li t0, 1; sd t0, 816+8(sp); sw t0, 1076(sp); li a7, SYS_rt_sigreturn; ecall
  `);
  assertEquals(status, SIGSEGV);
});

Deno.test("a handler that is to run once has the default action afterwards", () => {
  const { status } = runToEnd(`${DATA}
    handler: ret
    _start: ${install(SIGUSR1, "handler", SA_RESETHAND)}
    1: li a0, 2; li a1, ${SIGUSR1}; li a7, SYS_kill; ecall; j 1b
  `);
  assertEquals(status, SIGUSR1);
});

Deno.test("signals that are pending together are handled one above the other", () => {
  const { output } = runToEnd(`${DATA}
    .data
    letter: .byte 0
    mask: .dword 0x200 | 0x800
    .text
    handler: addi a0, a0, 0x41
    la a1, letter; sb a0, 0(a1)
    li a0, 1; li a2, 1; li a7, SYS_write; ecall
    ret
    _start: ${install(SIGUSR1, "handler")} ${install(SIGUSR2, "handler")}
    li a0, 0; la a1, mask; li a2, 0; li a3, 8; li a7, SYS_rt_sigprocmask; ecall
    li a0, 2; li a1, ${SIGUSR1}; li a7, SYS_kill; ecall
    li a0, 2; li a1, ${SIGUSR2}; li a7, SYS_kill; ecall
    li a0, 1; la a1, mask; li a2, 0; li a3, 8; li a7, SYS_rt_sigprocmask; ecall
    ${EXIT}
  `);
  // The lower number's frame is below, so that the higher number's handler runs first.
  assertEquals(output, String.fromCharCode(0x41 + SIGUSR2, 0x41 + SIGUSR1));
});

Deno.test("SIGKILL and SIGSTOP reach a program that blocks everything", () => {
  const { kernel, task } = boot(`${DATA}
    .data
    all: .dword -1
    .text
    _start: li a0, 2; la a1, all; li a2, 0; li a3, 8; li a7, SYS_rt_sigprocmask; ecall
    1: j 1b
  `);
  kernel.run({ instructions: 100 });
  assertEquals(task.signals.blocked & (signalBit(SIGKILL) | signalBit(SIGSTOP)), 0n);
  kernel.signal(task.pid, SIGUSR1);
  kernel.run({ instructions: 100 });
  assertEquals(task.state, "running");
  kernel.signal(task.pid, SIGSTOP);
  assertEquals(kernel.run({ instructions: 100 }).reason, "waiting");
  kernel.signal(task.pid, SIGKILL);
  assertEquals(kernel.run().reason, "exited");
  assertEquals(kernel.reap(task.pid), SIGKILL);
  assertEquals(outputOf(kernel), "");
  end(kernel);
});

Deno.test("handlers run on the alternate stack, and one that overruns it is the end", () => {
  const { kernel, task } = boot(`${DATA}
    .bss
    .balign 16
    stack: .zero 4096
    .data
    alternate: .dword stack, 0, 4096
    .text
    handler: mv s3, sp; li a0, 2; li a1, ${SIGUSR2}; li a7, SYS_kill; ecall; ret
    again: li a0, 2; li a1, ${SIGUSR1}; li a7, SYS_kill; ecall; ret
    _start: la a0, alternate; li a1, 0; li a7, 132; ecall
    ${install(SIGUSR1, "handler", SA_ONSTACK | 0x40000000)}
    ${install(SIGUSR2, "again", SA_ONSTACK | 0x40000000)}
    li a0, 2; li a1, ${SIGUSR1}; li a7, SYS_kill; ecall
    ${EXIT}
  `);
  assertEquals(kernel.run().reason, "exited");
  const { sp, size } = task.signals.alternateStack;
  assert(task.registers.x(19) > sp && task.registers.x(19) < sp + size);
  assertEquals(kernel.reap(task.pid), SIGSEGV);
  end(kernel);
});
