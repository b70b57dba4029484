import { assert, assertEquals, assertThrows } from "../std_assert.ts";
import { errnoName, Kernel, O_RDONLY, O_RDWR, RegularInode, SystemError } from "../kernel/mod.ts";
import { HostDirectory } from "./host_directory.ts";

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function errnoOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof SystemError) return errnoName(error.errno);
    throw error;
  }
  return "no error";
}

/** A machine with a folder of the host at /mnt; beside the folder lies a secret. */
function withMount(
  use: (fs: Kernel["fileSystem"], folder: string) => void,
  options: { readOnly?: boolean; at?: string } = {},
): void {
  const outside = Deno.makeTempDirSync();
  const folder = `${outside}/folder`;
  Deno.mkdirSync(`${folder}/d/e`, { recursive: true });
  Deno.writeTextFileSync(`${folder}/d/file`, "contents");
  Deno.writeTextFileSync(`${outside}/secret`, "nobody may see this");
  const kernel = new Kernel({ framesMax: 256 });
  try {
    const { fileSystem } = kernel;
    fileSystem.mount(
      options.at ?? "/mnt",
      new HostDirectory(folder, { readOnly: options.readOnly ?? false }),
    );
    use(fileSystem, folder);
    assertEquals(Deno.readTextFileSync(`${outside}/secret`), "nobody may see this");
    assertEquals([...Deno.readDirSync(outside)].map(({ name }) => name).sort(), [
      "folder",
      "secret",
    ]);
  } finally {
    kernel.dispose();
    Deno.removeSync(outside, { recursive: true });
  }
  assertEquals(kernel.memory.framesInUse, 0);
}

Deno.test("does the guest read, write, make and remove what the host then sees?", () => {
  withMount((fs, folder) => {
    assertEquals(fs.list("/mnt/d"), ["e", "file"]);
    assertEquals(fs.readFile("/mnt/d/file"), utf8("contents"));
    fs.writeFile("/mnt/d/new", utf8("by the guest"), 0o640);
    assertEquals(Deno.readTextFileSync(`${folder}/d/new`), "by the guest");
    assertEquals((Deno.statSync(`${folder}/d/new`).mode ?? 0) & 0o7777, 0o640);
    fs.rename("/mnt/d/new", "/mnt/moved");
    fs.makeDirectory("/mnt/made", { mode: 0o700 });
    fs.makeSymlink("moved", "/mnt/link");
    assertEquals(fs.readFile("/mnt/link"), utf8("by the guest"));
    assertEquals(Deno.readLinkSync(`${folder}/link`), "moved");
    fs.remove("/mnt/d", { recursive: true });
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "link",
      "made",
      "moved",
    ]);
    assertEquals(errnoOf(() => fs.rename("/mnt/moved", "/mnt/made")), "EISDIR");
  });
});

Deno.test("does no link lead out of the folder, whoever made it?", () => {
  withMount((fs, folder) => {
    const outside = folder.slice(0, folder.lastIndexOf("/"));
    Deno.symlinkSync(`${outside}/secret`, `${folder}/absolute`);
    Deno.symlinkSync("../secret", `${folder}/relative`);
    Deno.symlinkSync("..", `${folder}/up`);
    Deno.symlinkSync("/", `${folder}/root`);
    fs.makeSymlink(`${outside}/secret`, "/mnt/made");
    const tries = [
      "absolute",
      "relative",
      "up/secret",
      `root${outside}/secret`,
      "made",
      "../secret",
    ];
    for (const path of tries) {
      assertEquals(errnoOf(() => fs.readFile(`/mnt/${path}`)), "ENOENT", path);
      assertEquals(errnoOf(() => fs.open(`/mnt/${path}`, O_RDWR)), "ENOENT", path);
    }
    // In the guest's own tree they lead to what the guest has there.
    fs.writeFile("/secret", utf8("the guest's own"));
    assertEquals(fs.readFile("/mnt/relative"), utf8("the guest's own"));
    fs.remove("/secret");
  });
});

Deno.test("does a directory that the host swaps for a link lead nowhere?", () => {
  withMount((fs, folder) => {
    const outside = folder.slice(0, folder.lastIndexOf("/"));
    const directory = fs.resolve("/mnt/d/e");
    const file = fs.resolve("/mnt/d/file").inode;
    Deno.removeSync(`${folder}/d`, { recursive: true });
    Deno.symlinkSync(outside, `${folder}/d`);
    const { inode } = directory;
    assertEquals(errnoOf(() => inode.attributes()), "ELOOP");
    assertEquals(errnoOf(() => inode.setAttributes({ mode: 0 })), "ELOOP");
    assertEquals(errnoOf(() => file instanceof RegularInode && file.read(0, 10)), "ELOOP");
  });
});

