// Do files without a name come back with their contents, once for all who have them open?

import { assert, assertEquals, assertMatch, assertThrows } from "../../std_assert.ts";
import { EACCES, EEXIST, ENOSPC } from "../abi/errno.ts";
import { O_CREAT, O_DIRECTORY, O_RDONLY, O_RDWR, O_TMPFILE_BIT } from "../abi/fcntl.ts";
import { S_IFDIR } from "../abi/stat.ts";
import { checkpoint } from "../checkpoint/checkpoint.ts";
import { Refusal } from "../checkpoint/refusal.ts";
import { planRestart } from "../checkpoint/restart.ts";
import { editField, editFields } from "../checkpoint/testing/edit.ts";
import { fingerprint, makeWorld, startLooping } from "../checkpoint/testing/world.ts";
import { Credentials } from "../credentials.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { RegularInode } from "./inode.ts";
import { Tmpfs } from "./tmpfs.ts";

const PATH = "/tmp/gone";
const BYTES = new Uint8Array(10_000).map((_, i) => i * 7);
const world = makeWorld();

/** A machine with a task that loops, and a file of a hole and some bytes, open twice and without a name. */
function withGone(): { kernel: Kernel; task: Task } {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const file = kernel.fileSystem.open(PATH, O_RDWR | O_CREAT, 0o640);
  file.object.write(1 << 20, BYTES);
  file.offset = 5;
  task.files.install(file);
  task.files.install(kernel.fileSystem.open(PATH, O_RDONLY));
  kernel.fileSystem.remove(PATH);
  return { kernel, task };
}

function contentsOf({ files }: Task, fd: number): RegularInode {
  const { object } = files.get(fd);
  assert(object instanceof RegularInode);
  return object;
}

function pagesUsed(kernel: Kernel): number {
  const { superblock } = kernel.fileSystem.resolve("/tmp").inode;
  assert(superblock instanceof Tmpfs);
  return superblock.pagesUsed;
}

function refusal(kernel: Kernel, image: Uint8Array, into?: Task): Refusal {
  const before = `${fingerprint(kernel)} ${pagesUsed(kernel)}`;
  const options = into === undefined ? { adoptMachine: true } as const : { into };
  const refused = assertThrows(() => planRestart(kernel, image, options), Refusal);
  assertEquals(`${fingerprint(kernel)} ${pagesUsed(kernel)}`, before);
  return refused;
}

Deno.test("is a file without a name the same file, with its hole, for both who have it open?", () => {
  const { kernel, task } = withGone();
  const image = checkpoint(kernel, task);
  const fresh = world.fork();
  const before = pagesUsed(fresh);
  const again = planRestart(fresh, image, { adoptMachine: true }).commit();
  const [old, file] = [contentsOf(task, 3), contentsOf(again, 3)];
  assertEquals(contentsOf(again, 4), file);
  assertEquals(file.attributes(), old.attributes());
  assertEquals(file.read(1 << 20, 1 << 20), BYTES);
  assertEquals(file.nextData(0), old.nextData(0));
  assertEquals(again.files.get(3).path, `${PATH} (deleted)`);
  assertEquals(again.files.get(3).offset, 5);
  assertEquals(checkpoint(fresh, again), image);
  again.files.close(3);
  assertEquals(pagesUsed(fresh), before + 3);
  again.files.close(4);
  assertEquals(pagesUsed(fresh), before);
  for (const each of [kernel, fresh]) each.dispose();
});

Deno.test("can a file that never had a name be given one after the restart?", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const { fileSystem } = kernel;
  task.files.install(fileSystem.open("/tmp", O_TMPFILE_BIT | O_DIRECTORY | O_RDWR, 0o600));
  const fresh = world.fork();
  const again = planRestart(fresh, checkpoint(kernel, task), { adoptMachine: true }).commit();
  assertEquals(contentsOf(again, 3).linkable, true);
  assertEquals(again.files.get(3).path, task.files.get(3).path);
  for (const each of [kernel, fresh]) each.dispose();
});

