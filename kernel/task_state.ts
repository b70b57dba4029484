/** How a task is saved, and planned again from an image. */
import { CAP_SYS_RESOURCE } from "./abi/capability.ts";
import { EINVAL, EPERM } from "./abi/errno.ts";
import { DESCRIPTORS_MAX } from "./abi/fcntl.ts";
import { NSIG } from "./abi/signal.ts";
import { ROBUST_LIST_HEAD_BYTES } from "./abi/futex.ts";
import { TASK_COMM_LEN } from "./abi/process.ts";
import { defineCheck } from "./checkpoint/check.ts";
import { group, objects, optional, type TreeOf } from "./checkpoint/grammar.ts";
import type { RestartContext } from "./checkpoint/restart_context.ts";
import type { SaveContext } from "./checkpoint/save_context.ts";
import {
  enumeration,
  nanoseconds,
  objref,
  optionalObjref,
  padding,
  record,
  type RecordValue,
  s32,
  size64,
  text,
  u32,
} from "./checkpoint/schema.ts";
import { CKPT_HDR } from "./checkpoint/wire.ts";
import {
  NICE_MAX,
  NICE_MIN,
  RT_PRIORITY_MAX,
  SCHED_BATCH,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_OTHER,
  SCHED_RR,
} from "./abi/sched.ts";
import type { Registers } from "../emu/mod.ts";
import type { Credentials } from "./credentials.ts";
import { planCredentials, saveCredentials, taskCredentialsNode } from "./credentials_state.ts";
import { RLIMIT_NOFILE } from "./abi/resource.ts";
import { FileTable } from "./fs/file_table.ts";
import { fileTableKind, planFileTable, saveFileTable } from "./fs/file_table_state.ts";
import { FsContext } from "./fs/fs_context.ts";
import type { OpenFile } from "./fs/open_file.ts";
import { fileKind, planOpenFile, saveOpenFile } from "./fs/open_file_state.ts";
import { fsKind, planFsContext, saveFsContext } from "./fs/fs_context_state.ts";
import { FUTEX_WORDS, saveFutexWords, withFutexWords } from "./futex_words_state.ts";
import type { PosixMessage } from "./ipc/posix_queue.ts";
import { MQUEUE_MESSAGE } from "./ipc/posix_queue_state.ts";
import { AddressSpace } from "./mm/address_space.ts";
import { mmKind, planAddressSpace, saveAddressSpace } from "./mm/address_space_state.ts";
import type { SpecialMapping } from "./mm/vma.ts";
import { registersNode, restoreRegisters, saveRegisters } from "./registers_state.ts";
import { hartList, HARTS_MAX } from "./harts.ts";
import { isRealTime, mayAsk, type Scheduling } from "./scheduling.ts";
import { Dispositions } from "./signals/dispositions.ts";
import { planDispositions, saveDispositions, sighandKind } from "./signals/dispositions_state.ts";
import { planSignalQueue, saveSignalQueue, SIGPENDING } from "./signals/signal_queue_state.ts";
import type { TaskSignals } from "./signals/task_signals.ts";
import { planTaskSignals, saveTaskSignals, SIGNAL_TASK } from "./signals/task_signals_state.ts";
import type { RobustList, Task, TaskState } from "./task.ts";
import {
  type PlannedThreadGroup,
  planThreadGroup,
  saveThreadGroup,
  signalKind,
} from "./thread_group_state.ts";
import type { Wait } from "./wait.ts";
import { hasMessage, planWait, RESTART_BLOCK, saveWait } from "./wait_state.ts";

/** Of a wait status word, sixteen bits mean something. */
const WAIT_STATUS_MAX = 0xffff;

const CAN_CONTINUE = defineCheck(
  "TASK.state/stopped",
  EINVAL,
  "a signal that stopped the process of a STOPPED task",
);
const SCHEDULING_ALLOWED = defineCheck(
  "TASK.sched_policy/allowed",
  EPERM,
  "a way to be scheduled that the caller could have asked for",
);
const HART_THERE = defineCheck(
  "TASK.harts_allowed/there",
  EINVAL,
  "one of the machine's harts at least",
);
/** What a saved task was doing; the numbers are Linux's. */
const TASK_STATES = { RUNNING: 0, INTERRUPTIBLE: 1, STOPPED: 4, ZOMBIE: 32 } as const;

