/**
 * Who runs: the queue of runnable tasks, and when those that are blocked come back.
 *
 * ```
 *   running ──wait──▶ blocked        queue:  A (on the hart)  B  C
 *      ▲ ◀───ready──────┘                    └─ slice used up: to the end
 * ```
 *
 * Round robin by instruction count. Everything here depends on the machine's totals only, never on how a
 * run was cut into pieces, so that a run in many pieces is the run in one.
 */

import { POLLERR, POLLHUP } from "./abi/poll.ts";
import type { Clock } from "./clock.ts";
import type { Cloning } from "./fs/cloning.ts";
import type { Stream } from "./fs/stream.ts";
import { Terminal } from "./fs/terminal/terminal.ts";
import { Socket } from "./net/socket.ts";
import type { Task } from "./task.ts";
import { deadlineOf, type SocketWait, type Wait } from "./wait.ts";

/** Instructions that a task may execute before another that can run gets the hart. */
const DEFAULT_QUANTUM = 100_000;

/** Runnable tasks, and the blocked ones with what they wait for. */
export class Scheduler {
  /** Instructions of one turn. */
  quantum: number;
  readonly #clock: Clock;
  readonly #streams: readonly Stream[];
  /** Runnable tasks; the first has the hart. */
  #queue: Task[] = [];
  /** Tasks in state "blocked". */
  #blocked = new Set<Task>();
  /** The earliest deadline of a blocked task; `undefined` when it has to be looked for again. */
  #deadline: bigint | null | undefined = null;
  #sliceLeft: number;

  /** Nobody is runnable; `quantum` is in instructions, at least 1. */
  constructor(clock: Clock, streams: readonly Stream[], quantum: number = DEFAULT_QUANTUM) {
    this.#clock = clock;
    this.#streams = streams;
    this.quantum = quantum;
    this.#sliceLeft = quantum;
  }

  /** The task that has the hart, or is next to have it. */
  get current(): Task | undefined {
    return this.#queue[0];
  }

  /** Runnable tasks in the order of their turns. */
  get queue(): readonly Task[] {
    return this.#queue;
  }

  /** Instructions that are left of the current task's turn, at least 1. */
  get sliceLeft(): number {
    return this.#sliceLeft;
  }

