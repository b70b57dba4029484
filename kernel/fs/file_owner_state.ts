/** How is saved who is signalled by an open file, and with what. */
import { CAP_KILL } from "../abi/capability.ts";
import { EINVAL, EPERM } from "../abi/errno.ts";
import { DESCRIPTORS_MAX, F_OWNER_PGRP, F_OWNER_PID, F_OWNER_TID, O_ASYNC } from "../abi/fcntl.ts";
import { PID_MAX } from "../abi/process.ts";
import { NSIG } from "../abi/signal.ts";
import { defineCheck } from "../checkpoint/check.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import type { SaveContext } from "../checkpoint/save_context.ts";
import {
  enumeration,
  flags,
  padding,
  record,
  type RecordValue,
  s32,
  u32,
} from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import type { OwnerKind } from "./file_owner.ts";
import type { OpenFile } from "./open_file.ts";

const MAY_SIGNAL = defineCheck(
  "FILE_OWNER.uid/allowed",
  EPERM,
  "a user as whom the caller may signal: one of its own",
);
const SIGNALS = defineCheck("FILE_OWNER.fd/signals", EINVAL, "a file with O_ASYNC that signals");

const KINDS = { TID: F_OWNER_TID, PID: F_OWNER_PID, PGRP: F_OWNER_PGRP } as const;
const KIND_NAMES: Readonly<Record<OwnerKind, keyof typeof KINDS>> = {
  thread: "TID",
  process: "PID",
  group: "PGRP",
};
const RESTORED_KINDS: Readonly<Record<keyof typeof KINDS, OwnerKind>> = {
  TID: "thread",
  PID: "process",
  PGRP: "group",
};
const NO_DESCRIPTOR = -1;
const ID_MAX = 2 ** 32 - 1;
const [EDGE_INPUT, EDGE_OUTPUT] = [1, 2];

/** Who is signalled by a file. */
export const FILE_OWNER = record("FILE_OWNER", CKPT_HDR.FILE_OWNER, {
  doc: "Who is signalled by an open file.",
  fields: {
    owner_type: enumeration(KINDS, { doc: "what the pid is one of" }),
    pid: s32({ doc: "the owner, 0 for nobody", min: 0, max: PID_MAX - 1, show: "decimal" }),
    uid: u32({ doc: "the real user who has named him", max: ID_MAX }),
    euid: u32({ doc: "the effective one", max: ID_MAX }),
    signum: s32({ doc: "F_SETSIG, 0 for a plain SIGIO", min: 0, max: NSIG, show: "decimal" }),
    fd: s32({
      doc: "the descriptor by which O_ASYNC was set, -1 where it was not",
      min: NO_DESCRIPTOR,
      max: DESCRIPTORS_MAX - 1,
      show: "decimal",
    }),
    edges: flags({ INPUT: EDGE_INPUT, OUTPUT: EDGE_OUTPUT }, {
      doc: "what has happened and is still to be signalled",
    }),
    _pad: padding(4),
  },
  relations: {
    edges: {
      field: "edges",
      text: "none without O_ASYNC",
      holds: ({ fd, edges }) => fd !== NO_DESCRIPTOR || edges === 0,
    },
  },
});

/** Saves the owner of a file, if anything was said of him. */
export function saveOwner(
  context: SaveContext,
  file: OpenFile,
): RecordValue<typeof FILE_OWNER> | null {
  const { owner, ownerSignal: signum } = file;
  const signals = context.asyncFiles.find(file);
  if (owner === null && signum === 0 && signals === null) return null;
  return {
    owner_type: KIND_NAMES[owner?.kind ?? "thread"],
    pid: owner?.pid ?? 0,
    uid: owner?.uid ?? 0,
    euid: owner?.euid ?? 0,
    signum,
    fd: signals?.fd ?? NO_DESCRIPTOR,
    edges: (signals?.input ? EDGE_INPUT : 0) | (signals?.output ? EDGE_OUTPUT : 0),
  };
}

/** Gives a file its owner again; it sends signals from the commit on. */
export function planOwner(
  context: RestartContext,
  file: OpenFile,
  saved: RecordValue<typeof FILE_OWNER>,
): void {
  const { owner_type, pid, uid, euid, signum, fd, edges } = saved;
  const { rights } = context;
  const own = rights === null ? [] : [rights.uid, rights.euid, rights.suid];
  const isAllowed = context.mayDo(CAP_KILL) || (own.includes(uid) && own.includes(euid));
  if (pid !== 0 && !isAllowed) context.refuse(MAY_SIGNAL, saved, "uid", `${uid} and ${euid}`);
  const isAsync = (file.flags & O_ASYNC) !== 0 && file.object.asyncEvents !== null;
  if (fd !== NO_DESCRIPTOR && !isAsync) {
    context.refuse(SIGNALS, saved, "fd", `${fd}, of a ${file.object.kind}`);
  }
  const kind = RESTORED_KINDS[owner_type];
  file.owner = { kind, pid: context.awaited.pids.get(pid) ?? pid, uid, euid };
  file.ownerSignal = signum;
  if (fd === NO_DESCRIPTOR) return;
  context.onCommit(() =>
    context.asyncFiles.add(file, fd, {
      input: (edges & EDGE_INPUT) !== 0,
      output: (edges & EDGE_OUTPUT) !== 0,
    })
  );
}
