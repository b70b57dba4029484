/**
 * How credentials are saved, and what of them a restart may give: nothing that its caller could not
 * have by set*id calls.
 */
import { ALL_CAPABILITIES, CAP_SETGID, CAP_SETUID } from "./abi/capability.ts";
import { EPERM } from "./abi/errno.ts";
import { Capabilities } from "./capabilities.ts";
import { defineCheck } from "./checkpoint/check.ts";
import { group, objectKind, objects, type TreeOf } from "./checkpoint/grammar.ts";
import type { RestartContext } from "./checkpoint/restart_context.ts";
import type { SaveContext } from "./checkpoint/save_context.ts";
import { flags, objref, padding, record, restArray, u32, u64 } from "./checkpoint/schema.ts";
import { CKPT_HDR } from "./checkpoint/wire.ts";
import { Credentials, KEEP_ID, NGROUPS_MAX } from "./credentials.ts";

const USER_ALLOWED = defineCheck("CRED.uid/allowed", EPERM, "user ids that the caller could set");
const GROUP_ALLOWED = defineCheck("CRED.gid/allowed", EPERM, "group ids that the caller could set");
const GROUPS_ALLOWED = defineCheck(
  "GROUPINFO.groups/allowed",
  EPERM,
  "the caller's supplementary groups",
);
const PRIVILEGES_ALLOWED = defineCheck(
  "CRED.flags/allowed",
  EPERM,
  "NO_NEW_PRIVS, which the caller has and cannot lose",
);

const CAPABILITIES_ALLOWED = defineCheck(
  "CRED.cap_permitted/allowed",
  EPERM,
  "capabilities and securebits that the caller could have",
);

const NO_NEW_PRIVS = 1;
/** The securebits; those with LOCKED keep the one before them as it is. */
const SECUREBITS = {
  NOROOT: 1 << 0,
  NOROOT_LOCKED: 1 << 1,
  NO_SETUID_FIXUP: 1 << 2,
  NO_SETUID_FIXUP_LOCKED: 1 << 3,
  KEEP_CAPS: 1 << 4,
  KEEP_CAPS_LOCKED: 1 << 5,
  NO_CAP_AMBIENT_RAISE: 1 << 6,
  NO_CAP_AMBIENT_RAISE_LOCKED: 1 << 7,
};
const capabilities = (doc: string) => u64({ doc, max: ALL_CAPABILITIES, show: "hex" });
const id = (doc: string) => u32({ doc, max: KEEP_ID - 1 });

/** Supplementary groups. */
export const GROUPINFO = record("GROUPINFO", CKPT_HDR.GROUPINFO, {
  doc: "Supplementary groups.",
  fields: {
    groups: restArray({ gid: id("group id"), _pad: padding(4) }, {
      doc: "group ids in ascending order",
      max: NGROUPS_MAX,
    }),
  },
  relations: {
    ascending: {
      field: "groups",
      text: "ascending group ids",
      holds: ({ groups }) => groups.every(({ gid }, i) => i === 0 || groups[i - 1]!.gid <= gid),
    },
  },
});

/** User and group ids. */
export const CRED = record("CRED", CKPT_HDR.CRED, {
  doc: "Credentials: user and group ids.",
  fields: {
    uid: id("real user id"),
    suid: id("saved user id"),
    euid: id("effective user id"),
    fsuid: id("user id for file access"),
    gid: id("real group id"),
    sgid: id("saved group id"),
    egid: id("effective group id"),
    fsgid: id("group id for file access"),
    flags: flags({ NO_NEW_PRIVS }, { doc: "NO_NEW_PRIVS: execve(2) gives nothing new" }),
    groupinfo_ref: objref("GROUPINFO"),
    cap_effective: capabilities("what counts now"),
    cap_permitted: capabilities("what may be made effective"),
    cap_inheritable: capabilities("what programs may inherit"),
    cap_bounding: capabilities("beyond which no program gets"),
    cap_ambient: capabilities("what programs without privileges keep"),
    securebits: flags(SECUREBITS, { doc: "securebits, each with its lock" }),
    _pad: padding(4),
  },
  relations: {
    effective: {
      field: "cap_effective",
      text: "none that is not permitted",
      holds: ({ cap_effective, cap_permitted }) => (cap_effective & ~cap_permitted) === 0n,
    },
    ambient: {
      field: "cap_ambient",
      text: "none that is not permitted and inheritable",
      holds: ({ cap_ambient, cap_permitted, cap_inheritable }) =>
        (cap_ambient & ~(cap_permitted & cap_inheritable)) === 0n,
    },
  },
});

/** Which credentials a task has. */
export const TASK_CREDS = record("TASK_CREDS", CKPT_HDR.TASK_CREDS, {
  doc: "Which credentials the task acts with.",
  fields: { cred_ref: objref("CRED"), _pad: padding(4) },
});

const groupInfoKind = objectKind(
  "GROUPINFO",
  group("groupinfo", "Supplementary groups", { is: GROUPINFO }),
);

