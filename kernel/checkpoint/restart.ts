/**
 * Restart in two steps: a plan, which checks everything and reserves what it needs, and its commit,
 * which cannot fail. A plan that is disposed of leaves no trace.
 */
import { EBUSY, EINVAL, EIO, ENOSYS } from "../abi/errno.ts";
import type { Place } from "../fs/mount.ts";
import { hartsOf } from "../harts.ts";
import type { Kernel } from "../kernel.ts";
import { adoptMachine, requireAdoptable, requireSameNames } from "../machine_state.ts";
import { namespacesOf } from "../namespaces.ts";
import { Task } from "../task.ts";
import { becomePlanned, type PlannedTask, planTask } from "../task_state.ts";
import { requireQueue } from "../wait_state.ts";
import { planIds, type TaskIds } from "../task_tree_state.ts";
import { terminalOfSession } from "../terminals.ts";
import { ThreadGroup } from "../thread_group.ts";
import type { PlannedThreadGroup } from "../thread_group_state.ts";
import { defineCheck } from "./check.ts";
import type { ByteSource } from "./frame.ts";
import { Image, type ReadOptions } from "./image.ts";
import { refusalOfFailure } from "./failure.ts";
import { RestartContext } from "./restart_context.ts";

const POSSIBLE = defineCheck("plan/possible", EIO, "files that can be read");
const CALLER_ALONE = defineCheck("plan/caller_alone", EBUSY, "a caller of one thread");
const MACHINES_NAMESPACES = defineCheck(
  "plan/caller_namespaces",
  ENOSYS,
  "a caller in the machine's own mount, pid and user namespaces",
);
const FIRST_LIVES = defineCheck("plan/first_lives", EINVAL, "a first task that has not ended");

/**
 * Restart in place of a task that asks for it: it keeps its ids and becomes the image's first task in
 * everything else. The others are made anew, with the ids that they had.
 */
export interface RestartInto extends ReadOptions {
  /** The task, which bounds what the image may give: restart(2). */
  readonly into: Task;
}

/** Restart of a machine as a whole: ids, clock, chance and counters are those of the image. */
export interface RestartMachine extends ReadOptions {
  /** Tells it apart from a restart in place of a task. */
  readonly adoptMachine: true;
}

/** How an image is restarted. */
export type RestartOptions = RestartInto | RestartMachine;

/** A restart that can no longer be refused, and is not yet in force. */
export interface RestartPlan {
  /** Puts the plan into force; answers the first of the restarted tasks. Cannot fail. */
  commit(): Task;
  /** Gives back everything that was reserved. */
  dispose(): void;
}

/**
 * Reads an image and plans its restart. The machine is as before, except for what the plan has
 * reserved, until {@linkcode RestartPlan.commit} or {@linkcode RestartPlan.dispose}, one of which
 * must follow.
 *
 * @param source The image in memory, with or without something behind it, or where to read it from.
 * @throws {Refusal} When the image is not one that may be restarted; nothing has been reserved then.
 *
 * @example A damaged image is refused, and nothing is left behind
 * ```ts
 * import { checkpoint, Kernel, planRestart, Refusal } from "../mod.ts";
 * import { guests } from "../../scenarios/programs/mod.ts";
 *
 * const machine = new Kernel();
 * machine.fileSystem.writeFile("/bin/ckpt", guests.ckpt.bytes(), 0o755);
 * const image = checkpoint(machine, machine.spawn({ path: "/bin/ckpt" }));
 * image[500]! ^= 1;
 *
 * const other = new Kernel();
 * try {
 *   planRestart(other, image, { adoptMachine: true }).commit();
 * } catch (error) {
 *   console.assert(error instanceof Refusal && error.check === "integrity/record");
 * }
 * console.assert(other.memory.framesInUse === 0);
 * ```
 */
export function planRestart(
  kernel: Kernel,
  source: Uint8Array | ByteSource,
  options: RestartOptions,
): RestartPlan {
  return planImage(kernel, Image.read(source, options), options);
}

/**
 * Plans the restart of an image that has been read.
 *
 * @throws {Refusal} As {@linkcode planRestart}.
 */
export function planImage(kernel: Kernel, image: Image, options: RestartOptions): RestartPlan {
  const caller = "into" in options ? options.into : null;
  const context = new RestartContext(image, {
    memory: kernel.memory,
    fileSystem: kernel.fileSystem,
    streams: kernel.streams,
    asyncFiles: kernel.asyncFiles,
    mqueues: (caller === null ? kernel.ipc : namespacesOf(kernel, caller).ipc).mqueues,
    clock: kernel.clock,
    harts: caller === null
      ? hartsOf(image.tree.machine.harts.harts.length)
      : kernel.scheduler.harts,
    terminal: caller === null
      ? kernel.streams.find(({ tty }) => tty !== null)?.tty ?? null
      : terminalOfSession(kernel, caller.sid),
    root: rootOf(kernel, caller),
    caller,
    now_ns: caller === null
      ? image.tree.machine.is.instructions + image.tree.machine.is.idle
      // The call that restarts retires last.
      : kernel.clock.monotonic_ns + 1n,
  });
  try {
    return caller === null ? planMachine(kernel, context) : planInto(kernel, context, caller);
  } catch (error) {
    context.rollBack();
    throw refusalOfFailure(POSSIBLE, error) ?? error;
  }
}

function rootOf(kernel: Kernel, caller: Task | null): Place {
  return caller?.fs.root ?? kernel.fileSystem.root;
}

