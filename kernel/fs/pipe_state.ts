/**
 * How a pipe is saved with what is in it. Its ends are open files, which refer to it; all of them must be
 * in the image, because what is in a pipe can only be in one place.
 */
import { CAP_SETGID, CAP_SETUID, CAP_SYS_RESOURCE } from "../abi/capability.ts";
import { EBUSY, EINVAL, EPERM } from "../abi/errno.ts";
import { PIPE_CAPACITY_BYTES_MAX, PIPE_SLOTS_MAX } from "../abi/fcntl.ts";
import { defineCheck } from "../checkpoint/check.ts";
import { group, objectKind, type TreeOf } from "../checkpoint/grammar.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import type { SaveContext } from "../checkpoint/save_context.ts";
import { data, nanoseconds, record, size64, u32 } from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import { PAGE_SIZE } from "../../emu/mod.ts";
import type { Access } from "./file_object.ts";
import { FIRST_PIPE_INO, NO_INO } from "./anonymous.ts";
import { Pipe } from "./pipe.ts";

const ENDS_SAVED = defineCheck(
  "checkpoint/pipe_ends",
  EBUSY,
  "a pipe that nobody outside the checkpoint has open",
);
const OWNER_ALLOWED = defineCheck("PIPE_BUF.uid/allowed", EPERM, "a pipe of the caller's own");
const INO_COUNTED = defineCheck(
  "PIPE_BUF.ino/counted",
  EINVAL,
  "a number below the next that the machine would give",
);
const CAPACITY_ALLOWED = defineCheck(
  "PIPE_BUF.capacity/allowed",
  EPERM,
  "a capacity that the caller may give a pipe",
);
/** What a privileged program may make it. */
const CAPACITY_MAX = PIPE_SLOTS_MAX * PAGE_SIZE;
const ID_MAX = 2 ** 32 - 2;

/** A pipe. */
export const PIPE_BUF = record("PIPE_BUF", CKPT_HDR.PIPE_BUF, {
  doc: "A pipe with the bytes that were written to it and not read yet.",
  fields: {
    ino: size64({ doc: "its inode number, 0 for the pipe of a FIFO" }),
    created: nanoseconds({ doc: "when it was made, CLOCK_REALTIME" }),
    uid: u32({ doc: "its owner", max: ID_MAX }),
    gid: u32({ doc: "its group", max: ID_MAX }),
    capacity: size64({
      doc: "bytes that it holds at most",
      unit: "bytes",
      min: PAGE_SIZE,
      max: CAPACITY_MAX,
      multipleOf: PAGE_SIZE,
    }),
    reader_opens: u32({ doc: "how often the reading end was opened" }),
    writer_opens: u32({ doc: "how often the writing end was opened" }),
    contents: data({ doc: "what is in it, oldest first", max: CAPACITY_MAX }),
  },
  relations: {
    numbered: {
      field: "ino",
      text: `0, or ${FIRST_PIPE_INO} and more`,
      holds: ({ ino }) => ino === NO_INO || ino >= FIRST_PIPE_INO,
    },
    power: {
      field: "capacity",
      text: "a power of two",
      holds: ({ capacity }) => Number.isInteger(Math.log2(capacity)),
    },
    fits: {
      field: "contents",
      text: "no more than the capacity",
      holds: ({ capacity, contents }) => contents.length <= capacity,
    },
  },
});

/** The PIPE object. */
export const pipeKind = objectKind("PIPE", group("pipe", "A pipe", { is: PIPE_BUF }));

/** Saves a pipe at first sight, of which one more end is in the image. */
export function savePipe(context: SaveContext, pipe: Pipe, { read, write }: Access): number {
  const check = (saved: number) => {
    const outside = pipe.readers + pipe.writers - saved;
    if (outside > 0) context.refuse(ENDS_SAVED, `pipe:[${pipe.ino}] with ${outside} more ends`);
  };
  if (read) context.countUse(pipe, check);
  if (write) context.countUse(pipe, check);
  return context.share(pipeKind, pipe, (): TreeOf<typeof pipeKind.body> => ({
    is: {
      ino: pipe.ino,
      created: pipe.created_ns,
      uid: pipe.uid,
      gid: pipe.gid,
      capacity: pipe.capacity_bytes,
      reader_opens: pipe.readerOpens,
      writer_opens: pipe.writerOpens,
      contents: pipe.queue.peek(pipe.queue.length),
    },
  }));
}

/** Makes the pipe of an object again. Its ends are counted when they are opened. */
export function planPipe(context: RestartContext, objref: number): Pipe {
  return context.once(objref, () => {
    const { is } = context.object(pipeKind, objref);
    const { ino, created: now_ns, uid, gid, capacity, contents } = is;
    const { rights } = context;
    if (ino !== NO_INO && ino >= context.image.tree.machine.is.next_ino) {
      context.refuse(INO_COUNTED, is, "ino", String(ino));
    }
    // Whoever may become others could have had them make it.
    const isOwn = rights === null || (uid === rights.fsuid || rights.has(CAP_SETUID)) &&
        (gid === rights.fsgid || rights.has(CAP_SETGID));
    if (!isOwn) context.refuse(OWNER_ALLOWED, is, "uid", `${uid}:${gid}`);
    if (capacity > PIPE_CAPACITY_BYTES_MAX && !context.mayDo(CAP_SYS_RESOURCE)) {
      context.refuse(CAPACITY_ALLOWED, is, "capacity", `${capacity} bytes`);
    }
    const pipe = new Pipe({ ino, uid, gid, now_ns });
    pipe.resize(capacity, true);
    pipe.queue.push(contents);
    // In a machine that goes on, the number may be another pipe's.
    context.onCommit(() => {
      pipe.readerOpens = is.reader_opens;
      pipe.writerOpens = is.writer_opens;
    });
    if (context.caller !== null && ino !== NO_INO) {
      context.onCommit(() => pipe.ino = context.fileSystem.takePipeIno());
    }
    return pipe;
  });
}
