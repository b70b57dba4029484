/**
 * signalfd(2): a descriptor from which whoever reads takes its own pending signals.
 *
 * It holds no signals itself: reading is the system call's matter, which knows the reader.
 *
 * Source: `fs/signalfd.c`.
 */

import { POLLIN } from "../abi/poll.ts";
import { ANONYMOUS_ATTRIBUTES } from "./anonymous.ts";
import type { Cloning } from "./cloning.ts";
import { type Attributes, type FileKind, FileObject, type Poller } from "./file_object.ts";
import { WaitQueue } from "./wait_queue.ts";

/** Shows those who read it their pending signals of a set. */
export class SignalFile extends FileObject {
  override readonly kind: FileKind = "signalfd";
  /** The signals that it shows, never SIGKILL and SIGSTOP. */
  accepts: bigint;

  constructor(accepts: bigint) {
    super();
    this.accepts = accepts;
  }

  override readonly waiters: WaitQueue = new WaitQueue();

  override get description(): string {
    return "anon_inode:[signalfd]";
  }

  override facts(): Readonly<Record<string, string>> {
    return { accepts: `0x${this.accepts.toString(16)}` };
  }

  override attributes(): Attributes {
    return ANONYMOUS_ATTRIBUTES;
  }

  override poll(poller?: Poller): number {
    return poller !== undefined && (poller.pendingSignals & this.accepts) !== 0n ? POLLIN : 0;
  }

  override clone(cloning: Cloning): SignalFile {
    return cloning.once(this, () => new SignalFile(this.accepts));
  }
}
