/**
 * Advisory locks on a file: record locks of a process (fcntl), record locks of an open file (OFD), and locks
 * of flock(2) on the whole.
 *
 * ```
 * kind    owner              ends with                           conflicts with
 * posix   the file table     any close of the file by the table  posix and ofd of other owners
 * ofd     the open file      its last close                      posix and ofd of other owners
 * flock   the open file      its last close                      flock of other owners
 * ```
 *
 * A lock is an object's, not a task's: who waits for one is known from the tasks (wait.ts).
 *
 * Source: `fs/locks.c`; fcntl(2), flock(2).
 */

import type { Cloning } from "./cloning.ts";
import { WaitQueue } from "./wait_queue.ts";

/** The most locks on one file. */
export const LOCKS_MAX = 8192;

/** Whose a lock is and when it ends. */
export type LockKind = "posix" | "ofd" | "flock";
/** Whether others may have it too. */
export type LockMode = "read" | "write";

/** The last byte that a lock can hold: where "to the end of the file" ends. */
export const LOCK_END_MAX: bigint = (1n << 63n) - 1n;

/** Bytes of a file, both ends among them. */
export interface LockRange {
  /** The first one. */
  readonly start: bigint;
  /** The last one. */
  readonly end: bigint;
}

/** Bytes of a file as locks of one kind see them. */
export type KindRange = Omit<LockRequest, "mode">;

/** What is to be locked. */
export interface LockRequest extends LockRange {
  /** Whose it is to be. */
  readonly kind: LockKind;
  /** Whether others may have it too. */
  readonly mode: LockMode;
}

/** A lock that is held. */
export interface FileLock extends LockRequest {
  /** A file table, or an open file; nothing else is asked of it than which one it is. */
  readonly owner: object;
}

/** The locks on one file. */
export class FileLocks {
  /** Who waits for a lock. */
  readonly waiters: WaitQueue = new WaitQueue();
  /** By where they begin. */
  #locks: FileLock[] = [];

  /** All locks, by where they begin. */
  get all(): readonly FileLock[] {
    return this.#locks;
  }

  /** A lock of somebody else that stands in the way, or `null`. */
  conflict(request: LockRequest, owner: object): FileLock | null {
    const isWhole = request.kind === "flock";
    return this.#locks.find((lock) =>
      lock.owner !== owner && (lock.kind === "flock") === isWhole && overlaps(lock, request) &&
      (lock.mode === "write" || request.mode === "write")
    ) ?? null;
  }

  /** By how many locks there are more at most once a range is taken: 2 when it is cut out of another. */
  piecesOf({ kind, start, end }: KindRange, owner: object): number {
    const isCut = this.#locks.some((lock) =>
      lock.owner === owner && lock.kind === kind && lock.start < start && lock.end > end
    );
    return isCut ? 2 : 1;
  }

  /** Takes a lock, in place of what the owner has had of the range. Nothing may stand in the way. */
  lock({ kind, mode, start, end }: LockRequest, owner: object): void {
    this.#drop({ start, end }, kind, owner);
    const isSame = (other: FileLock) =>
      other.owner === owner && other.kind === kind && other.mode === mode;
    // With its neighbours it becomes one.
    const joined = this.#locks.filter((other) =>
      isSame(other) && other.start <= end + 1n && start <= other.end + 1n
    );
    const first = joined.reduce((least, other) => other.start < least ? other.start : least, start);
    const last = joined.reduce((most, other) => other.end > most ? other.end : most, end);
    this.#locks = this.#locks.filter((other) => !joined.includes(other));
    this.#locks.push({ kind, mode, start: first, end: last, owner });
    this.#locks.sort((a, b) => a.start < b.start ? -1 : a.start > b.start ? 1 : 0);
    // What was to be written may only be read now.
    this.waiters.wakeAll();
  }

  /** Gives back what the owner has of the range. */
  unlock(range: LockRange, kind: LockKind, owner: object): void {
    this.#drop(range, kind, owner);
    this.waiters.wakeAll();
  }

  #drop(range: LockRange, kind: LockKind, owner: object): void {
    this.#locks = this.#locks.flatMap((lock) => {
      if (lock.owner !== owner || lock.kind !== kind || !overlaps(lock, range)) return [lock];
      const left = [];
      if (lock.start < range.start) left.push({ ...lock, end: range.start - 1n });
      if (lock.end > range.end) left.push({ ...lock, start: range.end + 1n });
      return left;
    });
  }

  /** Gives back all that an owner has. */
  release(owner: object): void {
    if (!this.#locks.some((lock) => lock.owner === owner)) return;
    this.#locks = this.#locks.filter((lock) => lock.owner !== owner);
    this.waiters.wakeAll();
  }

  /** What an owner holds. */
  of(owner: object): readonly FileLock[] {
    return this.#locks.filter((lock) => lock.owner === owner);
  }

  /** The same locks in a machine's clone, of the owners' copies. */
  clone(cloning: Cloning): FileLocks {
    return cloning.once(this, () => {
      const copy = new FileLocks();
      copy.#locks = this.#locks.map((lock) => ({ ...lock, owner: cloning.copyOf(lock.owner) }));
      return copy;
    });
  }
}

function overlaps(a: LockRange, b: LockRange): boolean {
  return a.start <= b.end && b.start <= a.end;
}
