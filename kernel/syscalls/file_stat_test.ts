import { assertEquals } from "../../std_assert.ts";
import fc from "npm:fast-check@4";
import {
  AT_EMPTY_PATH,
  AT_SYMLINK_NOFOLLOW,
  O_CREAT,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  SEEK_SET,
} from "../abi/fcntl.ts";
import {
  makeDevice,
  PIPEFS_MAGIC,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  STATX_RESERVED,
  TMPFS_MAGIC,
} from "../abi/stat.ts";
import { type Guest, HERE, NOWHERE, withGuest } from "./testing/file_guest.ts";

const NS = 1_000_000_000n;

Deno.test("does every field stand where the ABI puts it?", () => {
  withGuest((guest) => {
    const fd = guest.open("/tmp/f", O_CREAT | O_RDWR, 0o640);
    guest.must("write", fd, "x".repeat(5000), 5000);
    guest.must("fchown", fd, 7, 8);
    const times = guest.words(11, 12, 21, 22);
    guest.kernel.clock.instructions += 5n * NS + 77n;
    guest.must("utimensat", fd, 0, times, 0);
    const { ctime_ns, device, ino } = guest.kernel.fileSystem.attributes("/tmp/f");
    const buffer = guest.room(256);
    assertEquals(guest.call("fstat", fd, buffer), 0);
    const stat = guest.view(buffer, 128);
    const long = (at: number) => Number(stat.getBigInt64(at, true));
    assertEquals([long(0), long(8)], [device, ino]);
    assertEquals([16, 20, 24, 28].map((at) => stat.getUint32(at, true)), [
      S_IFREG | 0o640,
      1,
      7,
      8,
    ]);
    assertEquals([long(32), long(48), stat.getInt32(56, true), long(64)], [0, 5000, 4096, 16]);
    assertEquals([72, 80, 88, 96].map(long), [11, 12, 21, 22]);
    assertEquals([104, 112].map(long), [Number(ctime_ns / NS), Number(ctime_ns % NS)]);

    assertEquals(guest.call("statx", fd, "", AT_EMPTY_PATH, 0xfff, buffer), 0);
    const statx = guest.view(buffer, 256);
    const wide = (at: number) => Number(statx.getBigInt64(at, true));
    assertEquals([0, 4, 16, 20, 24].map((at) => statx.getUint32(at, true)), [
      0x1fff,
      4096,
      1,
      7,
      8,
    ]);
    assertEquals(statx.getUint16(28, true), S_IFREG | 0o640);
    assertEquals([wide(32), wide(40), wide(48)], [ino, 5000, 16]);
    assertEquals([wide(64), statx.getUint32(72, true)], [11, 12]);
    assertEquals([wide(112), statx.getUint32(120, true)], [21, 22]);
    assertEquals([wide(96), statx.getUint32(104, true)], [
      Number(ctime_ns / NS),
      Number(ctime_ns % NS),
    ]);
    assertEquals(makeDevice(statx.getUint32(136, true), statx.getUint32(140, true)), device);
  });
});

Deno.test("what are links, directories, devices, streams and pipes to stat?", () => {
  withGuest((guest) => {
    const { fileSystem } = guest.kernel;
    fileSystem.makeSymlink("nothing", "/tmp/link");
    const buffer = guest.room(128);
    const type = (result: number | string) =>
      result === 0 ? guest.view(buffer, 128).getUint32(16, true) & S_IFMT : result;
    const at = (path: string, flags = 0) =>
      type(guest.call("newfstatat", HERE, path, buffer, flags));
    assertEquals(at("link", AT_SYMLINK_NOFOLLOW), S_IFLNK);
    assertEquals(at("link"), "ENOENT");
    assertEquals(at("."), S_IFDIR);
    assertEquals(at("", AT_EMPTY_PATH), S_IFDIR);
    assertEquals(at(""), "ENOENT");
    assertEquals(at("."), S_IFDIR);
    assertEquals(at(".", 0x200), "EINVAL");
    assertEquals(at("/dev/null"), S_IFCHR);
    assertEquals(guest.view(buffer, 128).getBigUint64(32, true), 0x103n);
    assertEquals(type(guest.call("fstat", 0, buffer)), S_IFIFO);
    const named = guest.open("/tmp/link", O_PATH | O_NOFOLLOW);
    assertEquals(type(guest.call("fstat", named, buffer)), S_IFLNK);
    assertEquals(guest.call("fstat", 0, NOWHERE), "EFAULT");
    assertEquals(guest.call("fstat", 99, buffer), "EBADF");
    assertEquals(guest.call("statx", HERE, ".", 0x6000, 0, buffer), "EINVAL");
    assertEquals(guest.call("statx", HERE, ".", 0, STATX_RESERVED, buffer), "EINVAL");
  });
  withGuest((guest) => {
    const buffer = guest.room(128);
    guest.must("fstat", 1, buffer);
    assertEquals(guest.view(buffer, 128).getUint32(16, true), S_IFCHR | 0o620);
  }, { terminal: true });
});

