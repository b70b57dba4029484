/** Do pipes, counters, timers and epoll sets come back in a fresh machine as they were? */
import { assertEquals, assertThrows } from "../../std_assert.ts";
import { EPOLLET } from "../abi/event.ts";
import { O_RDWR } from "../abi/fcntl.ts";
import { POLLIN, POLLOUT } from "../abi/poll.ts";
import { CLOCK_MONOTONIC } from "../abi/time.ts";
import { checkpoint } from "../checkpoint/checkpoint.ts";
import { Refusal } from "../checkpoint/refusal.ts";
import { planRestart } from "../checkpoint/restart.ts";
import { makeWorld, startLooping } from "../checkpoint/testing/world.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { EpollSet } from "./epoll.ts";
import { EventFile } from "./event_file.ts";
import type { FileObject } from "./file_object.ts";
import { OpenFile } from "./open_file.ts";
import { PipeReader } from "./pipe.ts";
import { TimerFile } from "./timer_file.ts";

const world = makeWorld();

function withRestarted(prepare: (task: Task, kernel: Kernel) => void, look: (task: Task) => void) {
  const source = world.fork();
  const task = startLooping(source);
  prepare(task, source);
  const image = checkpoint(source, task);
  source.dispose();
  const kernel = world.fork();
  const again = planRestart(kernel, image, { adoptMachine: true }).commit();
  look(again);
  assertEquals(checkpoint(kernel, again), image);
  const fork = kernel.fork();
  look(fork.tasks.all[0]!);
  fork.dispose();
  kernel.dispose();
}

const install = (task: Task, object: FileObject) =>
  task.files.install(new OpenFile({ object, place: null, flags: O_RDWR }));

function object<T extends FileObject>(
  task: Task,
  fd: number,
  kind: new (...args: never[]) => T,
): T {
  const found = task.files.get(fd).object;
  if (found instanceof kind) return found;
  throw new Error(`Descriptor ${fd} is a ${found.kind}`);
}

Deno.test("a pipe keeps its bytes, of which it may hold many, and its ends", () => {
  const bytes = new Uint8Array(150_000).map((_, i) => i * 7);
  withRestarted((task, kernel) => {
    const { reader, writer } = kernel.fileSystem.openPipe(task.credentials);
    task.files.install(reader);
    task.files.duplicate(task.files.install(writer));
    if (reader.object instanceof PipeReader) reader.object.pipe.resize(262144, true);
    writer.object.write(0, bytes);
  }, (task) => {
    const { pipe } = object(task, 3, PipeReader);
    assertEquals(pipe.queue.peek(pipe.queue.length), bytes);
    assertEquals([pipe.capacity_bytes, pipe.readers, pipe.writers], [262144, 1, 1]);
  });
});

Deno.test("an epoll set keeps what it has not told of yet, and files that stand behind it", () => {
  const data = 1n << 63n;
  withRestarted((task) => {
    const set = new EpollSet();
    install(task, set);
    const [told, untold] = [new EventFile(1n, false), new EventFile(1n, false)];
    const fds = [told, untold].map((file) => install(task, file));
    const events = (EPOLLET | POLLIN) >>> 0;
    for (const fd of fds) set.add({ file: task.files.get(fd), fd, ticket: 1, events, data });
    set.remove(task.files.get(fds[1]!), fds[1]!);
    assertEquals(set.harvest(9), [{ events: POLLIN, data }]);
    set.add({ file: task.files.get(fds[1]!), fd: fds[1]!, ticket: 2, events, data: 3n });
  }, (task) => {
    const set = object(task, 3, EpollSet);
    assertEquals(set.poll(task) & POLLIN, POLLIN);
    const { entries } = set;
    assertEquals(entries.map(({ fd, data, isCandidate }) => [fd, data, isCandidate]), [
      [5, 3n, true],
      [4, data, false],
    ]);
    assertEquals(entries[0]!.file, task.files.get(5));
  });
});

Deno.test("a set inside a set comes back, also when the outer one stands first", () => {
  withRestarted((task) => {
    const [outer, inner] = [new EpollSet(), new EpollSet()];
    const fds = [outer, inner, new EventFile(0n, true)].map((object) => install(task, object));
    const entry = (fd: number) => ({
      file: task.files.get(fd),
      fd,
      ticket: 1,
      events: POLLIN,
      data: 0n,
    });
    outer.add(entry(fds[1]!));
    inner.add(entry(fds[2]!));
  }, (task) => {
    const outer = object(task, 3, EpollSet);
    assertEquals(outer.poll(task), 0);
    object(task, 5, EventFile).write(0, new Uint8Array(BigUint64Array.of(1n).buffer));
    assertEquals(outer.harvest(1, task).length, 1);
    object(task, 5, EventFile).count = 0n;
    // What was told of holds no more.
    assertEquals([outer, object(task, 4, EpollSet)].map((set) => set.harvest(1, task)), [[], []]);
  });
});

Deno.test("a set that watches a file of somebody else is refused by name", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const set = new EpollSet();
  install(task, set);
  const file = new OpenFile({ object: new EventFile(0n, false), place: null, flags: O_RDWR });
  set.add({ file, fd: 9, ticket: 1, events: POLLOUT, data: 0n });
  const refusal = assertThrows(() => checkpoint(kernel, task), Refusal);
  assertEquals(refusal.check, "checkpoint/epoll_file");
  assertEquals(refusal.found, "anon_inode:[eventfd], as it was under 9");
  file.release();
  assertEquals(set.size, 0);
  kernel.dispose();
});

Deno.test("a timer's remaining time counts from the restart; what is overdue stays so", () => {
  withRestarted((task, kernel) => {
    const now = kernel.clock.monotonic_ns;
    for (const deadline_ns of [now + 50n, now - 25n, null]) {
      const timer = new TimerFile(kernel.clock, CLOCK_MONOTONIC);
      timer.setting = { deadline_ns, interval_ns: 10n };
      install(task, timer);
    }
  }, (task) => {
    const timers = [3, 4, 5].map((fd) => object(task, fd, TimerFile));
    assertEquals(timers.map(({ left_ns }) => left_ns), [50n, 5n, 0n]);
    assertEquals(timers.map(({ expiries }) => expiries), [0n, 3n, 0n]);
  });
});
