import { assertEquals, assertStrictEquals } from "../../std_assert.ts";
import { O_PATH, O_RDONLY, O_RDWR } from "../abi/fcntl.ts";
import { Cloning } from "./cloning.ts";
import { FileTable } from "./file_table.ts";
import type { FileSystem } from "./file_system.ts";
import { errnoOf, utf8, withFileSystem } from "./testing/environment.ts";

function withTable(use: (table: FileTable, fs: FileSystem) => void): void {
  withFileSystem((fs) => {
    fs.writeFile("/tmp/f", utf8("contents"));
    const table = new FileTable();
    use(table, fs);
    table.closeAll();
  });
}

Deno.test("is the lowest free descriptor taken, also above a minimum?", () => {
  withTable((table, fs) => {
    const open = () => fs.open("/tmp/f");
    assertEquals([0, 1, 2].map(() => table.install(open())), [0, 1, 2]);
    table.close(1);
    assertEquals(table.install(open(), 2), 3);
    assertEquals(table.install(open()), 1);
    assertEquals(table.install(open(), 100), 100);
    assertEquals(table.entries().map(([fd]) => fd), [0, 1, 2, 3, 100]);
    assertEquals(table.size, 5);
  });
});

Deno.test("do duplicates share the offset and not close-on-exec?", () => {
  withTable((table, fs) => {
    const fd = table.install(fs.open("/tmp/f", O_RDWR), 0, true);
    const copy = table.duplicate(fd, { minimum: 5 });
    table.get(fd).offset = 3;
    assertEquals(table.get(copy).offset, 3);
    assertEquals([fd, copy].map((one) => table.descriptor(one).closeOnExec), [true, false]);
    assertEquals(table.get(copy).references, 2);
    table.closeOnExec();
    assertEquals(table.entries().map(([one]) => one), [5]);
  });
});

Deno.test("what is refused?", () => {
  withTable((table, fs) => {
    const fd = table.install(fs.open("/tmp/f"));
    assertEquals(errnoOf(() => table.get(1)), "EBADF");
    assertEquals(errnoOf(() => table.get(-1)), "EBADF");
    assertEquals(errnoOf(() => table.close(7)), "EBADF");
    assertEquals(errnoOf(() => table.duplicate(fd, { minimum: 4, limit: 4 })), "EINVAL");
    assertEquals(errnoOf(() => table.duplicate(fd, { limit: 1 })), "EMFILE");
    assertEquals(errnoOf(() => table.duplicateTo(fd, 1024, { limit: 1024 })), "EBADF");
    assertEquals(errnoOf(() => table.duplicateTo(9, 2)), "EBADF");
    assertEquals(table.get(fd).references, 1);
    const named = table.install(fs.open("/tmp/f", O_PATH));
    assertEquals(errnoOf(() => table.get(named)), "EBADF");
    assertEquals(table.getAny(named).path, "/tmp/f");
  });
});

Deno.test("does dup3 close what was there?", () => {
  withTable((table, fs) => {
    const [fd, other] = [table.install(fs.open("/tmp/f")), table.install(fs.open("/tmp/f"))];
    const before = table.get(other);
    table.duplicateTo(fd, other);
    assertEquals(before.references, 0);
    assertStrictEquals(table.get(other), table.get(fd));
  });
});

Deno.test("do a child's table and a clone's keep who shares what?", () => {
  withTable((table, fs) => {
    const fd = table.install(fs.open("/tmp/f"));
    table.duplicate(fd);
    table.install(fs.open("/tmp/f"));
    const child = table.fork();
    assertStrictEquals(child.get(0), table.get(0));
    assertEquals(table.get(0).references, 4);
    child.closeAll();

    const cloning = new Cloning();
    const copyOfTree = fs.clone(fs.environment, cloning);
    const copy = table.clone(cloning);
    assertStrictEquals(copy.get(0), copy.get(1));
    assertEquals(copy.get(0) === copy.get(2), false);
    assertEquals(copy.get(0) === table.get(0), false);
    assertEquals(copy.get(0).references, 2);
    assertStrictEquals(copy.get(0).inode, copyOfTree.resolve("/tmp/f").inode);
    copy.get(1).offset = 5;
    assertEquals([copy.get(0).offset, table.get(0).offset], [5, 0]);
    copy.closeAll();
    copyOfTree.dispose();
  });
});

Deno.test("does a clone keep an unlinked file that is open, and only then?", () => {
  withTable((table, fs) => {
    const { memory } = fs.environment;
    table.install(fs.open("/tmp/f", O_RDONLY));
    fs.remove("/tmp/f");
    const cloning = new Cloning();
    const copyOfTree = fs.clone(fs.environment, cloning);
    const copy = table.clone(cloning);
    table.close(0);
    assertEquals(copy.get(0).object.read(0, 99), utf8("contents"));
    assertEquals(copy.get(0).path, "/tmp/f (deleted)");
    copy.closeAll();
    assertEquals(memory.framesInUse, 0);
    copyOfTree.dispose();
  });
});
