// Are a task's own namespaces copied with the machine, and is a checkpoint of it refused by name?

import { assert, assertEquals, assertThrows } from "../std_assert.ts";
import { CAP_KILL } from "./abi/capability.ts";
import {
  CLONE_FS,
  CLONE_NEWIPC,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
} from "./abi/process.ts";
import { SIGCHLD, SIGKILL } from "./abi/signal.ts";
import { checkpoint, planRestart, Refusal } from "./checkpoint/mod.ts";
import { type CloneRequest, cloneTask } from "./clone.ts";
import { exitGroup } from "./exit.ts";
import { O_RDONLY } from "./abi/fcntl.ts";
import { NamespaceFile } from "./namespace_file.ts";
import { namespacesOf } from "./namespaces.ts";
import { numberSeenBy } from "./pid_namespace.ts";
import { OVERFLOW_ID } from "./user_namespace.ts";
import { Guest } from "./syscalls/testing/file_guest.ts";

/** A fork(2). */
const REQUEST: CloneRequest = {
  flags: 0n,
  exitSignal: SIGCHLD,
  stackPointer: 0n,
  tls: 0n,
  parentTid: 0,
  childTid: 0,
  pidfd: 0,
};

Deno.test("a clone of the machine has its own names, and shares as the original does", () => {
  const guest = new Guest();
  const { kernel, task } = guest;
  guest.must("unshare", CLONE_NEWUTS);
  guest.must("sethostname", "inside", 6);
  const fork = kernel.fork();
  const copy = fork.tasks.get(task.pid);
  assert(copy !== undefined);
  const seen = namespacesOf(fork, copy);
  assertEquals([seen.uts.nodename, fork.uts.nodename], ["inside", "crucible"]);
  assert(seen.ipc === fork.ipc && seen.network === fork.network && seen.ipc !== kernel.ipc);
  seen.uts.nodename = "copy";
  assertEquals(namespacesOf(kernel, task).uts.nodename, "inside");
  fork.dispose();
  kernel.dispose();
});

Deno.test("a clone of the machine has the same numbers in a pid namespace, and gives its own afterwards", () => {
  const guest = new Guest();
  const { kernel, task } = guest;
  guest.must("unshare", CLONE_NEWPID);
  const first = kernel.tasks.get(guest.must("clone", SIGCHLD, 0, 0, 0, 0));
  assert(first !== undefined);
  const fork = kernel.fork();
  const copy = fork.tasks.get(first.pid);
  assert(copy !== undefined);
  assertEquals(numberSeenBy(copy, copy.pid), 1);
  assertEquals(numberSeenBy(copy, task.pid), 0);
  assert(copy.group.pidNamespace?.init === copy.group && copy.group.isUnkillable);
  const second = cloneTask(fork, copy, REQUEST);
  assertEquals([numberSeenBy(copy, second.pid), second.pid], [2, first.pid + 1]);
  assertEquals(numberSeenBy(first, second.pid), 0);
  exitGroup(fork, copy.group, SIGKILL);
  assertEquals([second.isAlive, first.isAlive], [false, true]);
  assertEquals(fork.tasks.get(second.pid), undefined);
  assertEquals(
    assertThrows(() => checkpoint(kernel, first), Refusal).check,
    "checkpoint/namespaces",
  );
  fork.dispose();
  kernel.dispose();
});

Deno.test("a mount namespace has mounts of its own, in which its tasks stand at the same places", () => {
  const guest = new Guest();
  const { kernel, task } = guest;
  const { mnt } = namespacesOf(kernel, task);
  const link = kernel.fileSystem.resolve("/tmp");
  assertEquals(guest.call("clone", CLONE_NEWNS | CLONE_FS | BigInt(SIGCHLD), 0, 0, 0, 0), "EINVAL");
  const outside = guest.open("/proc/self/ns/mnt", O_RDONLY);
  guest.must("unshare", CLONE_NEWNS);
  const own = namespacesOf(kernel, task).mnt;
  assert(own !== mnt && own.ino !== mnt.ino && own.all.length === mnt.all.length);
  assertEquals(task.fs.cwd.pathFrom(task.fs.root).path, "/tmp");
  assert(task.fs.cwd.entry === link.entry && task.fs.cwd.mount !== link.mount);
  assert(task.fs.root.equals(own.top));
  assertThrows(() => checkpoint(kernel, task), Refusal, "checkpoint/namespaces");
  const fork = kernel.fork();
  const copy = fork.tasks.get(task.pid);
  assert(copy !== undefined);
  assertEquals(copy.fs.cwd.pathFrom(copy.fs.root).path, "/tmp");
  assert(namespacesOf(fork, copy).mnt.top.equals(copy.fs.root));
  fork.dispose();
  const inside = guest.open("/proc/self/ns/mnt", O_RDONLY);
  guest.must("setns", outside, CLONE_NEWNS);
  assert(namespacesOf(kernel, task).mnt === mnt && task.fs.cwd.equals(kernel.fileSystem.root));
  assertEquals(kernel.fileSystem.mountTable.namespaces.size, 2);
  guest.must("close", inside);
  assertEquals(kernel.fileSystem.mountTable.namespaces.size, 1);
  kernel.dispose();
});

