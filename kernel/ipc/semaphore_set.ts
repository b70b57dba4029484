/**
 * System V semaphores: sets of counters that are changed several at once, or not at all.
 *
 * Source: `ipc/sem.c`; semop(2), semctl(2).
 */

import { ERANGE, SystemError } from "../abi/errno.ts";
import { IPC_NOWAIT, SEM_UNDO, SEMAPHORE_MAX } from "../abi/ipc.ts";
import type { Cloning } from "../fs/cloning.ts";
import { IpcObject, type IpcOwnership } from "./table.ts";

/** One operation of semop(2). */
export interface SemaphoreOperation {
  /** Which semaphore of the set. */
  readonly number: number;
  /** What is added; 0 waits for zero. */
  readonly change: number;
  /** IPC_NOWAIT, SEM_UNDO. */
  readonly flags: number;
}

/** One semaphore. */
export interface Semaphore {
  /** Its value, 0 … 32767. */
  value: number;
  /** The process that changed it last, or 0. */
  pid: number;
}

/** A set of semaphores. Times are seconds of CLOCK_REALTIME, 0 for never. */
export class SemaphoreSet extends IpcObject {
  /** The semaphores, by number. */
  readonly semaphores: readonly Semaphore[];
  /** Last semop(2). */
  operated_s = 0n;
  /** When it was made, or last changed by semctl(2). */
  changed_s: bigint;
  /** The turn of whoever waits next. */
  turnNext = 0;
  /** What is to be added when a process ends, by its pid and the number of the semaphore. */
  readonly undo: Map<number, readonly number[]> = new Map();

  /** So many semaphores of value 0, made now. */
  constructor(id: number, ownership: IpcOwnership, count: number, now_s: bigint) {
    super(id, ownership);
    this.semaphores = Array.from({ length: count }, () => ({ value: 0, pid: 0 }));
    this.changed_s = now_s;
  }

  /**
   * Carries out operations on behalf of a process, all or none: answers `null`, or the one that cannot be
   * yet. Throws ERANGE.
   */
  operate(operations: readonly SemaphoreOperation[], pid: number): SemaphoreOperation | null {
    const values = this.semaphores.map(({ value }) => value);
    const undo = [...this.undo.get(pid) ?? values.map(() => 0)];
    for (const operation of operations) {
      const { number, change, flags } = operation;
      const value = values[number] ?? 0;
      if (change === 0 ? value !== 0 : value + change < 0) return operation;
      if (value + change > SEMAPHORE_MAX) throw new SystemError(ERANGE);
      values[number] = value + change;
      if ((flags & SEM_UNDO) === 0) continue;
      const adjustment = (undo[number] ?? 0) - change;
      const isBounded = adjustment >= -SEMAPHORE_MAX - 1 && adjustment <= SEMAPHORE_MAX;
      if (!isBounded) throw new SystemError(ERANGE);
      undo[number] = adjustment;
    }
    for (const { number } of operations) {
      const semaphore = this.semaphores[number];
      if (semaphore === undefined) continue;
      semaphore.value = values[number] ?? 0;
      semaphore.pid = pid;
    }
    if (operations.some(({ flags }) => (flags & SEM_UNDO) !== 0)) this.undo.set(pid, undo);
    return null;
  }

  /** Sets semaphores, beginning at number `first`; what processes wanted undone of them is forgotten. */
  set(first: number, values: readonly number[], pid: number): void {
    for (const [i, value] of values.entries()) {
      const semaphore = this.semaphores[first + i];
      if (semaphore === undefined) continue;
      semaphore.value = value;
      semaphore.pid = pid;
    }
    const end = first + values.length;
    for (const [holder, undo] of this.undo) {
      this.undo.set(holder, undo.map((change, i) => (i >= first && i < end ? 0 : change)));
    }
  }

  /** Undoes what a process that has ended wanted undone; answers whether there was anything. */
  undoFor(pid: number): boolean {
    const undo = this.undo.get(pid);
    if (undo === undefined) return false;
    this.undo.delete(pid);
    for (const [i, change] of undo.entries()) {
      const semaphore = this.semaphores[i];
      if (semaphore === undefined || change === 0) continue;
      semaphore.value = Math.min(Math.max(semaphore.value + change, 0), SEMAPHORE_MAX);
      semaphore.pid = pid;
    }
    return true;
  }

  /** See {@link IpcObject.clone}. */
  override clone(cloning: Cloning): SemaphoreSet {
    return cloning.once(this, () => {
      const copy = new SemaphoreSet(this.id, this, this.semaphores.length, this.changed_s);
      for (const [i, { value, pid }] of this.semaphores.entries()) copy.set(i, [value], pid);
      copy.operated_s = this.operated_s;
      copy.turnNext = this.turnNext;
      for (const [pid, undo] of this.undo) copy.undo.set(pid, undo);
      return copy;
    });
  }
}

/** Whether an operation that cannot be yet makes the whole call fail. */
export function failsAtOnce({ flags }: SemaphoreOperation): boolean {
  return (flags & IPC_NOWAIT) !== 0;
}
