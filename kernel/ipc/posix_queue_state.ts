/**
 * How a POSIX message queue is saved: with its name, its messages and who is told of them. It comes with the
 * open files that stand on it, all of which must be in the image; who waits at it says so himself.
 */
import { CAP_SETGID, CAP_SETUID, CAP_SYS_RESOURCE } from "../abi/capability.ts";
import { EBUSY, EEXIST, EINVAL, EMFILE, ENOSPC, EPERM } from "../abi/errno.ts";
import { NAME_MAX } from "../abi/fcntl.ts";
import { DFLT_QUEUESMAX, HARD_MSGMAX, HARD_MSGSIZEMAX, MQ_PRIO_MAX } from "../abi/mqueue.ts";
import { RLIMIT_MSGQUEUE } from "../abi/resource.ts";
import { NSIG } from "../abi/signal.ts";
import { PID_MAX } from "../abi/process.ts";
import { S_IALLUGO, S_IFREG } from "../abi/stat.ts";
import { defineCheck } from "../checkpoint/check.ts";
import { group, list, objectKind, type TreeOf } from "../checkpoint/grammar.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import type { SaveContext } from "../checkpoint/save_context.ts";
import {
  data,
  enumeration,
  fileTime,
  padding,
  record,
  type RecordValue,
  s32,
  size64,
  text,
  u32,
  u64,
} from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import { FIRST_PIPE_INO } from "../fs/anonymous.ts";
import { isProperName } from "../fs/path.ts";
import type { Task } from "../task.ts";
import { chargeOf } from "./mqueue_fs.ts";
import {
  chargeFor,
  type PosixMessage,
  PosixQueue,
  type QueueNotice,
  type QueueRegistration,
  requireBounds,
} from "./posix_queue.ts";

const OPENS_SAVED = defineCheck(
  "checkpoint/mqueue_open",
  EBUSY,
  "a message queue of the machine's own that nobody outside the checkpoint has open",
);
const OWNER_SAVED = defineCheck(
  "checkpoint/mqueue_notice",
  EBUSY,
  "a process that is told of messages, by a signal or not at all, and is in the checkpoint",
);
const NAME_FREE = defineCheck("MQUEUE.name/free", EEXIST, "a name that no queue has");
const INO_COUNTED = defineCheck(
  "MQUEUE.ino/counted",
  EINVAL,
  "a number below the next that the machine would give, of one queue",
);
const MAKER_ALLOWED = defineCheck("MQUEUE.uid/allowed", EPERM, "a queue of the caller's own");
const BOUNDS_ALLOWED = defineCheck(
  "MQUEUE.maxmsg/allowed",
  EPERM,
  "bounds that the caller may give a queue",
);
const ROOM = defineCheck("MQUEUE.name/room", ENOSPC, "room for one more queue");
const CHARGE_ALLOWED = defineCheck(
  "MQUEUE.charged_uid/allowed",
  EMFILE,
  "no more than the caller's limit RLIMIT_MSGQUEUE",
);
const NOTIFIED_EXISTS = defineCheck("MQUEUE.notify_pid/exists", EINVAL, "a process of the image");

const ID_MAX = 2 ** 32 - 2;
const NOTICES = { NOBODY: 0, NONE: 1, SIGNAL: 2 } as const;

/** A message. */
export const MQUEUE_MESSAGE = record("MQUEUE_MESSAGE", CKPT_HDR.MQUEUE_MESSAGE, {
  doc: "A message in a queue; or behind a restart block, one that waits for room or was received.",
  fields: {
    priority: u32({ doc: "the higher, the earlier", max: MQ_PRIO_MAX - 1 }),
    _pad: padding(4),
    bytes: data({ doc: "its text", max: HARD_MSGSIZEMAX }),
  },
});

