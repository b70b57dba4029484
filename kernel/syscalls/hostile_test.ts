// Does what asks for far too much end with an error, and leave nothing?

import { assertEquals, assertThrows } from "../../std_assert.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { O_CREAT, O_DIRECTORY, O_RDONLY, O_RDWR } from "../abi/fcntl.ts";
import { MAP_ANONYMOUS, MAP_NORESERVE, MAP_PRIVATE, MAP_SHARED, PROT_READ } from "../abi/mman.ts";
import { MNT_DETACH, MS_BIND } from "../abi/mount.ts";
import { CLONE_NEWNS } from "../abi/process.ts";
import { RLIMIT_NOFILE, RLIMIT_SIGPENDING } from "../abi/resource.ts";
import { AF_UNIX, MSG_DONTWAIT, SCM_RIGHTS, SOCK_DGRAM, SOL_SOCKET } from "../abi/socket.ts";
import { signalBit } from "../abi/signal.ts";
import { S_IFREG } from "../abi/stat.ts";
import { checkpoint, Refusal } from "../checkpoint/mod.ts";
import { LOCKS_MAX } from "../fs/file_locks.ts";
import { MOUNTS_MAX } from "../fs/mount_table.ts";
import { collectGarbage } from "../net/in_flight.ts";
import { QUEUED_MAX } from "../signals/signal_queue.ts";
import { TIMERS_MAX } from "../process_timers.ts";
import { type Guest, HERE, MEMORY, MEMORY_BYTES, withGuest } from "./testing/file_guest.ts";

/** Makes a call until it answers an error; how often it did not, and the error. */
function until(call: (index: number) => number | string): readonly [times: number, error: string] {
  for (let times = 0;; times++) {
    const result = call(times);
    if (typeof result === "string") return [times, result];
  }
}

function text(guest: Guest, content: string): number {
  return guest.put(new TextEncoder().encode(`${content}\0`));
}

function refusalOf(guest: Guest): string {
  return assertThrows(() => checkpoint(guest.kernel, guest.task), Refusal).check;
}

Deno.test("directories ten thousand deep: paths too long, and nothing overflows", () => {
  withGuest((guest) => {
    const name = text(guest, "d");
    for (let i = 0; i < 10_000; i++) {
      guest.must("mkdirat", HERE, name, 0o755);
      guest.must("chdir", name);
    }
    const room = guest.room(65536);
    assertEquals(guest.call("getcwd", room, 65536), "ENAMETOOLONG");
    assertEquals(guest.call("readlinkat", HERE, "/proc/self/cwd", room, 65536), "ENAMETOOLONG");
    assertEquals(guest.call("openat", HERE, "../".repeat(2000), O_DIRECTORY), "ENAMETOOLONG");
    guest.open("f", O_CREAT | O_RDWR);
    guest.kernel.fork().dispose();
    assertEquals(refusalOf(guest), "checkpoint/path_length");
    guest.must("chdir", "/tmp");
    assertEquals(guest.call("renameat2", HERE, name, HERE, "d/d/x", 0), "EINVAL");
    assertEquals(guest.call("unlinkat", HERE, name, 0x200), "ENOTEMPTY");
  }, { framesMax: 30_000 });
});

Deno.test("mounts upon mounts: a bound for all namespaces, and nothing overflows", () => {
  withGuest((guest) => {
    const { mountTable, mounts } = guest.kernel.fileSystem;
    const name = text(guest, "d");
    guest.must("mkdirat", HERE, name, 0o755);
    const before = mounts.size;
    const [times, error] = until(() => guest.call("mount", name, name, 0, MS_BIND, 0));
    assertEquals([before + times, error], [MOUNTS_MAX, "ENOSPC"]);
    assertEquals(guest.call("unshare", CLONE_NEWNS), "ENOSPC");
    guest.open("d", O_DIRECTORY);
    guest.kernel.fork().dispose();
    assertEquals(refusalOf(guest), "checkpoint/mounts");
    const file = guest.open("/proc/self/mountinfo", O_RDONLY);
    assertEquals(guest.must("read", file, MEMORY, 65536), 65536);
    guest.must("umount2", "/", MNT_DETACH);
    assertEquals([mounts.size, mountTable.detached.size], [1, 3]);
  }, { framesMax: 3000 });
});

