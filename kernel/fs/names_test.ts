import { assertEquals } from "../../std_assert.ts";
import fc from "npm:fast-check@4";
import { RENAME_EXCHANGE, RENAME_NOREPLACE } from "../abi/fcntl.ts";
import { SystemError } from "../abi/errno.ts";
import type { FileSystem } from "./file_system.ts";
import { makeDirectory, makeLink, makeSymlink, removeDirectory, rename, unlink } from "./names.ts";
import { resolvePath } from "./path.ts";
import { contextOf, errnoOf, text, user, utf8, withFileSystem } from "./testing/environment.ts";

/** A directory `full` with `inner`, an `empty` one, files `f` and `g`, and a link `link` to `full`. */
function withSample(use: (fs: FileSystem) => void): void {
  withFileSystem((fs) => {
    fs.makeDirectory("/tmp/full/inner", { recursive: true });
    fs.makeDirectory("/tmp/empty");
    fs.writeFile("/tmp/f", utf8("f"));
    fs.writeFile("/tmp/g", utf8("g"));
    fs.makeSymlink("full", "/tmp/link");
    use(fs);
  });
}

Deno.test("what can unlink and rmdir not remove?", () => {
  withSample((fs) => {
    const context = contextOf(fs);
    const removals: [string, string, string][] = [
      // Path, what unlink(2) says, what rmdir(2) says.
      ["/tmp/none", "ENOENT", "ENOENT"],
      ["/tmp/full", "EISDIR", "ENOTEMPTY"],
      ["/tmp/full/", "EISDIR", "ENOTEMPTY"],
      ["/tmp/f/", "ENOTDIR", "ENOTDIR"],
      ["/tmp/empty/.", "EISDIR", "EINVAL"],
      ["/tmp/empty/..", "EISDIR", "ENOTEMPTY"],
      ["/", "EISDIR", "EBUSY"],
      ["/tmp/link/", "ENOTDIR", "ENOTDIR"],
      ["/dev", "EISDIR", "EBUSY"],
    ];
    for (const [path, byUnlink, byRmdir] of removals) {
      assertEquals(errnoOf(() => unlink(context, path)), byUnlink, `unlink ${path}`);
      assertEquals(errnoOf(() => removeDirectory(context, path)), byRmdir, `rmdir ${path}`);
    }
    assertEquals(errnoOf(() => removeDirectory(context, "/tmp/f")), "ENOTDIR");
    unlink(context, "/tmp/link");
    removeDirectory(context, "/tmp/empty/");
    assertEquals(fs.list("/tmp"), ["f", "full", "g"]);
  });
});

Deno.test("what can mkdir, symlink and link not make?", () => {
  withSample((fs) => {
    const context = contextOf(fs);
    const link = (path: string) => makeLink(context, fs.resolve("/tmp/f"), path);
    assertEquals(errnoOf(() => makeDirectory(context, "/tmp/f", 0o777)), "EEXIST");
    assertEquals(errnoOf(() => makeDirectory(context, "/tmp/empty/.", 0o777)), "EEXIST");
    assertEquals(errnoOf(() => makeDirectory(context, "/", 0o777)), "EEXIST");
    assertEquals(errnoOf(() => makeDirectory(context, "/tmp/no/d", 0o777)), "ENOENT");
    makeDirectory(context, "/tmp/new/", 0o777);
    assertEquals(errnoOf(() => makeSymlink(context, "", "/tmp/s")), "ENOENT");
    assertEquals(errnoOf(() => makeSymlink(context, "x", "/tmp/s/")), "ENOENT");
    assertEquals(errnoOf(() => makeSymlink(context, "x", "/tmp/link")), "EEXIST");
    assertEquals(errnoOf(() => link("/tmp/g")), "EEXIST");
    assertEquals(errnoOf(() => link("/tmp/h/")), "ENOENT");
    assertEquals(errnoOf(() => link("/dev/h")), "EXDEV");
    assertEquals(errnoOf(() => makeLink(context, fs.resolve("/tmp/empty"), "/tmp/d")), "EPERM");
    link("/tmp/h");
    assertEquals(fs.attributes("/tmp/f").nlink, 2);
    fs.remove("/tmp/f");
    assertEquals(text(fs.readFile("/tmp/h")), "f");
    assertEquals(fs.attributes("/tmp/h").nlink, 1);
  });
});

