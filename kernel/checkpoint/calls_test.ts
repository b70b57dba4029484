/** checkpoint(2) and restart(2) as programs see them, from the session of 2008 to bad arguments. */
import { assert, assertEquals, assertMatch, assertNotEquals } from "../../std_assert.ts";
import {
  EACCES,
  EAGAIN,
  EBADF,
  EBUSY,
  EINVAL,
  EMFILE,
  ENOSPC,
  EPERM,
  EPIPE,
  ESRCH,
  ETXTBSY,
} from "../abi/errno.ts";
import { O_CREAT, O_DIRECTORY, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } from "../abi/fcntl.ts";
import { RLIMIT_AS, RLIMIT_NOFILE } from "../abi/resource.ts";
import { SIGCONT, SIGINT, SIGKILL, SIGSTOP } from "../abi/signal.ts";
import { Credentials } from "../credentials.ts";
import { OpenFile } from "../fs/open_file.ts";
import type { PipeWriter } from "../fs/pipe.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import type { Wait } from "../wait.ts";
import { CLOCK_THREAD_CPUTIME_ID } from "../abi/time.ts";
import { checkpoint } from "./checkpoint.ts";
import { inspectImage } from "./inspect.ts";
import { planRestart } from "./restart.ts";
import { call } from "./testing/call.ts";
import { decorate } from "./testing/decorate.ts";
import { editField } from "./testing/edit.ts";
import { fingerprint, makeWorld, startLooping } from "./testing/world.ts";

const world = makeWorld();
const NO_FD = -1;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A machine with a looping task whose image lies in /tmp/image. */
function withImage(edit: (image: Uint8Array) => Uint8Array = (image) => image) {
  const kernel = world.fork();
  const saved = startLooping(kernel);
  const image = edit(checkpoint(kernel, saved));
  kernel.fileSystem.writeFile("/tmp/image", image);
  return { kernel, saved, image };
}

/** Opens a file for a task; answers the descriptor. */
function open(kernel: Kernel, task: Task, path: string, flags: number): number {
  return task.files.install(kernel.fileSystem.open(path, flags));
}

Deno.test("the session that announced the patch: saved twice, killed, and brought back", () => {
  const kernel = world.fork();
  for (const id of [1, 2]) {
    const out = kernel.fileSystem.open(`/tmp/out.${id}`, O_WRONLY | O_CREAT);
    const ckpt = kernel.spawn({ path: "/bin/ckpt", files: { 1: out } });
    kernel.run({ instructions: 5000 });
    assertEquals(text(kernel.streams[2]!.takeOutput()), `hello, world!  (ret=${id})\n`);
    kernel.signalGroup(ckpt.pgid, SIGINT);
    kernel.run();
    assertEquals(kernel.reap(ckpt.pid), SIGINT);
  }
  const input = kernel.fileSystem.open("/tmp/out.1", O_RDONLY);
  const rstr = kernel.spawn({ path: "/bin/rstr", files: { 0: input } });
  kernel.run({ instructions: 5000 });
  assertEquals(text(kernel.streams[2]!.takeOutput()), "hello, world!  (ret=0)\n");
  assertEquals([rstr.comm, rstr.exe, rstr.pid], ["ckpt", "/bin/ckpt", 4]);
  assertEquals(kernel.checkpointCounter, 2);
  kernel.dispose();
  assert(kernel.memory.framesInUse <= world.memory.framesInUse);
});

Deno.test("the restarted program goes on as the saved one would have, tick by tick", () => {
  const { kernel, saved, image } = withImage();
  kernel.run({ instructions: 1000 });
  const caller = startLooping(kernel);
  const fd = open(kernel, caller, "/tmp/image", O_RDONLY);
  assertEquals(call(601, kernel, caller, 0, fd, 0, NO_FD), 0);
  // The dispatcher counts the call when it has returned.
  caller.instructions += 1;
  const again = checkpoint(kernel, caller);
  const facts = (bytes: Uint8Array) =>
    inspectImage(bytes).records.filter(({ type }) =>
      !["HEADER", "MACHINE", "HARTS", "RUN_QUEUE", "TREE_PIDS", "TAIL"].includes(type)
    )
      .flatMap(({ path, fields }) => fields.map(({ name, value }) => `${path} ${name} ${value}`));
  assertEquals(facts(again), facts(image));
  assert(saved.isAlive);
  kernel.dispose();
});

