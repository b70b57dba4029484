/** Can an image be restarted in a machine that is not like the one it comes from? */
import {
  ALL_CAPABILITIES,
  CAP_SETUID,
  CAP_SYS_CHROOT,
  CAP_SYS_RESOURCE,
  capabilitySet,
} from "../abi/capability.ts";
import { Credentials } from "../credentials.ts";
import { FsContext } from "../fs/fs_context.ts";
import type { Task } from "../task.ts";
import { assert, assertEquals, assertThrows } from "../../std_assert.ts";
import { PhysicalMemory } from "../../emu/mod.ts";
import { EEXIST, EINVAL, ENOMEM, ENXIO, EPERM, ESRCH } from "../abi/errno.ts";
import { O_RDONLY } from "../abi/fcntl.ts";
import { OpenFile } from "../fs/open_file.ts";
import { ECHOCTL } from "../abi/termios.ts";
import { Stream } from "../fs/stream.ts";
import { Kernel } from "../kernel.ts";
import { checkpoint } from "./checkpoint.ts";
import { Refusal } from "./refusal.ts";
import { planRestart } from "./restart.ts";
import { decorate } from "./testing/decorate.ts";
import { editField, editFields } from "./testing/edit.ts";
import { fingerprint, makeWorld, startLooping } from "./testing/world.ts";

const world = makeWorld();
const source = world.fork();
const image = checkpoint(source, startLooping(source));

/** A machine with other circumstances and the same files that a restart needs. */
function machine(options: ConstructorParameters<typeof Kernel>[0] = {}): Kernel {
  const kernel = new Kernel(options);
  kernel.fileSystem.writeFile("/bin/ckpt", world.fileSystem.readFile("/bin/ckpt"), 0o755);
  return kernel;
}

function refusal(kernel: Kernel, bytes: Uint8Array): Refusal {
  const before = kernel.fileSystem.exists("/tmp/a") ? fingerprint(kernel) : "";
  const frames = kernel.memory.framesInUse;
  const refused = assertThrows(() => planRestart(kernel, bytes, { adoptMachine: true }), Refusal);
  assertEquals(kernel.fileSystem.exists("/tmp/a") ? fingerprint(kernel) : "", before);
  assertEquals(kernel.memory.framesInUse, frames);
  return refused;
}

Deno.test("a fresh machine becomes the one of the image: clock, chance, ids, counters", () => {
  const kernel = machine({ seed: 99 });
  const task = planRestart(kernel, image, { adoptMachine: true }).commit();
  assertEquals(kernel.clock.instructions, source.clock.instructions);
  assertEquals(kernel.entropy.state, source.entropy.state);
  assertEquals([task.pid, task.ppid, task.pgid, task.sid], [2, 1, 2, 1]);
  assertEquals([kernel.tasks.lastPid, kernel.checkpointCounter], [2, 1]);
  assertEquals(kernel.scheduler.current, task);
  kernel.dispose();
  assertEquals(kernel.memory.framesInUse, 0);
});

Deno.test("a machine takes over the image's harts; a caller's machine must have one of the task's", () => {
  const two = machine({ harts: 2 });
  const pinned = startLooping(two);
  pinned.affinity = 0b10;
  two.scheduler.yield();
  two.run({ instructions: 100 });
  const saved = checkpoint(two, pinned);
  const kernel = machine();
  const task = planRestart(kernel, saved, { adoptMachine: true }).commit();
  assertEquals([task.affinity, task.lastHart], [0b10, 1]);
  assertEquals([kernel.scheduler.hart, kernel.scheduler.usage], [1, two.scheduler.usage]);
  const single = machine();
  const caller = startLooping(single);
  const refused = assertThrows(() => planRestart(single, saved, { into: caller }), Refusal);
  assertEquals(refused.check, "TASK.harts_allowed/there");
  for (const each of [kernel, single, two]) each.dispose();
});

