/**
 * POSIX message queues: inodes with messages in them, the most urgent first.
 *
 * Source: `ipc/mqueue.c`; mq_overview(7).
 */

import {
  DFLT_MSG,
  DFLT_MSGMAX,
  DFLT_MSGSIZE,
  DFLT_MSGSIZEMAX,
  FILENT_SIZE,
  HARD_MSGMAX,
  HARD_MSGSIZEMAX,
  MQ_PRIO_MAX,
  MSG_MSG_BYTES,
  POSIX_MSG_TREE_NODE_BYTES,
} from "../abi/mqueue.ts";
import { EINVAL, SystemError } from "../abi/errno.ts";
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../abi/poll.ts";
import { SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD } from "../abi/time.ts";
import { WaitQueue } from "../fs/wait_queue.ts";
import type { Cloning } from "../fs/cloning.ts";
import type { FileKind } from "../fs/file_object.ts";
import { Inode, type InodeFields } from "../fs/inode.ts";
import { numberSeenBy } from "../pid_namespace.ts";
import type { ThreadGroup } from "../thread_group.ts";
import type { UserNamespace } from "../user_namespace.ts";
import type { MqueueFileSystem } from "./mqueue_fs.ts";

/** A message, which is never changed. */
export interface PosixMessage {
  /** 0 … 32767: the higher, the more urgent. */
  readonly priority: number;
  /** Its text. */
  readonly bytes: Uint8Array;
}

/** How much a queue may hold. */
export interface QueueBounds {
  /** Messages, 1 … 65536. */
  readonly messagesMax: number;
  /** Bytes of each, 1 … 2^24. */
  readonly messageBytesMax: number;
}

/** Those of a queue that is made without any. */
export const DEFAULT_BOUNDS: QueueBounds = {
  messagesMax: Math.min(DFLT_MSG, DFLT_MSGMAX),
  messageBytesMax: Math.min(DFLT_MSGSIZE, DFLT_MSGSIZEMAX),
};

/** The socket at which a thread of the C library awaits the news of a queue: one of netlink. */
export interface NoticeSocket {
  /** A message has come: gives it the cookie, marked NOTIFY_WOKENUP. */
  tellWokenUp(cookie: Uint8Array): void;
  /** The process is not told any more: gives it the cookie, marked NOTIFY_REMOVED. */
  tellRemoved(cookie: Uint8Array): void;
  /** The socket of a machine's clone. */
  clone(cloning: Cloning): NoticeSocket;
}

/** How somebody is told that a message has come: `struct sigevent`. */
export type QueueNotice =
  /** Not at all: SIGEV_NONE. */
  | { readonly kind: "none" }
  /** By a signal, 0 … 64 (of which 0 is none), with si_value. */
  | { readonly kind: "signal"; readonly signo: number; readonly value: bigint }
  /** By a message that the C library's thread awaits: SIGEV_THREAD. */
  | { readonly kind: "thread"; readonly socket: NoticeSocket; readonly cookie: Uint8Array };

/** Who is told when a message comes to the empty queue: mq_notify(3). */
export interface QueueRegistration {
  /** The process. */
  readonly owner: ThreadGroup;
  /** How. */
  readonly notice: QueueNotice;
  /** The user namespace that it was in. */
  readonly userNamespace: UserNamespace | null;
  /** Whether it has ended or executed another program since, so that no signal reaches it. */
  readonly isStale: boolean;
}

const NOTICE_NUMBERS: Readonly<Record<QueueNotice["kind"], number>> = {
  none: SIGEV_NONE,
  signal: SIGEV_SIGNAL,
  thread: SIGEV_THREAD,
};

/** Throws EINVAL for bounds that nobody gets, or that somebody without CAP_SYS_RESOURCE does not. */
export function requireBounds(bounds: QueueBounds, isPrivileged: boolean): void {
  const { messagesMax, messageBytesMax } = bounds;
  const [most, largest] = isPrivileged
    ? [HARD_MSGMAX, HARD_MSGSIZEMAX]
    : [DFLT_MSGMAX, DFLT_MSGSIZEMAX];
  const isSane = messagesMax > 0 && messageBytesMax > 0 && messagesMax <= most &&
    messageBytesMax <= largest;
  if (!isSane) throw new SystemError(EINVAL);
}

/** What a queue counts towards RLIMIT_MSGQUEUE, in bytes. */
export function chargeFor({ messagesMax, messageBytesMax }: QueueBounds): number {
  const nodes = Math.min(messagesMax, MQ_PRIO_MAX) * POSIX_MSG_TREE_NODE_BYTES;
  return messagesMax * messageBytesMax + messagesMax * MSG_MSG_BYTES + nodes;
}

/** A queue, with or without a name. */
export class PosixQueue extends Inode {
  /** See {@link Inode.kind}. */
  override readonly kind: FileKind = "mqueue";
  /** See {@link Inode.superblock}. */
  override readonly superblock: MqueueFileSystem;
  /** Its last name. */
  readonly name: string;
  /** How much it may hold. */
  readonly bounds: QueueBounds;
  /** The user whose RLIMIT_MSGQUEUE it counts towards. */
  readonly chargedUid: number;
  /** Who is told when a message comes. */
  registration: QueueRegistration | null = null;
  /** Bytes of all messages in it. */
  bytes = 0;
  readonly #messages: PosixMessage[] = [];
  /** See {@link Inode.waiters}; whoever waits for either end is woken by each change. */
  override readonly waiters: WaitQueue = new WaitQueue();

