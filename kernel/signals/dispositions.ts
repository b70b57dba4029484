/**
 * What a process does about each signal: Linux's `sighand_struct`, shared by the threads of a group.
 *
 * Source: `kernel/signal.c`; sigaction(2).
 */

import {
  DEFAULT_IGNORED,
  DEFAULT_STOPS,
  NSIG,
  SIG_DFL,
  SIG_IGN,
  signalBit,
} from "../abi/signal.ts";
import type { Cloning } from "../fs/cloning.ts";

/** How one signal is handled. */
export interface SignalAction {
  /** SIG_DFL, SIG_IGN, or the address of the handler. */
  readonly handler: bigint;
  /** SA_* bits. */
  readonly flags: bigint;
  /** Signals that are blocked while the handler runs, besides its own. */
  readonly mask: bigint;
}

/** What a fresh process does about any signal. */
export const DEFAULT_ACTION: SignalAction = { handler: SIG_DFL, flags: 0n, mask: 0n };

/** What a signal does when nobody handles it. */
export type DefaultEffect = "ignore" | "stop" | "terminate";

/** The default effect of a signal, 1 … 64. */
export function defaultEffect(signo: number): DefaultEffect {
  const bit = signalBit(signo);
  if ((DEFAULT_IGNORED & bit) !== 0n) return "ignore";
  return (DEFAULT_STOPS & bit) !== 0n ? "stop" : "terminate";
}

/** The 64 actions. */
export class Dispositions {
  readonly #actions: SignalAction[];

  private constructor(actions: SignalAction[]) {
    this.#actions = actions;
  }

  /** All SIG_DFL. */
  static defaults(): Dispositions {
    return new Dispositions(Array.from({ length: NSIG }, () => DEFAULT_ACTION));
  }

  /** The action of a signal, 1 … 64. */
  get(signo: number): SignalAction {
    return this.#actions[signo - 1] ?? DEFAULT_ACTION;
  }

  /** Changes the action of a signal, 1 … 64. */
  set(signo: number, action: SignalAction): void {
    this.#actions[signo - 1] = action;
  }

  /** All 64, signal 1 first. */
  values(): readonly SignalAction[] {
    return this.#actions;
  }

  /** Whether a signal is dropped on arrival unless it is blocked: sig_ignored(). */
  ignores(signo: number): boolean {
    const { handler } = this.get(signo);
    return handler === SIG_IGN || (handler === SIG_DFL && defaultEffect(signo) === "ignore");
  }

  /** execve(2): handlers are gone with the program that had them; what is ignored stays so. */
  forgetHandlers(): void {
    for (const [i, { handler }] of this.#actions.entries()) {
      this.#actions[i] = handler === SIG_IGN ? { handler, flags: 0n, mask: 0n } : DEFAULT_ACTION;
    }
  }

  /** An independent copy: for fork(2). */
  fork(): Dispositions {
    return new Dispositions([...this.#actions]);
  }

  /** The same dispositions in a machine's clone. */
  clone(cloning: Cloning): Dispositions {
    return cloning.once(this, () => this.fork());
  }
}
