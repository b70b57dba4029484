/**
 * What a system call is to the dispatcher: a function from arguments to a result, with a name and the
 * names of its arguments. Calls stand in groups by subject; table.ts unites the groups.
 */

import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import type { Wait } from "../wait.ts";

/** The register of the first argument and of the result. */
export const A0 = 10;

/** One call in the making: its arguments are in the task's registers, see arguments.ts. */
export interface Call {
  /** The machine. */
  readonly kernel: Kernel;
  /** Who calls. `task.wait` is set when the call goes on after it was blocked. */
  readonly task: Task;
}

/**
 * Carries out a call. Answers its result (0 or more), `-errno`, or what it has to wait for: then the
 * call is made again, with `task.wait` still set, when the wait may be over. May throw SystemError. A
 * call that waits must have changed nothing that its repetition would change again.
 */
export type SystemCall = (call: Call) => number | bigint | Wait;

/** What becomes of a blocked call when a signal handler is to run. */
export type OnSignal =
  /** Made again after a handler with SA_RESTART, EINTR after others: -ERESTARTSYS. */
  | "restart"
  /** Made again after any handler: -ERESTARTNOINTR. */
  | "always"
  /** EINTR after any handler: -ERESTARTNOHAND, -ERESTART_RESTARTBLOCK. */
  | "fail";

/** One line of the table of system calls. */
export interface SystemCallEntry {
  /** Linux's name. */
  readonly name: string;
  /** What carries it out. */
  readonly call: SystemCall;
  /** Names of the arguments, in order. */
  readonly args: readonly string[];
  /** What a signal handler does to it while it is blocked. Default: "restart". */
  readonly onSignal?: OnSignal | ((wait: Wait) => OnSignal);
  /**
   * Does what must be done when it fails with EINTR, such as telling the time that was left; may answer
   * what the call has done so far, which is its result then.
   */
  readonly interrupted?: (call: Call, wait: Wait) => number | void;
  /**
   * Whether a result that is no error leaves the registers as the handler has set them, program counter
   * and all: rt_sigreturn(2), execve(2), restart(2).
   */
  readonly replacesContext?: boolean;
}

/** System calls by number. */
export type SystemCallGroup = Readonly<Record<number, SystemCallEntry>>;