/** A message queue. */
export const MQUEUE = record("MQUEUE", CKPT_HDR.MQUEUE, {
  doc: "A POSIX message queue; its messages follow.",
  fields: {
    ino: size64({ doc: "its inode number", min: FIRST_PIPE_INO }),
    mode: u32({ doc: "permission bits", max: S_IALLUGO, show: "octal" }),
    nlink: u32({ doc: "whether it still has its name", max: 1 }),
    uid: u32({ doc: "its owner", max: ID_MAX }),
    gid: u32({ doc: "its group", max: ID_MAX }),
    charged_uid: u32({ doc: "the user whose limit it counts towards", max: ID_MAX }),
    maxmsg: u32({ doc: "messages that it holds at most", min: 1, max: HARD_MSGMAX }),
    msgsize: u32({ doc: "bytes of a message at most", min: 1, max: HARD_MSGSIZEMAX }),
    nr_messages: u32({ doc: "messages in it", max: HARD_MSGMAX }),
    atime: fileTime({ doc: "last access" }),
    mtime: fileTime({ doc: "last change of the contents" }),
    ctime: fileTime({ doc: "last change of contents or attributes" }),
    btime: fileTime({ doc: "when it was made" }),
    notify: enumeration(NOTICES, { doc: "how somebody is told of a message" }),
    notify_pid: s32({ doc: "which process, 0 for none", min: 0, max: PID_MAX - 1 }),
    notify_signum: u32({ doc: "of a SIGNAL, its number", max: NSIG }),
    notify_stale: u32({ doc: "whether it has executed another program since", max: 1 }),
    notify_value: u64({ doc: "of a SIGNAL, si_value", show: "hex" }),
    name: text({ doc: "its name, without the slash", min: 1, max: NAME_MAX }),
  },
  relations: {
    name_proper: {
      field: "name",
      text: 'no "/", "." or ".."',
      holds: ({ name }) => isProperName(name) && !name.includes("/"),
    },
    fits: {
      field: "nr_messages",
      text: "no more messages than it holds",
      holds: ({ nr_messages, maxmsg }) => nr_messages <= maxmsg,
    },
    notified: {
      field: "notify_pid",
      text: "a process where somebody is told, and nothing said where nobody is",
      holds: ({ notify, notify_pid, notify_signum, notify_stale, notify_value }) =>
        (notify === "NOBODY") === (notify_pid === 0) &&
        (notify !== "NOBODY" || notify_stale === 0) &&
        (notify === "SIGNAL" || (notify_signum === 0 && notify_value === 0n)),
    },
  },
});

/** The MQUEUE object. */
export const mqueueKind = objectKind(
  "MQUEUE",
  group("mqueue", "A POSIX message queue", {
    is: MQUEUE,
    message: list("is", "nr_messages", MQUEUE_MESSAGE),
  }, {
    sorted: {
      field: "nr_messages",
      record: ({ is }) => is,
      text: "messages in the order of their priorities, none larger than allowed",
      violation: ({ is, message }) => {
        const i = message.findIndex(({ priority, bytes }, k) =>
          bytes.length > is.msgsize || (k > 0 && priority > message[k - 1]!.priority)
        );
        return i < 0 ? null : `${message[i]!.priority} of ${message[i]!.bytes.length} bytes`;
      },
    },
  }),
);

type MqueueTree = TreeOf<typeof mqueueKind.body>;

/** Saves a queue at first sight, of which one more open file is in the image. */
export function saveMqueue(context: SaveContext, queue: PosixQueue): number {
  const { superblock } = queue;
  if (superblock !== superblock.environment.kernel?.ipc.mqueues) {
    context.refuse(OPENS_SAVED, `${queue.description} of another namespace`);
  }
  context.countUse(queue, (saved) => {
    const outside = queue.opens - saved;
    if (outside > 0) {
      context.refuse(OPENS_SAVED, `${queue.description}, open ${outside} times more`);
    }
  });
  return context.share(mqueueKind, queue, (): MqueueTree => ({
    is: {
      ino: queue.ino,
      mode: queue.mode & S_IALLUGO,
      nlink: queue.nlink,
      uid: queue.uid,
      gid: queue.gid,
      charged_uid: queue.chargedUid,
      maxmsg: queue.bounds.messagesMax,
      msgsize: queue.bounds.messageBytesMax,
      nr_messages: queue.messages.length,
      atime: queue.atime_ns,
      mtime: queue.mtime_ns,
      ctime: queue.ctime_ns,
      btime: queue.btime_ns,
      ...saveRegistration(context, queue),
      name: queue.name,
    },
    message: queue.messages.map(saveMessage),
  }));
}

function saveMessage({ priority, bytes }: PosixMessage): RecordValue<typeof MQUEUE_MESSAGE> {
  return { priority, bytes };
}

function saveRegistration(context: SaveContext, { registration, description }: PosixQueue) {
  const nobody = {
    notify: "NOBODY",
    notify_pid: 0,
    notify_signum: 0,
    notify_stale: 0,
    notify_value: 0n,
  } as const;
  if (registration === null) return nobody;
  const { owner, notice, isStale } = registration;
  const isSaved = owner.members.some((task) => context.tasks.has(task));
  if (!isSaved || notice.kind === "thread") {
    context.refuse(OWNER_SAVED, `process ${owner.id} at ${description}, by ${notice.kind}`);
  }
  return {
    ...nobody,
    notify: notice.kind === "none" ? "NONE" : "SIGNAL",
    notify_pid: owner.id,
    notify_stale: isStale ? 1 : 0,
    ...(notice.kind === "signal" && { notify_signum: notice.signo, notify_value: notice.value }),
  } as const;
}

