// Are calls, signals and ends printed as strace(1) prints them?

import { assert, assertEquals, assertMatch } from "../../std_assert.ts";
import type { Kernel } from "../kernel.ts";
import { systemCalls } from "../syscalls/table.ts";
import { fuzzCalls, randomNumbers } from "../testing/call_fuzzer.ts";
import { boot, end } from "../testing/machine.ts";
import { commonArguments, mentionedArguments } from "./argument_kinds.ts";
import * as constants from "./constants.ts";
import { Strace } from "./strace.ts";
import { quoted, quotedStart } from "./text.ts";

function traceOf(source: string, prepare: (kernel: Kernel) => void = () => {}): string[] {
  const lines: string[] = [];
  const { kernel, task } = boot(source);
  kernel.tracer = new Strace(() => kernel, (line) => lines.push(line));
  prepare(kernel);
  kernel.run({ instructions: 100_000 });
  kernel.reap(task.pid);
  end(kernel);
  return lines;
}

const call = (name: string, ...args: readonly (string | number)[]) =>
  args.map((argument, i) => `  li a${i}, ${argument}\n`).join("") + `  li a7, ${name}\n  ecall\n`;
const load = (register: string, label: string) => `  la ${register}, ${label}\n`;

Deno.test("are the operations of futexes and the words of futex_wake(2) spelled out?", () => {
  const [first, second, third] = traceOf(`
    _start:
    ${call("98", 65536, 129, 1)}
    ${call("98", 65536, 267, 1, 0, 65540)}
    ${call("454", 65536, 1, 1, 130)}
    ${call("SYS_exit_group", 0)}
  `);
  assertEquals(first, "futex(0x10000, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) = 0");
  assertMatch(second ?? "", /^futex\(0x10000, FUTEX_WAIT_REQUEUE_PI\|FUTEX_CLOCK_REALTIME, 1, /);
  assertEquals(third, "futex_wake(0x10000, 0x1, 1, FUTEX2_SIZE_U32|FUTEX2_PRIVATE) = 0");
});

Deno.test("are the flags and names of mounts spelled out?", () => {
  const lines = traceOf(`
    _start:
    ${load("a0", "source")}
    ${load("a1", "target")}
    ${load("a2", "source")}
    li a3, 0x4000e
    ${load("a4", "data")}
    li a7, 40
    ecall
    ${load("a0", "target")}
    li a1, 10
    li a7, 39
    ecall
    ${load("a0", "target")}
    ${load("a1", "target")}
    li a7, 41
    ecall
    ${call("SYS_exit_group", 7)}
    .data
    source: .asciz "tmpfs"
    target: .asciz "/mnt"
    data: .asciz "size=1m"
  `);
  const [nothing, flags] = ["ENOENT (No such file or directory)", "MNT_DETACH|UMOUNT_NOFOLLOW"];
  assertEquals(lines.slice(0, 3), [
    `mount("tmpfs", "/mnt", "tmpfs", MS_NOSUID|MS_NODEV|MS_NOEXEC|MS_PRIVATE, "size=1m") = -1 ${nothing}`,
    `umount2("/mnt", ${flags}) = -1 ${nothing}`,
    `pivot_root("/mnt", "/mnt")              = -1 ${nothing}`,
  ]);
});

Deno.test("are strings, flags, results and errors spelled as strace spells them?", () => {
  const program = `
    _start:
    ${load("s1", "path")}
    li a0, -100
    mv a1, s1
    li a2, 0x80041
    li a3, 0x1a4
    li a7, 56
    ecall
    li a0, -100
    ${load("a1", "missing")}
    li a2, 0
    li a7, 56
    ecall
    li a0, 3
    ${load("a1", "text")}
    li a2, 40
    li a7, 64
    ecall
    ${call("25", 3, 3)}
    ${call("62", 3, 0, 0)}
    ${call("57", 99)}
    ${call("999", 1, 16)}
    ${call("SYS_exit_group", 7)}
    .data
    path: .asciz "/tmp/new"
    missing: .asciz "/no/such\\nfile"
    text: .asciz "a \\"quoted\\" line\\n and so on, until it is too long to be shown"
  `;
  const lines = traceOf(program);
  assertEquals(lines[0], 'openat(AT_FDCWD, "/tmp/new", O_WRONLY|O_CREAT|O_CLOEXEC, 0644) = 3');
  assertEquals(
    lines[1],
    'openat(AT_FDCWD, "/no/such\\nfile", O_RDONLY) = -1 ENOENT (No such file or directory)',
  );
  assertEquals(lines[2], 'write(3, "a \\"quoted\\" line\\n and so on, unti"..., 40) = 40');
  assertEquals(
    lines[3],
    "fcntl(3, F_GETFL)                       = 0x8001 (flags O_WRONLY|O_LARGEFILE)",
  );
  assertEquals(lines[4], "lseek(3, 0, SEEK_SET)                   = 0");
  assertEquals(
    lines[5],
    "close(99)                               = -1 EBADF (Bad file descriptor)",
  );
  assertEquals(lines[6]?.slice(0, 27), "syscall_0x3e7(0x1, 0x10, 0,");
  assertEquals(lines.slice(7), [
    "exit_group(7)                           = ?",
    "+++ exited with 7 +++",
  ]);
});

Deno.test("are signals printed with what comes with them, and an end by one?", () => {
  const lines = traceOf(`
    _start:
    ${call("SYS_kill", 2, 10)}
    ${call("SYS_exit", 0)}
  `);
  assertEquals(lines, [
    "kill(2, SIGUSR1)                        = 0",
    "--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=2, si_uid=0} ---",
    "+++ killed by SIGUSR1 +++",
  ]);
  assertEquals(traceOf("_start:\n  sd zero, 0(zero)\n"), [
    "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL} ---",
    "+++ killed by SIGSEGV +++",
  ]);
});

Deno.test("are tasks told apart, and calls that others interrupt resumed?", () => {
  const lines = traceOf(`
    _start:
    ${call("220", 17, 0, 0, 0, 0)}
    beqz a0, child
    li a0, -1
    mv a1, sp
    li a2, 0
    li a3, 0
    li a7, 260
    ecall
    ${call("SYS_exit_group", 0)}
    child:
    ${call("SYS_exit_group", 5)}
  `);
  assertEquals(lines.map((line) => line.replace(/0x3f[0-9a-f]+/, "STACK")), [
    "[pid     2] clone(SIGCHLD, NULL, NULL, NULL, NULL) = 3",
    "[pid     2] wait4(-1,  <unfinished ...>",
    "[pid     3] exit_group(5)               = ?",
    "[pid     3] +++ exited with 5 +++",
    "<... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 5}], 0, NULL) = 3",
    "exit_group(0)                           = ?",
    "+++ exited with 0 +++",
  ]);
});

Deno.test("does a trace leave the machine's course as it is?", () => {
  const source = `_start:\n${call("SYS_getpid")}${call("SYS_nanosleep", 0, 0)}${
    call("SYS_exit", 3)
  }`;
  const run = (isTraced: boolean) => {
    const { kernel, task } = boot(source);
    if (isTraced) kernel.tracer = new Strace(() => kernel, () => {});
    kernel.run();
    const result = [kernel.clock.monotonic_ns, kernel.reap(task.pid), kernel.entropy.state];
    end(kernel);
    return result;
  };
  assertEquals(run(true), run(false));
});

Deno.test("can no call with any arguments make the trace throw?", () => {
  let lines = 0;
  fuzzCalls(2000, randomNumbers(3), (kernel) => {
    kernel.tracer = new Strace(() => kernel, () => void lines++);
  });
  assert(lines >= 2000);
});

Deno.test("is every argument that is described one of the table's?", () => {
  const calls = new Map(systemCalls().map(([, { name, args }]) => [name, args]));
  const stale = mentionedArguments().filter(([call, argument]) =>
    calls.get(call)?.includes(argument) !== true
  );
  assertEquals(stale, []);
  const used = new Set([...calls.values()].flat());
  assertEquals(commonArguments().filter((name) => !used.has(name)), []);
});

Deno.test("is there a constant behind every list of names?", () => {
  const empty = Object.entries(constants).filter(([, { values }]) =>
    Object.keys(values).length === 0
  );
  assertEquals(empty.map(([name]) => name), []);
});

Deno.test("are bytes quoted as C reads them?", () => {
  assertEquals(quoted(Uint8Array.of(0, 0x31, 7, 0x61, 0x7f, 0xff, 9)), '"\\0001\\7a\\177\\377\\t"');
  assertEquals(quotedStart(new Uint8Array(33).fill(0x61)), `"${"a".repeat(32)}"...`);
});
