/** A task's own part of signal handling: mask, private queue, alternate stack. */

import { SS_AUTODISARM, SS_DISABLE, SS_ONSTACK, UNBLOCKABLE } from "../abi/signal.ts";
import type { Cloning } from "../fs/cloning.ts";
import type { Dispositions } from "./dispositions.ts";
import { SignalQueue } from "./signal_queue.ts";

/** sigaltstack(2): where handlers with SA_ONSTACK run. */
export interface AlternateStack {
  /** First address, an unsigned 64-bit number. */
  readonly sp: bigint;
  /** SS_* bits as they were set; SS_DISABLE when there is none. */
  readonly flags: number;
  /** Bytes; 0 when there is none. */
  readonly size: bigint;
}

/** No alternate stack. */
export const NO_ALTERNATE_STACK: AlternateStack = { sp: 0n, flags: SS_DISABLE, size: 0n };

/** What a task blocks, what waits for it, and where its handlers run. */
export class TaskSignals {
  /** What the process does about each signal. */
  dispositions: Dispositions;
  /** Signals sent to this very task. */
  readonly pending: SignalQueue;
  /** Where handlers with SA_ONSTACK run. */
  alternateStack: AlternateStack = NO_ALTERNATE_STACK;
  /**
   * The mask to go back to while a call such as rt_sigsuspend(2) has put another in its place: it is
   * what a handler's frame saves. `null` otherwise.
   */
  savedMask: bigint | null = null;
  #blocked = 0n;

  /** Nothing is blocked, and nothing pending but what `pending` holds. */
  constructor(dispositions: Dispositions, pending: SignalQueue = new SignalQueue()) {
    this.dispositions = dispositions;
    this.pending = pending;
  }

  /** The signals that wait until they are unblocked; SIGKILL and SIGSTOP are never among them. */
  get blocked(): bigint {
    return this.#blocked;
  }
  set blocked(set: bigint) {
    this.#blocked = set & ~UNBLOCKABLE;
  }

  /** Blocks `mask` for the duration of one call; see {@link savedMask}. */
  blockForCall(mask: bigint): void {
    this.savedMask ??= this.#blocked;
    this.blocked = mask;
  }

  /** Ends what {@link blockForCall} began. */
  restoreMask(): void {
    if (this.savedMask === null) return;
    this.#blocked = this.savedMask;
    this.savedMask = null;
  }

  /** Whether a stack pointer is on the alternate stack: on_sig_stack(). */
  isOnAlternateStack(sp: bigint): boolean {
    const { sp: base, flags, size } = this.alternateStack;
    // With SS_AUTODISARM it was cleared before the handler began.
    return (flags & SS_AUTODISARM) === 0 && sp > base && sp - base <= size;
  }

  /** The state of the alternate stack as sigaltstack(2) tells it: sas_ss_flags(). */
  alternateStackState(sp: bigint): number {
    if (this.alternateStack.size === 0n) return SS_DISABLE;
    return this.isOnAlternateStack(sp) ? SS_ONSTACK : 0;
  }

  /** The same state in a machine's clone. */
  clone(cloning: Cloning): TaskSignals {
    const clone = new TaskSignals(this.dispositions.clone(cloning), this.pending.clone());
    clone.alternateStack = this.alternateStack;
    clone.savedMask = this.savedMask;
    clone.#blocked = this.#blocked;
    return clone;
  }
}