Deno.test("what a more privileged mount namespace has set cannot be undone in a copy", () => {
  const guest = new Guest();
  const { kernel, task } = guest;
  guest.must("unshare", CLONE_NEWUSER | CLONE_NEWNS);
  const { mnt } = namespacesOf(kernel, task);
  assert(mnt.owner === task.credentials.userNamespace);
  assertEquals(mnt.all.map(({ isLocked }) => isLocked), mnt.all.map((_, i) => i > 0));
  exitGroup(kernel, task.group, SIGKILL);
  assertEquals(kernel.fileSystem.mountTable.namespaces.size, 1);
  kernel.dispose();
});

Deno.test("a SIGKILL of the machine's user comes from outside, also while the first process of a namespace runs", () => {
  const guest = new Guest();
  const { kernel, task } = guest;
  guest.must("unshare", CLONE_NEWPID);
  const first = kernel.tasks.get(guest.must("clone", SIGCHLD, 0, 0, 0, 0));
  assert(first !== undefined);
  exitGroup(kernel, task.group, SIGKILL);
  kernel.run({ instructions: 0 });
  kernel.scheduler.wakeDue();
  assert(kernel.scheduler.current === first);
  kernel.signal(first.pid, SIGKILL);
  assert(first.hasSignal);
  kernel.dispose();
});

Deno.test("a file that stands for a namespace stands for the clone's in a clone of the machine", () => {
  const guest = new Guest();
  const { kernel, task } = guest;
  guest.must("unshare", CLONE_NEWUTS);
  const fd = guest.open("/proc/self/ns/uts", O_RDONLY);
  const fork = kernel.fork();
  const copy = fork.tasks.get(task.pid);
  assert(copy !== undefined);
  const { object } = copy.files.get(fd);
  assert(object instanceof NamespaceFile);
  assert(object.namespace.is === namespacesOf(fork, copy).uts);
  assert(object.namespace.is !== namespacesOf(kernel, task).uts);
  fork.dispose();
  kernel.dispose();
});

Deno.test("who is in a user namespace has no rights outside, is not saved, and restarts nothing", () => {
  const guest = new Guest();
  const { kernel, task } = guest;
  const image = checkpoint(kernel, task);
  guest.must("unshare", CLONE_NEWUSER);
  assertEquals([task.credentials.isPrivileged, task.credentials.has(CAP_KILL)], [false, false]);
  assert(task.credentials.hasHere(CAP_KILL));
  assertEquals(guest.must("getuid"), OVERFLOW_ID);
  assertThrows(() => checkpoint(kernel, task), Refusal, "checkpoint/namespaces");
  assertThrows(
    () => planRestart(kernel, image, { into: task }),
    Refusal,
    "plan/caller_namespaces",
  );
  const fork = kernel.fork();
  const copy = fork.tasks.get(task.pid);
  const { userNamespace } = task.credentials;
  userNamespace?.setMap("uid", [{ inside: 7, outside: 0, count: 1 }]);
  assertEquals(guest.must("getuid"), 7);
  assertEquals(copy?.credentials.userNamespace?.hasMap("uid"), false);
  fork.dispose();
  kernel.dispose();
});

Deno.test("what an image does not hold refuses the checkpoint by name", () => {
  const guest = new Guest();
  const { kernel, task } = guest;
  const refused = () => assertThrows(() => checkpoint(kernel, task), Refusal).check;
  const id = guest.must("semget", 0, 1, 0o600);
  assertEquals(refused(), "checkpoint/ipc");
  guest.must("semctl", id, 0, 0);
  const queue = guest.must("msgget", 0, 0o600);
  assertEquals(refused(), "checkpoint/ipc");
  guest.must("msgctl", queue, 0, 0);
  const fd = guest.open("/proc/self/ns/uts", O_RDONLY);
  assertEquals(refused(), "checkpoint/file_kind");
  guest.must("close", fd);
  guest.must("unshare", CLONE_NEWIPC);
  assertEquals(refused(), "checkpoint/namespaces");
  kernel.dispose();
});
