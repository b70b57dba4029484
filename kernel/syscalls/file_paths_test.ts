import { assertEquals } from "../../std_assert.ts";
import {
  AT_EMPTY_PATH,
  AT_REMOVEDIR,
  AT_SYMLINK_FOLLOW,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_LARGEFILE,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TMPFILE_BIT,
  R_OK,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  W_OK,
  X_OK,
} from "../abi/fcntl.ts";
import { RLIMIT_NOFILE } from "../abi/resource.ts";
import { S_IFCHR, S_IFIFO, S_IFREG } from "../abi/stat.ts";
import { type Guest, HERE, NOWHERE, withGuest } from "./testing/file_guest.ts";

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function cwd(guest: Guest): string {
  const buffer = guest.room(4096);
  const length = guest.must("getcwd", buffer, 4096);
  return guest.text(buffer, length - 1);
}

Deno.test("are paths taken from the descriptor, unless they are absolute?", () => {
  withGuest((guest) => {
    const { fileSystem } = guest.kernel;
    fileSystem.makeDirectory("/tmp/d");
    const directory = guest.open("/tmp/d", O_RDONLY | O_DIRECTORY);
    const named = guest.open("/tmp/d", O_PATH);
    assertEquals(typeof guest.call("openat", directory, "f", O_CREAT | O_RDWR, 0o600), "number");
    assertEquals(typeof guest.call("openat", named, "f", O_RDONLY), "number");
    assertEquals(typeof guest.call("openat", 99, "/tmp/d/f", O_RDONLY), "number");
    assertEquals(guest.call("openat", 99, "f", O_RDONLY), "EBADF");
    assertEquals(guest.call("openat", 0, "f", O_RDONLY), "ENOTDIR");
    const unknown = guest.must("openat", directory, "f", 0x7f80_001c | 0x8000_0000);
    assertEquals(guest.task.files.get(unknown).flags, O_LARGEFILE);
    assertEquals(guest.call("openat", HERE, NOWHERE, O_RDONLY), "EFAULT");
    assertEquals(guest.call("openat", HERE, "", O_RDONLY), "ENOENT");
    assertEquals(guest.call("openat", HERE, "x".repeat(5000), O_RDONLY), "ENAMETOOLONG");
    assertEquals(guest.call("mkdirat", directory, "inner", 0o777), 0);
    assertEquals(guest.call("symlinkat", "f", directory, "link"), 0);
    assertEquals(guest.call("renameat2", directory, "f", HERE, "g", 0), 0);
    assertEquals(fileSystem.list("/tmp/d"), ["inner", "link"]);
    assertEquals(guest.call("unlinkat", directory, "inner", 0), "EISDIR");
    assertEquals(guest.call("unlinkat", directory, "inner", AT_REMOVEDIR), 0);
    assertEquals(guest.call("unlinkat", directory, "link", AT_REMOVEDIR), "ENOTDIR");
    assertEquals(guest.call("unlinkat", directory, "link", 4), "EINVAL");
  });
});

Deno.test("what does an opened descriptor say of itself?", () => {
  withGuest((guest) => {
    const fd = guest.open("/tmp/f", O_CREAT | O_RDWR | O_CLOEXEC);
    assertEquals(guest.call("fcntl", fd, 1, 0), 1);
    assertEquals(guest.call("fcntl", fd, 3, 0), O_RDWR | O_LARGEFILE);
    assertEquals(guest.task.files.get(fd).path, "/tmp/f");
  });
});

Deno.test("is a file not made when there is no descriptor for it?", () => {
  withGuest((guest) => {
    guest.task.limits.set(RLIMIT_NOFILE, { soft: 4n, hard: 4n }, true);
    guest.open("/tmp/f", O_CREAT);
    assertEquals(guest.call("openat", HERE, "g", O_CREAT | O_RDWR, 0o600), "EMFILE");
    assertEquals(guest.call("openat", HERE, "nothing", O_RDONLY), "EMFILE");
    assertEquals(guest.call("dup", 0), "EMFILE");
    assertEquals(guest.call("pipe2", guest.room(8), 0), "EMFILE");
    assertEquals(guest.kernel.fileSystem.exists("/tmp/g"), false);
  });
});

