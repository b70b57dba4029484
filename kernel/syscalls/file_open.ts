/**
 * System calls that open files by name: openat, openat2.
 *
 * Source: `fs/open.c` (`build_open_flags`), `lib/usercopy.c`; open(2), openat2(2).
 */

import { PAGE_SIZE } from "../../emu/mod.ts";
import { E2BIG, EAGAIN, EINVAL, SystemError } from "../abi/errno.ts";
import {
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_LARGEFILE,
  O_NOCTTY,
  O_NOFOLLOW,
  O_PATH,
  O_TMPFILE_BIT,
  O_TRUNC,
  OPEN_FLAGS_ALL,
  OPEN_HOW_SIZE_VER0,
  RESOLVE_ALL,
  RESOLVE_BENEATH,
  RESOLVE_CACHED,
  RESOLVE_IN_ROOT,
} from "../abi/fcntl.ts";
import { S_IALLUGO } from "../abi/stat.ts";
import { abandonOpening, needsPartner, opensOfOtherEnd } from "../fs/fifo_opening.ts";
import { type OpenContext, openFile } from "../fs/open.ts";
import type { OpenFile } from "../fs/open_file.ts";
import type { FifoWait, Wait } from "../wait.ts";
import { int, register, size, unsignedInt } from "./arguments.ts";
import { contextAt, install, path, requireDescriptor } from "./file_arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";
import { acquireTerminal } from "./terminal_ioctl.ts";

/** What O_PATH may stand with. */
const PATH_FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
/** Flags that make the kernel write, so that it does not do with what it remembers. */
const WRITING_FLAGS = O_CREAT | O_TRUNC | O_TMPFILE_BIT;

function openat(call: Call): number | Wait {
  const flags = int(call, 2) & OPEN_FLAGS_ALL;
  if (call.task.wait?.kind === "fifo") return finishOpening(call, call.task.wait, flags);
  const name = path(call, 1);
  const context = contextAt(call, 0, name);
  return open(call, context, name, { flags: flags | O_LARGEFILE, mode: unsignedInt(call, 3) });
}

function openat2(call: Call): number | Wait {
  const how = readHow(call);
  if (call.task.wait?.kind === "fifo") return finishOpening(call, call.task.wait, how.flags);
  const name = path(call, 1);
  const isScoped = (how.resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) !== 0;
  // An absolute path does without the directory, unless that bounds it.
  const context = contextAt(call, 0, isScoped ? "." : name);
  const root = isScoped ? context.start : context.root;
  return open(call, { ...context, root, bounds: how.resolve }, name, how);
}

/** How a file is opened: `struct open_how`. */
interface How {
  /** O_* bits. */
  readonly flags: number;
  /** Permission bits of a new file. */
  readonly mode: number;
}

function open(call: Call, context: OpenContext, name: string, how: How): number | Wait {
  requireDescriptor(call);
  const opened = openFile(context, name, how.flags, how.mode);
  if (needsPartner(opened)) {
    call.task.opening = opened;
    return { kind: "fifo", seen: opensOfOtherEnd(opened) };
  }
  return installOpened(call, opened, how.flags);
}

function installOpened(call: Call, opened: OpenFile, flags: number): number {
  const fd = install(call, opened, (flags & O_CLOEXEC) !== 0);
  if ((flags & O_NOCTTY) === 0) acquireTerminal(call, opened);
  return fd;
}

/** Goes on with a FIFO once somebody has opened its other end, be it that he has closed it again. */
function finishOpening(call: Call, wait: FifoWait, flags: number): number | Wait {
  const { task } = call;
  const { opening } = task;
  if (opening === null || opensOfOtherEnd(opening) === wait.seen) return wait;
  task.opening = null;
  return installOpened(call, opening, flags);
}

/** The `struct open_how` at argument 2, all of which is checked. Throws EFAULT, EINVAL, E2BIG, EAGAIN. */
function readHow(call: Call): How & { readonly resolve: number } {
  const bytes = size(call, 3);
  if (bytes < OPEN_HOW_SIZE_VER0) throw new SystemError(EINVAL);
  if (bytes > PAGE_SIZE) throw new SystemError(E2BIG);
  const all = call.task.mm.user.read(register(call, 2), bytes);
  if (all.subarray(OPEN_HOW_SIZE_VER0).some((byte) => byte !== 0)) throw new SystemError(E2BIG);
  const view = new DataView(all.buffer, all.byteOffset);
  const [flags, mode, resolve] = [0, 8, 16].map((at) => Number(view.getBigUint64(at, true)));
  if (flags === undefined || mode === undefined || resolve === undefined) {
    throw new Error("A structure of three words has three");
  }
  requireHow(flags, mode, resolve);
  return { flags: flags | O_LARGEFILE, mode, resolve };
}

function requireHow(flags: number, mode: number, resolve: number): void {
  const within = (value: number, all: number) => value <= all && (value & ~all) === 0;
  if (!within(flags, OPEN_FLAGS_ALL) || !within(resolve, RESOLVE_ALL)) {
    throw new SystemError(EINVAL);
  }
  const both = RESOLVE_BENEATH | RESOLVE_IN_ROOT;
  if ((resolve & both) === both) throw new SystemError(EINVAL);
  const makes = (flags & (O_CREAT | O_TMPFILE_BIT)) !== 0;
  if (!within(mode, makes ? S_IALLUGO : 0)) throw new SystemError(EINVAL);
  if ((flags & O_PATH) !== 0 && (flags & ~PATH_FLAGS) !== 0) throw new SystemError(EINVAL);
  const needsMore = (resolve & RESOLVE_CACHED) !== 0 && (flags & WRITING_FLAGS) !== 0;
  if (needsMore) throw new SystemError(EAGAIN);
}

/** System calls that open files by name, by number. */
export const openCalls: SystemCallGroup = {
  56: {
    name: "openat",
    call: openat,
    args: ["dirfd", "pathname", "flags", "mode"],
    interrupted: ({ task }) => abandonOpening(task),
  },
  437: {
    name: "openat2",
    call: openat2,
    args: ["dirfd", "pathname", "how", "size"],
    interrupted: ({ task }) => abandonOpening(task),
  },
};
