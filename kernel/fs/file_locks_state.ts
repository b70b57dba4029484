/**
 * How locks are saved: those of an open file with it, those of a process with the first descriptor of its
 * table that leads to the file. They are taken again when the restart is certain.
 */
import { EAGAIN, ENOLCK } from "../abi/errno.ts";
import { defineCheck } from "../checkpoint/check.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import { enumeration, record, type RecordValue, restArray, u64 } from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import type { FileTable } from "./file_table.ts";
import {
  type FileLock,
  FileLocks,
  LOCK_END_MAX,
  type LockKind,
  type LockMode,
  LOCKS_MAX,
} from "./file_locks.ts";
import type { OpenFile } from "./open_file.ts";

const LOCKABLE = defineCheck("FILE_LOCKS.locks/lockable", ENOLCK, "a file that can be locked");
const FREE = defineCheck("FILE_LOCKS.locks/free", EAGAIN, "locks that nobody else holds");

const KINDS = { POSIX: 0, OFD: 1, FLOCK: 2 } as const;
const KIND_NAMES: Readonly<Record<LockKind, keyof typeof KINDS>> = {
  posix: "POSIX",
  ofd: "OFD",
  flock: "FLOCK",
};
const RESTORED_KINDS: Readonly<Record<keyof typeof KINDS, LockKind>> = {
  POSIX: "posix",
  OFD: "ofd",
  FLOCK: "flock",
};
const MODES = { READ: 0, WRITE: 1 } as const;
const MODE_NAMES: Readonly<Record<LockMode, keyof typeof MODES>> = { read: "READ", write: "WRITE" };
const RESTORED_MODES: Readonly<Record<keyof typeof MODES, LockMode>> = {
  READ: "read",
  WRITE: "write",
};

/** One lock as the image has it. */
interface SavedLock {
  readonly kind: keyof typeof KINDS;
  readonly mode: keyof typeof MODES;
  readonly start: bigint;
  readonly end: bigint;
}

/** Locks on a file. */
export const FILE_LOCKS = record("FILE_LOCKS", CKPT_HDR.FILE_LOCKS, {
  doc:
    "Locks on a file: behind a FILE those of the open file, behind a FILE_DESC those of the process.",
  fields: {
    locks: restArray({
      kind: enumeration(KINDS, {
        doc: "of fcntl(2) for a process or an open file, or of flock(2)",
      }),
      mode: enumeration(MODES, { doc: "whether others may have it too" }),
      start: u64({ doc: "first byte", max: LOCK_END_MAX }),
      end: u64({ doc: "last byte, 2^63 - 1 for the end of the file", max: LOCK_END_MAX }),
    }, { doc: "the locks", max: LOCKS_MAX }),
  },
  relations: {
    some: { field: "locks", text: "at least one lock", holds: ({ locks }) => locks.length > 0 },
    ranges: {
      field: "locks",
      text: "ranges that end where they begin or behind, of flock(2) the whole file",
      holds: ({ locks }) =>
        locks.every(({ kind, start, end }) =>
          start <= end && (kind !== "FLOCK" || (start === 0n && end === LOCK_END_MAX))
        ),
    },
    apart: {
      field: "locks",
      text: "locks in order that do not meet another of their kind and mode",
      holds: ({ locks }) => isApart(locks),
    },
  },
});

type SavedLocks = RecordValue<typeof FILE_LOCKS>;

function isApart(locks: readonly SavedLock[]): boolean {
  return locks.every((lock, i) =>
    locks.slice(0, i).every((before) => {
      if (before.start > lock.start) return false;
      if (before.kind !== lock.kind) return true;
      // Of one kind an owner has a byte once; two that touch would be one, were they alike.
      return before.end + (before.mode === lock.mode ? 1n : 0n) < lock.start;
    })
  );
}

/** Whether locks stand where those of this owner belong. */
export function areOwners({ locks }: SavedLocks, owner: "table" | "file"): boolean {
  return locks.every(({ kind }) => (kind === "POSIX") === (owner === "table"));
}

/** Saves the locks that an open file has, or a table of descriptors through it; `null` for none. */
export function saveLocks(file: OpenFile, owner: OpenFile | FileTable): SavedLocks | null {
  const held = file.inode?.locks?.of(owner) ?? [];
  if (held.length === 0) return null;
  return {
    locks: held.map(({ kind, mode, start, end }) => ({
      kind: KIND_NAMES[kind],
      mode: MODE_NAMES[mode],
      start,
      end,
    })),
  };
}

/** Sees to it that the locks can be had, and takes them with the commit. */
export function planLocks(
  context: RestartContext,
  saved: SavedLocks,
  file: OpenFile,
  owner: OpenFile | FileTable,
): void {
  const { inode } = file;
  if (inode === null) context.refuse(LOCKABLE, saved, "locks", file.object.kind);
  const planned = context.plannedLocks(inode);
  for (const { kind, mode, start, end } of saved.locks) {
    const request = { kind: RESTORED_KINDS[kind], mode: RESTORED_MODES[mode], start, end };
    const blocker = planned.conflict(request, owner) ?? othersLock(context, inode.locks, request);
    if (blocker !== null) {
      const found = `${kind} ${start}–${end}, of which ${blocker.start}–${blocker.end} is taken`;
      context.refuse(FREE, saved, "locks", found);
    }
    planned.lock(request, owner);
    context.onCommit(() => {
      inode.locks ??= new FileLocks();
      inode.locks.lock(request, owner);
    });
  }
}

/** A lock in the way that is not the caller's own, which end with the restart. */
function othersLock(
  { caller }: RestartContext,
  locks: FileLocks | null,
  request: Omit<FileLock, "owner">,
): FileLock | null {
  if (locks === null) return null;
  const own = new Set<object>(caller?.files.entries().map(([, { file }]) => file) ?? []);
  if (caller !== null) own.add(caller.files);
  const others = new FileLocks();
  for (const lock of locks.all) if (!own.has(lock.owner)) others.lock(lock, lock.owner);
  return others.conflict(request, request);
}
