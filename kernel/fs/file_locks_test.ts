/** Are locks saved with their owners, and refused where somebody else has them? */
import { assertEquals, assertThrows } from "../../std_assert.ts";
import { O_RDWR } from "../abi/fcntl.ts";
import { checkpoint } from "../checkpoint/checkpoint.ts";
import { Refusal } from "../checkpoint/refusal.ts";
import { planRestart } from "../checkpoint/restart.ts";
import { makeWorld, startLooping } from "../checkpoint/testing/world.ts";
import type { Task } from "../task.ts";
import { FileLocks, LOCK_END_MAX, type LockRequest } from "./file_locks.ts";

const world = makeWorld();
const posix: LockRequest = { kind: "posix", mode: "write", start: 3n, end: 9n };
const flock: LockRequest = { kind: "flock", mode: "read", start: 0n, end: LOCK_END_MAX };

function locksOf(task: Task): FileLocks {
  const inode = task.files.get(3).inode;
  if (inode === null) throw new Error("There is a file");
  return inode.locks ??= new FileLocks();
}

function lockingTask() {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const file = kernel.fileSystem.open("/tmp/a", O_RDWR);
  task.files.duplicate(task.files.install(file));
  locksOf(task).lock(posix, task.files);
  locksOf(task).lock(flock, file);
  return { kernel, task, image: checkpoint(kernel, task) };
}

Deno.test("locks come back to their owners, in a restart and in a clone, and end with them", () => {
  const { kernel: source, image } = lockingTask();
  source.dispose();
  const kernel = world.fork();
  const restarted = planRestart(kernel, image, { adoptMachine: true }).commit();
  const fork = kernel.fork();
  for (const task of [restarted, fork.tasks.all[0]!]) {
    const locks = locksOf(task);
    assertEquals(locks.all.map(({ kind }) => kind), ["flock", "posix"]);
    assertEquals(locks.all.map(({ owner }) => owner), [task.files.get(3), task.files]);
    task.files.close(4);
    assertEquals(locks.all.map(({ kind }) => kind), ["flock"]);
    task.files.close(3);
    assertEquals(locks.all, []);
  }
  fork.dispose();
  kernel.dispose();
});

Deno.test("a lock that somebody else has is refused, and nothing is left of the plan", () => {
  const { kernel: source, image } = lockingTask();
  source.dispose();
  const kernel = world.fork();
  const file = kernel.fileSystem.open("/tmp/a", O_RDWR);
  const { inode } = file;
  if (inode === null) throw new Error("There is a file");
  inode.locks = new FileLocks();
  inode.locks.lock({ ...posix, kind: "ofd", start: 9n, end: 9n }, file);
  const refusal = assertThrows(
    () => planRestart(kernel, image, { adoptMachine: true }),
    Refusal,
  );
  assertEquals(refusal.check, "FILE_LOCKS.locks/free");
  assertEquals(inode.locks.all.length, 1);
  file.release();
  planRestart(kernel, image, { adoptMachine: true }).dispose();
  assertEquals(inode.locks.all.length, 0);
  kernel.dispose();
});
