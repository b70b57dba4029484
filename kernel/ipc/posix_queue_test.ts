// Do POSIX message queues keep order, bounds and registrations, in a machine and in its clone?

import { assert, assertEquals, assertMatch, assertThrows } from "../../std_assert.ts";
import { EINVAL, EMFILE, ENOSPC, SystemError } from "../abi/errno.ts";
import { O_RDWR } from "../abi/fcntl.ts";
import { DFLT_QUEUESMAX, HARD_MSGMAX } from "../abi/mqueue.ts";
import { RLIM_INFINITY, RLIMIT_MSGQUEUE } from "../abi/resource.ts";
import { SIGUSR1 } from "../abi/signal.ts";
import { checkpoint } from "../checkpoint/checkpoint.ts";
import { Refusal } from "../checkpoint/refusal.ts";
import { makeWorld, startLooping } from "../checkpoint/testing/world.ts";
import { Credentials } from "../credentials.ts";
import { exitGroup } from "../exit.ts";
import { OpenFile } from "../fs/open_file.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { chargeFor, DEFAULT_BOUNDS, type PosixQueue, type QueueBounds } from "./posix_queue.ts";
import { receiveMessage, sendMessage } from "./posix_queue_calls.ts";

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

Deno.test("a checkpoint is refused, by name, while there is a queue", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  make(kernel, task, "q");
  const refused = assertThrows(() => checkpoint(kernel, task), Refusal);
  assertMatch(refused.message, /the POSIX message queue \/q/);
  kernel.ipc.mqueues.root.remove("q");
  checkpoint(kernel, task);
  kernel.dispose();
});
