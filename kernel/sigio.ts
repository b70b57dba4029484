/**
 * SIGIO: the signals of files with O_ASYNC, and who they are for.
 *
 * Source: `fs/fcntl.c` (`f_setown`, `send_sigio`, `kill_fasync`); fcntl(2) ("Managing signals").
 */

import { ESRCH, SystemError } from "./abi/errno.ts";
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDNORM,
  POLLWRBAND,
  POLLWRNORM,
} from "./abi/poll.ts";
import {
  HAS_OWN_CODES,
  POLL_ERR,
  POLL_HUP,
  POLL_IN,
  POLL_OUT,
  SI_SIGIO,
  SIGIO,
  signalBit,
  SIGRTMIN,
} from "./abi/signal.ts";
import type { AsyncFile } from "./fs/async_files.ts";
import type { FileOwner, OwnerKind } from "./fs/file_owner.ts";
import type { OpenFile } from "./fs/open_file.ts";
import type { Kernel } from "./kernel.ts";
import { hasRoom, sendToGroup, sendToTask } from "./signals/send.ts";
import { kernelSignal, pollSignal, type SigInfo } from "./signals/siginfo.ts";
import type { Task } from "./task.ts";

/** Whose ids those of nobody are. */
const ROOT = { uid: 0, euid: 0 } as const;

/** The events of poll(2) that stand for each reason: band_table[]. */
const BANDS: Readonly<Record<number, number>> = {
  [POLL_IN]: POLLIN | POLLRDNORM,
  [POLL_OUT]: POLLOUT | POLLWRNORM | POLLWRBAND,
  [POLL_ERR]: POLLERR,
  [POLL_HUP]: POLLHUP | POLLERR,
};

/** Sends the signals of all files that have something to tell. */
export function signalAsyncFiles(kernel: Kernel): void {
  for (const news of kernel.asyncFiles.takeNews()) {
    const { file, fd } = news;
    for (const reason of reasonsOf(news)) {
      for (const task of ownersOf(kernel, file.owner)) signalOwner(kernel, task, file, fd, reason);
    }
  }
}

function reasonsOf({ file: { object }, input, output }: AsyncFile): readonly number[] {
  const state = object.kind === "socket" ? object.poll() : 0;
  const came = (state & POLLERR) !== 0 ? POLL_ERR : (state & POLLHUP) !== 0 ? POLL_HUP : POLL_IN;
  return [...(input ? [came] : []), ...(output ? [POLL_OUT] : [])];
}

/** The tasks that an owner stands for: each process by its first thread. */
function ownersOf(kernel: Kernel, owner: FileOwner | null): readonly Task[] {
  if (owner === null || owner.pid === 0) return [];
  if (owner.kind === "group") return kernel.tasks.leadersOfGroup(owner.pid);
  const task = kernel.tasks.get(owner.pid);
  return task === undefined ? [] : [task];
}

/** send_sigio_to_task(). */
function signalOwner(
  kernel: Kernel,
  task: Task,
  { owner, ownerSignal }: OpenFile,
  fd: number,
  reason: number,
): void {
  if (owner === null || !maySignal(owner, task)) return;
  const send = (info: SigInfo) =>
    owner.kind === "thread"
      ? sendToTask(kernel, task, info)
      : sendToGroup(kernel, task.group, info);
  const queue = owner.kind === "thread" ? task.signals.pending : task.group.pending;
  const isRoom = hasRoom(task, queue);
  // Without room for a queued signal, the plain one says that something was lost.
  if (ownerSignal === 0 || (ownerSignal >= SIGRTMIN && !isRoom)) return send(kernelSignal(SIGIO));
  const isAmbiguous = ownerSignal !== SIGIO && (HAS_OWN_CODES & signalBit(ownerSignal)) !== 0n;
  const code = isAmbiguous ? SI_SIGIO : reason;
  // A code below 0 must find room.
  if (code < 0 && !isRoom) return;
  send(pollSignal(ownerSignal, { code, band: BANDS[reason] ?? 0, fd }));
}

/** sigio_perm(). */
function maySignal({ uid, euid }: FileOwner, { credentials: theirs }: Task): boolean {
  return euid === 0 || [euid, uid].some((id) => id === theirs.suid || id === theirs.uid);
}

/** Whether there is somebody of this kind and pid. */
export function ownerExists(
  kernel: Kernel,
  { kind, pid }: Pick<FileOwner, "kind" | "pid">,
): boolean {
  if (kind === "group") return kernel.tasks.all.some(({ pgid }) => pgid === pid);
  const task = kernel.tasks.get(pid);
  return task !== undefined && (kind === "thread" || task.tgid === pid);
}

/**
 * Makes somebody the owner of a file on behalf of a task; pid 0 for nobody. Throws ESRCH for a pid that
 * nobody has. f_setown().
 */
export function setOwner(
  kernel: Kernel,
  file: OpenFile,
  { credentials }: Task,
  { kind, pid }: { kind: OwnerKind; pid: number },
): void {
  const isKnown = kernel.tasks.all.some((task) => [task.pid, task.pgid, task.sid].includes(pid));
  if (pid !== 0 && !isKnown) throw new SystemError(ESRCH);
  const { uid, euid } = pid === 0 ? file.owner ?? ROOT : credentials;
  file.owner = { kind, pid, uid, euid };
}
