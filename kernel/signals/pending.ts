/**
 * Which of the pending signals a task takes.
 *
 * A signal to a process is taken by one thread: by the first of its threads that does not block it. One
 * that will kill the process is taken by whichever thread runs next, even by one that blocks it, because
 * no thread must go on once the process is doomed.
 *
 * Source: `kernel/signal.c` (`complete_signal`, `wants_signal`); signal(7).
 */

import { DEFAULT_DUMPS, SIG_DFL, signalBit } from "../abi/signal.ts";
import type { Task } from "../task.ts";
import { defaultEffect } from "./dispositions.ts";

/** Of the signals that were sent to a task itself, those that it takes, as a set. */
export function signalsToTake({ signals }: Task): bigint {
  return signals.pending.set & ~signals.blocked;
}

/** Of the signals that are pending for its process, those that a task takes, as a set. */
export function sharedSignalsToTake(task: Task): bigint {
  const { group, signals } = task;
  const pending = group.pending.set;
  if (pending === 0n || group.members.length === 1) return pending & ~signals.blocked;
  let wantedBefore = 0n;
  let wanted = 0n;
  let isBefore = true;
  for (const other of group.members) {
    if (other === task) isBefore = false;
    if (!other.isAlive) continue;
    wanted |= pending & ~other.signals.blocked;
    if (isBefore) wantedBefore = wanted;
  }
  return (pending & ~signals.blocked & ~wantedBefore) | (wanted & deadly(task, wanted));
}

/** The signals of a set that end the process at once: sig_fatal() without those that dump core. */
function deadly({ signals: { dispositions } }: Task, set: bigint): bigint {
  let deadly = 0n;
  for (let signo = 1, left = set; left !== 0n; signo++, left >>= 1n) {
    if ((left & 1n) === 0n || dispositions.get(signo).handler !== SIG_DFL) continue;
    if (defaultEffect(signo) === "terminate") deadly |= signalBit(signo);
  }
  return deadly & ~DEFAULT_DUMPS;
}