/** Makes the queue of an object again; it gets its name, and its place among others, at the commit. */
export function planMqueue(context: RestartContext, objref: number): PosixQueue {
  return context.once(objref, () => {
    const { is, message } = context.object(mqueueKind, objref);
    const { ino, mode, nlink, uid, gid, name } = is;
    requireRights(context, is);
    if (ino >= context.image.tree.machine.is.next_ino || context.queues.has(ino)) {
      context.refuse(INO_COUNTED, is, "ino", String(ino));
    }
    const planned = [...context.queues.values()];
    const isTaken = context.mqueues.root.lookup(name) !== null ||
      planned.some((other) => other.nlink > 0 && other.name === name);
    if (nlink > 0 && isTaken) context.refuse(NAME_FREE, is, "name", JSON.stringify(name));
    const times = {
      atime_ns: is.atime,
      mtime_ns: is.mtime,
      ctime_ns: is.ctime,
      btime_ns: is.btime,
    };
    const fields = { ino, mode: S_IFREG | mode, nlink, uid, gid, ...times };
    const bounds = { messagesMax: is.maxmsg, messageBytesMax: is.msgsize };
    const queue = new PosixQueue(context.mqueues, fields, {
      name,
      bounds,
      chargedUid: is.charged_uid,
    });
    for (const { priority, bytes } of message) queue.insert({ priority, bytes });
    context.queues.set(ino, queue);
    context.onCommit(() => {
      // In a machine that goes on, the number may be another inode's.
      if (context.caller !== null) queue.ino = context.fileSystem.takePipeIno();
      context.mqueues.queues.add(queue);
      if (nlink > 0) context.mqueues.root.put(queue);
    });
    planRegistration(context, is, queue);
    context.onArrival((tasks) => renumber(tasks, ino, queue.ino));
    return queue;
  });
}

/** Throws the refusal of a queue that the caller could not have made. */
function requireRights(context: RestartContext, is: MqueueTree["is"]): void {
  const { rights, limits, mqueues } = context;
  if (rights === null) return;
  const { uid, gid, charged_uid, maxmsg, msgsize } = is;
  const isOwn = (uid === rights.fsuid && charged_uid === rights.uid || rights.has(CAP_SETUID)) &&
    (gid === rights.fsgid || rights.has(CAP_SETGID));
  if (!isOwn) context.refuse(MAKER_ALLOWED, is, "uid", `${uid}:${gid} for ${charged_uid}`);
  const isPrivileged = rights.has(CAP_SYS_RESOURCE);
  const bounds = { messagesMax: maxmsg, messageBytesMax: msgsize };
  try {
    requireBounds(bounds, isPrivileged);
  } catch {
    context.refuse(BOUNDS_ALLOWED, is, "maxmsg", `${maxmsg} of ${msgsize} bytes`);
  }
  const planned = [...context.queues.values()];
  const count = mqueues.queues.size + planned.length;
  if (count >= DFLT_QUEUESMAX && !isPrivileged) context.refuse(ROOM, is, "name", `${count} queues`);
  const charge = [
    bounds,
    ...planned.filter((queue) => queue.chargedUid === charged_uid)
      .map((queue) => queue.bounds),
  ].reduce((sum, each) => sum + chargeFor(each), 0);
  const total = chargeOf(mqueues, charged_uid) + charge;
  if (total > (limits?.soft(RLIMIT_MSGQUEUE) ?? Infinity)) {
    context.refuse(CHARGE_ALLOWED, is, "charged_uid", `${total} bytes`);
  }
}

function planRegistration(
  context: RestartContext,
  is: MqueueTree["is"],
  queue: PosixQueue,
): void {
  const { notify, notify_pid, notify_signum: signo, notify_value: value } = is;
  if (notify === "NOBODY") return;
  const pid = context.awaited.pids.get(notify_pid);
  if (pid === undefined) context.refuse(NOTIFIED_EXISTS, is, "notify_pid", String(notify_pid));
  const notice: QueueNotice = notify === "NONE"
    ? { kind: "none" }
    : { kind: "signal", signo, value };
  context.onArrival((tasks) => {
    const owner = tasks.find((task) => task.tgid === pid)?.group;
    if (owner === undefined) return;
    const userNamespace: QueueRegistration["userNamespace"] = null;
    queue.registration = { owner, notice, userNamespace, isStale: is.notify_stale === 1 };
  });
}

/** Has those who wait at a queue wait at its new number. */
function renumber(tasks: readonly Task[], from: number, to: number): void {
  if (from === to) return;
  for (const task of tasks) {
    const { wait } = task;
    if (wait?.kind === "mqueue" && wait.queue === from) task.wait = { ...wait, queue: to };
  }
}
