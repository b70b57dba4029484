/**
 * System calls on System V message queues.
 *
 * Source: `ipc/msg.c`; msgget(2), msgop(2), msgctl(2).
 */

import { numberSeenBy } from "../pid_namespace.ts";
import { CAP_SYS_RESOURCE } from "../abi/capability.ts";
import {
  E2BIG,
  EAGAIN,
  EFAULT,
  EIDRM,
  EINVAL,
  ENOMSG,
  ENOSYS,
  EPERM,
  SystemError,
} from "../abi/errno.ts";
import {
  IPC_64,
  IPC_INFO,
  IPC_NOWAIT,
  IPC_OBJECTS_MAX,
  IPC_RMID,
  IPC_SET,
  IPC_SETS_MAX,
  IPC_STAT,
  MESSAGE_BYTES_MAX,
  MSG_COPY,
  MSG_EXCEPT,
  MSG_INFO,
  MSG_NOERROR,
  MSG_STAT,
  MSG_STAT_ANY,
  MSGINFO_BYTES,
  MSQID_BYTES,
  QUEUE_BYTES,
} from "../abi/ipc.ts";
import { S_IRUGO, S_IWUGO } from "../abi/stat.ts";
import { MessageQueue } from "../ipc/message_queue.ts";
import { wakeAtQueue } from "../ipc/wake.ts";
import type { Wait } from "../wait.ts";
import { int, long, pointer, register } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";
import { atPlace, ipcOf, nowSeconds, ownershipIn, statusOf } from "./ipc_control.ts";

const TYPE_BYTES = 8;

function msgget(call: Call): number {
  const { credentials } = call.task;
  const request = { key: int(call, 0), flags: int(call, 1), credentials };
  return ipcOf(call).messageQueues.obtain(request, {
    make: (id, ownership) => new MessageQueue(id, ownership, nowSeconds(call)),
  });
}

/** The queue at argument 0. Throws EINVAL, or EIDRM when it has gone while the call waited. */
function queueAt(call: Call, id: number): MessageQueue {
  const queue = id < 0 ? undefined : ipcOf(call).messageQueues.find(id);
  if (queue === undefined) throw new SystemError(call.task.wait === null ? EINVAL : EIDRM);
  return queue;
}

function waitAt({ id }: MessageQueue): Wait {
  return { kind: "message_queue", id, woken: false };
}

function msgsnd(call: Call): number | Wait {
  const { kernel, task } = call;
  const [id, address, flags] = [int(call, 0), pointer(call, 1), int(call, 3)];
  const length = long(call, 2);
  const type = BigInt.asIntN(64, task.mm.user.readU64(address));
  if (length < 0n || length > BigInt(MESSAGE_BYTES_MAX) || id < 0) throw new SystemError(EINVAL);
  if (type < 1n) throw new SystemError(EINVAL);
  const bytes = task.mm.user.read(address + TYPE_BYTES, Number(length));
  const queue = queueAt(call, id);
  queue.requirePermission(task.credentials, S_IWUGO);
  if (!queue.hasRoomFor(bytes.length)) {
    if ((flags & IPC_NOWAIT) !== 0) throw new SystemError(EAGAIN);
    return waitAt(queue);
  }
  queue.push({ type, bytes });
  queue.lastSender = task.tgid;
  queue.sent_s = nowSeconds(call);
  wakeAtQueue(kernel, ipcOf(call), id);
  return 0;
}

function msgrcv(call: Call): number | Wait {
  const { kernel, task } = call;
  const { user } = task.mm;
  const [id, address, flags] = [int(call, 0), pointer(call, 1), int(call, 4)];
  const room = long(call, 2);
  if (id < 0 || room < 0n) throw new SystemError(EINVAL);
  // What a kernel without CONFIG_CHECKPOINT_RESTORE says: peeking was made for it.
  if ((flags & MSG_COPY) !== 0) throw new SystemError(ENOSYS);
  const queue = queueAt(call, id);
  queue.requirePermission(task.credentials, S_IRUGO);
  const message = queue.find(long(call, 3), (flags & MSG_EXCEPT) !== 0);
  if (message === undefined) {
    if ((flags & IPC_NOWAIT) !== 0) throw new SystemError(ENOMSG);
    return waitAt(queue);
  }
  const isTooLong = BigInt(message.bytes.length) > room;
  if (isTooLong && (flags & MSG_NOERROR) === 0) throw new SystemError(E2BIG);
  const bytes = isTooLong ? message.bytes.subarray(0, Number(room)) : message.bytes;
  queue.take(message);
  queue.lastReceiver = task.tgid;
  queue.received_s = nowSeconds(call);
  wakeAtQueue(kernel, ipcOf(call), id);
  user.writeU64(address, message.type);
  user.write(address + TYPE_BYTES, bytes);
  return bytes.length;
}

