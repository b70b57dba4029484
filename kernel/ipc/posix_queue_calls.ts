/**
 * Sending to and receiving from POSIX message queues, with those who wait at them and those who are told.
 *
 * Source: `ipc/mqueue.c` (`do_mq_timedsend`, `do_mq_timedreceive`, `wq_add`, `__do_notify`).
 */

import { EAGAIN, SystemError } from "../abi/errno.ts";
import { RT_PRIORITY_MAX } from "../abi/sched.ts";
import { ST_RELATIME } from "../abi/stat.ts";
import type { FileTable } from "../fs/file_table.ts";
import type { Kernel } from "../kernel.ts";
import { numberIn } from "../pid_namespace.ts";
import { isRealTime } from "../scheduling.ts";
import { sendToGroup } from "../signals/send.ts";
import { messageSignal } from "../signals/siginfo.ts";
import type { Task } from "../task.ts";
import type { ThreadGroup } from "../thread_group.ts";
import { idSeenIn } from "../user_namespace.ts";
import type { MqueueWait } from "../wait.ts";
import { type PosixMessage, PosixQueue } from "./posix_queue.ts";

/** Nice value 0 in the kernel's count of priorities. */
const NICE_0_RANK = 120;

/** Puts a message, for which there is room or a receiver, into a queue on behalf of `sender`. */
export function sendMessage(
  kernel: Kernel,
  queue: PosixQueue,
  message: PosixMessage,
  sender: Task,
): void {
  const receiver = firstWaiter(kernel, queue, false);
  if (receiver !== null) {
    kernel.scheduler.endWait(receiver.task, { ...receiver.wait, message });
  } else {
    queue.insert(message);
    if (queue.messages.length === 1) notify(kernel, queue, sender);
  }
  queue.touchAccess(ST_RELATIME);
  queue.touchContents();
}

/** Takes the next message out of a queue, and lets in that of whoever waits; `undefined` for none. */
export function receiveMessage(kernel: Kernel, queue: PosixQueue): PosixMessage | undefined {
  const message = queue.take();
  if (message === undefined) return undefined;
  const sender = firstWaiter(kernel, queue, true);
  if (sender !== null && sender.wait.message !== null) {
    queue.insert(sender.wait.message);
    kernel.scheduler.endWait(sender.task, sender.wait);
  }
  queue.touchAccess(ST_RELATIME);
  queue.touchContents();
  return message;
}

/** What a task that begins to wait at a queue waits for. */
export function waitAtQueue(
  kernel: Kernel,
  queue: PosixQueue,
  task: Task,
  { message, deadline_ns }: Pick<MqueueWait, "message" | "deadline_ns">,
): MqueueWait {
  const sends = message !== null;
  const turns = waitersAt(kernel, queue, sends).map(({ wait: { turn } }) => turn + 1);
  return {
    kind: "mqueue",
    queue: queue.ino,
    sends,
    message,
    rank: rankOf(task),
    turn: Math.max(0, ...turns),
    deadline_ns,
    woken: false,
  };
}

/** A task that waits at a queue. */
interface Waiter {
  readonly task: Task;
  readonly wait: MqueueWait;
}

/** The tasks that wait for a message, or with `sends` for room. */
function waitersAt(kernel: Kernel, { ino }: PosixQueue, sends: boolean): readonly Waiter[] {
  return kernel.tasks.all.flatMap((task) => {
    const { wait } = task;
    const isHere = wait?.kind === "mqueue" && wait.queue === ino && wait.sends === sends &&
      !wait.woken;
    return isHere ? [{ task, wait }] : [];
  });
}

function firstWaiter(kernel: Kernel, queue: PosixQueue, sends: boolean): Waiter | null {
  return waitersAt(kernel, queue, sends).reduce<Waiter | null>((first, waiter) => {
    if (first === null) return waiter;
    const by = waiter.wait.rank - first.wait.rank || waiter.wait.turn - first.wait.turn;
    return by < 0 ? waiter : first;
  }, null);
}

/** A task's priority as the kernel counts it: the lower, the more urgent. */
function rankOf({ scheduling: { policy, priority, nice } }: Task): number {
  return isRealTime(policy) ? RT_PRIORITY_MAX - priority : NICE_0_RANK + nice;
}

/** The first message has come to an empty queue, and nobody waits for it. */
function notify(kernel: Kernel, queue: PosixQueue, sender: Task): void {
  const { registration } = queue;
  if (registration === null) return;
  const { owner, notice, userNamespace, isStale } = registration;
  queue.registration = null;
  if (notice.kind === "thread") notice.socket.tellWokenUp(notice.cookie);
  if (notice.kind !== "signal" || notice.signo === 0 || isStale) return;
  const from = {
    pid: numberIn(owner.pidNamespace, sender.tgid),
    uid: idSeenIn(userNamespace, "uid", sender.credentials.uid),
  };
  try {
    sendToGroup(kernel, owner, messageSignal(notice.signo, from, notice.value));
  } catch (error) {
    // There is no room for the signal: the message has come all the same.
    if (!(error instanceof SystemError && error.errno === EAGAIN)) throw error;
  }
}

/** A process ends, and with it all of its descriptors. */
export function forgetQueues(files: FileTable, group: ThreadGroup): void {
  for (const queue of queuesIn(files)) queue.forget(group);
}

/** A process has executed another program, which is not what asked to be told. */
export function disownQueues({ files, group }: Task): void {
  for (const queue of queuesIn(files)) queue.disown(group);
}

function queuesIn(files: FileTable): readonly PosixQueue[] {
  return files.entries().flatMap(([, { file: { object } }]) =>
    object instanceof PosixQueue ? [object] : []
  );
}
