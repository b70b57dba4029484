/**
 * The namespaces of a task: which names, IPC objects and network it sees. Linux's `nsproxy`. A task that
 * has none of its own sees the machine's.
 *
 * Those of mounts, pids, users, control groups and time are not there: making one is EINVAL, as on a kernel
 * that was built without. A new network has its loopback interface up, because nothing here could raise it.
 *
 * Source: `kernel/nsproxy.c`; namespaces(7), uts_namespaces(7), ipc_namespaces(7), network_namespaces(7).
 */

import { CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWUTS } from "./abi/process.ts";
import type { Cloning } from "./fs/cloning.ts";
import { IpcNamespace } from "./ipc/namespace.ts";
import type { Kernel } from "./kernel.ts";
import { Network } from "./net/network.ts";
import type { Task } from "./task.ts";
import { cloneUtsName, type UtsName } from "./uts.ts";

/** The flags of clone(2) that make a namespace of a kind that is there. */
export const NAMESPACE_FLAGS: bigint = CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET;

/** What a task sees. */
export interface Namespaces {
  /** What uname(2) tells. */
  readonly uts: UtsName;
  /** System V objects. */
  readonly ipc: IpcNamespace;
  /** Names and ports of sockets. */
  readonly network: Network;
}

/** The namespaces that a task is in. */
export function namespacesOf(kernel: Kernel, task: Task): Namespaces {
  return task.namespaces ?? kernel;
}

/** Those that a task, or its child, is in after clone(2) or unshare(2) with these flags. */
export function unsharedNamespaces(kernel: Kernel, task: Task, flags: bigint): Namespaces | null {
  if ((flags & NAMESPACE_FLAGS) === 0n) return task.namespaces;
  const { uts, ipc, network } = namespacesOf(kernel, task);
  return {
    uts: (flags & CLONE_NEWUTS) !== 0n ? { ...uts } : uts,
    ipc: (flags & CLONE_NEWIPC) !== 0n ? new IpcNamespace() : ipc,
    network: (flags & CLONE_NEWNET) !== 0n ? new Network(network.sockets) : network,
  };
}

/** The same namespaces in a machine's clone. */
export function cloneNamespaces(namespaces: Namespaces, cloning: Cloning): Namespaces {
  return cloning.once(namespaces, () => ({
    uts: cloneUtsName(namespaces.uts, cloning),
    ipc: namespaces.ipc.clone(cloning),
    network: namespaces.network.clone(cloning),
  }));
}
