/** Does whatever checkpoint saves restart, also where times and names are odd, and is the rest refused? */
import { assertEquals, assertThrows } from "../../std_assert.ts";
import { O_PATH, O_RDONLY, O_RDWR } from "../abi/fcntl.ts";
import { MAP_PRIVATE, PROT_READ } from "../abi/mman.ts";
import { mmap } from "../mm/mmap.ts";
import { CLOCK_MONOTONIC, KTIME_MAX } from "../abi/time.ts";
import { MONOTONIC_END_NS } from "../clock.ts";
import { makeFifo, unlink } from "../fs/names.ts";
import { OpenFile } from "../fs/open_file.ts";
import { TimerFile } from "../fs/timer_file.ts";
import { RegularInode } from "../fs/inode.ts";
import type { Kernel } from "../kernel.ts";
import { PosixTimer } from "../process_timers.ts";
import type { Task } from "../task.ts";
import { checkpoint } from "./checkpoint.ts";
import { Refusal } from "./refusal.ts";
import { planRestart } from "./restart.ts";
import { makeWorld, startLooping } from "./testing/world.ts";

const world = makeWorld();
makeFifo(world.fileSystem.context, "/tmp/fifo", 0o666);

world.fileSystem.writeFile("/tmp/vast", new Uint8Array(100));
const { inode: vast } = world.fileSystem.resolve("/tmp/vast");
if (vast instanceof RegularInode) {
  vast.resize(2 ** 53 - 4096);
  vast.write(2 ** 50, new Uint8Array(10).fill(1));
}

type Prepare = (task: Task, kernel: Kernel) => void;

function open(path: string, flags: number): Prepare {
  return (task, { fileSystem }) => {
    task.files.install(fileSystem.open(path, flags));
  };
}

function openAndRemove(path: string, flags: number): Prepare {
  return (task, kernel) => {
    open(path, flags)(task, kernel);
    unlink(kernel.fileSystem.context, path);
  };
}

/** A periodic timer that has expired once and is next due after the end of all clocks. */
const LAST_TIMER = { deadline_ns: 10n, interval_ns: KTIME_MAX };

const RESTARTABLE: Readonly<Record<string, Prepare>> = {
  "a machine that has idled as long as one can": (_, { clock }) => {
    clock.idleUntil(MONOTONIC_END_NS);
    clock.retire(12_345);
  },
  "a timerfd whose next expiry is behind the end of time": (task, { clock }) => {
    const timer = new TimerFile(clock, CLOCK_MONOTONIC);
    timer.setting = LAST_TIMER;
    timer.consume(8);
    task.files.install(new OpenFile({ object: timer, place: null, flags: O_RDWR }));
  },
  "timers of the process that are set to the end of time": ({ group: { timers } }) => {
    const notice = { kind: "none" } as const;
    const timer = new PosixTimer({ id: 0, clockId: CLOCK_MONOTONIC, clockThread: 0, notice });
    timers.posix.set(0, timer);
    timers.nextId = 1;
    for (const each of [timer, ...timers.interval]) {
      each.setting = { deadline_ns: KTIME_MAX, interval_ns: 0n };
    }
  },
  "a mapping of the beginning of a file of eight petabytes": (task, { fileSystem }) => {
    const file = fileSystem.open("/tmp/vast", O_RDONLY);
    const flags = MAP_PRIVATE;
    mmap(task.mm, { address: 0, length: 4096, protection: PROT_READ, flags, file, offset: 0 });
    file.release();
  },
  "a file without a name that is older than the epoch": (task, kernel) => {
    kernel.fileSystem.writeFile("/tmp/old", new Uint8Array(5000).fill(1));
    openAndRemove("/tmp/old", O_RDWR)(task, kernel);
    const { inode } = task.files.get(3);
    if (inode !== null) inode.atime_ns = -(2n ** 63n);
    if (inode !== null) inode.mtime_ns = -1n;
  },
};

for (const [what, prepare] of Object.entries(RESTARTABLE)) {
  Deno.test(`${what} restarts, and is saved again as it was`, () => {
    const source = world.fork();
    const task = startLooping(source);
    prepare(task, source);
    const image = checkpoint(source, task);
    source.dispose();
    const kernel = world.fork();
    const again = planRestart(kernel, image, { adoptMachine: true }).commit();
    assertEquals(checkpoint(kernel, again), image);
    kernel.dispose();
    intoAnOlderMachine(image);
  });
}

/** Times left are cut to the end of the clocks where the machine has less time left itself. */
function intoAnOlderMachine(image: Uint8Array): void {
  const kernel = world.fork();
  kernel.clock.idleUntil(MONOTONIC_END_NS - 1_000_000n);
  const into = startLooping(kernel);
  const task = planRestart(kernel, image, { into }).commit();
  for (const [, { file: { object } }] of task.files.entries()) {
    if (object instanceof TimerFile) assertEquals(object.setting.deadline_ns, KTIME_MAX);
  }
  for (const { setting } of task.group.timers.posix.values()) {
    assertEquals(setting.deadline_ns, KTIME_MAX);
  }
  kernel.dispose();
}

const REFUSED: Readonly<Record<string, readonly [check: string, prepare: Prepare]>> = {
  "a FIFO whose name is gone": ["checkpoint/named", openAndRemove("/tmp/fifo", O_RDWR)],
  "a device whose name is gone": ["checkpoint/named", openAndRemove("/dev/zero", O_RDONLY)],
  "a place in /proc of what has no name": [
    "checkpoint/file_kind",
    (task, kernel) => {
      const { reader } = kernel.fileSystem.openPipe(task.credentials);
      const fd = task.files.install(reader);
      task.files.install(kernel.fileSystem.open(`/proc/${task.pid}/fd/${fd}`, O_PATH));
    },
  ],
};

for (const [what, [check, prepare]] of Object.entries(REFUSED)) {
  Deno.test(`${what} is refused when the checkpoint is taken`, () => {
    const source = world.fork();
    const task = startLooping(source);
    prepare(task, source);
    assertEquals(assertThrows(() => checkpoint(source, task), Refusal).check, check);
    source.dispose();
  });
}
