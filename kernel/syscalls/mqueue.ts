/**
 * System calls on POSIX message queues.
 *
 * Source: `ipc/mqueue.c`; mq_overview(7), mq_open(3), mq_send(3), mq_receive(3), mq_notify(3),
 * mq_getattr(3), mq_unlink(3), mq_getsetattr(2).
 */

import {
  EACCES,
  EAGAIN,
  EBADF,
  EBUSY,
  EEXIST,
  EINVAL,
  EMSGSIZE,
  ENAMETOOLONG,
  ENOENT,
  ENOMEM,
  ENOTSOCK,
  ETIMEDOUT,
  SystemError,
} from "../abi/errno.ts";
import {
  NAME_MAX,
  O_ACCMODE,
  O_CREAT,
  O_EXCL,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
} from "../abi/fcntl.ts";
import { MQ_ATTR_BYTES, MQ_PRIO_MAX, NOTIFY_COOKIE_LEN } from "../abi/mqueue.ts";
import { NSIG } from "../abi/signal.ts";
import { S_IALLUGO } from "../abi/stat.ts";
import { SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD, SIGEVENT_BYTES } from "../abi/time.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import { BOOT_REALTIME_NS } from "../clock.ts";
import { byteLength } from "../fs/byte_string.ts";
import { OpenFile } from "../fs/open_file.ts";
import { isPermitted, MAY_READ, MAY_WRITE, ownershipIn, requireOwner } from "../fs/permissions.ts";
import type { MqueueDirectory } from "../ipc/mqueue_fs.ts";
import {
  DEFAULT_BOUNDS,
  type PosixMessage,
  PosixQueue,
  type QueueBounds,
  type QueueNotice,
} from "../ipc/posix_queue.ts";
import { receiveMessage, sendMessage, waitAtQueue } from "../ipc/posix_queue_calls.ts";
import { NetlinkSocket } from "../net/netlink_socket.ts";
import { Socket } from "../net/socket.ts";
import type { Task } from "../task.ts";
import type { MqueueWait, Wait } from "../wait.ts";
import { int, readTimespec, register, size, unsignedInt } from "./arguments.ts";
import { file, install, path, requireDescriptor } from "./file_arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";
import { ipcOf } from "./ipc_control.ts";

/** The flags that an open queue keeps. */
const KEPT_FLAGS = O_ACCMODE | O_NONBLOCK | O_PATH;
/** What the messages may take of the machine's memory: one part in so many. */
const MEMORY_SHARE = 2;

function mqOpen(call: Call): number {
  const { task } = call;
  const flags = int(call, 1);
  const bounds = boundsAt(call, register(call, 3));
  const name = path(call, 0);
  if (name === "") throw new SystemError(ENOENT);
  requireDescriptor(call);
  const directory = directoryOf(call);
  requireQueueName(name);
  const found = directory.lookup(name);
  const queue = found === null
    ? create(call, directory, name, bounds)
    : requireOpenable(found, flags, task);
  const opened = new OpenFile({ object: queue, place: null, flags: flags & KEPT_FLAGS });
  return install(call, opened, true);
}

function directoryOf(call: Call): MqueueDirectory {
  return ipcOf(call).mqueues.root;
}

/** lookup_one_len(). */
function requireQueueName(name: string): void {
  if (name === "." || name === ".." || name.includes("/")) throw new SystemError(EACCES);
  if (byteLength(name) > NAME_MAX) throw new SystemError(ENAMETOOLONG);
}

function boundsAt({ task: { mm } }: Call, address: bigint): QueueBounds {
  if (address === 0n) return DEFAULT_BOUNDS;
  const view = new DataView(mm.user.read(address, MQ_ATTR_BYTES).buffer);
  return {
    messagesMax: Number(view.getBigInt64(8, true)),
    messageBytesMax: Number(view.getBigInt64(16, true)),
  };
}

function create(
  call: Call,
  directory: MqueueDirectory,
  name: string,
  bounds: QueueBounds,
): PosixQueue {
  const { kernel, task } = call;
  if ((int(call, 1) & O_CREAT) === 0) throw new SystemError(ENOENT);
  const mode = unsignedInt(call, 2) & S_IALLUGO & ~task.fs.umask;
  const owner = ownershipIn(directory, task.credentials, mode, false);
  return directory.createQueue(kernel, task, { name, owner, bounds });
}