/** A task of the image with the ids that it gets. */
interface Member {
  readonly ids: TaskIds;
  readonly planned: PlannedTask;
}

function planMembers(kernel: Kernel, context: RestartContext): readonly Member[] {
  const ids = planIds(kernel, context);
  const { task, pids } = context.image.tree;
  // The grammar has made sure that there are as many ids as tasks.
  context.awaited.pids = new Map(pids.pids.map(({ vpid }, i) => [vpid, ids[i]!.vpid]));
  const members = task.map((tree, i) => ({
    ids: ids[i]!,
    planned: planTask(context, tree, kernel.vdso),
  }));
  for (const [i, { planned }] of members.entries()) {
    requireQueue(context, planned.wait, task[i]!.restart_block);
  }
  context.awaited.settle(() => sketchTasks(members), context.credentials);
  return members;
}

/** Makes the tasks of some members; those of one process get one thread group. */
function makeTasks(
  members: readonly Member[],
  groups: Map<PlannedThreadGroup, ThreadGroup> = new Map(),
): Task[] {
  return members.map(({ ids, planned }) => {
    const { vpid: pid, vppid: ppid, vtgid: id, vpgid: pgid, vsid: sid } = ids;
    const { process } = planned;
    let group = groups.get(process);
    if (group === undefined) {
      group = Object.assign(new ThreadGroup({ id, pgid, sid, limits: process.limits }), process);
      groups.set(process, group);
    }
    const task = new Task({ ...planned, pid, ppid, group });
    becomePlanned(task, planned);
    task.state = planned.state;
    return task;
  });
}

/** Tasks as they will be, to be asked and thrown away. */
function sketchTasks(members: readonly Member[]): readonly Task[] {
  const tasks = makeTasks(members);
  for (const task of tasks) task.group.members.push(task);
  return tasks;
}

/** Enters tasks that were made, those that can run in the order of their turns. */
function enterTasks(kernel: Kernel, context: RestartContext, tasks: readonly Task[]): void {
  for (const task of tasks) kernel.tasks.add(task);
  const { queue, tickets } = context.image.tree.machine.run_queue;
  const order = new Map(queue.map((place, turn) => [place.pid, { turn, ...place }]));
  const turn = ({ pid }: Task) => order.get(pid)?.turn ?? -1;
  kernel.scheduler.passTickets(tickets);
  for (const task of [...tasks].sort((a, b) => turn(a) - turn(b))) {
    kernel.scheduler.admit(task, order.get(task.pid));
  }
  for (const task of tasks) enterFutex(kernel, task);
}

function planMachine(kernel: Kernel, context: RestartContext): RestartPlan {
  const { machine } = context.image.tree;
  requireAdoptable(context, machine);
  const members = planMembers(kernel, context);
  return {
    commit() {
      const tasks = makeTasks(members);
      context.finish();
      adoptMachine(kernel, machine);
      context.arrive(tasks);
      enterTasks(kernel, context, tasks);
      // An image has at least one task.
      return tasks[0]!;
    },
    dispose: () => context.rollBack(),
  };
}

function planInto(kernel: Kernel, context: RestartContext, caller: Task): RestartPlan {
  const { tree, task, machine } = context.image.tree;
  requireSameNames(context, namespacesOf(kernel, caller).uts, machine);
  const isElsewhere = namespacesOf(kernel, caller).mnt !== kernel.fileSystem.mounts ||
    caller.group.pidNamespace !== null || caller.credentials.userNamespace !== null;
  if (isElsewhere) {
    context.refuse(MACHINES_NAMESPACES, tree, null, `task ${caller.pid} in others`);
  }
  if (caller.group.members.length > 1) {
    const found = `${caller.group.members.length} threads`;
    context.refuse(CALLER_ALONE, tree, null, found);
  }
  const [first, ...others] = planMembers(kernel, context);
  if (first === undefined || first.planned.state === "zombie") {
    context.refuse(FIRST_LIVES, task[0]?.is ?? tree, "state", "a ZOMBIE");
  }
  return {
    commit() {
      const { files, mm, group } = caller;
      const { exitSignal, isAdopted } = group;
      const { scheduling } = caller;
      becomePlanned(caller, first.planned);
      kernel.scheduler.rescheduled(caller, scheduling);
      // What concerns its parent is the caller's own, as its parent is.
      Object.assign(group, first.planned.process, { exitSignal, isAdopted });
      // The call that restarts is yet to be counted; the image's task has not made it.
      caller.instructions = first.planned.instructions - 1;
      const tasks = makeTasks(others, new Map([[first.planned.process, group]]));
      context.finish();
      files.release();
      mm.release();
      context.arrive([caller, ...tasks]);
      settle(kernel, context, caller, first.planned);
      kernel.fileSystem.collectMounts();
      enterFutex(kernel, caller);
      enterTasks(kernel, context, tasks);
      return caller;
    },
    dispose: () => context.rollBack(),
  };
}

/** A task that waits at a futex is found there. */
function enterFutex({ futexes }: Kernel, task: Task): void {
  futexes.enterAll(task);
}

/** Puts a task that has the hart into the state that it was saved in. */
function settle(
  { scheduler }: Kernel,
  { image: { tree } }: RestartContext,
  task: Task,
  { state }: PlannedTask,
): void {
  if (state === "running") return;
  scheduler.remove(task);
  task.state = state;
  const [first] = tree.pids.pids;
  scheduler.admit(task, tree.machine.run_queue.queue.find(({ pid }) => pid === first?.vpid));
}
