/**
 * The identity of a task: everything about it that somebody outside could tell, as named facts.
 *
 * It is read from the kernel's own objects, never asked of the program, and it does not use the code
 * that saves and restores, so that a mistake there cannot hide itself. Memory is judged by its
 * contents: a page that was never touched and a page of zeros are the same to the program.
 */
import { PAGE_SIZE } from "../emu/mod.ts";
import {
  blake3,
  type OpenFile,
  RegularInode,
  type SignalAction,
  type Task,
  type Vma,
} from "../kernel/mod.ts";
import { equalThenZero, hexOfBytes, isZeroPage } from "./bytes.ts";
import type { Fact } from "./comparison.ts";
import { namelessText } from "./file_facts.ts";

const REGISTERS = 32;
const SIGNALS = 64;
const X_NAMES = Array.from({ length: REGISTERS }, (_, i) => `register x${i}`);
const F_NAMES = Array.from({ length: REGISTERS }, (_, i) => `register f${i}`);
const ACTION_NAMES = Array.from({ length: SIGNALS + 1 }, (_, signo) => `signal ${signo} action`);

/**
 * The facts about a process of a machine whose monotonic clock shows `now_ns`: of its threads, of its
 * descendants, and of what these have in common. What is not about its first thread says of whom it is:
 * `register x5 of 7`.
 */
export function identityOf(tasks: readonly Task[], now_ns: bigint): Fact[] {
  const files = new Map<OpenFile, string>();
  return tasks.flatMap((task, i) => {
    const whose = i === 0 ? "" : ` of ${task.pid}`;
    const facts = [...factsOf(task, now_ns, whose, files), ...sharingFacts(task, tasks)];
    return i === 0 ? facts : facts.map(({ name, value }) => fact(name + whose, value));
  });
}

/** A process with its threads and descendants, the first thread first, then by pid. */
export function processTree(all: readonly Task[], first: Task): Task[] {
  const pids = new Set([first.tgid]);
  // A descendant may have a lower pid than its parent, when pids have begun anew.
  for (let size = 0; size < pids.size;) {
    size = pids.size;
    for (const { ppid, tgid } of all) if (pids.has(ppid)) pids.add(tgid);
  }
  return [first, ...all.filter((task) => task !== first && pids.has(task.tgid))];
}

function factsOf(
  task: Task,
  now_ns: bigint,
  whose: string,
  files: Map<OpenFile, string>,
): Fact[] {
  if (!task.isAlive) return [...taskFacts(task, now_ns), ...credentialFacts(task)];
  return [
    ...taskFacts(task, now_ns),
    ...placeFacts(task),
    ...credentialFacts(task),
    ...registerFacts(task),
    ...signalFacts(task),
    ...timerFacts(task, now_ns),
    ...limitFacts(task),
    ...fileFacts(task, whose, files),
    ...memoryFacts(task),
    ...pageFacts(task),
  ];
}

/** With whom a task shares what threads, or processes, may share. */
function sharingFacts(task: Task, tasks: readonly Task[]): Fact[] {
  const parts: Readonly<Record<string, (task: Task) => object>> = {
    process: ({ group }) => group,
    memory: ({ mm }) => mm,
    descriptors: ({ files }) => files,
    directories: ({ fs }) => fs,
    dispositions: ({ signals }) => signals.dispositions,
  };
  if (!task.isAlive) return [];
  return Object.entries(parts).map(([name, partOf]) => {
    const first = tasks.find((other) => other.isAlive && partOf(other) === partOf(task));
    return fact(`task ${name}`, first === task ? "its own" : `that of ${first?.pid}`);
  });
}

const fact = (name: string, value: unknown): Fact => ({ name, value: String(value) });
const hex = (value: number | bigint): string => value === 0n ? "0x0" : `0x${value.toString(16)}`;

function taskFacts(task: Task, now_ns: bigint): Fact[] {
  const { pid, tgid, ppid, pgid, sid, comm, state, group } = task;
  return [
    fact("task pid", pid),
    fact("task tgid", tgid),
    fact("task ppid", ppid),
    fact("task pgid", pgid),
    fact("task sid", sid),
    fact("task comm", comm),
    fact("task state", state),
    fact("task wait", waitText(task, now_ns)),
    fact("task exit_code", task.isAlive ? "none" : task.exitCode),
    fact("task cpu_time", `${task.instructions} ns`),
    fact("task clear_child_tid", hex(task.clearChildTid)),
    fact("task robust_list", `${hex(task.robustList.head)} length ${task.robustList.length}`),
    fact("task pdeath_signal", task.parentDeathSignal),
    fact("task dumpable", task.dumpable),
    fact("task scheduling", Object.values(task.scheduling).join()),
    fact("task harts", `${hex(task.affinity)}, last ${task.lastHart}`),
    fact("task stop_signal", group.stopSignal),
    fact("task job_event", group.jobEvent),
    fact("task exit_signal", group.exitSignal),
    fact("task has_executed", group.hasExecuted),
    fact("task is_adopted", group.isAdopted),
    fact("task is_child_subreaper", group.isChildSubreaper),
    fact("task cpu_time_of_ended_threads", `${group.exitedInstructions} ns`),
    fact("task cpu_time_of_children", `${group.childrenInstructions} ns`),
  ];
}

