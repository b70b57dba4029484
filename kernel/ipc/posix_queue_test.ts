// Do POSIX message queues keep order, bounds and registrations, in a machine and in its clone?

import { assert, assertEquals, assertMatch, assertThrows } from "../../std_assert.ts";
import { EINVAL, EMFILE, ENOSPC, SystemError } from "../abi/errno.ts";
import { O_RDWR } from "../abi/fcntl.ts";
import { DFLT_QUEUESMAX, HARD_MSGMAX } from "../abi/mqueue.ts";
import { RLIM_INFINITY, RLIMIT_MSGQUEUE } from "../abi/resource.ts";
import { SIGUSR1 } from "../abi/signal.ts";
import { checkpoint } from "../checkpoint/checkpoint.ts";
import { planRestart } from "../checkpoint/restart.ts";
import { Refusal } from "../checkpoint/refusal.ts";
import { makeWorld, startLooping } from "../checkpoint/testing/world.ts";
import { Credentials } from "../credentials.ts";
import { exitGroup } from "../exit.ts";
import { OpenFile } from "../fs/open_file.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { chargeFor, DEFAULT_BOUNDS, type PosixQueue, type QueueBounds } from "./posix_queue.ts";
import { receiveMessage, sendMessage, waitAtQueue } from "./posix_queue_calls.ts";

const world = makeWorld();
const owner = { mode: 0o600, uid: 0, gid: 0 };

function make(
  kernel: Kernel,
  task: Task,
  name: string,
  bounds: QueueBounds = DEFAULT_BOUNDS,
): PosixQueue {
  return kernel.ipc.mqueues.root.createQueue(kernel, task, { name, owner, bounds });
}

function open(task: Task, queue: PosixQueue): number {
  return task.files.install(new OpenFile({ object: queue, place: null, flags: O_RDWR }));
}

function text(...codes: number[]): Uint8Array {
  return Uint8Array.from(codes);
}

function refuses(errno: number, act: () => unknown): void {
  assertEquals(assertThrows(act, SystemError).errno, errno);
}

Deno.test("the most urgent message comes first, of those that are as urgent the oldest", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const queue = make(kernel, task, "q");
  const sent = [[1, 0], [5, 1], [1, 2], [0, 3], [5, 4], [32767, 5]] as const;
  for (const [priority, i] of sent) {
    sendMessage(kernel, queue, { priority, bytes: text(i) }, task);
  }
  const received = sent.map(() => receiveMessage(kernel, queue)?.bytes[0]);
  assertEquals(received, [5, 1, 4, 0, 2, 3]);
  assertEquals([queue.bytes, receiveMessage(kernel, queue)], [0, undefined]);
  kernel.dispose();
});

Deno.test("a queue counts towards its user's limit until it is neither named nor open", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const limit = 2n * BigInt(chargeFor(DEFAULT_BOUNDS));
  task.limits.set(RLIMIT_MSGQUEUE, { soft: limit, hard: RLIM_INFINITY }, true);
  const queue = make(kernel, task, "a");
  make(kernel, task, "b");
  refuses(EMFILE, () => make(kernel, task, "c"));
  const fd = open(task, queue);
  kernel.ipc.mqueues.root.remove("a");
  refuses(EMFILE, () => make(kernel, task, "c"));
  task.files.close(fd);
  make(kernel, task, "c");
  kernel.dispose();
});

