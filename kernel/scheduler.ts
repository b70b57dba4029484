/**
 * Who runs: the queue of runnable tasks, and when those that are blocked come back.
 *
 * ```
 *   running ──wait──▶ blocked        queue:  A (on the hart)  B  C  D  E
 *      ▲ ◀───ready──────┘                    │  └──┴──┴── whose turn is next is drawn
 *                                            └─ slice used up: to the end
 * ```
 *
 * Tasks take turns by instruction count; turns.ts says what of it is left to the machine's seed. All
 * policies and nice values are treated alike. Everything here depends on the machine's totals only, never
 * on how a run was cut into pieces, so that a run in many pieces is the run in one.
 *
 * Nothing is asked of every task for every slice: deadlines are in a heap, who waits to be woken (for a
 * futex, a child) is woken, and only those who wait for files are looked at when something has happened.
 */

import { POLLERR, POLLHUP } from "./abi/poll.ts";
import type { Clock } from "./clock.ts";
import type { Cloning } from "./fs/cloning.ts";
import { partnersOf } from "./fs/fifo_opening.ts";
import type { Stream } from "./fs/stream.ts";
import { blockingLock } from "./lock_wait.ts";
import { Deadlines } from "./deadlines.ts";
import { Terminal } from "./fs/terminal/terminal.ts";
import { Socket } from "./net/socket.ts";
import type { Task } from "./task.ts";
import { turnIndex, turnKey, turnLength } from "./turns.ts";
import { deadlineOf, type PolledFile, type SocketWait, type Wait } from "./wait.ts";

/** Instructions that a task may execute before another that can run gets the hart. */
const DEFAULT_QUANTUM = 100_000;

/** Where a scheduler stands between two instructions, but for its queue. */
export interface TurnState {
  /** Instructions of a turn on average. */
  readonly quantum: number;
  /** What chance is drawn from, 0 … 2^32 - 1. */
  readonly key: number;
  /** Number of the turn, 0 or more. */
  readonly turn: number;
  /** Instructions that are left of it, at least 1. */
  readonly sliceLeft: number;
}

/** Runnable tasks, and the blocked ones with what they wait for. */
export class Scheduler {
  readonly #clock: Clock;
  readonly #streams: readonly Stream[];
  /** Runnable tasks; the first has the hart. */
  #queue: Task[] = [];
  /** Tasks in state "blocked". */
  #blocked = new Set<Task>();
  /** Those of the blocked tasks that nobody wakes when what they wait for has come. */
  #watched = new Set<Task>();
  #deadlines = new Deadlines();
  #quantum: number;
  #key: number;
  #turn = 0;
  #sliceLeft: number;

  /** Nobody is runnable. `quantum` is in instructions, at least 1; `seed` is any integer. */
  constructor(
    clock: Clock,
    streams: readonly Stream[],
    quantum: number = DEFAULT_QUANTUM,
    seed: number | bigint = 0,
  ) {
    this.#clock = clock;
    this.#streams = streams;
    this.#quantum = quantum;
    this.#key = turnKey(seed);
    this.#sliceLeft = turnLength(this.#key, this.#turn, quantum);
  }

  /** The task that has the hart, or is next to have it. */
  get current(): Task | undefined {
    return this.#queue[0];
  }

  /** Runnable tasks: the first has the hart, the others have waited the longer the further in front. */
  get queue(): readonly Task[] {
    return this.#queue;
  }

  /** Instructions of a turn on average. */
  get quantum(): number {
    return this.#quantum;
  }

  /** Instructions that are left of the current task's turn, at least 1. */
  get sliceLeft(): number {
    return this.#sliceLeft;
  }

  /** The earliest virtual time in ns at which a blocked task comes back by itself, or `null`. */
  get deadline_ns(): bigint | null {
    return this.#deadlines.earliest_ns;
  }

  /** Whether the time of a blocked task has come. */
  get isDeadlinePassed(): boolean {
    const { deadline_ns } = this;
    return deadline_ns !== null && this.#clock.monotonic_ns >= deadline_ns;
  }

