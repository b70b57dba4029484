/**
 * Taking a pending signal, by whoever takes it: a handler, rt_sigtimedwait(2), a signalfd.
 *
 * Source: `kernel/signal.c` (`dequeue_signal`).
 */

import type { Task } from "../task.ts";
import type { SigInfo } from "./siginfo.ts";

/** Takes the next pending signal that is not `blocked`, the thread's own before the process's. */
export function dequeueSignal({ signals, group }: Task, blocked: bigint): SigInfo | null {
  for (const queue of [signals.pending, group.pending]) {
    const info = queue.next(blocked);
    if (info === null) continue;
    queue.take(info);
    return info;
  }
  return null;
}
