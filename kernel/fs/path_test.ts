import { assert, assertEquals } from "../../std_assert.ts";
import fc from "npm:fast-check@4";
import type { FileSystem } from "./file_system.ts";
import type { Place } from "./mount.ts";
import { resolvePath } from "./path.ts";
import { contextOf, errnoOf, user, utf8, withFileSystem } from "./testing/environment.ts";

/** The path of the place that `path` leads to. */
function lead(fileSystem: FileSystem, path: string, start?: Place, root?: Place): string {
  const options = { ...(start ? { start } : {}), ...(root ? { root } : {}) };
  return resolvePath(contextOf(fileSystem, options), path).pathFrom().path;
}

Deno.test("where do slashes, dots and links lead?", () => {
  withFileSystem((fs) => {
    fs.makeDirectory("/home/a/b", { recursive: true });
    fs.writeFile("/home/a/file", utf8(""));
    fs.makeSymlink("a/b", "/home/relative");
    fs.makeSymlink("/home/a", "/home/absolute");
    fs.makeSymlink("../..", "/home/a/b/up");
    const cases: [string, string][] = [
      ["/", "/"],
      ["//home///a//", "/home/a"],
      ["/home/./a/../a/b", "/home/a/b"],
      ["/../../home", "/home"],
      ["/home/relative", "/home/a/b"],
      ["/home/relative/..", "/home/a"],
      ["/home/absolute/b/up/a", "/home/a"],
      ["/home/relative/", "/home/a/b"],
    ];
    for (const [path, place] of cases) assertEquals(lead(fs, path), place, path);
    assertEquals(lead(fs, "b/../file", fs.resolve("/home/a")), "/home/a/file");
  });
});

Deno.test("which error does a path that leads nowhere give?", () => {
  withFileSystem((fs) => {
    fs.writeFile("/tmp/file", utf8(""));
    fs.makeSymlink("nothing", "/tmp/dangling");
    fs.makeSymlink("loop", "/tmp/loop");
    const cases: [string, string][] = [
      ["", "ENOENT"],
      ["/tmp/none", "ENOENT"],
      ["/tmp/none/none", "ENOENT"],
      ["/tmp/file/", "ENOTDIR"],
      ["/tmp/file/x", "ENOTDIR"],
      ["/tmp/file/..", "ENOTDIR"],
      ["/tmp/dangling", "ENOENT"],
      ["/tmp/loop", "ELOOP"],
      [`/tmp/${"n".repeat(256)}`, "ENAMETOOLONG"],
      [`/tmp/${"ü".repeat(128)}`, "ENAMETOOLONG"],
      ["/" + "tmp/".repeat(1024), "ENAMETOOLONG"],
    ];
    for (const [path, errno] of cases) assertEquals(errnoOf(() => lead(fs, path)), errno, path);
    assertEquals(errnoOf(() => lead(fs, `/tmp/${"n".repeat(255)}`)), "ENOENT");
    assertEquals(lead(fs, "/" + "tmp/../".repeat(584)), "/");
  });
});

Deno.test("how many links are followed before it is a loop?", () => {
  withFileSystem((fs) => {
    fs.writeFile("/tmp/0", utf8(""));
    for (let i = 1; i <= 41; i++) fs.makeSymlink(`${i - 1}`, `/tmp/${i}`);
    assertEquals(lead(fs, "/tmp/40"), "/tmp/0");
    assertEquals(errnoOf(() => lead(fs, "/tmp/41")), "ELOOP");
    // Links in the middle count too, and are counted over the whole path.
    fs.makeSymlink(".", "/tmp/here");
    assertEquals(lead(fs, "/tmp/" + "here/".repeat(40) + "0"), "/tmp/0");
    assertEquals(errnoOf(() => lead(fs, "/tmp/" + "here/".repeat(41) + "0")), "ELOOP");
  });
});

