/**
 * Futexes: words of user memory that tasks wait at. Only those that the tasks of one address space share
 * exist so far.
 *
 * Source: `kernel/futex/waitwake.c`; futex(2).
 */

import { FUTEX_BITSET_MATCH_ANY } from "./abi/process.ts";
import type { Kernel } from "./kernel.ts";
import type { AddressSpace } from "./mm/address_space.ts";

/** Whom to wake. */
export interface FutexWake {
  /** User address of the word. */
  readonly address: number;
  /** How many at most. */
  readonly count: number;
  /** Only those who wait for one of these bits. Default: any. */
  readonly bitset?: number;
}

/** Wakes tasks that wait at a word, in ascending order of pid; answers how many. */
export function wakeFutex(kernel: Kernel, mm: AddressSpace, wake: FutexWake): number {
  const bitset = wake.bitset ?? FUTEX_BITSET_MATCH_ANY;
  let woken = 0;
  for (const task of kernel.tasks.all) {
    const { wait } = task;
    if (woken >= wake.count) break;
    if (task.mm !== mm || wait?.kind !== "futex" || wait.woken) continue;
    if (wait.address !== wake.address || (wait.bitset & bitset) === 0) continue;
    kernel.scheduler.endWait(task, wait);
    woken++;
  }
  return woken;
}
