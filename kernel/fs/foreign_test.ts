import { assert, assertEquals, assertNotEquals } from "../../std_assert.ts";
import { O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from "../abi/fcntl.ts";
import { S_IFIFO, S_IFLNK, S_IFREG } from "../abi/stat.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { Cloning } from "./cloning.ts";
import type { FileSystem } from "./file_system.ts";
import { RegularInode } from "./inode.ts";
import { makeLink } from "./names.ts";
import { contextOf, errnoOf, text, utf8, withFileSystem } from "./testing/environment.ts";
import { ForeignFolder } from "./testing/foreign_folder.ts";
import { MappedView } from "./testing/mapped_view.ts";

function withMount(
  folder: ForeignFolder,
  use: (fs: FileSystem) => void,
  options: { at?: string; framesMax?: number } = {},
): void {
  withFileSystem((fs) => {
    fs.mount(options.at ?? "/mnt", folder);
    use(fs);
    fs.dispose();
    assertEquals(folder.handles, 0, "Host handles leaked");
  }, options.framesMax);
}

function regular(fs: FileSystem, path: string): RegularInode {
  const { inode } = fs.resolve(path);
  if (inode instanceof RegularInode) return inode;
  throw new Error(`"${path}" is no regular file`);
}

Deno.test("are files of the folder read, written, made, renamed and removed?", () => {
  const folder = new ForeignFolder({ "a/b/file": "contents" });
  withMount(folder, (fs) => {
    assertEquals(text(fs.readFile("/mnt/a/b/file")), "contents");
    assertEquals(fs.list("/mnt/a"), ["b"]);
    fs.writeFile("/mnt/a/new", utf8("new"), 0o600);
    assertEquals(folder.attributes("a/new")?.mode, S_IFREG | 0o600);
    fs.rename("/mnt/a", "/mnt/z");
    assertEquals(text(fs.readFile("/mnt/z/new")), "new");
    fs.makeDirectory("/mnt/d");
    fs.makeSymlink("z/new", "/mnt/link");
    assertEquals(text(fs.readFile("/mnt/link")), "new");
    makeLink(contextOf(fs), fs.resolve("/mnt/z/new"), "/mnt/second");
    assertEquals(fs.attributes("/mnt/second").nlink, 2);
    fs.remove("/mnt/z", { recursive: true });
    fs.remove("/mnt/link");
    assertEquals(fs.list("/mnt"), ["d", "second"]);
    assertEquals(text(fs.readFile("/mnt/second")), "new");
    assertEquals(fs.attributes("/mnt/second").nlink, 1);
  });
});

Deno.test("does an absolute link in the folder lead into the guest's tree?", () => {
  const folder = new ForeignFolder({ "etc/secret": "the folder's" });
  folder.put("absolute", S_IFLNK | 0o777, "/etc/secret");
  folder.put("up", S_IFLNK | 0o777, "../../../../etc/secret");
  withMount(folder, (fs) => {
    fs.writeFile("/etc/secret", utf8("the guest's"));
    assertEquals(text(fs.readFile("/mnt/absolute")), "the guest's");
    assertEquals(text(fs.readFile("/mnt/up")), "the guest's");
  });
  withMount(folder, (fs) => {
    assertEquals(text(fs.readFile("/absolute")), "the folder's");
    assertEquals(text(fs.readFile("/../../up")), "the folder's");
  }, { at: "/" });
});

Deno.test("does a folder mounted as the root get the machine's devices?", () => {
  withMount(new ForeignFolder({ "dev/.keep": "", "bin/sh": "" }), (fs) => {
    assertEquals(fs.list("/"), ["bin", "dev"]);
    assert(fs.list("/dev").includes("null"));
    fs.open("/dev/null", O_RDWR).release();
  }, { at: "/" });
});

Deno.test("is a read-only folder never asked to change anything?", () => {
  const folder = new ForeignFolder({ "d/f": "contents" }, { readOnly: true });
  withMount(folder, (fs) => {
    const attempts: (() => unknown)[] = [
      () => fs.writeFile("/mnt/d/f", utf8("x")),
      () => fs.writeFile("/mnt/new", utf8("x")),
      () => fs.open("/mnt/d/f", O_RDWR),
      () => fs.open("/mnt/d/f", O_TRUNC),
      () => fs.makeDirectory("/mnt/x"),
      () => fs.makeSymlink("x", "/mnt/x"),
      () => fs.remove("/mnt/d/f"),
      () => fs.remove("/mnt/d"),
      () => fs.rename("/mnt/d", "/mnt/e"),
    ];
    for (const attempt of attempts) assertEquals(errnoOf(attempt), "EROFS");
    assertEquals(text(fs.readFile("/mnt/d/f")), "contents");
  });
});

Deno.test("does a mapped page follow the file when it changes, here or behind our back?", () => {
  const folder = new ForeignFolder({ f: "one" });
  withMount(folder, (fs) => {
    const file = fs.open("/mnt/f", O_RDWR);
    const inode = regular(fs, "/mnt/f");
    const views = [new MappedView(inode), new MappedView(inode)];
    const shown = () => views.map((view) => text(view.look(0)?.subarray(0, 3) ?? utf8("none")));
    assertEquals(shown(), ["one", "one"]);
    assertEquals(fs.environment.memory.framesInUse, 1, "A second mapping shares the page");
    const { version } = inode;
    folder.overwrite("f", "two");
    assertNotEquals(inode.version, version);
    assertEquals(shown(), ["two", "two"]);
    inode.write(0, utf8("six"));
    assertEquals(shown(), ["six", "six"]);
    assertEquals(inode.pageFrame(1), -1);
    inode.resize(0);
    assertEquals(shown(), ["none", "none"]);
    for (const view of views) view.release();
    file.release();
  });
});

Deno.test("are pages around a mapped one read along, and forgotten when the file changes?", () => {
  const pages = (letters: string) => [...letters].map((one) => one.repeat(PAGE_SIZE)).join("");
  const changes = {
    none: () => {},
    overwritten: (_: RegularInode, folder: ForeignFolder) =>
      folder.overwrite("overwritten", pages("AB")),
    written: (inode: RegularInode) => inode.write(0, utf8(pages("xy"))),
    cut: (inode: RegularInode) => inode.resize(PAGE_SIZE),
  };
  for (const [name, change] of Object.entries(changes)) {
    const folder = new ForeignFolder({ [name]: pages("ab") + "c" });
    withMount(folder, (fs) => {
      const file = fs.open(`/mnt/${name}`, O_RDWR);
      const inode = regular(fs, `/mnt/${name}`);
      const view = new MappedView(inode);
      const shown = (page: number) => text(view.look(page)?.subarray(0, 2) ?? new Uint8Array());
      assertEquals(shown(0), "aa");
      const { reads } = folder;
      assertEquals(fs.environment.memory.framesInUse, 1, "None is kept that nobody asked for");
      change(inode, folder);
      inode.refresh();
      assertEquals(shown(1), folder.contents(name).slice(PAGE_SIZE).slice(0, 2));
      assertEquals(folder.reads > reads, name !== "none");
      view.release();
      file.release();
    });
  }
});

Deno.test("what becomes of what programs write to a shared mapping?", () => {
  const folder = new ForeignFolder({ f: "a".repeat(PAGE_SIZE) + "tail" });
  withMount(folder, (fs) => {
    const onHost = () => folder.contents("f");
    const file = fs.open("/mnt/f", O_RDWR);
    const inode = regular(fs, "/mnt/f");
    const [view, other] = [new MappedView(inode), new MappedView(inode)] as const;
    other.look(0);
    const { version } = inode;
    assert(view.poke(0, 1, 0x62) && view.poke(1, 0, 0x54) && !view.poke(2, 0, 1));
    // What is behind the end stays out of the file.
    assert(view.poke(1, 100, 0x58));
    assertEquals(text(other.look(0)?.subarray(0, 3) ?? utf8("")), "aba");
    assertEquals([onHost().slice(0, 3), onHost().length], ["aaa", PAGE_SIZE + 4]);
    assertEquals(text(inode.read(PAGE_SIZE - 1, 100)), "aTail");
    assertEquals([onHost().slice(0, 3), onHost().slice(PAGE_SIZE)], ["aba", "Tail"]);
    assertNotEquals(inode.version, version);
    view.poke(0, 2, 0x63);
    inode.write(0, utf8("A"));
    assertEquals(text(view.look(0)?.subarray(0, 4) ?? utf8("")), "Abca");
    inode.synchronise();
    assertEquals(onHost().slice(0, 4), "Abca");
    view.poke(0, 3, 0x64);
    folder.overwrite("f", onHost().replace("A", "Z"));
    inode.refresh();
    assertEquals([onHost().slice(0, 4), text(inode.read(0, 4))], ["Abcd", "Abcd"]);
    view.poke(0, 0, 0x65);
    for (const each of [view, other]) each.release();
    file.release();
    assertEquals(onHost().slice(0, 4), "ebcd");
  });
});

Deno.test("are pages that nobody maps given back before they are too many?", () => {
  const folder = new ForeignFolder({ big: "x".repeat(100 * PAGE_SIZE), other: "y" });
  withMount(folder, (fs) => {
    const { memory } = fs.environment;
    const inode = regular(fs, "/mnt/big");
    const mapped = inode.pageFrame(0);
    memory.retainFrame(mapped);
    for (let page = 1; page < 100; page++) inode.pageFrame(page);
    assert(memory.framesInUse <= 9, `${memory.framesInUse} frames`);
    assertEquals(inode.pageFrame(0), mapped);
    memory.releaseFrame(mapped);
  }, { framesMax: 64 });
});

Deno.test("does an open file survive its name?", () => {
  const folder = new ForeignFolder({ f: "contents" });
  withMount(folder, (fs) => {
    const file = fs.open("/mnt/f", O_RDONLY);
    fs.remove("/mnt/f");
    fs.writeFile("/mnt/f", utf8("another"));
    assertEquals(file.object.read(0, 99), utf8("contents"));
    assertEquals([file.path, file.attributes().nlink], ["/mnt/f (deleted)", 0]);
    file.release();
  });
});

Deno.test("is a file that the host replaced another file?", () => {
  const folder = new ForeignFolder({ f: "old" });
  withMount(folder, (fs) => {
    const old = fs.resolve("/mnt/f");
    folder.put("f", S_IFREG | 0o644, "new");
    assertEquals(text(fs.readFile("/mnt/f")), "new");
    assertNotEquals(fs.resolve("/mnt/f").inode, old.inode);
    assertEquals(errnoOf(() => old.inode.attributes()), "ESTALE");
    assertEquals(old.pathFrom().deleted, true);
  });
});

Deno.test("do files on another device of the host get numbers of their own?", () => {
  const folder = new ForeignFolder({ f: "" });
  const { ino } = folder.put("g", S_IFREG | 0o644, "", 2);
  withMount(folder, (fs) => {
    assertEquals(fs.attributes("/mnt/f").ino, folder.attributes("f")?.ino);
    assertNotEquals(fs.attributes("/mnt/g").ino, ino);
    assertEquals(fs.attributes("/mnt/g").ino, fs.attributes("/mnt/g").ino);
  });
});

Deno.test("what cannot be done in a folder?", () => {
  const folder = new ForeignFolder({ f: "" });
  folder.put("fifo", S_IFIFO | 0o644, "");
  withMount(folder, (fs) => {
    assertEquals(errnoOf(() => fs.open("/mnt/fifo")), "ENXIO");
    assertEquals(errnoOf(() => fs.writeFile("/mnt/bad\udcff", utf8(""))), "EILSEQ");
    assertEquals(fs.exists("/mnt/bad\udcff"), false);
    assertEquals(errnoOf(() => regular(fs, "/mnt/f").reserve(0, 1)), "EOPNOTSUPP");
    assertEquals(errnoOf(() => fs.rename("/mnt/f", "/tmp/f")), "EXDEV");
    assertEquals(errnoOf(() => fs.open("/mnt/f/x", O_WRONLY | O_CREAT)), "ENOTDIR");
  });
});

Deno.test("does a machine's clone see the same folder through inodes of its own?", () => {
  const folder = new ForeignFolder({ "d/f": "contents" });
  withMount(folder, (fs) => {
    const file = fs.open("/mnt/d/f", O_RDONLY);
    const cloning = new Cloning();
    const copyOfTree = fs.clone(fs.environment, cloning);
    const copy = file.clone(cloning);
    file.release();
    assertEquals(text(copyOfTree.readFile("/mnt/d/f")), "contents");
    assertEquals(copy.object.read(0, 4), utf8("cont"));
    assertEquals(copyOfTree.resolve("/mnt/d/f").inode, copy.inode);
    copy.release();
    copyOfTree.dispose();
  });
});
