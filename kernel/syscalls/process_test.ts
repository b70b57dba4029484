// What do calls on processes, ids, limits, clocks and the machine answer at their edges?

import { assert, assertEquals } from "../../std_assert.ts";
import { O_CLOEXEC, O_RDWR } from "../abi/fcntl.ts";
import { RLIMIT_NOFILE } from "../abi/resource.ts";
import { signalBit, SIGTERM, SIGUSR1 } from "../abi/signal.ts";
import { RLIM_INFINITY } from "../abi/resource.ts";
import { boot, build, end, outputOf } from "../testing/machine.ts";
import { NOWHERE, withGuest } from "./testing/file_guest.ts";

const CLOCK_MONOTONIC = 1;
const CLOCK_PROCESS = 2;
const ABSOLUTE = 1;

Deno.test("execve puts another program in place of the old one, which is gone", () => {
  const { kernel, task } = boot(
    `
    .data
    path: .asciz "/bin/other"
    argument: .asciz "argument"
    argv: .dword path, argument, 0
    .text
    _start: la a0, path; la a1, argv; li a2, 0; li a7, 221; ecall
    li a7, SYS_exit; ecall
  `,
    {},
    { uid: 1000 },
  );
  kernel.fileSystem.writeFile(
    "/bin/other",
    build(`
      _start: ld a1, 16(sp)
      li a0, 1; li a2, 8; li a7, SYS_write; ecall
      ld a0, 0(sp); li a7, SYS_exit; ecall
    `),
    0o755,
  );
  const kept = task.files.install(kernel.fileSystem.open("/dev/null", O_RDWR));
  const closed = task.files.install(
    kernel.fileSystem.open("/dev/null", O_RDWR | O_CLOEXEC),
    0,
    true,
  );
  task.signals.dispositions.set(SIGUSR1, { handler: 0x10000n, flags: 0n, mask: 0n });
  task.signals.dispositions.set(SIGTERM, { handler: 1n, flags: 0n, mask: 0n });
  task.signals.blocked = signalBit(SIGUSR1);
  const stop = kernel.run({ until: "syscall_exit" });
  assert(stop.reason === "syscall_exit" && stop.number === 221);
  assertEquals([task.pid, task.comm, task.exe], [2, "other", "/bin/other"]);
  assertEquals([task.files.has(kept), task.files.has(closed)], [true, false]);
  assertEquals(task.signals.dispositions.get(SIGUSR1).handler, 0n);
  assertEquals(task.signals.dispositions.get(SIGTERM).handler, 1n);
  assertEquals(task.signals.blocked, signalBit(SIGUSR1));
  assertEquals(kernel.run().reason, "exited");
  assertEquals([outputOf(kernel), kernel.reap(task.pid)], ["argument", 2 << 8]);
  end(kernel);
});

Deno.test("an execve that fails changes nothing", () => {
  withGuest((guest) => {
    guest.kernel.fileSystem.writeFile("/tmp/text", new Uint8Array(100), 0o755);
    guest.kernel.fileSystem.writeFile("/tmp/plain", new Uint8Array(100), 0o644);
    const { mm } = guest.task;
    assertEquals(guest.call("execve", "/nowhere", 0, 0), "ENOENT");
    assertEquals(guest.call("execve", "", 0, 0), "ENOENT");
    assertEquals(guest.call("execve", "text", 0, 0), "ENOEXEC");
    assertEquals(guest.call("execve", "plain", 0, 0), "EACCES");
    assertEquals(guest.call("execve", "/tmp", 0, 0), "EACCES");
    assertEquals(guest.call("execve", "text/x", 0, 0), "ENOTDIR");
    assertEquals(guest.call("execve", "text", NOWHERE, 0), "EFAULT");
    assertEquals(guest.call("execve", "text", guest.words(NOWHERE, 0), 0), "EFAULT");
    const big = guest.put(new Uint8Array(140_000).fill(65));
    assertEquals(guest.call("execve", "text", guest.words(big, 0), 0), "E2BIG");
    assertEquals([guest.task.mm === mm, guest.task.comm], [true, "test"]);
  });
});

Deno.test("groups and sessions keep their rules", () => {
  withGuest((guest) => {
    assertEquals(guest.call("getpgid", 1), 1);
    assertEquals(guest.call("getsid", 0), 1);
    assertEquals(guest.call("setsid"), "EPERM");
    assertEquals(guest.call("setpgid", 0, 77), "EPERM");
    assertEquals(guest.call("setpgid", 0, -1), "EINVAL");
    assertEquals(guest.call("setpgid", 5, 5), "ESRCH");
    assertEquals(guest.call("setpgid", 0, 0), 0);
    guest.task.group.pgid = 1;
    assertEquals(guest.call("setsid"), 2);
    assertEquals([guest.task.sid, guest.task.pgid], [2, 2]);
    assertEquals(guest.call("setpgid", 0, 0), "EPERM");
  });
});

Deno.test("signals are refused where there is no right or no target", () => {
  withGuest((guest) => {
    assertEquals(guest.call("kill", 1, 0), "EPERM");
    assertEquals(guest.call("kill", 99, 0), "ESRCH");
    assertEquals(guest.call("kill", -99, 0), "ESRCH");
    assertEquals(guest.call("kill", -1, SIGTERM), "ESRCH");
    assertEquals(guest.call("kill", 2, 65), "EINVAL");
    assertEquals(guest.call("kill", 0, 0), 0);
    assertEquals(guest.call("tgkill", 3, 2, 0), "ESRCH");
    assertEquals(guest.call("tkill", 0, 0), "EINVAL");
    const info = guest.words(...new Array(16).fill(0));
    assertEquals(guest.call("rt_sigqueueinfo", 2, 0, info), 0);
    assertEquals(guest.call("rt_sigqueueinfo", 99, 10, info), "EPERM");
  }, { uid: 1000 });
});

