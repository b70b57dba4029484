/** How an open file is saved and opened again. */
import { CAP_DAC_OVERRIDE } from "../abi/capability.ts";
import { EACCES, EBADF, EBUSY, EINVAL, ENOSYS, ENXIO } from "../abi/errno.ts";
import {
  O_ACCMODE,
  O_APPEND,
  O_ASYNC,
  O_DIRECT,
  O_DIRECTORY,
  O_DSYNC,
  O_LARGEFILE,
  O_NOATIME,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDWR,
  O_SYNC_BIT,
  O_TMPFILE_BIT,
  O_WRONLY,
  PATH_MAX,
} from "../abi/fcntl.ts";
import { defineCheck } from "../checkpoint/check.ts";
import { group, objectKind, objects, optional, type TreeOf } from "../checkpoint/grammar.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import type { SaveContext } from "../checkpoint/save_context.ts";
import {
  data,
  enumeration,
  flags,
  optionalObjref,
  record,
  type RecordValue,
  s32,
  size64,
  text,
} from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import { EpollSet } from "./epoll.ts";
import { EventFile } from "./event_file.ts";
import {
  EVENTFD,
  planEventFile,
  planSignalFile,
  planTimerFile,
  saveEventFile,
  saveSignalFile,
  saveTimerFile,
  SIGNALFD,
  TIMERFD,
} from "./event_file_state.ts";
import { areOwners, FILE_LOCKS, planLocks, saveLocks } from "./file_locks_state.ts";
import { PosixQueue } from "../ipc/posix_queue.ts";
import { mqueueKind, planMqueue, saveMqueue } from "../ipc/posix_queue_state.ts";
import { PidFile } from "../pidfd.ts";
import { PIDFD, planPidFile, savePidFile } from "../pidfd_state.ts";
import { PIDFD_THREAD } from "../abi/clone.ts";
import { FILE_OWNER, planOwner, saveOwner } from "./file_owner_state.ts";
import type { FileKind, FileObject } from "./file_object.ts";
import { MemoryFile } from "./memory_file.ts";
import { accessOf } from "./open.ts";
import { NamelessObject } from "./nameless_object.ts";
import { OpenFile } from "./open_file.ts";
import type { Place } from "./mount.ts";
import { saveUnlinked, unlinkedKind } from "./unlinked_state.ts";
import { endOf, PipeEnd } from "./pipe.ts";
import { pipeKind, planPipe, savePipe } from "./pipe_state.ts";
import { ProcText } from "./procfs/inodes.ts";
import { reopen, reopenMemory, SAME_TYPE } from "./reopen.ts";
import { SignalFile } from "./signal_file.ts";
import { Stream } from "./stream.ts";
import { Terminal } from "./terminal/terminal.ts";
import { TimerFile } from "./timer_file.ts";

const KIND_SAVED = defineCheck(
  "checkpoint/file_kind",
  EBADF,
  "a file that has a name or whose contents are in the image",
);
const SHORT_TEXT = defineCheck(
  "checkpoint/text",
  ENOSYS,
  "a file of /proc that has no more than 64 MiB when it is read",
);
const MEMORY_SAVED = defineCheck(
  "checkpoint/memory_open",
  EBUSY,
  "shared memory that nobody outside the checkpoint has open",
);
const STREAM_EXISTS = defineCheck("FILE.stream/exists", ENXIO, "one of the machine's streams");
const STREAM_ALLOWED = defineCheck(
  "FILE.f_flags/stream",
  EACCES,
  "an access that every program has to the stream, or that the caller has",
);
const SAME_FLAGS = defineCheck("FILE.f_flags/same", EINVAL, "flags that an open file can have");

/** No stream. */
const NO_STREAM = -1;

/** What an open file can stand on, as the image names it. */
const FILE_TYPES = {
  /** GENERIC of the series: a file with a name. */
  REGULAR: 1,
  DIRECTORY: 1001,
  DEVICE: 1002,
  STREAM: 1003,
  PROC: 1004,
  PIPE: 2,
  EVENTFD: 1005,
  TIMERFD: 1006,
  SIGNALFD: 1007,
  EPOLL: 6,
  FIFO: 3,
  UNLINKED: 1008,
  MEMORY: 1009,
  MQUEUE: 1010,
  PIDFD: 1011,
} as const;

