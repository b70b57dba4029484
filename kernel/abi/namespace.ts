/**
 * Constants of namespaces: what /proc/PID/ns shows and setns(2) takes.
 *
 * Source: `include/uapi/linux/sched.h`, `include/linux/proc_ns.h`; namespaces(7).
 */

/** A time namespace, for unshare(2), clone3(2) and setns(2): in clone(2) it is part of the signal. */
export const CLONE_NEWTIME = 0x80n;

/** The most user namespaces, and the most pid namespaces, that lie in each other. */
export const NAMESPACE_LEVEL_MAX = 32;

/** The numbers of the machine's own namespaces: those of Linux for its first. */
export const INIT_INO = {
  ipc: 0xefffffff,
  uts: 0xeffffffe,
  user: 0xeffffffd,
  pid: 0xeffffffc,
  cgroup: 0xeffffffb,
  time: 0xeffffffa,
  net: 0xeffffff9,
  mnt: 0xeffffff8,
} as const;

/** The number of the first namespace that is made later: PROC_DYNAMIC_FIRST and those that a boot takes. */
export const FIRST_DYNAMIC_INO = 0xf0000000 + 1;
