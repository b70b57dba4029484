/**
 * System calls on descriptors: close, dup, fcntl, pipe.
 *
 * Source: `fs/open.c`, `fs/file.c`, `fs/fcntl.c`, `fs/pipe.c`; close(2), close_range(2), dup(2),
 * fcntl(2), pipe(2).
 */

import { CAP_SYS_RESOURCE } from "../abi/capability.ts";
import { EBADF, EINVAL, EPERM, SystemError } from "../abi/errno.ts";
import {
  CLOSE_RANGE_CLOEXEC,
  CLOSE_RANGE_UNSHARE,
  F_ADD_SEALS,
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GET_SEALS,
  F_GETFD,
  F_GETFL,
  F_GETLK,
  F_GETPIPE_SZ,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_OFD_SETLKW,
  F_SETFD,
  F_SETFL,
  F_SETLK,
  F_SETLKW,
  F_SETPIPE_SZ,
  FD_CLOEXEC,
  O_APPEND,
  O_ASYNC,
  O_CLOEXEC,
  O_DIRECT,
  O_NOATIME,
  O_NONBLOCK,
} from "../abi/fcntl.ts";
import { RegularInode } from "../fs/inode.ts";
import type { OpenFile } from "../fs/open_file.ts";
import { isOwner } from "../fs/permissions.ts";
import { type Pipe, PipeEnd } from "../fs/pipe.ts";
import { addSeals, sealsOf } from "../fs/seals.ts";
import type { Task } from "../task.ts";
import type { Wait } from "../wait.ts";
import { int, register, unsignedInt } from "./arguments.ts";
import { ownerCommand, setAsync } from "./file_async.ts";
import { descriptorLimit, file, install, requireFlags } from "./file_arguments.ts";
import { recordLock } from "./file_locks.ts";
import type { Call, SystemCallGroup } from "./group.ts";

/** What F_SETFL can change. */
const SETFL_FLAGS = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME;
/** Commands that work on a descriptor that only names a place (O_PATH). */
const PATH_COMMANDS = new Set([F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL]);

function close(call: Call): number {
  call.task.files.close(int(call, 0));
  return 0;
}

function closeRange(call: Call): number {
  const { task } = call;
  const [first, last] = [unsignedInt(call, 0), unsignedInt(call, 1)];
  const flags = int(call, 2);
  requireFlags(flags, CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE);
  if (first > last) throw new SystemError(EINVAL);
  if ((flags & CLOSE_RANGE_UNSHARE) !== 0) unshareFiles(task);
  const { files } = task;
  for (const [fd, descriptor] of files.entries()) {
    if (fd < first || fd > last) continue;
    if ((flags & CLOSE_RANGE_CLOEXEC) !== 0) descriptor.closeOnExec = true;
    else files.close(fd);
  }
  return 0;
}

/** Gives a task that shares its descriptors with others a table of its own, with the same files. */
export function unshareFiles(task: Task): void {
  const { files } = task;
  if (files.users === 1) return;
  task.files = files.fork();
  files.release();
}

function dup(call: Call): number {
  return call.task.files.duplicate(int(call, 0), { limit: descriptorLimit(call) });
}

function dup3(call: Call): number {
  const { files } = call.task;
  const [fd, to, flags] = [int(call, 0), int(call, 1), int(call, 2)];
  requireFlags(flags, O_CLOEXEC);
  if (fd === to) throw new SystemError(EINVAL);
  const limit = descriptorLimit(call);
  if (to < 0 || to >= limit) throw new SystemError(EBADF);
  files.duplicateTo(fd, to, { closeOnExec: (flags & O_CLOEXEC) !== 0, limit });
  return to;
}

