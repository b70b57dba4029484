// Does a segment live as long as somebody has it attached, in a machine and in its clone?

import { assert, assertEquals, assertMatch, assertThrows } from "../../std_assert.ts";
import { IPC_CREAT, IPC_PRIVATE } from "../abi/ipc.ts";
import { MAP_SHARED, PROT_READ, PROT_WRITE } from "../abi/mman.ts";
import { checkpoint } from "../checkpoint/checkpoint.ts";
import { Refusal } from "../checkpoint/refusal.ts";
import { makeWorld, startLooping } from "../checkpoint/testing/world.ts";
import { exitGroup } from "../exit.ts";
import type { Kernel } from "../kernel.ts";
import { mmap } from "../mm/mmap.ts";
import type { Task } from "../task.ts";
import { SharedSegment } from "./segment.ts";

const PAGE = 4096;
const world = makeWorld();

function make(
  kernel: Kernel,
  { credentials, tgid }: Task,
  key: number = IPC_PRIVATE,
): SharedSegment {
  const { segments } = kernel.ipc;
  const parts = { name: "SYSV00000000", size: 2 * PAGE, mode: 0o777, uid: 0, gid: 0 };
  const id = segments.obtain({ key, flags: IPC_CREAT | 0o600, credentials }, {
    make: (id, ownership) =>
      new SharedSegment(id, ownership, kernel.fileSystem.openMemory(parts), tgid),
  });
  return segments.get(id);
}

function attach({ mm }: Task, segment: SharedSegment): number {
  const file = segment.attach(false);
  const protection = PROT_READ | PROT_WRITE;
  const length = 2 * PAGE;
  const at = mmap(mm, { address: 0, length, protection, flags: MAP_SHARED, file, offset: 0 });
  file.release();
  return at;
}

Deno.test("a doomed segment goes with the process that has it attached last, and gives its frames back", () => {
  const kernel = world.fork();
  const tasks = [startLooping(kernel), startLooping(kernel)] as const;
  const segment = make(kernel, tasks[0]);
  const before = kernel.memory.framesInUse;
  for (const task of tasks) task.mm.user.write(attach(task, segment), Uint8Array.of(1));
  segment.doom();
  exitGroup(kernel, tasks[0].group, 0);
  assertEquals(segment.mappings, 1);
  assertEquals(kernel.ipc.segments.all, [segment]);
  exitGroup(kernel, tasks[1].group, 0);
  assertEquals(kernel.ipc.segments.all, []);
  assert(kernel.memory.framesInUse < before);
  assertEquals(segment.lastProcess, tasks[1].pid);
  kernel.dispose();
});

Deno.test("the key of a doomed segment is free, also for one that is made before its end", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const doomed = make(kernel, task, 77);
  assertEquals(make(kernel, task, 77), doomed);
  attach(task, doomed);
  doomed.doom();
  const next = make(kernel, task, 77);
  assert(next !== doomed);
  exitGroup(kernel, task.group, 0);
  assertEquals(kernel.ipc.segments.all, [next]);
  assertEquals(make(kernel, task, 77), next);
  kernel.dispose();
});

Deno.test("a clone has the segment, its attachments and its end for itself", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const at = attach(task, make(kernel, task));
  task.mm.user.write(at, Uint8Array.of(1));
  const clone = kernel.fork();
  const [copy] = clone.ipc.segments.all;
  const again = clone.tasks.get(task.pid);
  assert(copy !== undefined && again !== undefined);
  again.mm.user.write(at, Uint8Array.of(2));
  assertEquals([task.mm.user.readU8(at), copy.memory.read(0, 1)[0]], [1, 2]);
  copy.doom();
  assertEquals([kernel.ipc.segments.size, clone.ipc.segments.size], [1, 1]);
  exitGroup(clone, again.group, 0);
  assertEquals([kernel.ipc.segments.size, clone.ipc.segments.size], [1, 0]);
  for (const each of [kernel, clone]) each.dispose();
});

Deno.test("a checkpoint is refused, by name, while there is a segment", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const segment = make(kernel, task);
  const refused = assertThrows(() => checkpoint(kernel, task), Refusal);
  assertMatch(refused.message, /the System V shared memory 0/);
  segment.doom();
  checkpoint(kernel, task);
  kernel.dispose();
});
