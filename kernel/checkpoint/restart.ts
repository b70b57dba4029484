/**
 * Restart in two steps: a plan, which checks everything and reserves what it needs, and its commit,
 * which cannot fail. A plan that is disposed of leaves no trace.
 */
import { EBUSY, EEXIST, EINVAL, EIO, EPERM, ESRCH } from "../abi/errno.ts";
import type { Place } from "../fs/mount.ts";
import type { Kernel } from "../kernel.ts";
import { adoptMachine, requireAdoptable } from "../machine_state.ts";
import { Task } from "../task.ts";
import { INIT_PID } from "../task_table.ts";
import { becomePlanned, type PlannedTask, planTask } from "../task_state.ts";
import { ThreadGroup } from "../thread_group.ts";
import { defineCheck } from "./check.ts";
import type { ByteSource } from "./frame.ts";
import { Image, type ReadOptions } from "./image.ts";
import { refusalOfFailure } from "./failure.ts";
import { RestartContext } from "./restart_context.ts";
import type { RecordValue } from "./schema.ts";
import type { PIDS } from "../task_state.ts";

const ONE_TASK = defineCheck("TREE.nr_tasks/one", ESRCH, "an image of one task");
const SINGLE_THREAD = defineCheck("TREE_PIDS.vtgid/leader", EINVAL, "a process of one thread");
const POSSIBLE = defineCheck("plan/possible", EIO, "files that can be read");
const CALLER_ALONE = defineCheck("plan/caller_alone", EBUSY, "a caller of one thread");
const PID_FREE = defineCheck("TREE_PIDS.vpid/free", EEXIST, "a pid that is not taken");
const PARENT_LIVES = defineCheck("TREE_PIDS.vppid/lives", ESRCH, "init or a living task");
const SAME_SESSION = defineCheck(
  "TREE_PIDS.vsid/session",
  EPERM,
  "a process group whose members are all in one session",
);

/** Restart in place of a task that asks for it: it keeps its ids and takes everything else. */
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
  /** Puts the plan into force; answers the restarted task. Cannot fail. */
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
    clock: kernel.clock,
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

/** The one task of the image, with its ids. */
function planOnlyTask(kernel: Kernel, context: RestartContext): {
  planned: PlannedTask;
  ids: RecordValue<typeof PIDS>["pids"][number];
} {
  const { tree, pids, task } = context.image.tree;
  const [only] = task;
  const [ids] = pids.pids;
  if (task.length !== 1 || only === undefined || ids === undefined) {
    context.refuse(ONE_TASK, tree, "nr_tasks", `${task.length} tasks`);
  }
  if (ids.vtgid !== ids.vpid) {
    context.refuse(SINGLE_THREAD, pids, "pids", `thread ${ids.vpid} of process ${ids.vtgid}`);
  }
  return { planned: planTask(context, only, kernel.vdso), ids };
}

function planInto(kernel: Kernel, context: RestartContext, caller: Task): RestartPlan {
  if (caller.group.members.length > 1) {
    const found = `${caller.group.members.length} threads`;
    context.refuse(CALLER_ALONE, context.image.tree.tree, null, found);
  }
  const { planned } = planOnlyTask(kernel, context);
  return {
    commit() {
      const { files, mm } = caller;
      becomePlanned(caller, planned);
      // The call that restarts is yet to be counted; the image's task has not made it.
      caller.instructions = planned.instructions - 1;
      context.finish();
      files.release();
      mm.release();
      settle(kernel, caller, planned);
      return caller;
    },
    dispose: () => context.rollBack(),
  };
}

/** Puts a task that has the hart into the state that it was saved in. */
function settle({ scheduler }: Kernel, task: Task, { state }: PlannedTask): void {
  if (state === "blocked") scheduler.block(task);
  if (state !== "stopped") return;
  scheduler.remove(task);
  task.state = "stopped";
}

function planMachine(kernel: Kernel, context: RestartContext): RestartPlan {
  const { machine } = context.image.tree;
  requireAdoptable(context, kernel, machine);
  const { pids } = context.image.tree;
  requireFreeIds(kernel, context, pids);
  const { planned, ids } = planOnlyTask(kernel, context);
  return {
    commit() {
      const { vpid: pid, vppid: ppid, vtgid: id, vpgid: pgid, vsid: sid } = ids;
      const task = new Task({
        ...planned,
        pid,
        ppid,
        group: new ThreadGroup({ id, pgid, sid, limits: planned.process.limits }),
      });
      becomePlanned(task, planned);
      task.state = planned.state;
      context.finish();
      adoptMachine(kernel, machine.is);
      kernel.tasks.add(task);
      kernel.scheduler.admit(task);
      return task;
    },
    dispose: () => context.rollBack(),
  };
}

/** Refuses ids that are taken, or that do not go with the tasks that are there. */
function requireFreeIds(
  { tasks }: Kernel,
  context: RestartContext,
  pids: RecordValue<typeof PIDS>,
): void {
  for (const { vpid, vppid, vpgid, vsid } of pids.pids) {
    if (tasks.isTaken(vpid)) context.refuse(PID_FREE, pids, "pids", `pid ${vpid}`);
    const isParent = vppid === INIT_PID || tasks.get(vppid)?.isAlive === true;
    if (!isParent) context.refuse(PARENT_LIVES, pids, "pids", `parent ${vppid}`);
    for (const { pgid, sid, pid } of tasks.all) {
      if (pgid === vpgid && sid !== vsid) {
        const found = `session ${vsid}, while task ${pid} of group ${pgid} is in session ${sid}`;
        context.refuse(SAME_SESSION, pids, "pids", found);
      }
    }
  }
}