Deno.test("bounds and numbers beyond the usual are for those with CAP_SYS_RESOURCE", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  task.limits.set(RLIMIT_MSGQUEUE, { soft: RLIM_INFINITY, hard: RLIM_INFINITY }, true);
  const small = { messagesMax: 1, messageBytesMax: 1 };
  for (let i = 0; i <= DFLT_QUEUESMAX; i++) make(kernel, task, `q${i}`, small);
  make(kernel, task, "large", { messagesMax: HARD_MSGMAX, messageBytesMax: 1 });
  const beyond = { messagesMax: HARD_MSGMAX + 1, messageBytesMax: 1 };
  refuses(EINVAL, () => make(kernel, task, "beyond", beyond));
  task.credentials = Credentials.of(1000);
  refuses(ENOSPC, () => make(kernel, task, "more", small));
  kernel.ipc.mqueues.root.remove("q0");
  kernel.ipc.mqueues.root.remove("q1");
  kernel.ipc.mqueues.root.remove("large");
  refuses(EINVAL, () => make(kernel, task, "more", { messagesMax: 11, messageBytesMax: 1 }));
  make(kernel, task, "more", small);
  kernel.dispose();
});

Deno.test("a clone has messages and registrations for itself", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const queue = make(kernel, task, "q");
  open(task, queue);
  const notice = { kind: "signal", signo: SIGUSR1, value: 7n } as const;
  queue.registration = { owner: task.group, notice, userNamespace: null, isStale: false };
  const clone = kernel.fork();
  const [copy] = clone.ipc.mqueues.queues;
  const again = clone.tasks.get(task.pid);
  assert(copy !== undefined && again !== undefined);
  assertEquals(again.files.getAny(0 + again.files.size - 1).object, copy);
  assertEquals(clone.ipc.mqueues.root.lookup("q"), copy);
  sendMessage(clone, copy, { priority: 1, bytes: text(1) }, again);
  assertEquals([queue.messages.length, copy.messages.length], [0, 1]);
  assertEquals([task.group.pending.isEmpty, again.group.pending.isEmpty], [true, false]);
  assertEquals([queue.registration === null, copy.registration], [false, null]);
  for (const each of [kernel, clone]) each.dispose();
});

Deno.test("the end of a process ends its registration, and another program is not signalled", () => {
  const kernel = world.fork();
  const [first, second] = [startLooping(kernel), startLooping(kernel)];
  const queue = make(kernel, first, "q");
  for (const task of [first, second]) open(task, queue);
  const notice = { kind: "signal", signo: SIGUSR1, value: 7n } as const;
  queue.registration = { owner: first.group, notice, userNamespace: null, isStale: false };
  exitGroup(kernel, second.group, 0);
  assert(queue.registration !== null);
  queue.disown(first.group);
  sendMessage(kernel, queue, { priority: 1, bytes: text(1) }, first);
  assertEquals([first.group.pending.isEmpty, queue.registration], [true, null]);
  queue.registration = { owner: first.group, notice, userNamespace: null, isStale: false };
  exitGroup(kernel, first.group, 0);
  assertEquals(queue.registration, null);
  assertEquals(queue.opens, 0);
  kernel.dispose();
});

function restore(kernel: Kernel, image: Uint8Array): Task {
  return planRestart(kernel, image, { adoptMachine: true }).commit();
}

Deno.test("a queue comes back with its messages, who waits and who is told", () => {
  const kernel = world.fork();
  const [first, second] = [startLooping(kernel), startLooping(kernel)];
  const bounds = { messagesMax: 2, messageBytesMax: 8 };
  const [full, empty] = [make(kernel, first, "full", bounds), make(kernel, first, "empty", bounds)];
  for (const task of [first, second]) for (const queue of [full, empty]) open(task, queue);
  for (const priority of [1, 9]) {
    sendMessage(kernel, full, { priority, bytes: text(priority) }, first);
  }
  const sent = { priority: 5, bytes: text(5) };
  first.wait = waitAtQueue(kernel, full, first, { message: sent, deadline_ns: 1n << 50n });
  second.wait = waitAtQueue(kernel, empty, second, { message: null, deadline_ns: null });
  for (const task of [first, second]) kernel.scheduler.block(task);
  const notice = { kind: "signal", signo: SIGUSR1, value: 7n } as const;
  full.registration = { owner: second.group, notice, userNamespace: null, isStale: false };
  kernel.ipc.mqueues.root.remove("empty");
  const image = checkpoint(kernel, [first, second]);
  const other = world.fork();
  restore(other, image);
  const both = [first, second].map(({ pid }) => other.tasks.get(pid));
  assertEquals(checkpoint(other, both.filter((task) => task !== undefined)), image);
  const again = other.ipc.mqueues.root.lookup("full");
  const unnamed = [...other.ipc.mqueues.queues].find(({ nlink }) => nlink === 0);
  assert(again !== null && unnamed !== undefined && both[0] !== undefined && both[1] !== undefined);
  assertEquals(again.registration?.owner, both[1].group);
  assertEquals(receiveMessage(other, again)?.bytes[0], 9);
  assertEquals([both[0].wait, both[0].state], [{ ...first.wait, woken: true }, "running"]);
  assertEquals(again.messages.map(({ priority }) => priority), [5, 1]);
  sendMessage(other, unnamed, sent, both[0]);
  assertEquals(both[1].wait, { ...second.wait, message: sent, woken: true });
  for (const each of [kernel, other]) each.dispose();
});

