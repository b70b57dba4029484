/**
 * What the threads of a process have in common besides memory: ids, limits, signals sent to the process.
 * Linux's `signal_struct`.
 */

import type { Cloning } from "./fs/cloning.ts";
import type { Limits } from "./limits.ts";
import { SignalQueue } from "./signals/signal_queue.ts";
import type { Task } from "./task.ts";

/** What a {@link ThreadGroup} begins with. */
export type ThreadGroupParts = Pick<ThreadGroup, "id" | "pgid" | "sid" | "limits">;

/** A process. */
export class ThreadGroup {
  /** Its pid: that of its first thread, the leader. */
  readonly id: number;
  /** Process group. */
  pgid: number;
  /** Session. */
  sid: number;
  /** Resource limits. */
  limits: Limits;
  /** Signals sent to the process as a whole. */
  pending: SignalQueue = new SignalQueue();
  /** Its threads, the leader first while it lives. */
  readonly members: Task[] = [];
  /** The signal that stopped the process, or 0. */
  stopSignal = 0;
  /** Whether it has called execve(2) since it was made: setpgid(2) of its parent is too late then. */
  hasExecuted = false;

  /** A process without threads yet. */
  constructor(parts: ThreadGroupParts) {
    this.id = parts.id;
    this.pgid = parts.pgid;
    this.sid = parts.sid;
    this.limits = parts.limits;
  }

  /** The same process in a machine's clone, without its members, which enter by themselves. */
  clone(cloning: Cloning): ThreadGroup {
    return cloning.once(this, () => {
      const limits = cloning.once(this.limits, () => this.limits.clone());
      const { id, pgid, sid } = this;
      const clone = new ThreadGroup({ id, pgid, sid, limits });
      clone.pending = this.pending.clone();
      clone.stopSignal = this.stopSignal;
      clone.hasExecuted = this.hasExecuted;
      return clone;
    });
  }
}