Deno.test("what is left of a caller's CPU timers is what is left when its checkpoint(2) has returned", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  decorate(kernel, task, [
    { kind: "itimer", which: 2, deadline: 1n << 40n, interval: 0n },
    {
      kind: "timer",
      clockId: CLOCK_THREAD_CPUTIME_ID,
      signo: 34,
      toThread: false,
      deadline: 1n << 41n,
      interval: 0n,
      value: 0n,
      isQueued: false,
    },
  ]);
  const fd = open(kernel, task, "/tmp/image", O_WRONLY | O_CREAT);
  assertEquals(call(600, kernel, task, 0, fd, 0, NO_FD), 2);
  const fresh = world.fork();
  const image = kernel.fileSystem.readFile("/tmp/image");
  fresh.fileSystem.writeFile("/tmp/image", image);
  const again = planRestart(fresh, image, { adoptMachine: true }).commit();
  const deadlines = ({ group: { timers } }: Task) =>
    [timers.interval[2]!, ...timers.posix.values()].map(({ setting }) => setting.deadline_ns);
  assertEquals(deadlines(again), [1n << 40n, 1n << 41n]);
  for (const each of [kernel, fresh]) each.dispose();
});

Deno.test("reading stops exactly behind the tail, and a refusal puts the offset back", () => {
  const { kernel, image } = withImage();
  const behind = new TextEncoder().encode("checkpoint id 1\n");
  const all = new Uint8Array(image.length + behind.length);
  all.set(image);
  all.set(behind, image.length);
  kernel.fileSystem.writeFile("/tmp/image", all);
  const task = startLooping(kernel);
  const fd = open(kernel, task, "/tmp/image", O_RDONLY);
  const file = task.files.get(fd).retain();
  file.offset = 1;
  assertEquals(call(601, kernel, task, task.pid, fd, 0, NO_FD), -EINVAL);
  assertEquals(file.offset, 1);
  file.offset = 0;
  assertEquals(call(601, kernel, task, task.pid, fd, 0, NO_FD), 0);
  assertEquals(file.offset, image.length);
  file.release();
  kernel.dispose();
});

Deno.test("a refused restart leaves the caller as it was, and says why in the log", () => {
  const { kernel, image } = withImage();
  const damaged = image.slice();
  damaged[1000]! ^= 1;
  kernel.fileSystem.writeFile("/tmp/image", damaged);
  const task = startLooping(kernel);
  const fd = open(kernel, task, "/tmp/image", O_RDONLY);
  const log = open(kernel, task, "/tmp/log", O_WRONLY | O_CREAT);
  const before = checkpoint(kernel, task);
  const print = fingerprint(kernel);
  assertEquals(call(601, kernel, task, 0, fd, 0, NO_FD), -EINVAL);
  assertEquals(fingerprint(kernel), print);
  assertEquals(checkpoint(kernel, task), before);
  assertEquals(call(601, kernel, task, 0, fd, 0, log), -EINVAL);
  assertMatch(
    text(kernel.fileSystem.readFile("/tmp/log")),
    /^record\[\d+\] at byte \d+: found other bytes, expected .* \(integrity\/record\)\n$/,
  );
  kernel.dispose();
});

Deno.test("bad arguments", () => {
  const { kernel } = withImage();
  const task = startLooping(kernel);
  const [reading, writing] = [
    open(kernel, task, "/tmp/image", O_RDONLY),
    open(kernel, task, "/tmp/out", O_WRONLY | O_CREAT),
  ];
  for (const number of [600, 601] as const) {
    const fd = number === 600 ? writing : reading;
    const wrongWay = number === 600 ? reading : writing;
    assertEquals(call(number, kernel, task, 0, fd, 2, NO_FD), -EINVAL);
    assertEquals(call(number, kernel, task, 0, 99, 0, NO_FD), -EBADF);
    assertEquals(call(number, kernel, task, 0, -1, 0, NO_FD), -EBADF);
    assertEquals(call(number, kernel, task, 0, wrongWay, 0, NO_FD), -EBADF);
    assertEquals(call(number, kernel, task, 0, fd, 0, 99), -EBADF);
    assertEquals(call(number, kernel, task, 0, fd, 0, reading), -EBADF);
    assertEquals(call(number, kernel, task, 31000, fd, 0, NO_FD), -ESRCH);
    assertEquals(call(number, kernel, task, -7, fd, 0, NO_FD), -ESRCH);
  }
  assertEquals(call(601, kernel, task, task.pid - 1, reading, 0, NO_FD), -EINVAL);
  assertEquals(kernel.checkpointCounter, 1, "only startLooping's own");
  kernel.dispose();
});

