/**
 * What a machine as a whole adds to the state of its tasks: clock, chance, counters. It is adopted only
 * when a fresh machine is restarted from an image, never by a guest's restart(2).
 */
import { EINVAL, ENXIO } from "./abi/errno.ts";
import { PID_MAX, UTS_FIELD_BYTES } from "./abi/process.ts";
import { defineCheck } from "./checkpoint/check.ts";
import { group, list, type TreeOf } from "./checkpoint/grammar.ts";
import type { RestartContext } from "./checkpoint/restart_context.ts";
import {
  padding,
  record,
  type RecordValue,
  restArray,
  s32,
  size64,
  text,
  u32,
  u64,
  words,
} from "./checkpoint/schema.ts";
import { CKPT_HDR } from "./checkpoint/wire.ts";
import { MONOTONIC_END_NS } from "./clock.ts";
import type { EntropyState } from "./entropy.ts";
import { FIRST_PIPE_INO } from "./fs/anonymous.ts";
import { adoptTerminal, saveTerminal, terminalNode } from "./fs/terminal/terminal_state.ts";
import { HARTS_MAX } from "./harts.ts";
import type { Kernel } from "./kernel.ts";
import { RR_INTERVAL, turnLengthMax } from "./run_queue.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Task } from "./task.ts";
import type { UtsName } from "./uts.ts";

const SAME_STREAMS = defineCheck(
  "MACHINE.streams/same",
  ENXIO,
  "as many streams as the machine has, the same of them terminals",
);

const SAME_NAME = defineCheck(
  "NODENAME.nodename/same",
  EINVAL,
  "the name that the machine has for the caller",
);
const SAME_DOMAIN = defineCheck(
  "UTS_NS.domainname/same",
  EINVAL,
  "the domain that the machine is in for the caller",
);

const ENTROPY_WORDS = 4;
const STREAMS_MAX = 1024;
const ID_MAX = 2 ** 31 - 1;
/** So that the longest turn is a number that is exact. */
const QUANTUM_MAX = 2 ** 52;

/** The machine. */
export const MACHINE = record("MACHINE", CKPT_HDR.MACHINE, {
  doc:
    "The virtual machine's clock, source of chance and counters; restart(2) of a guest ignores it.",
  fields: {
    instructions: u64({
      doc: "instructions retired, 1 ns each",
      unit: "instructions",
      max: MONOTONIC_END_NS,
    }),
    idle: u64({
      doc: "virtual time in which no task could run",
      unit: "ns",
      max: MONOTONIC_END_NS,
    }),
    entropy: words(ENTROPY_WORDS, { doc: "state of the xoshiro256** generator, not all zero" }),
    next_ino: size64({ doc: "inode number of the next pipe", min: FIRST_PIPE_INO }),
    checkpoints: u32({ doc: "the last id that checkpoint(2) returned, 0 for none", max: ID_MAX }),
    last_pid: u32({ doc: "the pid that was given last", min: 1, max: PID_MAX - 1 }),
    nr_terminals: u32({ doc: "how many of the streams are terminals", max: STREAMS_MAX }),
    _pad: padding(4),
    streams: restArray({
      terminal: u32({ doc: "1 for a terminal", max: 1 }),
      _pad: padding(4),
    }, { doc: "the standard streams", max: STREAMS_MAX }),
  },
  relations: {
    entropy: {
      field: "entropy",
      text: "a state that is not all zero, which would never move",
      holds: ({ entropy }) => entropy.some((word) => word !== 0n),
    },
  },
});

/** The machine's name. */
export const NODENAME = record("NODENAME", CKPT_HDR.STRING, {
  doc: "What the machine calls itself, as uname(2) tells it.",
  fields: { nodename: text({ doc: "name of the machine", max: UTS_FIELD_BYTES - 1 }) },
});