/** How each state of a task is saved. */
const SAVED_STATES: Readonly<Record<TaskState, keyof typeof TASK_STATES>> = {
  running: "RUNNING",
  blocked: "INTERRUPTIBLE",
  stopped: "STOPPED",
  zombie: "ZOMBIE",
};

/** The policies, as Linux numbers them. */
const POLICIES = {
  OTHER: SCHED_OTHER,
  FIFO: SCHED_FIFO,
  RR: SCHED_RR,
  BATCH: SCHED_BATCH,
  IDLE: SCHED_IDLE,
} as const;

/** And back. */
const RESTORED_STATES: Readonly<Record<keyof typeof TASK_STATES, TaskState>> = {
  RUNNING: "running",
  INTERRUPTIBLE: "blocked",
  STOPPED: "stopped",
  ZOMBIE: "zombie",
};

/** A task. */
export const TASK = record("TASK", CKPT_HDR.TASK, {
  doc: "Begins a task: what it does, and what it has to itself alone.",
  fields: {
    state: enumeration(TASK_STATES, { doc: "what it does" }),
    pdeath_signal: u32({ doc: "signal to be had when the parent dies, 0 for none", max: NSIG }),
    dumpable: u32({ doc: "PR_SET_DUMPABLE", max: 1 }),
    exit_code: u32({ doc: "of a ZOMBIE, its wait status", max: WAIT_STATUS_MAX, show: "hex" }),
    sched_policy: enumeration(POLICIES, { doc: "scheduling policy" }),
    sched_priority: u32({
      doc: "priority of SCHED_FIFO and SCHED_RR, else 0",
      max: RT_PRIORITY_MAX,
    }),
    sched_nice: s32({ doc: "nice value", min: NICE_MIN, max: NICE_MAX }),
    sched_reset_on_fork: u32({ doc: "whether children begin as SCHED_OTHER", max: 1 }),
    harts_allowed: u32({ doc: "the harts that it may run on, a bit each", min: 1, show: "hex" }),
    last_hart: u32({ doc: "the hart that it has run on last", max: HARTS_MAX - 1 }),
    personality: u32({ doc: "personality(2)", max: 2 ** 32 - 1, show: "hex" }),
    _pad: padding(4),
    clear_child_tid: size64({ doc: "address to be cleared at exit, 0 for none", show: "hex" }),
    robust_futex_list: size64({ doc: "head of the robust futexes, 0 for none", show: "hex" }),
    robust_futex_head_len: size64({ doc: "bytes of that head", unit: "bytes" }),
  },
  relations: {
    exit_code: {
      field: "exit_code",
      text: "0 for all but a ZOMBIE",
      holds: ({ state, exit_code }) => state === "ZOMBIE" || exit_code === 0,
    },
    sched_priority: {
      field: "sched_priority",
      text: "a priority for FIFO and RR, 0 for the others",
      holds: ({ sched_policy, sched_priority }) =>
        isRealTime(POLICIES[sched_policy]) === (sched_priority !== 0),
    },
    robust_head: {
      field: "robust_futex_head_len",
      text: `${ROBUST_LIST_HEAD_BYTES}, or 0 for no list`,
      holds: ({ robust_futex_list, robust_futex_head_len }) =>
        robust_futex_head_len === ROBUST_LIST_HEAD_BYTES ||
        (robust_futex_head_len === 0 && robust_futex_list === 0),
    },
  },
});

/** A task's name. */
export const COMM = record("COMM", CKPT_HDR.STRING, {
  doc: "The task's name, as ps(1) shows it.",
  fields: { comm: text({ doc: "name", max: TASK_COMM_LEN - 1 }) },
});

/** A thread. */
export const THREAD = record("THREAD", CKPT_HDR.THREAD, {
  doc: "What the thread has used of the processor.",
  fields: {
    instructions: size64({ doc: "instructions it has retired: its CPU time in ns" }),
    start_time: nanoseconds({ doc: "when it was made, CLOCK_MONOTONIC" }),
  },
});

