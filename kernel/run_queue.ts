/**
 * The tasks that can run, and whose turn it is.
 *
 * ```
 *   rank 99 … 1   SCHED_FIFO, SCHED_RR by priority    the first that came; FIFO as long as it wants,
 *                                                     RR until its time is up, then behind its equals
 *   rank 0        SCHED_OTHER, SCHED_BATCH            turns drawn by the seed, as long as nice says
 *   rank -1       SCHED_IDLE                          the same, when nobody else can run
 * ```
 *
 * Whoever outranks the task that has the hart gets it before the next instruction; the other then stands
 * before its equals. What is drawn, see turns.ts; without priorities there is one rank, and nothing but that.
 *
 * Source: `kernel/sched/{core,rt,fair}.c`; sched(7).
 */

import { RR_INTERVAL_NS, SCHED_FIFO, SCHED_RR } from "./abi/sched.ts";
import { hartsOf, hasHart, lowestHart } from "./harts.ts";
import { rankOf, type Scheduling, WEIGHT_MAX, WEIGHT_OF_NICE_0, weightOf } from "./scheduling.ts";
import type { Task } from "./task.ts";
import { turnIndex, turnKey, turnLength } from "./turns.ts";

/** Instructions of a turn of SCHED_RR: sched_rr_get_interval(2). */
export const RR_INTERVAL = Number(RR_INTERVAL_NS);

/** Where a queue stands between two instructions, but for the tasks in it. */
export interface TurnState {
  /** Instructions of a turn on average. */
  readonly quantum: number;
  /** What chance is drawn from, 0 … 2^32 - 1. */
  readonly key: number;
  /** Number of the turn, 0 or more. */
  readonly turn: number;
  /** Instructions that are left of it, at least 1; means nothing while a task of SCHED_FIFO has it. */
  readonly sliceLeft: number;
  /** Whose turn of the harts it is. */
  readonly hart: number;
}

/** Instructions that the longest turn has of this number. */
export function turnLengthMax(
  { key, turn, quantum }: Pick<TurnState, "key" | "turn" | "quantum">,
): number {
  return Math.max(RR_INTERVAL, weighted(turnLength(key, turn, quantum), WEIGHT_MAX));
}

function weighted(length: number, weight: number): number {
  return Math.max(1, Math.ceil((length * weight) / WEIGHT_OF_NICE_0));
}

/** Tasks that can run. */
export class RunQueue {
  /** The first has the hart. */
  #tasks: Task[] = [];
  /** What tasks of SCHED_RR that do not have the hart have left of the turn that they had. */
  readonly #remainders = new Map<Task, number>();
  #quantum: number;
  #key: number;
  #turn = 0;
  #sliceLeft: number;
  #hart = 0;
  #harts: number;
  /** Whether somebody may outrank the task that has the hart. */
  #isUnsettled = false;

  /** An empty queue. `quantum` is in instructions, at least 1; `seed` is any integer; `harts` are 1 or more. */
  constructor(quantum: number, seed: number | bigint, harts: number) {
    this.#harts = harts;
    this.#quantum = quantum;
    this.#key = turnKey(seed);
    this.#sliceLeft = turnLength(this.#key, this.#turn, quantum);
  }

  /** The first has the hart; of each rank the others have waited the longer the further in front. */
  get tasks(): readonly Task[] {
    return this.#tasks;
  }

  /** Instructions that the current task may execute before another gets the hart, at least 1. */
  get sliceLeft(): number {
    const [current] = this.#tasks;
    return current !== undefined && this.#runsOn(current) ? Infinity : this.#sliceLeft;
  }

  /** The hart that the first has. */
  get hart(): number {
    return this.#hart;
  }

  /** Where it stands. */
  get state(): TurnState {
    return {
      quantum: this.#quantum,
      key: this.#key,
      turn: this.#turn,
      sliceLeft: this.#sliceLeft,
      hart: this.#hart,
    };
  }

  /** What a task has left of a turn that it had, 0 for a whole one; see {@link RunQueue.enter}. */
  remainderOf(task: Task): number {
    return this.#remainders.get(task) ?? 0;
  }

  /** Goes on as a queue that stood so, in a machine of so many harts. */
  resume({ quantum, key, turn, sliceLeft, hart }: TurnState, harts: number): void {
    this.#harts = harts;
    this.#quantum = quantum;
    this.#key = key;
    this.#turn = turn;
    this.#sliceLeft = sliceLeft;
    this.#hart = hart;
  }

