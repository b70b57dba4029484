/** Do FIFOs come back with what is in them, and a task that waits for the other end of one? */
import { assertEquals, assertThrows } from "../../std_assert.ts";
import { O_RDONLY, O_RDWR, O_WRONLY } from "../abi/fcntl.ts";
import { checkpoint } from "../checkpoint/checkpoint.ts";
import { Refusal } from "../checkpoint/refusal.ts";
import { planRestart } from "../checkpoint/restart.ts";
import { makeWorld, startLooping } from "../checkpoint/testing/world.ts";
import { opensOfOtherEnd } from "./fifo_opening.ts";
import { makeFifo } from "./names.ts";
import { PipeEnd } from "./pipe.ts";

const world = makeWorld();
makeFifo(world.fileSystem.context, "/tmp/fifo", 0o666);
const text = new TextEncoder().encode("in the pipe");

Deno.test("a FIFO keeps its bytes and its ends; who opens one goes on waiting", () => {
  const source = world.fork();
  const task = startLooping(source);
  const open = (flags: number) => source.fileSystem.open("/tmp/fifo", flags);
  const both = open(O_RDWR);
  task.files.install(both);
  both.object.write(0, text);
  task.files.install(open(O_WRONLY));
  task.opening = open(O_RDONLY);
  task.wait = { kind: "fifo", seen: opensOfOtherEnd(task.opening) };
  source.scheduler.block(task);
  const image = checkpoint(source, task);
  source.dispose();
  const kernel = world.fork();
  const again = planRestart(kernel, image, { adoptMachine: true }).commit();
  assertEquals(checkpoint(kernel, again), image);
  const fork = kernel.fork();
  for (const machine of [kernel, fork]) {
    const [found] = machine.tasks.all;
    const end = found!.files.get(3).object;
    if (!(end instanceof PipeEnd)) throw new Error(end.kind);
    assertEquals(end.pipe.queue.peek(99), text);
    assertEquals([end.pipe.readers, end.pipe.writers], [2, 2]);
    machine.scheduler.wakeDue();
    assertEquals(found!.state, "blocked");
    machine.fileSystem.open("/tmp/fifo", O_WRONLY).release();
    machine.scheduler.wakeDue();
    assertEquals(found!.state, "running");
    machine.dispose();
  }
});

Deno.test("a FIFO that somebody else has open is refused, and left alone", () => {
  const source = world.fork();
  const task = startLooping(source);
  task.files.install(source.fileSystem.open("/tmp/fifo", O_RDWR));
  const image = checkpoint(source, task);
  source.dispose();
  const kernel = world.fork();
  const other = kernel.fileSystem.open("/tmp/fifo", O_RDWR);
  other.object.write(0, text);
  const refusal = assertThrows(
    () => planRestart(kernel, image, { adoptMachine: true }),
    Refusal,
  );
  assertEquals(refusal.check, "FILE_NAME.path/fifo");
  assertEquals(other.object.read(0, 99), text);
  other.release();
  planRestart(kernel, image, { adoptMachine: true }).dispose();
  kernel.dispose();
});