Deno.test("limits are read and set, and not beyond what is allowed", () => {
  withGuest((guest) => {
    const old = guest.room(16);
    assertEquals(guest.call("prlimit64", 0, RLIMIT_NOFILE, guest.words(8, 16), old), 0);
    assertEquals(guest.call("prlimit64", 0, RLIMIT_NOFILE, guest.words(8, 17), 0), "EPERM");
    assertEquals(guest.call("prlimit64", 0, RLIMIT_NOFILE, guest.words(17, 16), 0), "EINVAL");
    assertEquals(guest.call("prlimit64", 0, 16, 0, old), "EINVAL");
    assertEquals(guest.call("prlimit64", 99, 0, 0, old), "ESRCH");
    assertEquals(guest.call("prlimit64", 0, 0, NOWHERE, 0), "EFAULT");
    assertEquals(guest.call("getrlimit", 3, old), 0);
    assertEquals(guest.view(old, 16).getBigUint64(8, true), RLIM_INFINITY);
  }, { uid: 1000 });
});

Deno.test("chance is given as far as the buffer goes, and follows the seed", () => {
  withGuest((guest) => {
    const room = guest.room(64);
    assertEquals(guest.call("getrandom", room, 64, 0), 64);
    assert(guest.bytes(room, 64).some((byte) => byte !== 0));
    assertEquals(guest.call("getrandom", room, 0, 0), 0);
    assertEquals(guest.call("getrandom", NOWHERE, 8, 0), "EFAULT");
    assertEquals(guest.call("getrandom", room, 8, 6), "EINVAL");
    const last = 0x100000 + 1024 * 4096 - 5;
    assertEquals(guest.call("getrandom", last, 2n ** 63n, 0), 5);
  });
});

Deno.test("clocks that exist can be read, slept on or not, and never set", () => {
  withGuest((guest) => {
    const room = guest.room(16);
    assertEquals(guest.call("clock_gettime", CLOCK_MONOTONIC, room), 0);
    assertEquals(guest.call("clock_gettime", 10, room), "EINVAL");
    assertEquals(guest.call("clock_gettime", 0, NOWHERE), "EFAULT");
    assertEquals(guest.call("clock_getres", 0, 0), 0);
    assertEquals(guest.call("clock_settime", 0, guest.words(1, 1)), "EPERM");
    assertEquals(guest.call("clock_settime", CLOCK_MONOTONIC, guest.words(1, 1)), "EINVAL");
    const nap = guest.words(0, 5);
    assertEquals(guest.call("clock_nanosleep", CLOCK_PROCESS, 0, nap, 0), "EOPNOTSUPP");
    assertEquals(guest.call("clock_nanosleep", 99, 0, nap, 0), "EINVAL");
    assertEquals(guest.call("clock_nanosleep", CLOCK_MONOTONIC, ABSOLUTE, guest.words(0, 0), 0), 0);
    assertEquals(guest.call("nanosleep", guest.words(0, 1_000_000_000), 0), "EINVAL");
    assertEquals(guest.call("nanosleep", guest.words(-1, 0), 0), "EINVAL");
    assertEquals(guest.call("nanosleep", guest.words(0, 0), 0), 0);
    assertEquals(guest.call("nanosleep", guest.words(2n ** 62n, 0), 0), "blocked");
    assertEquals(guest.task.wait, {
      kind: "sleep",
      deadline_ns: 2n ** 63n - 1n,
      isAbsolute: false,
    });
  });
});

Deno.test("a futex waits for its word, wakes nobody alone, and knows its edges", () => {
  withGuest((guest) => {
    const word = guest.words(7);
    assertEquals(guest.call("futex", word, 0, 8, 0), "EAGAIN");
    assertEquals(guest.call("futex", word + 1, 0, 7, 0), "EINVAL");
    assertEquals(guest.call("futex", NOWHERE, 0, 7, 0), "EFAULT");
    assertEquals(guest.call("futex", word, 1, 1), 0);
    assertEquals(guest.call("futex", word, 9, 7, 0, 0, 0), "EINVAL");
    assertEquals(guest.call("futex", word, 14, 7), "ENOSYS");
    assertEquals(guest.call("futex", word, 6, 7), "ESRCH");
    assertEquals(guest.call("futex", word, 128, 7, 0), "blocked");
    assertEquals(guest.task.wait?.kind, "futex");
  });
});

Deno.test("a task's odds and ends are kept: name, death signal, tid pointer, robust list", () => {
  withGuest((guest) => {
    const room = guest.room(32);
    assertEquals(guest.call("prctl", 15, "a name that is too long", 0, 0, 0), 0);
    assertEquals([guest.task.comm, guest.call("prctl", 16, room)], ["a name that is ", 0]);
    assertEquals(guest.text(room, 15), "a name that is ");
    assertEquals(guest.call("prctl", 15, NOWHERE), "EFAULT");
    assertEquals(guest.call("prctl", 1, 65), "EINVAL");
    assertEquals([guest.call("prctl", 1, 9), guest.task.parentDeathSignal], [0, 9]);
    assertEquals(guest.call("prctl", 4, 2), "EINVAL");
    assertEquals([guest.call("prctl", 38, 1), guest.call("prctl", 39)], [0, 1]);
    assertEquals(guest.call("prctl", 12345), "EINVAL");
    assertEquals(guest.call("set_tid_address", 0x1234), 2);
    assertEquals(guest.call("set_robust_list", 0x4000, 24), 0);
    assertEquals(guest.call("set_robust_list", 0x4000, 25), "EINVAL");
    assertEquals(guest.task.robustList, { head: 0x4000, length: 24 });
  });
});
