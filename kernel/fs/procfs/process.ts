/**
 * /proc/PID and /proc/PID/task/TID.
 *
 * Source: `fs/proc/base.c`; proc_pid(5).
 */

import { type IdKind, mapText, writeMap, writeSetgroups } from "../../user_namespace.ts";
import { Credentials } from "../../credentials.ts";
import { CAP_SYS_PTRACE, CAP_SYS_TIME } from "../../abi/capability.ts";
import { EACCES, EINVAL, ENAMETOOLONG, ENOENT, EPERM, SystemError } from "../../abi/errno.ts";
import { PATH_MAX } from "../../abi/fcntl.ts";
import type { Kernel } from "../../kernel.ts";
import { NAMESPACE_LINKS, NamespaceFile } from "../../namespace_file.ts";
import { namespacesOf } from "../../namespaces.ts";
import { oomScore, setOomScoreAdj } from "../../oom.ts";
import type { Task } from "../../task.ts";
import { offsetsText, setOffsets } from "../../time_namespace.ts";
import { encodeString } from "../byte_string.ts";
import type { OpenFile } from "../open_file.ts";
import type { Place } from "../mount.ts";
import { descriptorLinks, descriptorTexts, namelessPlace } from "./descriptors.ts";
import { limitsText } from "./limits.ts";
import { mapsText, smapsRollupText, smapsText } from "./maps.ts";
import { argumentBytes, auxiliaryVector, environmentBytes } from "./memory_bytes.ts";
import { mountInfoText, mountsText } from "./mounts.ts";
import {
  directory,
  numberOf,
  type ProcDirectoryNode,
  type ProcFileNode,
  type ProcLinkNode,
  type ProcNode,
} from "./node.ts";
import type { Procfs } from "./procfs.ts";
import { statText } from "./stat.ts";
import { statmText, statusText } from "./status.ts";

/** Threads are listed behind `.` and `..` by their ids. */
const FIRST_THREAD_COOKIE = 2;
/** What /proc/PID/loginuid shows of a process that no login has begun. */
const NO_LOGIN_UID = 0xffffffff;

/** The directory of a task by its number: of a process, or, unlisted, of another thread than the first. */
export function taskNode(kernel: Kernel, proc: Procfs, task: Task): ProcDirectoryNode {
  return task.pid === task.tgid ? processNode(kernel, proc, task) : threadNode(kernel, proc, task);
}

/** The directory of a process. */
function processNode(kernel: Kernel, proc: Procfs, task: Task): ProcDirectoryNode {
  return directory({ ...taskEntries(kernel, proc, task), task: threadsNode(kernel, proc, task) }, {
    task,
  });
}

/** The directory of a thread. */
function threadNode(kernel: Kernel, proc: Procfs, task: Task): ProcDirectoryNode {
  return directory(taskEntries(kernel, proc, task), { task });
}

function threadsNode(kernel: Kernel, proc: Procfs, task: Task): ProcDirectoryNode {
  const { group } = task;
  return {
    kind: "directory",
    mode: 0o555,
    task,
    lookup(name) {
      const thread = group.members.find(({ pid }) => proc.numberOf(pid) === numberOf(name));
      return thread === undefined ? null : threadNode(kernel, proc, thread);
    },
    list: () =>
      group.members.map(({ pid }) => proc.numberOf(pid)).sort((a, b) => a - b)
        .map((pid) => ({ name: String(pid), cookie: FIRST_THREAD_COOKIE + pid })),
  };
}

function taskEntries(kernel: Kernel, proc: Procfs, task: Task): Readonly<Record<string, ProcNode>> {
  const text = (read: () => string | Uint8Array, mode = 0o444): ProcNode => ({
    kind: "file",
    mode,
    task,
    read,
  });
  // What a stranger may not know; everybody may open it, and is refused when it is read.
  const secret = (read: () => string | Uint8Array, mode = 0o444) =>
    text(() => {
      requireAccess(kernel, task);
      return read();
    }, mode);
  const place = (find: () => Place | null): ProcLinkNode => placeLink(kernel, task, find);
  return {
    attr: directory({}, { task }),
    auxv: secret(() => auxiliaryVector(task), 0o400),
    cgroup: text(() => "0::/\n"),
    cmdline: text(() => argumentBytes(task)),
    comm: {
      kind: "file",
      mode: 0o644,
      task,
      read: () => `${task.comm}\n`,
      write: (name) => setComm(kernel, task, name),
    },
    cwd: place(() => task.isAlive ? task.fs.cwd : null),
    ...userNamespaceFiles(kernel, task),
    environ: secret(() => environmentBytes(task), 0o400),
    exe: place(() => task.mm.exe_file?.place ?? null),
    fd: descriptorLinks(kernel, proc, task),
    fdinfo: descriptorTexts(task),
    limits: text(() => limitsText(task.limits)),
    loginuid: text(() => String(NO_LOGIN_UID)),
    maps: secret(() => mapsText(task.mm)),
    mountinfo: text(() => mountInfoText(kernel, task)),
    ns: namespaceLinks(kernel, proc, task),
    mounts: text(() => mountsText(kernel, task)),
    oom_score: text(() => `${oomScore(kernel, task.group)}\n`),
    oom_score_adj: {
      kind: "file",
      mode: 0o644,
      task,
      read: () => `${task.group.oomScoreAdj}\n`,
      write: (wanted) => setOomScoreAdj(kernel, task.group, wanted),
    },
    personality: secret(() => `${task.personality.toString(16).padStart(8, "0")}\n`, 0o400),
    root: place(() => task.isAlive ? task.fs.root : null),
    smaps: secret(() => smapsText(kernel, task.mm)),
    smaps_rollup: secret(() => smapsRollupText(kernel, task.mm)),
    stat: text(() => statText(kernel, proc, task)),
    statm: text(() => statmText(task)),
    timens_offsets: timeOffsets(kernel, task),
    status: text(() => statusText(proc, task)),
    wchan: text(() => "0"),
  };
}

