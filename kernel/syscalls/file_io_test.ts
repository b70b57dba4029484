import { assertEquals } from "../../std_assert.ts";
import fc from "npm:fast-check@4";
import { PAGE_SIZE } from "../../emu/mod.ts";
import {
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from "../abi/fcntl.ts";
import { POLLOUT } from "../abi/poll.ts";
import { RLIMIT_FSIZE } from "../abi/resource.ts";
import { SIGPIPE, SIGXFSZ } from "../abi/signal.ts";
import {
  type Guest,
  HERE,
  MEMORY,
  MEMORY_BYTES,
  NOWHERE,
  withGuest,
} from "./testing/file_guest.ts";

const END = MEMORY + MEMORY_BYTES;

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function withFile(contents: string, use: (guest: Guest, fd: number) => void): void {
  withGuest((guest) => {
    guest.kernel.fileSystem.writeFile("/tmp/f", utf8(contents));
    use(guest, guest.open("/tmp/f"));
  });
}

Deno.test("do read and write move the offset, and pread and pwrite leave it?", () => {
  withFile("0123456789", (guest, fd) => {
    const buffer = guest.room(16);
    assertEquals(guest.call("read", fd, buffer, 3), 3);
    assertEquals(guest.text(buffer, 3), "012");
    assertEquals(guest.call("pread64", fd, buffer, 16, 8), 2);
    assertEquals(guest.call("pwrite64", fd, "XY", 2, 0), 2);
    assertEquals(guest.call("write", fd, "Z", 1), 1);
    assertEquals(guest.call("lseek", fd, 0, SEEK_CUR), 4);
    assertEquals(guest.call("pread64", fd, buffer, 16, 0), 10);
    assertEquals(guest.text(buffer, 10), "XY2Z456789");
    assertEquals(guest.call("read", fd, buffer, 100), 6);
    assertEquals(guest.call("read", fd, buffer, 100), 0);
  });
});

Deno.test("is a file what an array of bytes is, by any of the calls and with any buffers?", () => {
  const bytes = fc.uint8Array({ maxLength: 3 * PAGE_SIZE, size: "max" });
  const at = fc.nat(4 * PAGE_SIZE);
  const step = fc.oneof(
    fc.record({ call: fc.constantFrom("pwrite64", "pwritev"), at, bytes, cut: fc.nat(100) }),
    fc.record({ call: fc.constantFrom("pread64", "preadv"), at, length: at, cut: fc.nat(100) }),
    fc.record({ call: fc.constant("ftruncate"), at }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      withGuest((guest) => {
        const fd = guest.open("/tmp/model", O_CREAT | O_RDWR);
        let model = new Uint8Array(0);
        const resize = (size: number) => {
          const before = model;
          model = new Uint8Array(size);
          model.set(before.subarray(0, size));
        };
        for (const step of steps) {
          if ("bytes" in step) {
            const { bytes, at } = step;
            const buffer = guest.put(bytes);
            const cut = Math.min(step.cut, bytes.length);
            const vector = guest.words(buffer, cut, buffer + cut, bytes.length - cut);
            const result = step.call === "pwrite64"
              ? guest.call("pwrite64", fd, buffer, bytes.length, at)
              : guest.call("pwritev", fd, vector, 2, at);
            assertEquals(result, bytes.length);
            if (bytes.length > 0) resize(Math.max(model.length, at + bytes.length));
            if (bytes.length > 0) model.set(bytes, at);
          } else if ("length" in step) {
            const { length, at } = step;
            const buffer = guest.room(length);
            const cut = Math.min(step.cut, length);
            const vector = guest.words(buffer, cut, buffer + cut, length - cut);
            const result = step.call === "pread64"
              ? guest.call("pread64", fd, buffer, length, at)
              : guest.call("preadv", fd, vector, 2, at);
            const expected = model.subarray(at, at + length);
            assertEquals(result, expected.length);
            assertEquals(guest.bytes(buffer, expected.length), Uint8Array.from(expected));
          } else {
            assertEquals(guest.call("ftruncate", fd, step.at), 0);
            resize(step.at);
          }
          assertEquals(guest.call("lseek", fd, 0, SEEK_END), model.length);
        }
      });
    }),
    { numRuns: 60 },
  );
});

