/**
 * Descriptors that stand for processes: a pid can be given anew, a descriptor means one process for ever.
 *
 * Source: `kernel/pid.c`, `fs/pidfs.c`; pidfd_open(2), poll(2).
 */

import { EBADF, SystemError } from "./abi/errno.ts";
import { PIDFD_THREAD } from "./abi/clone.ts";
import { O_NONBLOCK, O_RDWR } from "./abi/fcntl.ts";
import { POLLHUP, POLLIN, POLLRDNORM } from "./abi/poll.ts";
import { ANONYMOUS_ATTRIBUTES } from "./fs/anonymous.ts";
import type { Cloning } from "./fs/cloning.ts";
import { type Attributes, type FileKind, FileObject } from "./fs/file_object.ts";
import type { FileTable } from "./fs/file_table.ts";
import { OpenFile } from "./fs/open_file.ts";
import type { WaitQueue } from "./fs/wait_queue.ts";
import { Limits } from "./limits.ts";
import type { Task } from "./task.ts";
import { ThreadGroup } from "./thread_group.ts";

/** What a pidfd stands on. */
export class PidFile extends FileObject {
  override readonly kind: FileKind = "pidfd";
  override waiters: WaitQueue;
  #group: ThreadGroup;
  #thread: Task | null;

  /** Stands for a process, or for a thread of it. */
  constructor(group: ThreadGroup, thread: Task | null = null) {
    super();
    this.#group = group;
    this.#thread = thread;
    this.waiters = group.waiters;
  }

  /** Stands for a process that is gone, until {@link standFor} says otherwise. */
  static ofNobody(): PidFile {
    return new PidFile(new ThreadGroup({ id: 0, pgid: 0, sid: 0, limits: Limits.atBoot() }));
  }

  /** The process; without members when it was waited for. */
  get group(): ThreadGroup {
    return this.#group;
  }

  /** The thread; `null` for the process as a whole. */
  get thread(): Task | null {
    return this.#thread;
  }

  /** Stands for a task that is restored with it; who waits here waits for that one. */
  standFor(task: Task, ofThread: boolean): void {
    this.#group = task.group;
    this.#thread = ofThread ? task : null;
    this.waiters.moveTo(task.group.waiters);
    this.waiters = task.group.waiters;
  }

  /** An open file that stands for the process of a task, or with PIDFD_THREAD for the task; O_NONBLOCK. */
  static open(task: Task, flags = 0): OpenFile {
    const object = new PidFile(task.group, (flags & PIDFD_THREAD) === 0 ? null : task);
    const kept = flags & (O_NONBLOCK | PIDFD_THREAD);
    return new OpenFile({ object, place: null, flags: O_RDWR | kept });
  }

  /** The task whose pid it was opened by, or that has it now; `undefined` when it was waited for. */
  get task(): Task | undefined {
    const { thread, group } = this;
    if (thread === null) return group.leader;
    return group.members.includes(thread) ? thread : undefined;
  }

  override get description(): string {
    return "anon_inode:[pidfd]";
  }

  override attributes(): Attributes {
    return ANONYMOUS_ATTRIBUTES;
  }

  override facts(): Readonly<Record<string, string>> {
    return { of: `${this.task?.pid ?? "nobody"}` };
  }

  /** Readable once the process has ended; hung up once it was waited for. */
  override poll(): number {
    const { task, thread, group } = this;
    if (task === undefined) return POLLIN | POLLRDNORM | POLLHUP;
    const isOver = thread === null ? !group.isAlive : !thread.isAlive;
    return isOver ? POLLIN | POLLRDNORM : 0;
  }

  override clone(cloning: Cloning): PidFile {
    return cloning.once(this, () => {
      const thread = this.thread?.clone(cloning) ?? null;
      return new PidFile(this.group.clone(cloning), thread);
    });
  }
}

/** What a descriptor that stands for a process stands on. Throws SystemError(EBADF) for any other. */
export function pidFileOf(files: FileTable, fd: number): PidFile {
  const { object } = files.get(fd);
  if (object instanceof PidFile) return object;
  throw new SystemError(EBADF);
}
