/**
 * Files that stand for namespaces: what the links of /proc/PID/ns lead to, and setns(2) takes.
 *
 * Source: `fs/nsfs.c`, `fs/proc/namespaces.c`; namespaces(7).
 */

import { EINVAL, SystemError } from "./abi/errno.ts";
import { CLONE_NEWTIME, INIT_INO } from "./abi/namespace.ts";
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
} from "./abi/process.ts";
import { S_IFREG } from "./abi/stat.ts";
import { BOOT_REALTIME_NS } from "./clock.ts";
import { NAMESPACE_DEVICE } from "./fs/anonymous.ts";
import type { Cloning } from "./fs/cloning.ts";
import { type Attributes, type FileKind, FileObject } from "./fs/file_object.ts";
import type { MountNamespace } from "./fs/mount_namespace.ts";
import type { IpcNamespace } from "./ipc/namespace.ts";
import type { Kernel } from "./kernel.ts";
import { type CgroupNamespace, cloneCgroups, type Namespaces, namespacesOf } from "./namespaces.ts";
import type { Network } from "./net/network.ts";
import type { PidNamespace } from "./pid_namespace.ts";
import type { Task } from "./task.ts";
import type { TimeNamespace } from "./time_namespace.ts";
import type { UserNamespace } from "./user_namespace.ts";
import { cloneUtsName, type UtsName } from "./uts.ts";

/** A namespace with its kind; `null` for the machine's own where nothing else stands for that. */
export type Namespace =
  | { readonly kind: "cgroup"; readonly is: CgroupNamespace }
  | { readonly kind: "ipc"; readonly is: IpcNamespace }
  | { readonly kind: "mnt"; readonly is: MountNamespace }
  | { readonly kind: "net"; readonly is: Network }
  | { readonly kind: "pid"; readonly is: PidNamespace | null }
  | { readonly kind: "time"; readonly is: TimeNamespace }
  | { readonly kind: "user"; readonly is: UserNamespace | null }
  | { readonly kind: "uts"; readonly is: UtsName };

/** The flag of clone(2) for each kind. */
const FLAGS: Readonly<Record<Namespace["kind"], bigint>> = {
  cgroup: CLONE_NEWCGROUP,
  ipc: CLONE_NEWIPC,
  mnt: CLONE_NEWNS,
  net: CLONE_NEWNET,
  pid: CLONE_NEWPID,
  time: CLONE_NEWTIME,
  user: CLONE_NEWUSER,
  uts: CLONE_NEWUTS,
};

/** The namespaces of a task by the names of their links in /proc/PID/ns, in the order of the directory. */
export const NAMESPACE_LINKS: Readonly<
  Record<string, (namespaces: Namespaces, task: Task) => Namespace>
> = {
  net: ({ network }) => ({ kind: "net", is: network }),
  uts: ({ uts }) => ({ kind: "uts", is: uts }),
  ipc: ({ ipc }) => ({ kind: "ipc", is: ipc }),
  pid: (_, { group }) => ({ kind: "pid", is: group.pidNamespace }),
  pid_for_children: ({ pidForChildren }) => ({ kind: "pid", is: pidForChildren }),
  user: (_, { credentials }) => ({ kind: "user", is: credentials.userNamespace }),
  mnt: ({ mnt }) => ({ kind: "mnt", is: mnt }),
  cgroup: ({ cgroup }) => ({ kind: "cgroup", is: cgroup }),
  time: ({ time }) => ({ kind: "time", is: time }),
  time_for_children: ({ timeForChildren }) => ({ kind: "time", is: timeForChildren }),
};

/** The namespaces of a task that some flags of clone(2) name. Throws EINVAL for a flag of no kind. */
export function namespacesByFlags(kernel: Kernel, task: Task, flags: bigint): readonly Namespace[] {
  const own = namespacesOf(kernel, task);
  const kinds = Object.entries(NAMESPACE_LINKS).map(([name, of]) => ({ name, ...of(own, task) }));
  const chosen = kinds.filter(({ name, kind }) => name === kind && (flags & FLAGS[kind]) !== 0n);
  const known = chosen.reduce((set, { kind }) => set | FLAGS[kind], 0n);
  if (flags === 0n || known !== flags) throw new SystemError(EINVAL);
  return chosen;
}

/** A file that stands for a namespace. */
export class NamespaceFile extends FileObject {
  override readonly kind: FileKind = "namespace";
  /** For which. */
  readonly namespace: Namespace;

  /** A file for a namespace. */
  constructor(namespace: Namespace) {
    super();
    this.namespace = namespace;
  }

  /** What clone(2) calls its kind. */
  get flag(): bigint {
    return FLAGS[this.namespace.kind];
  }

  override get description(): string {
    const { kind, is } = this.namespace;
    return `${kind}:[${is?.ino ?? INIT_INO[kind]}]`;
  }

  override attributes(): Attributes {
    const { kind, is } = this.namespace;
    const at_ns = BOOT_REALTIME_NS;
    return {
      device: NAMESPACE_DEVICE,
      ino: is?.ino ?? INIT_INO[kind],
      mode: S_IFREG | 0o444,
      nlink: 1,
      uid: 0,
      gid: 0,
      rdev: 0,
      size: 0,
      blocks: 0,
      atime_ns: at_ns,
      mtime_ns: at_ns,
      ctime_ns: at_ns,
      btime_ns: at_ns,
    };
  }

  override reopened(): FileObject {
    return new NamespaceFile(this.namespace);
  }

  override opened(): void {
    const { kind, is } = this.namespace;
    if (kind === "mnt") is.files++;
  }

  override closed(): void {
    const { kind, is } = this.namespace;
    if (kind !== "mnt" || --is.files > 0) return;
    is.root.superblock.environment.kernel?.fileSystem.collectMounts();
  }

  override clone(cloning: Cloning): NamespaceFile {
    return cloning.once(this, () => new NamespaceFile(cloneNamespace(this.namespace, cloning)));
  }
}

function cloneNamespace(namespace: Namespace, cloning: Cloning): Namespace {
  switch (namespace.kind) {
    case "cgroup":
      return { kind: "cgroup", is: cloneCgroups(namespace.is, cloning) };
    case "ipc":
      return { kind: "ipc", is: namespace.is.clone(cloning) };
    case "mnt":
      return { kind: "mnt", is: namespace.is.clone(cloning) };
    case "net":
      return { kind: "net", is: namespace.is.clone(cloning) };
    case "pid":
      return { kind: "pid", is: namespace.is?.clone(cloning) ?? null };
    case "time":
      return { kind: "time", is: namespace.is.clone(cloning) };
    case "user":
      return { kind: "user", is: namespace.is?.clone(cloning) ?? null };
    case "uts":
      return { kind: "uts", is: cloneUtsName(namespace.is, cloning) };
  }
}
