/**
 * kcmp(2): whether two tasks share something.
 *
 * Of two that are not the same one comes before the other. Linux orders them by their addresses, scrambled;
 * here they are ordered by the first task, and its first descriptor, that leads to each.
 *
 * Source: `kernel/kcmp.c`; kcmp(2).
 */

import { EBADF, EINVAL, ENOENT, EPERM, ESRCH, SystemError } from "../abi/errno.ts";
import {
  KCMP_EPOLL_TFD,
  KCMP_FILE,
  KCMP_FILES,
  KCMP_FS,
  KCMP_IO,
  KCMP_SIGHAND,
  KCMP_SYSVSEM,
  KCMP_VM,
} from "../abi/process.ts";
import { EpollSet } from "../fs/epoll.ts";
import type { Kernel } from "../kernel.ts";
import { namespacesOf } from "../namespaces.ts";
import { taskMeantBy } from "../pid_namespace.ts";
import type { Task } from "../task.ts";
import { mayAccess } from "../task_access.ts";
import { int, register } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** What a task has of a kind; `null` for nothing. */
type Part = (task: Task) => object | null;

const PARTS: Readonly<Record<number, Part>> = {
  [KCMP_VM]: ({ mm }) => mm,
  [KCMP_FILES]: ({ files }) => files,
  [KCMP_FS]: ({ fs }) => fs,
  [KCMP_SIGHAND]: ({ signals }) => signals.dispositions,
  // Nobody has a context of input and output.
  [KCMP_IO]: () => null,
};

function kcmp(call: Call): number {
  const { kernel } = call;
  const [first, second] = [taskAt(call, 0), taskAt(call, 1)];
  for (const target of [first, second]) {
    if (!mayAccess(call.task, target)) throw new SystemError(EPERM);
  }
  const type = int(call, 2);
  switch (type) {
    case KCMP_FILE: {
      const files = [fileAt(first, register(call, 3)), fileAt(second, register(call, 4))] as const;
      return compare(...files, filesInOrder(kernel));
    }
    case KCMP_EPOLL_TFD: {
      const files = [fileAt(first, register(call, 3)), fileInSet(call, second)] as const;
      return compare(...files, filesInOrder(kernel));
    }
    case KCMP_SYSVSEM: {
      const undoes = (task: Task) => undoOf(kernel, task);
      return compare(undoes(first), undoes(second), kernel.tasks.all.map(undoes));
    }
    default: {
      const part = PARTS[type];
      if (part === undefined) throw new SystemError(EINVAL);
      return compare(part(first), part(second), kernel.tasks.all.map(part));
    }
  }
}

function taskAt(call: Call, index: number): Task {
  const task = taskMeantBy(call.kernel, call.task, int(call, index));
  if (task === undefined) throw new SystemError(ESRCH);
  return task;
}

function fileAt({ files }: Task, fd: bigint): object {
  if (fd > 0xffffffffn || !files.has(Number(fd))) throw new SystemError(EBADF);
  return files.getAny(Number(fd));
}

/** The file that `struct kcmp_epoll_slot` names. Throws EBADF, EINVAL, ENOENT, EFAULT. */
function fileInSet(call: Call, { files }: Task): object {
  const { user } = call.task.mm;
  const slot = new DataView(user.read(register(call, 4), 12).buffer);
  const [set, fd, skipped] = [0, 4, 8].map((at) => slot.getUint32(at, true));
  if (set === undefined || !files.has(set)) throw new SystemError(EBADF);
  const { object } = files.getAny(set);
  if (!(object instanceof EpollSet)) throw new SystemError(EINVAL);
  const found = object.entries.filter((entry) => entry.fd === fd)[skipped ?? 0];
  if (found === undefined) throw new SystemError(ENOENT);
  return found.file;
}

/** What a process wants undone, if it does: threads share it. */
function undoOf(kernel: Kernel, task: Task): object | null {
  const sets = namespacesOf(kernel, task).ipc.semaphores.all;
  return sets.some(({ undo }) => undo.has(task.tgid)) ? task.group : null;
}

function filesInOrder({ tasks }: Kernel): readonly object[] {
  return tasks.all.flatMap(({ files }) => files.entries().map(([, { file }]) => file));
}

/** 0 for the same, 1 and 2 for the first that comes before or behind the second. */
function compare(
  first: object | null,
  second: object | null,
  order: readonly (object | null)[],
): number {
  if (first === second) return 0;
  const place = (object: object | null) => object === null ? -1 : order.indexOf(object);
  return place(first) < place(second) ? 1 : 2;
}

/** kcmp(2), by number. */
export const kcmpCalls: SystemCallGroup = {
  272: { name: "kcmp", call: kcmp, args: ["pid1", "pid2", "type", "idx1", "idx2"] },
};