type FileType = keyof typeof FILE_TYPES;

/**
 * How each kind of file object is saved, or null when a checkpoint that meets one is refused. A new
 * kind does not compile until it stands here.
 */
const TYPE_OF_KIND: Readonly<Record<FileKind, FileType | null>> = {
  regular: "REGULAR",
  directory: "DIRECTORY",
  device: "DEVICE",
  stream: "STREAM",
  proc: "PROC",
  terminal: "STREAM",
  // Whoever is at the other side is not in the image.
  pty_slave: null,
  pty_master: null,
  // Only O_PATH opens one.
  symlink: null,
  pipe_reader: "PIPE",
  pipe_writer: "PIPE",
  pipe_both: "PIPE",
  // Only O_PATH opens the name itself.
  fifo: null,
  eventfd: "EVENTFD",
  timerfd: "TIMERFD",
  signalfd: "SIGNALFD",
  mqueue: "MQUEUE",
  epoll: "EPOLL",
  pidfd: "PIDFD",
  // Not saved yet.
  inotify: null,
  namespace: null,
  // It comes with the task at its other end.
  socket: null,
};

/** The kinds whose contents are saved when their name is gone. */
const UNLINKED_KINDS: ReadonlySet<FileKind> = new Set(["regular", "directory"]);

/** What stands beside the record of a file: how to find it again, or what it is. */
const PARTS = [
  "stream",
  "f_objref",
  "i_objref",
  "q_objref",
  "name",
  "eventfd",
  "timerfd",
  "signalfd",
  "pidfd",
] as const;

/** The parts that each type of file has. */
const PARTS_OF_TYPE: Readonly<Record<FileType, readonly (typeof PARTS)[number][]>> = {
  REGULAR: ["name"],
  DIRECTORY: ["name"],
  DEVICE: ["name"],
  PROC: ["name"],
  STREAM: ["stream"],
  PIPE: ["f_objref"],
  FIFO: ["f_objref", "name"],
  UNLINKED: ["i_objref", "name"],
  MEMORY: ["i_objref"],
  MQUEUE: ["q_objref"],
  EVENTFD: ["eventfd"],
  TIMERFD: ["timerfd"],
  SIGNALFD: ["signalfd"],
  PIDFD: ["pidfd"],
  // What it holds stands behind the table of descriptors.
  EPOLL: [],
};

/** Types of files that have positions. */
const POSITIONED: ReadonlySet<FileType> = new Set([
  ...["REGULAR", "DIRECTORY", "DEVICE", "PROC", "UNLINKED", "MEMORY", "MQUEUE"] as const,
]);

/** The flags that an open file can have; those that only say how to open are never among them. */
const FILE_FLAGS = {
  O_WRONLY,
  O_RDWR,
  O_APPEND,
  O_NONBLOCK,
  O_DSYNC,
  O_ASYNC,
  O_DIRECT,
  O_LARGEFILE,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_NOATIME,
  O_SYNC: O_SYNC_BIT,
  O_PATH,
  O_TMPFILE: O_TMPFILE_BIT,
  PIDFD_THREAD,
} as const;

