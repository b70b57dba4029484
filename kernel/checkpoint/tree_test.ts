/** Are several tasks saved and brought back together, or not at all? */
import { guests } from "../../scenarios/programs/mod.ts";
import { assert, assertEquals, assertThrows } from "../../std_assert.ts";
import { EAGAIN, EBUSY, EEXIST, EINVAL } from "../abi/errno.ts";
import { O_CREAT, O_WRONLY } from "../abi/fcntl.ts";
import { RLIMIT_NPROC } from "../abi/resource.ts";
import { Credentials } from "../credentials.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { checkpoint } from "./checkpoint.ts";
import { Refusal } from "./refusal.ts";
import { planRestart, type RestartOptions } from "./restart.ts";
import { call } from "./testing/call.ts";
import { editField } from "./testing/edit.ts";
import { fingerprint, makeWorld, startLooping } from "./testing/world.ts";

/** Instructions after which `family` waits for two children that work with a pipe. */
const INSTRUCTIONS = 300;

const world = makeWorld();
world.fileSystem.writeFile("/bin/family", guests.family.bytes(), 0o755);

function startFamily(kernel: Kernel): Task {
  const task = kernel.spawn({ path: "/bin/family" });
  kernel.run({ instructions: INSTRUCTIONS });
  return task;
}

function outputOf(kernel: Kernel): string {
  return new TextDecoder().decode(kernel.streams[1]?.output);
}

/** The image of a family, and what is written by one that nobody disturbs. */
function takeFamily(): { image: Uint8Array; output: string } {
  const kernel = world.fork();
  const image = checkpoint(kernel, startFamily(kernel));
  kernel.run();
  const output = outputOf(kernel);
  kernel.dispose();
  return { image, output };
}

const { image, output } = takeFamily();

function pids(kernel: Kernel): number[] {
  return kernel.tasks.all.map(({ pid }) => pid);
}

function refusal(kernel: Kernel, bytes: Uint8Array, options: RestartOptions): Refusal {
  const before = fingerprint(kernel);
  const refused = assertThrows(() => planRestart(kernel, bytes, options), Refusal);
  assertEquals(fingerprint(kernel), before);
  return refused;
}

Deno.test("a family goes on in a fresh machine as if nothing had happened", () => {
  const kernel = world.fork();
  const first = planRestart(kernel, image, { adoptMachine: true }).commit();
  assertEquals([first.pid, pids(kernel)], [2, [2, 3, 4]]);
  assertEquals(kernel.tasks.childrenOf(2).map(({ pid }) => pid), [3, 4]);
  kernel.run();
  assertEquals(outputOf(kernel), output);
  kernel.dispose();
  assertEquals(kernel.memory.framesInUse, world.memory.framesInUse);
});

Deno.test("in place of a caller the first task gets the caller's ids, the others their own", () => {
  const kernel = world.fork();
  for (let i = 0; i < 4; i++) kernel.tasks.allocatePid();
  const caller = startLooping(kernel);
  const { pid, pgid, sid } = caller;
  assert(pid > 4);
  planRestart(kernel, image, { into: caller }).commit();
  assertEquals(pids(kernel), [3, 4, pid]);
  assertEquals([caller.pid, caller.comm, caller.pgid, caller.sid], [pid, "family", pgid, sid]);
  assertEquals(kernel.tasks.childrenOf(pid).map((child) => child.pid), [3, 4]);
  assertEquals(kernel.tasks.childrenOf(pid).map((child) => child.pgid), [pgid, pgid]);
  kernel.run();
  assertEquals(outputOf(kernel), output);
  kernel.dispose();
});

Deno.test("pids that are taken, and more tasks than there may be, are refused without a trace", () => {
  const kernel = world.fork();
  const [caller, other] = [startLooping(kernel), startLooping(kernel)];
  assertEquals([caller.pid, other.pid], [2, 3]);
  assertEquals(refusal(kernel, image, { into: caller }).errno, EEXIST);
  assertEquals(refusal(kernel, image, { adoptMachine: true }).errno, EEXIST);
  const alone = world.fork();
  for (let i = 0; i < 4; i++) alone.tasks.allocatePid();
  const poor = startLooping(alone, { uid: 1000 });
  poor.credentials = Credentials.of(1000);
  poor.limits.set(RLIMIT_NPROC, { soft: 2n, hard: 2n }, true);
  const refused = refusal(alone, image, { into: poor });
  assertEquals([refused.check, refused.errno], ["TREE.nr_tasks/room", EAGAIN]);
  for (const each of [kernel, alone]) each.dispose();
});

Deno.test("an image that goes wrong in its last task leaves nothing of the others", () => {
  const kernel = world.fork();
  const damaged = editField(image, "task[2]", "state", 4, "TASK");
  const refused = refusal(kernel, damaged, { adoptMachine: true });
  assertEquals(refused.errno, EINVAL);
  assertEquals(kernel.memory.framesInUse, world.memory.framesInUse);
  kernel.dispose();
});

Deno.test("checkpoint(2) saves descendants when it is told to, and refuses a parent else", () => {
  const kernel = world.fork();
  const family = startFamily(kernel);
  const caller = kernel.spawn({ path: "/bin/ckpt" });
  const fd = caller.files.install(kernel.fileSystem.open("/tmp/image", O_WRONLY | O_CREAT));
  const save = (flags: number) => call(600, kernel, caller, family.pid, fd, flags, -1);
  assertEquals(save(0), -EBUSY);
  assertEquals(kernel.fileSystem.readFile("/tmp/image").length, 0);
  assertEquals(save(1), 1);
  const saved = kernel.fileSystem.readFile("/tmp/image");
  const fresh = world.fork();
  planRestart(fresh, saved, { adoptMachine: true }).commit();
  fresh.run();
  assertEquals(outputOf(fresh), output);
  for (const each of [kernel, fresh]) each.dispose();
});

Deno.test("one thread is saved with the others of its process, whichever is named", () => {
  const kernel = world.fork();
  const task = kernel.spawn({ path: "/bin/family" });
  while (task.group.members.length < 2) kernel.run({ instructions: 100 });
  const [leader, thread] = task.group.members;
  assert(leader !== undefined && thread !== undefined);
  assertEquals(checkpoint(kernel, thread), checkpoint(kernel, leader));
  const fresh = world.fork();
  const restarted = planRestart(fresh, checkpoint(kernel, thread), { adoptMachine: true }).commit();
  const [, again] = restarted.group.members;
  assertEquals(restarted.group.members.length, 2);
  assertEquals([again?.mm, again?.files], [restarted.mm, restarted.files]);
  assertEquals(restarted.mm.users, 2);
  fresh.run();
  assertEquals(outputOf(fresh).split("\n").at(-2), "the orphan says: alone");
  for (const each of [kernel, fresh]) each.dispose();
  assertEquals(kernel.memory.framesInUse, world.memory.framesInUse);
});
