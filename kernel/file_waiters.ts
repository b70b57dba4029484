/**
 * How a blocked task stands in the queues of the files that it waits for. What it waits for is its record
 * (wait.ts) and its place is the scheduler's; what is here is made from the two whenever a task blocks, is
 * restored or is copied with its machine.
 */

import { POLLERR, POLLHUP, POLLIN, POLLOUT } from "./abi/poll.ts";
import { partnersOf } from "./fs/fifo_opening.ts";
import type { FileObject } from "./fs/file_object.ts";
import type { Stream } from "./fs/stream.ts";
import { Terminal } from "./fs/terminal/terminal.ts";
import type { Waiter, WaitQueue } from "./fs/wait_queue.ts";
import { blockingLock } from "./lock_wait.ts";
import { Socket } from "./net/socket.ts";
import { UnixSocket } from "./net/unix_socket.ts";
import type { Task } from "./task.ts";
import type { PolledFile, SocketWait, Wait } from "./wait.ts";

/** A wait for a file. */
export type FileWait = Extract<
  Wait,
  { readonly kind: "stream" | "terminal" | "poll" | "transfer" | "fifo" | "lock" | "socket" }
>;

/** Whether it is a file that a task waits for. */
export function isFileWait(wait: Wait): wait is FileWait {
  switch (wait.kind) {
    case "stream":
    case "terminal":
    case "poll":
    case "transfer":
    case "fifo":
    case "lock":
    case "socket":
      return true;
    default:
      return false;
  }
}

/** Whether a file has what each kind of wait is for; one that is closed is no reason to wait either. */
const IS_OVER: {
  readonly [K in FileWait["kind"]]: (
    task: Task,
    wait: Extract<FileWait, { kind: K }>,
    streams: readonly Stream[],
  ) => boolean;
} = {
  stream: (_task, { stream }, streams) => streams[stream]?.readable ?? true,
  terminal: (task, { fd, available }) => {
    const terminal = objectAt(task, fd);
    return !(terminal instanceof Terminal) || terminal.isOver || terminal.available !== available;
  },
  poll: (task, { files }) => files.some((polled) => isReadyFile(task, polled)),
  transfer: (task, wait) => isReadyFile(task, wait),
  fifo: (task, { seen }) => partnersOf(task) !== seen,
  lock: (task, wait) => blockingLock(task, wait) === null,
  socket: (task, wait) => {
    const socket = objectAt(task, wait.fd);
    return !(socket instanceof Socket) || socket.has(wait);
  },
};

/** Whether what a task waits for has come. */
export function isFileWaitOver(task: Task, wait: FileWait, streams: readonly Stream[]): boolean {
  // The entry under a wait's own kind takes that wait.
  const isOver = IS_OVER[wait.kind] as (...of: [Task, FileWait, readonly Stream[]]) => boolean;
  return isOver(task, wait, streams);
}

function objectAt({ files }: Task, fd: number): FileObject | null {
  return files.has(fd) ? files.getAny(fd).object : null;
}

function isReadyFile(task: Task, polled: PolledFile): boolean {
  const object = objectAt(task, polled.fd);
  return object === null || (object.poll(task) & eventsOf(polled)) !== 0;
}

/** What a task hears of a file, whether it has asked for it or not. */
function eventsOf({ events }: PolledFile): number {
  return events | POLLERR | POLLHUP;
}

/** Whether of the tasks that wait so for one file one is to go on each time, as on Linux. */
export function isExclusive(task: Task, wait: FileWait): boolean {
  switch (wait.kind) {
    case "stream":
    case "transfer":
      return true;
    case "poll":
      return wait.isExclusive;
    case "socket":
      return isExclusiveAtSocket(objectAt(task, wait.fd), wait);
    case "terminal":
    case "fifo":
    case "lock":
      return false;
  }
}

/** Whoever accepts, or takes a whole message. */
function isExclusiveAtSocket(object: FileObject | null, { event }: SocketWait): boolean {
  return object instanceof Socket && event === "input" &&
    (object.isListening || !object.isStream);
}

/** One of the queues that a wait is to be entered in. */
export interface WaitPlace {
  readonly queue: WaitQueue;
  /** POLL* bits that it is worth to look for. */
  readonly events: number;
  /** The file whose readiness ends the wait, where it is one of several. */
  readonly polled: PolledFile | null;
}

const ANYTHING = -1;