  /** The earliest virtual time in ns at which a blocked task comes back by itself, or `null`. */
  get deadline_ns(): bigint | null {
    if (this.#deadline === undefined) {
      this.#deadline = null;
      for (const task of this.#blocked) {
        for (const deadline of endsByItself(task)) {
          if (this.#deadline === null || deadline < this.#deadline) this.#deadline = deadline;
        }
      }
    }
    return this.#deadline;
  }

  /** Goes on as a scheduler that stood at this point: what is left of the first task's turn. */
  resumeSlice(quantum: number, sliceLeft: number): void {
    this.quantum = quantum;
    this.#sliceLeft = sliceLeft;
  }

  /** Enters a task by its state: one that was made, restored or continued. */
  admit(task: Task): void {
    if (task.state === "running") this.#queue.push(task);
    if (task.state === "blocked") this.#enterBlocked(task);
  }

  /** Makes a blocked or stopped task runnable. */
  wake(task: Task): void {
    if (task.state === "running") return;
    this.remove(task);
    task.state = "running";
    this.#queue.push(task);
  }

  /** Blocks a runnable task in what its `wait` says. */
  block(task: Task): void {
    this.remove(task);
    task.state = "blocked";
    this.#enterBlocked(task);
  }

  /** Takes a task out: it is stopped or gone. Its state is the caller's matter. */
  remove(task: Task): void {
    if (this.#blocked.delete(task)) {
      this.#deadline = undefined;
      return;
    }
    const index = this.#queue.indexOf(task);
    if (index < 0) return;
    this.#queue.splice(index, 1);
    // Whoever comes next begins a turn of its own.
    if (index === 0) this.#sliceLeft = this.quantum;
  }

  /** The current task has retired instructions, at most as many as were left of its turn. */
  account(retired: number): void {
    this.#sliceLeft -= retired;
    if (this.#sliceLeft <= 0) this.yield();
  }

  /** Ends the current task's turn. */
  yield(): void {
    this.#sliceLeft = this.quantum;
    const task = this.#queue.shift();
    if (task !== undefined) this.#queue.push(task);
  }

  /** Whether what a task waits for has come. */
  isReady(task: Task, wait: Wait): boolean {
    const deadline = deadlineOf(wait);
    if (deadline !== null && this.#clock.monotonic_ns >= deadline) return true;
    switch (wait.kind) {
      case "sleep":
        return false;
      case "stream":
        return this.#streams[wait.stream]?.readable ?? true;
      case "terminal": {
        const terminal = task.files.has(wait.fd) ? task.files.getAny(wait.fd).object : null;
        return !(terminal instanceof Terminal) || terminal.isOver ||
          terminal.available !== wait.available;
      }
      case "poll":
        return wait.files.some(({ fd, events }) =>
          !task.files.has(fd) ||
          (task.files.getAny(fd).object.poll(task) & (events | POLLERR | POLLHUP)) !== 0
        );
      case "signal":
        return ((task.signals.pending.set | task.group.pending.set) & wait.accepts) !== 0n;
      case "socket":
        return isSocketReady(task, wait);
      case "futex":
      case "message_queue":
      case "semaphores":
      case "child":
      case "vfork":
        return wait.woken;
    }
  }

  /** Wakes every blocked task whose wait is over, in ascending order of pid. */
  wakeReady(): void {
    if (this.#blocked.size === 0) return;
    const ready: Task[] = [];
    for (const task of this.#blocked) {
      if (task.wait === null || this.isReady(task, task.wait)) ready.push(task);
    }
    if (ready.length > 1) ready.sort((a, b) => a.pid - b.pid);
    for (const task of ready) this.wake(task);
    // A file that became ready, but not for what somebody waits for, may become so again.
    if (typeof this.#deadline === "bigint" && this.#clock.monotonic_ns >= this.#deadline) {
      this.#deadline = undefined;
    }
  }

  /** A file that somebody may wait for becomes ready at another time than before. */
  deadlinesChanged(): void {
    this.#deadline = undefined;
  }

  /** Changes what a blocked task waits for. */
  changeWait(task: Task, wait: Wait): void {
    task.wait = wait;
    this.#deadline = undefined;
  }

  /** Says that what a task waits for has come: its call goes on when the task has the hart. */
  endWait(task: Task, wait: Extract<Wait, { readonly woken: boolean }>): void {
    this.changeWait(task, { ...wait, woken: true });
    if (task.state === "blocked") this.wake(task);
  }

  /** The same queue in a machine's clone. */
  clone(clock: Clock, streams: readonly Stream[], cloning: Cloning): Scheduler {
    const clone = new Scheduler(clock, streams, this.quantum);
    clone.#queue = this.#queue.map((task) => task.clone(cloning));
    clone.#blocked = new Set([...this.#blocked].map((task) => task.clone(cloning)));
    clone.#deadline = undefined;
    clone.#sliceLeft = this.#sliceLeft;
    return clone;
  }

  #enterBlocked(task: Task): void {
    this.#blocked.add(task);
    this.#deadline = undefined;
  }
}

/** The times at which what a task waits for may come by itself. */
function* endsByItself({ wait, files }: Task): Generator<bigint> {
  if (wait === null) return;
  const deadline = deadlineOf(wait);
  if (deadline !== null) yield deadline;
  if (wait.kind !== "poll") return;
  for (const { fd } of wait.files) {
    const readyAt_ns = files.has(fd) ? files.getAny(fd).object.readyAt_ns : null;
    if (readyAt_ns !== null) yield readyAt_ns;
  }
}

/** Whether a socket has what a task waits for; one that is closed is no reason to wait either. */
function isSocketReady({ files }: Task, wait: SocketWait): boolean {
  if (!files.has(wait.fd)) return true;
  const { object } = files.getAny(wait.fd);
  return !(object instanceof Socket) || object.has(wait);
}