Deno.test("does a directory without a name come back?", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const { fileSystem } = kernel;
  fileSystem.makeDirectory("/tmp/d", { mode: 0o700 });
  task.files.install(fileSystem.open("/tmp/d", O_RDONLY | O_DIRECTORY));
  fileSystem.remove("/tmp/d");
  const fresh = world.fork();
  const again = planRestart(fresh, checkpoint(kernel, task), { adoptMachine: true }).commit();
  const [was, is] = [task, again].map(({ files }) => files.get(3));
  assertEquals(is!.attributes(), was!.attributes());
  assertEquals(is!.path, "/tmp/d (deleted)");
  for (const each of [kernel, fresh]) each.dispose();
});

Deno.test("does a machine that goes on give the file a number of its own?", () => {
  const { kernel, task } = withGone();
  const other = world.fork();
  const caller = startLooping(other);
  planRestart(other, checkpoint(kernel, task), { into: caller }).commit();
  const [{ ino: was }, { ino: is }] = [contentsOf(task, 3), contentsOf(caller, 3)];
  assert(was !== is || other.fileSystem.open("/tmp/new", O_CREAT | O_RDWR).inode?.ino !== is);
  for (const each of [kernel, other]) each.dispose();
});

Deno.test("may a caller have only a file that it could have made?", () => {
  const { kernel, task } = withGone();
  task.credentials = Credentials.of(1000);
  const image = checkpoint(kernel, task);
  kernel.dispose();
  const other = world.fork();
  const { inode } = other.fileSystem.resolve("/tmp");
  const caller = startLooping(other);
  caller.credentials = Credentials.of(1000);
  assertEquals(refusal(other, image, caller).check, "UNLINKED.uid/allowed");
  const own = editFields(image, [
    ["task[0]/file_table/fd[3]/file/unlinked", "uid", 1000],
    ["task[0]/file_table/fd[3]/file/unlinked", "gid", 1000],
  ]);
  inode.mode = S_IFDIR | 0o755;
  assertEquals(refusal(other, own, caller).errno, EACCES);
  inode.mode = S_IFDIR | 0o1777;
  planRestart(other, own, { into: caller }).commit();
  assertEquals(contentsOf(caller, 3).uid, 1000);
  other.dispose();
});

Deno.test("is a file that has no room, or another's number, refused without a trace?", () => {
  const { kernel, task } = withGone();
  const image = checkpoint(kernel, task);
  kernel.dispose();
  const full = world.fork();
  const { superblock } = full.fileSystem.resolve("/tmp").inode;
  assert(superblock instanceof Tmpfs);
  superblock.pagesUsed = superblock.pagesMax - 2;
  assertEquals(refusal(full, image).errno, ENOSPC);
  const { ino } = world.fileSystem.resolve("/tmp/a").inode;
  const edited = editField(image, "task[0]/file_table/fd[3]/file/unlinked", "ino", ino);
  assertEquals(refusal(world, edited).errno, EEXIST);
});

Deno.test("does a file come back whose directories are gone too?", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const { fileSystem } = kernel;
  fileSystem.makeDirectory("/tmp/d/e", { recursive: true });
  task.files.install(fileSystem.open("/tmp/d/e/f", O_RDWR | O_CREAT));
  fileSystem.remove("/tmp/d", { recursive: true });
  const image = checkpoint(kernel, task);
  const fresh = world.fork();
  const again = planRestart(fresh, image, { adoptMachine: true }).commit();
  assertEquals(again.files.get(3).path, "/tmp/d/e/f (deleted)");
  assertEquals(checkpoint(fresh, again), image);
  for (const each of [kernel, fresh]) each.dispose();
});

Deno.test("is refused by name what has another name, and a directory whose own is gone too?", () => {
  const { kernel, task } = withGone();
  const { fileSystem } = kernel;
  fileSystem.makeDirectory("/tmp/d/e", { recursive: true });
  task.files.installAt(4, fileSystem.open("/tmp/d/e", O_RDONLY | O_DIRECTORY));
  fileSystem.remove("/tmp/d", { recursive: true });
  assertMatch(assertThrows(() => checkpoint(kernel, task), Refusal).message, /\/tmp\/d\/e, a dir/);
  task.files.close(4);
  const { inode } = fileSystem.resolve("/tmp/a");
  task.files.install(fileSystem.open("/tmp/a"));
  inode.nlink = 2;
  fileSystem.remove("/tmp/a");
  assertMatch(assertThrows(() => checkpoint(kernel, task), Refusal).message, /has another name/);
  kernel.dispose();
});
