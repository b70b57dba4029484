/**
 * checkpoint(2) and restart(2).
 *
 * ```
 * 600  checkpoint(pid, fd, flags, logfd)   a positive id; 0 when it returns from a restart
 * 601  restart(pid, fd, flags, logfd)      does not return to its caller
 * ```
 *
 * Both answer -errno when they refuse, and write why to `logfd` unless that is -1. Numbers of our own:
 * the series never had any on riscv64.
 *
 * Source: linux-cr.md, section 1 (the prototypes of v19 and later).
 */
import { EAGAIN, EBADF, EBUSY, EINVAL, ENOSPC, EPERM, ESRCH, SystemError } from "../abi/errno.ts";
import { POLLHUP, POLLIN } from "../abi/poll.ts";
import { encodeString } from "../fs/byte_string.ts";
import type { OpenFile } from "../fs/open_file.ts";
import { PipeEnd } from "../fs/pipe.ts";
import { Stream } from "../fs/stream.ts";
import type { Kernel } from "../kernel.ts";
import type { Call, SystemCallGroup } from "../syscalls/group.ts";
import { int, register } from "../syscalls/arguments.ts";
import { writePieces } from "../syscalls/file_transfer.ts";
import type { Task } from "../task.ts";
import { mayAccess } from "../task_access.ts";
import type { Wait } from "../wait.ts";
import { checkpointFrom } from "./checkpoint.ts";
import type { ByteSource } from "./frame.ts";
import { Refusal } from "./refusal.ts";
import { planRestart } from "./restart.ts";

/** CHECKPOINT_FD_NONE: nothing is to be logged. */
const NO_FD = -1;
/** Descendants are saved, too; a process that has some is refused without. */
const CHECKPOINT_SUBTREE = 1n;
/** The only flag of restart(2) that means something yet, and means what happens anyway. */
const RESTART_TASKSELF = 1n;
/** Ids are positive ints. */
const ID_MAX = 2 ** 31 - 1;

function checkpointCall(call: Call): number {
  const { kernel, task } = call;
  const flags = register(call, 2);
  if ((flags & ~CHECKPOINT_SUBTREE) !== 0n) throw new SystemError(EINVAL);
  const file = requireOpen(call, 1, "writable");
  const log = logFile(call, 3);
  const target = targetTask(kernel, task, int(call, 0));
  const id = kernel.checkpointCounter + 1;
  if (id > ID_MAX) throw new SystemError(EBUSY);
  return refusing(call, log, () => {
    const alone = (flags & CHECKPOINT_SUBTREE) === 0n;
    const image = checkpointFrom(task.fs.root, kernel, target, { id, caller: task, alone });
    writeImage(call, file, image);
    kernel.checkpointCounter = id;
    return id;
  });
}

/** The task to be saved. */
function targetTask(kernel: Kernel, caller: Task, pid: number): Task {
  if (pid === 0 || pid === caller.pid) return caller;
  const target = kernel.tasks.get(pid);
  if (target === undefined) throw new SystemError(ESRCH);
  if (!mayAccess(caller, target)) throw new SystemError(EPERM);
  if (!target.isAlive) throw new SystemError(EBUSY);
  return target;
}

/** Writes the whole image, or fails. */
function writeImage(call: Call, file: OpenFile, image: Uint8Array): void {
  const { object } = file;
  // An image in two halves with a wait between them would be one of two instants.
  if (object instanceof PipeEnd && object.pipe.room < image.length) {
    if (object.pipe.readers > 0) throw new SystemError(EAGAIN);
  }
  const written = writePieces(
    call,
    file,
    image.length,
    { nonBlocking: true },
    (from, length) => image.subarray(from, from + length),
  );
  if (written !== image.length) throw new SystemError(ENOSPC);
}

function restartCall(call: Call): number | Wait {
  const { kernel, task } = call;
  const flags = register(call, 2);
  if (flags !== 0n && flags !== RESTART_TASKSELF) throw new SystemError(EINVAL);
  const pid = int(call, 0);
  if (pid !== 0 && pid !== task.pid) {
    throw new SystemError(kernel.tasks.get(pid) === undefined ? ESRCH : EINVAL);
  }
  const file = requireOpen(call, 1, "readable");
  const log = logFile(call, 3);
  const source = new FileSource(file);
  try {
    return refusing(call, log, () => {
      const plan = planRestart(kernel, source, { into: task });
      source.accept();
      plan.commit();
      return 0;
    });
  } catch (error) {
    if (!(error instanceof NotYet)) throw error;
    if (file.nonBlocking) throw new SystemError(EAGAIN);
    return {
      kind: "poll",
      files: [{ fd: int(call, 1), events: POLLIN }],
      isExclusive: false,
      deadline_ns: null,
    };
  }
}

/** The image has not come to its end, and more of it may come. */
class NotYet extends Error {}

/** Reads from an open file without a trace until what was read is accepted. */
class FileSource implements ByteSource {
  readonly #file: OpenFile;
  #done = 0;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  read(into: Uint8Array): number {
    const { object, offset } = this.#file;
    const bytes = object.seekable
      ? object.read(offset + this.#done, into.length)
      : this.#peek(into.length);
    into.set(bytes ?? []);
    this.#done += bytes?.length ?? 0;
    return bytes?.length ?? 0;
  }

  /** Takes away what was read. */
  accept(): void {
    const { object, offset } = this.#file;
    object.consume(this.#done);
    if (object.seekable) this.#file.offset = offset + this.#done;
  }

  /** What has come, beyond what was read: nothing is taken away before the image is accepted. */
  #peek(length: number): Uint8Array {
    const { object } = this.#file;
    const all = object.read(0, this.#done + length) ?? new Uint8Array(0);
    const fresh = all.subarray(this.#done);
    const hasEnded = object instanceof Stream ? object.ended : (object.poll() & POLLHUP) !== 0;
    if (fresh.length === 0 && !hasEnded) throw new NotYet();
    return fresh;
  }
}

/** The open file at an argument. Throws EBADF when it cannot be read, or written. */
function requireOpen(call: Call, index: number, how: "readable" | "writable"): OpenFile {
  const file = call.task.files.get(int(call, index));
  if (!file[how]) throw new SystemError(EBADF);
  return file;
}

function logFile(call: Call, index: number): OpenFile | null {
  return int(call, index) === NO_FD ? null : requireOpen(call, index, "writable");
}

/** Runs a step; what it refuses is logged and becomes the call's result. */
function refusing<T>(call: Call, log: OpenFile | null, step: () => T): T | number {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (log !== null) writeLog(call, log, error.message);
    return -error.errno;
  }
}

function writeLog(call: Call, log: OpenFile, message: string): void {
  const line = encodeString(`${message}\n`);
  try {
    writePieces(
      call,
      log,
      line.length,
      { nonBlocking: true },
      (from, length) => line.subarray(from, from + length),
    );
  } catch (error) {
    // The result of the call matters more than what was to be said about it.
    if (!(error instanceof SystemError)) throw error;
  }
}

const ARGUMENTS = ["pid", "fd", "flags", "logfd"] as const;

/** The two calls by number. */
export const checkpointCalls: SystemCallGroup = {
  600: { name: "checkpoint", call: checkpointCall, args: ARGUMENTS },
  601: {
    name: "restart",
    call: restartCall,
    args: ARGUMENTS,
    onSignal: "fail",
    replacesContext: true,
  },
};
