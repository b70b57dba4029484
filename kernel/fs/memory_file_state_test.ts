// Does shared memory come back as one memory for all who had it, with its seals and its holes?

import { assert, assertEquals, assertMatch, assertThrows } from "../../std_assert.ts";
import { EBUSY, EPERM, SystemError } from "../abi/errno.ts";
import { F_SEAL_FUTURE_WRITE, F_SEAL_SEAL, F_SEAL_WRITE } from "../abi/memfd.ts";
import { MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE } from "../abi/mman.ts";
import { checkpoint } from "../checkpoint/checkpoint.ts";
import { Refusal } from "../checkpoint/refusal.ts";
import { planRestart } from "../checkpoint/restart.ts";
import { editField, editFields } from "../checkpoint/testing/edit.ts";
import { fingerprint, makeWorld, startLooping } from "../checkpoint/testing/world.ts";
import { Credentials } from "../credentials.ts";
import type { Kernel } from "../kernel.ts";
import { mmap } from "../mm/mmap.ts";
import type { Task } from "../task.ts";
import { MemoryFile } from "./memory_file.ts";
import type { OpenFile } from "./open_file.ts";
import { addSeals } from "./seals.ts";
import { Tmpfs } from "./tmpfs.ts";

const PAGE = 4096;
const SIZE = 1 << 30;
const world = makeWorld();

function openMemory(kernel: Kernel): OpenFile {
  const parts = { name: "memfd:shared", size: SIZE, mode: 0o600, uid: 0, gid: 0, seals: 0 };
  return kernel.fileSystem.openMemory(parts);
}

function memorySystem({ fileSystem }: Kernel): Tmpfs {
  const { superblock } = fileSystem.memoryRoot.inode;
  assert(superblock instanceof Tmpfs);
  return superblock;
}

function map({ mm }: Task, file: OpenFile, page: number, flags: number = MAP_SHARED): number {
  const protection = PROT_READ | PROT_WRITE;
  const offset = page * PAGE;
  return mmap(mm, { address: 0, length: PAGE, protection, flags, file, offset });
}

function memoryOf({ files }: Task, fd: number): MemoryFile {
  const { object } = files.get(fd);
  assert(object instanceof MemoryFile);
  return object;
}

/** Two tasks, of which one has memory open that both map at one page, and one privately at another. */
function withShared(): { kernel: Kernel; tasks: readonly [Task, Task]; at: readonly number[] } {
  const kernel = world.fork();
  const tasks = [startLooping(kernel), startLooping(kernel)] as const;
  const file = openMemory(kernel);
  tasks[0].files.install(file);
  const at = [map(tasks[0], file, 9), map(tasks[1], file, 9), map(tasks[0], file, 8, MAP_PRIVATE)];
  tasks[0].mm.user.write(at[0]!, Uint8Array.of(5));
  tasks[0].mm.user.write(at[2]!, Uint8Array.of(6));
  return { kernel, tasks, at };
}

function refusal(kernel: Kernel, image: Uint8Array, into?: Task): Refusal {
  const before = `${fingerprint(kernel)} ${memorySystem(kernel).pagesUsed}`;
  const options = into === undefined ? { adoptMachine: true } as const : { into };
  const refused = assertThrows(() => planRestart(kernel, image, options), Refusal);
  assertEquals(`${fingerprint(kernel)} ${memorySystem(kernel).pagesUsed}`, before);
  return refused;
}

Deno.test("do two tasks go on to share their memory?", () => {
  const { kernel, tasks, at } = withShared();
  const [first = 0, second = 0, copy = 0] = at;
  addSeals(memoryOf(tasks[0], 3), F_SEAL_FUTURE_WRITE);
  const image = checkpoint(kernel, tasks);
  const fresh = world.fork();
  const again = planRestart(fresh, image, { adoptMachine: true }).commit();
  const other = fresh.tasks.get(tasks[1].pid);
  assert(other !== undefined);
  assertEquals(checkpoint(fresh, [again, other]), image);
  const file = memoryOf(again, 3);
  assertEquals([file.size, file.blocks, file.nextData(0)], [SIZE, 8, 9 * PAGE]);
  assertEquals(again.files.get(3).path, "/memfd:shared (deleted)");
  assertEquals(other.mm.user.readU8(second), 5);
  other.mm.user.write(second, Uint8Array.of(7));
  assertEquals(again.mm.user.readU8(first), 7);
  assertEquals([again.mm.user.readU8(copy), file.read(8 * PAGE, 1)[0]], [6, 0]);
  const refused = assertThrows(() => file.write(0, Uint8Array.of(1)), SystemError);
  assertEquals(refused.errno, EPERM);
  for (const each of [kernel, fresh]) each.dispose();
});

