import { assertEquals } from "../../std_assert.ts";
import {
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOATIME,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TMPFILE_BIT,
  O_TRUNC,
  O_WRONLY,
} from "../abi/fcntl.ts";
import type { FileSystem } from "./file_system.ts";
import { makeFifo, makeLink } from "./names.ts";
import { openFile } from "./open.ts";
import type { FileCredentials } from "./permissions.ts";
import { Stream } from "./stream.ts";
import { contextOf, errnoOf, text, user, utf8, withFileSystem } from "./testing/environment.ts";

const O_TMPFILE = O_TMPFILE_BIT | O_DIRECTORY;

function withSample(
  use: (
    open: (path: string, flags: number, mode?: number, credentials?: FileCredentials) => void,
    fs: FileSystem,
  ) => void,
): void {
  withFileSystem((fs) => {
    fs.makeDirectory("/tmp/d");
    fs.writeFile("/tmp/f", utf8("contents"));
    fs.makeSymlink("f", "/tmp/link");
    fs.makeSymlink("made", "/tmp/dangling");
    fs.makeSymlink("d", "/tmp/to_d");
    fs.makeSymlink("loop", "/tmp/loop");
    makeFifo(fs.context, "/tmp/fifo", 0o666);
    use((path, flags, mode = 0o666, credentials) => {
      const context = contextOf(fs, credentials ? { credentials } : {});
      openFile(context, path, flags, mode).release();
    }, fs);
  });
}

Deno.test("which combinations of path and flags are refused, and how?", () => {
  withSample((open) => {
    const cases: [string, number, string][] = [
      ["/tmp/none", O_RDONLY, "ENOENT"],
      ["/tmp/none/x", O_CREAT, "ENOENT"],
      ["/tmp/f/", O_RDONLY, "ENOTDIR"],
      ["/tmp/f/x", O_CREAT, "ENOTDIR"],
      ["/tmp/f", O_DIRECTORY, "ENOTDIR"],
      ["/tmp/f", O_CREAT | O_EXCL, "EEXIST"],
      ["/tmp/dangling", O_CREAT | O_EXCL, "EEXIST"],
      ["/tmp/dangling", O_RDONLY, "ENOENT"],
      ["/tmp/d", O_WRONLY, "EISDIR"],
      ["/tmp/d", O_TRUNC, "EISDIR"],
      ["/tmp/d", O_CREAT, "EISDIR"],
      ["/tmp/new/", O_CREAT, "EISDIR"],
      ["/tmp/f/", O_CREAT, "EISDIR"],
      ["/tmp/d/.", O_CREAT, "EISDIR"],
      ["/", O_CREAT | O_EXCL, "EEXIST"],
      ["/tmp/link", O_NOFOLLOW, "ELOOP"],
      ["/tmp/link", O_CREAT | O_NOFOLLOW, "ELOOP"],
      ["/tmp/to_d", O_NOFOLLOW | O_DIRECTORY, "ENOTDIR"],
      ["/tmp/loop", O_RDONLY, "ELOOP"],
      ["/tmp/loop", O_CREAT, "ELOOP"],
      ["/tmp/new", O_CREAT | O_DIRECTORY, "EINVAL"],
      ["/tmp", O_TMPFILE, "EINVAL"],
      ["/tmp", O_TMPFILE_BIT | O_RDWR, "EINVAL"],
      ["/tmp/f", O_TMPFILE | O_RDWR, "ENOTDIR"],
      ["/dev/tty", O_RDWR, "ENXIO"],
      ["/tmp/fifo", 3, "EINVAL"],
    ];
    for (const [path, flags, errno] of cases) {
      assertEquals(errnoOf(() => open(path, flags)), errno, `${path} ${flags.toString(8)}`);
    }
    open("/tmp/to_d", O_RDONLY | O_DIRECTORY);
    open("/tmp/f", O_CREAT | O_RDWR);
  });
});

Deno.test("does O_CREAT through a dangling link make what the link names, minus the umask?", () => {
  withSample((open, fs) => {
    open("/tmp/dangling", O_CREAT | O_WRONLY, 0o7777);
    assertEquals(fs.attributes("/tmp/made").mode & 0o7777, 0o7755);
    assertEquals(fs.list("/tmp").includes("made"), true);
  });
});

