/**
 * All tasks of a machine by pid, and who gets the next pid.
 *
 * Pid 1 is the machine's init: that is the harness, which starts programs and waits for them. It has no
 * task. The first program is pid 2.
 *
 * Source: `kernel/pid.c`.
 */

import { EAGAIN, SystemError } from "./abi/errno.ts";
import { POLLHUP } from "./abi/poll.ts";
import { PID_MAX, RESERVED_PIDS } from "./abi/process.ts";
import type { Cloning } from "./fs/cloning.ts";
import type { PidNamespace } from "./pid_namespace.ts";
import type { Task } from "./task.ts";

/** The pid of the machine's init: the harness. */
export const INIT_PID = 1;

/** The most tasks that a machine has, zombies included: `kernel.threads-max`. */
export const TASKS_MAX = 4096;

/** All tasks of a machine. */
export class TaskTable {
  readonly #tasks = new Map<number, Task>();
  /** The processes that a process has made or been given, by its pid: their leaders. */
  readonly #children = new Map<number, Set<Task>>();
  /** Pids without a task that may still name a group or session. */
  readonly #names = new Set<number>();
  /** The pid namespaces that somebody is in, besides the machine's. */
  readonly pidNamespaces: Set<PidNamespace> = new Set();
  #lastPid = INIT_PID;

  /** The tasks in ascending order of pid, zombies included; a copy. */
  get all(): readonly Task[] {
    return [...this.#tasks.values()].sort((a, b) => a.pid - b.pid);
  }

  /** The tasks in an order that means nothing: for whoever looks for one, or counts. */
  unordered(): IterableIterator<Task> {
    return this.#tasks.values();
  }

  /** Number of tasks, zombies included. */
  get size(): number {
    return this.#tasks.size;
  }

  /** Whether some task has not ended. */
  get hasLive(): boolean {
    for (const task of this.#tasks.values()) if (task.isAlive) return true;
    return false;
  }

  /** The pid that was given last; the next is looked for above it. */
  get lastPid(): number {
    return this.#lastPid;
  }
  set lastPid(pid: number) {
    this.#lastPid = pid;
  }

  /** The task of a pid, zombies included. */
  get(pid: number): Task | undefined {
    return this.#tasks.get(pid);
  }

  /** Whether a pid is taken, be it only as the name of a group or session that still has members. */
  isTaken(pid: number): boolean {
    if (pid === INIT_PID || this.#tasks.has(pid)) return true;
    if (!this.#names.has(pid)) return false;
    for (const { tgid, pgid, sid } of this.#tasks.values()) {
      if (tgid === pid || pgid === pid || sid === pid) return true;
    }
    this.#names.delete(pid);
    return false;
  }

  /** A free pid, which is given away by this. Throws SystemError(EAGAIN) when there is none. */
  allocatePid(): number {
    for (let tried = 0; tried < PID_MAX; tried++) {
      const pid = this.#lastPid + 1 < PID_MAX ? this.#lastPid + 1 : RESERVED_PIDS;
      this.#lastPid = pid;
      if (!this.isTaken(pid)) return pid;
    }
    throw new SystemError(EAGAIN);
  }

  /** Enters a new task under its pid, which must be free, and into its thread group. */
  add(task: Task): void {
    for (const namespace of this.pidNamespaces) namespace.forget(task.pid);
    this.#admit(task);
  }

  /** Gives a task the pid of its process, whose leader is gone. */
  makeLeader(task: Task): void {
    this.remove(task);
    task.pid = task.tgid;
    this.#admit(task);
  }

  #admit(task: Task): void {
    if (this.#tasks.has(task.pid)) throw new Error(`Cannot add task ${task.pid}: the pid is taken`);
    task.group.members.push(task);
    this.#enter(task);
  }

  /** Takes a task out, and out of its thread group. */
  remove(task: Task): void {
    this.#tasks.delete(task.pid);
    this.#names.add(task.pid);
    this.#leave(task);
    const { pidNamespace, members } = task.group;
    const isLast = pidNamespace?.init === task.group && members.length === 1;
    if (isLast) this.pidNamespaces.delete(pidNamespace);
    const index = members.indexOf(task);
    if (index >= 0) members.splice(index, 1);
    task.group.waiters.wake(POLLHUP);
  }

  /** Gives a task another parent, by pid. */
  reparent(task: Task, ppid: number): void {
    this.#leave(task);
    task.ppid = ppid;
    this.#enterChild(task);
  }

  /** The processes, by their leaders: ascending, zombies included. */
  get leaders(): readonly Task[] {
    return this.#leaders(() => true);
  }

  /** The living processes' leaders of a process group, ascending. */
  leadersOfGroup(pgid: number): readonly Task[] {
    return this.#leaders((task) => task.pgid === pgid && task.group.isAlive);
  }

  /** The children of a process, ascending, zombies included. */
  childrenOf(tgid: number): readonly Task[] {
    const children = this.#children.get(tgid);
    return children === undefined ? [] : [...children].sort((a, b) => a.pid - b.pid);
  }

  /** How many tasks a user has, zombies included. */
  countOf(uid: number): number {
    let count = 0;
    for (const { credentials } of this.#tasks.values()) if (credentials.uid === uid) count++;
    return count;
  }

  /** The same tasks in a machine's clone. */
  clone(cloning: Cloning): TaskTable {
    const clone = new TaskTable();
    for (const task of this.#tasks.values()) clone.#enter(task.clone(cloning));
    for (const pid of this.#names) clone.#names.add(pid);
    for (const space of this.pidNamespaces) clone.pidNamespaces.add(space.clone(cloning));
    clone.#lastPid = this.#lastPid;
    return clone;
  }

  #enter(task: Task): void {
    this.#tasks.set(task.pid, task);
    this.#enterChild(task);
    // Where a restart brings a task in, who gave the name may be gone.
    for (const name of [task.tgid, task.pgid, task.sid]) {
      if (!this.#tasks.has(name)) this.#names.add(name);
    }
  }

  #enterChild(task: Task): void {
    if (task.pid !== task.tgid) return;
    const siblings = this.#children.get(task.ppid);
    if (siblings === undefined) this.#children.set(task.ppid, new Set([task]));
    else siblings.add(task);
  }

  #leave(task: Task): void {
    const siblings = this.#children.get(task.ppid);
    siblings?.delete(task);
    if (siblings?.size === 0) this.#children.delete(task.ppid);
  }

  #leaders(isWanted: (task: Task) => boolean): readonly Task[] {
    const found: Task[] = [];
    for (const task of this.#tasks.values()) {
      if (task.pid === task.tgid && isWanted(task)) found.push(task);
    }
    return found.sort((a, b) => a.pid - b.pid);
  }
}