Deno.test("ids that are taken, or do not go with the tasks that are there, are refused", () => {
  const kernel = world.fork();
  const other = startLooping(kernel);
  assertEquals(refusal(kernel, image).errno, EEXIST);
  // The same image as process 3, with ids on top.
  const as3 = (ids: Readonly<Record<string, number>> = {}) =>
    editFields(image, [
      ["machine/run_queue", "queue[0].pid", 3],
      ...Object.entries({ vpid: 3, vtgid: 3, vpgid: 3, ...ids }).map(([name, value]) =>
        ["pids", `pids[0].${name}`, value] as const
      ),
    ]);
  planRestart(kernel, as3(), { adoptMachine: true }).dispose();
  planRestart(kernel, as3({ vppid: other.pid }), { adoptMachine: true }).dispose();
  assertEquals(refusal(kernel, as3({ vppid: 777 })).errno, ESRCH);
  assertEquals(refusal(kernel, as3({ vpgid: other.pgid, vsid: 500 })).errno, EPERM);
  const thread = editField(image, "pids", "pids[0].vtgid", 9);
  assertEquals(refusal(world, thread).check, "TREE_PIDS/thread");
  assertEquals(refusal(world, editField(image, "tree", "nr_tasks", 2)).errno, EINVAL);
  kernel.dispose();
});

Deno.test("a machine with other streams is refused", () => {
  const terminal = machine({ streams: [new Stream(0, { terminal: true })] });
  assertEquals(refusal(terminal, image).errno, ENXIO);
  const three = [0, 1, 2].map((index) => new Stream(index, { terminal: index === 1 }));
  assertEquals(refusal(machine({ streams: three }), image).errno, ENXIO);
});

Deno.test("a fresh machine takes over the names, into another a guest's restart is refused", () => {
  const named = world.fork();
  const task = startLooping(named);
  named.uts.nodename = "renamed";
  named.uts.domainname = "example";
  const bytes = checkpoint(named, task);
  const kernel = machine({ hostname: "other" });
  planRestart(kernel, bytes, { adoptMachine: true }).commit();
  assertEquals([kernel.uts.nodename, kernel.uts.domainname], ["renamed", "example"]);
  const caller = startLooping(named);
  planRestart(named, bytes, { into: caller }).dispose();
  const refused = () => assertThrows(() => planRestart(named, bytes, { into: caller }), Refusal);
  named.uts.domainname = "elsewhere";
  assertEquals(refused().check, "UTS_NS.domainname/same");
  named.uts.nodename = "somebody";
  assertEquals(refused().check, "NODENAME.nodename/same");
  for (const each of [named, kernel]) each.dispose();
});

Deno.test("a caller may have more only with the capability that Linux asks for", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  task.credentials = Credentials.of(1000);
  const take = (change: Partial<Task> | null) => checkpoint(kernel, Object.assign(task, change));
  const plain = take(null);
  const { fs } = task;
  const elsewhere = kernel.fileSystem.resolve("/tmp");
  const rooted = take({ fs: new FsContext({ root: elsewhere, cwd: elsewhere }) });
  task.fs = fs;
  const limit = editField(plain, "task[0]/signal", "rlimit[7].rlim_max", 1n << 40n);
  const user = editField(plain, "task[0]/creds/cred", "suid", 5, "CRED");
  const cases: readonly (readonly [Uint8Array, number])[] = [
    [rooted, CAP_SYS_CHROOT],
    [limit, CAP_SYS_RESOURCE],
    [user, CAP_SETUID],
  ];
  const caller = startLooping(kernel);
  const plan = (bytes: Uint8Array, capabilities: bigint) => {
    caller.credentials = Credentials.of(1000);
    caller.credentials.capabilities.permitted = capabilities;
    caller.credentials.capabilities.effective = capabilities;
    return planRestart(kernel, bytes, { into: caller });
  };
  for (const [bytes, capability] of cases) {
    plan(bytes, capabilitySet(capability)).dispose();
    const refused = () => plan(bytes, ALL_CAPABILITIES & ~capabilitySet(capability));
    assert(/allowed/.test(assertThrows(refused, Refusal).check));
  }
  kernel.dispose();
});

