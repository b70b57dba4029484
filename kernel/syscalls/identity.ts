/** System calls on user and group ids. The rules are in kernel/credentials.ts. */

import { CAP_SETGID } from "../abi/capability.ts";
import { EINVAL, SystemError } from "../abi/errno.ts";
import { NGROUPS_MAX } from "../credentials.ts";
import { int, register, unsignedInt } from "./arguments.ts";
import type { Call, SystemCallGroup } from "./group.ts";

const ID_BYTES = 4;

function setUid(call: Call): number {
  call.task.credentials.setUid(unsignedInt(call, 0));
  return 0;
}

function setGid(call: Call): number {
  call.task.credentials.setGid(unsignedInt(call, 0));
  return 0;
}

function setReuid(call: Call): number {
  call.task.credentials.setReuid(unsignedInt(call, 0), unsignedInt(call, 1));
  return 0;
}

function setRegid(call: Call): number {
  call.task.credentials.setRegid(unsignedInt(call, 0), unsignedInt(call, 1));
  return 0;
}

function setResuid(call: Call): number {
  const [uid, euid, suid] = [unsignedInt(call, 0), unsignedInt(call, 1), unsignedInt(call, 2)];
  call.task.credentials.setResuid(uid, euid, suid);
  return 0;
}

function setResgid(call: Call): number {
  const [gid, egid, sgid] = [unsignedInt(call, 0), unsignedInt(call, 1), unsignedInt(call, 2)];
  call.task.credentials.setResgid(gid, egid, sgid);
  return 0;
}

function getResuid(call: Call): number {
  const { uid, euid, suid } = call.task.credentials;
  return writeIds(call, [uid, euid, suid]);
}

function getResgid(call: Call): number {
  const { gid, egid, sgid } = call.task.credentials;
  return writeIds(call, [gid, egid, sgid]);
}

function writeIds(call: Call, ids: readonly number[]): number {
  for (const [i, id] of ids.entries()) call.task.mm.user.writeU32(register(call, i), id);
  return 0;
}

function getGroups(call: Call): number {
  const { groups } = call.task.credentials;
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
  if (!credentials.has(CAP_SETGID)) credentials.setGroups([]);
  if (count > NGROUPS_MAX) throw new SystemError(EINVAL);
  const bytes = mm.user.read(register(call, 1), count * ID_BYTES);
  credentials.setGroups([...new Uint32Array(bytes.buffer)]);
  return 0;
}

/** System calls on user and group ids, by number. */
export const identityCalls: SystemCallGroup = {
  143: { name: "setregid", call: setRegid, args: ["rgid", "egid"] },
  144: { name: "setgid", call: setGid, args: ["gid"] },
  145: { name: "setreuid", call: setReuid, args: ["ruid", "euid"] },
  146: { name: "setuid", call: setUid, args: ["uid"] },
  147: { name: "setresuid", call: setResuid, args: ["ruid", "euid", "suid"] },
  148: { name: "getresuid", call: getResuid, args: ["ruid", "euid", "suid"] },
  149: { name: "setresgid", call: setResgid, args: ["rgid", "egid", "sgid"] },
  150: { name: "getresgid", call: getResgid, args: ["rgid", "egid", "sgid"] },
  151: {
    name: "setfsuid",
    call: (call) => call.task.credentials.setFsuid(unsignedInt(call, 0)),
    args: ["fsuid"],
  },
  152: {
    name: "setfsgid",
    call: (call) => call.task.credentials.setFsgid(unsignedInt(call, 0)),
    args: ["fsgid"],
  },
  158: { name: "getgroups", call: getGroups, args: ["size", "list"] },
  159: { name: "setgroups", call: setGroups, args: ["size", "list"] },
  174: { name: "getuid", call: ({ task }) => task.credentials.uid, args: [] },
  175: { name: "geteuid", call: ({ task }) => task.credentials.euid, args: [] },
  176: { name: "getgid", call: ({ task }) => task.credentials.gid, args: [] },
  177: { name: "getegid", call: ({ task }) => task.credentials.egid, args: [] },
};
