/**
 * The capabilities of a task, and how user ids, programs and the task itself change them. Credentials hold
 * them; the rules are here.
 *
 * Source: `security/commoncap.c`; capabilities(7).
 */

import { EPERM, SystemError } from "./abi/errno.ts";
import {
  ALL_CAPABILITIES,
  CAP_SETPCAP,
  FILE_CAPABILITIES,
  SECBIT_KEEP_CAPS,
  SECBIT_NO_SETUID_FIXUP,
  SECBIT_NOROOT,
} from "./abi/capability.ts";

/** Sets of capabilities, bit n for capability n. */
export class Capabilities {
  /** What counts now. */
  effective: bigint;
  /** What it may make effective. */
  permitted: bigint;
  /** What a program may inherit, where its file allows that. */
  inheritable = 0n;
  /** Beyond which no program gets. */
  bounding: bigint = ALL_CAPABILITIES;
  /** What a program without privileges of its own keeps. */
  ambient = 0n;
  /** SECBIT_*. */
  securebits = 0;

  /** All, or none, of the capabilities. */
  constructor(all: boolean) {
    this.effective = this.permitted = all ? ALL_CAPABILITIES : 0n;
  }

  /** Whether a capability is effective. */
  has(capability: number): boolean {
    return (this.effective & (1n << BigInt(capability))) !== 0n;
  }

  /** The user ids have changed from `before` to `after`: cap_emulate_setxuid(). */
  usersChanged(before: UserIds, after: UserIds): void {
    if ((this.securebits & SECBIT_NO_SETUID_FIXUP) !== 0) return;
    const wasRoot = [before.uid, before.euid, before.suid].includes(0);
    const isRoot = [after.uid, after.euid, after.suid].includes(0);
    if (wasRoot && !isRoot) {
      if ((this.securebits & SECBIT_KEEP_CAPS) === 0) this.effective = this.permitted = 0n;
      this.ambient = 0n;
    }
    if (before.euid === 0 && after.euid !== 0) this.effective = 0n;
    if (before.euid !== 0 && after.euid === 0) this.effective = this.permitted;
  }

  /** The user for file access has changed: cap_task_fix_setuid(LSM_SETID_FS). */
  fileUserChanged(before: number, after: number): void {
    if ((this.securebits & SECBIT_NO_SETUID_FIXUP) !== 0) return;
    if (before === 0 && after !== 0) this.effective &= ~FILE_CAPABILITIES;
    if (before !== 0 && after === 0) this.effective |= this.permitted & FILE_CAPABILITIES;
  }

  /**
   * A program without capabilities of its own is executed as these users; `changesIds` says whether its
   * set-id bits have changed one. Answers whether it got more than its caller's ambient ones.
   */
  programExecuted(users: Pick<UserIds, "uid" | "euid">, changesIds: boolean): boolean {
    if (changesIds) this.ambient = 0n;
    const isRoot = (this.securebits & SECBIT_NOROOT) === 0;
    const gives = isRoot && (users.uid === 0 || users.euid === 0);
    const isEffective = isRoot && users.euid === 0;
    this.permitted = (gives ? this.bounding | this.inheritable : 0n) | this.ambient;
    this.effective = isEffective ? this.permitted : this.ambient;
    this.securebits &= ~SECBIT_KEEP_CAPS;
    return (this.permitted & ~this.ambient) !== 0n;
  }

  /** capset(2). Throws EPERM. */
  set(wanted: Pick<Capabilities, "effective" | "permitted" | "inheritable">): void {
    const { effective, permitted, inheritable } = wanted;
    const inheritsMore = (inheritable & ~(this.inheritable | this.permitted)) !== 0n;
    const isAllowed = (this.has(CAP_SETPCAP) || !inheritsMore) &&
      (inheritable & ~(this.inheritable | this.bounding)) === 0n &&
      (permitted & ~this.permitted) === 0n && (effective & ~permitted) === 0n;
    if (!isAllowed) throw new SystemError(EPERM);
    this.effective = effective;
    this.permitted = permitted;
    this.inheritable = inheritable;
    this.ambient &= permitted & inheritable;
  }

  /** Whether one that has `other` could come to have these by what a task may do to itself. */
  isWithin(other: Capabilities): boolean {
    const inherited = other.inheritable |
      (other.has(CAP_SETPCAP) ? other.bounding : other.permitted);
    return (this.permitted & ~other.permitted) === 0n &&
      (this.bounding & ~other.bounding) === 0n &&
      (this.inheritable & ~inherited) === 0n &&
      (this.securebits === other.securebits || other.has(CAP_SETPCAP)) &&
      this.isConsistent;
  }

  /** Whether no set holds what it cannot. */
  get isConsistent(): boolean {
    return (this.effective & ~this.permitted) === 0n &&
      (this.ambient & ~(this.permitted & this.inheritable)) === 0n;
  }

  /** An independent copy. */
  clone(): Capabilities {
    return Object.assign(new Capabilities(false), this);
  }
}

/** The user ids on which capabilities depend. */
export interface UserIds {
  /** The real one. */
  readonly uid: number;
  /** The effective one. */
  readonly euid: number;
  /** The saved one. */
  readonly suid: number;
}
