import { assertEquals } from "../../std_assert.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import {
  AT_SYMLINK_NOFOLLOW,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  O_CREAT,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  UTIME_NOW,
  UTIME_OMIT,
} from "../abi/fcntl.ts";
import { type Guest, HERE, withGuest } from "./testing/file_guest.ts";

function mode(guest: Guest, path: string): number {
  return guest.kernel.fileSystem.attributes(path).mode & 0o7777;
}

Deno.test("who may change a mode, and which bits?", () => {
  withGuest((guest) => {
    const { fileSystem } = guest.kernel;
    fileSystem.writeFile("/tmp/theirs", new Uint8Array());
    fileSystem.makeSymlink("theirs", "/tmp/link");
    const fd = guest.open("/tmp/mine", O_CREAT | O_RDWR);
    assertEquals(guest.call("fchmod", fd, 0o107751), 0);
    assertEquals(mode(guest, "/tmp/mine"), 0o7751);
    fileSystem.resolve("/tmp/mine").inode.gid = 5;
    assertEquals(guest.call("fchmodat", HERE, "mine", 0o2755), 0);
    assertEquals(mode(guest, "/tmp/mine"), 0o755);
    assertEquals(guest.call("fchmodat", HERE, "theirs", 0o777), "EPERM");
    assertEquals(guest.call("fchmodat", HERE, "link", 0o777), "EPERM");
    assertEquals(guest.call("fchmodat2", HERE, "link", 0o777, AT_SYMLINK_NOFOLLOW), "EOPNOTSUPP");
    assertEquals(guest.call("fchmodat2", HERE, "mine", 0o700, 1), "EINVAL");
    assertEquals(guest.call("fchmod", guest.open("/tmp/mine", O_PATH), 0), "EBADF");
  }, { uid: 1000 });
});

Deno.test("who may give a file away, and what happens to its set-id bits?", () => {
  withGuest((guest) => {
    const fd = guest.open("/tmp/f", O_CREAT | O_RDWR);
    guest.must("fchmod", fd, 0o6755);
    assertEquals(guest.call("fchown", fd, 1000, -1), 0);
    const { uid, gid } = guest.kernel.fileSystem.attributes("/tmp/f");
    assertEquals([uid, gid, mode(guest, "/tmp/f")], [1000, 0, 0o755]);
    guest.task.credentials.setGroups([50]);
    guest.task.credentials.setResgid(1000, 1000, 1000);
    guest.task.credentials.setResuid(1000, 1000, 1000);
    assertEquals(guest.call("fchown", fd, -1, 50), 0);
    assertEquals(guest.call("fchown", fd, -1, 60), "EPERM");
    assertEquals(guest.call("fchown", fd, 1001, -1), "EPERM");
    assertEquals(guest.call("fchown", fd, 1000, 1000), 0);
    assertEquals(guest.call("fchownat", HERE, "/etc", -1, -1, 0), 0);
    assertEquals(guest.call("fchownat", HERE, "/etc", 0, -1, 0), "EPERM");
    assertEquals(guest.call("fchownat", HERE, "f", 0, 0, 1), "EINVAL");
  });
});

Deno.test("which times does utimensat set, and for whom?", () => {
  withGuest((guest) => {
    const fd = guest.open("/tmp/f", O_CREAT | O_RDWR, 0o666);
    const { fileSystem, clock } = guest.kernel;
    const times = () => {
      const { atime_ns, mtime_ns } = fileSystem.attributes("/tmp/f");
      return [atime_ns, mtime_ns];
    };
    const set = (...words: number[]) => guest.call("utimensat", fd, 0, guest.words(...words), 0);
    assertEquals(set(5, 7, -3, 999_999_999), 0);
    assertEquals(times(), [5_000_000_007n, -2_000_000_001n]);
    assertEquals(set(0, UTIME_OMIT, 0, UTIME_NOW), 0);
    assertEquals(times(), [5_000_000_007n, clock.realtime_ns]);
    assertEquals(set(0, 1_000_000_000, 0, 0), "EINVAL");
    assertEquals(set(2 ** 40, 1, -(2 ** 40), 1), 0);
    assertEquals(times(), [2n ** 63n - 1n, -(2n ** 63n)]);
    assertEquals(guest.call("utimensat", 99, 0, guest.words(0, UTIME_OMIT, 0, UTIME_OMIT), 0), 0);
    assertEquals(guest.call("utimensat", HERE, "f", 0, 1), "EINVAL");
    guest.task.credentials.setResuid(9, 9, 9);
    guest.task.credentials.fsgid = 9;
    assertEquals(set(1, 1, 1, 1), "EPERM");
    assertEquals(set(0, UTIME_NOW, 0, UTIME_OMIT), "EPERM");
    assertEquals(guest.call("utimensat", fd, 0, 0, 0), "EACCES");
    fileSystem.resolve("/tmp/f").inode.mode |= 0o666;
    assertEquals(guest.call("utimensat", fd, 0, 0, 0), 0);
    assertEquals(times(), [clock.realtime_ns, clock.realtime_ns]);
  });
});

