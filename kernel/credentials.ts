/**
 * Who a task is: its user and group ids and what they allow. The rules of the set*id calls are here,
 * so that the system calls and restart decide by the same code.
 *
 * Source: `kernel/sys.c`, `kernel/groups.c`; credentials(7).
 */

import type { Cloning } from "./fs/cloning.ts";
import { hasCapabilityIn, idIn, type UserNamespace } from "./user_namespace.ts";
import { ALL_CAPABILITIES, CAP_KILL, CAP_SETGID, CAP_SETUID } from "./abi/capability.ts";
import { EINVAL, EPERM, SystemError } from "./abi/errno.ts";
import { Capabilities, type UserIds } from "./capabilities.ts";

/** The value of an id that means "leave it": (uid_t)-1. */
export const KEEP_ID = 0xffffffff;
/** The most supplementary groups. */
export const NGROUPS_MAX = 65536;

/** The ids of a task, each 0 … 2^32 - 2. */
export class Credentials {
  /** Real user id: who started the task. */
  uid = 0;
  /** Effective user id: whose rights it has. */
  euid = 0;
  /** Saved user id: what it may go back to. */
  suid = 0;
  /** User id for file access; follows euid. */
  fsuid = 0;
  /** Real group id. */
  gid = 0;
  /** Effective group id. */
  egid = 0;
  /** Saved group id. */
  sgid = 0;
  /** Group id for file access; follows egid. */
  fsgid = 0;
  /** Supplementary groups, ascending. */
  groups: readonly number[] = [];
  /** PR_SET_NO_NEW_PRIVS: execve(2) gives nothing new; never cleared. */
  noNewPrivileges = false;
  /** What it may do beyond what its ids say. */
  capabilities: Capabilities = new Capabilities(true);
  /** The namespace in which those count; `null` for the machine's. */
  userNamespace: UserNamespace | null = null;

  /** The ids of user `uid` and group `gid`, with no supplementary groups. */
  static of(uid: number, gid: number = uid): Credentials {
    const credentials = new Credentials();
    credentials.uid =
      credentials.euid =
      credentials.suid =
      credentials.fsuid =
        uid;
    credentials.gid =
      credentials.egid =
      credentials.sgid =
      credentials.fsgid =
        gid;
    credentials.capabilities = new Capabilities(uid === 0);
    return credentials;
  }

  /** Whether every privileged operation is allowed: all capabilities are effective. */
  get isPrivileged(): boolean {
    return this.userNamespace === null && this.capabilities.effective === ALL_CAPABILITIES;
  }

  /** Whether a capability is effective towards the machine: capable(). */
  has(capability: number): boolean {
    return this.userNamespace === null && this.capabilities.has(capability);
  }

  /** Whether a capability is effective in its own user namespace. */
  hasHere(capability: number): boolean {
    return this.capabilities.has(capability);
  }

  /** Whether a capability is effective towards what belongs to a user namespace: ns_capable(). */
  hasIn(namespace: UserNamespace | null, capability: number): boolean {
    return hasCapabilityIn(this, namespace, capability);
  }

  /** Whether a capability is effective towards an inode: capable_wrt_inode_uidgid(). */
  hasOver(
    { uid, gid }: { readonly uid: number; readonly gid: number },
    capability: number,
  ): boolean {
    const { userNamespace } = this;
    const isKnown = idIn(userNamespace, "uid", uid) >= 0 && idIn(userNamespace, "gid", gid) >= 0;
    return isKnown && this.hasHere(capability);
  }

  /** Enters a user namespace, in which it has all capabilities: set_cred_user_ns(). */
  enter(namespace: UserNamespace): void {
    this.userNamespace = namespace;
    this.capabilities = new Capabilities(true);
  }

  /** An independent copy. */
  clone(): Credentials {
    return Object.assign(new Credentials(), this, { capabilities: this.capabilities.clone() });
  }

  /** The copy for a machine's clone. */
  cloneWith(cloning: Cloning): Credentials {
    return Object.assign(this.clone(), {
      userNamespace: this.userNamespace?.clone(cloning) ?? null,
    });
  }

  /** The users as the namespace knows them: what counts is who is root in it. */
  get #users(): UserIds {
    const [uid, euid, suid] = [this.uid, this.euid, this.suid].map((id) => this.#inside(id));
    return { uid: uid ?? -1, euid: euid ?? -1, suid: suid ?? -1 };
  }

