/** What somebody who waits for a lock is kept by. */

import type { FileLock } from "./fs/file_locks.ts";
import type { Task } from "./task.ts";
import type { LockWait } from "./wait.ts";

/** The lock that stands in the way of what a task waits for; `null` when none does, or the file is closed. */
export function blockingLock({ files }: Task, { fd, lock }: LockWait): FileLock | null {
  if (!files.has(fd)) return null;
  const file = files.getAny(fd);
  return file.inode?.locks?.conflict(lock, lock.kind === "posix" ? files : file) ?? null;
}