/** The directory of the namespaces that a task is in. */
function namespaceLinks(kernel: Kernel, proc: Procfs, task: Task): ProcDirectoryNode {
  const links = Object.entries(NAMESPACE_LINKS).map(([name, of]) => {
    const need = () => {
      requireAccess(kernel, task);
      const namespace = of(namespacesOf(kernel, task), task);
      // Nobody can enter it before its first process has been made.
      if (namespace.kind === "pid" && namespace.is?.init === null) throw new SystemError(ENOENT);
      return new NamespaceFile(namespace);
    };
    const node: ProcLinkNode = {
      kind: "link",
      mode: 0o777,
      task,
      target: () => need().description,
      follow: () => namelessPlace(kernel, proc, need()),
    };
    return [name, node] as const;
  });
  return directory(Object.fromEntries(links), { mode: 0o511, task });
}

/** What a task's user namespace maps, and whether groups can be dropped in it. */
function userNamespaceFiles(kernel: Kernel, task: Task): Readonly<Record<string, ProcFileNode>> {
  const of = () => task.credentials.userNamespace;
  const base = { kind: "file", mode: 0o644, task } as const;
  const caller = () => kernel.scheduler.current?.credentials ?? Credentials.of(0);
  const mapFile = (kind: IdKind): ProcFileNode => ({
    ...base,
    read: () => mapText(of(), kind, caller().userNamespace),
    write: (text, position) => writeMap(of(), kind, text, position, caller()),
  });
  return {
    gid_map: mapFile("gid"),
    setgroups: {
      ...base,
      read: () => of()?.allowsSetgroups === false ? "deny\n" : "allow\n",
      write: (text) => writeSetgroups(of(), text, caller()),
    },
    uid_map: mapFile("uid"),
  };
}

/** By how much the clocks of a task's children are ahead. */
function timeOffsets(kernel: Kernel, task: Task): ProcFileNode {
  const offsets = () => namespacesOf(kernel, task).timeForChildren;
  return {
    kind: "file",
    mode: 0o644,
    task,
    read: () => offsetsText(offsets()),
    write(text) {
      const caller = kernel.scheduler.current;
      const { owner } = offsets();
      if (caller?.credentials.hasIn(owner, CAP_SYS_TIME) === false) throw new SystemError(EPERM);
      setOffsets(offsets(), text, kernel.clock.monotonic_ns);
    },
  };
}

/** A link to a place, which is shown as the caller sees it. */
function placeLink(kernel: Kernel, task: Task, find: () => Place | null): ProcLinkNode {
  const need = (): Place => {
    requireAccess(kernel, task);
    const place = find();
    if (place === null) throw new SystemError(ENOENT);
    return place;
  };
  return {
    kind: "link",
    mode: 0o777,
    task,
    target: () => requireShort(shownPath(kernel, need())),
    follow: need,
  };
}

/** The path of a place from the caller's root, with a mark when its name is gone. */
export function shownPath(kernel: Kernel, place: Place): string {
  const root = kernel.scheduler.current?.fs.root ?? null;
  const { path, deleted } = place.pathFrom(root);
  return deleted ? `${path} (deleted)` : path;
}

/** A path that readlink(2) can give. Throws ENAMETOOLONG. Source: `do_proc_readlink`. */
export function requireShort(path: string): string {
  if (encodeString(path).length >= PATH_MAX) throw new SystemError(ENAMETOOLONG);
  return path;
}

/** How the caller is shown an open file. */
export function shownFile(kernel: Kernel, { place, object }: OpenFile): string {
  return place === null ? object.description : shownPath(kernel, place);
}

/** Throws EACCES unless the caller may look into the task: ptrace_may_access(). */
export function requireAccess({ scheduler }: Kernel, task: Task): void {
  const caller = scheduler.current;
  // Whoever looks from outside of the machine sees all.
  if (caller === undefined || caller.group === task.group) return;
  const { fsuid, fsgid } = caller.credentials;
  const { userNamespace } = task.credentials;
  if (caller.credentials.hasIn(userNamespace, CAP_SYS_PTRACE)) return;
  const { uid, euid, suid, gid, egid, sgid } = task.credentials;
  const isSame = [uid, euid, suid].every((id) => id === fsuid) &&
    [gid, egid, sgid].every((id) => id === fsgid);
  const isSameNamespace = caller.credentials.userNamespace === userNamespace;
  if (!isSame || !isSameNamespace || task.dumpable !== 1) throw new SystemError(EACCES);
}

/** Only the threads of a process may name each other. */
function setComm({ scheduler }: Kernel, task: Task, name: string): void {
  if (scheduler.current?.group !== task.group) throw new SystemError(EINVAL);
  task.comm = name.replace(/\0.*$/s, "");
}