/** The objects that a task uses. */
export const TASK_OBJS = record("TASK_OBJS", CKPT_HDR.TASK_OBJS, {
  doc: "Which shared objects the task uses; a ZOMBIE has nothing but its SIGNAL.",
  fields: {
    files_objref: optionalObjref("FILE_TABLE"),
    mm_objref: optionalObjref("MM"),
    fs_objref: optionalObjref("FS"),
    sighand_objref: optionalObjref("SIGHAND"),
    signal_objref: objref("SIGNAL"),
    opening_objref: optionalObjref("FILE"),
  },
});

/** A task with everything that belongs to it. */
export const taskNode = group("task", "A task", {
  is: TASK,
  comm: COMM,
  thread: THREAD,
  restart_block: RESTART_BLOCK,
  words: optional(FUTEX_WORDS),
  message: optional(MQUEUE_MESSAGE),
  cpu: registersNode,
  shared: objects(fileTableKind, fileKind, mmKind, fsKind, sighandKind, signalKind),
  objs: TASK_OBJS,
  creds: taskCredentialsNode,
  signals: SIGNAL_TASK,
  pending: SIGPENDING,
}, {
  uses_all: {
    field: "files_objref",
    record: ({ objs }) => objs,
    text: "a number for each object but for a ZOMBIE, which has none",
    violation: ({ is, objs }) => {
      const { files_objref, mm_objref, fs_objref, sighand_objref } = objs;
      const used = [files_objref, mm_objref, fs_objref, sighand_objref];
      const isRight = used.every((objref) => (objref === 0) === (is.state === "ZOMBIE"));
      return isRight ? null : `${used.join(", ")} of a ${is.state} task`;
    },
  },
  names_words: {
    field: "function_type",
    record: ({ restart_block }) => restart_block,
    text: "words for a FUTEX_WAITV, and none for another",
    violation: ({ restart_block: { function_type }, words }) =>
      (function_type === "FUTEX_WAITV") === (words !== null) ? null : function_type,
  },
  carries_message: {
    field: "function_type",
    record: ({ restart_block }) => restart_block,
    text: "a message for an MQUEUE that sends or is done, and none for another",
    violation: ({ restart_block, message }) =>
      hasMessage(restart_block) === (message !== null) ? null : restart_block.function_type,
  },
  opens_fifo: {
    field: "opening_objref",
    record: ({ objs }) => objs,
    text: "the end of a FIFO that a task opens, and none for another",
    violation: ({ objs, restart_block }) =>
      (objs.opening_objref !== 0) === (restart_block.function_type === "FIFO")
        ? null
        : `${objs.opening_objref} for ${restart_block.function_type}`,
  },
  waits_for_something: {
    field: "state",
    record: ({ is }) => is,
    text: "a restart block for INTERRUPTIBLE",
    violation: ({ is, restart_block }) =>
      is.state === "INTERRUPTIBLE" && restart_block.function_type === "NONE" ? is.state : null,
  },
});

/** Saves a task with these registers. */
export function saveTask(
  context: SaveContext,
  task: Task,
  registers: Registers,
): TreeOf<typeof taskNode> {
  const { shared, value: objs } = context.collect(() => saveObjects(context, task));
  return {
    is: {
      state: SAVED_STATES[task.state],
      pdeath_signal: task.parentDeathSignal,
      dumpable: task.dumpable,
      personality: task.personality,
      exit_code: task.isAlive ? 0 : task.exitCode,
      ...saveScheduling(task.scheduling),
      harts_allowed: task.affinity,
      last_hart: task.lastHart,
      clear_child_tid: task.clearChildTid,
      robust_futex_list: task.robustList.head,
      robust_futex_head_len: task.robustList.length,
    },
    comm: { comm: task.comm },
    thread: {
      instructions: context.instructionsOf(task),
      start_time: task.startTime_ns,
    },
    restart_block: saveWait(context, task.wait),
    words: saveFutexWords(task.wait),
    message: task.wait?.kind === "mqueue" ? task.wait.message : null,
    cpu: saveRegisters(registers),
    shared,
    objs,
    creds: saveCredentials(context, task.credentials),
    signals: saveTaskSignals(task.signals),
    pending: saveSignalQueue(task.signals.pending),
  };
}