Deno.test("a checkpoint that cannot be written takes no id", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const taken = kernel.checkpointCounter;
  const full = open(kernel, task, "/dev/full", O_WRONLY);
  assertEquals(call(600, kernel, task, 0, full, 0, NO_FD), -ENOSPC);
  const { reader, writer } = kernel.fileSystem.openPipe(task.credentials);
  const pipe = task.files.install(writer);
  // The pipe itself is what the image cannot hold: its other end is nobody's that is saved.
  assertEquals(call(600, kernel, task, 0, pipe, 0, NO_FD), -EBUSY);
  reader.release();
  assertEquals(kernel.checkpointCounter, taken);
  kernel.dispose();
});

Deno.test("a pipe takes an image whole or not at all", () => {
  const kernel = world.fork();
  const saved = startLooping(kernel);
  const task = startLooping(kernel);
  const taken = kernel.checkpointCounter;
  const { reader, writer } = kernel.fileSystem.openPipe(task.credentials);
  const fd = task.files.install(writer);
  writer.object.write(0, new Uint8Array(60_000));
  assertEquals(call(600, kernel, task, saved.pid, fd, 0, NO_FD), -EAGAIN);
  reader.object.consume(60_000);
  assertEquals(call(600, kernel, task, saved.pid, fd, 0, NO_FD), taken + 1);
  assertEquals(inspectImage(reader.object.read(0, 1 << 20)!).refusal, null);
  reader.release();
  assertEquals(call(600, kernel, task, saved.pid, fd, 0, NO_FD), -EPIPE);
  assertEquals(kernel.checkpointCounter, taken + 1);
  kernel.dispose();
});

Deno.test("restart from a stream waits for all of the image, and takes nothing but it", () => {
  const { kernel, image } = withImage();
  const { streams } = kernel;
  const task = startLooping(kernel);
  const waited = () => call(601, kernel, task, 0, 0, 0, NO_FD);
  const files = [{ fd: 0, events: 1 }];
  const poll: Wait = { kind: "poll", files, isExclusive: false, deadline_ns: null };
  assertEquals(waited(), poll);
  streams[0]!.push(image.subarray(0, 5));
  assertEquals(waited(), poll);
  streams[0]!.push(image.subarray(5, 3000));
  assertEquals(waited(), poll);
  assertEquals(streams[0]!.pending, 3000);
  streams[0]!.push(image.subarray(3000));
  streams[0]!.push(new Uint8Array(7));
  assertEquals(waited(), 0);
  assertEquals(streams[0]!.pending, 7);
  streams[0]!.end();
  assertEquals(call(601, kernel, task, 0, 0, 0, NO_FD), -EPIPE);
  assertEquals(streams[0]!.pending, 7);
  kernel.dispose();
});

Deno.test("a machine whose only program has a part of an image waits for the rest, and does not spin", () => {
  const { kernel, saved, image } = withImage();
  kernel.signal(saved.pid, SIGKILL);
  const rstr = kernel.spawn({ path: "/bin/rstr" });
  const [input] = kernel.streams;
  for (const [from, to] of [[0, 5], [5, 3000]] as const) {
    input!.push(image.subarray(from, to));
    assertEquals(kernel.run({ instructions: 100_000 }).reason, "waiting");
  }
  input!.push(image.subarray(3000));
  assertEquals(kernel.run({ instructions: 100_000 }).reason, "budget");
  assertEquals(rstr.exe, "/bin/ckpt");
  kernel.dispose();
});

Deno.test("another task is saved in whatever state it is, by whom may look into it", () => {
  const kernel = world.fork();
  const target = startLooping(kernel, { uid: 1000 });
  const root = startLooping(kernel);
  const same = startLooping(kernel, { uid: 1000 });
  const other = startLooping(kernel, { uid: 1001 });
  for (const [task, expected] of [[root, true], [same, true], [other, false]] as const) {
    const fd = open(kernel, task, "/dev/null", O_WRONLY);
    const result = call(600, kernel, task, target.pid, fd, 0, NO_FD);
    assertEquals(Number(result) > 0, expected);
    if (!expected) assertEquals(result, -EPERM);
  }
  const fd = open(kernel, root, "/dev/null", O_WRONLY);
  target.wait = {
    kind: "sleep",
    deadline_ns: kernel.clock.monotonic_ns + 1000n,
    isAbsolute: false,
  };
  kernel.scheduler.block(target);
  assert(Number(call(600, kernel, root, target.pid, fd, 0, NO_FD)) > 0);
  kernel.signal(target.pid, SIGSTOP);
  kernel.run({ instructions: 10 });
  assert(Number(call(600, kernel, root, target.pid, fd, 0, NO_FD)) > 0);
  target.dumpable = 0;
  assertEquals(call(600, kernel, same, target.pid, same.files.size - 1, 0, NO_FD), -EPERM);
  kernel.signal(target.pid, SIGKILL);
  kernel.run({ instructions: 1_000_000 });
  assertEquals(call(600, kernel, root, target.pid, fd, 0, NO_FD), -EBUSY);
  kernel.dispose();
});

