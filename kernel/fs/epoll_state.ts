/**
 * How epoll sets are saved. A set stands among the other files; what it holds follows the table in which
 * it was met first, because it may hold any file of the table, also those behind it.
 */
import { EBUSY, EINVAL, SystemError } from "../abi/errno.ts";
import { EPOLL_EVENT_BITS, EPOLL_ITEMS_MAX } from "../abi/event.ts";
import { DESCRIPTORS_MAX } from "../abi/fcntl.ts";
import { defineCheck } from "../checkpoint/check.ts";
import { group, list, type TreeOf } from "../checkpoint/grammar.ts";
import type { RestartContext } from "../checkpoint/restart_context.ts";
import type { SaveContext } from "../checkpoint/save_context.ts";
import { flags, objref, record, s32, size64, u32, u64 } from "../checkpoint/schema.ts";
import { CKPT_HDR } from "../checkpoint/wire.ts";
import { EpollSet } from "./epoll.ts";
import type { OpenFile } from "./open_file.ts";
import { fileKind } from "./open_file_state.ts";

const FILE_SAVED = defineCheck(
  "checkpoint/epoll_file",
  EBUSY,
  "an epoll set whose files are all open in the task",
);
const IS_SET = defineCheck("EPOLL_ITEMS.epoll_objref/set", EINVAL, "an epoll set, each set once");
const ENTERS = defineCheck(
  "EPOLL_ITEM.file_objref/enters",
  EINVAL,
  "a file that can enter the set",
);

/** More than a table has descriptors, because a file stays under a descriptor that led to it once. */
const CANDIDATE = 1;

/** What an epoll set holds. */
export const EPOLL_ITEMS = record("EPOLL_ITEMS", CKPT_HDR.EPOLL_ITEMS, {
  doc: "Begins the contents of an epoll set.",
  fields: {
    epoll_objref: objref("FILE"),
    nr_items: u32({ doc: "number of entries", max: EPOLL_ITEMS_MAX }),
  },
});

/** One file of an epoll set. */
export const EPOLL_ITEM = record("EPOLL_ITEM", CKPT_HDR.EPOLL_ITEM, {
  doc: "A file of an epoll set: those that may have something to tell come first, in that order.",
  fields: {
    file_objref: objref("FILE"),
    fd: s32({ doc: "the descriptor by which it was entered", min: 0, max: DESCRIPTORS_MAX - 1 }),
    events: flags(EPOLL_EVENT_BITS, { doc: "what the set wants to hear, and how" }),
    flags: flags({ CANDIDATE }, { doc: "whether something has happened and is to be told" }),
    data: u64({ doc: "what is given back with each event", show: "hex" }),
    ticket: size64({ doc: "place among those who wait for the file" }),
  },
});

/** An epoll set with its files. */
export const epollNode = group("epoll", "What an epoll set holds", {
  is: EPOLL_ITEMS,
  item: list("is", "nr_items", EPOLL_ITEM),
}, {
  candidates_first: {
    field: "nr_items",
    record: ({ is }) => is,
    text: "those first that may have something to tell",
    violation: ({ item }) => {
      const late = item.find(({ flags }, i) => flags > (item[i - 1]?.flags ?? CANDIDATE));
      return late === undefined ? null : `descriptor ${late.fd} late`;
    },
  },
});

type EpollTree = TreeOf<typeof epollNode>;

/** Saves what a set holds, once all files of its table are saved. */
export function saveEpollSet(context: SaveContext, set: OpenFile): EpollTree {
  const entries = set.object instanceof EpollSet ? set.object.entries : [];
  const item = context.each("item", entries, ({ file, fd, ticket, events, data, isCandidate }) => {
    const file_objref = context.objrefOf(fileKind, file);
    if (file_objref === undefined) {
      context.refuse(FILE_SAVED, `${file.path}, as it was under ${fd}`);
    }
    return { file_objref, fd, events, flags: isCandidate ? CANDIDATE : 0, data, ticket };
  });
  const epoll_objref = context.objrefOf(fileKind, set);
  if (epoll_objref === undefined) throw new Error("An epoll set is saved after its table");
  return { is: { epoll_objref, nr_items: item.length }, item };
}

/** Fills a set again. `plan` answers the open file of an object. */
export function fillEpollSet(
  context: RestartContext,
  { is, item }: EpollTree,
  plan: (objref: number) => OpenFile,
): void {
  const set = plan(is.epoll_objref).object;
  if (!(set instanceof EpollSet) || set.size > 0) {
    context.refuse(IS_SET, is, "epoll_objref", set.kind);
  }
  context.onArrival(() => set.refresh());
  for (const entry of item) {
    const file = plan(entry.file_objref);
    try {
      if (!file.object.pollable || file.namesOnly) throw new SystemError(EINVAL);
      const { fd, ticket, data } = entry;
      const isCandidate = (entry.flags & CANDIDATE) !== 0;
      set.restore({ file, fd, ticket, events: entry.events >>> 0, data }, isCandidate);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      context.refuse(ENTERS, entry, "file_objref", `${file.object.kind}: ${error.message}`);
    }
  }
}