function placeFacts({ exe, fs }: Task): Fact[] {
  return [
    fact("task exe", exe),
    fact("task cwd", fs.cwd.pathFrom().path),
    fact("task root", fs.root.pathFrom().path),
    fact("task umask", `0${fs.umask.toString(8)}`),
  ];
}

/** What a task is blocked in; times as what is left of them. */
function waitText({ wait }: Task, now_ns: bigint): string {
  if (wait === null) return "none";
  const parts = sortedEntries(wait).map(([name, value]) => {
    if (name !== "deadline_ns" || typeof value !== "bigint") return `${name} ${textOf(value)}`;
    // What is overdue, because others had their turns, is due now.
    return `left ${value > now_ns ? value - now_ns : 0n} ns`;
  });
  return parts.join(", ");
}

/** The properties of a record by name: in which order it was made means nothing. */
function sortedEntries(record: object): [name: string, value: unknown][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** A value of a wait in words. */
function textOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const parts = sortedEntries(value).map(([name, part]) => `${name} ${textOf(part)}`);
  return `(${parts.join(", ")})`;
}

function credentialFacts({ credentials }: Task): Fact[] {
  const { uid, euid, suid, fsuid, gid, egid, sgid, fsgid, groups } = credentials;
  const { noNewPrivileges, capabilities } = credentials;
  return [
    fact("credentials uid", [uid, euid, suid, fsuid].join()),
    fact("credentials gid", [gid, egid, sgid, fsgid].join()),
    fact("credentials groups", groups.join()),
    fact("credentials no_new_privs", noNewPrivileges),
    fact(
      "credentials capabilities",
      [
        capabilities.effective,
        capabilities.permitted,
        capabilities.inheritable,
        capabilities.bounding,
        capabilities.ambient,
        capabilities.securebits,
      ].map((set) => set.toString(16)).join(),
    ),
  ];
}

function registerFacts({ registers }: Task): Fact[] {
  const facts = [
    fact("register pc", hex(registers.pc)),
    fact("register fcsr", hex(registers.fcsr)),
  ];
  for (const [i, name] of X_NAMES.entries()) facts.push(fact(name, hex(registers.x(i))));
  for (const [i, name] of F_NAMES.entries()) facts.push(fact(name, hex(registers.f(i))));
  const reservation = `${hex(registers.reservation)} holds ${hex(registers.reservedValue)}`;
  return [...facts, fact("register reservation", reservation)];
}

function signalFacts({ signals, group }: Task): Fact[] {
  const { sp, flags, size } = signals.alternateStack;
  const facts = [
    fact("signal blocked", hex(signals.blocked)),
    fact("signal saved_mask", signals.savedMask === null ? "none" : hex(signals.savedMask)),
    fact("signal altstack", `${hex(sp)} size ${size} flags ${flags}`),
  ];
  for (let signo = 1; signo <= SIGNALS; signo++) {
    const text = actionText(signals.dispositions.get(signo));
    facts.push(fact(ACTION_NAMES[signo] ?? "", text));
  }
  for (const [whose, queue] of [["task", signals.pending], ["process", group.pending]] as const) {
    const entries = queue.entries.map(({ signo, errno, code, fields }) =>
      `${signo} errno ${errno} code ${code} ${hexOfBytes(fields)}`
    );
    facts.push(fact(`signal pending ${whose}`, entries.join("; ")));
  }
  return facts;
}

function actionText({ handler, flags, mask }: SignalAction): string {
  if (handler === 0n && flags === 0n && mask === 0n) return "default";
  return `handler ${hex(handler)} flags ${hex(flags)} mask ${hex(mask)}`;
}

