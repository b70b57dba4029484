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
 * Tasks take turns by instruction count and priority; run_queue.ts says how. Everything here depends on the
 * machine's totals only, never on how a run was cut into pieces, so that a run in many pieces is the run in
 * one.
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
import { hartsOf } from "./harts.ts";
import { RunQueue, type TurnState } from "./run_queue.ts";
import type { Scheduling } from "./scheduling.ts";
import type { Task } from "./task.ts";
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

/** Where a scheduler stands between two instructions, but for its tasks. */
export interface SchedulerState extends TurnState {
  /** Instructions that each hart has retired; as many as there are harts. */
  readonly usage: readonly number[];
  /** Places among those who wait that were given, 0 or more. */
  readonly tickets: number;
}

/** Where a task stands that can run, or waits. */
export interface TaskPlace {
  /** Which one. */
  readonly task: Task;
  /** Its place among those who wait, whoever came earlier has a lower one; 0 when it can run. */
  readonly ticket: number;
  /** What it has left of a turn of SCHED_RR that it does not have, 0 for a whole one. */
  readonly remainder: number;
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
  /** Tasks in state "running". */
  #runnable: RunQueue;
  /** Tasks in state "blocked". */
  readonly #blocked = new Map<Task, Blocked>();
  /** Tasks that have been restored: what they wait for, or were chosen for, may have come meanwhile. */
  readonly #restored = new Set<Task>();
  #tickets = 0;
  #deadlines = new Deadlines();
  #usage: number[];

  /** Nobody is runnable. */
  constructor(
    clock: Clock,
    streams: readonly Stream[],
    { quantum = DEFAULT_QUANTUM, seed = 0, harts = 1 }: SchedulerOptions = {},
  ) {
    this.#clock = clock;
    this.#streams = streams;
    this.#runnable = new RunQueue(quantum, seed, harts);
    this.#usage = Array.from({ length: harts }, () => 0);
  }

  /** The task that has the hart, or is next to have it. */
  get current(): Task | undefined {
    return this.#runnable.tasks[0];
  }

  /** The hart that {@link current} has. */
  get hart(): number {
    return this.#runnable.hart;
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
    return this.#runnable.tasks;
  }

  /** Instructions of a turn on average. */
  get quantum(): number {
    return this.#runnable.state.quantum;
  }

  /** Instructions that are left of the current task's turn, at least 1. */
  get sliceLeft(): number {
    return this.#runnable.sliceLeft;
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
  stateAfter(
    retiring: 0 | 1,
  ): { readonly turns: SchedulerState; readonly places: readonly TaskPlace[] } {
    const usage = [...this.#usage];
    usage[this.hart] = (usage[this.hart] ?? 0) + retiring;
    const after = this.#runnable.copy((task) => task);
    after.account(retiring);
    const blocked = [...this.#blocked].map(([task, { ticket }]) => ({ task, ticket }));
    const places = [
      ...after.tasks.map((task) => ({ task, ticket: 0 })),
      ...blocked.sort((a, b) => a.ticket - b.ticket),
    ].map((place) => ({ ...place, remainder: after.remainderOf(place.task) }));
    return { turns: { ...after.state, usage, tickets: this.#tickets }, places };
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
  resume({ tickets, usage, ...turns }: SchedulerState): void {
    this.#runnable.resume(turns, usage.length);
    this.#usage = [...usage];
    this.#tickets = tickets;
  }

  /** Enters a task by its state: one that was made, or restored to a place. */
  admit(task: Task, { ticket = 0, remainder = 0 }: Partial<TaskPlace> = {}): void {
    this.#runnable.enter(task, remainder);
    if (task.state === "blocked") this.#enterBlocked(task, ticket || this.takeTicket());
    if (task.wait !== null) this.#restored.add(task);
  }

  /** Makes a blocked or stopped task runnable. */
  wake(task: Task): void {
    if (task.state === "running") return;
    this.#unblock(task);
    task.state = "running";
    this.#runnable.add(task);
  }

  /** Blocks a runnable task in what its `wait` says. */
  block(task: Task): void {
    this.#runnable.remove(task, true);
    task.state = "blocked";
    this.#enterBlocked(task, this.takeTicket());
    // Whoever minds whose job is in the foreground looks again at once, unless that has stopped it.
    if (task.wait?.kind === "terminal") this.#restored.add(task);
  }

  /** Takes a task out: it is stopped or gone. Its state is the caller's matter. */
  remove(task: Task): void {
    this.#unblock(task);
    this.#runnable.remove(task, false);
  }

  /** A task is scheduled in another way than `before`. */
  rescheduled(task: Task, before: Scheduling): void {
    this.#runnable.rescheduled(task, before);
  }

  /** A hart has retired instructions, whoever has it now. */
  count(hart: number, retired: number): void {
    this.#usage[hart] = (this.#usage[hart] ?? 0) + retired;
  }

  /** The current task has retired instructions, at most as many as were left of its turn. */
  account(retired: number): void {
    this.#runnable.account(retired);
  }

  /** Ends the current task's turn. */
  yield(): void {
    this.#runnable.yield();
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

  /**
   * Wakes the tasks whose time has come, in ascending order of pid, and restored ones that need not wait; then
   * whoever comes before all others has the hart.
   */
  wakeDue(): void {
    if (this.#restored.size > 0) this.#lookAtRestored();
    if (this.isDeadlinePassed) {
      const due = this.#deadlines.takeDue(this.#clock.monotonic_ns).sort((a, b) => a.pid - b.pid);
      // Whoever is there twice is awake the second time.
      for (const task of due) this.wake(task);
    }
    this.#runnable.settle();
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
    clone.#runnable = this.#runnable.copy((task) => task.clone(cloning));
    clone.#usage = [...this.#usage];
    clone.#tickets = this.#tickets;
    const blocked = [...this.#blocked];
    // Once the files that they wait for are copied, too.
    cloning.later(() => {
      for (const [task, { ticket }] of blocked) clone.#enterBlocked(task.clone(cloning), ticket);
      for (const task of this.#restored) clone.#restored.add(task.clone(cloning));
    });
    return clone;
  }

  #unblock(task: Task): void {
    const blocked = this.#blocked.get(task);
    if (blocked === undefined) return;
    this.#blocked.delete(task);
    leaveQueues(blocked.standings);
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