/** An open file. */
export const FILE = record("FILE", CKPT_HDR.FILE, {
  doc: "An open file: what open(2) made and dup(2) shares.",
  fields: {
    f_type: enumeration(FILE_TYPES, { doc: "what it stands on" }),
    f_flags: flags(FILE_FLAGS, { doc: "access mode and status flags, as F_GETFL tells" }),
    f_pos: size64({ doc: "offset; of a directory the cookie of its entry; 0 without positions" }),
    stream: s32({
      doc: "which of the machine's streams, -1 for none",
      min: NO_STREAM,
      show: "decimal",
    }),
    f_objref: optionalObjref("PIPE"),
    i_objref: optionalObjref("UNLINKED"),
    q_objref: optionalObjref("MQUEUE"),
  },
  relations: {
    position: {
      field: "f_pos",
      text: "0 for what has no positions",
      holds: ({ f_type, f_pos }) => POSITIONED.has(f_type) || f_pos === 0,
    },
    nameless: {
      field: "f_flags",
      text: "O_TMPFILE for an UNLINKED file only",
      holds: ({ f_type, f_flags }) => f_type === "UNLINKED" || (f_flags & O_TMPFILE_BIT) === 0,
    },
    thread: {
      field: "f_flags",
      text: "PIDFD_THREAD for a PIDFD only",
      holds: ({ f_type, f_flags }) => f_type === "PIDFD" || (f_flags & PIDFD_THREAD) === 0,
    },
    pipe_end: {
      field: "f_flags",
      text: "an access mode for an end of a PIPE or a FIFO",
      holds: ({ f_type, f_flags }) =>
        (f_type !== "PIPE" && f_type !== "FIFO") || (f_flags & O_ACCMODE) !== O_ACCMODE,
    },
  },
});

/** Where a file is found. */
export const FILE_NAME = record("FILE_NAME", CKPT_HDR.FILE_NAME, {
  doc: "The path of an open file, from the root of the task that took the checkpoint.",
  fields: { path: text({ doc: "absolute path", min: 1, max: PATH_MAX - 1 }) },
  relations: {
    canonical: {
      field: "path",
      text: 'a path from "/" without empty names, "." and ".."',
      holds: ({ path }) => path === "/" || /^(\/(?!\.{0,2}(\/|$))[^/]+)+$/.test(path),
    },
  },
});

/** The most of a text that is saved: all mappings that a process can have take less in smaps. */
const TEXT_BYTES_MAX = 2 ** 26;

/** What was read of a file of /proc. */
export const PROC_TEXT = record("PROC_TEXT", CKPT_HDR.PROC_TEXT, {
  doc:
    "The text of a file of /proc, as it was when reading began; who reads on gets the rest of it.",
  fields: { text: data({ doc: "the text from its beginning", max: TEXT_BYTES_MAX }) },
});

/** The FILE object. */
export const fileKind = objectKind(
  "FILE",
  group("file", "An open file, with its name or what it is without one", {
    shared: objects(pipeKind, unlinkedKind, mqueueKind),
    is: FILE,
    name: optional(FILE_NAME),
    eventfd: optional(EVENTFD),
    timerfd: optional(TIMERFD),
    signalfd: optional(SIGNALFD),
    pidfd: optional(PIDFD),
    text: optional(PROC_TEXT),
    locks: optional(FILE_LOCKS),
    owner: optional(FILE_OWNER),
  }, {
    read_text: {
      field: "f_flags",
      record: ({ is }) => is,
      text: "a PROC that was opened for reading, where it has a text",
      violation: ({ is, text }) =>
        text === null || isReadText(is) ? null : `${is.f_type} 0o${is.f_flags.toString(8)}`,
    },
    own_locks: {
      field: "f_type",
      record: ({ is }) => is,
      text: "locks of the open file behind it, and none of a process",
      violation: ({ locks }) => locks === null || areOwners(locks, "file") ? null : "others",
    },
    parts: {
      field: "f_type",
      record: ({ is }) => is,
      text: "exactly what a file of its type has",
      violation: ({ is, name, eventfd, timerfd, signalfd, pidfd }) => {
        const present = {
          name,
          eventfd,
          timerfd,
          signalfd,
          pidfd,
          stream: is.stream === NO_STREAM ? null : is.stream,
          f_objref: is.f_objref === 0 ? null : is.f_objref,
          i_objref: is.i_objref === 0 ? null : is.i_objref,
          q_objref: is.q_objref === 0 ? null : is.q_objref,
        };
        const wanted = PARTS_OF_TYPE[is.f_type];
        const odd = PARTS.find((part) => (present[part] !== null) !== wanted.includes(part));
        return odd === undefined ? null : `${present[odd] === null ? "no" : "a"} ${odd}`;
      },
    },
  }),
);

