/**
 * Who runs: the queue of runnable tasks, and when those that are blocked come back.
 *
 * ```
 *   running ──wait──▶ blocked        queue:  A (on the hart)  B  C  D  E
 *      ▲ ◀───ready──────┘                    │  └──┴──┴── whose turn is next is drawn
 *                                            └─ slice used up: to the end
 * ```
 *
 * The harts are simulated one after another: each turn is the next hart's, of a task that may run there.
 *
 * Tasks take turns by instruction count; turns.ts says what of it is left to the machine's seed. All
 * policies and nice values are treated alike. Everything here depends on the machine's totals only, never
 * on how a run was cut into pieces, so that a run in many pieces is the run in one.
 *
 * Nothing is asked of every task: deadlines are in a heap, who waits for a futex or a child is woken, and who
 * waits for a file stands in the queue of that file (file_waiters.ts), at the place that its ticket says.
 */

import type { Clock } from "./clock.ts";
import type { Cloning } from "./fs/cloning.ts";
import type { Stream } from "./fs/stream.ts";
import type { WaitQueue } from "./fs/wait_queue.ts";
import { Deadlines } from "./deadlines.ts";
import {
  isExclusive,
  isFileWait,
  isFileWaitOver,
  leaveQueues,
  placesOf,
  standIn,
  type Standing,
  type Waker,
} from "./file_waiters.ts";
import { hartsOf, hasHart, lowestHart } from "./harts.ts";
import type { Task } from "./task.ts";
import { turnIndex, turnKey, turnLength } from "./turns.ts";
import { deadlineOf, type Wait } from "./wait.ts";

/** How a scheduler is set up. */
export interface SchedulerOptions {
  /** Instructions of a turn on average, at least 1. Default: 100,000. */
  readonly quantum?: number;
  /** What chance depends on; any integer. Default: 0. */
  readonly seed?: number | bigint;
  /** Harts that take turns, 1 … {@link HARTS_MAX}. Default: 1. */
  readonly harts?: number;
}

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
  /** Whose turn of the harts it is. */
  readonly hart: number;
  /** Instructions that each hart has retired; as many as there are harts. */
  readonly usage: readonly number[];
  /** Places among those who wait that were given, 0 or more. */
  readonly tickets: number;
}

/** What is kept of a blocked task besides its record. */
interface Blocked {
  /** Its place among those who wait. */
  readonly ticket: number;
  /** The queues of files in which it stands. */
  standings: readonly Standing[];
}

/** Runnable tasks, and the blocked ones with what they wait for. */
export class Scheduler implements Waker {
  readonly #clock: Clock;
  readonly #streams: readonly Stream[];
  /** Runnable tasks; the first has the hart. */
  #queue: Task[] = [];
  /** Tasks in state "blocked". */
  readonly #blocked = new Map<Task, Blocked>();
  /** Tasks that have been restored: what they wait for, or were chosen for, may have come meanwhile. */
  readonly #restored = new Set<Task>();
  #tickets = 0;
  #deadlines = new Deadlines();
  #quantum: number;
  #key: number;
  #turn = 0;
  #sliceLeft: number;
  #hart = 0;
  #usage: number[];

  /** Nobody is runnable. */
  constructor(
    clock: Clock,
    streams: readonly Stream[],
    { quantum = DEFAULT_QUANTUM, seed = 0, harts = 1 }: SchedulerOptions = {},
  ) {
    this.#clock = clock;
    this.#streams = streams;
    this.#quantum = quantum;
    this.#usage = Array.from({ length: harts }, () => 0);
    this.#key = turnKey(seed);
    this.#sliceLeft = turnLength(this.#key, this.#turn, quantum);
  }

  /** The task that has the hart, or is next to have it. */
  get current(): Task | undefined {
    return this.#queue[0];
  }

  /** The hart that {@link current} has. */
  get hart(): number {
    return this.#hart;
  }

