// Does what is open in /proc come back as it was, or is it refused by name?

import { assertEquals, assertMatch, assertThrows } from "../../../std_assert.ts";
import { EACCES, ENOENT } from "../../abi/errno.ts";
import { O_DIRECTORY, O_PATH, O_RDONLY, O_RDWR } from "../../abi/fcntl.ts";
import { SIGKILL } from "../../abi/signal.ts";
import { checkpoint } from "../../checkpoint/checkpoint.ts";
import { Refusal } from "../../checkpoint/refusal.ts";
import { planRestart } from "../../checkpoint/restart.ts";
import { editField } from "../../checkpoint/testing/edit.ts";
import { fingerprint, makeWorld, startLooping } from "../../checkpoint/testing/world.ts";
import { Credentials } from "../../credentials.ts";
import { exitGroup } from "../../exit.ts";
import type { Kernel } from "../../kernel.ts";
import type { Task } from "../../task.ts";

const FD = 5;
const world = makeWorld();

/** A machine with a task that loops, and has a file of /proc open. */
function openIn(path: string, flags: number = O_RDONLY): { kernel: Kernel; task: Task } {
  const kernel = world.fork();
  const task = startLooping(kernel);
  task.files.installAt(FD, kernel.fileSystem.open(path, flags));
  return { kernel, task };
}

function restarted(image: Uint8Array): { kernel: Kernel; task: Task } {
  const kernel = world.fork();
  return { kernel, task: planRestart(kernel, image, { adoptMachine: true }).commit() };
}

function readFrom({ files }: Task, position: number): string {
  const bytes = files.get(FD).object.read(position, 65536);
  return new TextDecoder().decode(bytes ?? undefined);
}

function refusal(kernel: Kernel, image: Uint8Array): Refusal {
  const before = fingerprint(kernel);
  const refused = assertThrows(() => planRestart(kernel, image, { adoptMachine: true }), Refusal);
  assertEquals(fingerprint(kernel), before);
  return refused;
}

Deno.test("does who has read the half of a file of its process get the other half of the same text?", () => {
  const { kernel, task } = openIn("/proc/2/status");
  const text = readFrom(task, 0);
  task.files.get(FD).offset = 100;
  task.comm = "renamed";
  const image = checkpoint(kernel, task);
  const again = restarted(image);
  assertEquals(again.task.files.get(FD).path, "/proc/2/status");
  assertEquals(again.task.files.get(FD).offset, 100);
  assertEquals(readFrom(again.task, 100), text.slice(100));
  assertMatch(readFrom(again.task, 0), /^Name:\trenamed\n/);
  again.kernel.dispose();
  kernel.dispose();
});

Deno.test("does a file of the machine's own come back with its position and its text?", () => {
  const { kernel, task } = openIn("/proc/uptime");
  const text = readFrom(task, 0);
  task.files.get(FD).offset = 2;
  kernel.clock.idle_ns += 10n ** 12n;
  const again = restarted(checkpoint(kernel, task));
  assertEquals(again.task.files.get(FD).offset, 2);
  assertEquals(readFrom(again.task, 2), text.slice(2));
  again.kernel.dispose();
  kernel.dispose();
});

Deno.test("do directories of a process come back, and does what is opened in them later?", () => {
  const { kernel, task } = openIn("/proc/2/task/2/fd", O_RDONLY | O_DIRECTORY);
  task.files.installAt(6, kernel.fileSystem.open("/proc/2", O_PATH));
  task.fs.cwd = kernel.fileSystem.resolve("/proc/2/task");
  const image = checkpoint(kernel, task);
  const again = restarted(image);
  const { files, fs } = again.task;
  assertEquals(files.get(FD).path, "/proc/2/task/2/fd");
  assertEquals(files.getAny(6).path, "/proc/2");
  assertEquals(fs.cwd.pathFrom().path, "/proc/2/task");
  assertEquals(fs.cwd.entry.child("2")?.child("comm")?.inode.kind, "proc");
  const { inode } = again.kernel.fileSystem.resolve("/proc/2/task/2/fd");
  assertEquals(files.get(FD).object, inode);
  assertEquals(checkpoint(again.kernel, again.task), image);
  again.kernel.dispose();
  kernel.dispose();
});

Deno.test("does the file of a process whose pid becomes another become that one's?", () => {
  const { kernel, task } = openIn("/proc/2/task/2/comm", O_RDWR);
  const image = checkpoint(kernel, task);
  const other = world.fork();
  other.tasks.lastPid = 40;
  const caller = startLooping(other);
  planRestart(other, image, { into: caller }).commit();
  assertEquals(caller.files.get(FD).path, "/proc/41/task/41/comm");
  caller.comm = "called";
  assertEquals(readFrom(caller, 0), "called\n");
  other.dispose();
  kernel.dispose();
});

Deno.test("is what is not there, or is not the caller's, refused?", () => {
  const { kernel, task } = openIn("/proc/2/maps");
  const image = checkpoint(kernel, task);
  kernel.dispose();
  const named = (name: string) =>
    editField(image, "task[0]/file_table/fd[3]/file/name", "path", new TextEncoder().encode(name));
  assertEquals(refusal(world, named("/proc/2/laps")).errno, ENOENT);
  assertEquals(refusal(world, named("/proc/3/maps")).errno, ENOENT);
  const writing = editField(image, "task[0]/file_table/fd[3]/file", "f_flags", O_RDWR, "FILE");
  assertEquals(refusal(world, writing).errno, EACCES);
});

Deno.test("does a caller without privilege get the secret files of a process that becomes its own?", () => {
  const { kernel, task } = openIn("/proc/2/environ");
  task.credentials = Credentials.of(1000);
  const image = checkpoint(kernel, task);
  kernel.dispose();
  const other = world.fork();
  const caller = startLooping(other);
  caller.credentials = Credentials.of(1000);
  planRestart(other, image, { into: caller }).commit();
  assertEquals(caller.files.get(FD).path, `/proc/${caller.pid}/environ`);
  other.dispose();
});

Deno.test("are files of other processes, and of those that are gone, refused at checkpoint by name?", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const other = startLooping(kernel);
  task.files.installAt(FD, kernel.fileSystem.open(`/proc/${other.pid}/status`));
  const refused = () => assertThrows(() => checkpoint(kernel, task), Refusal);
  assertMatch(refused().message, /"\/proc\/3\/status"/);
  exitGroup(kernel, other.group, SIGKILL);
  kernel.reap(other.pid);
  assertEquals(refused().check, "checkpoint/lasting");
  task.files.installAt(FD, kernel.fileSystem.open("/proc/2/fdinfo/1"));
  checkpoint(kernel, task);
  task.files.close(1);
  assertEquals(refused().check, "checkpoint/lasting");
  kernel.dispose();
});
