// Does a machine start, show, clone and end its programs, and leave nothing behind when it cannot?

import { assert, assertEquals, assertGreater, assertThrows } from "../std_assert.ts";
import { PAGE_SIZE, PhysicalMemory } from "../emu/mod.ts";
import { SystemError } from "./abi/errno.ts";
import { O_CREAT, O_RDWR } from "./abi/fcntl.ts";
import { SIGINT, SIGKILL } from "./abi/signal.ts";
import { ExecError } from "./exec/elf.ts";
import { Kernel } from "./kernel.ts";
import { boot, build, end, outputOf, PROGRAM } from "./testing/machine.ts";

const EXIT = "li a0, 0; li a7, SYS_exit_group; ecall";
const SPIN = "_start: j _start";

Deno.test("the first program is pid 2, child of init, in a group of its own", () => {
  const { kernel, task } = boot(SPIN, { quantum: 10 }, { argv: ["program", "x"] });
  assertEquals(
    [task.pid, task.ppid, task.tgid, task.pgid, task.sid, task.comm, task.exe, task.state],
    [2, 1, 2, 2, 1, "program", PROGRAM, "running"],
  );
  const second = kernel.spawn({ path: PROGRAM });
  assertEquals([second.pid, second.pgid], [3, 3]);
  kernel.signal(3, SIGKILL);
  kernel.run({ instructions: 20 });
  kernel.reap(3);
  assertEquals(kernel.spawn({ path: PROGRAM }).pid, 4);
  end(kernel);
});

Deno.test("a name is cut to 15 bytes, not in the middle of what it is made of", () => {
  const { kernel } = boot(SPIN);
  kernel.fileSystem.writeFile("/bin/a-rather-long-name", build(SPIN), 0o755);
  const task = kernel.spawn({ path: "/bin/a-rather-long-name" });
  assertEquals(task.comm, "a-rather-long-n");
  task.comm = "ääääääää";
  assertEquals(new TextEncoder().encode(task.comm.slice(0, 7)).length, 14);
  end(kernel);
});

Deno.test("what cannot be started is explained, and leaves nothing", () => {
  const { kernel } = boot(SPIN);
  const { memory, fileSystem, tasks } = kernel;
  fileSystem.writeFile("/tmp/text", new TextEncoder().encode("hello"), 0o755);
  fileSystem.writeFile("/tmp/locked", build(SPIN), 0o644);
  const frames = memory.framesInUse;
  const reasonOf = (path: string) => assertThrows(() => kernel.spawn({ path }), ExecError).reason;
  assertEquals(reasonOf("/tmp/text"), "it is not an ELF file");
  assertEquals(reasonOf("/tmp/locked"), "it has no permission to be executed");
  assertEquals(reasonOf("/tmp"), "it is not a regular file");
  assertThrows(() => kernel.spawn({ path: "/nowhere" }), SystemError, "ENOENT");
  assertThrows(() => kernel.spawn({ path: "" }), SystemError, "ENOENT");
  assertThrows(() => kernel.spawn({ path: PROGRAM, cwd: PROGRAM }), SystemError, "ENOTDIR");
  const argv = [PROGRAM, "x".repeat(200_000)];
  assertThrows(() => kernel.spawn({ path: PROGRAM, argv }), SystemError, "E2BIG");
  assertEquals([memory.framesInUse, tasks.size], [frames, 1]);
  end(kernel);
});

Deno.test("a program that finds no frames is not started, and leaves none", () => {
  const { kernel } = boot(SPIN, { framesMax: 64 });
  const { memory } = kernel;
  while (memory.framesInUse < memory.framesMax) memory.allocateFrame();
  assertThrows(() => kernel.spawn({ path: PROGRAM }), SystemError, "ENOMEM");
  assertEquals(memory.framesInUse, memory.framesMax);
});

Deno.test("users, directories and redirections are as asked for", () => {
  const { kernel } = boot(SPIN, { quantum: 10 });
  const file = kernel.fileSystem.open("/tmp/out", O_CREAT | O_RDWR);
  const task = kernel.spawn({
    path: "bin/program",
    cwd: "/",
    uid: 1000,
    gid: 100,
    umask: 0o077,
    files: { 1: file, 5: file.retain() },
  });
  assertEquals([task.credentials.euid, task.credentials.fsgid, task.fs.umask], [1000, 100, 0o077]);
  assertEquals(task.files.entries().map(([fd]) => fd), [0, 1, 2, 5]);
  assert(task.files.get(1) === file && task.files.get(5) === file);
  kernel.signal(task.pid, SIGKILL);
  kernel.run({ instructions: 20 });
  assertEquals([file.references, task.files.size, task.exe], [0, 0, ""]);
  end(kernel);
});

Deno.test("only what has ended can be waited for, and only once", () => {
  const { kernel, task } = boot(`_start: ${EXIT}`);
  assertThrows(() => kernel.reap(task.pid), SystemError, "EAGAIN");
  kernel.run();
  assertEquals(kernel.reap(task.pid), 0);
  assertThrows(() => kernel.reap(task.pid), SystemError, "ESRCH");
  assertThrows(() => kernel.signal(task.pid, SIGINT), SystemError, "ESRCH");
  assertThrows(() => kernel.signalGroup(task.pid, SIGINT), SystemError, "ESRCH");
  end(kernel);
});