function msgctl(call: Call): number {
  const { messageQueues } = ipcOf(call);
  const [id, command] = [int(call, 0), int(call, 1) & ~IPC_64];
  if (id < 0 || command < 0) throw new SystemError(EINVAL);
  switch (command) {
    case IPC_INFO:
    case MSG_INFO:
      return tellLimits(call, command);
    case IPC_STAT:
      return tellStatus(call, messageQueues.get(id), true);
    case MSG_STAT:
    case MSG_STAT_ANY: {
      const queue = atPlace(messageQueues.all, id);
      tellStatus(call, queue, command === MSG_STAT);
      return queue.id;
    }
    case IPC_SET:
      return change(call, id);
    case IPC_RMID: {
      const queue = messageQueues.get(id);
      queue.requireControl(call.task.credentials);
      messageQueues.remove(queue);
      wakeAtQueue(call.kernel, ipcOf(call), id);
      return 0;
    }
    default:
      throw new SystemError(EINVAL);
  }
}

function change(call: Call, id: number): number {
  const { kernel, task: { credentials, mm } } = call;
  const bytes = mm.user.read(pointer(call, 2), MSQID_BYTES);
  const queue = ipcOf(call).messageQueues.get(id);
  queue.requireControl(credentials);
  const bytesMax = new DataView(bytes.buffer).getBigUint64(88, true);
  const isLarge = bytesMax > BigInt(QUEUE_BYTES);
  if (isLarge && !credentials.has(CAP_SYS_RESOURCE)) throw new SystemError(EPERM);
  queue.setOwnership(ownershipIn(call, bytes));
  queue.bytesMax = Number(bytesMax < 2n ** 52n ? bytesMax : 2n ** 52n);
  queue.changed_s = nowSeconds(call);
  wakeAtQueue(kernel, ipcOf(call), id);
  return 0;
}

function tellStatus(call: Call, queue: MessageQueue, needsRight: boolean): number {
  if (needsRight) queue.requirePermission(call.task.credentials, S_IRUGO);
  const view = statusOf(call, queue, MSQID_BYTES);
  view.setBigInt64(48, queue.sent_s, true);
  view.setBigInt64(56, queue.received_s, true);
  view.setBigInt64(64, queue.changed_s, true);
  view.setBigUint64(72, BigInt(queue.bytes), true);
  view.setBigUint64(80, BigInt(queue.messages.length), true);
  view.setBigUint64(88, BigInt(queue.bytesMax), true);
  view.setInt32(96, numberSeenBy(call.task, queue.lastSender), true);
  view.setInt32(100, numberSeenBy(call.task, queue.lastReceiver), true);
  call.task.mm.user.write(register(call, 2), new Uint8Array(view.buffer));
  return 0;
}

/** The limits, or with MSG_INFO how much there is; answers the highest place in use. */
function tellLimits(call: Call, command: number): number {
  const { all } = ipcOf(call).messageQueues;
  const sum = (of: (queue: MessageQueue) => number) => all.reduce((total, q) => total + of(q), 0);
  const isInfo = command === MSG_INFO;
  const view = new DataView(new ArrayBuffer(MSGINFO_BYTES));
  const pool = (IPC_OBJECTS_MAX * QUEUE_BYTES) / 1024;
  view.setInt32(0, isInfo ? all.length : pool, true);
  view.setInt32(4, isInfo ? sum(({ messages }) => messages.length) : QUEUE_BYTES, true);
  view.setInt32(8, MESSAGE_BYTES_MAX, true);
  view.setInt32(12, QUEUE_BYTES, true);
  view.setInt32(16, IPC_SETS_MAX, true);
  view.setInt32(20, 16, true);
  view.setInt32(24, isInfo ? sum(({ bytes }) => bytes) : QUEUE_BYTES, true);
  view.setUint16(28, 0xffff, true);
  const address = register(call, 2);
  if (address === 0n) throw new SystemError(EFAULT);
  call.task.mm.user.write(address, new Uint8Array(view.buffer));
  return Math.max(0, ...all.map(({ id }) => id % IPC_OBJECTS_MAX));
}

/** System calls on message queues, by number. */
export const messageQueueCalls: SystemCallGroup = {
  186: { name: "msgget", call: msgget, args: ["key", "msgflg"] },
  187: { name: "msgctl", call: msgctl, args: ["msqid", "cmd", "buf"] },
  188: {
    name: "msgrcv",
    call: msgrcv,
    args: ["msqid", "msgp", "msgsz", "msgtyp", "msgflg"],
    onSignal: "fail",
  },
  189: {
    name: "msgsnd",
    call: msgsnd,
    args: ["msqid", "msgp", "msgsz", "msgflg"],
    onSignal: "fail",
  },
};