/** The queue, if it may be opened so. prepare_open(). */
function requireOpenable(queue: PosixQueue, flags: number, { credentials }: Task): PosixQueue {
  const exclusive = O_CREAT | O_EXCL;
  if ((flags & exclusive) === exclusive) throw new SystemError(EEXIST);
  const mode = flags & O_ACCMODE;
  if (mode === O_ACCMODE) throw new SystemError(EINVAL);
  const wanted = (mode === O_WRONLY ? 0 : MAY_READ) | (mode === O_RDONLY ? 0 : MAY_WRITE);
  if (!isPermitted(queue, credentials, wanted)) throw new SystemError(EACCES);
  return queue;
}

function mqUnlink(call: Call): number {
  const { credentials } = call.task;
  const name = path(call, 0);
  if (name === "") throw new SystemError(ENOENT);
  requireQueueName(name);
  const directory = directoryOf(call);
  const queue = directory.lookup(name);
  if (queue === null) throw new SystemError(ENOENT);
  // The directory is sticky, and everybody's.
  if (directory.uid !== credentials.fsuid) requireOwner(queue, credentials);
  directory.remove(name);
  return 0;
}

/** A queue with the open file that stands on it. */
interface OpenQueue {
  readonly opened: OpenFile;
  readonly queue: PosixQueue;
}

/** The queue of the descriptor at argument 0. Throws EBADF. */
function queueAt(call: Call): OpenQueue {
  const opened = file(call, 0);
  const { object: queue } = opened;
  if (!(queue instanceof PosixQueue)) throw new SystemError(EBADF);
  return { opened, queue };
}

/** The end of the wait that argument 4 gives, monotonic; `null` for none. Throws EFAULT, EINVAL. */
function deadlineAt(call: Call): bigint | null {
  const address = register(call, 4);
  if (address === 0n) return null;
  const deadline_ns = readTimespec(call.task.mm.user, address) - BOOT_REALTIME_NS;
  // A time before boot is over already.
  return deadline_ns < 0n ? 0n : deadline_ns;
}

function isOver({ kernel: { clock } }: Call, deadline_ns: bigint | null): boolean {
  return deadline_ns !== null && clock.monotonic_ns >= deadline_ns;
}

function mqTimedsend(call: Call): number | Wait {
  const { kernel, task } = call;
  if (task.wait?.kind === "mqueue") return goOn(call, task.wait, () => 0);
  const deadline_ns = deadlineAt(call);
  const [priority, length] = [unsignedInt(call, 3), size(call, 2)];
  if (priority >= MQ_PRIO_MAX) throw new SystemError(EINVAL);
  const { opened, queue } = queueAt(call);
  if (!opened.writable) throw new SystemError(EBADF);
  if (length > queue.bounds.messageBytesMax) throw new SystemError(EMSGSIZE);
  const room = Math.floor((kernel.memory.framesMax * PAGE_SIZE) / MEMORY_SHARE);
  if (heldBytes(call, queue) + length > room) throw new SystemError(ENOMEM);
  const message = { priority, bytes: task.mm.user.read(register(call, 1), length) };
  if (!queue.isFull) {
    sendMessage(kernel, queue, message, task);
    return 0;
  }
  if (opened.nonBlocking) throw new SystemError(EAGAIN);
  if (isOver(call, deadline_ns)) throw new SystemError(ETIMEDOUT);
  return waitAtQueue(kernel, queue, task, { message, deadline_ns });
}

/** Bytes of all messages, also of those that wait for room. */
function heldBytes({ kernel }: Call, { superblock }: PosixQueue): number {
  return kernel.tasks.all.reduce(
    (sum, { wait }) => sum + (wait?.kind === "mqueue" ? wait.message?.bytes.length ?? 0 : 0),
    superblock.bytes,
  );
}

function mqTimedreceive(call: Call): number | Wait {
  const { kernel, task } = call;
  if (task.wait?.kind === "mqueue") return goOn(call, task.wait, hand);
  const deadline_ns = deadlineAt(call);
  const { opened, queue } = queueAt(call);
  if (!opened.readable) throw new SystemError(EBADF);
  if (size(call, 2) < queue.bounds.messageBytesMax) throw new SystemError(EMSGSIZE);
  const message = receiveMessage(kernel, queue);
  if (message !== undefined) return hand(call, message);
  if (opened.nonBlocking) throw new SystemError(EAGAIN);
  if (isOver(call, deadline_ns)) throw new SystemError(ETIMEDOUT);
  return waitAtQueue(kernel, queue, task, { message: null, deadline_ns });
}

