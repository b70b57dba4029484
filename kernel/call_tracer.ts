/** Who is told of every system call and signal while it happens: strace/, or nobody. */

import type { SigInfo } from "./signals/siginfo.ts";
import type { Task } from "./task.ts";

/** What is told. Nothing that a tracer does changes the machine's course. */
export interface CallTracer {
  /** A task begins a call; its registers hold number and arguments. */
  entered(task: Task): void;
  /** The call has its result, 0 or more, or `-errno`. */
  returned(task: Task, result: number | bigint): void;
  /** A handler interrupts the call, which is made again after it where `restarts`. */
  interrupted(task: Task, restarts: boolean): void;
  /** A task gets a signal. */
  signalled(task: Task, info: SigInfo): void;
  /** A process is stopped by a signal. */
  stopped(task: Task, signo: number): void;
  /** A task has ended, with this wait status word. */
  ended(task: Task, status: number): void;
}