/** The machine's domain. */
export const UTS_NS = record("UTS_NS", CKPT_HDR.UTS_NS, {
  doc: "The NIS domain that the machine is in; its own name follows.",
  fields: { domainname: text({ doc: "name of the domain", max: UTS_FIELD_BYTES - 1 }) },
});

/** The scheduler. */
export const RUN_QUEUE = record("RUN_QUEUE", CKPT_HDR.BUFFER, {
  doc:
    "Who runs, and who waits: the RUNNING tasks in the order of their turns, behind them the INTERRUPTIBLE ones " +
    "in the order in which they began to wait.",
  fields: {
    quantum: size64({ doc: "instructions of a turn on average", min: 1, max: QUANTUM_MAX }),
    turn: size64({ doc: "number of the turn" }),
    slice_left: size64({ doc: "what is left of it", min: 1 }),
    key: u32({ doc: "what decides, with the number, who has a turn and how long", show: "hex" }),
    hart: u32({ doc: "the hart whose turn it is", max: HARTS_MAX - 1 }),
    tickets: size64({ doc: "places among those who wait that were given" }),
    queue: restArray({
      pid: s32({ doc: "a task that can run, or waits", min: 1, max: PID_MAX - 1 }),
      _pad: padding(4),
      ticket: size64({ doc: "its place among those who wait, 0 when it can run" }),
      remainder: size64({
        doc: "instructions left of a turn of SCHED_RR that it does not have, 0 for a whole one",
        max: RR_INTERVAL,
      }),
    }, { doc: "the queue", max: PID_MAX }),
  },
  relations: {
    slice_left: {
      field: "slice_left",
      text: "no more than any turn has",
      holds: ({ quantum, turn, key, slice_left }) =>
        slice_left <= turnLengthMax({ key, turn, quantum }),
    },
    unique: {
      field: "queue",
      text: "tasks that are each there once",
      holds: ({ queue }) => new Set(queue.map(({ pid }) => pid)).size === queue.length,
    },
    ascending: {
      field: "queue",
      text: "places that were given, in their order",
      holds: ({ queue, tickets }) =>
        queue.every(({ ticket }, i) => ticket <= tickets && ticket >= (queue[i - 1]?.ticket ?? 0)),
    },
  },
});

/** The harts. */
export const HARTS = record("HARTS", CKPT_HDR.HARTS, {
  doc: "The harts that take turns.",
  fields: {
    harts: restArray({
      instructions: size64({ doc: "instructions that it has retired" }),
    }, { doc: "the harts", min: 1, max: HARTS_MAX }),
  },
});

/** The machine with its name and its scheduler. */
export const machineNode = group("machine", "The virtual machine", {
  is: MACHINE,
  uts: UTS_NS,
  nodename: NODENAME,
  harts: HARTS,
  run_queue: RUN_QUEUE,
  terminals: list("is", "nr_terminals", terminalNode),
}, {
  hart: {
    field: "hart",
    record: ({ run_queue }) => run_queue,
    text: "one of the harts",
    violation: ({ run_queue: { hart }, harts: { harts } }) =>
      hart < harts.length ? null : String(hart),
  },
  terminals: {
    field: "nr_terminals",
    record: ({ is }) => is,
    text: "as many terminals as there are among the streams",
    violation: ({ is: { nr_terminals, streams } }) =>
      nr_terminals === streams.filter(({ terminal }) => terminal === 1).length
        ? null
        : String(nr_terminals),
  },
});

/** What of a machine is saved with some of its tasks. */
export interface SaveMachineOptions {
  /** The tasks that are in the image. */
  readonly tasks: ReadonlySet<Task>;
  /** The last id that checkpoint(2) will have answered. */
  readonly checkpoints: number;
  /** Instructions, 0 or 1, that the task which has the hart is about to retire, counted already. */
  readonly retiring: 0 | 1;
}