function saveScheduling(scheduling: Scheduling) {
  const { policy, priority, nice, resetsOnFork } = scheduling;
  const [name] = Object.entries(POLICIES).find(([, number]) => number === policy) ?? [];
  return {
    // No other policy can be asked for.
    sched_policy: name as keyof typeof POLICIES,
    sched_priority: priority,
    sched_nice: nice,
    sched_reset_on_fork: resetsOnFork ? 1 : 0,
  };
}

/** How the task is to be scheduled, unless that is more than the caller could have asked for. */
function planScheduling(
  context: RestartContext,
  is: TreeOf<typeof taskNode>["is"],
): Scheduling {
  const scheduling = {
    policy: POLICIES[is.sched_policy],
    priority: is.sched_priority,
    nice: is.sched_nice,
    resetsOnFork: is.sched_reset_on_fork === 1,
  };
  const { caller } = context;
  if (caller !== null && !mayAsk(caller, scheduling)) {
    const found = `${is.sched_policy} ${is.sched_priority} nice ${is.sched_nice}`;
    context.refuse(SCHEDULING_ALLOWED, is, "sched_policy", found);
  }
  return scheduling;
}

/** The harts that the task may run on, unless there is none of them. */
function planAffinity(context: RestartContext, is: TreeOf<typeof taskNode>["is"]): number {
  if ((is.harts_allowed & context.harts) === 0) {
    context.refuse(HART_THERE, is, "harts_allowed", `harts ${hartList(is.harts_allowed)}`);
  }
  return is.harts_allowed;
}

function saveObjects(context: SaveContext, task: Task): RecordValue<typeof TASK_OBJS> {
  const has = task.isAlive;
  return {
    files_objref: has ? saveFileTable(context, task.files) : 0,
    opening_objref: task.opening === null ? 0 : saveOpenFile(context, task.opening),
    mm_objref: has ? saveAddressSpace(context, task.mm) : 0,
    fs_objref: has ? saveFsContext(context, task.fs) : 0,
    sighand_objref: has ? saveDispositions(context, task.signals.dispositions) : 0,
    signal_objref: saveThreadGroup(context, task.group),
  };
}

/** Everything that a restarted task gets, made and reserved, but not in force. */
export interface PlannedTask {
  readonly state: TaskState;
  readonly wait: Wait | null;
  readonly comm: string;
  readonly registers: Registers;
  readonly mm: AddressSpace;
  readonly files: FileTable;
  readonly opening: OpenFile | null;
  readonly fs: FsContext;
  readonly signals: TaskSignals;
  readonly credentials: Credentials;
  readonly process: PlannedThreadGroup;
  /** Wait status word of a zombie. */
  readonly exitCode: number;
  readonly parentDeathSignal: number;
  readonly dumpable: number;
  readonly personality: number;
  readonly scheduling: Scheduling;
  readonly affinity: number;
  readonly lastHart: number;
  readonly clearChildTid: number;
  readonly robustList: RobustList;
  readonly instructions: number;
  readonly startTime_ns: bigint;
}

/** Makes and reserves everything that a task needs. */
export function planTask(
  context: RestartContext,
  tree: TreeOf<typeof taskNode>,
  vdso: SpecialMapping,
): PlannedTask {
  const { is, objs, thread } = tree;
  // What needs little comes first: most refusals then have nothing to give back.
  const credentials = planCredentials(context, tree.creds);
  const process = planThreadGroup(context, objs.signal_objref);
  if (is.state === "STOPPED" && process.stopSignal === 0) {
    context.refuse(CAN_CONTINUE, is, "state", "STOPPED by no signal");
  }
  const pending = planSignalQueue(context, tree.pending);
  const plainWait = planWait(context, tree.restart_block);
  const wait = withMessage(withFutexWords(context, plainWait, tree.words), tree.message);
  const { mm, files, fs, dispositions } = is.state === "ZOMBIE"
    ? nothing(context, process)
    : planObjects(context, objs, process, vdso);
  const opening = planOpening(context, objs.opening_objref);
  return {
    state: RESTORED_STATES[is.state],
    wait,
    comm: tree.comm.comm,
    registers: restoreRegisters(tree.cpu),
    mm,
    files,
    opening,
    fs,
    signals: planTaskSignals(tree.signals, dispositions, pending),
    credentials,
    process,
    exitCode: is.exit_code,
    parentDeathSignal: is.pdeath_signal,
    dumpable: is.dumpable,
    personality: is.personality,
    scheduling: planScheduling(context, is),
    affinity: planAffinity(context, is),
    lastHart: is.last_hart,
    clearChildTid: is.clear_child_tid,
    robustList: { head: is.robust_futex_list, length: is.robust_futex_head_len },
    instructions: thread.instructions,
    startTime_ns: thread.start_time,
  };
}