Deno.test("which calls on which descriptors are refused, and how?", () => {
  withFile("contents", (guest, fd) => {
    const [reads, writes, names] = [O_RDONLY, O_WRONLY, O_PATH].map((flags) =>
      guest.open("/tmp/f", flags)
    );
    const directory = guest.open("/tmp", O_RDONLY | O_DIRECTORY);
    const buffer = guest.room(8);
    const cases: [string, readonly (number | bigint)[], string][] = [
      ["read", [99, buffer, 1], "EBADF"],
      ["read", [-1, buffer, 1], "EBADF"],
      ["read", [writes ?? 0, buffer, 1], "EBADF"],
      ["write", [reads ?? 0, buffer, 1], "EBADF"],
      ["read", [names ?? 0, buffer, 1], "EBADF"],
      ["lseek", [names ?? 0, 0, SEEK_SET], "EBADF"],
      ["read", [directory, buffer, 1], "EISDIR"],
      ["read", [directory, buffer, 0], "EISDIR"],
      ["write", [directory, buffer, 1], "EBADF"],
      ["read", [fd, NOWHERE, 1], "EFAULT"],
      ["write", [fd, NOWHERE, 1], "EFAULT"],
      ["read", [fd, buffer, -1], "EFAULT"],
      ["read", [fd, 2n ** 63n, 1], "EFAULT"],
      ["pread64", [fd, buffer, 1, -1], "EINVAL"],
      ["pwrite64", [fd, buffer, 1, -1], "EINVAL"],
      ["pread64", [0, buffer, 1, 0], "ESPIPE"],
      ["lseek", [0, 0, SEEK_SET], "ESPIPE"],
      ["lseek", [fd, -1, SEEK_SET], "EINVAL"],
      ["lseek", [fd, 0, 5], "EINVAL"],
      ["lseek", [fd, 2n ** 62n, SEEK_SET], "EINVAL"],
      ["lseek", [fd, 8, SEEK_DATA], "ENXIO"],
      ["lseek", [fd, -1, SEEK_HOLE], "ENXIO"],
      ["pwrite64", [fd, buffer, 1, 2n ** 62n], "EFBIG"],
      ["readv", [fd, buffer, 1025], "EINVAL"],
      ["readv", [fd, NOWHERE, 1], "EFAULT"],
      ["preadv2", [fd, buffer, 0, 0, 0, 0x100], "EOPNOTSUPP"],
      ["sendfile", [fd, 0, 0, 1], "EINVAL"],
      ["sendfile", [fd, directory, 0, 1], "EINVAL"],
      ["copy_file_range", [directory, 0, fd, 0, 4, 0], "EISDIR"],
      ["copy_file_range", [fd, 0, fd, 0, 4, 0], "EINVAL"],
      ["copy_file_range", [fd, 0, fd, 0, 4, 1], "EINVAL"],
      ["copy_file_range", [fd, 0, 0, 0, 4, 0], "EINVAL"],
    ];
    for (const [name, args, errno] of cases) {
      assertEquals(guest.call(name, ...args), errno, `${name}(${args.join(", ")})`);
    }
    const negative = guest.words(buffer, -1);
    assertEquals(guest.call("readv", fd, negative, 1), "EINVAL");
    assertEquals(guest.call("pread64", fd, buffer, 1, 2n ** 62n), 0);
    assertEquals(guest.call("readv", fd, buffer, 0), 0);
  });
});