const credentialsKind = objectKind(
  "CRED",
  group("cred", "Credentials, after their groups", { shared: objects(groupInfoKind), is: CRED }),
);

/** The credentials of a task. */
export const taskCredentialsNode = group("creds", "The task's credentials", {
  shared: objects(credentialsKind),
  is: TASK_CREDS,
});

/** Saves the credentials of a task. */
export function saveCredentials(
  context: SaveContext,
  credentials: Credentials,
): TreeOf<typeof taskCredentialsNode> {
  const { shared, value: cred_ref } = context.collect(() =>
    context.share(credentialsKind, credentials, () => {
      const { uid, suid, euid, fsuid, gid, sgid, egid, fsgid, groups } = credentials;
      const inner = context.collect(() =>
        context.share(groupInfoKind, groups, () => ({
          is: { groups: groups.map((member) => ({ gid: member })) },
        }))
      );
      const ids = { uid, suid, euid, fsuid, gid, sgid, egid, fsgid };
      const bits = credentials.noNewPrivileges ? NO_NEW_PRIVS : 0;
      const is = {
        ...ids,
        flags: bits,
        groupinfo_ref: inner.value,
        ...savedCapabilities(credentials.capabilities),
      };
      return { shared: inner.shared, is };
    })
  );
  return { shared, is: { cred_ref } };
}

/** The credentials that the task gets, all of which the caller could have. */
export function planCredentials(
  context: RestartContext,
  { is }: TreeOf<typeof taskCredentialsNode>,
): Credentials {
  return context.once(is.cred_ref, () => {
    const { is: cred } = context.object(credentialsKind, is.cred_ref);
    const { is: groupInfo } = context.object(groupInfoKind, cred.groupinfo_ref);
    const credentials = new Credentials();
    credentials.uid = cred.uid;
    credentials.suid = cred.suid;
    credentials.euid = cred.euid;
    credentials.fsuid = cred.fsuid;
    credentials.gid = cred.gid;
    credentials.sgid = cred.sgid;
    credentials.egid = cred.egid;
    credentials.fsgid = cred.fsgid;
    credentials.noNewPrivileges = (cred.flags & NO_NEW_PRIVS) !== 0;
    credentials.groups = context.once(
      cred.groupinfo_ref,
      () => groupInfo.groups.map(({ gid }) => gid),
    );
    credentials.capabilities = restoredCapabilities(cred);
    if (context.rights === null) return credentials;
    const caller = context.rights;
    if (caller.noNewPrivileges && !credentials.noNewPrivileges) {
      context.refuse(PRIVILEGES_ALLOWED, cred, "flags", "flags without it");
    }
    if (!credentials.capabilities.isWithin(caller.capabilities)) {
      const found = `0x${cred.cap_permitted.toString(16)} permitted`;
      context.refuse(CAPABILITIES_ALLOWED, cred, "cap_permitted", found);
    }
    const users = [caller.uid, caller.euid, caller.suid];
    const wanted = [cred.uid, cred.euid, cred.suid];
    if (!caller.has(CAP_SETUID) && !mayHave(users, wanted, caller.fsuid, cred.fsuid)) {
      context.refuse(USER_ALLOWED, cred, "uid", [...wanted, cred.fsuid].join(", "));
    }
    if (caller.has(CAP_SETGID)) return credentials;
    const groups = [caller.gid, caller.egid, caller.sgid];
    const wantedGroups = [cred.gid, cred.egid, cred.sgid];
    if (!mayHave(groups, wantedGroups, caller.fsgid, cred.fsgid)) {
      context.refuse(GROUP_ALLOWED, cred, "gid", [...wantedGroups, cred.fsgid].join(", "));
    }
    const isSame = caller.groups.length === credentials.groups.length &&
      caller.groups.every((gid, i) => gid === credentials.groups[i]);
    if (!isSame) {
      context.refuse(GROUPS_ALLOWED, groupInfo, "groups", credentials.groups.join(", ") || "none");
    }
    return credentials;
  });
}

function savedCapabilities(from: Capabilities) {
  return {
    cap_effective: from.effective,
    cap_permitted: from.permitted,
    cap_inheritable: from.inheritable,
    cap_bounding: from.bounding,
    cap_ambient: from.ambient,
    securebits: from.securebits,
  };
}

function restoredCapabilities(from: ReturnType<typeof savedCapabilities>): Capabilities {
  const capabilities = new Capabilities(false);
  capabilities.effective = from.cap_effective;
  capabilities.permitted = from.cap_permitted;
  capabilities.inheritable = from.cap_inheritable;
  capabilities.bounding = from.cap_bounding;
  capabilities.ambient = from.cap_ambient;
  capabilities.securebits = from.securebits;
  return capabilities;
}

/** What setresuid(2) and setfsuid(2) allow, or their like for groups. */
function mayHave(
  mine: readonly number[],
  wanted: readonly number[],
  myFs: number,
  wantedFs: number,
): boolean {
  return wanted.every((one) => mine.includes(one)) &&
    (wantedFs === myFs || mine.includes(wantedFs));
}
