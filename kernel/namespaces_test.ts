// Are a task's own namespaces copied with the machine, and is a checkpoint of it refused by name?

import { assert, assertEquals, assertThrows } from "../std_assert.ts";
import { CLONE_NEWIPC, CLONE_NEWUTS } from "./abi/process.ts";
import { checkpoint, Refusal } from "./checkpoint/mod.ts";
import { namespacesOf } from "./namespaces.ts";
import { Guest } from "./syscalls/testing/file_guest.ts";

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
  guest.must("unshare", CLONE_NEWIPC);
  assertEquals(refused(), "checkpoint/namespaces");
  kernel.dispose();
});
