/**
 * Taking a checkpoint: the whole state of a process and its descendants as an image, before a byte of it
 * goes anywhere.
 */
import { EBUSY, EIO, ENOSYS } from "../abi/errno.ts";
import type { Place } from "../fs/mount.ts";
import { mqueueKind } from "../ipc/posix_queue_state.ts";
import type { Kernel } from "../kernel.ts";
import { saveMachine } from "../machine_state.ts";
import { afterCallReturnsZero } from "../registers_state.ts";
import { Task } from "../task.ts";
import { saveTask } from "../task_state.ts";
import { saveIds, tasksBelow } from "../task_tree_state.ts";
import { KERNEL_RELEASE } from "../uts.ts";
import { defineCheck } from "./check.ts";
import { refusalOfFailure } from "./failure.ts";
import { encodeImage, type ImageTree } from "./image.ts";
import { SaveContext } from "./save_context.ts";

const UNSHARED = defineCheck(
  "checkpoint/unshared",
  EBUSY,
  "tasks that share no memory, descriptors, directories or dispositions with another",
);
const CHILDLESS = defineCheck("checkpoint/childless", EBUSY, "a process without children");
const MACHINES_NAMESPACES = defineCheck(
  "checkpoint/namespaces",
  ENOSYS,
  "a task in the machine's own namespaces",
);
const MOUNTS_SET_UP = defineCheck(
  "checkpoint/mounts",
  ENOSYS,
  "a machine in which programs have mounted, unmounted and changed nothing",
);
const WITHOUT_IPC = defineCheck("checkpoint/ipc", ENOSYS, "a machine without IPC objects");
const READABLE = defineCheck("checkpoint/readable", EIO, "files that can be read");

/** How a checkpoint is taken. */
export interface CheckpointOptions {
  /** 32 bytes to seal the image with. Default: sealed without a key. */
  readonly key?: Uint8Array;
  /** What checkpoint(2) will return, 1 or more. Default: 0, taken from outside the machine. */
  readonly id?: number;
  /** Who is in checkpoint(2): if saved itself, that call has returned 0 in the image. Default: nobody. */
  readonly caller?: Task;
  /** Whether descendants are refused, instead of saved. Default: false. */
  readonly alone?: boolean;
}

/**
 * The image of a process with its threads and all its descendants, or of several such trees, which go on
 * as if nothing had happened.
 *
 * @param tasks Any thread of the process, or of each.
 * @throws {Refusal} When it has state that cannot be saved.
 *
 * @example Save a program and bring it back in a second machine
 * ```ts
 * import { checkpoint, Kernel, planRestart } from "../mod.ts";
 * import { guests } from "../../scenarios/programs/mod.ts";
 *
 * const machine = new Kernel({ seed: 1 });
 * machine.fileSystem.writeFile("/bin/ckpt", guests.ckpt.bytes(), 0o755);
 * const task = machine.spawn({ path: "/bin/ckpt" });
 * machine.run({ instructions: 5000 });
 * const image = checkpoint(machine, task);
 *
 * const other = new Kernel({ seed: 2 });
 * other.fileSystem.writeFile("/bin/ckpt", guests.ckpt.bytes(), 0o755);
 * const restarted = planRestart(other, image, { adoptMachine: true }).commit();
 * console.assert(restarted.pid === task.pid && restarted.registers.equals(task.registers));
 * ```
 */
export function checkpoint(
  kernel: Kernel,
  tasks: Task | readonly Task[],
  options: CheckpointOptions = {},
): Uint8Array<ArrayBuffer> {
  return checkpointFrom(kernel.fileSystem.root, kernel, tasks, options);
}

/** As {@linkcode checkpoint}, where the paths in the image begin at `root`. */
export function checkpointFrom(
  root: Place,
  kernel: Kernel,
  tasks: Task | readonly Task[],
  options: CheckpointOptions,
): Uint8Array<ArrayBuffer> {
  try {
    const roots = (tasks instanceof Task ? [tasks] : tasks).map((task) => leaderOf(kernel, task));
    return encodeImage(saveImage(root, kernel, roots, options), options.key ?? null);
  } catch (error) {
    throw refusalOfFailure(READABLE, error) ?? error;
  }
}

