/**
 * What the threads of a process have in common besides memory: ids, limits, signals sent to the process.
 * Linux's `signal_struct`.
 */

import { SIGCHLD } from "./abi/signal.ts";
import type { Cloning } from "./fs/cloning.ts";
import { WaitQueue } from "./fs/wait_queue.ts";
import type { Limits } from "./limits.ts";
import { ProcessTimers } from "./process_timers.ts";
import { SignalQueue } from "./signals/signal_queue.ts";
import type { PidNamespace } from "./pid_namespace.ts";
import type { Task } from "./task.ts";

/** What a {@link ThreadGroup} begins with. */
export type ThreadGroupParts = Pick<ThreadGroup, "id" | "pgid" | "sid" | "limits">;

/** What wait4(2) has not told yet about a process that lives. */
export type JobEvent = "none" | "stopped" | "continued";

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
  /** Its timers that send signals. */
  timers: ProcessTimers = new ProcessTimers();
  /** Who waits at a pidfd for its end. */
  readonly waiters: WaitQueue = new WaitQueue();
  /** Its threads, the leader first while it lives. */
  readonly members: Task[] = [];
  /** The signal that stopped the process, or 0. */
  stopSignal = 0;
  /** Whether it has called execve(2) since it was made: setpgid(2) of its parent is too late then. */
  hasExecuted = false;
  /** What has become of the process as a job and was not waited for. */
  jobEvent: JobEvent = "none";
  /** What the parent gets when the process ends, 0 … 255; nothing for a number that is no signal. */
  exitSignal: number = SIGCHLD;
  /** Whether init got it from a parent that died: nobody waits for it, it goes by itself. */
  isAdopted = false;
  /** Whether the orphans among its descendants become its children: PR_SET_CHILD_SUBREAPER. */
  isChildSubreaper = false;
  /** How gladly it is killed when memory is out, -1000 (never) … 1000: /proc/PID/oom_score_adj. */
  oomScoreAdj = 0;
  /** Below this only CAP_SYS_RESOURCE lowers it. */
  oomScoreAdjMin = 0;
  /** Instructions that threads which have ended had retired. */
  exitedInstructions = 0;
  /** Instructions of children that were waited for, and of theirs. */
  childrenInstructions = 0;

  /** The namespace in which it has its pid; `null` for the machine's. */
  pidNamespace: PidNamespace | null = null;
  /** Whether no signal that it has not asked for ends it, unless it comes from outside its namespace. */
  isUnkillable = false;

  /** A process without threads yet. */
  constructor(parts: ThreadGroupParts) {
    this.id = parts.id;
    this.pgid = parts.pgid;
    this.sid = parts.sid;
    this.limits = parts.limits;
  }

  /** Whether some thread has not ended. */
  get isAlive(): boolean {
    return this.members.some((task) => task.isAlive);
  }

  /** Its leader, a zombie when it has ended before the other threads. */
  get leader(): Task | undefined {
    return this.members.find((task) => task.pid === this.id);
  }

  /** Instructions that its threads have retired, those that have ended too: its CPU time in virtual ns. */
  get instructions(): number {
    return this.members.reduce((sum, task) => sum + task.instructions, this.exitedInstructions);
  }

  /** The same process in a machine's clone, without its members, which enter by themselves. */
  clone(cloning: Cloning): ThreadGroup {
    return cloning.once(this, () => {
      const limits = cloning.once(this.limits, () => this.limits.clone());
      const { id, pgid, sid } = this;
      const clone = new ThreadGroup({ id, pgid, sid, limits });
      clone.pending = this.pending.clone();
      clone.timers = this.timers.clone();
      clone.stopSignal = this.stopSignal;
      clone.hasExecuted = this.hasExecuted;
      clone.jobEvent = this.jobEvent;
      clone.exitSignal = this.exitSignal;
      clone.isAdopted = this.isAdopted;
      clone.isChildSubreaper = this.isChildSubreaper;
      clone.oomScoreAdj = this.oomScoreAdj;
      clone.oomScoreAdjMin = this.oomScoreAdjMin;
      clone.exitedInstructions = this.exitedInstructions;
      clone.childrenInstructions = this.childrenInstructions;
      clone.pidNamespace = this.pidNamespace?.clone(cloning) ?? null;
      clone.isUnkillable = this.isUnkillable;
      return clone;
    });
  }
}