Deno.test("a sleeper sleeps the rest of its time, and a stopped task stays stopped", () => {
  const { kernel, saved } = withImage();
  saved.wait = {
    kind: "sleep",
    deadline_ns: kernel.clock.monotonic_ns + 70_000n,
    isAbsolute: false,
  };
  kernel.scheduler.block(saved);
  kernel.fileSystem.writeFile("/tmp/image", checkpoint(kernel, saved));
  kernel.run({ instructions: 500 });
  const sleeper = startLooping(kernel);
  const fd = open(kernel, sleeper, "/tmp/image", O_RDONLY);
  const now_ns = kernel.clock.monotonic_ns;
  assertEquals(call(601, kernel, sleeper, 0, fd, 0, NO_FD), 0);
  assertEquals(sleeper.state, "blocked");
  // The call itself is still to be counted.
  assertEquals(sleeper.wait, {
    kind: "sleep",
    deadline_ns: now_ns + 1n + 70_000n,
    isAbsolute: false,
  });

  const stopped = startLooping(kernel);
  decorate(kernel, stopped, [{ kind: "stopped" }]);
  kernel.fileSystem.writeFile("/tmp/image", checkpoint(kernel, stopped));
  const caller = startLooping(kernel);
  const other = open(kernel, caller, "/tmp/image", O_RDONLY);
  assertEquals(call(601, kernel, caller, 0, other, 0, NO_FD), 0);
  assertEquals(caller.state, "stopped");
  kernel.signal(caller.pid, SIGCONT);
  assertEquals(caller.state, "running");
  kernel.dispose();
});

Deno.test("descriptors that share an open file share it afterwards, and the caller's are closed", () => {
  const kernel = world.fork();
  const saved = startLooping(kernel);
  const fd = open(kernel, saved, "/tmp/a", O_RDWR);
  saved.files.get(fd).offset = 33;
  saved.files.duplicateTo(fd, 11);
  open(kernel, saved, "/tmp/a", O_RDONLY);
  kernel.fileSystem.writeFile("/tmp/image", checkpoint(kernel, saved));
  const caller = startLooping(kernel);
  const file = kernel.fileSystem.open("/tmp/image");
  caller.files.installAt(100, file.retain());
  assertEquals(call(601, kernel, caller, 0, 100, 0, NO_FD), 0);
  const { files } = caller;
  assertEquals(files.entries().map(([fd]) => fd), [0, 1, 2, 3, 4, 11]);
  assertEquals(files.get(3), files.get(11));
  assertEquals([files.get(3).offset, files.get(4).offset], [33, 0]);
  assertEquals(file.references, 1);
  kernel.dispose();
});

/** Restarts an edited image as a user who is not root; the result of the call. */
function asUser(
  edit: (image: Uint8Array) => Uint8Array,
  change: (caller: Task, kernel: Kernel) => void = () => {},
): number | bigint | Wait {
  const kernel = world.fork();
  const saved = startLooping(kernel, { uid: 1000 });
  kernel.fileSystem.writeFile("/tmp/image", edit(checkpoint(kernel, saved)));
  const caller = startLooping(kernel, { uid: 1000 });
  const fd = open(kernel, caller, "/tmp/image", O_RDONLY);
  change(caller, kernel);
  const before = fingerprint(kernel);
  const result = call(601, kernel, caller, 0, fd, 0, NO_FD);
  if (Number(result) < 0) assertEquals(fingerprint(kernel), before);
  kernel.dispose();
  return result;
}

const CRED = "task[0]/creds/cred";