Deno.test("what arrives when the buffer ends in the middle?", () => {
  withFile("x".repeat(3 * PAGE_SIZE), (guest, fd) => {
    assertEquals(guest.call("read", fd, END - PAGE_SIZE - 5, 3 * PAGE_SIZE), PAGE_SIZE + 5);
    assertEquals(guest.call("lseek", fd, 0, SEEK_CUR), PAGE_SIZE + 5);
    assertEquals(guest.call("read", fd, END, 10), "EFAULT");
    assertEquals(guest.call("lseek", fd, 0, SEEK_CUR), PAGE_SIZE + 5);
    assertEquals(guest.call("pwrite64", fd, END - 7, 100, 0), 7);
    // What did not arrive of a stream is still there.
    guest.kernel.streams[0]?.push(utf8("abcdef"));
    assertEquals(guest.call("read", 0, END - 4, 10), 4);
    const buffer = guest.room(8);
    assertEquals(guest.call("read", 0, buffer, 8), 2);
    assertEquals(guest.text(buffer, 2), "ef");
    assertEquals(guest.call("write", 1, END - 3, 9), 3);
    const vector = guest.words(END - 2, 2, NOWHERE, 5, buffer, 8);
    assertEquals(guest.call("writev", 1, vector, 3), 2);
  });
});

Deno.test("does O_APPEND write at the end, wherever the offset is?", () => {
  withFile("12345", (guest) => {
    const fd = guest.open("/tmp/f", O_RDWR | O_APPEND);
    assertEquals(guest.call("write", fd, "6", 1), 1);
    assertEquals(guest.call("lseek", fd, 0, SEEK_CUR), 6);
    // pwrite(2), BUGS: the position does not matter.
    assertEquals(guest.call("pwrite64", fd, "7", 1, 0), 1);
    const buffer = guest.room(16);
    assertEquals(guest.call("pread64", fd, buffer, 16, 0), 7);
    assertEquals(guest.text(buffer, 7), "1234567");
  });
});

Deno.test("does a read of a stream wait, and go on when the harness pushes?", () => {
  withGuest((guest) => {
    const buffer = guest.room(8);
    assertEquals(guest.call("read", 0, buffer, 8), "blocked");
    assertEquals(guest.task.wait, { kind: "stream", stream: 0 });
    assertEquals(guest.again(), "blocked");
    guest.kernel.streams[0]?.push(utf8("hi"));
    assertEquals(guest.again(), 2);
    assertEquals(guest.text(buffer, 2), "hi");
    guest.task.files.get(0).flags |= O_NONBLOCK;
    assertEquals(guest.call("read", 0, buffer, 8), "EAGAIN");
    guest.kernel.streams[0]?.end();
    assertEquals(guest.call("read", 0, buffer, 8), 0);
  });
});

Deno.test("does a pipe carry bytes, wait, and break with SIGPIPE?", () => {
  withGuest((guest) => {
    const ends = guest.room(8);
    assertEquals(guest.call("pipe2", ends, 0), 0);
    const [reader, writer] = [0, 4].map((at) => guest.view(ends, 8).getInt32(at, true));
    if (reader === undefined || writer === undefined) throw new Error("Two ends");
    const buffer = guest.room(70_000);
    assertEquals(guest.call("read", reader, buffer, 4), "blocked");
    assertEquals(guest.task.wait, {
      kind: "poll",
      files: [{ fd: reader, events: 1 }],
      isExclusive: true,
      deadline_ns: null,
    });
    guest.task.wait = null;
    assertEquals(guest.call("write", writer, "abc", 3), 3);
    assertEquals(guest.call("read", reader, buffer, 10), 3);
    assertEquals(guest.call("write", writer, buffer, 70_000), "blocked");
    const wait = { kind: "transfer", fd: writer, events: POLLOUT, done: 65536 };
    assertEquals(guest.task.wait, wait);
    assertEquals(guest.again(), "blocked");
    assertEquals(guest.task.wait, wait);
    guest.task.files.get(reader).object.consume(60_000);
    assertEquals(guest.again(), 70_000);
    assertEquals(guest.call("write", writer, buffer, 55_536), 55_536);
    assertEquals(guest.call("write", writer, buffer, 1), "blocked");
    guest.task.wait = null;
    assertEquals(guest.call("close", reader), 0);
    assertEquals(guest.call("write", writer, buffer, 1), "EPIPE");
    assertEquals(guest.pendingSignals, [SIGPIPE]);
  });
});

