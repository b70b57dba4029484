// Does /proc show what the machine is, also in a clone of it?

import { assert, assertEquals, assertMatch } from "../../../std_assert.ts";
import { O_DIRECTORY, O_RDONLY } from "../../abi/fcntl.ts";
import { SIGKILL } from "../../abi/signal.ts";
import { exitGroup } from "../../exit.ts";
import { boot } from "../../testing/machine.ts";
import { type Guest, withGuest } from "../../syscalls/testing/file_guest.ts";

function contents(guest: Guest, path: string): string {
  const fd = guest.open(path, O_RDONLY);
  const room = guest.room(65536);
  let text = "";
  for (;;) {
    const length = guest.must("read", fd, room, 65536);
    if (length === 0) break;
    text += guest.text(room, length);
  }
  guest.must("close", fd);
  return text;
}

function linkOf(guest: Guest, path: string): number | string {
  const room = guest.room(256);
  const length = guest.call("readlinkat", -100, path, room, 256);
  return typeof length === "string" ? length : guest.text(room, length);
}

Deno.test("is a line of maps what Linux would print?", () => {
  withGuest((guest) => {
    assertEquals(contents(guest, "/proc/self/maps"), "00100000-00500000 rw-p 00000000 00:00 0 \n");
  });
});

Deno.test("do the machine's files agree with its clock and memory?", () => {
  withGuest((guest) => {
    guest.kernel.clock.instructions = 12_340_000_000n;
    guest.kernel.scheduler.count(0, 12_340_000_000);
    guest.kernel.clock.idleUntil(112_340_000_000n);
    assertEquals(contents(guest, "/proc/uptime"), "112.34 100.00\n");
    assertMatch(contents(guest, "/proc/stat"), /^cpu {2}1234 0 0 10000 0 0 0 0 0 0\ncpu0 1234 /);
    assertMatch(contents(guest, "/proc/meminfo"), /^MemTotal: {10}32768 kB\n/);
    assertMatch(contents(guest, "/proc/vmstat"), /^nr_free_pages 8192\n(\w+ 0\n)+$/);
    assertMatch(contents(guest, "/proc/partitions"), /^major minor/);
    assertEquals(contents(guest, "/proc/loadavg"), "0.00 0.00 0.00 1/1 1\n");
    assertEquals(contents(guest, "/proc/sys/kernel/hostname"), "crucible\n");
    assertEquals(
      contents(guest, "/proc/self/mounts").split("\n")[0],
      "tmpfs / tmpfs rw,relatime,mode=755 0 0",
    );
  });
});

Deno.test("does a program see its terminal in stat, and the processors in /sys?", () => {
  withGuest((guest) => {
    assertMatch(contents(guest, "/proc/self/stat"), /^2 \(test\) R 1 2 1 34816 2 /);
    assertEquals(contents(guest, "/sys/devices/system/cpu/online"), "0\n");
  }, { terminal: true });
});

Deno.test("is what belongs to another user kept from a stranger?", () => {
  withGuest((guest) => {
    // pid 2 is the guest; pid 3 is root's.
    const { kernel } = guest;
    kernel.fileSystem.writeFile("/bin/other", bootable(), 0o755);
    kernel.tasks.lastPid = 2;
    kernel.spawn({ path: "/bin/other" });
    assertEquals(guest.call("openat", -100, "/proc/3/environ", O_RDONLY), "EACCES");
    assertEquals(guest.call("openat", -100, "/proc/3/fd", O_RDONLY | O_DIRECTORY), "EACCES");
    assertEquals(linkOf(guest, "/proc/3/exe"), "EACCES");
    assertEquals(
      guest.call("read", guest.open("/proc/3/maps", O_RDONLY), guest.room(64), 64),
      "EACCES",
    );
    assertMatch(contents(guest, "/proc/3/stat"), /^3 \(other\) R 1 3 1 .* 0 0 0 0 0 0 0 17 0 /);
    assertEquals(contents(guest, "/proc/3/comm"), "other\n");
  }, { uid: 1000 });
});

Deno.test("does a directory of a process that is gone stay gone, also when its pid comes again?", () => {
  withGuest((guest) => {
    const { kernel } = guest;
    kernel.fileSystem.writeFile("/bin/other", bootable(), 0o755);
    kernel.tasks.lastPid = 2;
    const other = kernel.spawn({ path: "/bin/other" });
    const status = guest.open("/proc/3/status", O_RDONLY);
    const directory = guest.open("/proc/3", O_RDONLY | O_DIRECTORY);
    exitGroup(kernel, other.group, SIGKILL);
    assertMatch(contents(guest, "/proc/3/status"), /\nState:\tZ \(zombie\)\n/);
    assertEquals(linkOf(guest, "/proc/3/exe"), "ENOENT");
    kernel.reap(other.pid);
    assertEquals(guest.call("read", status, guest.room(64), 64), "ESRCH");
    kernel.tasks.lastPid = 2;
    assertEquals(kernel.spawn({ path: "/bin/other" }).pid, 3);
    assertEquals(guest.call("read", status, guest.room(64), 64), "ESRCH");
    assertEquals(guest.call("openat", directory, "status", O_RDONLY), "ENOENT");
    assertMatch(contents(guest, "/proc/3/status"), /\nState:\tR \(running\)\n/);
  });
});

Deno.test("does a clone of the machine show its own processes, in files that were open before?", () => {
  withGuest((guest) => {
    const fd = guest.open("/proc/self/comm", O_RDONLY);
    const clone = guest.kernel.fork();
    const [task] = clone.tasks.all;
    assert(task !== undefined);
    task.comm = "the clone";
    const { object } = task.files.get(fd);
    assertEquals(new TextDecoder().decode(object.read(0, 64) ?? undefined), "the clone\n");
    assertEquals(new TextDecoder().decode(guest.task.files.get(fd).object.read(0, 64)!), "test\n");
    clone.dispose();
  });
});

/** A program that runs for ever. */
function bootable(): Uint8Array {
  const { kernel } = boot("_start: j _start");
  const bytes = kernel.fileSystem.readFile("/bin/program");
  kernel.dispose();
  return bytes;
}