Deno.test("what can rename not do?", () => {
  withSample((fs) => {
    const context = contextOf(fs);
    const attempt = (from: string, to: string, flags = 0) =>
      errnoOf(() => rename(context, from, context, to, flags));
    const cases: [string, string, string, number?][] = [
      ["/tmp/none", "/tmp/x", "ENOENT"],
      ["/tmp/f", "/tmp/no/x", "ENOENT"],
      ["/tmp/f", "/tmp/empty", "EISDIR"],
      ["/tmp/empty", "/tmp/f", "ENOTDIR"],
      ["/tmp/empty", "/tmp/full", "ENOTEMPTY"],
      ["/tmp/full", "/tmp/full/inner/x", "EINVAL"],
      ["/tmp/full/inner", "/tmp/full", "ENOTEMPTY"],
      ["/tmp/f/", "/tmp/x", "ENOTDIR"],
      ["/tmp/f", "/tmp/x/", "ENOTDIR"],
      ["/tmp/empty/.", "/tmp/x", "EBUSY"],
      ["/tmp/f", "/tmp/empty/..", "EBUSY"],
      ["/tmp/f", "/dev/f", "EXDEV"],
      ["/tmp/f", "/tmp/g", "EEXIST", RENAME_NOREPLACE],
      ["/tmp/f", "/tmp/empty/..", "EEXIST", RENAME_NOREPLACE],
      ["/tmp/f", "/tmp/x", "ENOENT", RENAME_EXCHANGE],
      ["/tmp/full", "/tmp/full/inner", "EINVAL", RENAME_EXCHANGE],
      ["/tmp/full/inner", "/tmp/full", "EINVAL", RENAME_EXCHANGE],
    ];
    for (const [from, to, errno, flags] of cases) {
      assertEquals(attempt(from, to, flags), errno, `${from} to ${to}`);
    }
    fs.rename("/tmp/empty", "/tmp/moved/");
    fs.rename("/tmp/f", "/tmp/g");
    assertEquals(text(fs.readFile("/tmp/g")), "f");
    rename(context, "/tmp/g", context, "/tmp/full", RENAME_EXCHANGE);
    assertEquals(text(fs.readFile("/tmp/full")), "f");
    assertEquals(fs.list("/tmp/g"), ["inner"]);
    assertEquals(fs.attributes("/tmp").nlink, 4);
  });
});

Deno.test("do two names of one file both stay when one is renamed to the other?", () => {
  withSample((fs) => {
    const context = contextOf(fs);
    makeLink(context, fs.resolve("/tmp/f"), "/tmp/h");
    rename(context, "/tmp/f", context, "/tmp/h");
    assertEquals(fs.exists("/tmp/f") && fs.exists("/tmp/h"), true);
  });
});

Deno.test("who may remove what from a sticky directory?", () => {
  withFileSystem((fs) => {
    const [alice, bob] = [user(1000), user(1001)].map((credentials) =>
      contextOf(fs, { credentials })
    );
    if (alice === undefined || bob === undefined) throw new Error("Two users were made");
    makeDirectory(alice, "/tmp/mine", 0o777);
    assertEquals(errnoOf(() => removeDirectory(bob, "/tmp/mine")), "EPERM");
    assertEquals(errnoOf(() => rename(bob, "/tmp/mine", bob, "/tmp/yours")), "EPERM");
    assertEquals(errnoOf(() => makeDirectory(bob, "/home/x", 0o777)), "EACCES");
    makeDirectory(bob, "/tmp/mine/inner", 0o700);
    removeDirectory(alice, "/tmp/mine/inner");
    removeDirectory(alice, "/tmp/mine");
  });
});

Deno.test("can nothing be made in a directory that is gone?", () => {
  withSample((fs) => {
    const start = fs.resolve("/tmp/empty");
    fs.remove("/tmp/empty");
    const context = contextOf(fs, { start });
    assertEquals(errnoOf(() => makeDirectory(context, "x", 0o777)), "ENOENT");
    assertEquals(errnoOf(() => rename(context, "/tmp/f", context, "x")), "ENOENT");
    assertEquals(resolvePath(context, "..").pathFrom().path, "/tmp");
  });
});

Deno.test("does a group-inheriting directory pass its group on?", () => {
  withFileSystem((fs) => {
    fs.makeDirectory("/tmp/shared");
    const { inode } = fs.resolve("/tmp/shared");
    inode.setAttributes({ mode: 0o2777, gid: 50 });
    makeDirectory(contextOf(fs, { credentials: user(1000) }), "/tmp/shared/d", 0o755);
    const { gid, uid, mode } = fs.attributes("/tmp/shared/d");
    assertEquals([gid, uid, mode & 0o7777], [50, 1000, 0o2755]);
  });
});

Deno.test("is the number of links of every directory two plus its subdirectories, whatever happens?", () => {
  const name = fc.constantFrom("/tmp/a", "/tmp/b", "/tmp/a/x", "/tmp/b/y", "/tmp/a/x/z");
  const step = fc.record({
    what: fc.constantFrom("mkdir", "file", "rmdir", "unlink", "rename", "exchange"),
    from: name,
    to: name,
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
    withFileSystem((fs) => {
      const context = contextOf(fs);
      const actions: Record<string, (from: string, to: string) => void> = {
        mkdir: (from) => makeDirectory(context, from, 0o777),
        file: (from) => fs.writeFile(from, utf8(from)),
        rmdir: (from) => removeDirectory(context, from),
        unlink: (from) => unlink(context, from),
        rename: (from, to) => rename(context, from, context, to),
        exchange: (from, to) => rename(context, from, context, to, RENAME_EXCHANGE),
      };
      for (const { what, from, to } of steps) {
        try {
          actions[what]?.(from, to);
        } catch (error) {
          if (!(error instanceof SystemError)) throw error;
        }
      }
      const check = (path: string) => {
        const inner = fs.list(path).map((name) => `${path}/${name}`);
        const directories = inner.filter((one) => fs.resolve(one).inode.kind === "directory");
        assertEquals(fs.attributes(path).nlink, 2 + directories.length, path);
        for (const one of inner) assertEquals(fs.resolve(one).pathFrom().path, one);
        directories.forEach(check);
      };
      check("/tmp");
    });
  }));
});
