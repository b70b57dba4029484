/**
 * An IPC namespace: the System V objects and POSIX message queues that its tasks see. Each kind of object
 * has its own table here.
 *
 * Source: `include/linux/ipc_namespace.h`; ipc_namespaces(7).
 */

import type { UserNamespace } from "../user_namespace.ts";
import { SEGMENTS_MAX } from "../abi/ipc.ts";
import { INIT_INO } from "../abi/namespace.ts";
import type { Cloning } from "../fs/cloning.ts";
import type { MessageQueue } from "./message_queue.ts";
import type { SharedSegment } from "./segment.ts";
import type { SemaphoreSet } from "./semaphore_set.ts";
import type { MqueueFileSystem } from "./mqueue_fs.ts";
import { IpcTable } from "./table.ts";

/** The System V objects and POSIX message queues of a namespace. */
export class IpcNamespace {
  /** Its number, as /proc/PID/ns shows it. */
  readonly ino: number;
  /** Whose privileges count for it; `null` for the machine's. */
  readonly owner: UserNamespace | null;
  /** The message queues. */
  readonly messageQueues: IpcTable<MessageQueue>;
  /** The sets of semaphores. */
  readonly semaphores: IpcTable<SemaphoreSet>;
  /** The segments of shared memory. */
  readonly segments: IpcTable<SharedSegment>;
  /** The POSIX message queues. */
  readonly mqueues: MqueueFileSystem;

  /** A namespace without objects. */
  constructor(
    mqueues: MqueueFileSystem,
    ino: number = INIT_INO.ipc,
    owner: UserNamespace | null = null,
    messageQueues: IpcTable<MessageQueue> = new IpcTable(),
    semaphores: IpcTable<SemaphoreSet> = new IpcTable(),
    segments: IpcTable<SharedSegment> = new IpcTable(SEGMENTS_MAX),
  ) {
    this.ino = ino;
    this.owner = owner;
    this.messageQueues = messageQueues;
    this.semaphores = semaphores;
    this.segments = segments;
    this.mqueues = mqueues;
  }

  /** Names a System V object that is there, for people; `null` when none is. */
  get holds(): string | null {
    const [queue] = this.messageQueues.all;
    if (queue !== undefined) return `the System V message queue ${queue.id}`;
    const [set] = this.semaphores.all;
    if (set !== undefined) return `the System V semaphores ${set.id}`;
    const [segment] = this.segments.all;
    return segment === undefined ? null : `the System V shared memory ${segment.id}`;
  }

  /** The same objects in a machine's clone. */
  clone(cloning: Cloning): IpcNamespace {
    return cloning.once(this, () =>
      new IpcNamespace(
        this.mqueues.cloneWith(cloning),
        this.ino,
        this.owner?.clone(cloning) ?? null,
        this.messageQueues.clone((queue) => queue.clone(cloning)),
        this.semaphores.clone((set) => set.clone(cloning)),
        this.segments.clone((segment) => segment.clone(cloning)),
      ));
  }
}