Deno.test("a signal to a group reaches each process of it, and no other", () => {
  const { kernel, task } = boot(SPIN, { quantum: 10 });
  const member = kernel.spawn({ path: PROGRAM, pgid: task.pgid });
  const other = kernel.spawn({ path: PROGRAM });
  kernel.signalGroup(task.pgid, SIGINT);
  kernel.run({ instructions: 100 });
  assertEquals([task, member, other].map(({ isAlive }) => isAlive), [false, false, true]);
  end(kernel);
});

Deno.test("a fork has its own memory, files, streams and chance", () => {
  const { kernel } = boot(`
    .bss
    buffer: .zero 16
    .text
    _start: li a0, 0; la a1, buffer; li a2, 1; li a7, SYS_read; ecall
    la a0, buffer; addi a0, a0, 1; li a1, 8; li a2, 0; li a7, SYS_getrandom; ecall
    li a0, 1; la a1, buffer; li a2, 9; li a7, SYS_write; ecall
    ${EXIT}
  `);
  kernel.run();
  const forks = [kernel.fork(), kernel.fork()];
  const outputs = forks.map((fork, i) => {
    fork.streams[0]?.push(Uint8Array.of(65 + i));
    fork.fileSystem.writeFile("/tmp/x", Uint8Array.of(i));
    assertEquals(fork.run().reason, "exited");
    return fork.streams[1]?.output ?? new Uint8Array();
  });
  assertEquals(outputs.map(([letter]) => letter), [65, 66]);
  assertEquals(outputs[0]?.slice(1), outputs[1]?.slice(1));
  assertEquals([outputOf(kernel), kernel.fileSystem.exists("/tmp/x")], ["", false]);
  assertEquals(kernel.tasks.get(2)?.state, "blocked");
  for (const fork of forks) fork.dispose();
  end(kernel);
});

Deno.test("a fork takes a frame for each page that differs, and none for the others", () => {
  const touched = 1024;
  const { kernel } = boot(`
    _start: li a0, 0; li a1, ${touched * PAGE_SIZE}; li a2, 3; li a3, 0x22; li a4, -1; li a5, 0
    li a7, SYS_mmap; ecall
    mv s0, a0
    li t1, ${PAGE_SIZE}; li t2, ${touched}
    1: sd s0, 0(a0); add a0, a0, t1; addi t2, t2, -1; bnez t2, 1b
    again: li a7, SYS_sched_yield; ecall
    sd a0, 8(s0); add s0, s0, t1
    j again
  `);
  const { memory } = kernel;
  kernel.run({ until: "syscall_exit" }); // mmap
  kernel.run({ until: "syscall_exit" });
  const frames = memory.framesInUse;
  assertGreater(frames, touched);
  const fork = kernel.fork();
  assertEquals(memory.framesInUse, frames);
  for (const written of [1, 2, 3]) {
    fork.run({ until: "syscall_exit" });
    assertEquals(memory.framesInUse, frames + written);
  }
  // What the original writes differs as well, but for the pages that the fork has left already.
  for (const written of [0, 0, 0, 1, 2]) {
    kernel.run({ until: "syscall_exit" });
    assertEquals(memory.framesInUse, frames + 3 + written);
  }
  fork.dispose();
  assertEquals(memory.framesInUse, frames);
  end(kernel);
});

Deno.test("forks of forks end in any order, and all frames come back", () => {
  const { kernel } = boot(SPIN);
  kernel.run({ instructions: 100 });
  const child = kernel.fork();
  const grandchild = child.fork();
  const { memory } = kernel;
  kernel.dispose();
  grandchild.run({ instructions: 100 });
  child.dispose();
  assertEquals(grandchild.run({ instructions: 100 }).reason, "budget");
  grandchild.dispose();
  assertEquals(memory.framesInUse, 0);
});

Deno.test("machines that share a memory do not meet", () => {
  const memory = new PhysicalMemory({ framesMax: 1000 });
  const machines = [1, 2].map((seed) => boot(SPIN, { memory, seed }));
  for (const { kernel } of machines) kernel.run({ instructions: 1000 });
  const [first, second] = machines;
  first?.kernel.dispose();
  assertEquals(second?.kernel.run({ instructions: 10 }).reason, "budget");
  second?.kernel.dispose();
  assertEquals(memory.framesInUse, 0);
});

Deno.test("a fresh machine holds the frames of its files and no other, and gives them back", () => {
  const kernel = new Kernel({ framesMax: 16 });
  assertEquals(kernel.memory.framesInUse, 0);
  kernel.fileSystem.writeFile("/tmp/a", new Uint8Array(5000));
  assertEquals(kernel.memory.framesInUse, 2);
  end(kernel);
});

Deno.test("calls are counted, and those that do not exist apart", () => {
  const { kernel } = boot(`_start: li a7, 999; ecall; li a7, SYS_getpid; ecall; ecall; ${EXIT}`);
  kernel.run();
  const { systemCalls, byNumber, unimplemented } = kernel.statistics;
  assertEquals(systemCalls, 4);
  assertEquals([...byNumber], [[94, 1], [172, 2], [999, 1]]);
  assertEquals([...unimplemented], [[999, 1]]);
  end(kernel);
});
