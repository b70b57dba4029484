/** Whom does a pidfd stand for when it comes back? */
import { assert, assertEquals, assertThrows } from "../std_assert.ts";
import { PIDFD_THREAD } from "./abi/clone.ts";
import { POLLHUP, POLLIN, POLLRDNORM } from "./abi/poll.ts";
import { checkpoint } from "./checkpoint/checkpoint.ts";
import { inspectImage } from "./checkpoint/inspect.ts";
import { Refusal } from "./checkpoint/refusal.ts";
import { planRestart } from "./checkpoint/restart.ts";
import { editField } from "./checkpoint/testing/edit.ts";
import { makeWorld, startLooping } from "./checkpoint/testing/world.ts";
import { PidFile } from "./pidfd.ts";

const world = makeWorld();

Deno.test("are a process, a thread and nobody told apart after a restart?", () => {
  const source = world.fork();
  const task = startLooping(source);
  for (const file of [PidFile.open(task), PidFile.open(task, PIDFD_THREAD)]) {
    task.files.install(file);
  }
  const gone = PidFile.open(startLooping(source));
  gone.object.poll();
  const other = gone.object;
  assert(other instanceof PidFile && other.task !== undefined);
  source.signal(other.task.pid, 9);
  source.run({ instructions: 400_000 });
  source.reap(other.task.pid);
  const fds = [0, 1].map((i) => task.files.highest - 1 + i);
  fds.push(task.files.install(gone));
  const image = checkpoint(source, task);
  source.dispose();
  const kernel = world.fork();
  const again = planRestart(kernel, image, { adoptMachine: true }).commit();
  const files = fds.map((fd) => again.files.get(fd).object);
  const told = files.map((file) => file instanceof PidFile && [file.task?.pid, file.thread?.pid]);
  assertEquals(told, [[again.pid, undefined], [again.pid, again.pid], [undefined, undefined]]);
  assertEquals(files.map((file) => file.poll(again)), [0, 0, POLLIN | POLLRDNORM | POLLHUP]);
  assertEquals(checkpoint(kernel, again), image);
  kernel.dispose();
});

Deno.test("are pidfds of processes that are not in the image refused, at checkpoint and at restart?", () => {
  const source = world.fork();
  const [task, other] = [startLooping(source), startLooping(source)];
  const fd = task.files.install(PidFile.open(other));
  const refused = assertThrows(() => checkpoint(source, task), Refusal);
  assertEquals([refused.check, refused.found], ["checkpoint/pidfd", `one of task ${other.pid}`]);
  task.files.close(fd);
  task.files.install(PidFile.open(task));
  const image = checkpoint(source, task);
  const saved = inspectImage(image).records.find(({ type }) => type === "PIDFD");
  const edited = editField(image, saved?.path ?? "", "pid", other.pid);
  const kernel = world.fork();
  const unknown = assertThrows(() => planRestart(kernel, edited, { adoptMachine: true }), Refusal);
  assertEquals(unknown.check, "PIDFD.pid/there");
  kernel.dispose();
  source.dispose();
});