Deno.test("names in very many file systems in memory: a bound for them all", () => {
  withGuest((guest) => {
    const [name, type] = [guest.room(32), text(guest, "tmpfs")] as const;
    const [names, error] = until((index) => {
      guest.task.mm.user.write(name, new TextEncoder().encode(`/tmp/${index % 500}\0`));
      if (index % 500 === 0) guest.must("mount", "", "/tmp", type, 0, 0);
      return guest.call("mknodat", HERE, name, S_IFREG | 0o644, 0);
    });
    assertEquals([error, names > 5_000, names < 6_000], ["ENOSPC", true, true]);
  }, { framesMax: 3000 });
});

Deno.test("sizes and offsets behind the end of all files", () => {
  withGuest((guest) => {
    const fd = guest.open("/tmp/f", O_CREAT | O_RDWR);
    for (
      const [bytes, errno] of [[2n ** 62n, "EFBIG"], [2n ** 63n - 1n, "EFBIG"], [
        -1n,
        "EINVAL",
      ]] as const
    ) {
      assertEquals(guest.call("ftruncate", fd, bytes), errno);
      assertEquals(guest.call("fallocate", fd, 0, 0, bytes), errno);
      assertEquals(guest.call("pwrite64", fd, "x", 1, bytes), errno);
      assertEquals(guest.call("lseek", fd, bytes, 0), "EINVAL");
    }
    for (const offset of [2n ** 62n, 2n ** 63n, 2n ** 64n - 4096n]) {
      assertEquals(
        guest.call("mmap", 0, PAGE_SIZE, PROT_READ, MAP_SHARED, fd, offset),
        "EOVERFLOW",
      );
    }
    // Sparse, and copied in pieces.
    guest.must("ftruncate", fd, 2n ** 52n);
    const other = guest.open("/tmp/g", O_CREAT | O_RDWR);
    assertEquals(guest.call("copy_file_range", fd, 0, other, 0, 2n ** 51n, 0), 2 ** 24);
    guest.kernel.fork().dispose();
  });
});

Deno.test("strings, vectors and arguments that do not end", () => {
  withGuest((guest) => {
    const end = MEMORY + MEMORY_BYTES;
    guest.task.mm.user.write(end - 5, new TextEncoder().encode("/tmp/"));
    assertEquals(guest.call("openat", HERE, end - 5, 0), "EFAULT");
    assertEquals(guest.call("openat", HERE, `/tmp/${"x".repeat(256)}`, O_CREAT), "ENAMETOOLONG");
    assertEquals(guest.call("writev", 1, guest.words(MEMORY, 1), 1025), "EINVAL");
    assertEquals(guest.call("writev", 1, guest.words(MEMORY, -1), 1), "EINVAL");
    assertEquals(guest.call("writev", 1, guest.words(MEMORY, 1), -1), "EINVAL");
    assertEquals(guest.call("write", 1, MEMORY, -1), "EFAULT");
    assertEquals(guest.call("read", 0, MEMORY, 2n ** 63n), "EFAULT");
    assertEquals(guest.call("ppoll", MEMORY, 2 ** 31, 0, 0, 8), "EINVAL");
  });
});

Deno.test("a gigabyte of arguments is too much, and is not read", () => {
  withGuest((guest) => {
    guest.kernel.fileSystem.writeFile("/tmp/program", new Uint8Array(64), 0o755);
    const string = guest.put(new Uint8Array(131_073).fill(65));
    const vector = (count: number, pointer: number) =>
      guest.words(...Array<number>(count).fill(pointer), 0);
    assertEquals(guest.call("execve", "/tmp/program", vector(1, string), 0), "E2BIG");
    guest.task.mm.user.write(string + 131_000, new Uint8Array(1));
    const gigabyte = vector(8192, string);
    assertEquals(guest.call("execve", "/tmp/program", gigabyte, 0), "E2BIG");
    assertEquals(guest.call("execve", "/tmp/program", 0, gigabyte), "E2BIG");
  });
});

Deno.test("links in circles, and too many one after the other", () => {
  withGuest((guest) => {
    guest.must("symlinkat", "self", HERE, "self");
    guest.must("symlinkat", ".", HERE, "link0");
    for (let i = 1; i < 41; i++) guest.must("symlinkat", `link${i - 1}`, HERE, `link${i}`);
    assertEquals(guest.call("openat", HERE, "self", 0), "ELOOP");
    assertEquals(guest.call("openat", HERE, "self/x", O_CREAT), "ELOOP");
    assertEquals(guest.call("openat", HERE, "link40", 0), "ELOOP");
    assertEquals(typeof guest.call("openat", HERE, "link39", 0), "number");
  });
});

