/** Machines with one small program in assembly, for tests of the kernel. */

import { assertEquals } from "../../std_assert.ts";
import { buildExecutable } from "../../emu/mod.ts";
import { checkpoint, planRestart } from "../checkpoint/mod.ts";
import { Kernel, type KernelOptions } from "../kernel.ts";
import type { SpawnOptions } from "../program.ts";
import type { Task } from "../task.ts";

/** Names for system call numbers, to be put before a program. */
const CALL_NUMBERS = `
  .equ SYS_read, 63
  .equ SYS_write, 64
  .equ SYS_exit, 93
  .equ SYS_exit_group, 94
  .equ SYS_futex, 98
  .equ SYS_nanosleep, 101
  .equ SYS_clock_gettime, 113
  .equ SYS_sched_yield, 124
  .equ SYS_kill, 129
  .equ SYS_rt_sigsuspend, 133
  .equ SYS_rt_sigaction, 134
  .equ SYS_rt_sigprocmask, 135
  .equ SYS_rt_sigreturn, 139
  .equ SYS_getpid, 172
  .equ SYS_brk, 214
  .equ SYS_mmap, 222
  .equ SYS_getrandom, 278
`;

/** Where {@link boot} puts the program. */
export const PROGRAM = "/bin/program";

/** The executable of a program in assembly; it may use the names SYS_*. */
export function build(source: string): Uint8Array {
  return buildExecutable(CALL_NUMBERS + source).bytes;
}

/** A machine, and the task that runs a program in it. */
export interface Booted {
  readonly kernel: Kernel;
  readonly task: Task;
}

/** Boots a machine and starts a program, given as assembly or as the file itself. */
export function boot(
  program: string | Uint8Array,
  options: KernelOptions = {},
  spawn: Partial<SpawnOptions> = {},
): Booted {
  const kernel = new Kernel({ framesMax: 4096, ...options });
  const bytes = typeof program === "string" ? build(program) : program;
  kernel.fileSystem.writeFile(PROGRAM, bytes, 0o755);
  return { kernel, task: kernel.spawn({ path: PROGRAM, ...spawn }) };
}

/** What the guests of a machine wrote to stream 1. */
export function outputOf(kernel: Kernel): string {
  return new TextDecoder().decode(kernel.streams[1]?.output);
}

/** Ends a machine, and makes sure that nothing of it stays. */
export function end(kernel: Kernel): void {
  kernel.dispose();
  assertEquals(kernel.memory.framesInUse, 0, "Frames leaked");
}

/** A fresh machine with the same files and limits, in which what is below a task has been restarted. */
export function restarted(kernel: Kernel, task: Task): Kernel {
  const { framesMax } = kernel.memory;
  const other = new Kernel({ framesMax });
  other.fileSystem.writeFile(PROGRAM, kernel.fileSystem.readFile(PROGRAM), 0o755);
  planRestart(other, checkpoint(kernel, task), { adoptMachine: true }).commit();
  return other;
}

/** Boots, runs to the end, and answers wait status and output. */
export function runToEnd(program: string | Uint8Array): { status: number; output: string } {
  const { kernel, task } = boot(program);
  assertEquals(kernel.run().reason, "exited");
  const result = { status: kernel.reap(task.pid), output: outputOf(kernel) };
  end(kernel);
  return result;
}