Deno.test("what can be truncated, and to what?", () => {
  withGuest((guest) => {
    const fd = guest.open("/tmp/f", O_CREAT | O_RDWR);
    const [reads, directory] = [guest.open("/tmp/f", O_RDONLY), guest.open("/tmp", O_RDONLY)];
    const cases: [string, readonly (number | bigint | string)[], number | string][] = [
      ["ftruncate", [fd, 100], 0],
      ["ftruncate", [fd, -1], "EINVAL"],
      ["ftruncate", [fd, 2n ** 62n], "EFBIG"],
      ["ftruncate", [reads, 5], "EINVAL"],
      ["ftruncate", [directory, 5], "EINVAL"],
      ["ftruncate", [1, 5], "EINVAL"],
      ["ftruncate", [99, 5], "EBADF"],
      ["truncate", ["/tmp/f", 50], 0],
      ["truncate", ["/tmp", 50], "EISDIR"],
      ["truncate", ["/dev/null", 50], "EINVAL"],
      ["truncate", ["/tmp/none", 50], "ENOENT"],
      ["truncate", ["/tmp/f", -1], "EINVAL"],
    ];
    for (const [name, args, result] of cases) {
      assertEquals(guest.call(name, ...args), result, `${name}(${args.join(", ")})`);
    }
    assertEquals(guest.kernel.fileSystem.attributes("/tmp/f").size, 50);
  });
});

Deno.test("what does fallocate reserve, punch and refuse?", () => {
  withGuest((guest) => {
    const fd = guest.open("/tmp/f", O_CREAT | O_RDWR);
    const state = () => {
      const { size, blocks } = guest.kernel.fileSystem.attributes("/tmp/f");
      return [size, blocks / 8];
    };
    assertEquals(guest.call("fallocate", fd, FALLOC_FL_KEEP_SIZE, 0, 2 * PAGE_SIZE), 0);
    assertEquals(state(), [0, 2]);
    assertEquals(guest.call("fallocate", fd, 0, PAGE_SIZE, 2 * PAGE_SIZE), 0);
    assertEquals(state(), [3 * PAGE_SIZE, 3]);
    const punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    assertEquals(guest.call("fallocate", fd, punch, PAGE_SIZE, PAGE_SIZE), 0);
    assertEquals(state(), [3 * PAGE_SIZE, 2]);
    const cases: [number, number, number | bigint, number | bigint, string][] = [
      [fd, FALLOC_FL_PUNCH_HOLE, 0, 1, "EOPNOTSUPP"],
      [fd, 8, 0, 1, "EOPNOTSUPP"],
      [fd, 0, 0, 0, "EINVAL"],
      [fd, 0, -1, 1, "EINVAL"],
      [fd, 0, 2n ** 62n, 1, "EFBIG"],
      [fd, 0, 0, 2n ** 40n, "ENOSPC"],
      [guest.open("/tmp/f", O_RDONLY), 0, 0, 1, "EBADF"],
      [guest.open("/dev/null", O_WRONLY), 0, 0, 1, "ENODEV"],
      [1, 0, 0, 1, "ESPIPE"],
      [99, 0, 0, 1, "EBADF"],
    ];
    for (const [one, flags, from, length, errno] of cases) {
      assertEquals(guest.call("fallocate", one, flags, from, length), errno, `${one} ${flags}`);
    }
    assertEquals(state(), [3 * PAGE_SIZE, 2]);
  });
});

Deno.test("are requests to the disk and advice accepted where they make sense?", () => {
  withGuest((guest) => {
    const fd = guest.open("/tmp/f", O_CREAT | O_RDWR);
    assertEquals(["fsync", "fdatasync", "syncfs"].map((name) => guest.call(name, fd)), [0, 0, 0]);
    assertEquals([guest.call("sync"), guest.call("fsync", 1)], [0, "EINVAL"]);
    assertEquals(guest.call("sync_file_range", fd, 0, 0, 7), 0);
    assertEquals(guest.call("sync_file_range", fd, 0, 0, 8), "EINVAL");
    assertEquals(guest.call("fadvise64", fd, 0, 0, 5), 0);
    assertEquals(guest.call("fadvise64", fd, 0, 0, 6), "EINVAL");
    assertEquals(guest.call("readahead", fd, 0, 100), 0);
  });
});
