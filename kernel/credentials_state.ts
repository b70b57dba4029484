/**
 * How credentials are saved, and what of them a restart may give: nothing that its caller could not
 * have by set*id calls.
 */
import { EPERM } from "./abi/errno.ts";
import { defineCheck } from "./checkpoint/check.ts";
import { group, objectKind, objects, type TreeOf } from "./checkpoint/grammar.ts";
import type { RestartContext } from "./checkpoint/restart_context.ts";
import type { SaveContext } from "./checkpoint/save_context.ts";
import { flags, objref, padding, record, restArray, u32 } from "./checkpoint/schema.ts";
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

const NO_NEW_PRIVS = 1;
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
      const is = { ...ids, flags: bits, groupinfo_ref: inner.value };
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
    credentials.groups = groupInfo.groups.map(({ gid }) => gid);
    if (context.rights === null) return credentials;
    const caller = context.rights;
    if (caller.noNewPrivileges && !credentials.noNewPrivileges) {
      context.refuse(PRIVILEGES_ALLOWED, cred, "flags", "flags without it");
    }
    if (caller.isPrivileged) return credentials;
    const users = [caller.uid, caller.euid, caller.suid];
    const wanted = [cred.uid, cred.euid, cred.suid];
    if (!mayHave(users, wanted, caller.fsuid, cred.fsuid)) {
      context.refuse(USER_ALLOWED, cred, "uid", [...wanted, cred.fsuid].join(", "));
    }
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