  /** All harts, as a set. */
  get harts(): number {
    return hartsOf(this.#usage.length);
  }

  /** Instructions that each hart has retired. */
  get usage(): readonly number[] {
    return this.#usage;
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
    after.count(this.#hart, retiring);
    after.account(retiring);
    return { turns: after.#turns, queue: after.#queue };
  }

  /** The blocked tasks, each with its place among those who wait: whoever came earlier has a lower one. */
  get blocked(): readonly { readonly task: Task; readonly ticket: number }[] {
    const blocked = [...this.#blocked].map(([task, { ticket }]) => ({ task, ticket }));
    return blocked.sort((a, b) => a.ticket - b.ticket);
  }

  /** A place behind all that were given. */
  takeTicket(): number {
    return ++this.#tickets;
  }

  /** Gives no place any more that was given in a saved machine, whose tasks go on here. */
  passTickets(given: number): void {
    this.#tickets = Math.max(this.#tickets, given);
  }

  /** Goes on as a scheduler that stood so. */
  resume({ quantum, key, turn, sliceLeft, hart, usage, tickets }: TurnState): void {
    this.#quantum = quantum;
    this.#key = key;
    this.#turn = turn;
    this.#sliceLeft = sliceLeft;
    this.#hart = hart;
    this.#usage = [...usage];
    this.#tickets = tickets;
  }

  /** Enters a task by its state: one that was made, or restored; `ticket` is that of a blocked one. */
  admit(task: Task, ticket?: number): void {
    if (task.state === "running") this.#enqueue(task);
    if (task.state === "blocked") this.#enterBlocked(task, ticket ?? this.takeTicket());
    if (task.wait !== null) this.#restored.add(task);
  }

  /** Makes a blocked or stopped task runnable. */
  wake(task: Task): void {
    if (task.state === "running") return;
    this.remove(task);
    task.state = "running";
    this.#enqueue(task);
  }

  /** Blocks a runnable task in what its `wait` says. */
  block(task: Task): void {
    this.remove(task);
    task.state = "blocked";
    this.#enterBlocked(task, this.takeTicket());
    // Whoever minds whose job is in the foreground looks again at once, unless that has stopped it.
    if (task.wait?.kind === "terminal") this.#restored.add(task);
  }

  /** Takes a task out: it is stopped or gone. Its state is the caller's matter. */
  remove(task: Task): void {
    const blocked = this.#blocked.get(task);
    if (blocked !== undefined) {
      this.#blocked.delete(task);
      leaveQueues(blocked.standings);
      return;
    }
    const index = this.#queue.indexOf(task);
    if (index < 0) return;
    this.#queue.splice(index, 1);
    // Everybody else has waited.
    if (index === 0) this.#beginTurn(task);
  }

  /** A hart has retired instructions, whoever has it now. */
  count(hart: number, retired: number): void {
    this.#usage[hart] = (this.#usage[hart] ?? 0) + retired;
  }

  /** The current task has retired instructions, at most as many as were left of its turn. */
  account(retired: number): void {
    this.#sliceLeft -= retired;
    if (this.#sliceLeft <= 0) this.yield();
  }

  /** Ends the current task's turn. */
  yield(): void {
    const task = this.#queue.shift();
    if (task === undefined) return;
    this.#queue.push(task);
    this.#beginTurn(task);
  }

  /** Whether what a task waits for has come. */
  isReady(task: Task, wait: Wait): boolean {
    const deadline = deadlineOf(wait);
    if (deadline !== null && this.#clock.monotonic_ns >= deadline) return true;
    if (isFileWait(wait)) return isFileWaitOver(task, wait, this.#streams);
    switch (wait.kind) {
      case "sleep":
        return false;
      case "signal":
        return ((task.signals.pending.set | task.group.pending.set) & wait.accepts) !== 0n;
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

  /** Wakes the tasks whose time has come, in ascending order of pid, and restored ones that need not wait. */
  wakeDue(): void {
    if (this.#restored.size > 0) this.#lookAtRestored();
    if (!this.isDeadlinePassed) return;
    const due = this.#deadlines.takeDue(this.#clock.monotonic_ns).sort((a, b) => a.pid - b.pid);
    // Whoever is there twice is awake the second time.
    for (const task of due) this.wake(task);
  }

  /** See {@link Waker.lookAgain}. */
  lookAgain(task: Task): void {
    const blocked = this.#blocked.get(task);
    if (blocked === undefined || task.wait === null) return;
    leaveQueues(blocked.standings);
    blocked.standings = this.#standIn(task, blocked.ticket);
    if (this.isReady(task, task.wait)) this.wake(task);
  }

  /**
   * A call that a task was chosen alone to go on with is over, or will not be made: `wait` is what it had
   * waited for. If that is there still, it is the next one's. `hasCompleted`: whether the call has its result;
   * then accept(2) and its like have taken what they were chosen for.
   */
  handOn(task: Task, wait: Wait, hasCompleted: boolean): void {
    if (!isFileWait(wait) || !isExclusive(task, wait)) return;
    if ((hasCompleted && wait.kind === "socket") || !isFileWaitOver(task, wait, this.#streams)) {
      return;
    }
    for (const { queue, events } of placesOf(task, wait, this.#streams)) queue.wake(events);
  }

  /** Changes what a task that may be blocked waits for. */
  changeWait(task: Task, wait: Wait): void {
    task.wait = wait;
    if (this.#blocked.has(task)) this.#noteDeadline(task);
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
    const { blocked } = this;
    // Once the files that they wait for are copied, too.
    cloning.later(() => {
      for (const { task, ticket } of blocked) clone.#enterBlocked(task.clone(cloning), ticket);
      for (const task of this.#restored) clone.#restored.add(task.clone(cloning));
    });
    return clone;
  }

  get #turns(): TurnState {
    return {
      quantum: this.#quantum,
      key: this.#key,
      turn: this.#turn,
      sliceLeft: this.#sliceLeft,
      hart: this.#hart,
      usage: [...this.#usage],
      tickets: this.#tickets,
    };
  }

  /** Draws whose turn is next, after that of `last`, and how long it is. */
  #beginTurn(last: Task): void {
    this.#turn++;
    this.#sliceLeft = turnLength(this.#key, this.#turn, this.#quantum);
    const candidates = this.#nextHart();
    // Everybody else has waited.
    const count = candidates.length + (candidates.at(-1) === last ? 0 : 1);
    const task = candidates[turnIndex(this.#key, this.#turn, count)];
    if (task === undefined || task === this.#queue[0]) return;
    this.#queue.splice(this.#queue.indexOf(task), 1);
    this.#queue.unshift(task);
  }

  /** Goes on to the next hart that somebody can run on; answers who, those first who have waited longest. */
  #nextHart(): readonly Task[] {
    const { length } = this.#usage;
    if (length === 1) return this.#queue;
    for (let i = 1; i <= length; i++) {
      const hart = (this.#hart + i) % length;
      const candidates = this.#queue.filter(({ affinity }) => hasHart(affinity, hart));
      if (candidates.length === 0) continue;
      this.#hart = hart;
      return candidates;
    }
    return this.#queue;
  }

  #enqueue(task: Task): void {
    this.#queue.push(task);
    if (this.#queue.length > 1 || hasHart(task.affinity, this.#hart)) return;
    // It runs at once.
    this.#hart = lowestHart(task.affinity & this.harts);
  }

  #enterBlocked(task: Task, ticket: number): void {
    this.#blocked.set(task, { ticket, standings: this.#standIn(task, ticket) });
    this.#noteDeadline(task);
  }

  #standIn(task: Task, ticket: number): readonly Standing[] {
    const { wait } = task;
    if (wait === null || !isFileWait(wait)) return [];
    return standIn(this, task, wait, { ticket, streams: this.#streams });
  }

  #noteDeadline(task: Task): void {
    const deadline_ns = task.wait === null ? null : deadlineOf(task.wait);
    if (deadline_ns !== null && task.wait !== null) {
      this.#deadlines.add(deadline_ns, task, task.wait);
    }
  }

  /**
   * Wakes the restored tasks that find what they wait for, in the order of their tickets. Of those that wait
   * alone one per queue goes on, unless another had been chosen before.
   */
  #lookAtRestored(): void {
    const chosenAt = new Set<WaitQueue>();
    const queueOf = (task: Task, wait: Wait): WaitQueue | undefined =>
      isFileWait(wait) && isExclusive(task, wait)
        ? placesOf(task, wait, this.#streams)[0]?.queue
        : undefined;
    const restored = [...this.#restored];
    this.#restored.clear();
    for (const task of restored) {
      const queue = this.#blocked.has(task) ? undefined : task.wait && queueOf(task, task.wait);
      if (queue) chosenAt.add(queue);
    }
    const ticket = (task: Task) => this.#blocked.get(task)?.ticket ?? 0;
    for (const task of restored.sort((a, b) => ticket(a) - ticket(b))) {
      const { wait } = task;
      if (!this.#blocked.has(task) || (wait !== null && !this.isReady(task, wait))) continue;
      const queue = wait === null ? undefined : queueOf(task, wait);
      if (queue !== undefined && chosenAt.has(queue)) continue;
      if (queue !== undefined) chosenAt.add(queue);
      this.wake(task);
    }
  }
}