  /** Where it stands, after the current task has retired `retiring` further instructions. */
  stateAfter(retiring: 0 | 1): { readonly turns: TurnState; readonly queue: readonly Task[] } {
    const after = new Scheduler(this.#clock, this.#streams);
    after.resume(this.#turns);
    after.#queue = [...this.#queue];
    after.account(retiring);
    return { turns: after.#turns, queue: after.#queue };
  }

  /** Goes on as a scheduler that stood so. */
  resume({ quantum, key, turn, sliceLeft }: TurnState): void {
    this.#quantum = quantum;
    this.#key = key;
    this.#turn = turn;
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
      this.#watched.delete(task);
      return;
    }
    const index = this.#queue.indexOf(task);
    if (index < 0) return;
    this.#queue.splice(index, 1);
    // Everybody else has waited.
    if (index === 0) this.#beginTurn(this.#queue.length + 1);
  }

  /** The current task has retired instructions, at most as many as were left of its turn. */
  account(retired: number): void {
    this.#sliceLeft -= retired;
    if (this.#sliceLeft <= 0) this.yield();
  }

  /** Ends the current task's turn. */
  yield(): void {
    const task = this.#queue.shift();
    if (task !== undefined) this.#queue.push(task);
    this.#beginTurn(this.#queue.length);
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
        return wait.files.some((polled) => isReadyFile(task, polled));
      case "transfer":
        return isReadyFile(task, wait);
      case "fifo":
        return partnersOf(task) !== wait.seen;
      case "signal":
        return ((task.signals.pending.set | task.group.pending.set) & wait.accepts) !== 0n;
      case "lock":
        return blockingLock(task, wait) === null;
      case "socket":
        return isSocketReady(task, wait);
      case "futex":
      case "futexes":
      case "message_queue":
      case "semaphores":
      case "mqueue":
      case "child":
      case "vfork":
        return wait.woken;
    }
  }

  /** Wakes every blocked task whose wait is over, in ascending order of pid. */
  wakeReady(): void {
    const isDeadlinePassed = this.isDeadlinePassed;
    if (this.#watched.size === 0 && !isDeadlinePassed) return;
    const ready: Task[] = [];
    for (const task of this.#watched) {
      if (task.wait === null || this.isReady(task, task.wait)) ready.push(task);
    }
    const due = isDeadlinePassed ? this.#deadlines.takeDue(this.#clock.monotonic_ns) : [];
    for (const task of due) {
      if (task.wait === null || this.isReady(task, task.wait)) ready.push(task);
      // A file has become ready, but not for what the task waits for; it may become so again.
      else this.#noteDeadlines(task, task.wait);
    }
    // Whoever is there twice is awake the second time.
    ready.sort((a, b) => a.pid - b.pid);
    for (const task of ready) this.wake(task);
  }

  /** A file that somebody may wait for becomes ready at another time than before. */
  deadlinesChanged(): void {
    for (const task of this.#watched) if (task.wait !== null) this.#noteDeadlines(task, task.wait);
  }

  /** Changes what a task that may be blocked waits for. */
  changeWait(task: Task, wait: Wait): void {
    task.wait = wait;
    if (this.#blocked.has(task)) this.#enterBlocked(task);
  }

  /** Says that what a task waits for has come: its call goes on when the task has the hart. */
  endWait(task: Task, wait: Extract<Wait, { readonly woken: boolean }>): void {
    task.wait = { ...wait, woken: true };
    if (task.state === "blocked") this.wake(task);
  }

  /** The same queue in a machine's clone. */
  clone(clock: Clock, streams: readonly Stream[], cloning: Cloning): Scheduler {
    const clone = new Scheduler(clock, streams);
    clone.resume(this.#turns);
    clone.#queue = this.#queue.map((task) => task.clone(cloning));
    for (const task of this.#blocked) clone.#enterBlocked(task.clone(cloning));
    return clone;
  }

  get #turns(): TurnState {
    return {
      quantum: this.#quantum,
      key: this.#key,
      turn: this.#turn,
      sliceLeft: this.#sliceLeft,
    };
  }

  /** Draws whose turn is next, among `count` tasks with the one that had the last, and how long it is. */
  #beginTurn(count: number): void {
    this.#turn++;
    this.#sliceLeft = turnLength(this.#key, this.#turn, this.#quantum);
    const index = turnIndex(this.#key, this.#turn, count);
    if (index > 0) this.#queue.unshift(...this.#queue.splice(index, 1));
  }

  #enterBlocked(task: Task): void {
    this.#blocked.add(task);
    const { wait } = task;
    if (wait === null || isWatched(wait)) this.#watched.add(task);
    if (wait !== null) this.#noteDeadlines(task, wait);
  }

  #noteDeadlines(task: Task, wait: Wait): void {
    const deadline_ns = deadlineOf(wait);
    if (deadline_ns !== null) this.#deadlines.add(deadline_ns, task, wait);
    if (wait.kind !== "poll") return;
    for (const { fd } of wait.files) {
      const readyAt_ns = task.files.has(fd) ? task.files.getAny(fd).object.readyAt_ns : null;
      // One in the past says nothing: whether the file is ready was looked at.
      if (readyAt_ns !== null && readyAt_ns > this.#clock.monotonic_ns) {
        this.#deadlines.add(readyAt_ns, task, wait);
      }
    }
  }
}

/** Whether a wait is over without that anybody says so: something has to be looked at. */
function isWatched(wait: Wait): boolean {
  return wait.kind !== "sleep" && !("woken" in wait);
}

/** Whether a socket has what a task waits for; one that is closed is no reason to wait either. */
function isSocketReady({ files }: Task, wait: SocketWait): boolean {
  if (!files.has(wait.fd)) return true;
  const { object } = files.getAny(wait.fd);
  return !(object instanceof Socket) || object.has(wait);
}

function isReadyFile(task: Task, { fd, events }: PolledFile): boolean {
  if (!task.files.has(fd)) return true;
  return (task.files.getAny(fd).object.poll(task) & (events | POLLERR | POLLHUP)) !== 0;
}