Deno.test("nobody gains rights: ids, groups, limits, files and root stay within the caller's", () => {
  const same = (image: Uint8Array) => image;
  assertEquals(asUser(same), 0);
  for (const field of ["uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid"]) {
    assertEquals(asUser((image) => editField(image, CRED, field, 0)), -EPERM, field);
    assertEquals(asUser((image) => editField(image, CRED, field, 1001)), -EPERM, field);
  }
  const groups = (caller: Task) => caller.credentials.groups = [5];
  assertEquals(asUser(same, groups), -EPERM);
  assertEquals(asUser(same, (caller) => caller.credentials.noNewPrivileges = true), -EPERM);
  assertEquals(asUser((image) => editField(image, CRED, "flags", 1)), 0);

  const signal = "task[0]/signal";
  const hard = `rlimit[${RLIMIT_NOFILE}].rlim_max`;
  assertEquals(asUser((image) => editField(image, signal, hard, 4097)), -EPERM);
  assertEquals(asUser((image) => editField(image, signal, hard, 4095)), 0);

  const fd1 = "task[0]/file_table/fd[1]";
  assertEquals(asUser((image) => editField(image, fd1, "fd_descriptor", 5000)), -EINVAL);
  const fd2 = "task[0]/file_table/fd[2]";
  assertEquals(asUser((image) => editField(image, fd2, "fd_descriptor", 4096)), -EMFILE);
  assertEquals(asUser((image) => editField(image, fd2, "fd_descriptor", 4095)), 0);

  const cwd = "task[0]/fs/cwd";
  const path = new TextEncoder().encode("/root\0\0\0");
  assertEquals(
    asUser((image) => editField(image, "task[0]/fs/cwd", "path", padded(image, cwd, path))),
    -EACCES,
  );
  const tmp = new TextEncoder().encode("/tmp\0\0\0\0");
  assertEquals(asUser((image) => editField(image, cwd, "path", padded(image, cwd, tmp))), 0);
  const root = "task[0]/fs/root";
  assertEquals(asUser((image) => editField(image, root, "path", padded(image, root, tmp))), -EPERM);
});

/** A text that takes the place of a record's own of the same size. */
function padded(image: Uint8Array, path: string, bytes: Uint8Array): Uint8Array {
  const place = inspectImage(image).records.find((record) => record.path === path);
  assertEquals(place?.fields[0]?.length, bytes.length);
  return bytes;
}

Deno.test("nobody gains a stream: what every program has, or what the caller has", () => {
  const stream = (fd: number, flags: number) => (image: Uint8Array) =>
    editField(image, `task[0]/file_table/fd[${fd}]/file`, "f_flags", flags, "FILE");
  assertEquals(asUser(stream(0, O_WRONLY)), -EACCES);
  assertEquals(asUser(stream(0, O_RDWR)), -EACCES);
  assertEquals(asUser(stream(2, O_RDONLY)), -EACCES);
  const holds = (caller: Task, { streams }: Kernel) => {
    const file = new OpenFile({ object: streams[2]!, place: null, flags: O_RDWR });
    caller.files.install(file);
  };
  assertEquals(asUser(stream(2, O_RDONLY), holds), 0);
  assertEquals(asUser(stream(2, O_RDWR), holds), 0);
  assertEquals(
    asUser((image) => editField(image, "task[0]/file_table/fd[0]/file", "stream", 3)),
    -6,
  );
});

Deno.test("nobody gains memory: mappings stay within the caller's hard limits", () => {
  const limit = (bytes: bigint) => (caller: Task) =>
    caller.limits.set(RLIMIT_AS, { soft: bytes, hard: bytes }, true);
  const same = (image: Uint8Array) => image;
  const rlimit = (image: Uint8Array) =>
    editField(image, "task[0]/signal", `rlimit[${RLIMIT_AS}].rlim_max`, 4096n, "SIGNAL");
  assertEquals(asUser(same, limit(1n << 30n)), -EPERM, "the image's own limit is higher");
  const lowered = (image: Uint8Array) =>
    rlimit(editField(image, "task[0]/signal", `rlimit[${RLIMIT_AS}].rlim_cur`, 4096n));
  assertEquals(asUser(lowered, limit(1n << 30n)), 0);
  assertEquals(asUser(lowered, limit(8192n)), -12);
});

