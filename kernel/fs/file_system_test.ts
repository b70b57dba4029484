import { assert, assertEquals } from "../../std_assert.ts";
import { FileSystem } from "./file_system.ts";
import { errnoOf, testEnvironment, text, utf8, withFileSystem } from "./testing/environment.ts";

Deno.test("what does a fresh machine's tree hold?", () => {
  withFileSystem((fs) => {
    const names = ["bin", "dev", "etc", "home", "lib", "proc", "root", "sys", "tmp", "usr", "var"];
    assertEquals(fs.list("/"), names);
    const devices = ["console", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr"];
    assertEquals(fs.list("/dev"), [...devices, "stdin", "stdout", "tty", "urandom", "zero"]);
    assertEquals(fs.attributes("/tmp").mode & 0o7777, 0o1777);
  });
});

Deno.test("do the harness's helpers put in and take out?", () => {
  withFileSystem((fs) => {
    fs.makeDirectory("/home/a/b/c", { recursive: true });
    fs.makeDirectory("/home/a/b/c", { recursive: true });
    fs.writeFile("/home/a/b/program", utf8("x"), 0o755);
    fs.writeFile("/home/a/b/program", utf8("shorter"));
    assertEquals(text(fs.readFile("/home/a/b/program")), "shorter");
    assertEquals(fs.attributes("/home/a/b/program").mode & 0o7777, 0o755);
    fs.makeSymlink("/home", "/home/a/home");
    assertEquals(fs.attributes("/home/a/home", { follow: false }).size, 5);
    assertEquals(errnoOf(() => fs.remove("/home/a")), "ENOTEMPTY");
    assertEquals(errnoOf(() => fs.readFile("/home/a")), "EISDIR");
    assertEquals(errnoOf(() => fs.writeFile("/home/a", utf8(""))), "EISDIR");
    assertEquals(errnoOf(() => fs.readFile("/dev/zero")), "EINVAL");
    assertEquals(
      errnoOf(() => fs.makeDirectory("/home/a/b/program/x", { recursive: true })),
      "ENOTDIR",
    );
    fs.remove("/home/a", { recursive: true });
    assertEquals(fs.list("/home"), []);
    assertEquals([fs.exists("/home/a/b"), fs.exists("/home")], [false, true]);
  });
});

Deno.test("do a machine and its clone write for themselves, and share what neither wrote?", () => {
  const environment = testEnvironment();
  const { memory } = environment;
  const original = FileSystem.create(environment);
  original.writeFile("/tmp/same", new Uint8Array(40_000).fill(1));
  original.writeFile("/tmp/f", utf8("before"));
  const frames = memory.framesInUse;
  const copy = original.clone(environment);
  assertEquals(memory.framesInUse, frames);
  original.writeFile("/tmp/f", utf8("original"));
  copy.writeFile("/tmp/g", utf8("copy"));
  assertEquals([text(copy.readFile("/tmp/f")), original.exists("/tmp/g")], ["before", false]);
  assertEquals(copy.attributes("/tmp/same"), original.attributes("/tmp/same"));
  assert(memory.framesInUse <= frames + 2, `${memory.framesInUse} frames after ${frames}`);
  original.dispose();
  assertEquals(copy.readFile("/tmp/same"), new Uint8Array(40_000).fill(1));
  copy.dispose();
  assertEquals(memory.framesInUse, 0);
});

Deno.test("can a tree be removed however deep it is?", () => {
  withFileSystem((fs) => {
    fs.makeDirectory("/tmp" + "/d".repeat(1500), { recursive: true });
    fs.remove("/tmp/d", { recursive: true });
    assertEquals(fs.list("/tmp"), []);
  });
});