Deno.test("does RLIMIT_FSIZE cut a write, and stop one behind it with SIGXFSZ?", () => {
  withFile("", (guest, fd) => {
    guest.task.limits.set(RLIMIT_FSIZE, { soft: 10n, hard: 10n }, true);
    assertEquals(guest.call("write", fd, "0123456789abc", 13), 10);
    assertEquals(guest.call("write", fd, "x", 1), "EFBIG");
    assertEquals(guest.call("ftruncate", fd, 11), "EFBIG");
    assertEquals(guest.pendingSignals, [SIGXFSZ]);
    assertEquals(guest.call("ftruncate", fd, 3), 0);
  });
});

Deno.test("where does lseek find data and holes?", () => {
  withFile("", (guest, fd) => {
    guest.must("pwrite64", fd, "data", 4, 2 * PAGE_SIZE);
    guest.must("ftruncate", fd, 4 * PAGE_SIZE);
    assertEquals(guest.call("lseek", fd, 0, SEEK_DATA), 2 * PAGE_SIZE);
    assertEquals(guest.call("lseek", fd, 2 * PAGE_SIZE, SEEK_HOLE), 3 * PAGE_SIZE);
    assertEquals(guest.call("lseek", fd, 3 * PAGE_SIZE, SEEK_DATA), "ENXIO");
    assertEquals(guest.call("lseek", fd, -PAGE_SIZE, SEEK_END), 3 * PAGE_SIZE);
  });
});

Deno.test("do sendfile and copy_file_range copy, and move which offsets?", () => {
  withFile("0123456789", (guest, fd) => {
    const other = guest.open("/tmp/g", O_CREAT | O_RDWR);
    const at = guest.words(7);
    assertEquals(guest.call("sendfile", other, fd, at, 100), 3);
    assertEquals(guest.view(at, 8).getBigInt64(0, true), 10n);
    assertEquals(guest.call("lseek", fd, 0, SEEK_CUR), 0);
    assertEquals(guest.call("sendfile", 1, fd, 0, 4), 4);
    assertEquals(guest.call("lseek", fd, 0, SEEK_CUR), 4);
    assertEquals(guest.call("copy_file_range", fd, 0, other, 0, 100, 0), 6);
    assertEquals(guest.call("copy_file_range", fd, 0, other, 0, 100, 0), 0);
    const { fileSystem, streams } = guest.kernel;
    assertEquals(new TextDecoder().decode(fileSystem.readFile("/tmp/g")), "789456789");
    assertEquals(new TextDecoder().decode(streams[1]?.output), "0123");
    const null_ = guest.open("/dev/null");
    assertEquals(guest.call("sendfile", other, null_, 0, 10), 0);
    const zero = guest.open("/dev/zero");
    assertEquals(guest.call("sendfile", null_, zero, 0, 2 ** 31), 2 ** 24);
  });
});

Deno.test("does reading note the time of access by relatime, and writing the other two?", () => {
  withFile("x", (guest, fd) => {
    const attributes = () => guest.kernel.fileSystem.attributes("/tmp/f");
    const tick = (count: bigint) => guest.kernel.clock.instructions += count;
    const before = attributes();
    tick(1000n);
    guest.must("read", fd, guest.room(1), 1);
    assertEquals(attributes().atime_ns, before.atime_ns + 1000n);
    tick(1000n);
    guest.must("read", fd, guest.room(1), 1);
    assertEquals(attributes().atime_ns, before.atime_ns + 1000n);
    guest.must("write", fd, "y", 1);
    assertEquals(attributes().mtime_ns, before.mtime_ns + 2000n);
    assertEquals(attributes().ctime_ns, before.ctime_ns + 2000n);
  });
});

Deno.test("does writing as somebody else take the set-user-id bit away?", () => {
  withGuest((guest) => {
    const { fileSystem } = guest.kernel;
    fileSystem.writeFile("/tmp/program", utf8("x"), 0o6777);
    const fd = guest.must("openat", HERE, "/tmp/program", O_WRONLY);
    guest.must("write", fd, "y", 1);
    assertEquals(fileSystem.attributes("/tmp/program").mode & 0o7777, 0o777);
  }, { uid: 1000 });
});
