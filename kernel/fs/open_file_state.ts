/** How an open file is saved and opened again. */
import { EACCES, EBADF, EBUSY, EINVAL, ENXIO, SystemError } from "../abi/errno.ts";
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
  O_RDONLY,
  O_RDWR,
  O_SYNC_BIT,
  O_WRONLY,
  PATH_MAX,
} from "../abi/fcntl.ts";
import { defineCheck } from "../checkpoint/check.ts";
import { group, objectKind, objects, optional, type TreeOf } from "../checkpoint/grammar.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import type { SaveContext } from "../checkpoint/save_context.ts";
import {
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
import type { FileKind, FileObject } from "./file_object.ts";
import { openFile } from "./open.ts";
import { OpenFile } from "./open_file.ts";
import { PipeReader, PipeWriter } from "./pipe.ts";
import { pipeKind, planPipe, savePipe } from "./pipe_state.ts";
import { ProcText } from "./procfs/inodes.ts";
import { Stream } from "./stream.ts";

const KIND_SAVED = defineCheck(
  "checkpoint/file_kind",
  EBADF,
  "a regular file, a directory, a device, a pipe or one of the machine's streams",
);
const WHOLE_TEXT = defineCheck(
  "checkpoint/whole_text",
  EBUSY,
  "a file of /proc that is not in the middle of being read",
);
const STREAM_EXISTS = defineCheck("FILE.stream/exists", ENXIO, "one of the machine's streams");
const STREAM_ALLOWED = defineCheck(
  "FILE.f_flags/stream",
  EACCES,
  "an access that every program has to the stream, or that the caller has",
);
const OPENS = defineCheck(
  "FILE_NAME.path/opens",
  EACCES,
  "a file that the caller may open as it was",
);
const SAME_TYPE = defineCheck("FILE.f_type/same", EINVAL, "the kind of file that it was");
const SAME_FLAGS = defineCheck("FILE.f_flags/same", EINVAL, "flags that an open file can have");

/** No stream. */
const NO_STREAM = -1;

/** What an open file can stand on, as the image names it. */
const FILE_TYPES = {
  /** GENERIC of the series: a file with a name. */
  REGULAR: 1,
  PIPE: 2,
  DIRECTORY: 1001,
  DEVICE: 1002,
  STREAM: 1003,
  PROC: 1004,
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
  // Only O_PATH opens one.
  symlink: null,
  pipe_reader: "PIPE",
  pipe_writer: "PIPE",
};

/** Whether what a file stands on has no name by which it could be found again. */
function isNameless(type: FileType): boolean {
  return type === "STREAM" || type === "PIPE";
}

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
  },
  relations: {
    stream: {
      field: "stream",
      text: "the number of a stream for a STREAM, -1 for what is none",
      holds: ({ f_type, stream }) => (f_type === "STREAM") === (stream !== NO_STREAM),
    },
    object: {
      field: "f_objref",
      text: "the number of a PIPE for an end of one, 0 for what is none",
      holds: ({ f_type, f_objref }) => (f_type === "PIPE") === (f_objref !== 0),
    },
    position: {
      field: "f_pos",
      text: "0 for a STREAM or a PIPE, which have no positions",
      holds: ({ f_type, f_pos }) => !isNameless(f_type) || f_pos === 0,
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

/** The FILE object. */
export const fileKind = objectKind(
  "FILE",
  group("file", "An open file with its name, after the pipe that it is an end of", {
    shared: objects(pipeKind),
    is: FILE,
    name: optional(FILE_NAME),
  }, {
    named: {
      field: "f_type",
      record: ({ is }) => is,
      text: "a FILE_NAME after every file but a STREAM and a PIPE",
      violation: ({ is, name }) =>
        isNameless(is.f_type) === (name === null) ? null : `${name ? "a" : "no"} FILE_NAME`,
    },
  }),
);

type FileTree = TreeOf<typeof fileKind.body>;

/** The number of an open file's object, saved at first sight. */
export function saveOpenFile(context: SaveContext, file: OpenFile): number {
  return context.share(fileKind, file, (): FileTree => {
    const { object, place, flags: f_flags, offset: f_pos } = file;
    const f_type = typeOf(file);
    if (f_type === null) {
      context.refuse(KIND_SAVED, `a ${object.kind.replace("_", " ")} (${file.path})`);
    }
    if (object instanceof ProcText && object.isHalfRead(f_pos)) {
      context.refuse(WHOLE_TEXT, `${file.path}, read up to ${f_pos}`);
    }
    if (place !== null) {
      const name = { path: context.pathOf(place) };
      return { shared: [], is: { f_type, f_flags, f_pos, stream: NO_STREAM, f_objref: 0 }, name };
    }
    const { shared, value } = context.collect(() => standsOn(context, object));
    return { shared, is: { f_type, f_flags, f_pos: 0, ...value }, name: null };
  });
}

/** What a file without a name stands on. */
function standsOn(context: SaveContext, object: FileObject): { stream: number; f_objref: number } {
  if (object instanceof Stream) return { stream: object.index, f_objref: 0 };
  if (object instanceof PipeReader || object instanceof PipeWriter) {
    return { stream: NO_STREAM, f_objref: savePipe(context, object.pipe) };
  }
  context.refuse(KIND_SAVED, `a ${object.kind} that never had a name`);
}

/** A stream that was opened through a device's name is found again by that name. */
function typeOf({ object, place }: OpenFile): FileType | null {
  return object.kind === "stream" && place !== null ? "DEVICE" : TYPE_OF_KIND[object.kind];
}

/** Opens the file of an object again, as the caller may; answers it without a further reference. */
export function planOpenFile(context: RestartContext, objref: number): OpenFile {
  return context.once(objref, () => {
    const { is, name } = context.object(fileKind, objref);
    const file = context.hold(open(context, is, name));
    if (typeOf(file) !== is.f_type) {
      context.refuse(SAME_TYPE, is, "f_type", `${is.f_type} where there is a ${file.object.kind}`);
    }
    if (file.flags !== is.f_flags) {
      const found = `0o${is.f_flags.toString(8)}, of which 0o${file.flags.toString(8)} are left`;
      context.refuse(SAME_FLAGS, is, "f_flags", found);
    }
    file.offset = is.f_pos;
    return file;
  });
}

function open(
  context: RestartContext,
  is: RecordValue<typeof FILE>,
  name: RecordValue<typeof FILE_NAME> | null,
): OpenFile {
  if (name !== null) return reopen(context, is, name);
  // The grammar has made sure that what has no name is one of these.
  return is.f_objref === 0 ? onStream(context, is) : onPipe(context, is);
}

/** Which end it is, its access mode says. */
function onPipe(context: RestartContext, is: RecordValue<typeof FILE>): OpenFile {
  const pipe = planPipe(context, is.f_objref);
  const accessMode = is.f_flags & O_ACCMODE;
  if (accessMode !== O_RDONLY && accessMode !== O_WRONLY) {
    context.refuse(SAME_FLAGS, is, "f_flags", `0o${is.f_flags.toString(8)} for an end of a pipe`);
  }
  const object = accessMode === O_WRONLY ? new PipeWriter(pipe) : new PipeReader(pipe);
  return new OpenFile({ object, place: null, flags: is.f_flags });
}

function onStream(context: RestartContext, is: RecordValue<typeof FILE>): OpenFile {
  const stream = context.streams[is.stream];
  if (stream === undefined) context.refuse(STREAM_EXISTS, is, "stream", String(is.stream));
  const file = new OpenFile({ object: stream, place: null, flags: is.f_flags });
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
function mayUse({ caller }: RestartContext, stream: Stream, file: OpenFile): boolean {
  if (caller === null || caller.credentials.isPrivileged) return true;
  const open = caller.files.entries().map(([, descriptor]) => descriptor.file)
    .filter(({ object }) => object === stream);
  const isInput = stream.index === 0;
  const mayRead = stream.terminal || isInput || open.some(({ readable }) => readable);
  const mayWrite = stream.terminal || !isInput || open.some(({ writable }) => writable);
  return (mayRead || !file.readable) && (mayWrite || !file.writable);
}

function reopen(
  context: RestartContext,
  is: RecordValue<typeof FILE>,
  name: RecordValue<typeof FILE_NAME>,
): OpenFile {
  // Finding the place first makes sure that no link is followed, which would leave a trace.
  context.findPlace(name);
  try {
    return openFile(context.openContext, name.path, is.f_flags);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const found = `${JSON.stringify(name.path)}: ${error.message}`;
    context.refuse(OPENS, name, "path", found, { errno: error.errno });
  }
}
