// Do terminals go with the machine: in a clone, in an image, in the middle of a read?

import { assert, assertEquals, assertMatch, assertThrows } from "../../../std_assert.ts";
import { O_NOCTTY, O_RDONLY, O_RDWR } from "../../abi/fcntl.ts";
import { TIOCGPTN, TIOCGSID, TIOCSPTLCK } from "../../abi/ioctl.ts";
import { checkpoint } from "../../checkpoint/checkpoint.ts";
import { Refusal } from "../../checkpoint/refusal.ts";
import { planRestart } from "../../checkpoint/restart.ts";
import { Kernel } from "../../kernel.ts";
import { withGuest } from "../../syscalls/testing/file_guest.ts";
import { boot, build, end, PROGRAM } from "../../testing/machine.ts";
import { OpenFile } from "../open_file.ts";
import { Stream } from "../stream.ts";
import { text, utf8 } from "../testing/environment.ts";

const terminalStream = () => new Stream(0, { terminal: true });

/** Reads a line and says how long it was by its exit status. */
const READER = `
  _start:
  addi sp, sp, -64
  li a0, 0
  mv a1, sp
  li a2, 64
  li a7, SYS_read
  ecall
  li a7, SYS_exit_group
  ecall
`;

function bootReader(): { kernel: Kernel; pid: number } {
  const kernel = new Kernel({ framesMax: 4096, streams: [terminalStream()] });
  kernel.fileSystem.writeFile(PROGRAM, build(READER), 0o755);
  const file = OpenFile.onStream(kernel.streams[0]!, O_RDONLY);
  const files = { 0: file, 1: file.retain(), 2: file.retain() };
  const { pid } = kernel.spawn({ path: PROGRAM, files, session: true });
  assertEquals(kernel.run().reason, "waiting");
  return { kernel, pid };
}

Deno.test("does a read that waits for keys go on in a clone and after a restart?", () => {
  const { kernel, pid } = bootReader();
  kernel.streams[0]!.push(utf8("hal"));
  assertEquals(kernel.run().reason, "waiting");
  const clone = kernel.fork();
  const image = checkpoint(kernel, kernel.tasks.get(pid)!);
  const fresh = new Kernel({ framesMax: 4096, streams: [terminalStream()] });
  fresh.fileSystem.writeFile(PROGRAM, build(READER), 0o755);
  planRestart(fresh, image, { adoptMachine: true }).commit();
  for (const machine of [kernel, clone, fresh]) {
    machine.streams[0]!.push(utf8("f a line\n"));
    assertEquals(machine.run().reason, "exited");
    assertEquals(machine.reap(pid) >> 8, "half a line\n".length);
    machine.dispose();
  }
  assertEquals([kernel.memory.framesInUse, fresh.memory.framesInUse], [0, 0]);
});

Deno.test("does ^C reach a program after a restart, and the end of input end a read?", () => {
  const { kernel, pid } = bootReader();
  const image = checkpoint(kernel, kernel.tasks.get(pid)!);
  const fresh = new Kernel({ framesMax: 4096, streams: [terminalStream()] });
  fresh.fileSystem.writeFile(PROGRAM, build(READER), 0o755);
  planRestart(fresh, image, { adoptMachine: true }).commit();
  fresh.streams[0]!.push(utf8("\u0003"));
  assertEquals(fresh.run().reason, "exited");
  assertEquals(fresh.reap(pid), 2);
  assertEquals(text(fresh.streams[0]!.output), "^C");
  kernel.streams[0]!.end();
  assertEquals(kernel.run().reason, "exited");
  assertEquals(kernel.reap(pid), 0);
  end(fresh);
  end(kernel);
});

Deno.test("are both sides of a pseudo-terminal cloned with their machine?", () => {
  withGuest((guest) => {
    const master = guest.open("/dev/ptmx", O_RDWR | O_NOCTTY);
    guest.must("ioctl", master, TIOCSPTLCK, guest.words(0));
    const number = guest.room(4);
    guest.must("ioctl", master, TIOCGPTN, number);
    assertEquals(guest.view(number, 4).getInt32(0, true), 0);
    const terminal = guest.open("/dev/pts/0", O_RDWR | O_NOCTTY);
    guest.must("write", master, "one\n", 4);
    const clone = guest.kernel.fork();
    guest.must("write", master, "two\n", 4);
    const [task] = clone.tasks.all;
    assert(task !== undefined);
    const there = task.files.get(terminal).object;
    assertEquals(text(there.read(0, 64) ?? utf8("")), "one\n");
    there.consume(4);
    assertEquals(there.read(0, 64), null);
    assertEquals(text(task.files.get(master).object.read(0, 64) ?? utf8("")), "one\r\n");
    assertEquals(clone.fileSystem.list("/dev/pts"), ["0"]);
    clone.dispose();
    const buffer = guest.room(64);
    assertEquals(guest.must("read", terminal, buffer, 64), 4);
    assertEquals(guest.must("read", terminal, buffer, 64), 4);
    assertEquals(guest.text(buffer, 4), "two\n");
    guest.must("close", master);
    assertEquals(guest.kernel.fileSystem.list("/dev/pts"), []);
    assertEquals(guest.must("read", terminal, buffer, 64), 0);
    assertEquals(guest.call("write", terminal, "x", 1), "EIO");
  });
});

Deno.test("is a pseudo-terminal refused at checkpoint, by name?", () => {
  for (const path of ["/dev/ptmx", "/dev/pts/0"]) {
    const { kernel, task } = boot("_start: j _start");
    const master = kernel.fileSystem.open("/dev/ptmx", O_RDWR);
    kernel.fileSystem.devpts.terminals.forEach(({ index }) => {
      const { object } = master;
      assert("pty" in object);
      assertEquals(index, 0);
      Object.assign(object.pty as object, { isLocked: false });
    });
    const other = path === "/dev/ptmx" ? master.retain() : kernel.fileSystem.open(path, O_RDWR);
    task.files.installAt(5, other);
    const { message } = assertThrows(() => checkpoint(kernel, task), Refusal);
    assertMatch(message, /pty/);
    kernel.dispose();
    master.release();
  }
});

Deno.test("which terminal are /dev/tty and /dev/console, and whose is it?", () => {
  withGuest((guest) => {
    const buffer = guest.room(4);
    for (const path of ["/dev/tty", "/dev/console", "/dev/pts/0", "/dev/stdin"]) {
      const fd = guest.open(path);
      assertEquals(guest.task.files.get(fd).object, guest.kernel.streams[0]?.tty, path);
      assertEquals(guest.call("ioctl", fd, TIOCGSID, buffer), 0);
      assertEquals(guest.view(buffer, 4).getInt32(0, true), guest.task.sid);
    }
  }, { terminal: true });
  withGuest((guest) => {
    assertEquals(guest.call("openat", -100, "/dev/tty", O_RDWR), "ENXIO");
    assertEquals(guest.call("openat", -100, "/dev/console", O_RDWR), "ENXIO");
  });
});
