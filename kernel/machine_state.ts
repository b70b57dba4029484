/**
 * What a machine as a whole adds to the state of its tasks: clock, chance, counters. It is adopted only
 * when a fresh machine is restarted from an image, never by a guest's restart(2).
 */
import { EINVAL, ENXIO } from "./abi/errno.ts";
import { PID_MAX, UTS_FIELD_BYTES } from "./abi/process.ts";
import { defineCheck } from "./checkpoint/check.ts";
import { group, type TreeOf } from "./checkpoint/grammar.ts";
import type { RestartContext } from "./checkpoint/restart_context.ts";
import {
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
import type { EntropyState } from "./entropy.ts";
import { FIRST_PIPE_INO } from "./fs/anonymous.ts";
import type { Kernel } from "./kernel.ts";

const SAME_STREAMS = defineCheck(
  "MACHINE.streams/same",
  ENXIO,
  "as many streams as the machine has, the same of them terminals",
);

const SAME_NAME = defineCheck("NODENAME.nodename/same", EINVAL, "the machine's own name");

const ENTROPY_WORDS = 4;
const STREAMS_MAX = 1024;
/** So that the sum of both with the time at boot stays below 2^63. */
const CLOCK_MAX = (1n << 61n) - 1n;
const ID_MAX = 2 ** 31 - 1;

/** The machine. */
export const MACHINE = record("MACHINE", CKPT_HDR.MACHINE, {
  doc:
    "The virtual machine's clock, source of chance and counters; restart(2) of a guest ignores it.",
  fields: {
    instructions: u64({
      doc: "instructions retired, 1 ns each",
      unit: "instructions",
      max: CLOCK_MAX,
    }),
    idle: u64({ doc: "virtual time in which no task could run", unit: "ns", max: CLOCK_MAX }),
    entropy: words(ENTROPY_WORDS, { doc: "state of the xoshiro256** generator, not all zero" }),
    next_ino: size64({ doc: "inode number of the next pipe", min: FIRST_PIPE_INO }),
    checkpoints: u32({ doc: "the last id that checkpoint(2) returned, 0 for none", max: ID_MAX }),
    last_pid: u32({ doc: "the pid that was given last", min: 1, max: PID_MAX - 1 }),
    streams: restArray({
      terminal: u32({ doc: "1 for a terminal", max: 1 }),
      foreground_pgrp: s32({ doc: "its foreground process group, 0 for none", min: 0 }),
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

/** The machine with its name. */
export const machineNode = group("machine", "The virtual machine", {
  is: MACHINE,
  nodename: NODENAME,
});

/** Saves the machine. `retiring` instructions are counted that the saved task is about to retire. */
export function saveMachine(
  kernel: Kernel,
  checkpoints: number,
  retiring: bigint,
): TreeOf<typeof machineNode> {
  const is = {
    instructions: kernel.clock.instructions + retiring,
    idle: kernel.clock.idle_ns,
    entropy: BigUint64Array.from(kernel.entropy.state),
    checkpoints,
    next_ino: kernel.fileSystem.pipeInoNext,
    last_pid: kernel.tasks.lastPid,
    streams: kernel.streams.map(({ terminal, foregroundGroup }) => ({
      terminal: terminal ? 1 : 0,
      foreground_pgrp: foregroundGroup,
    })),
  };
  return { is, nodename: { nodename: kernel.uts.nodename } };
}

/** Refuses unless a machine can become the saved one. */
export function requireAdoptable(
  context: RestartContext,
  kernel: Kernel,
  { is: saved, nodename }: TreeOf<typeof machineNode>,
): void {
  const isSame = saved.streams.length === context.streams.length &&
    saved.streams.every(({ terminal }, i) => (terminal === 1) === context.streams[i]!.terminal);
  if (!isSame) {
    const found = saved.streams.map(({ terminal }) => (terminal === 1 ? "terminal" : "pipe"));
    context.refuse(SAME_STREAMS, saved, "streams", found.join(", ") || "none");
  }
  if (nodename.nodename !== kernel.uts.nodename) {
    context.refuse(SAME_NAME, nodename, "nodename", JSON.stringify(nodename.nodename));
  }
}

/** Makes a machine the saved one. */
export function adoptMachine(kernel: Kernel, saved: RecordValue<typeof MACHINE>): void {
  kernel.clock.instructions = saved.instructions;
  kernel.clock.idle_ns = saved.idle;
  const [a = 0n, b = 0n, c = 0n, d = 0n] = saved.entropy;
  const state: EntropyState = [a, b, c, d];
  kernel.entropy.state = state;
  kernel.checkpointCounter = saved.checkpoints;
  kernel.fileSystem.pipeInoNext = saved.next_ino;
  kernel.tasks.lastPid = saved.last_pid;
  for (const [i, { foreground_pgrp }] of saved.streams.entries()) {
    kernel.streams[i]!.foregroundGroup = foreground_pgrp;
  }
}
