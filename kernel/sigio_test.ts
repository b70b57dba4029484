// Who is signalled by a file with O_ASYNC, and does that survive a clone and a restart?

import { assert, assertEquals, assertThrows } from "../std_assert.ts";
import { ESRCH, SystemError } from "./abi/errno.ts";
import { O_ASYNC } from "./abi/fcntl.ts";
import { SIGIO, SIGRTMIN, SIGUSR1 } from "./abi/signal.ts";
import { RLIMIT_SIGPENDING } from "./abi/resource.ts";
import { checkpoint } from "./checkpoint/checkpoint.ts";
import { planRestart } from "./checkpoint/restart.ts";
import { makeWorld, startLooping } from "./checkpoint/testing/world.ts";
import { Credentials } from "./credentials.ts";
import type { OpenFile } from "./fs/open_file.ts";
import type { Kernel } from "./kernel.ts";
import { setOwner, signalAsyncFiles } from "./sigio.ts";
import { senderOf, userSignal } from "./signals/siginfo.ts";
import type { Task } from "./task.ts";

const world = makeWorld();

/** A pipe whose reading end signals a task. */
function asyncPipe(kernel: Kernel, task: Task): { reader: OpenFile; writer: OpenFile; fd: number } {
  const { reader, writer } = kernel.fileSystem.openPipe(task.credentials);
  const fd = task.files.install(reader);
  task.files.install(writer);
  reader.flags |= O_ASYNC;
  kernel.asyncFiles.add(reader, fd);
  setOwner(kernel, reader, task, { kind: "process", pid: task.pid });
  return { reader, writer, fd };
}

function arrived({ group, signals }: Task): readonly (readonly [signo: number, code: number])[] {
  return [...group.pending.entries, ...signals.pending.entries].map(({ signo, code }) =>
    [signo, code] as const
  );
}

Deno.test("the owner gets his signal once for what has happened, with the descriptor", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const { reader, writer, fd } = asyncPipe(kernel, task);
  reader.ownerSignal = SIGRTMIN;
  writer.object.write(0, Uint8Array.of(1));
  for (let i = 0; i < 2; i++) signalAsyncFiles(kernel);
  const [info, ...others] = task.group.pending.entries;
  assert(info !== undefined);
  assertEquals([info.signo, info.code, others.length], [SIGRTMIN, 1, 0]);
  const view = new DataView(info.fields.buffer, info.fields.byteOffset);
  assertEquals([view.getBigInt64(0, true), view.getInt32(8, true)], [0x41n, fd]);
  for (const [each] of task.files.entries()) task.files.close(each);
  assertEquals(kernel.asyncFiles.find(reader), null);
  kernel.dispose();
});

Deno.test("where a queued signal finds no room, a plain SIGIO comes", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const { reader, writer } = asyncPipe(kernel, task);
  task.signals.blocked = ~0n;
  task.limits.set(RLIMIT_SIGPENDING, { soft: 1n, hard: 1n }, true);
  task.group.pending.add(userSignal(SIGUSR1, { pid: 1, uid: 0 }));
  reader.ownerSignal = SIGRTMIN;
  writer.object.write(0, Uint8Array.of(1));
  signalAsyncFiles(kernel);
  assertEquals(arrived(task).map(([signo]) => signo), [SIGUSR1, SIGIO]);
  kernel.dispose();
});

Deno.test("who may not signal a process does not, even as the owner's maker", () => {
  const kernel = world.fork();
  const [mine, theirs] = [startLooping(kernel), startLooping(kernel)];
  mine.credentials = Credentials.of(1000);
  theirs.credentials = Credentials.of(2000);
  const { reader, writer } = asyncPipe(kernel, mine);
  setOwner(kernel, reader, mine, { kind: "process", pid: theirs.pid });
  writer.object.write(0, Uint8Array.of(1));
  signalAsyncFiles(kernel);
  assertEquals(arrived(theirs), []);
  theirs.credentials = Credentials.of(1000);
  writer.object.write(0, Uint8Array.of(1));
  signalAsyncFiles(kernel);
  assertEquals(arrived(theirs), [[SIGIO, 0x80]]);
  const { errno } = assertThrows(
    () => setOwner(kernel, reader, mine, { kind: "process", pid: 4000 }),
    SystemError,
  );
  assertEquals(errno, ESRCH);
  kernel.dispose();
});

Deno.test("a clone and a restart signal what was still to be signalled", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const { writer } = asyncPipe(kernel, task);
  writer.object.write(0, Uint8Array.of(1));
  const clone = kernel.fork();
  const other = world.fork();
  planRestart(other, checkpoint(kernel, task), { adoptMachine: true }).commit();
  for (const each of [clone, other]) {
    const again = each.tasks.get(task.pid);
    assert(again !== undefined);
    for (let i = 0; i < 2; i++) signalAsyncFiles(each);
    assertEquals(arrived(again), [[SIGIO, 0x80]]);
    assertEquals(again.group.pending.entries.map((info) => senderOf(info).pid), [0]);
  }
  for (const each of [kernel, clone, other]) each.dispose();
});
