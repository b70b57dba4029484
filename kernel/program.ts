/**
 * Starting programs: as new tasks for the harness, or in place of a task's old program for execve(2).
 *
 * Source: `fs/exec.c` (`begin_new_exec`, `setup_new_exec`), `arch/riscv/kernel/process.c`
 * (`start_thread`); execve(2).
 */

import { enteredNamespaces, namespacesOf } from "./namespaces.ts";
import { Registers } from "../emu/mod.ts";
import { EACCES, SystemError } from "./abi/errno.ts";
import { O_RDONLY, O_WRONLY } from "./abi/fcntl.ts";
import {
  PER_CLEAR_ON_SETID,
  PER_LINUX,
  PER_LINUX32,
  PER_MASK,
  SUID_DUMP_DISABLE,
  SUID_DUMP_USER,
} from "./abi/process.ts";
import { SIGCHLD } from "./abi/signal.ts";
import { Credentials } from "./credentials.ts";
import { becomeOnlyThread } from "./de_thread.ts";
import { ExecError } from "./exec/elf.ts";
import { type ExecEnvironment, type LoadedProgram, loadProgram } from "./exec/exec.ts";
import { encodeString } from "./fs/byte_string.ts";
import { FileTable } from "./fs/file_table.ts";
import { FsContext } from "./fs/fs_context.ts";
import { RegularInode } from "./fs/inode.ts";
import { OpenFile } from "./fs/open_file.ts";
import type { Place } from "./fs/mount.ts";
import type { MountNamespace } from "./fs/mount_namespace.ts";
import { requireDirectory, resolvePath } from "./fs/path.ts";
import { MAY_EXECUTE, requireExecutableMount, requirePermission } from "./fs/permissions.ts";
import type { Kernel } from "./kernel.ts";
import { disownQueues } from "./ipc/posix_queue_calls.ts";
import { leaveMemory } from "./leave_memory.ts";
import { Limits } from "./limits.ts";
import { Dispositions } from "./signals/dispositions.ts";
import { NO_ALTERNATE_STACK, TaskSignals } from "./signals/task_signals.ts";
import { Task } from "./task.ts";
import { takeOwnTerminals } from "./terminals.ts";
import { INIT_PID } from "./task_table.ts";
import { ThreadGroup } from "./thread_group.ts";

/** A program for {@link Kernel.spawn} to start. */
export interface SpawnOptions {
  /** Path of the executable, in the machine's tree; relative to `cwd`. */
  readonly path: string;
  /** Arguments, the program's name first. Default: the path alone. */
  readonly argv?: readonly string[];
  /** Environment. Default: empty. */
  readonly env?: Readonly<Record<string, string>>;
  /** Current directory. Default: `/`. */
  readonly cwd?: string;
  /** Permission bits that new files do not get. Default: 0o022. */
  readonly umask?: number;
  /** User, 0 … 2^32 - 2. Default: 0, root. */
  readonly uid?: number;
  /** Group, 0 … 2^32 - 2. Default: the same number as `uid`. */
  readonly gid?: number;
  /**
   * Its descriptors: a whole table, or what to put in place of the machine's streams on 0, 1 and 2. The
   * new task takes over the references, when it is started.
   */
  readonly files?: FileTable | Readonly<Record<number, OpenFile>>;
  /** Process group to enter. Default: one of its own, as a shell with job control would give it. */
  readonly pgid?: number;
  /** Whether it begins a session of its own, and leads it. Default: false, init's session. */
  readonly session?: boolean;
}

/** Starts a program as a child of init. Throws SystemError, and leaves nothing, when it cannot. */
export function spawnTask(kernel: Kernel, options: SpawnOptions): Task {
  const { path, argv = [path], env = {}, cwd = "/", uid = 0, gid = uid, umask } = options;
  const { root } = kernel.fileSystem;
  const directory = kernel.fileSystem.resolve(cwd);
  requireDirectory(directory);
  const fs = new FsContext({ root, cwd: directory, ...(umask === undefined ? {} : { umask }) });
  const credentials = Credentials.of(uid, gid);
  const limits = Limits.atBoot();
  const pid = kernel.tasks.allocatePid();
  const program = loadProgram(execEnvironment(kernel, credentials, fs, kernel.fileSystem.mounts), {
    path,
    argv: argv.map(encodeString),
    envp: Object.entries(env).map(([name, value]) => encodeString(`${name}=${value}`)),
    credentials,
    limits,
  });
  const task = new Task({
    pid,
    ppid: INIT_PID,
    group: new ThreadGroup({
      id: pid,
      pgid: options.pgid ?? pid,
      sid: options.session === true ? pid : INIT_PID,
      limits,
    }),
    comm: baseName(path),
    credentials: program.credentials,
    mm: program.mm,
    files: options.files instanceof FileTable
      ? options.files
      : standardFiles(kernel, options.files ?? {}),
    fs,
    signals: new TaskSignals(Dispositions.defaults()),
  });
  task.startTime_ns = kernel.clock.monotonic_ns;
  startThread(task, program);
  kernel.tasks.add(task);
  kernel.scheduler.admit(task);
  takeOwnTerminals(kernel, task);
  return task;
}

