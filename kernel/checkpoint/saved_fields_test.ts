/**
 * Is every field of every object accounted for? A new one makes this test fail until somebody has said
 * whether the image holds it, or why not.
 */
import { assertEquals } from "../../std_assert.ts";
import { EventFile } from "../fs/event_file.ts";
import { FileLocks } from "../fs/file_locks.ts";
import { Pipe } from "../fs/pipe.ts";
import { SignalFile } from "../fs/signal_file.ts";
import { TimerFile } from "../fs/timer_file.ts";
import { DEFAULT_BOUNDS } from "../ipc/posix_queue.ts";
import { PosixTimer, ProcessTimers } from "../process_timers.ts";
import { makeWorld, startLooping } from "./testing/world.ts";

const kernel = makeWorld();
const task = startLooping(kernel);
const file = kernel.fileSystem.open("/tmp/a");
const { object: memory } = kernel.fileSystem.openMemory({
  name: "memfd:m",
  size: 0,
  mode: 0o600,
  uid: 0,
  gid: 0,
});

const queue = kernel.ipc.mqueues.root.createQueue(kernel, task, {
  name: "q",
  owner: { mode: 0o600, uid: 0, gid: 0 },
  bounds: DEFAULT_BOUNDS,
});

/** What becomes of a field. */
type Fate = "saved" | "derived" | "kept" | "counted";

