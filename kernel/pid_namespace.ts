/**
 * Pid namespaces: the numbers that processes have in a world of their own, whose first process is 1.
 *
 * Everywhere in the kernel a pid is the number in the machine's own namespace, which each task has; only
 * what a program says or is told goes through {@link pidMeantBy} and {@link numberSeenBy}.
 *
 * ```
 *   machine     2 ─ 3 ─ 4      every task
 *    └ child        1   2      the tasks in it and below it; 0 for whoever is outside
 *       └ its child     1
 * ```
 *
 * Source: `kernel/pid.c`, `kernel/pid_namespace.c`; pid_namespaces(7).
 */

import type { UserNamespace } from "./user_namespace.ts";
import { PID_MAX, RESERVED_PIDS } from "./abi/process.ts";
import { EAGAIN, EEXIST, EINVAL, ENOMEM, SystemError } from "./abi/errno.ts";
import type { Cloning } from "./fs/cloning.ts";
import type { Kernel } from "./kernel.ts";
import type { Task } from "./task.ts";
import type { ThreadGroup } from "./thread_group.ts";

/** The number of the process that a namespace lives and dies with. */
export const FIRST_NUMBER = 1;

/** A pid namespace that is not the machine's. */
export class PidNamespace {
  /** Its number, as /proc/PID/ns shows it. */
  readonly ino: number;
  /** The one that it was made in; `null` for the machine's. */
  readonly parent: PidNamespace | null;
  /** Whose privileges count for it; `null` for the machine's. */
  readonly owner: UserNamespace | null;
  /** The process that is 1; `null` until there is one. */
  init: ThreadGroup | null = null;
  #lastNumber = 0;
  readonly #numbers = new Map<number, number>();
  readonly #pids = new Map<number, number>();

  /** A namespace without processes. */
  constructor(ino: number, parent: PidNamespace | null, owner: UserNamespace | null) {
    this.ino = ino;
    this.owner = owner;
    this.parent = parent;
  }

  /** How many namespaces it lies in, 1 or more. */
  get level(): number {
    return 1 + (this.parent?.level ?? 0);
  }

  /** It and those that it lies in, from the inside out, but for the machine's. */
  get line(): readonly PidNamespace[] {
    return [this, ...(this.parent?.line ?? [])];
  }

  /** The number of a pid in it; 0 for what is outside. */
  numberOf(pid: number): number {
    return this.#numbers.get(pid) ?? 0;
  }

  /** The pid of a number; 0 for none. */
  pidOf(number: number): number {
    return this.#pids.get(number) ?? 0;
  }

  /**
   * Makes sure that a process can be given this number, or the next. Throws ENOMEM when its first process is
   * gone, EINVAL for another first than 1, EEXIST, EAGAIN.
   */
  choose(isTaken: (pid: number) => boolean, wanted: number | undefined): number {
    if (this.init !== null && !this.init.isAlive) throw new SystemError(ENOMEM);
    const isFree = (number: number) => !this.#pids.has(number) || !isTaken(this.pidOf(number));
    if (wanted !== undefined) {
      if (this.init === null && wanted !== FIRST_NUMBER) throw new SystemError(EINVAL);
      if (!isFree(wanted)) throw new SystemError(EEXIST);
      return wanted;
    }
    for (let tried = 0; tried < PID_MAX; tried++) {
      this.#lastNumber = this.#lastNumber + 1 < PID_MAX ? this.#lastNumber + 1 : RESERVED_PIDS;
      if (isFree(this.#lastNumber)) return this.#lastNumber;
    }
    throw new SystemError(EAGAIN);
  }

  /** Gives a pid a number, which was chosen. */
  enter(pid: number, number: number): void {
    this.#numbers.set(pid, number);
    this.#pids.set(number, pid);
  }

  /** A pid is given anew, to somebody outside for all that is known: who had it is gone. */
  forget(pid: number): void {
    const number = this.#numbers.get(pid);
    if (number === undefined) return;
    this.#numbers.delete(pid);
    if (this.#pids.get(number) === pid) this.#pids.delete(number);
  }

  /** The same namespace in a machine's clone. */
  clone(cloning: Cloning): PidNamespace {
    return cloning.once(this, () => {
      const copy = new PidNamespace(
        this.ino,
        this.parent?.clone(cloning) ?? null,
        this.owner?.clone(cloning) ?? null,
      );
      for (const [pid, number] of this.#numbers) copy.#numbers.set(pid, number);
      for (const [number, pid] of this.#pids) copy.#pids.set(number, pid);
      copy.#lastNumber = this.#lastNumber;
      cloning.later(() => copy.init = this.init?.clone(cloning) ?? null);
      return copy;
    });
  }
}

/** The number by which a task knows a pid; 0 for one that is not in its namespace. */
export function numberSeenBy({ group: { pidNamespace } }: Task, pid: number): number {
  return numberIn(pidNamespace, pid);
}

/** The number of a pid in a namespace, `null` for the machine's; 0 for one that is not in it. */
export function numberIn(namespace: PidNamespace | null, pid: number): number {
  return namespace === null ? pid : namespace.numberOf(pid);
}

/** The pid that a task means by a number; 0 where it means none. */
export function pidMeantBy({ group: { pidNamespace } }: Task, number: number): number {
  return pidNamespace === null ? number : pidNamespace.pidOf(number);
}

/** The task that a task means by a number. */
export function taskMeantBy({ tasks }: Kernel, task: Task, number: number): Task | undefined {
  return tasks.get(pidMeantBy(task, number));
}

/** The pids of a task from the namespace `from` (`null`: the machine's) down to its own. */
export function numbersFrom(from: PidNamespace | null, task: Task, pid: number): readonly number[] {
  const line = [null, ...(task.group.pidNamespace?.line ?? []).toReversed()];
  return line.slice(line.indexOf(from)).map((namespace) => numberIn(namespace, pid));
}