/** Saves the machine. */
export function saveMachine(
  kernel: Kernel,
  { tasks, checkpoints, retiring }: SaveMachineOptions,
): TreeOf<typeof machineNode> {
  const terminals = kernel.streams.flatMap(({ tty }) => tty ?? []);
  const scheduled = kernel.scheduler.stateAfter(retiring);
  const is = {
    instructions: kernel.clock.instructions + BigInt(retiring),
    idle: kernel.clock.idle_ns,
    entropy: BigUint64Array.from(kernel.entropy.state),
    checkpoints,
    next_ino: kernel.fileSystem.pipeInoNext,
    last_pid: kernel.tasks.lastPid,
    nr_terminals: terminals.length,
    streams: kernel.streams.map(({ terminal }) => ({ terminal: terminal ? 1 : 0 })),
  };
  return {
    is,
    uts: { domainname: kernel.uts.domainname },
    nodename: { nodename: kernel.uts.nodename },
    terminals: terminals.map(saveTerminal),
    harts: { harts: scheduled.turns.usage.map((instructions) => ({ instructions })) },
    run_queue: saveRunQueue(scheduled, tasks),
  };
}

function saveRunQueue(
  { turns, places }: ReturnType<Scheduler["stateAfter"]>,
  tasks: ReadonlySet<Task>,
): RecordValue<typeof RUN_QUEUE> {
  const { quantum, key, turn, sliceLeft, hart, tickets } = turns;
  const queue = places.filter(({ task }) => tasks.has(task))
    .map(({ task: { pid }, ticket, remainder }) => ({ pid, ticket, remainder }));
  return { quantum, key, turn, slice_left: sliceLeft, hart, tickets, queue };
}

/** Refuses unless a machine can become the saved one. */
export function requireAdoptable(
  context: RestartContext,
  { is: saved }: TreeOf<typeof machineNode>,
): void {
  const isSame = saved.streams.length === context.streams.length &&
    saved.streams.every(({ terminal }, i) => (terminal === 1) === context.streams[i]!.terminal);
  if (!isSame) {
    const found = saved.streams.map(({ terminal }) => (terminal === 1 ? "terminal" : "pipe"));
    context.refuse(SAME_STREAMS, saved, "streams", found.join(", ") || "none");
  }
}

/** Refuses unless a machine is called, where the caller is, as it was when the image was taken. */
export function requireSameNames(
  context: RestartContext,
  { nodename, domainname }: UtsName,
  saved: TreeOf<typeof machineNode>,
): void {
  if (saved.nodename.nodename !== nodename) {
    context.refuse(SAME_NAME, saved.nodename, "nodename", JSON.stringify(saved.nodename.nodename));
  }
  if (saved.uts.domainname !== domainname) {
    context.refuse(SAME_DOMAIN, saved.uts, "domainname", JSON.stringify(saved.uts.domainname));
  }
}

/** Makes a machine the saved one. */
export function adoptMachine(
  kernel: Kernel,
  { is: saved, uts, nodename, harts, run_queue, terminals }: TreeOf<typeof machineNode>,
): void {
  kernel.uts.nodename = nodename.nodename;
  kernel.uts.domainname = uts.domainname;
  const { quantum, key, turn, slice_left: sliceLeft, hart, tickets } = run_queue;
  const usage = harts.harts.map(({ instructions }) => instructions);
  kernel.scheduler.resume({ quantum, key, turn, sliceLeft, hart, usage, tickets });
  kernel.clock.instructions = saved.instructions;
  kernel.clock.idle_ns = saved.idle;
  const [a = 0n, b = 0n, c = 0n, d = 0n] = saved.entropy;
  const state: EntropyState = [a, b, c, d];
  kernel.entropy.state = state;
  kernel.checkpointCounter = saved.checkpoints;
  kernel.fileSystem.pipeInoNext = saved.next_ino;
  kernel.tasks.lastPid = saved.last_pid;
  for (const [i, tty] of kernel.streams.flatMap(({ tty }) => tty ?? []).entries()) {
    const state = terminals[i];
    if (state !== undefined) adoptTerminal(tty, state);
  }
}