Deno.test("a restart into a machine that goes on gives queues numbers of their own", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const queue = make(kernel, task, "q");
  open(task, queue);
  task.wait = waitAtQueue(kernel, queue, task, { message: null, deadline_ns: null });
  kernel.scheduler.block(task);
  const image = checkpoint(kernel, task);
  const other = world.fork();
  const caller = startLooping(other);
  other.fileSystem.pipeInoNext += 5;
  planRestart(other, image, { into: caller }).commit();
  const again = other.ipc.mqueues.root.lookup("q");
  assert(again !== null && caller.wait?.kind === "mqueue");
  assertEquals([again.ino, caller.wait.queue], [queue.ino + 5, queue.ino + 5]);
  for (const each of [kernel, other]) each.dispose();
});

Deno.test("an image is refused where its queue cannot be, and leaves nothing", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  task.credentials = Credentials.of(1000);
  // It is root's all the same.
  open(task, make(kernel, task, "q"));
  const image = checkpoint(kernel, task);
  const other = world.fork();
  const caller = startLooping(other);
  caller.credentials = Credentials.of(1000);
  const refusal = (plan: () => unknown) => assertThrows(plan, Refusal).check;
  assertEquals(refusal(() => planRestart(other, image, { into: caller })), "MQUEUE.uid/allowed");
  caller.credentials = new Credentials();
  caller.limits.set(RLIMIT_MSGQUEUE, { soft: 1000n, hard: RLIM_INFINITY }, true);
  assertEquals(
    refusal(() => planRestart(other, image, { into: caller })),
    "MQUEUE.charged_uid/allowed",
  );
  caller.limits.set(RLIMIT_MSGQUEUE, { soft: RLIM_INFINITY, hard: RLIM_INFINITY }, true);
  make(other, caller, "q");
  assertEquals(refusal(() => planRestart(other, image, { into: caller })), "MQUEUE.name/free");
  assertEquals(other.ipc.mqueues.queues.size, 1);
  for (const each of [kernel, other]) each.dispose();
});

Deno.test("a checkpoint is refused, by name, while a queue is not the tasks' alone", () => {
  const kernel = world.fork();
  const [task, other] = [startLooping(kernel), startLooping(kernel)];
  const queue = make(kernel, task, "q");
  const refused = assertThrows(() => checkpoint(kernel, task), Refusal);
  assertMatch(refused.message, /the message queue \/q, which no task has open/);
  open(task, queue);
  checkpoint(kernel, task);
  const fd = open(other, queue);
  assertMatch(assertThrows(() => checkpoint(kernel, task), Refusal).message, /open 1 times more/);
  other.files.close(fd);
  queue.registration = {
    owner: other.group,
    notice: { kind: "none" },
    userNamespace: null,
    isStale: false,
  };
  assertEquals(
    assertThrows(() => checkpoint(kernel, task), Refusal).check,
    "checkpoint/mqueue_notice",
  );
  kernel.dispose();
});