const FATES: readonly [name: string, object: object, fields: Readonly<Record<string, Fate>>][] = [
  ["Task", task, {
    pid: "saved",
    ppid: "saved",
    group: "saved",
    credentials: "saved",
    registers: "saved",
    mm: "saved",
    files: "saved",
    fs: "saved",
    signals: "saved",
    state: "saved",
    wait: "saved",
    opening: "saved",
    exitCode: "saved",
    clearChildTid: "saved",
    robustList: "saved",
    parentDeathSignal: "saved",
    dumpable: "saved",
    personality: "saved",
    scheduling: "saved",
    affinity: "saved",
    lastHart: "saved",
    // A task that has some of its own is refused.
    namespaces: "derived",
    instructions: "saved",
    startTime_ns: "saved",
  }],
  ["ThreadGroup", task.group, {
    id: "saved",
    pgid: "saved",
    sid: "saved",
    limits: "saved",
    pending: "saved",
    members: "derived",
    timers: "saved",
    stopSignal: "saved",
    hasExecuted: "saved",
    jobEvent: "saved",
    exitSignal: "saved",
    isAdopted: "saved",
    // A task in another one than the machine's is refused.
    pidNamespace: "derived",
    isUnkillable: "derived",
    waiters: "derived",
    isChildSubreaper: "saved",
    oomScoreAdj: "saved",
    oomScoreAdjMin: "saved",
    exitedInstructions: "saved",
    childrenInstructions: "saved",
  }],
  ["Credentials", task.credentials, {
    uid: "saved",
    euid: "saved",
    suid: "saved",
    fsuid: "saved",
    gid: "saved",
    egid: "saved",
    sgid: "saved",
    fsgid: "saved",
    groups: "saved",
    noNewPrivileges: "saved",
    capabilities: "saved",
    // A task in another one than the machine's is refused.
    userNamespace: "derived",
  }],
  ["FsContext", task.fs, { root: "saved", cwd: "saved", umask: "saved" }],
  ["TaskSignals", task.signals, {
    dispositions: "saved",
    pending: "saved",
    alternateStack: "saved",
    savedMask: "saved",
  }],
  ["OpenFile", file, {
    object: "saved",
    place: "saved",
    flags: "saved",
    offset: "saved",
    owner: "saved",
    ownerSignal: "saved",
  }],
  ["Pipe", new Pipe({ ino: 1, uid: 0, gid: 0, now_ns: 0n }), {
    ino: "saved",
    uid: "saved",
    gid: "saved",
    created_ns: "saved",
    queue: "saved",
    readers: "derived",
    writers: "derived",
    readerOpens: "saved",
    writerOpens: "saved",
    home: "derived",
    asyncInput: "counted",
    asyncOutput: "counted",
    waiters: "derived",
  }],
  ["EventFile", new EventFile(0n, false), {
    kind: "saved",
    count: "saved",
    semaphore: "saved",
    waiters: "derived",
  }],
  ["ProcessTimers", new ProcessTimers(), { interval: "saved", posix: "saved", nextId: "saved" }],
  ["IntervalTimer", new ProcessTimers().real, {
    signo: "derived",
    isCpu: "derived",
    setting: "saved",
  }],
  ["PosixTimer", new PosixTimer({ id: 0, clockId: 0, clockThread: 0, notice: { kind: "none" } }), {
    id: "saved",
    clockId: "saved",
    clockThread: "saved",
    notice: "saved",
    setting: "saved",
    isQueued: "saved",
    overrun: "saved",
  }],
  ["MemoryFile", memory, {
    ino: "saved",
    mode: "saved",
    uid: "saved",
    gid: "saved",
    nlink: "derived",
    atime_ns: "saved",
    mtime_ns: "saved",
    ctime_ns: "saved",
    btime_ns: "saved",
    linkable: "saved",
    locks: "saved",
    // A task that watches is refused, and who watches from outside is not in the image.
    watches: "derived",
    kind: "derived",
    seals: "saved",
    mappers: "derived",
    waiters: "derived",
    superblock: "kept",
    name: "saved",
  }],
  ["PosixQueue", queue, {
    ino: "saved",
    mode: "saved",
    uid: "saved",
    gid: "saved",
    nlink: "saved",
    atime_ns: "saved",
    mtime_ns: "saved",
    ctime_ns: "saved",
    btime_ns: "saved",
    // A file that never had a name.
    linkable: "derived",
    locks: "saved",
    watches: "derived",
    kind: "derived",
    superblock: "kept",
    name: "saved",
    bounds: "saved",
    chargedUid: "saved",
    registration: "saved",
    bytes: "derived",
    waiters: "derived",
  }],
  ["FileLocks", new FileLocks(), { waiters: "derived" }],
  ["TimerFile", new TimerFile(kernel.clock, 0), {
    kind: "saved",
    clockId: "saved",
    waiters: "derived",
  }],
  ["SignalFile", new SignalFile(0n), { kind: "saved", accepts: "saved", waiters: "derived" }],
  ["AddressSpace", task.mm, {
    memory: "kept",
    pageTable: "saved",
    vmas: "saved",
    user: "derived",
    limits: "saved",
    mmap_base: "saved",
    def_flags: "saved",
    barriers: "saved",
    exe_file: "saved",
    start_code: "saved",
    end_code: "saved",
    start_data: "saved",
    end_data: "saved",
    start_brk: "saved",
    brk: "saved",
    start_stack: "saved",
    arg_start: "saved",
    arg_end: "saved",
    env_start: "saved",
    env_end: "saved",
    vdso: "saved",
    saved_auxv: "saved",
  }],
  ["Vma", task.mm.vmas.all[0]!, {
    start: "saved",
    end: "saved",
    flags: "saved",
    file: "saved",
    pageOffset: "saved",
    special: "saved",
  }],
  // Besides the instructions, which an accessor gives: they are saved too.
  ["Clock", kernel.clock, { idle_ns: "saved", alarms: "derived" }],
  ["Kernel", kernel, {
    memory: "kept",
    hart: "kept",
    clock: "saved",
    entropy: "saved",
    // Which of them are terminals, and their foreground groups; what is in them is the harness's.
    streams: "saved",
    uts: "saved",
    // Files stay where they are; an image only names them.
    fileSystem: "kept",
    vdso: "kept",
    // As files do: a task that cannot do without them is refused.
    ipc: "kept",
    namespaces: "derived",
    network: "kept",
    tasks: "saved",
    scheduler: "derived",
    timers: "derived",
    // With each of them.
    asyncFiles: "derived",
    statistics: "counted",
    tracer: "kept",
    futexes: "derived",
    checkpointCounter: "saved",
  }],
];

for (const [name, object, fields] of FATES) {
  Deno.test(`${name}: the fate of every field is known`, () => {
    assertEquals(Object.keys(object).sort(), Object.keys(fields).sort());
  });
}