/** What execve(2) is asked for. */
export interface ExecveRequest {
  readonly path: string;
  /** Where the executable is, when it is not to be looked for at `path`: execveat(2). */
  readonly place?: Place;
  /** Whether `path` leads through a descriptor that is closed by this. */
  readonly isClosing?: boolean;
  readonly argv: readonly Uint8Array[];
  readonly envp: readonly Uint8Array[];
}

/** The personality of a program that is executed with these rights: SET_PERSONALITY. */
function personalityOf(caller: number, hasSameRights: boolean): number {
  const kept = hasSameRights ? caller : caller & ~PER_CLEAR_ON_SETID;
  if ((kept & PER_MASK) === PER_LINUX32) return kept >>> 0;
  return ((kept & ~PER_MASK) | PER_LINUX) >>> 0;
}

/** Puts another program in place of a task's own. Throws SystemError, and changes nothing, when it cannot. */
export function executeProgram(kernel: Kernel, task: Task, request: ExecveRequest): void {
  const { credentials, fs, limits } = task;
  const { mnt } = namespacesOf(kernel, task);
  const environment = execEnvironment(kernel, credentials, fs, mnt);
  const program = loadProgram(environment, { ...request, credentials, limits });

  becomeOnlyThread(kernel, task);
  leaveMemory(kernel, task, program.mm);
  unshareFiles(task);
  task.files.closeOnExec();
  disownQueues(task);
  // Another process may share them.
  task.signals.dispositions = task.signals.dispositions.fork();
  task.signals.dispositions.forgetHandlers();
  task.signals.alternateStack = NO_ALTERNATE_STACK;
  task.comm = baseName(request.path);
  task.clearChildTid = 0;
  task.robustList = { head: 0, length: 0 };
  const { euid, egid } = program.credentials;
  const isSame = euid === credentials.euid && egid === credentials.egid;
  // Whoever could look into the old program may not look into one that has other rights.
  task.dumpable = isSame ? SUID_DUMP_USER : SUID_DUMP_DISABLE;
  if (!isSame) task.parentDeathSignal = 0;
  task.personality = personalityOf(task.personality, isSame);
  task.credentials = program.credentials;
  task.group.timers.clearForExec();
  kernel.timers.changed();
  task.group.hasExecuted = true;
  task.namespaces = enteredNamespaces(task.namespaces);
  // A signal of its own choice at the end is nothing that another program would know of.
  task.group.exitSignal = SIGCHLD;
  for (const child of kernel.tasks.childrenOf(task.tgid)) child.group.exitSignal = SIGCHLD;
  startThread(task, program);
}

/** Other tasks keep the table that was shared with them. */
function unshareFiles(task: Task): void {
  const { files } = task;
  if (files.users === 1) return;
  task.files = files.fork();
  files.release();
}

/** Puts the registers at the program's beginning: start_thread(). */
function startThread({ registers }: Task, { entry, stackPointer }: LoadedProgram): void {
  registers.copyFrom(new Registers());
  registers.pc = BigInt(entry);
  registers.setX(2, BigInt(stackPointer));
}

function execEnvironment(
  kernel: Kernel,
  credentials: Credentials,
  fs: FsContext,
  mounts: MountNamespace,
): ExecEnvironment {
  const { memory, vdso, entropy } = kernel;
  const context = { mounts, root: fs.root, start: fs.cwd, credentials };
  const openExecutable = (path: string | Place): OpenFile => {
    const place = typeof path === "string" ? resolvePath(context, path) : path;
    const { inode } = place;
    if (!(inode instanceof RegularInode)) throw new ExecError(EACCES, "it is not a regular file");
    inode.refresh();
    try {
      requirePermission(place, credentials, MAY_EXECUTE);
      requireExecutableMount(place);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      throw new ExecError(error.errno, "it has no permission to be executed");
    }
    return new OpenFile({ object: inode, place, flags: O_RDONLY });
  };
  return { memory, vdso, entropy, mounts, openExecutable };
}

/** Descriptors 0, 1 and 2 on the machine's streams, or on what is given for them. */
function standardFiles(
  { streams }: Kernel,
  redirections: Readonly<Record<number, OpenFile>>,
): FileTable {
  const files = new FileTable();
  for (const stream of streams.slice(0, 3)) {
    if (redirections[stream.index] !== undefined) continue;
    const access = stream.index === 0 ? O_RDONLY : O_WRONLY;
    files.installAt(stream.index, OpenFile.onStream(stream, access));
  }
  for (const [fd, file] of Object.entries(redirections)) files.installAt(Number(fd), file);
  return files;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