Deno.test("does searching a directory need its execute bit?", () => {
  withFileSystem((fs) => {
    fs.makeDirectory("/tmp/closed", { mode: 0o600 });
    fs.writeFile("/tmp/closed/file", utf8(""));
    const context = contextOf(fs, { credentials: user(1000) });
    assertEquals(errnoOf(() => resolvePath(context, "/tmp/closed/file")), "EACCES");
    assertEquals(resolvePath(context, "/tmp/closed").pathFrom().path, "/tmp/closed");
    assertEquals(lead(fs, "/tmp/closed/file"), "/tmp/closed/file");
  });
});

Deno.test("can any path lead out of the root?", () => {
  const name = fc.constantFrom("a", "b", "c", "..", ".", "", "up", "out", "self", "deep");
  const path = fc.array(name, { maxLength: 12 }).map((names) => names.join("/"));
  const link = fc.constantFrom(
    "..",
    "../..",
    "/",
    "/..",
    "../../../../etc",
    "a/../..",
    "/a/../../..",
  );
  withFileSystem((fs) => {
    fs.makeDirectory("/home/jail/a/b/c", { recursive: true });
    fs.makeDirectory("/home/jail/b/a/c", { recursive: true });
    fc.assert(
      fc.property(path, fc.array(link, { maxLength: 4 }), fc.boolean(), (path, links, slash) => {
        const names = ["up", "a/out", "a/b/self", "b/a/deep"];
        for (const [i, target] of links.entries()) fs.makeSymlink(target, `/home/jail/${names[i]}`);
        const root = fs.resolve("/home/jail");
        try {
          const place = lead(fs, (slash ? "/" : "a/") + path, root, root);
          assert(place === "/home/jail" || place.startsWith("/home/jail/"), place);
        } catch (error) {
          if (!(error instanceof Error) || error.name !== "SystemError") throw error;
        } finally {
          for (const i of links.keys()) fs.remove(`/home/jail/${names[i]}`);
        }
      }),
    );
  });
});

Deno.test("does a path know of renames above it, and of its removal?", () => {
  withFileSystem((fs) => {
    fs.makeDirectory("/home/a/b", { recursive: true });
    fs.writeFile("/home/a/b/f", utf8(""));
    const place = fs.resolve("/home/a/b/f");
    fs.rename("/home/a", "/var/z");
    assertEquals(place.pathFrom().path, "/var/z/b/f");
    assert(place.equals(fs.resolve("/var/z/b/f")));
    fs.remove("/var/z/b/f");
    fs.writeFile("/var/z/b/f", utf8("another"));
    assertEquals(place.pathFrom(), { path: "/var/z/b/f", reachable: true, deleted: true });
    assert(!place.equals(fs.resolve("/var/z/b/f")));
  });
});

Deno.test("is a place outside the root unreachable, and can `..` get back?", () => {
  withFileSystem((fs) => {
    fs.makeDirectory("/home/jail");
    const [root, start] = [fs.resolve("/home/jail"), fs.resolve("/var/tmp")];
    assertEquals(start.pathFrom(root), { path: "/var/tmp", reachable: false, deleted: false });
    // As on Linux: a current directory outside the root is a way out, which is why chroot(2) needs root.
    assertEquals(lead(fs, "../..", start, root), "/");
    assertEquals(lead(fs, "/..", start, root), "/home/jail");
  });
});

Deno.test("do mounts cover directories, and does `..` lead back?", () => {
  withFileSystem((fs) => {
    fs.writeFile("/tmp/below", utf8(""));
    fs.mountTmpfs("/tmp", { mode: 0o1777 });
    assertEquals(fs.list("/tmp"), []);
    fs.makeDirectory("/tmp/d");
    assertEquals(lead(fs, "/tmp/d/../../home"), "/home");
    assertEquals(lead(fs, "/tmp/.."), "/");
    assertEquals(lead(fs, "/home/../tmp/d"), "/tmp/d");
    fs.mountTmpfs("/tmp");
    assertEquals(fs.list("/tmp"), []);
    assertEquals(lead(fs, "/tmp/.."), "/");
    assertEquals(errnoOf(() => fs.remove("/tmp")), "EBUSY");
    assertEquals(errnoOf(() => fs.rename("/tmp", "/t")), "EBUSY");
    assertEquals(errnoOf(() => fs.rename("/home", "/tmp/x")), "EXDEV");
  });
});