/** Timers, with what is left of them on their own clocks. */
function timerFacts({ group }: Task, now_ns: bigint): Fact[] {
  const { timers, members } = group;
  const leftText = (deadline_ns: bigint | null, interval_ns: bigint, clock_ns: bigint) =>
    `${deadline_ns === null ? "off" : `left ${deadline_ns - clock_ns} ns`} every ${interval_ns} ns`;
  const facts = timers.interval.map(({ setting, isCpu }, i) => {
    const { deadline_ns, interval_ns } = setting;
    const clock_ns = isCpu ? BigInt(group.instructions) : now_ns;
    return fact(`timer interval ${i}`, leftText(deadline_ns, interval_ns, clock_ns));
  });
  for (const timer of timers.posix.values()) {
    const { id, clockId, clockThread, notice, setting, isQueued, overrun } = timer;
    const thread = members.findIndex(({ pid }) => pid === clockThread);
    const cpu = members[thread]?.instructions ?? group.instructions;
    const left = leftText(
      setting.deadline_ns,
      setting.interval_ns,
      timer.isCpu ? BigInt(cpu) : now_ns,
    );
    const does = notice.kind === "none"
      ? "nothing"
      : `${notice.signo} value ${notice.value} to ${notice.thread ?? "all"}`;
    facts.push(
      fact(
        `timer ${id}`,
        `clock ${clockId} of ${thread} ${left}, ${does}, ${
          isQueued ? "queued" : "idle"
        }, ${overrun}`,
      ),
    );
  }
  return [...facts, fact("timer next", timers.nextId)];
}

function limitFacts({ limits }: Task): Fact[] {
  return limits.values().map(({ soft, hard }, i) =>
    fact(`limit ${i}`, `${hex(soft)}/${hex(hard)}`)
  );
}

/** `first` says where each open file was met first. */
function fileFacts({ files }: Task, whose: string, first: Map<OpenFile, string>): Fact[] {
  const facts: Fact[] = [];
  for (const [fd, { file, closeOnExec }] of files.entries()) {
    const shared = first.get(file);
    if (shared === undefined) first.set(file, `${fd}${whose}`);
    facts.push(
      fact(`file ${fd} path`, file.path + namelessText(file.inode)),
      fact(`file ${fd} kind`, file.object.kind),
      fact(`file ${fd} flags`, `0${file.flags.toString(8)}`),
      fact(`file ${fd} offset`, file.offset),
      ...ownerFacts(fd, file),
      fact(`file ${fd} close_on_exec`, closeOnExec),
      fact(`file ${fd} shared_with`, shared ?? "none"),
      ...Object.entries(file.object.facts()).map(([name, value]) =>
        fact(`file ${fd} ${name}`, value)
      ),
    );
  }
  return facts;
}

function ownerFacts(fd: number, { owner, ownerSignal }: OpenFile): Fact[] {
  if (owner === null && ownerSignal === 0) return [];
  const { kind = "thread", pid = 0, uid = 0, euid = 0 } = owner ?? {};
  return [fact(`file ${fd} owner`, `${kind} ${pid} of ${uid}/${euid}, signal ${ownerSignal}`)];
}

function memoryFacts({ mm }: Task): Fact[] {
  const marks = {
    code: [mm.start_code, mm.end_code],
    data: [mm.start_data, mm.end_data],
    brk: [mm.start_brk, mm.brk],
    stack: [mm.start_stack],
    arguments: [mm.arg_start, mm.arg_end],
    environment: [mm.env_start, mm.env_end],
    vdso: [mm.vdso],
    mmap_base: [mm.mmap_base],
    barriers: [mm.barriers],
  };
  return [
    ...Object.entries(marks).map(([name, addresses]) =>
      fact(`memory ${name}`, addresses.map(hex).join("–"))
    ),
    fact("memory auxv", mm.saved_auxv.map(hex).join()),
    ...Array.from(mm.vmas, (vma) => fact(`memory ${hex(vma.start)}`, vmaText(vma))),
  ];
}

function vmaText(vma: Vma): string {
  const source = vma.file === null
    ? vma.special?.name ?? "anonymous"
    : `${vma.file.path} page ${vma.pageOffset}${namelessText(vma.file.inode)}`;
  return `to ${hex(vma.end)} flags ${hex(vma.flags)} ${source}`;
}

/** Digests of the pages whose contents are not what an untouched page would show. */
function pageFacts({ mm }: Task): Fact[] {
  const facts: Fact[] = [];
  for (const vma of mm.vmas) {
    const pages = mm.pageTable.presentPages(vma.start / PAGE_SIZE, vma.end / PAGE_SIZE);
    for (const page of pages) {
      const frame = mm.pageTable.frameAt(page);
      const bytes = mm.memory.frameBytes(frame);
      if (isUntouched(vma, page * PAGE_SIZE, frame, bytes)) continue;
      facts.push(fact(`page ${hex(page * PAGE_SIZE)}`, hexOfBytes(blake3(bytes))));
    }
  }
  return facts;
}

function isUntouched(vma: Vma, address: number, frame: number, bytes: Uint8Array): boolean {
  if (vma.special !== null) return vma.special.pageFrame(vma.sourcePage(address)) === frame;
  if (vma.file === null) return isZeroPage(bytes);
  const { object } = vma.file;
  const page = vma.sourcePage(address);
  if (object instanceof RegularInode && object.pageFrame(page) === frame) return true;
  const source = object.read(page * PAGE_SIZE, PAGE_SIZE);
  return source !== null && equalThenZero(bytes, source);
}