function isReadText({ f_type, f_flags }: RecordValue<typeof FILE>): boolean {
  return f_type === "PROC" && (f_flags & O_PATH) === 0 && accessOf(f_flags).read;
}

type FileTree = TreeOf<typeof fileKind.body>;

/** The number of an open file's object, saved at first sight. */
export function saveOpenFile(context: SaveContext, file: OpenFile): number {
  return context.share(fileKind, file, (): FileTree => {
    const { object, place, flags: f_flags, offset } = file;
    const f_type = typeOf(file);
    if (f_type === null) {
      context.refuse(KIND_SAVED, `a ${object.kind.replace("_", " ")} (${file.path})`);
    }
    const { shared, value } = context.collect(() =>
      [
        object instanceof PipeEnd ? savePipe(context, object.pipe, accessOf(f_flags)) : 0,
        hasSavedContents(file) ? saveContents(context, file) : 0,
        object instanceof PosixQueue ? saveMqueue(context, object) : 0,
      ] as const
    );
    const [f_objref, i_objref, q_objref] = value;
    const hasName = PARTS_OF_TYPE[f_type].includes("name");
    if (hasName && place === null) {
      context.refuse(KIND_SAVED, `a ${object.kind} that never had a name`);
    }
    return {
      shared,
      is: {
        f_type,
        f_flags,
        f_pos: POSITIONED.has(f_type) ? offset : 0,
        stream: f_type === "STREAM" ? streamOf(object) : NO_STREAM,
        f_objref,
        i_objref,
        q_objref,
      },
      name: hasName && place !== null ? { path: pathOf(context, place, f_type) } : null,
      eventfd: object instanceof EventFile ? saveEventFile(object) : null,
      timerfd: object instanceof TimerFile ? saveTimerFile(context, object) : null,
      signalfd: object instanceof SignalFile ? saveSignalFile(object) : null,
      pidfd: object instanceof PidFile ? savePidFile(context, object) : null,
      text: object instanceof ProcText ? saveText(context, object) : null,
      locks: saveLocks(file, file),
      owner: saveOwner(context, file),
    };
  });
}

function pathOf(context: SaveContext, place: Place, type: FileType): string {
  return type === "UNLINKED" ? context.lastPathOf(place) : context.pathOf(place);
}

function saveText(
  context: SaveContext,
  { text, inode }: ProcText,
): RecordValue<typeof PROC_TEXT> | null {
  if (text === null) return null;
  if (text.length > TEXT_BYTES_MAX) {
    context.refuse(SHORT_TEXT, `/proc/${inode.holder.path} of ${text.length} bytes`);
  }
  return { text };
}

/** Whether the contents are in the image with the file: it is not found again by its name. */
export function hasSavedContents(file: OpenFile): boolean {
  return PARTS_OF_TYPE[typeOf(file) ?? "REGULAR"].includes("i_objref");
}

/** Saves the contents of a file without a name, of which one more open file is in the image. */
function saveContents(context: SaveContext, { place }: OpenFile): number {
  if (place === null) throw new TypeError("Only what has a place has contents to be saved");
  const { inode, entry: { name } } = place;
  if (inode instanceof MemoryFile) {
    context.countUse(inode, (saved) => {
      const outside = inode.opens - saved;
      if (outside > 0) context.refuse(MEMORY_SAVED, `/${name}, open ${outside} times more`);
    });
  }
  return saveUnlinked(context, place);
}

/** Which of the machine's streams a file stands on. */
function streamOf(object: FileObject): number {
  return object instanceof Stream || object instanceof Terminal ? object.index : NO_STREAM;
}

