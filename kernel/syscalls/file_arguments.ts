/**
 * Arguments of system calls on files: descriptors, paths relative to descriptors, offsets, flags.
 *
 * Source: `fs/namei.c` (`getname`, `path_init`), openat(2).
 */

import { EINVAL, ENOENT, ENOTDIR, SystemError } from "../abi/errno.ts";
import { AT_FDCWD } from "../abi/fcntl.ts";
import { RLIMIT_NOFILE } from "../abi/resource.ts";
import { FILE_BYTES_MAX } from "../fs/inode.ts";
import type { Place } from "../fs/mount.ts";
import type { OpenContext } from "../fs/open.ts";
import type { OpenFile } from "../fs/open_file.ts";
import { PathWalk, requireDirectory } from "../fs/path.ts";
import type { FileCredentials } from "../fs/permissions.ts";
import { namespacesOf } from "../namespaces.ts";
import { sendToTask } from "../signals/send.ts";
import { userSignal } from "../signals/siginfo.ts";
import { terminalOfSession } from "../terminals.ts";
import { int, long, register } from "./arguments.ts";
import type { Call } from "./group.ts";

/** What a file's name, or an empty name with AT_EMPTY_PATH, has led to. */
export interface Target {
  /** Where it is; `null` for what has no name, such as a pipe. */
  readonly place: Place | null;
  /** The open file, when an empty name led to it. */
  readonly file: OpenFile | null;
}

/** How {@link targetAt} resolves a name. */
export interface TargetOptions {
  /** Whether a symbolic link as the last component is followed. */
  readonly follow: boolean;
  /** Whether an empty path stands for the descriptor itself: AT_EMPTY_PATH. */
  readonly allowEmpty: boolean;
  /** Whether, with `allowEmpty`, no path at all is as good as an empty one. Default: false. */
  readonly allowNull?: boolean;
  /** As whom; by default as the task. */
  readonly credentials?: FileCredentials;
}

/** The path at argument `index`. Throws EFAULT, or ENAMETOOLONG for 4096 bytes and more. */
export function path(call: Call, index: number): string {
  return call.task.mm.user.readString(register(call, index));
}

/** The open file of the descriptor at argument `index`. Throws EBADF, also for one with O_PATH. */
export function file(call: Call, index: number): OpenFile {
  return call.task.files.get(int(call, index));
}

/** The open file of the descriptor at argument `index`, be it one with O_PATH. Throws EBADF. */
export function anyFile(call: Call, index: number): OpenFile {
  return call.task.files.getAny(int(call, index));
}

/** Throws EINVAL for bits of `flags` that are not among `known`. */
export function requireFlags(flags: number, known: number): void {
  if ((flags & ~known) !== 0) throw new SystemError(EINVAL);
}

/**
 * An `loff_t` as a number: exact from -2^53 to {@link FILE_BYTES_MAX}; what lies above becomes the number
 * behind it, what lies below becomes -2^53.
 */
export function offset(call: Call, index: number): number {
  const value = long(call, index);
  return Number(clamped(value, -(2n ** 53n), BigInt(FILE_BYTES_MAX) + 1n));
}

function clamped(value: bigint, least: bigint, most: bigint): bigint {
  return value < least ? least : value > most ? most : value;
}

/** How the task resolves paths from `start`. */
export function contextFrom(call: Call, start: Place, credentials?: FileCredentials): OpenContext {
  const { kernel, task } = call;
  return {
    mounts: namespacesOf(kernel, task).mnt,
    root: task.fs.root,
    start,
    credentials: credentials ?? task.credentials,
    umask: task.fs.umask,
    // Few calls ask for it.
    get terminal() {
      return terminalOfSession(kernel, task.sid);
    },
  };
}

/**
 * How the task resolves `name` relative to the descriptor at argument `index`, which counts only for a
 * relative path. Throws EBADF, ENOTDIR.
 */
export function contextAt(
  call: Call,
  index: number,
  name: string,
  credentials?: FileCredentials,
): OpenContext {
  const { fs } = call.task;
  const start = name.startsWith("/") ? fs.cwd : startAt(call, index);
  return contextFrom(call, start, credentials);
}

function startAt(call: Call, index: number): Place {
  if (int(call, index) === AT_FDCWD) return call.task.fs.cwd;
  const { place } = anyFile(call, index);
  if (place === null) throw new SystemError(ENOTDIR);
  requireDirectory(place);
  return place;
}

/** What the descriptor at argument `index` and the name behind it lead to. Throws as resolving does. */
export function targetAt(call: Call, index: number, options: TargetOptions): Target {
  const { follow, allowEmpty, allowNull = false, credentials } = options;
  const isNull = allowNull && allowEmpty && register(call, index + 1) === 0n;
  const name = isNull ? "" : path(call, index + 1);
  if (name === "" && allowEmpty) {
    if (int(call, index) === AT_FDCWD) return { place: call.task.fs.cwd, file: null };
    const file = anyFile(call, index);
    return { place: file.place, file };
  }
  if (name === "") throw new SystemError(ENOENT);
  const walk = new PathWalk(contextAt(call, index, name, credentials));
  return { place: walk.resolve(name, { follow }), file: null };
}

/** RLIMIT_NOFILE: one more than the highest descriptor that the task may have. */
export function descriptorLimit(call: Call): number {
  return call.task.limits.soft(RLIMIT_NOFILE);
}

/** Throws EMFILE when there is no descriptor left, before anything is made for it. */
export function requireDescriptor(call: Call): void {
  call.task.files.lowestFree(0, descriptorLimit(call));
}

/** Gives the file a descriptor; the reference goes over to it, or is given up. Throws EMFILE. */
export function install(call: Call, opened: OpenFile, closeOnExec: boolean): number {
  try {
    return call.task.files.install(opened, 0, closeOnExec, descriptorLimit(call));
  } catch (error) {
    opened.release();
    throw error;
  }
}

/** Sends the task a signal for what it has just tried: SIGPIPE, SIGXFSZ. */
export function signalSelf(call: Call, signo: number): void {
  const { kernel, task } = call;
  sendToTask(kernel, task, userSignal(signo, { pid: task.tgid, uid: task.credentials.uid }));
}
