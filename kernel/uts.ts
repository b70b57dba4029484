/**
 * The names that uname(2) tells.
 *
 * Source: `include/linux/uts.h`; uname(2).
 */

import type { UserNamespace } from "./user_namespace.ts";
import { INIT_INO } from "./abi/namespace.ts";
import type { Cloning } from "./fs/cloning.ts";

/** What the machine calls itself; each field is at most 64 bytes of text. */
export interface UtsName {
  /** Number of the namespace, as /proc/PID/ns shows it. */
  readonly ino: number;
  /** Whose privileges count for it; `null` for the machine's. */
  readonly owner: UserNamespace | null;
  /** Name of the operating system. */
  readonly sysname: string;
  /** Name of the machine in the network. */
  nodename: string;
  /** Release of the kernel; glibc refuses to start under one that it finds too old. */
  readonly release: string;
  /** Build of the kernel. */
  readonly version: string;
  /** Name of the processor architecture. */
  readonly machine: string;
  /** NIS domain. */
  domainname: string;
}

/** What the domain is called while nobody has said. */
const NO_DOMAIN = "(none)";

/** The same names in a machine's clone. */
export function cloneUtsName(names: UtsName, cloning: Cloning): UtsName {
  return cloning.once(names, () => ({ ...names, owner: names.owner?.clone(cloning) ?? null }));
}

/** The release whose system calls this kernel follows. */
export const KERNEL_RELEASE = "6.12.0-crucible";

/** The names of a machine called `nodename`. */
export function utsName(nodename: string): UtsName {
  return {
    ino: INIT_INO.uts,
    owner: null,
    sysname: "Linux",
    nodename,
    release: KERNEL_RELEASE,
    version: "#1 SMP PREEMPT Wed Jul 30 00:00:00 UTC 2008",
    machine: "riscv64",
    domainname: NO_DOMAIN,
  };
}