  #inside(uid: number): number {
    return idIn(this.userNamespace, "uid", uid);
  }

  /**
   * Becomes what the credentials of its caller become when it executes a program; `owner` are the ids that
   * the file's set-id bits give, where they count. Answers whether the program must distrust its
   * environment: AT_SECURE.
   */
  execute(owner: { readonly uid: number | null; readonly gid: number | null }): boolean {
    const { euid, egid } = this;
    if (!this.noNewPrivileges) {
      const { userNamespace } = this;
      const isKnown = (owner.uid === null || this.#inside(owner.uid) >= 0) &&
        (owner.gid === null || idIn(userNamespace, "gid", owner.gid) >= 0);
      if (isKnown) this.euid = owner.uid ?? euid;
      if (isKnown) this.egid = owner.gid ?? egid;
    }
    this.suid = this.fsuid = this.euid;
    this.sgid = this.fsgid = this.egid;
    const changesIds = this.euid !== euid || this.egid !== egid;
    const gained = this.capabilities.programExecuted(this.#users, changesIds);
    return this.uid !== this.euid || this.gid !== this.egid ||
      (this.#inside(this.uid) !== 0 && gained);
  }

  /** Whether `gid` is the file-access group or a supplementary one: in_group_p(). */
  isInGroup(gid: number): boolean {
    return gid === this.fsgid || this.groups.includes(gid);
  }

  /** Whether this task may send a signal to one with the credentials `other`: kill_ok_by_cred(). */
  maySignal(other: Credentials): boolean {
    return this.hasIn(other.userNamespace, CAP_KILL) || this.euid === other.suid ||
      this.euid === other.uid ||
      this.uid === other.suid || this.uid === other.uid;
  }

  /** setuid(2). */
  setUid(uid: number): void {
    requireId(uid);
    const before = this.#users;
    if (this.hasHere(CAP_SETUID)) this.uid = this.suid = uid;
    else if (uid !== this.uid && uid !== this.suid) throw new SystemError(EPERM);
    this.euid = this.fsuid = uid;
    this.capabilities.usersChanged(before, this.#users);
  }

  /** setgid(2). */
  setGid(gid: number): void {
    requireId(gid);
    if (this.hasHere(CAP_SETGID)) this.gid = this.sgid = gid;
    else if (gid !== this.gid && gid !== this.sgid) throw new SystemError(EPERM);
    this.egid = this.fsgid = gid;
  }

  /** setreuid(2). */
  setReuid(uid: number, euid: number): void {
    const free = this.hasHere(CAP_SETUID);
    const before = this.#users;
    const old = this.uid;
    if (uid !== KEEP_ID && !free && uid !== this.uid && uid !== this.euid) {
      throw new SystemError(EPERM);
    }
    if (euid !== KEEP_ID && !free && ![this.uid, this.euid, this.suid].includes(euid)) {
      throw new SystemError(EPERM);
    }
    if (uid !== KEEP_ID) this.uid = uid;
    if (euid !== KEEP_ID) this.euid = euid;
    if (uid !== KEEP_ID || (euid !== KEEP_ID && euid !== old)) this.suid = this.euid;
    this.fsuid = this.euid;
    this.capabilities.usersChanged(before, this.#users);
  }

  /** setregid(2). */
  setRegid(gid: number, egid: number): void {
    const free = this.hasHere(CAP_SETGID);
    const old = this.gid;
    if (gid !== KEEP_ID && !free && gid !== this.gid && gid !== this.egid) {
      throw new SystemError(EPERM);
    }
    if (egid !== KEEP_ID && !free && ![this.gid, this.egid, this.sgid].includes(egid)) {
      throw new SystemError(EPERM);
    }
    if (gid !== KEEP_ID) this.gid = gid;
    if (egid !== KEEP_ID) this.egid = egid;
    if (gid !== KEEP_ID || (egid !== KEEP_ID && egid !== old)) this.sgid = this.egid;
    this.fsgid = this.egid;
  }

  /** setresuid(2). */
  setResuid(uid: number, euid: number, suid: number): void {
    const before = this.#users;
    const mine = [this.uid, this.euid, this.suid];
    const free = this.hasHere(CAP_SETUID);
    const allowed = (id: number) => id === KEEP_ID || free || mine.includes(id);
    if (![uid, euid, suid].every(allowed)) throw new SystemError(EPERM);
    if (uid !== KEEP_ID) this.uid = uid;
    if (suid !== KEEP_ID) this.suid = suid;
    if (euid !== KEEP_ID) this.euid = euid;
    this.fsuid = this.euid;
    this.capabilities.usersChanged(before, this.#users);
  }

  /** setresgid(2). */
  setResgid(gid: number, egid: number, sgid: number): void {
    const mine = [this.gid, this.egid, this.sgid];
    const free = this.hasHere(CAP_SETGID);
    const allowed = (id: number) => id === KEEP_ID || free || mine.includes(id);
    if (![gid, egid, sgid].every(allowed)) throw new SystemError(EPERM);
    if (gid !== KEEP_ID) this.gid = gid;
    if (sgid !== KEEP_ID) this.sgid = sgid;
    if (egid !== KEEP_ID) this.egid = egid;
    this.fsgid = this.egid;
  }

  /** setfsuid(2): answers the old id, and changes nothing where the new one is not allowed. */
  setFsuid(uid: number): number {
    const old = this.fsuid;
    const mine = [this.uid, this.euid, this.suid, this.fsuid];
    if (uid !== KEEP_ID && (this.hasHere(CAP_SETUID) || mine.includes(uid))) this.fsuid = uid;
    this.capabilities.fileUserChanged(this.#inside(old), this.#inside(this.fsuid));
    return old;
  }

  /** setfsgid(2): answers the old id, and changes nothing where the new one is not allowed. */
  setFsgid(gid: number): number {
    const old = this.fsgid;
    const mine = [this.gid, this.egid, this.sgid, this.fsgid];
    if (gid !== KEEP_ID && (this.hasHere(CAP_SETGID) || mine.includes(gid))) this.fsgid = gid;
    return old;
  }

  /** Whether setgroups(2) is allowed: may_setgroups(). */
  get maySetGroups(): boolean {
    const { userNamespace } = this;
    const isOpen = userNamespace === null ||
      (userNamespace.hasMap("gid") && userNamespace.allowsSetgroups);
    return isOpen && this.hasHere(CAP_SETGID);
  }

  /** setgroups(2). */
  setGroups(groups: readonly number[]): void {
    if (!this.maySetGroups) throw new SystemError(EPERM);
    groups.forEach(requireId);
    this.groups = [...groups].sort((a, b) => a - b);
  }
}

function requireId(id: number): void {
  if (id === KEEP_ID) throw new SystemError(EINVAL);
}
