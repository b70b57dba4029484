/**
 * Descriptors that stand for processes: a pid can be given anew, a descriptor means one process for ever.
 *
 * Source: `kernel/pid.c`, `fs/pidfs.c`; pidfd_open(2), poll(2).
 */

import { EBADF, SystemError } from "./abi/errno.ts";
import { O_NONBLOCK, O_RDWR } from "./abi/fcntl.ts";
import { POLLHUP, POLLIN, POLLRDNORM } from "./abi/poll.ts";
import { ANONYMOUS_ATTRIBUTES } from "./fs/anonymous.ts";
import type { Cloning } from "./fs/cloning.ts";
import { type Attributes, type FileKind, FileObject } from "./fs/file_object.ts";
import type { FileTable } from "./fs/file_table.ts";
import { OpenFile } from "./fs/open_file.ts";
import type { ThreadGroup } from "./thread_group.ts";

/** What a pidfd stands on. */
export class PidFile extends FileObject {
  override readonly kind: FileKind = "pidfd";
  /** The process; without members when it was waited for. */
  readonly group: ThreadGroup;

  /** Stands for a process. */
  constructor(group: ThreadGroup) {
    super();
    this.group = group;
  }

  /** An open file that stands for a process; `flags`: 0 or O_NONBLOCK. */
  static open(group: ThreadGroup, flags = 0): OpenFile {
    const object = new PidFile(group);
    return new OpenFile({ object, place: null, flags: O_RDWR | (flags & O_NONBLOCK) });
  }

  override get description(): string {
    return "anon_inode:[pidfd]";
  }

  override attributes(): Attributes {
    return ANONYMOUS_ATTRIBUTES;
  }

  /** Readable once the process has ended; hung up once it was waited for. */
  override poll(): number {
    const { members, isAlive } = this.group;
    if (isAlive) return 0;
    return POLLIN | POLLRDNORM | (members.length === 0 ? POLLHUP : 0);
  }

  override clone(cloning: Cloning): PidFile {
    return cloning.once(this, () => new PidFile(this.group.clone(cloning)));
  }
}

/** The process that a descriptor stands for. Throws SystemError(EBADF) for one that stands for none. */
export function processOf(files: FileTable, fd: number): ThreadGroup {
  const { object } = files.get(fd);
  if (object instanceof PidFile) return object.group;
  throw new SystemError(EBADF);
}