Deno.test("is a directory that became a link found out on the next way through it?", () => {
  withMount((fs, folder) => {
    const outside = folder.slice(0, folder.lastIndexOf("/"));
    Deno.writeTextFileSync(`${folder}/d/e/deep`, "inside");
    assertEquals(fs.readFile("/mnt/d/e/deep"), utf8("inside"));
    Deno.renameSync(`${folder}/d`, `${folder}/moved`);
    Deno.symlinkSync(outside, `${folder}/d`);
    for (const path of ["/mnt/d/secret", "/mnt/d/e/../secret", "/mnt/moved/../d/secret"]) {
      assertEquals(errnoOf(() => fs.readFile(path)), "ENOENT", path);
    }
    assertEquals(fs.readFile("/mnt/moved/e/../e/deep"), utf8("inside"));
  });
});

Deno.test("can a folder mounted as the root be left?", () => {
  withMount((fs, folder) => {
    Deno.symlinkSync("/../../etc/hostname", `${folder}/out`);
    assertEquals(errnoOf(() => fs.readFile("/out")), "ENOENT");
    assertEquals(errnoOf(() => fs.readFile("/../secret")), "ENOENT");
    assertEquals(fs.list("/"), ["d", "out"]);
  }, { at: "/" });
});

Deno.test("does a read-only folder stay as it is?", () => {
  withMount((fs, folder) => {
    assertEquals(errnoOf(() => fs.writeFile("/mnt/d/file", utf8("x"))), "EROFS");
    assertEquals(errnoOf(() => fs.remove("/mnt/d/file")), "EROFS");
    const host = new HostDirectory(folder, { readOnly: true });
    assertEquals(errnoOf(() => host.create("x", 0o644)), "EROFS");
    assertEquals(errnoOf(() => host.open("d/file", { read: true, write: true })), "EROFS");
  }, { readOnly: true });
});

Deno.test("are bad paths, special files and missing folders refused?", () => {
  withMount((fs, folder) => {
    const host = new HostDirectory(folder);
    for (const path of ["../secret", "d/../..", "/etc/passwd", "d//file", ".", "d/\0"]) {
      assertEquals(errnoOf(() => host.attributes(path)), "EINVAL", JSON.stringify(path));
      assertEquals(errnoOf(() => host.remove(path)), "EINVAL", JSON.stringify(path));
    }
    Deno.symlinkSync("d/file", `${folder}/link`);
    assertEquals(errnoOf(() => host.open("link", { read: true, write: false })), "ELOOP");
    assertEquals(errnoOf(() => host.setMode("link", 0)), "EOPNOTSUPP");
    assertEquals(errnoOf(() => host.open("d", { read: true, write: false })), "EACCES");
    assertEquals([host.attributes("none"), host.attributes("d/file/x")], [null, null]);
    assertEquals(errnoOf(() => fs.open("/mnt/none", O_RDONLY)), "ENOENT");
    assertThrows(() => new HostDirectory(`${folder}/none`), Deno.errors.NotFound);
    assertThrows(
      () => new HostDirectory(`${folder}/d/file`),
      Deno.errors.NotADirectory,
      "Cannot mount",
    );
  });
});

Deno.test("are modes, owners and times set on the host, and asked of it?", () => {
  withMount((fs, folder) => {
    const { inode } = fs.resolve("/mnt/d/file");
    inode.setAttributes({ mode: 0o4755, atime_ns: 1_500_000_000n, mtime_ns: 2_000_000_000n });
    const host = Deno.statSync(`${folder}/d/file`);
    assertEquals([(host.mode ?? 0) & 0o7777, host.mtime?.getTime()], [0o4755, 2000]);
    const attributes = fs.attributes("/mnt/d/file");
    assertEquals([attributes.mtime_ns, attributes.size], [2_000_000_000n, 8]);
    Deno.writeTextFileSync(`${folder}/d/file`, "longer contents");
    assertEquals(fs.attributes("/mnt/d/file").size, 15);
    assert(inode instanceof RegularInode);
    assertEquals(inode.read(7, 100), utf8("contents"));
  });
});