/** A wait at a message queue with its message. */
function withMessage(wait: Wait | null, message: PosixMessage | null): Wait | null {
  if (wait?.kind !== "mqueue" || message === null) return wait;
  const { priority, bytes } = message;
  return { ...wait, message: { priority, bytes } };
}

/** The parts of a task that it may share with others. */
type Parts = Pick<Task, "mm" | "files" | "fs"> & Pick<TaskSignals, "dispositions">;

function planObjects(
  context: RestartContext,
  { files_objref, mm_objref, fs_objref, sighand_objref }: RecordValue<typeof TASK_OBJS>,
  { limits }: PlannedThreadGroup,
  vdso: SpecialMapping,
): Parts {
  const dispositions = planDispositions(context, sighand_objref);
  const fs = planFsContext(context, fs_objref);
  const files = planFileTable(context, files_objref, descriptorLimit(context));
  if (context.isUsed(files)) {
    files.retain();
    context.undo(() => files.release());
  }
  const mm = planAddressSpace(context, mm_objref, limits, vdso);
  if (context.isUsed(mm)) {
    mm.retain();
    context.undo(() => mm.release());
  }
  return { dispositions, fs, files, mm };
}

/** The end of a FIFO that a task has open while it waits for the other. */
function planOpening(context: RestartContext, objref: number): OpenFile | null {
  if (objref === 0) return null;
  const opening = planOpenFile(context, objref).retain();
  context.undo(() => opening.release());
  return opening;
}

/** What is left of these to a task that has ended. */
function nothing({ memory, root }: RestartContext, { limits }: PlannedThreadGroup): Parts {
  const mm = new AddressSpace(memory, limits);
  mm.release();
  const files = new FileTable();
  files.release();
  const fs = new FsContext({ root, cwd: root });
  return { mm, files, fs, dispositions: Dispositions.defaults() };
}

/** How many descriptors the caller could have, however high it raised its soft limit. */
function descriptorLimit(context: RestartContext): number {
  const { limits } = context;
  if (limits === null || context.mayDo(CAP_SYS_RESOURCE)) return DESCRIPTORS_MAX;
  const { hard } = limits.get(RLIMIT_NOFILE);
  return hard < BigInt(DESCRIPTORS_MAX) ? Number(hard) : DESCRIPTORS_MAX;
}

/** Puts what was planned in place of all that a task has but its ids and its parent. Cannot fail. */
export function becomePlanned(task: Task, planned: PlannedTask): void {
  task.comm = planned.comm;
  task.registers.copyFrom(planned.registers);
  task.mm = planned.mm;
  task.files = planned.files;
  task.fs = planned.fs;
  task.signals = planned.signals;
  task.credentials = planned.credentials;
  task.parentDeathSignal = planned.parentDeathSignal;
  task.dumpable = planned.dumpable;
  task.personality = planned.personality;
  task.scheduling = planned.scheduling;
  task.affinity = planned.affinity;
  task.lastHart = planned.lastHart;
  task.clearChildTid = planned.clearChildTid;
  task.robustList = planned.robustList;
  task.instructions = planned.instructions;
  task.startTime_ns = planned.startTime_ns;
  task.wait = planned.wait;
  task.opening = planned.opening;
  task.exitCode = planned.exitCode;
}
