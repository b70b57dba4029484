/** How a table of descriptors is saved and filled again. */
import { EMFILE } from "../abi/errno.ts";
import { DESCRIPTORS_MAX } from "../abi/fcntl.ts";
import { defineCheck } from "../checkpoint/check.ts";
import { group, list, objectKind, objects, optional, type TreeOf } from "../checkpoint/grammar.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import type { SaveContext } from "../checkpoint/save_context.ts";
import { flags, objref, padding, record, s32 } from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import { EpollSet } from "./epoll.ts";
import { epollNode, fillEpollSet, saveEpollSet } from "./epoll_state.ts";
import { type Descriptor, FileTable } from "./file_table.ts";
import { areOwners, FILE_LOCKS, planLocks, saveLocks } from "./file_locks_state.ts";
import { fileKind, planOpenFile, saveOpenFile } from "./open_file_state.ts";

const WITHIN_LIMIT = defineCheck(
  "FILE_TABLE.fdt_nfds/limit",
  EMFILE,
  "no more descriptors than RLIMIT_NOFILE lets the caller have",
);

/** A table of descriptors. */
export const FILE_TABLE = record("FILE_TABLE", CKPT_HDR.FILE_TABLE, {
  doc: "A table of descriptors, which follow.",
  fields: {
    fdt_nfds: s32({ doc: "number of open descriptors", min: 0, max: DESCRIPTORS_MAX }),
    nr_epolls: s32({ doc: "number of epoll sets met first here", min: 0, max: DESCRIPTORS_MAX }),
  },
});

/** One descriptor. */
export const FILE_DESC = record("FILE_DESC", CKPT_HDR.FILE_DESC, {
  doc: "One descriptor of the table, in ascending order.",
  fields: {
    fd_objref: objref("FILE"),
    fd_descriptor: s32({ doc: "the descriptor", min: 0, max: DESCRIPTORS_MAX - 1 }),
    fd_flags: flags({ FD_CLOEXEC: 1 }, { doc: "flags of the descriptor, as F_GETFD tells" }),
    _pad: padding(4),
  },
});

/** The FILE_TABLE object. */
export const fileTableKind = objectKind(
  "FILE_TABLE",
  group("file_table", "A table of descriptors", {
    is: FILE_TABLE,
    fd: list(
      "is",
      "fdt_nfds",
      group("fd", "A descriptor, after its open file", {
        shared: objects(fileKind),
        is: FILE_DESC,
        locks: optional(FILE_LOCKS),
      }, {
        own_locks: {
          field: "fd_descriptor",
          record: ({ is }) => is,
          text: "locks of the process behind it, and none of an open file",
          violation: ({ locks }) => locks === null || areOwners(locks, "table") ? null : "others",
        },
      }),
    ),
    epoll: list("is", "nr_epolls", epollNode),
  }, {
    ascending: {
      field: "fdt_nfds",
      record: ({ is }) => is,
      text: "descriptors in ascending order, each once",
      violation: ({ fd }) => {
        const i = fd.findIndex((entry, k) =>
          k > 0 && entry.is.fd_descriptor <= fd[k - 1]!.is.fd_descriptor
        );
        return i < 0 ? null : `${fd[i]!.is.fd_descriptor} after ${fd[i - 1]!.is.fd_descriptor}`;
      },
    },
  }),
);

/** Saves a table of descriptors at first sight. */
export function saveFileTable(context: SaveContext, table: FileTable): number {
  return context.share(fileTableKind, table, (): TreeOf<typeof fileTableKind.body> => {
    const entries = table.entries();
    const isNew = ({ file }: Descriptor) => context.objrefOf(fileKind, file) === undefined;
    const sets = new Set(entries.flatMap(([, descriptor]) => {
      const { object } = descriptor.file;
      return object instanceof EpollSet && isNew(descriptor) ? [descriptor.file] : [];
    }));
    const fd = context.each("fd", entries, ([fd_descriptor, { file, closeOnExec }]) => {
      const { shared, value } = context.collect(() => saveOpenFile(context, file));
      const is = { fd_objref: value, fd_descriptor, fd_flags: closeOnExec ? 1 : 0 };
      return { shared, is, locks: isFirst(table, fd_descriptor) ? saveLocks(file, table) : null };
    });
    const epoll = context.each("epoll", sets, (file) => saveEpollSet(context, file));
    return { is: { fdt_nfds: entries.length, nr_epolls: epoll.length }, fd, epoll };
  });
}

/** Whether no descriptor before this one leads to the same file. */
function isFirst(table: FileTable, fd: number): boolean {
  const { inode } = table.getAny(fd);
  return inode !== null &&
    !table.entries().some(([other, { file }]) => other < fd && file.inode === inode);
}

/** Fills a table again; `limit` is RLIMIT_NOFILE as the caller could have it. */
export function planFileTable(
  context: RestartContext,
  objref: number,
  limit: number,
): FileTable {
  return context.once(objref, () => {
    const { is, fd, epoll } = context.object(fileTableKind, objref);
    const table = new FileTable();
    context.undo(() => table.closeAll());
    const highest = fd.at(-1);
    if (highest !== undefined && highest.is.fd_descriptor >= limit) {
      const found = `descriptor ${highest.is.fd_descriptor} with a limit of ${limit}`;
      context.refuse(WITHIN_LIMIT, is, "fdt_nfds", found);
    }
    for (const { is: entry, locks } of fd) {
      const file = planOpenFile(context, entry.fd_objref);
      if (locks !== null) planLocks(context, locks, file, table);
      table.installAt(entry.fd_descriptor, file.retain(), (entry.fd_flags & 1) !== 0);
    }
    for (const set of epoll) {
      fillEpollSet(context, set, (objref) => planOpenFile(context, objref));
    }
    return table;
  });
}