Deno.test("where is the task, also when its directory was renamed or removed?", () => {
  withGuest((guest) => {
    const { fileSystem } = guest.kernel;
    assertEquals(cwd(guest), "/tmp");
    fileSystem.makeDirectory("/tmp/a/b", { recursive: true });
    assertEquals(guest.call("chdir", "a/b"), 0);
    fileSystem.rename("/tmp/a", "/home/z");
    assertEquals(cwd(guest), "/home/z/b");
    assertEquals(guest.call("getcwd", guest.room(16), 9), "ERANGE");
    assertEquals(guest.call("getcwd", guest.room(16), 10), 10);
    assertEquals(guest.call("getcwd", NOWHERE, 100), "EFAULT");
    fileSystem.remove("/home/z/b");
    assertEquals(guest.call("getcwd", guest.room(16), 16), "ENOENT");
    assertEquals(guest.call("openat", HERE, "f", O_CREAT | O_RDWR), "ENOENT");
    assertEquals(guest.call("chdir", ".."), 0);
    assertEquals(cwd(guest), "/home/z");
    const directory = guest.open("/etc", O_PATH);
    assertEquals(guest.call("fchdir", directory), 0);
    assertEquals(guest.call("fchdir", 0), "ENOTDIR");
    assertEquals(guest.call("chdir", "/dev/null"), "ENOTDIR");
  });
});

Deno.test("does chroot shut the task in?", () => {
  withGuest((guest) => {
    guest.kernel.fileSystem.makeDirectory("/home/jail/etc", { recursive: true });
    assertEquals(guest.call("chroot", "/home/jail"), 0);
    assertEquals(cwd(guest), "(unreachable)/tmp");
    assertEquals(guest.call("chdir", "/../.."), 0);
    assertEquals(cwd(guest), "/");
    assertEquals(guest.call("openat", HERE, "/tmp", O_RDONLY), "ENOENT");
    assertEquals(guest.call("chdir", "etc/../../etc"), 0);
    assertEquals(cwd(guest), "/etc");
  });
  withGuest((guest) => assertEquals(guest.call("chroot", "/"), "EPERM"), { uid: 1 });
});

Deno.test("which links can be made and read?", () => {
  withGuest((guest) => {
    const { fileSystem } = guest.kernel;
    fileSystem.writeFile("/tmp/f", utf8("x"));
    assertEquals(guest.call("symlinkat", "f", HERE, "link"), 0);
    const buffer = guest.room(64);
    assertEquals(guest.call("readlinkat", HERE, "link", buffer, 64), 1);
    fileSystem.makeSymlink("a long target", "/tmp/long");
    assertEquals(guest.call("readlinkat", HERE, "long", buffer, 6), 6);
    assertEquals(guest.text(buffer, 6), "a long");
    assertEquals(guest.call("readlinkat", HERE, "long", buffer, 0), "EINVAL");
    assertEquals(guest.call("readlinkat", HERE, "f", buffer, 64), "EINVAL");
    const named = guest.open("/tmp/link", O_PATH | O_NOFOLLOW);
    assertEquals(guest.call("readlinkat", named, "", buffer, 64), 1);
    assertEquals(guest.call("readlinkat", HERE, "", buffer, 64), "ENOENT");
    assertEquals(guest.call("linkat", HERE, "link", HERE, "second", 0), 0);
    assertEquals(fileSystem.attributes("/tmp/second", { follow: false }).nlink, 2);
    assertEquals(guest.call("linkat", HERE, "link", HERE, "third", AT_SYMLINK_FOLLOW), 0);
    assertEquals(fileSystem.attributes("/tmp/f").nlink, 2);
    const nameless = guest.open("/tmp", O_TMPFILE_BIT | O_DIRECTORY | O_RDWR);
    guest.must("write", nameless, "kept", 4);
    assertEquals(guest.call("linkat", nameless, "", HERE, "kept", AT_EMPTY_PATH), 0);
    assertEquals(fileSystem.readFile("/tmp/kept"), utf8("kept"));
    assertEquals(guest.call("linkat", 0, "", HERE, "x", AT_EMPTY_PATH), "EXDEV");
  });
});

