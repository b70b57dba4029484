/**
 * Taking a pending signal, by whoever takes it: a handler, rt_sigtimedwait(2), a signalfd.
 *
 * Source: `kernel/signal.c` (`dequeue_signal`).
 */

import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { signalTaken } from "../timer_queue.ts";
import type { SigInfo } from "./siginfo.ts";

/** Takes the next pending signal that is not `blocked`, the thread's own before the process's. */
export function dequeueSignal(kernel: Kernel, task: Task, blocked: bigint): SigInfo | null {
  const { signals, group } = task;
  for (const queue of [signals.pending, group.pending]) {
    const info = queue.next(blocked);
    if (info === null) continue;
    queue.take(info);
    return signalTaken(kernel, task, info);
  }
  return null;
}