Deno.test("locks, timers and signals have an end, whatever the limits of the process say", () => {
  withGuest((guest) => {
    const fd = guest.open("/tmp/f", O_CREAT | O_RDWR);
    const lock = guest.room(32);
    const setLock = (type: number, start: number, length: number) => {
      guest.task.mm.user.write(lock, new Uint8Array(Int16Array.of(type, 0, 0, 0).buffer));
      guest.task.mm.user.write(
        lock + 8,
        new Uint8Array(BigInt64Array.of(BigInt(start), BigInt(length)).buffer),
      );
      return guest.call("fcntl", fd, 6, lock);
    };
    // Each hole in the one makes another.
    assertEquals(setLock(1, 0, 0), 0);
    assertEquals(until((i) => setLock(2, 2 * i + 1, 1)), [LOCKS_MAX - 1, "ENOLCK"]);
    assertEquals(setLock(2, 0, 0), 0);

    guest.task.limits.set(RLIMIT_SIGPENDING, { soft: 2n ** 40n, hard: 2n ** 40n }, true);
    const id = guest.room(8);
    assertEquals(until(() => guest.call("timer_create", 1, 0, id)), [TIMERS_MAX, "EAGAIN"]);

    guest.task.signals.blocked = signalBit(40);
    const info = guest.words(40, 0xffff_ffff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    guest.task.mm.user.writeU32(info + 8, 0xffff_ffff);
    assertEquals(
      until(() => guest.call("rt_sigqueueinfo", guest.task.pid, 40, info)),
      [QUEUED_MAX, "EAGAIN"],
    );
    checkpoint(guest.kernel, guest.task);
  });
});

Deno.test("epoll sets that lead to each other in too many ways", () => {
  withGuest((guest) => {
    const event = guest.words(1, 0);
    const enter = (outer: number, inner: number) => guest.call("epoll_ctl", outer, 1, inner, event);
    const counter = guest.must("eventfd2", 0, 0);
    let below = [counter];
    const answers = new Set<number | string>();
    for (let level = 0; level < 5; level++) {
      const sets = below.map(() => guest.must("epoll_create1", 0));
      while (sets.length < 8) sets.push(guest.must("epoll_create1", 0));
      for (const outer of sets) for (const inner of below) answers.add(enter(outer, inner));
      below = sets;
    }
    assertEquals([...answers], [0, "EINVAL"]);
    const [top = 0] = below;
    assertEquals(enter(top, top), "EINVAL");
    const outer = guest.must("epoll_create1", 0);
    assertEquals(enter(outer, top), "ELOOP");
    assertEquals(guest.call("epoll_pwait", top, guest.room(128), 8, 0, 0, 8), 0);
  });
});

/** Local sockets that carry each other. */
class Mail {
  readonly #guest: Guest;
  readonly #two: number;
  readonly #control: number;
  readonly #message: number;

  constructor(guest: Guest) {
    this.#guest = guest;
    this.#two = guest.room(8);
    this.#control = guest.room(24);
    const vector = guest.words(this.#two, 1);
    this.#message = guest.words(0, 0, vector, 1, this.#control, 24, 0);
  }

  pair(): readonly [number, number] {
    this.#guest.must("socketpair", AF_UNIX, SOCK_DGRAM, 0, this.#two);
    const view = this.#guest.view(this.#two, 8);
    return [view.getInt32(0, true), view.getInt32(4, true)];
  }

  send(over: number, fd: number): number | string {
    const control = new DataView(new ArrayBuffer(24));
    control.setBigUint64(0, 20n, true);
    control.setInt32(8, SOL_SOCKET, true);
    control.setInt32(12, SCM_RIGHTS, true);
    control.setInt32(16, fd, true);
    this.#guest.task.mm.user.write(this.#control, new Uint8Array(control.buffer));
    return this.#guest.call("sendmsg", over, this.#message, MSG_DONTWAIT);
  }
}

Deno.test("sockets that carry only each other are collected, in chains and in circles", () => {
  withGuest((guest) => {
    const mail = new Mail(guest);
    const { sockets } = guest.kernel.network;
    let [a, b] = mail.pair();
    for (let i = 0; i < 1000; i++) {
      const [next, other] = mail.pair();
      assertEquals(mail.send(next, b), 1);
      for (const fd of [a, b]) guest.must("close", fd);
      [a, b] = [next, other];
    }
    for (const fd of [a, b]) guest.must("close", fd);
    assertEquals([sockets.inFlight, sockets.open.length], [0, 0]);

    for (let i = 0; i < 9000; i++) {
      const [one, other] = mail.pair();
      mail.send(one, other);
      mail.send(other, one);
      for (const fd of [one, other]) guest.must("close", fd);
    }
    // What is left of so many waits until more have been closed, or somebody ends.
    assertEquals(sockets.inFlight < 3000, true, `${sockets.inFlight}`);
    collectGarbage(sockets);
    assertEquals([sockets.inFlight, sockets.open.length], [0, 0]);
    assertEquals([...sockets.filesInFlight], []);
  });
});

Deno.test("a user has no more files in flight than it may have open", () => {
  withGuest((guest) => {
    guest.task.limits.set(RLIMIT_NOFILE, { soft: 100n, hard: 100n }, true);
    guest.task.credentials.setResuid(9, 9, 9);
    const mail = new Mail(guest);
    const [one] = mail.pair();
    assertEquals(until(() => mail.send(one, 1)), [101, "ETOOMANYREFS"]);
  });
});

Deno.test("queues are full some time: a pipe, a local socket, a machine's files", () => {
  withGuest((guest) => {
    const bytes = guest.room(65536);
    const two = guest.room(8);
    guest.must("pipe2", two, 0o4000);
    const writer = guest.view(two, 8).getInt32(4, true);
    assertEquals(until(() => guest.call("write", writer, bytes, 65536)), [1, "EAGAIN"]);
    const [one] = new Mail(guest).pair();
    const [, full] = until(() => guest.call("sendto", one, bytes, 60_000, MSG_DONTWAIT, 0, 0));
    assertEquals(full, "EAGAIN");
    const fd = guest.open("/tmp/bomb", O_CREAT | O_RDWR);
    assertEquals(until(() => guest.call("write", fd, bytes, 65536))[1], "ENOSPC");
  }, { framesMax: 2048 });
});

Deno.test("forks of what is large end before the host's memory does", () => {
  withGuest((guest) => {
    guest.task.limits.set(RLIMIT_NOFILE, { soft: 2n ** 20n, hard: 2n ** 20n }, true);
    guest.must("dup3", 0, 1_000_000, 0);
    assertEquals(until(() => guest.call("clone", 17, 0, 0, 0, 0)), [3, "ENOMEM"]);
    guest.must("close", 1_000_000);
    assertEquals(typeof guest.call("clone", 17, 0, 0, 0, 0), "number");
  });
});

Deno.test("a file system in memory has as many names as half the machine's frames", () => {
  withGuest((guest) => {
    const name = guest.room(32);
    const create = (i: number) => {
      guest.task.mm.user.write(name, new TextEncoder().encode(`f${i}\0`));
      return guest.call("mknodat", HERE, name, 0o100644, 0);
    };
    const [made, error] = until(create);
    assertEquals(error, "ENOSPC");
    assertEquals(made > 1900 && made < 2000, true, `${made}`);
    assertEquals(guest.call("linkat", HERE, "f0", HERE, "g", 0), "ENOSPC");
    assertEquals(guest.call("renameat2", HERE, "f0", HERE, "f1", 0), 0);
    assertEquals(guest.call("linkat", HERE, "f1", HERE, "g", 0), 0);
    assertEquals(create(made), "ENOSPC");
  }, { framesMax: 4000 });
});

Deno.test("a program that needs no memory to write gigabytes to a stream writes them in pieces", () => {
  withGuest((guest) => {
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    const zeros = guest.must("mmap", 0, 2 ** 33, PROT_READ, flags, -1, 0);
    assertEquals(guest.call("write", 1, zeros, 2 ** 33), 2 ** 24);
    assertEquals(guest.call("writev", 1, guest.words(zeros, 2 ** 30), 1), 2 ** 24);
    assertEquals(guest.kernel.streams[1]?.output.length, 2 ** 25);
  });
});