/** A terminal that was opened through a device's name is found again by that name. */
function typeOf({ object, place }: OpenFile): FileType | null {
  // O_PATH through a link of /proc to what has no name.
  if (object instanceof NamelessObject) return null;
  // Opened by a path, which leads to it through a mount of a program's own.
  if (object instanceof PosixQueue && place !== null) return null;
  if (object instanceof PipeEnd && place !== null) return "FIFO";
  if (place?.inode instanceof MemoryFile) return "MEMORY";
  if (place?.entry.deleted && UNLINKED_KINDS.has(object.kind)) return "UNLINKED";
  return object.kind === "terminal" && place !== null ? "DEVICE" : TYPE_OF_KIND[object.kind];
}

/** Opens the file of an object again, as the caller may; answers it without a further reference. */
export function planOpenFile(context: RestartContext, objref: number): OpenFile {
  return context.once(objref, () => {
    const tree = context.object(fileKind, objref);
    const { is, name } = tree;
    // The grammar has made sure that each has what its type needs.
    const file = context.hold(
      name !== null
        ? reopen(context, is, name)
        : is.f_type === "STREAM"
        ? onStream(context, is)
        : is.f_type === "MEMORY"
        ? reopenMemory(context, is)
        : makeAgain(context, tree),
    );
    if (typeOf(file) !== is.f_type) {
      context.refuse(SAME_TYPE, is, "f_type", `${is.f_type} where there is a ${file.object.kind}`);
    }
    if (file.flags !== is.f_flags) {
      const found = `0o${is.f_flags.toString(8)}, of which 0o${file.flags.toString(8)} are left`;
      context.refuse(SAME_FLAGS, is, "f_flags", found);
    }
    if (tree.text !== null && file.object instanceof ProcText) file.object.text = tree.text.text;
    if (tree.locks !== null) planLocks(context, tree.locks, file, file);
    if (tree.owner !== null) planOwner(context, file, tree.owner);
    file.offset = is.f_pos;
    return file;
  });
}

/** An open file without a name: what it stands on is made anew. */
function makeAgain(context: RestartContext, tree: FileTree): OpenFile {
  const { is: { f_flags: flags } } = tree;
  return new OpenFile({ object: objectOf(context, tree), place: null, flags });
}

function objectOf(
  context: RestartContext,
  { is, eventfd, timerfd, signalfd, pidfd }: FileTree,
): FileObject {
  if (eventfd !== null) return planEventFile(eventfd);
  if (timerfd !== null) return planTimerFile(context, timerfd);
  if (signalfd !== null) return planSignalFile(signalfd);
  if (pidfd !== null) return planPidFile(context, pidfd, (is.f_flags & PIDFD_THREAD) !== 0);
  if (is.f_type === "EPOLL") return new EpollSet();
  if (is.f_type === "MQUEUE") return planMqueue(context, is.q_objref);
  return endOf(planPipe(context, is.f_objref), accessOf(is.f_flags));
}

function onStream(context: RestartContext, is: RecordValue<typeof FILE>): OpenFile {
  const stream = context.streams[is.stream];
  if (stream === undefined) context.refuse(STREAM_EXISTS, is, "stream", String(is.stream));
  const file = new OpenFile({ object: stream.tty ?? stream, place: null, flags: is.f_flags });
  if (!mayUse(context, stream, file)) {
    file.release();
    context.refuse(STREAM_ALLOWED, is, "f_flags", `0o${is.f_flags.toString(8)}`);
  }
  return file;
}

/**
 * A stream has no name by which its permissions could be asked. Every program is started with the
 * streams open the way {@linkcode OpenFile.onStream} opens them; more is for those who have more.
 */
function mayUse(context: RestartContext, stream: Stream, file: OpenFile): boolean {
  const { caller } = context;
  if (caller === null || context.mayDo(CAP_DAC_OVERRIDE)) return true;
  const open = caller.files.entries().map(([, descriptor]) => descriptor.file)
    .filter(({ object }) => object === (stream.tty ?? stream));
  const isInput = stream.index === 0;
  const mayRead = stream.terminal || isInput || open.some(({ readable }) => readable);
  const mayWrite = stream.terminal || !isInput || open.some(({ writable }) => writable);
  return (mayRead || !file.readable) && (mayWrite || !file.writable);
}
