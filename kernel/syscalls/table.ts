/**
 * The table of system calls: numbers of the generic Linux ABI, as riscv64 uses it, and the two that take
 * and restore checkpoints.
 *
 * Source: `include/uapi/asm-generic/unistd.h`.
 */

import { checkpointCalls } from "../checkpoint/mod.ts";
import { cloneCalls } from "./clone.ts";
import { capabilityCalls } from "./capability.ts";
import { fileCalls } from "./file.ts";
import { fileCacheCalls } from "./file_cache.ts";
import { fileHandleCalls } from "./file_handle.ts";
import { futexCalls } from "./futex.ts";
import { futex2Calls } from "./futex2.ts";
import type { SystemCallEntry, SystemCallGroup } from "./group.ts";
import { hwprobeCalls } from "./hwprobe.ts";
import { identityCalls } from "./identity.ts";
import { kcmpCalls } from "./kcmp.ts";
import { machineCalls } from "./machine.ts";
import { memfdCalls } from "./memfd.ts";
import { memoryCalls } from "./memory.ts";
import { messageQueueCalls } from "./message_queue.ts";
import { mqueueCalls } from "./mqueue.ts";
import { mountCalls } from "./mount.ts";
import { namespaceCalls } from "./namespace.ts";
import { pidfdCalls } from "./pidfd.ts";
import { processCalls } from "./process.ts";
import { processMemoryCalls } from "./process_memory.ts";
import { schedCalls } from "./sched.ts";
import { semaphoreCalls } from "./semaphore.ts";
import { sharedMemoryCalls } from "./shared_memory.ts";
import { signalCalls } from "./signal.ts";
import { socketCalls } from "./socket.ts";
import { timeCalls } from "./time.ts";
import { timerCalls } from "./timers.ts";
import { waitCalls } from "./wait.ts";

/** The groups, which share no number. */
const groups = (): readonly SystemCallGroup[] => [
  capabilityCalls,
  cloneCalls,
  fileCalls,
  fileCacheCalls,
  fileHandleCalls,
  futexCalls,
  futex2Calls,
  hwprobeCalls,
  identityCalls,
  kcmpCalls,
  machineCalls,
  memfdCalls,
  memoryCalls,
  messageQueueCalls,
  mountCalls,
  mqueueCalls,
  namespaceCalls,
  pidfdCalls,
  processCalls,
  processMemoryCalls,
  schedCalls,
  semaphoreCalls,
  sharedMemoryCalls,
  signalCalls,
  socketCalls,
  timeCalls,
  timerCalls,
  waitCalls,
  checkpointCalls,
];

// Built when it is first used: while modules load, a group may not exist yet.
let table: (SystemCallEntry | undefined)[] | null = null;

/** The entry of a system call, or `undefined` for a number that has none. */
export function systemCall(number: number): SystemCallEntry | undefined {
  table ??= unite(groups());
  return table[number];
}

/** All entries with their numbers, ascending. */
export function systemCalls(): readonly (readonly [number: number, entry: SystemCallEntry])[] {
  table ??= unite(groups());
  return [...table.entries()].flatMap(([number, entry]) => entry ? [[number, entry] as const] : []);
}

function unite(groups: readonly SystemCallGroup[]): (SystemCallEntry | undefined)[] {
  const entries = groups.flatMap((group) => Object.entries(group));
  const numbers = entries.map(([number]) => Number(number));
  const united = new Array<SystemCallEntry | undefined>(Math.max(...numbers) + 1).fill(undefined);
  for (const [number, entry] of entries) {
    const other = united[Number(number)];
    if (other !== undefined) {
      throw new Error(`System call ${number} is both ${other.name} and ${entry.name}`);
    }
    united[Number(number)] = entry;
  }
  return united;
}