  /** The same tasks, or what stands for each of them, at the same point. */
  copy(copyOf: (task: Task) => Task): RunQueue {
    const copy = new RunQueue(this.#quantum, 0, this.#harts);
    copy.resume(this.state, this.#harts);
    copy.#tasks = this.#tasks.map(copyOf);
    for (const [task, left] of this.#remainders) copy.#remainders.set(copyOf(task), left);
    copy.#isUnsettled = true;
    return copy;
  }

  /** Enters a new task, or one that was saved, with what it had left of a turn. */
  enter(task: Task, remainder: number): void {
    if (remainder > 0) this.#remainders.set(task, remainder);
    if (task.state === "running") this.#push(task);
  }

  /** Enters a task that can run again. */
  add(task: Task): void {
    this.#push(task);
    if (this.#tasks.length === 1) this.#sliceLeft = this.#sliceOf(task);
  }

  /** Takes a task out. One that only waits keeps what it has left of its turn. */
  remove(task: Task, waits: boolean): void {
    const index = this.#tasks.indexOf(task);
    if (index === 0) this.#keepRemainder(task);
    if (!waits) this.#remainders.delete(task);
    if (index < 0) return;
    this.#tasks.splice(index, 1);
    if (index === 0) this.#beginTurn(task);
  }

  /** The current task has retired instructions, at most as many as were left of its turn. */
  account(retired: number): void {
    const [current] = this.#tasks;
    if (current !== undefined && this.#runsOn(current)) return;
    this.#sliceLeft -= retired;
    if (this.#sliceLeft <= 0) this.#endTurn();
  }

  /** The current task does without the rest of its turn: sched_yield(2). */
  yield(): void {
    const [current] = this.#tasks;
    if (current !== undefined) this.#keepRemainder(current);
    this.#endTurn();
  }

  /** Gives the hart to whoever outranks the task that has it. */
  settle(): void {
    if (!this.#isUnsettled) return;
    this.#isUnsettled = false;
    const [current] = this.#tasks;
    if (current === undefined) return;
    const able = this.#ableOn(this.#hart);
    if (rankOf(current.scheduling) >= highestRank(able)) return;
    this.#keepRemainder(current);
    this.#turn++;
    this.#giveTurn(this.#chosen(able, null));
  }

  /** A task is scheduled in another way than `before`. */
  rescheduled(task: Task, before: Scheduling): void {
    const { scheduling } = task;
    if (scheduling.policy !== before.policy) this.#remainders.delete(task);
    const index = this.#tasks.indexOf(task);
    if (index < 0) return;
    this.#isUnsettled = true;
    const [rank, old] = [rankOf(scheduling), rankOf(before)];
    if (index === 0) {
      if (scheduling.policy !== before.policy) this.#sliceLeft = this.#sliceOf(task);
    } else if (rank !== old) {
      // Whoever is raised comes behind his equals, who is lowered before them.
      this.#tasks.splice(index, 1);
      this.#tasks.splice(rank > old ? this.#tasks.length : 1, 0, task);
    }
  }

  #push(task: Task): void {
    const [current] = this.#tasks;
    this.#tasks.push(task);
    if (current === undefined) {
      // It runs at once.
      if (!hasHart(task.affinity, this.#hart)) {
        this.#hart = lowestHart(task.affinity & hartsOf(this.#harts));
      }
    } else if (rankOf(task.scheduling) > rankOf(current.scheduling)) {
      this.#isUnsettled = true;
    }
  }

  /** The current task goes behind all others. */
  #endTurn(): void {
    const last = this.#tasks.shift();
    if (last === undefined) return;
    this.#tasks.push(last);
    this.#beginTurn(last);
  }

  /** Gives the next hart's turn to somebody other than `last`, which has had one; if there is anybody. */
  #beginTurn(last: Task): void {
    this.#turn++;
    this.#giveTurn(this.#chosen(this.#free(this.#nextHart()), last));
  }

  /** Of those that can run on a hart, the ones that are not busy on the others, whose turns they have had. */
  #free(able: readonly Task[]): readonly Task[] {
    const busy = Math.min(this.#harts, able.length) - 1;
    if (busy <= 0) return able;
    const free = able.slice(0, able.length - busy);
    // Among the usual ones the seed decides, which may take one that is busy.
    return highestRank(free) > 0 ? free : able.filter(({ scheduling }) => rankOf(scheduling) <= 0);
  }

  #giveTurn(task: Task | undefined): void {
    if (task !== undefined && task !== this.#tasks[0]) {
      this.#tasks.splice(this.#tasks.indexOf(task), 1);
      this.#tasks.unshift(task);
    }
    this.#sliceLeft = this.#sliceOf(task);
    if (task !== undefined) this.#remainders.delete(task);
  }

  /** Goes on to the next hart that somebody can run on; answers who, those first who have waited longest. */
  #nextHart(): readonly Task[] {
    for (let i = 1; i < this.#harts; i++) {
      const hart = (this.#hart + i) % this.#harts;
      const able = this.#ableOn(hart);
      if (able.length === 0) continue;
      this.#hart = hart;
      return able;
    }
    return this.#ableOn(this.#hart);
  }

  #ableOn(hart: number): readonly Task[] {
    if (this.#harts === 1) return this.#tasks;
    return this.#tasks.filter(({ affinity }) => hasHart(affinity, hart));
  }

  /** Who is next of some tasks; `last` has had a turn and stands behind them, or can run no more. */
  #chosen(tasks: readonly Task[], last: Task | null): Task | undefined {
    const rank = highestRank(tasks);
    const isNext = (task: Task) => rankOf(task.scheduling) === rank;
    if (rank > 0) return tasks.find(isNext);
    const equals = tasks.every(isNext) ? tasks : tasks.filter(isNext);
    const hasLast = last !== null && equals.at(-1) === last;
    return equals[turnIndex(this.#key, this.#turn, equals.length + (hasLast ? 0 : 1))];
  }

  #sliceOf(task: Task | undefined): number {
    if (task?.scheduling.policy === SCHED_RR && this.#harts === 1) {
      return this.#remainders.get(task) ?? RR_INTERVAL;
    }
    const length = turnLength(this.#key, this.#turn, this.#quantum);
    return task === undefined ? length : weighted(length, weightOf(task.scheduling));
  }

  #keepRemainder(task: Task): void {
    if (task.scheduling.policy === SCHED_RR && this.#harts === 1) {
      this.#remainders.set(task, this.#sliceLeft);
    }
  }

  /** Whether a task keeps the hart until it blocks; with several, the others must have their turns. */
  #runsOn({ scheduling: { policy } }: Task): boolean {
    return policy === SCHED_FIFO && this.#harts === 1;
  }
}

function highestRank(tasks: readonly Task[]): number {
  let highest = -Infinity;
  for (const { scheduling } of tasks) highest = Math.max(highest, rankOf(scheduling));
  return highest;
}