Deno.test("a terminal comes back with its settings, its foreground and the keys that were pressed", () => {
  const streams = () => [new Stream(0, { terminal: true })];
  const kernel = machine({ streams: streams() });
  const file = OpenFile.onStream(kernel.streams[0]!, O_RDONLY);
  const task = startLooping(kernel, { files: { 0: file, 1: file.retain(), 2: file.retain() } });
  const tty = kernel.streams[0]!.tty!;
  const keys = (text: string) => kernel.streams[0]!.push(new TextEncoder().encode(text));
  tty.window = { rows: 50, columns: 132, width: 1, height: 2 };
  tty.termios = { ...tty.termios, lflag: tty.termios.lflag & ~ECHOCTL, ospeed: 9600 };
  keys("a line\nand half\u0013 of \u007fanother\u0016");
  tty.stopByCall();
  const bytes = checkpoint(kernel, task);
  const fresh = machine({ streams: streams() });
  planRestart(fresh, bytes, { adoptMachine: true }).commit();
  assertEquals(tty.foregroundGroup, task.pgid);
  assertEquals(fresh.streams[0]!.tty!.state, tty.state);
  assertEquals(fresh.streams[0]!.tty!.attributes(), tty.attributes());
  assertEquals(fresh.streams[0]!.tty!.window, tty.window);
  // The half of a line and the sign that was to be taken literally go on where they were.
  keys("\n\n");
  fresh.streams[0]!.push(new TextEncoder().encode("\n\n"));
  assertEquals(fresh.streams[0]!.tty!.state, tty.state);
});

Deno.test("a machine with too little memory refuses, and keeps what it has", () => {
  const kernel = world.fork();
  const task = startLooping(kernel);
  decorate(kernel, task, [{
    kind: "map",
    page: 0x20000,
    pages: 6,
    protection: 3,
    file: false,
    offset: 0,
    touch: [0, 1, 2, 3, 4, 5],
    fill: 7,
  }]);
  const bytes = checkpoint(kernel, task);
  kernel.dispose();
  // One frame for the program's file, and one for each saved page: seven with the stack's.
  for (let framesMax = 2; framesMax < 8; framesMax++) {
    const refused = refusal(machine({ memory: new PhysicalMemory({ framesMax }) }), bytes);
    assertEquals([refused.errno, refused.check], [ENOMEM, "plan/frames"]);
  }
  const enough = machine({ memory: new PhysicalMemory({ framesMax: 8 }) });
  planRestart(enough, bytes, { adoptMachine: true }).commit();
  assertEquals(enough.memory.framesInUse, 8);
});

Deno.test("a machine without the program's file refuses, and names it", () => {
  const refused = refusal(new Kernel(), image);
  assert(refused.message.includes('"/bin/ckpt"'));
  assertEquals(refused.path, "task[0]/mm/file/name");
});

Deno.test("two restarts of one image give two equal runs", () => {
  const runs = [1, 2].map(() => {
    const kernel = machine();
    const task = planRestart(kernel, image, { adoptMachine: true }).commit();
    kernel.run({ instructions: 12_345 });
    return checkpoint(kernel, task);
  });
  assertEquals(runs[0], runs[1]);
});

Deno.test("a refusal is data: check, errno, place, field, offset, found and expected", () => {
  const edited = editField(image, "task[0]/mm/vma[0]", "vm_end", 0x10001, "VMA");
  const { message, ...facts } = refusal(world, edited).toJSON();
  assertEquals({ ...facts, offset: typeof facts["offset"] }, {
    check: "VMA.vm_end/aligned",
    errno: EINVAL,
    path: "task[0]/mm/vma[0]",
    field: "vm_end",
    offset: "number",
    found: "0x10001",
    expected: "a multiple of 4096",
  });
  assertEquals(
    message,
    `task[0]/mm/vma[0] vm_end at byte ${facts["offset"]}: found 0x10001, ` +
      "expected a multiple of 4096 (VMA.vm_end/aligned)",
  );
});