function leaderOf(kernel: Kernel, { tgid }: Task): Task {
  const leader = kernel.tasks.get(tgid);
  // It stays, as a zombie, as long as any of its threads.
  if (leader === undefined) throw new RangeError(`Cannot save process ${tgid}, which is gone`);
  return leader;
}

function saveImage(
  root: Place,
  kernel: Kernel,
  roots: readonly Task[],
  options: CheckpointOptions,
): Omit<ImageTree, "tail"> {
  const { key, id = 0, caller, alone = false } = options;
  const { clock, checkpointCounter } = kernel;
  const placed = roots.flatMap((leader) => [...tasksBelow(kernel, leader)]);
  const tasks = new Set(placed.map(({ task }) => task));
  // The call that takes the checkpoint has retired in the image, and not yet in the machine.
  const saved = caller !== undefined && tasks.has(caller) ? caller : null;
  const retiring = saved === null ? 0 : 1;
  const now_ns = clock.monotonic_ns + BigInt(retiring);
  const context = new SaveContext(root, now_ns, tasks, kernel.asyncFiles, saved);
  // Anybody may come to know them by their keys: whether the tasks do without, nobody can tell.
  const shared = kernel.ipc.holds;
  if (shared !== null) context.refuse(WITHOUT_IPC, shared);
  // An image tells by their paths where files are: the next machine has the same mounts or finds others.
  const { change } = kernel.fileSystem.mounts;
  if (change !== null) context.refuse(MOUNTS_SET_UP, change);
  const others = kernel.tasks.all.filter((task) => task.isAlive && !tasks.has(task));
  const child = placed.find(({ depth }) => depth > 0);
  if (alone && child !== undefined) context.refuse(CHILDLESS, `child ${child.task.pid}`);
  const task = context.each("task", tasks, (task) => {
    if (task.isAlive) requireUnshared(context, task, others);
    if (
      task.namespaces !== null || task.group.pidNamespace !== null ||
      task.credentials.userNamespace !== null
    ) {
      context.refuse(MACHINES_NAMESPACES, `task ${task.pid} in a namespace of its own`);
    }
    const { registers } = task;
    return saveTask(context, task, task === saved ? afterCallReturnsZero(registers) : registers);
  });
  context.checkUses();
  const left = [...kernel.ipc.mqueues.queues].find((queue) =>
    context.objrefOf(mqueueKind, queue) === undefined
  );
  if (left !== undefined) {
    context.refuse(WITHOUT_IPC, `the message queue ${left.description}, which no task has open`);
  }
  return {
    header: {
      is: {
        integrity: key === undefined ? "BLAKE3" : "BLAKE3_KEYED",
        id,
        time: clock.realtime_ns + BigInt(retiring),
      },
      release: { release: KERNEL_RELEASE },
      arch: {},
    },
    machine: saveMachine(kernel, {
      tasks,
      checkpoints: Math.max(checkpointCounter, id),
      retiring,
    }),
    tree: { nr_tasks: placed.length },
    pids: saveIds(placed),
    task,
  };
}

/** Refuses a task that shares with one outside what the image would have to share too. */
function requireUnshared(
  context: SaveContext,
  task: Task,
  others: readonly Task[],
): void {
  for (const other of others) {
    const parts = [
      ["memory", other.mm === task.mm],
      ["descriptors", other.files === task.files],
      ["directories", other.fs === task.fs],
      ["dispositions", other.signals.dispositions === task.signals.dispositions],
    ] as const;
    const shared = parts.find(([, isShared]) => isShared);
    if (shared !== undefined) {
      context.refuse(UNSHARED, `${shared[0]} shared with task ${other.pid}`);
    }
  }
}