/** Hands a message, which is gone from the queue, to the caller. Throws EFAULT. */
function hand(call: Call, { priority, bytes }: PosixMessage): number {
  const { user } = call.task.mm;
  const priorityAddress = register(call, 3);
  if (priorityAddress !== 0n) user.writeU32(priorityAddress, priority);
  user.write(register(call, 1), bytes);
  return bytes.length;
}

/** The call has been waiting: it is done, its time is up, or it goes on waiting. */
function goOn(
  call: Call,
  wait: MqueueWait,
  finish: (call: Call, message: PosixMessage) => number,
): number | Wait {
  if (wait.woken && wait.message !== null) return finish(call, wait.message);
  if (isOver(call, wait.deadline_ns)) throw new SystemError(ETIMEDOUT);
  return wait;
}

function mqNotify(call: Call): number {
  const { task } = call;
  const address = register(call, 1);
  const notice = address === 0n ? null : noticeAt(call, address);
  const { queue } = queueAt(call);
  if (notice === null) {
    queue.forget(task.group);
    return 0;
  }
  if (queue.registration !== null) throw new SystemError(EBUSY);
  const { userNamespace } = task.credentials;
  queue.registration = { owner: task.group, notice, userNamespace, isStale: false };
  return 0;
}

/** What `struct sigevent` asks for. Throws EINVAL, EFAULT, EBADF, ENOTSOCK. */
function noticeAt({ task: { mm, files } }: Call, address: bigint): QueueNotice {
  const view = new DataView(mm.user.read(address, SIGEVENT_BYTES).buffer);
  const [value, signo] = [view.getBigUint64(0, true), view.getInt32(8, true)];
  switch (view.getInt32(12, true)) {
    case SIGEV_NONE:
      return { kind: "none" };
    case SIGEV_SIGNAL:
      if (signo < 0 || signo > NSIG) throw new SystemError(EINVAL);
      return { kind: "signal", signo, value };
    case SIGEV_THREAD: {
      // The C library's number of a socket stands where that of a signal would.
      const cookie = mm.user.read(value, NOTIFY_COOKIE_LEN);
      const { object: socket } = files.get(signo);
      if (!(socket instanceof Socket)) throw new SystemError(ENOTSOCK);
      if (!(socket instanceof NetlinkSocket)) throw new SystemError(EINVAL);
      return { kind: "thread", socket, cookie };
    }
    default:
      throw new SystemError(EINVAL);
  }
}

function mqGetsetattr(call: Call): number {
  const { user } = call.task.mm;
  const [newAddress, oldAddress] = [register(call, 1), register(call, 2)];
  const flags = newAddress === 0n
    ? null
    : new DataView(user.read(newAddress, MQ_ATTR_BYTES).buffer).getBigInt64(0, true);
  if (flags !== null && (flags & ~BigInt(O_NONBLOCK)) !== 0n) throw new SystemError(EINVAL);
  const { opened, queue } = queueAt(call);
  const old = new BigInt64Array(MQ_ATTR_BYTES / 8);
  old.set([
    opened.flags & O_NONBLOCK,
    queue.bounds.messagesMax,
    queue.bounds.messageBytesMax,
    queue.messages.length,
  ].map(BigInt));
  if (flags !== null) opened.flags = (opened.flags & ~O_NONBLOCK) | Number(flags);
  if (oldAddress !== 0n) user.write(oldAddress, new Uint8Array(old.buffer));
  return 0;
}

/** System calls on POSIX message queues, by number. */
export const mqueueCalls: SystemCallGroup = {
  180: { name: "mq_open", call: mqOpen, args: ["name", "oflag", "mode", "attr"] },
  181: { name: "mq_unlink", call: mqUnlink, args: ["name"] },
  182: {
    name: "mq_timedsend",
    call: mqTimedsend,
    args: ["mqdes", "msg_ptr", "msg_len", "msg_prio", "abs_timeout"],
  },
  183: {
    name: "mq_timedreceive",
    call: mqTimedreceive,
    args: ["mqdes", "msg_ptr", "msg_len", "msg_prio", "abs_timeout"],
  },
  184: { name: "mq_notify", call: mqNotify, args: ["mqdes", "sevp"] },
  185: { name: "mq_getsetattr", call: mqGetsetattr, args: ["mqdes", "newattr", "oldattr"] },
};
