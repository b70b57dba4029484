/** The machine's id for that of a user at an argument; (uid_t)-1 stays. Throws EINVAL. */
function user(call: Call, index: number): number {
  return idMeantBy(call.task.credentials, "uid", unsignedInt(call, index));
}

/** The same for a group. */
function group(call: Call, index: number): number {
  return idMeantBy(call.task.credentials, "gid", unsignedInt(call, index));
}

/** setfsuid(2) and setfsgid(2), which change nothing for an id that is none, and always tell the old one. */
function setFileId(call: Call, kind: IdKind): number {
  const { credentials } = call.task;
  const id = idOutside(credentials.userNamespace, kind, unsignedInt(call, 0));
  const known = id < 0 ? KEEP_ID : id;
  const old = kind === "uid" ? credentials.setFsuid(known) : credentials.setFsgid(known);
  return idSeenBy(credentials, kind, old);
}

/** System calls on user and group ids. The rules are in kernel/credentials.ts. */

import { SUID_DUMP_DISABLE } from "../abi/process.ts";
import { type IdKind, idMeantBy, idOutside, idSeenBy } from "../user_namespace.ts";
import { EINVAL, SystemError } from "../abi/errno.ts";
import { KEEP_ID, NGROUPS_MAX } from "../credentials.ts";
import { int, register, unsignedInt } from "./arguments.ts";
import type { Call, SystemCall, SystemCallGroup } from "./group.ts";

const ID_BYTES = 4;

function setUid(call: Call): number {
  call.task.credentials.setUid(user(call, 0));
  return 0;
}

function setGid(call: Call): number {
  call.task.credentials.setGid(group(call, 0));
  return 0;
}

function setReuid(call: Call): number {
  call.task.credentials.setReuid(user(call, 0), user(call, 1));
  return 0;
}

function setRegid(call: Call): number {
  call.task.credentials.setRegid(group(call, 0), group(call, 1));
  return 0;
}

function setResuid(call: Call): number {
  const [uid, euid, suid] = [user(call, 0), user(call, 1), user(call, 2)];
  call.task.credentials.setResuid(uid, euid, suid);
  return 0;
}

function setResgid(call: Call): number {
  const [gid, egid, sgid] = [group(call, 0), group(call, 1), group(call, 2)];
  call.task.credentials.setResgid(gid, egid, sgid);
  return 0;
}

function getResuid(call: Call): number {
  const { uid, euid, suid } = call.task.credentials;
  return writeIds(call, "uid", [uid, euid, suid]);
}

function getResgid(call: Call): number {
  const { gid, egid, sgid } = call.task.credentials;
  return writeIds(call, "gid", [gid, egid, sgid]);
}

/** Answers one of the caller's ids as its user namespace knows it. */
function telling(kind: IdKind, which: "uid" | "euid" | "gid" | "egid"): SystemCall {
  return ({ task: { credentials } }) => idSeenBy(credentials, kind, credentials[which]);
}

function writeIds(call: Call, kind: IdKind, ids: readonly number[]): number {
  const { credentials, mm } = call.task;
  for (const [i, id] of ids.entries()) {
    mm.user.writeU32(register(call, i), idSeenBy(credentials, kind, id));
  }
  return 0;
}

function getGroups(call: Call): number {
  const { credentials } = call.task;
  const groups = credentials.groups.map((id) => idSeenBy(credentials, "gid", id));
  const count = int(call, 0);
  if (count < 0 || (count > 0 && count < groups.length)) throw new SystemError(EINVAL);
  if (count > 0) {
    const bytes = new Uint8Array(new Uint32Array(groups).buffer);
    call.task.mm.user.write(register(call, 1), bytes);
  }
  return groups.length;
}

function setGroups(call: Call): number {
  const { credentials, mm } = call.task;
  const count = unsignedInt(call, 0);
  // Whether it is allowed comes before whether it makes sense.
  if (!credentials.maySetGroups) credentials.setGroups([]);
  if (count > NGROUPS_MAX) throw new SystemError(EINVAL);
  const bytes = mm.user.read(register(call, 1), count * ID_BYTES);
  const ids = Array.from(new Uint32Array(bytes.buffer));
  credentials.setGroups(ids.map((id) => idMeantBy(credentials, "gid", id)));
  return 0;
}

/**
 * A call that changes ids. Whoever could look into a process may not look into one that has other rights:
 * commit_creds().
 */
function changing(change: (call: Call) => number): (call: Call) => number {
  return (call) => {
    const { task } = call;
    const { euid, egid, fsuid, fsgid } = task.credentials;
    const result = change(call);
    const { credentials: now } = task;
    const isSame = now.euid === euid && now.egid === egid && now.fsuid === fsuid &&
      now.fsgid === fsgid;
    if (!isSame) {
      task.dumpable = SUID_DUMP_DISABLE;
      task.parentDeathSignal = 0;
    }
    return result;
  };
}

/** System calls on user and group ids, by number. */
export const identityCalls: SystemCallGroup = {
  143: { name: "setregid", call: changing(setRegid), args: ["rgid", "egid"] },
  144: { name: "setgid", call: changing(setGid), args: ["gid"] },
  145: { name: "setreuid", call: changing(setReuid), args: ["ruid", "euid"] },
  146: { name: "setuid", call: changing(setUid), args: ["uid"] },
  147: { name: "setresuid", call: changing(setResuid), args: ["ruid", "euid", "suid"] },
  148: { name: "getresuid", call: getResuid, args: ["ruid", "euid", "suid"] },
  149: { name: "setresgid", call: changing(setResgid), args: ["rgid", "egid", "sgid"] },
  150: { name: "getresgid", call: getResgid, args: ["rgid", "egid", "sgid"] },
  151: {
    name: "setfsuid",
    call: changing((call) => setFileId(call, "uid")),
    args: ["fsuid"],
  },
  152: {
    name: "setfsgid",
    call: changing((call) => setFileId(call, "gid")),
    args: ["fsgid"],
  },
  158: { name: "getgroups", call: getGroups, args: ["size", "list"] },
  159: { name: "setgroups", call: setGroups, args: ["size", "list"] },
  174: { name: "getuid", call: telling("uid", "uid"), args: [] },
  175: { name: "geteuid", call: telling("uid", "euid"), args: [] },
  176: { name: "getgid", call: telling("gid", "gid"), args: [] },
  177: { name: "getegid", call: telling("gid", "egid"), args: [] },
};
