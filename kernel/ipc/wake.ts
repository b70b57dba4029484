/** Who is told when something in an IPC namespace changes. */

import { EAGAIN, EIDRM, SystemError } from "../abi/errno.ts";
import type { Kernel } from "../kernel.ts";
import { namespacesOf } from "../namespaces.ts";
import type { Task } from "../task.ts";
import type { SemaphoreWait } from "../wait.ts";
import type { IpcNamespace } from "./namespace.ts";
import { failsAtOnce, type SemaphoreSet } from "./semaphore_set.ts";

/** Lets whoever waits at a message queue look again: it has changed, or is gone. */
export function wakeAtQueue(kernel: Kernel, ipc: IpcNamespace, id: number): void {
  for (const task of kernel.tasks.all) {
    const { wait } = task;
    const isHere = wait?.kind === "message_queue" && wait.id === id &&
      namespacesOf(kernel, task).ipc === ipc;
    if (isHere) kernel.scheduler.endWait(task, wait);
  }
}

/** A task that waits at a set of semaphores. */
interface Waiter {
  readonly task: Task;
  readonly wait: SemaphoreWait;
}

/** The tasks that wait at a set of semaphores, those first whose turn it is. */
export function waitersAt(
  kernel: Kernel,
  ipc: IpcNamespace,
  { id }: SemaphoreSet,
): readonly Waiter[] {
  return kernel.tasks.all.flatMap((task) => {
    const { wait } = task;
    const isHere = wait?.kind === "semaphores" && wait.id === id && !wait.woken &&
      namespacesOf(kernel, task).ipc === ipc;
    return isHere ? [{ task, wait }] : [];
  }).sort((a, b) => a.wait.turn - b.wait.turn);
}

/** A set has changed: carries out what others wait to do, as far as it can be now. */
export function operateForWaiters(kernel: Kernel, ipc: IpcNamespace, set: SemaphoreSet): void {
  while (waitersAt(kernel, ipc, set).some((waiter) => tryFor(kernel, set, waiter)));
}

/** Tries a waiter's operations; answers whether they have changed the set. */
function tryFor({ scheduler }: Kernel, set: SemaphoreSet, { task, wait }: Waiter): boolean {
  try {
    const blocked = set.operate(wait.operations, task.tgid);
    if (blocked === null) {
      scheduler.endWait(task, { ...wait, result: 0 });
      return wait.operations.some(({ change }) => change !== 0);
    }
    if (failsAtOnce(blocked)) scheduler.endWait(task, { ...wait, result: -EAGAIN });
    else scheduler.changeWait(task, { ...wait, blocked });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    scheduler.endWait(task, { ...wait, result: -error.errno });
  }
  return false;
}

/** A set is gone. */
export function failWaiters(kernel: Kernel, ipc: IpcNamespace, set: SemaphoreSet): void {
  for (const { task, wait } of waitersAt(kernel, ipc, set)) {
    kernel.scheduler.endWait(task, { ...wait, result: -EIDRM });
  }
}

/** Undoes what a process that has ended wanted undone. */
export function undoSemaphores(kernel: Kernel, ipc: IpcNamespace, pid: number): void {
  for (const set of ipc.semaphores.all) {
    if (set.undoFor(pid)) operateForWaiters(kernel, ipc, set);
  }
}