  /** An empty queue. */
  constructor(
    superblock: MqueueFileSystem,
    fields: InodeFields,
    parts: Pick<PosixQueue, "name" | "bounds" | "chargedUid">,
  ) {
    super(fields);
    this.superblock = superblock;
    this.name = parts.name;
    this.bounds = parts.bounds;
    this.chargedUid = parts.chargedUid;
  }

  /** The messages in the order in which they are received. */
  get messages(): readonly PosixMessage[] {
    return this.#messages;
  }

  /** Whether no further message goes in. */
  get isFull(): boolean {
    return this.#messages.length >= this.bounds.messagesMax;
  }

  /** Puts a message, for which there is room, behind those that are as urgent. */
  insert(message: PosixMessage): void {
    let [low, high] = [0, this.#messages.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#messages[middle]?.priority ?? 0) >= message.priority) low = middle + 1;
      else high = middle;
    }
    this.#messages.splice(low, 0, message);
    this.bytes += message.bytes.length;
    this.waiters.wake(0);
  }

  /** Takes the most urgent message, the oldest of them; `undefined` when there is none. */
  take(): PosixMessage | undefined {
    const message = this.#messages.shift();
    if (message === undefined) return undefined;
    this.bytes -= message.bytes.length;
    this.waiters.wake(0);
    return message;
  }

  /** See {@link Inode.description}. */
  override get description(): string {
    return this.nlink === 0 ? `/${this.name} (deleted)` : `/${this.name}`;
  }

  /** See {@link Inode.size}. */
  override get size(): number {
    return FILENT_SIZE;
  }

  /** See {@link Inode.seekable}. */
  override get seekable(): boolean {
    return true;
  }

  /** See {@link Inode.pollable}. */
  override get pollable(): boolean {
    return true;
  }

  /** See {@link Inode.poll}. */
  override poll(): number {
    const input = this.#messages.length > 0 ? POLLIN | POLLRDNORM : 0;
    return input | (this.isFull ? 0 : POLLOUT | POLLWRNORM);
  }

  /** See {@link Inode.facts}. */
  override facts(): Readonly<Record<string, string>> {
    const messages = this.#messages.map(({ priority, bytes }) => `${priority}:${[...bytes]}`);
    const { notice, owner } = this.registration ?? {};
    return {
      messages: messages.join(" "),
      bounds: `${this.bounds.messagesMax} of ${this.bounds.messageBytesMax}`,
      notifies: notice === undefined ? "nobody" : `${owner?.id} by ${notice.kind}`,
    };
  }

  /** The line that read(2) shows. */
  override read(position: number, length: number): Uint8Array {
    const { notice, owner } = this.registration ?? {};
    const how = notice === undefined ? 0 : NOTICE_NUMBERS[notice.kind];
    const signo = notice?.kind === "signal" ? notice.signo : 0;
    const reader = this.superblock.environment.kernel?.scheduler.current;
    const pid = owner === undefined || reader === undefined ? 0 : numberSeenBy(reader, owner.id);
    const line = `QSIZE:${String(this.bytes).padEnd(10)} NOTIFY:${String(how).padEnd(5)} ` +
      `SIGNO:${String(signo).padEnd(5)} NOTIFY_PID:${String(pid).padEnd(6)}\n`;
    return new TextEncoder().encode(line).subarray(position, position + length);
  }

  /** See {@link Inode.openObject}. */
  override openObject(): PosixQueue {
    return this;
  }

  /** See {@link Inode.reopened}. */
  override reopened(): PosixQueue {
    return this;
  }

  /** A process that closes any of its descriptors is not told any more. */
  override descriptorClosed(): void {
    const task = this.superblock.environment.kernel?.scheduler.current;
    if (task !== undefined) this.forget(task.group);
  }

  /** Ends the registration of a process, if it has one. */
  forget(group: ThreadGroup): void {
    if (this.registration?.owner !== group) return;
    const { notice } = this.registration;
    if (notice.kind === "thread") notice.socket.tellRemoved(notice.cookie);
    this.registration = null;
  }

  /** The process that is registered cannot be sent a signal any more. */
  disown(group: ThreadGroup): void {
    const { registration } = this;
    if (registration?.owner === group) this.registration = { ...registration, isStale: true };
  }

  /** See {@link Inode.evict}. */
  protected override evict(): void {
    this.superblock.evicted(this);
  }

  /** See {@link Inode.clone}. */
  override clone(cloning: Cloning): PosixQueue {
    const superblock = this.superblock.cloneWith(cloning);
    return cloning.once(this, () => {
      const copy = new PosixQueue(superblock, this, this);
      copy.#messages.push(...this.#messages);
      copy.bytes = this.bytes;
      const { registration } = this;
      if (registration !== null) {
        cloning.later(() => copy.registration = cloneRegistration(registration, cloning));
      }
      return copy;
    });
  }
}

function cloneRegistration(
  registration: QueueRegistration,
  cloning: Cloning,
): QueueRegistration {
  const { notice } = registration;
  return {
    ...registration,
    owner: registration.owner.clone(cloning),
    userNamespace: registration.userNamespace?.clone(cloning) ?? null,
    notice: notice.kind === "thread" ? { ...notice, socket: notice.socket.clone(cloning) } : notice,
  };
}
