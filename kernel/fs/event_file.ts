/**
 * eventfd(2): a counter behind a descriptor.
 *
 * Source: `fs/eventfd.c`.
 */

import { EINVAL, SystemError } from "../abi/errno.ts";
import { EVENTFD_COUNT_MAX } from "../abi/event.ts";
import { POLLIN, POLLOUT } from "../abi/poll.ts";
import { ANONYMOUS_ATTRIBUTES } from "./anonymous.ts";
import type { Cloning } from "./cloning.ts";
import { type Attributes, type FileKind, FileObject } from "./file_object.ts";
import { WaitQueue } from "./wait_queue.ts";

const WORD_BYTES = 8;

/** A counter: writing adds, reading takes all, or one. */
export class EventFile extends FileObject {
  override readonly kind: FileKind = "eventfd";
  /** 0 … 2^64 - 2. */
  count: bigint;
  /** Whether a read takes one, and not all: EFD_SEMAPHORE. */
  readonly semaphore: boolean;
  override readonly waiters: WaitQueue = new WaitQueue();

  constructor(count: bigint, semaphore: boolean) {
    super();
    this.count = count;
    this.semaphore = semaphore;
  }

  override get description(): string {
    return "anon_inode:[eventfd]";
  }

  override facts(): Readonly<Record<string, string>> {
    return { count: `${this.count}`, reads: this.semaphore ? "one" : "all" };
  }

  override get delimited(): boolean {
    return true;
  }

  override attributes(): Attributes {
    return ANONYMOUS_ATTRIBUTES;
  }

  override poll(): number {
    return (this.count > 0n ? POLLIN : 0) | (this.count < EVENTFD_COUNT_MAX ? POLLOUT : 0);
  }

  override read(_position: number, length: number): Uint8Array | null {
    if (length < WORD_BYTES) throw new SystemError(EINVAL);
    if (this.count === 0n) return null;
    return new Uint8Array(BigUint64Array.of(this.semaphore ? 1n : this.count).buffer);
  }

  /** What was shown is taken, also when only a part of it arrived. */
  override consume(length: number): void {
    if (length === 0) return;
    this.count = this.semaphore ? this.count - 1n : 0n;
    this.notify(POLLOUT);
  }

  override write(_position: number, bytes: Uint8Array): number | null {
    if (bytes.length < WORD_BYTES) throw new SystemError(EINVAL);
    const added = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
    if (added > EVENTFD_COUNT_MAX) throw new SystemError(EINVAL);
    if (this.count + added > EVENTFD_COUNT_MAX) return null;
    this.count += added;
    this.notify(POLLIN);
    return WORD_BYTES;
  }

  override clone(cloning: Cloning): EventFile {
    return cloning.once(this, () => new EventFile(this.count, this.semaphore));
  }
}