/** The queues in which a task stands as long as it waits. */
export function placesOf(task: Task, wait: FileWait, streams: readonly Stream[]): WaitPlace[] {
  switch (wait.kind) {
    case "stream":
      return placeAt(streams[wait.stream]?.waiters, POLLIN);
    case "terminal":
      return placeAt(objectAt(task, wait.fd)?.waiters, POLLIN);
    case "poll":
      return wait.files.length === 1 && wait.files[0] !== undefined
        ? placeOf(task, wait.files[0])
        : wait.files.flatMap((polled) => placeOf(task, polled));
    case "transfer":
      return placeOf(task, { fd: wait.fd, events: wait.events });
    case "fifo":
      return placeAt(task.opening?.object.waiters, ANYTHING);
    case "lock": {
      const inode = task.files.has(wait.fd) ? task.files.getAny(wait.fd).inode : null;
      return placeAt(inode?.locks?.waiters, ANYTHING);
    }
    case "socket":
      return socketPlaces(objectAt(task, wait.fd), wait);
  }
}

function placeAt(queue: WaitQueue | null | undefined, events: number): WaitPlace[] {
  return queue ? [{ queue, events, polled: null }] : [];
}

function placeOf(task: Task, polled: PolledFile): WaitPlace[] {
  const queue = objectAt(task, polled.fd)?.waiters ?? null;
  return queue === null ? [] : [{ queue, events: eventsOf(polled), polled }];
}

function socketPlaces(object: FileObject | null, { event, peer }: SocketWait): WaitPlace[] {
  if (!(object instanceof Socket)) return [];
  const events = event === "input" ? POLLIN : event === "output" ? POLLOUT : ANYTHING;
  const own = placeAt(object.waiters, events | POLLERR | POLLHUP);
  const other = event === "peer" ? object.network.sockets.find(peer) : undefined;
  return other instanceof UnixSocket ? [...own, ...placeAt(other.peerWaiters, ANYTHING)] : own;
}

/** The descriptors that a wait depends on: what they lead to may change while others share them. */
export function descriptorsOf(wait: FileWait): readonly number[] {
  if (wait.kind === "poll") return wait.files.map(({ fd }) => fd);
  return "fd" in wait ? [wait.fd] : [];
}

/** Who makes tasks go on. */
export interface Waker {
  /** Whether what a task waits for has come. */
  isReady(task: Task, wait: Wait): boolean;
  /** Makes a blocked task runnable. */
  wake(task: Task): void;
  /** A descriptor that a blocked task waits at leads elsewhere now. */
  lookAgain(task: Task): void;
}

/** A blocked task, as it stands in one queue. */
export abstract class Standing implements Waiter {
  readonly ticket: number;
  readonly isExclusive: boolean;
  protected readonly waker: Waker;
  protected readonly task: Task;
  readonly #queue: WaitQueue;

  constructor(queue: WaitQueue, { waker, task, ticket, isExclusive }: Stander) {
    this.waker = waker;
    this.task = task;
    this.ticket = ticket;
    this.isExclusive = isExclusive;
    this.#queue = queue;
    queue.add(this);
  }

  abstract wake(events: number): boolean;

  /** Leaves the queue. */
  leave(): void {
    this.#queue.remove(this);
  }
}

/** A task that is entered in queues. */
interface Stander {
  readonly waker: Waker;
  readonly task: Task;
  readonly ticket: number;
  readonly isExclusive: boolean;
}

/** Enters a task that is blocked in all the queues that it belongs in. */
export function standIn(
  waker: Waker,
  task: Task,
  wait: FileWait,
  { ticket, streams }: { readonly ticket: number; readonly streams: readonly Stream[] },
): readonly Standing[] {
  const stander = { waker, task, ticket, isExclusive: isExclusive(task, wait) };
  const standings: Standing[] = [];
  for (const place of placesOf(task, wait, streams)) {
    standings.push(new AtFile(place, wait, stander));
  }
  // Nobody but another thread could do something about them.
  if (task.files.users > 1) {
    for (const fd of descriptorsOf(wait)) {
      standings.push(new AtDescriptor(task.files.waitersAt(fd), stander));
    }
  }
  return standings;
}

/** Takes a task out of its queues. */
export function leaveQueues(standings: readonly Standing[]): void {
  for (const standing of standings) standing.leave();
}

/** A task that waits for a file. */
class AtFile extends Standing {
  readonly #wait: FileWait;
  readonly #events: number;
  readonly #polled: PolledFile | null;

  constructor({ queue, events, polled }: WaitPlace, wait: FileWait, stander: Stander) {
    super(queue, stander);
    this.#wait = wait;
    this.#events = events;
    this.#polled = polled;
  }

  override wake(events: number): boolean {
    if (events !== 0 && (events & this.#events) === 0) return false;
    const { task, waker } = this;
    const isOver = this.#polled === null
      ? waker.isReady(task, this.#wait)
      : isReadyFile(task, this.#polled);
    if (isOver) waker.wake(task);
    return isOver;
  }
}

/** A task that waits for what a descriptor leads to. */
class AtDescriptor extends Standing {
  constructor(queue: WaitQueue, stander: Stander) {
    super(queue, { ...stander, isExclusive: false });
  }

  override wake(): boolean {
    this.waker.lookAgain(this.task);
    return true;
  }
}
