/** Taking a checkpoint: the whole state of a task as an image, before a byte of it goes anywhere. */
import { EBUSY, EIO, ENOSYS } from "../abi/errno.ts";
import type { Place } from "../fs/mount.ts";
import type { Kernel } from "../kernel.ts";
import { saveMachine } from "../machine_state.ts";
import { afterCallReturnsZero } from "../registers_state.ts";
import type { Task } from "../task.ts";
import { saveTask } from "../task_state.ts";
import { KERNEL_RELEASE } from "../uts.ts";
import { defineCheck } from "./check.ts";
import { refusalOfFailure } from "./failure.ts";
import { encodeImage, type ImageTree } from "./image.ts";
import { SaveContext } from "./save_context.ts";

const SINGLE_THREAD = defineCheck("checkpoint/single_thread", ENOSYS, "a process of one thread");
const UNSHARED = defineCheck(
  "checkpoint/unshared",
  EBUSY,
  "a task that shares no memory, descriptors, directories or dispositions with another",
);
const CHILDLESS = defineCheck("checkpoint/childless", EBUSY, "a task without children");
const READABLE = defineCheck("checkpoint/readable", EIO, "files that can be read");

/** How a checkpoint is taken. */
export interface CheckpointOptions {
  /** 32 bytes to seal the image with. Default: sealed without a key. */
  readonly key?: Uint8Array;
  /** What checkpoint(2) will return, 1 or more. Default: 0, taken from outside the machine. */
  readonly id?: number;
  /**
   * Whether the task itself is in checkpoint(2): in the image that call has returned 0. Default: false.
   */
  readonly isCaller?: boolean;
}

/**
 * The image of a task, which goes on as if nothing had happened.
 *
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
  task: Task,
  options: CheckpointOptions = {},
): Uint8Array<ArrayBuffer> {
  return checkpointFrom(kernel.fileSystem.root, kernel, task, options);
}

/** As {@linkcode checkpoint}, where the paths in the image begin at `root`. */
export function checkpointFrom(
  root: Place,
  kernel: Kernel,
  task: Task,
  options: CheckpointOptions,
): Uint8Array<ArrayBuffer> {
  try {
    return encodeImage(saveImage(root, kernel, task, options), options.key ?? null);
  } catch (error) {
    throw refusalOfFailure(READABLE, error) ?? error;
  }
}

function saveImage(
  root: Place,
  kernel: Kernel,
  task: Task,
  { key, id = 0, isCaller = false }: CheckpointOptions,
): Omit<ImageTree, "tail"> {
  const { clock, checkpointCounter } = kernel;
  // The call that takes the checkpoint has retired in the image, and not yet in the machine.
  const retiring = isCaller ? 1 : 0;
  const context = new SaveContext(root, clock.monotonic_ns + BigInt(retiring));
  const registers = isCaller ? afterCallReturnsZero(task.registers) : task.registers;
  const tasks = context.each("task", [task], () => {
    requireAlone(context, kernel, task);
    return saveTask(context, task, { registers, retiring });
  });
  context.checkUses();
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
    machine: saveMachine(kernel, Math.max(checkpointCounter, id), BigInt(retiring)),
    tree: { nr_tasks: 1 },
    pids: {
      pids: [{
        vpid: task.pid,
        vppid: task.ppid,
        vtgid: task.tgid,
        vpgid: task.pgid,
        vsid: task.sid,
        depth: 0,
      }],
    },
    task: tasks,
  };
}

/** Refuses a task that shares with another what the image would have to share too. */
function requireAlone(context: SaveContext, kernel: Kernel, task: Task): void {
  if (task.group.members.length > 1) {
    context.refuse(SINGLE_THREAD, `${task.group.members.length} threads`);
  }
  const [child] = kernel.tasks.childrenOf(task.tgid);
  if (child !== undefined) context.refuse(CHILDLESS, `child ${child.pid}`);
  for (const other of kernel.tasks.all) {
    if (other === task || !other.isAlive) continue;
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
