/**
 * Signals that have arrived and not been taken yet: of one task, or of its whole thread group. Linux's
 * `struct sigpending`.
 *
 * Source: `kernel/signal.c`; signal(7) ("Queueing and delivery semantics for standard signals").
 */

import { lowestSignal, signalBit, SIGRTMIN, SYNCHRONOUS } from "../abi/signal.ts";
import type { SigInfo } from "./siginfo.ts";

/** Signals that a queue takes at most, however high RLIMIT_SIGPENDING is; one of each kind always has room. */
export const QUEUED_MAX = 16000;

/** Pending signals in the order of their arrival. */
export class SignalQueue {
  #set = 0n;
  #entries: SigInfo[] = [];

  /** The signals that are pending, as a set. */
  get set(): bigint {
    return this.#set;
  }

  /** Whether nothing is pending. */
  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** All that is pending, oldest first. */
  get entries(): readonly SigInfo[] {
    return this.#entries;
  }

  /** Adds a signal. One below SIGRTMIN that is pending already is dropped; the answer says so. */
  add(info: SigInfo): boolean {
    const bit = signalBit(info.signo);
    if (info.signo < SIGRTMIN && (this.#set & bit) !== 0n) return false;
    this.#set |= bit;
    this.#entries.push(info);
    return true;
  }

  /**
   * The signal among those not `blocked` that is to be taken next: those that an instruction caused
   * first, then the lowest number, of one number the oldest; `null` when there is none.
   */
  next(blocked: bigint): SigInfo | null {
    const ready = this.#set & ~blocked;
    if (ready === 0n) return null;
    const caused = ready & SYNCHRONOUS;
    const signo = lowestSignal(caused !== 0n ? caused : ready);
    return this.#entries.find((entry) => entry.signo === signo) ?? null;
  }

  /** Takes out an entry that {@link next} gave. */
  take(info: SigInfo): void {
    const index = this.#entries.indexOf(info);
    if (index < 0) return;
    this.#entries.splice(index, 1);
    const isLast = !this.#entries.some(({ signo }) => signo === info.signo);
    if (isLast) this.#set &= ~signalBit(info.signo);
  }

  /** Drops every signal of a set. */
  discard(set: bigint): void {
    if ((this.#set & set) === 0n) return;
    this.#set &= ~set;
    this.#entries = this.#entries.filter(({ signo }) => (signalBit(signo) & set) === 0n);
  }

  /** An independent copy. */
  clone(): SignalQueue {
    const clone = new SignalQueue();
    clone.#set = this.#set;
    clone.#entries = [...this.#entries];
    return clone;
  }
}