Deno.test("a file that the caller may not open, is gone, or has other contents is refused", () => {
  const cases: [string, (kernel: Kernel) => void, number][] = [
    ["gone", ({ fileSystem }) => fileSystem.remove("/tmp/b"), 2],
    [
      "forbidden",
      ({ fileSystem }) => fileSystem.writeFile("/tmp/b", new Uint8Array(1), 0o600),
      EACCES,
    ],
    ["a link now", ({ fileSystem }) => {
      fileSystem.remove("/tmp/b");
      fileSystem.makeSymlink("/tmp/a", "/tmp/b");
    }, 2],
    ["a directory now", ({ fileSystem }) => {
      fileSystem.remove("/tmp/b");
      fileSystem.makeDirectory("/tmp/b");
    }, 21],
    ["a longer program", ({ fileSystem }) => {
      fileSystem.writeFile("/bin/ckpt", new Uint8Array(5000), 0o755);
    }, ETXTBSY],
    ["a changed program", ({ fileSystem }) => {
      const bytes = fileSystem.readFile("/bin/ckpt");
      bytes[bytes.length - 1]! ^= 1;
      fileSystem.writeFile("/bin/ckpt", bytes);
    }, ETXTBSY],
    ["a program that may not be executed", ({ fileSystem }) => {
      fileSystem.resolve("/bin/ckpt").inode.setAttributes({ mode: 0o644 });
    }, EACCES],
  ];
  for (const [name, change, errno] of cases) {
    const result = asUser((image) => image, (caller, kernel) => {
      const saved = startLooping(kernel, { uid: 1000 });
      open(kernel, saved, "/tmp/b", O_RDWR);
      kernel.fileSystem.writeFile("/tmp/image", checkpoint(kernel, saved));
      change(kernel);
      caller.credentials = Credentials.of(1000);
    });
    assertEquals(result, -errno, name);
  }
});

Deno.test("a pipe comes back with what is in it, its ends and its capacity", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  const { reader, writer } = kernel.fileSystem.openPipe(task.credentials, O_NONBLOCK);
  const [from, to] = [task.files.install(reader), task.files.install(writer)];
  task.files.duplicateTo(to, 9);
  writer.object.write(0, new TextEncoder().encode("hello"));
  (writer.object as PipeWriter).pipe.resize(8192, false);
  const image = checkpoint(kernel, task);
  const fresh = world.fork();
  const { files } = planRestart(fresh, image, { adoptMachine: true }).commit();
  const [back, again] = [files.get(from), files.get(to)];
  assertEquals(text(back.object.read(0, 99)!), "hello");
  assertEquals(back.path, reader.path);
  assertEquals([back.flags, again.flags], [reader.flags, writer.flags]);
  const { pipe } = again.object as PipeWriter;
  assertEquals([pipe.readers, pipe.writers, pipe.capacity_bytes], [1, 1, 8192]);
  assertEquals(files.get(9), again);
  assertEquals(
    fresh.fileSystem.openPipe(task.credentials).reader.path,
    kernel.fileSystem.openPipe(task.credentials).reader.path,
  );
  // A guest's own restart(2) must not take a number that a pipe of the machine has.
  const other = world.fork();
  const caller = startLooping(other);
  const { reader: taken } = other.fileSystem.openPipe(caller.credentials);
  planRestart(other, image, { into: caller }).commit();
  assertNotEquals(caller.files.get(from).path, taken.path);
  for (const each of [kernel, fresh, other]) each.dispose();
});

Deno.test("what the image cannot hold is refused when it is saved, with its place", () => {
  const kernel = world.fork();
  const saved = startLooping(kernel);
  const task = startLooping(kernel);
  const out = open(kernel, task, "/dev/null", O_WRONLY);
  const log = open(kernel, task, "/tmp/log", O_WRONLY | O_CREAT);
  const refused = (expected: RegExp, errno: number) => {
    assertEquals(call(600, kernel, task, saved.pid, out, 0, log), -errno);
    assertMatch(text(kernel.fileSystem.readFile("/tmp/log")).split("\n").at(-2)!, expected);
  };
  kernel.fileSystem.makeDirectory("/tmp/dir/inner");
  const fd = open(kernel, saved, "/tmp/dir/inner", O_RDONLY | O_DIRECTORY);
  kernel.fileSystem.remove("/tmp/dir", { recursive: true });
  refused(/^task\[0\]\/file_table\/fd\[3\]\/file: found \/tmp\/dir\/inner, a directory in one/, 38);
  saved.files.close(fd);
  const { reader, writer } = kernel.fileSystem.openPipe(saved.credentials);
  saved.files.install(reader);
  refused(/found pipe:\[1000\] with 1 more end/, EBUSY);
  saved.files.close(3);
  writer.release();
  saved.fs.root = kernel.fileSystem.resolve("/tmp");
  kernel.fileSystem.makeDirectory("/tmp/dir");
  task.fs.root = kernel.fileSystem.resolve("/tmp/dir");
  refused(/path from the root of the task/, EBUSY);
  kernel.dispose();
});
