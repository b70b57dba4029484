/**
 * Who may look into whom.
 *
 * Source: `kernel/ptrace.c` (`__ptrace_may_access`); ptrace(2) ("Ptrace access mode checking").
 */

import { CAP_SYS_PTRACE } from "./abi/capability.ts";
import type { Task } from "./task.ts";

/** Whether a task may read and change everything of another. */
export function mayAccess(
  { credentials: mine }: Task,
  { credentials: theirs, dumpable }: Task,
): boolean {
  if (mine.isPrivileged || mine.hasIn(theirs.userNamespace, CAP_SYS_PTRACE)) return true;
  const isSameUser = [theirs.uid, theirs.euid, theirs.suid].every((uid) => uid === mine.uid);
  const isSameGroup = [theirs.gid, theirs.egid, theirs.sgid].every((gid) => gid === mine.gid);
  const isSameNamespace = mine.userNamespace === theirs.userNamespace;
  return isSameUser && isSameGroup && isSameNamespace && dumpable === 1;
}
