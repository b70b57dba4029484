/**
 * Who is signalled when a file with O_ASYNC has something to tell: `struct fown_struct`.
 *
 * Source: `fs/fcntl.c`; fcntl(2) ("Managing signals").
 */

/** A thread, a process or a process group: F_OWNER_TID, F_OWNER_PID, F_OWNER_PGRP. */
export type OwnerKind = "thread" | "process" | "group";

/** Who is signalled. */
export interface FileOwner {
  /** What the pid is one of. */
  readonly kind: OwnerKind;
  /** The machine's pid; 0 for nobody any more. */
  readonly pid: number;
  /** The real user who has said so: he needs the right to signal. */
  readonly uid: number;
  /** The effective one. */
  readonly euid: number;
}