Deno.test("is memory gone with the last who has it, after a restart too?", () => {
  const { kernel, tasks } = withShared();
  const fresh = world.fork();
  const again = planRestart(fresh, checkpoint(kernel, tasks), { adoptMachine: true }).commit();
  const memory = memorySystem(fresh);
  again.mm.release();
  fresh.tasks.get(tasks[1].pid)?.mm.release();
  assertEquals(memory.pagesUsed, 1);
  again.files.close(3);
  assertEquals([memory.pagesUsed, memory.files.size], [0, 0]);
  kernel.dispose();
});

Deno.test("is memory refused by name that somebody outside maps, or has open?", () => {
  const { kernel, tasks: [first, second] } = withShared();
  const mapped = assertThrows(() => checkpoint(kernel, first), Refusal);
  assertMatch(mapped.message, /memfd:shared, mapped elsewhere too/);
  assertEquals(mapped.errno, EBUSY);
  const file = openMemory(kernel);
  second.files.install(file);
  const another = kernel.fileSystem.open(`/proc/${second.pid}/fd/3`);
  first.files.install(another);
  second.mm.release();
  assertMatch(
    assertThrows(() => checkpoint(kernel, first), Refusal).message,
    /memfd:shared, open 1 times more/,
  );
});

Deno.test("are seals, names and mappings refused that cannot be together?", () => {
  const { kernel, tasks } = withShared();
  const image = checkpoint(kernel, tasks);
  const fresh = world.fork();
  const check = (field: string, value: number | Uint8Array) => {
    const path = "task[0]/file_table/fd[3]/file/unlinked/memory";
    return refusal(fresh, editField(image, path, field, value)).check;
  };
  const name = (text: string) => check("name", new TextEncoder().encode(text.padEnd(16, "\0")));
  assertEquals(check("seals", F_SEAL_WRITE), "VMA.vm_flags/unsealed");
  assertEquals(name("dev/zero"), "MEMORY/sealable");
  assertEquals(name("dev/null"), "MEMORY/name_known");
  for (const each of [kernel, fresh]) each.dispose();
});

Deno.test("does an anonymous shared mapping come back without ever taking seals?", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const parts = { name: "dev/zero", size: PAGE, mode: 0o777, uid: 0, gid: 0 };
  const file = kernel.fileSystem.openMemory(parts);
  const at = map(task, file, 0);
  file.release();
  task.mm.user.write(at, Uint8Array.of(3));
  const fresh = world.fork();
  const again = planRestart(fresh, checkpoint(kernel, task), { adoptMachine: true }).commit();
  const vma = again.mm.vmas.lookup(at);
  assertEquals(vma?.file?.path, "/dev/zero (deleted)");
  assertEquals([vma?.object?.seals, again.mm.user.readU8(at)], [F_SEAL_SEAL, 3]);
  for (const each of [kernel, fresh]) each.dispose();
});

Deno.test("may a caller have only memory that it could have made?", () => {
  const { kernel, tasks: [first, second] } = withShared();
  second.mm.release();
  first.credentials = Credentials.of(1000);
  const image = checkpoint(kernel, first);
  const other = world.fork();
  const caller = startLooping(other);
  caller.credentials = Credentials.of(1000);
  assertEquals(refusal(other, image, caller).check, "UNLINKED.uid/allowed");
  const path = "task[0]/file_table/fd[3]/file/unlinked";
  const own = editFields(image, [[path, "uid", 1000], [path, "gid", 1000]]);
  planRestart(other, own, { into: caller }).commit();
  assertEquals(memoryOf(caller, 3).uid, 1000);
  for (const each of [kernel, other]) each.dispose();
});