Deno.test("does O_TRUNC empty, and only what is allowed to be written?", () => {
  withSample((open, fs) => {
    fs.resolve("/tmp/f").inode.setAttributes({ mode: 0o444 });
    assertEquals(errnoOf(() => open("/tmp/f", O_TRUNC, 0, user(1000))), "EACCES");
    assertEquals(errnoOf(() => open("/tmp/f", O_RDWR, 0, user(1000))), "EACCES");
    open("/tmp/f", O_RDONLY, 0, user(1000));
    assertEquals(text(fs.readFile("/tmp/f")), "contents");
    open("/tmp/f", O_RDONLY | O_TRUNC);
    assertEquals(fs.readFile("/tmp/f").length, 0);
  });
});

Deno.test("may a new file be written whatever its mode says?", () => {
  withSample((_open, fs) => {
    const context = contextOf(fs, { credentials: user(1000) });
    const file = openFile(context, "/tmp/mine", O_CREAT | O_RDWR, 0o000);
    assertEquals(file.writable, true);
    file.release();
    assertEquals(errnoOf(() => openFile(context, "/tmp/mine", O_RDONLY)), "EACCES");
    assertEquals(errnoOf(() => openFile(context, "/tmp/f", O_NOATIME)), "EPERM");
  });
});

Deno.test("which flags stay with the file, and what do they allow?", () => {
  withSample((_open, fs) => {
    const flags = O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND | O_WRONLY;
    const file = fs.open("/tmp/f", flags);
    assertEquals(file.flags, O_APPEND | O_WRONLY);
    assertEquals([file.readable, file.writable, file.appends], [false, true, true]);
    file.release();
    const neither = fs.open("/tmp/f", 3);
    assertEquals([neither.readable, neither.writable], [false, false]);
    neither.release();
  });
});

Deno.test("does O_PATH name anything, a link too, and need no right to read?", () => {
  withSample((_open, fs) => {
    fs.resolve("/tmp/f").inode.setAttributes({ mode: 0 });
    const context = contextOf(fs, { credentials: user(1000) });
    const cases: [string, number, string][] = [
      ["/tmp/f", O_PATH | O_RDWR | O_CREAT, "regular"],
      ["/tmp/link", O_PATH, "regular"],
      ["/tmp/link", O_PATH | O_NOFOLLOW, "symlink"],
      ["/tmp/d", O_PATH | O_DIRECTORY, "directory"],
    ];
    for (const [path, flags, kind] of cases) {
      const file = openFile(context, path, flags);
      assertEquals([file.object.kind, file.readable, file.writable], [kind, false, false]);
      file.release();
    }
    assertEquals(errnoOf(() => openFile(context, "/tmp/f", O_PATH | O_DIRECTORY)), "ENOTDIR");
  });
});

Deno.test("does a nameless file vanish unless it is given a name?", () => {
  withSample((_open, fs) => {
    const { memory } = fs.environment;
    const context = contextOf(fs);
    const before = memory.framesInUse;
    const lost = openFile(context, "/tmp", O_TMPFILE | O_RDWR, 0o600);
    lost.object.write(0, utf8("lost"));
    lost.release();
    assertEquals(memory.framesInUse, before);
    const kept = openFile(context, "/tmp", O_TMPFILE | O_RDWR, 0o600);
    kept.object.write(0, utf8("kept"));
    if (kept.place === null) throw new Error("A nameless file has a place");
    makeLink(context, kept.place, "/tmp/kept");
    kept.release();
    assertEquals(text(fs.readFile("/tmp/kept")), "kept");
    const never = openFile(context, "/tmp", O_TMPFILE | O_RDWR | O_EXCL, 0o600);
    const place = never.place;
    if (place === null) throw new Error("A nameless file has a place");
    assertEquals(errnoOf(() => makeLink(context, place, "/tmp/never")), "ENOENT");
    never.release();
  });
});

Deno.test("do the devices do what their names say?", () => {
  withSample((_open, fs) => {
    const { tty: terminal } = new Stream(0, { terminal: true });
    const device = (name: string) => {
      const context = { ...contextOf(fs), terminal };
      return openFile(context, `/dev/${name}`, O_RDWR);
    };
    const bytesOf = (name: string) => {
      const file = device(name);
      const bytes = [...file.object.read(0, 3) ?? []];
      file.release();
      return bytes;
    };
    assertEquals(["null", "zero", "full", "random", "urandom"].map(bytesOf), [
      [],
      [0, 0, 0],
      [0, 0, 0],
      [1, 2, 3],
      [1, 2, 3],
    ]);
    const full = device("full");
    assertEquals(errnoOf(() => full.object.write(0, utf8("x"))), "ENOSPC");
    const tty = device("tty");
    assertEquals([tty.object === terminal, tty.path], [true, "/dev/tty"]);
    for (const file of [full, tty]) file.release();
  });
});