Deno.test("what does statfs tell of the root, and of a pipe?", () => {
  withGuest((guest) => {
    const buffer = guest.room(120);
    assertEquals(guest.call("statfs", "/tmp", buffer), 0);
    const view = guest.view(buffer, 120);
    const long = (at: number) => Number(view.getBigInt64(at, true));
    assertEquals([long(0), long(8), long(64), long(72)], [TMPFS_MAGIC, 4096, 255, 4096]);
    const free = long(24);
    const fd = guest.open("/tmp/f", O_CREAT | O_RDWR);
    guest.must("write", fd, "x", 1);
    assertEquals(guest.call("fstatfs", fd, buffer), 0);
    assertEquals(Number(guest.view(buffer, 120).getBigInt64(24, true)), free - 1);
    assertEquals(guest.call("fstatfs", 0, buffer), 0);
    assertEquals(Number(guest.view(buffer, 8).getBigInt64(0, true)), PIPEFS_MAGIC);
    assertEquals(guest.call("statfs", "/none", buffer), "ENOENT");
  });
});

/** All that getdents64 gives from here on, with buffers of `size`. */
function readDirectory(guest: Guest, fd: number, size: number): { name: string; next: number }[] {
  const buffer = guest.room(size);
  const entries: { name: string; next: number }[] = [];
  for (;;) {
    const used = guest.must("getdents64", fd, buffer, size);
    if (used === 0) return entries;
    const view = guest.view(buffer, used);
    for (let at = 0; at < used;) {
      const length = view.getUint16(at + 16, true);
      const name = guest.text(buffer + at + 19, length - 19);
      const next = Number(view.getBigInt64(at + 8, true));
      entries.push({ name: name.slice(0, name.indexOf("\0")), next });
      at += length;
    }
  }
}

Deno.test("does every name come once whatever the buffer's size, and does seeking come back to it?", () => {
  const names = fc.uniqueArray(fc.string({ unit: fc.constantFrom("a", "b", "ü"), minLength: 1 }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(names, fc.integer({ min: 300, max: 2000 }), fc.nat(), (names, size, pick) => {
      withGuest((guest) => {
        guest.must("mkdirat", HERE, "d", 0o755);
        for (const name of names) {
          guest.kernel.fileSystem.writeFile(`/tmp/d/${name}`, new Uint8Array());
        }
        const fd = guest.open("/tmp/d", O_RDONLY | O_DIRECTORY);
        const entries = readDirectory(guest, fd, size);
        assertEquals(entries.map(({ name }) => name), [".", "..", ...names]);
        const from = pick % entries.length;
        guest.must("lseek", fd, entries[from]?.next ?? 0, SEEK_SET);
        assertEquals(readDirectory(guest, fd, size), entries.slice(from + 1));
      });
    }),
    { numRuns: 30 },
  );
});

Deno.test("can a program remove what it reads, entry by entry?", () => {
  withGuest((guest) => {
    guest.must("mkdirat", HERE, "d", 0o755);
    for (let i = 0; i < 100; i++) {
      guest.kernel.fileSystem.writeFile(`/tmp/d/${i}`, new Uint8Array());
    }
    const fd = guest.open("/tmp/d", O_RDONLY | O_DIRECTORY);
    const buffer = guest.room(200);
    for (;;) {
      const used = guest.must("getdents64", fd, buffer, 200);
      if (used === 0) break;
      const view = guest.view(buffer, used);
      for (let at = 0; at < used; at += view.getUint16(at + 16, true)) {
        const name =
          guest.text(buffer + at + 19, view.getUint16(at + 16, true) - 19).split("\0")[0];
        if (!name?.startsWith(".")) guest.must("unlinkat", fd, name ?? "", 0);
      }
    }
    assertEquals(guest.kernel.fileSystem.list("/tmp/d"), []);
  });
});

Deno.test("what does getdents64 refuse?", () => {
  withGuest((guest) => {
    const fd = guest.open("/tmp", O_RDONLY | O_DIRECTORY);
    const buffer = guest.room(64);
    assertEquals(guest.call("getdents64", fd, buffer, 23), "EINVAL");
    assertEquals(guest.call("getdents64", fd, buffer, 24), 24);
    assertEquals(guest.call("getdents64", fd, NOWHERE, 100), "EFAULT");
    assertEquals(guest.call("getdents64", fd, buffer, 64), 24);
    assertEquals(guest.call("getdents64", fd, buffer, 1), 0);
    assertEquals(guest.call("getdents64", 0, buffer, 64), "ENOTDIR");
    assertEquals(guest.call("getdents64", 99, buffer, 64), "EBADF");
    guest.must("mkdirat", HERE, "gone", 0o755);
    const gone = guest.open("/tmp/gone", O_RDONLY | O_DIRECTORY);
    guest.kernel.fileSystem.remove("/tmp/gone");
    assertEquals(guest.call("getdents64", gone, buffer, 64), "ENOENT");
  });
});
