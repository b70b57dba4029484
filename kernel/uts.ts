/**
 * The names that uname(2) tells.
 *
 * Source: `include/linux/uts.h`; uname(2).
 */

/** What the machine calls itself; each field is at most 64 bytes of text. */
export interface UtsName {
  /** Name of the operating system. */
  readonly sysname: string;
  /** Name of the machine in the network. */
  readonly nodename: string;
  /** Release of the kernel; glibc refuses to start under one that it finds too old. */
  readonly release: string;
  /** Build of the kernel. */
  readonly version: string;
  /** Name of the processor architecture. */
  readonly machine: string;
  /** NIS domain. */
  readonly domainname: string;
}

/** The release whose system calls this kernel follows. */
export const KERNEL_RELEASE = "6.12.0-crucible";

/** The names of a machine called `nodename`. */
export function utsName(nodename: string): UtsName {
  return {
    sysname: "Linux",
    nodename,
    release: KERNEL_RELEASE,
    version: "#1 SMP PREEMPT Wed Jul 30 00:00:00 UTC 2008",
    machine: "riscv64",
    domainname: "(none)",
  };
}