function fcntl(call: Call): number | Wait {
  const { files } = call.task;
  const fd = int(call, 0);
  const command = int(call, 1);
  const descriptor = files.descriptor(fd);
  const { file } = descriptor;
  if (file.namesOnly && !PATH_COMMANDS.has(command)) throw new SystemError(EBADF);
  switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC: {
      const closeOnExec = command === F_DUPFD_CLOEXEC;
      const minimum = unsignedInt(call, 2);
      return files.duplicate(fd, { minimum, closeOnExec, limit: descriptorLimit(call) });
    }
    case F_GETFD:
      return descriptor.closeOnExec ? FD_CLOEXEC : 0;
    case F_SETFD:
      descriptor.closeOnExec = (int(call, 2) & FD_CLOEXEC) !== 0;
      return 0;
    case F_GETFL:
      return file.flags;
    case F_SETFL:
      setStatusFlags(call, file, int(call, 2));
      return 0;
    case F_GETPIPE_SZ:
      return pipeOf(file).capacity_bytes;
    case F_SETPIPE_SZ:
      return pipeOf(file).resize(int(call, 2), call.task.credentials.has(CAP_SYS_RESOURCE));
    case F_ADD_SEALS:
      if (!file.writable) throw new SystemError(EPERM);
      addSeals(sealable(file), unsignedInt(call, 2));
      return 0;
    case F_GET_SEALS:
      return sealsOf(sealable(file));
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
      return recordLock(call, file, command);
    default: {
      const answer = ownerCommand(call, file, command);
      // Refused as by a kernel that does not have them: leases and directory notification.
      if (answer === null) throw new SystemError(EINVAL);
      return answer;
    }
  }
}

function setStatusFlags(call: Call, file: OpenFile, flags: number): void {
  const { inode } = file;
  const turnsOn = flags & ~file.flags;
  if ((turnsOn & O_NOATIME) !== 0 && inode !== null && !isOwner(inode, call.task.credentials)) {
    throw new SystemError(EPERM);
  }
  const isRegular = file.object instanceof RegularInode;
  // Direct access means nothing to files in memory, and packets in pipes are not there.
  if (!isRegular && (turnsOn & O_DIRECT) !== 0) throw new SystemError(EINVAL);
  setAsync(call, file, (flags & O_ASYNC) !== 0);
  file.flags = (file.flags & ~SETFL_FLAGS) | (flags & SETFL_FLAGS);
}

/** The file that seals are about. Throws EINVAL for one that has none and takes none. */
function sealable({ object }: OpenFile): RegularInode {
  if (object instanceof RegularInode) return object;
  throw new SystemError(EINVAL);
}

function pipeOf({ object }: OpenFile): Pipe {
  if (object instanceof PipeEnd) return object.pipe;
  throw new SystemError(EBADF);
}

function pipe2(call: Call): number {
  const { kernel: { fileSystem }, task } = call;
  const { files, mm } = task;
  const flags = int(call, 1);
  // O_DIRECT asks for packets, which these pipes do not have.
  requireFlags(flags, O_CLOEXEC | O_NONBLOCK);
  const closeOnExec = (flags & O_CLOEXEC) !== 0;
  const { reader, writer } = fileSystem.openPipe(task.credentials, flags & O_NONBLOCK);
  const descriptors: number[] = [];
  try {
    descriptors.push(install(call, reader, closeOnExec));
  } catch (error) {
    writer.release();
    throw error;
  }
  try {
    descriptors.push(install(call, writer, closeOnExec));
    mm.user.write(register(call, 0), new Uint8Array(Int32Array.from(descriptors).buffer));
  } catch (error) {
    for (const fd of descriptors) files.close(fd);
    throw error;
  }
  return 0;
}

/** The file of a descriptor is asked to have its data safe; there is nothing to do but to ask the host. */
function fsync(call: Call): number {
  const { object } = call.task.files.get(int(call, 0));
  if (object.kind !== "regular" && object.kind !== "directory") throw new SystemError(EINVAL);
  if (object instanceof RegularInode) object.synchronise();
  return 0;
}

/** All that the machine itself holds is in memory, and what is a host's is the host's to write. */
function sync(): number {
  return 0;
}

function syncfs(call: Call): number {
  file(call, 0);
  return 0;
}

/** System calls on descriptors, by number. */
export const descriptorCalls: SystemCallGroup = {
  23: { name: "dup", call: dup, args: ["oldfd"] },
  24: { name: "dup3", call: dup3, args: ["oldfd", "newfd", "flags"] },
  25: { name: "fcntl", call: fcntl, args: ["fd", "cmd", "arg"] },
  57: { name: "close", call: close, args: ["fd"] },
  59: { name: "pipe2", call: pipe2, args: ["pipefd", "flags"] },
  81: { name: "sync", call: sync, args: [] },
  82: { name: "fsync", call: fsync, args: ["fd"] },
  83: { name: "fdatasync", call: fsync, args: ["fd"] },
  267: { name: "syncfs", call: syncfs, args: ["fd"] },
  436: { name: "close_range", call: closeRange, args: ["first", "last", "flags"] },
};