Deno.test("can a name be any bytes but NUL and slash?", () => {
  withGuest((guest) => {
    const name = Uint8Array.of(0xff, 0xc3, 0x28, 0x0a, 0x80, 0);
    const other = Uint8Array.of(0xfe, 0xc3, 0x28, 0x0a, 0x80, 0);
    guest.must("openat", HERE, name, O_CREAT | O_RDWR, 0o600);
    assertEquals(guest.call("openat", HERE, other, O_RDONLY), "ENOENT");
    assertEquals(typeof guest.call("openat", HERE, name, O_RDONLY), "number");
    guest.must("mkdirat", HERE, name.map((byte) => byte === 0xff ? 0xfd : byte), 0o700);
    guest.must("chdir", name.map((byte) => byte === 0xff ? 0xfd : byte));
    const buffer = guest.room(64);
    assertEquals(guest.must("getcwd", buffer, 64), 5 + 6);
    assertEquals([...guest.bytes(buffer + 5, 6)], [0xfd, 0xc3, 0x28, 0x0a, 0x80, 0]);
  });
});

Deno.test("which flags of renameat2 hold?", () => {
  withGuest((guest) => {
    const { fileSystem } = guest.kernel;
    fileSystem.writeFile("/tmp/a", utf8("a"));
    fileSystem.writeFile("/tmp/b", utf8("b"));
    const move = (flags: number) => guest.call("renameat2", HERE, "a", HERE, "b", flags);
    assertEquals(move(RENAME_NOREPLACE), "EEXIST");
    assertEquals(move(RENAME_NOREPLACE | RENAME_EXCHANGE), "EINVAL");
    assertEquals(move(4), "EINVAL");
    assertEquals(move(RENAME_EXCHANGE), 0);
    assertEquals(fileSystem.readFile("/tmp/a"), utf8("b"));
  });
});

Deno.test("does access ask for the real user, and faccessat2 for whom it is told?", () => {
  withGuest((guest) => {
    const { fileSystem } = guest.kernel;
    fileSystem.writeFile("/tmp/f", utf8(""), 0o600);
    const access = (mode: number) => guest.call("faccessat", HERE, "f", mode);
    assertEquals([R_OK, W_OK, X_OK, 0].map(access), [0, 0, "EACCES", 0]);
    assertEquals(access(8), "EINVAL");
    guest.task.credentials.uid = 1000;
    guest.task.credentials.gid = 1000;
    assertEquals(access(R_OK), "EACCES");
    assertEquals(guest.call("faccessat2", HERE, "f", R_OK, 0x200), 0);
    assertEquals(guest.call("faccessat2", HERE, "f", R_OK, 0), "EACCES");
    assertEquals(guest.call("faccessat2", HERE, "f", R_OK, 0x400), "EINVAL");
    assertEquals(guest.call("faccessat", HERE, "none", 0), "ENOENT");
  });
});

Deno.test("which special files can be made?", () => {
  withGuest((guest) => {
    assertEquals(guest.call("mknodat", HERE, "null", S_IFCHR | 0o666, 0x103), 0);
    const fd = guest.open("/tmp/null");
    assertEquals(guest.call("read", fd, guest.room(4), 4), 0);
    assertEquals(guest.call("mknodat", HERE, "odd", S_IFCHR | 0o666, 0x7777), 0);
    assertEquals(guest.call("openat", HERE, "odd", O_RDWR), "ENXIO");
    assertEquals(guest.call("mknodat", HERE, "plain", S_IFREG | 0o666, 0), 0);
    assertEquals(guest.call("mknodat", HERE, "plain", 0o666, 0), "EEXIST");
    assertEquals(guest.call("mknodat", HERE, "fifo", S_IFIFO | 0o666, 0), 0);
  });
});

Deno.test("does the umask take bits from what is made, and mind only its own?", () => {
  withGuest((guest) => {
    assertEquals(guest.call("umask", 0o7027), 0o022);
    assertEquals(guest.call("umask", 0o027), 0o027);
    guest.open("/tmp/f", O_CREAT, 0o666);
    guest.must("mkdirat", HERE, "d", 0o777);
    const mode = (path: string) => guest.kernel.fileSystem.attributes(path).mode & 0o7777;
    assertEquals([mode("/tmp/f"), mode("/tmp/d")], [0o640, 0o750]);
  });
});
