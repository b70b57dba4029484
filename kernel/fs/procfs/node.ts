/**
 * What /proc consists of, as plain descriptions: a file is a text that is made when somebody reads, a
 * directory a list of names, a link a text or a place. The inodes over them are in inodes.ts.
 */

import type { Place } from "../mount.ts";
import type { Task } from "../../task.ts";

/** What a name in /proc leads to. */
export type ProcNode = ProcFileNode | ProcDirectoryNode | ProcLinkNode;

interface NodeBase {
  /** Permission bits. */
  readonly mode: number;
  /** The task that it tells about, to whose user it then belongs; absent for the machine's own. */
  readonly task?: Task;
}

/** A file. */
export interface ProcFileNode extends NodeBase {
  readonly kind: "file";
  /** The contents as they are now. Throws SystemError. */
  read(): string | Uint8Array;
  /** Takes what one write(2) gives at a position. Throws SystemError. */
  write?(text: string, position: number): void;
}

/** A directory. */
export interface ProcDirectoryNode extends NodeBase {
  readonly kind: "directory";
  /** What a name leads to, or `null`. */
  lookup(name: string): ProcNode | null;
  /** The names with where they stand: cookies of 2 and more, ascending. */
  list(): readonly ProcListing[];
}

/** A name in a directory. */
export interface ProcListing {
  readonly name: string;
  /** Greater than 1 and ascending; see `DirectoryRecord`. */
  readonly cookie: number;
}

/** A symbolic link. */
export interface ProcLinkNode extends NodeBase {
  readonly kind: "link";
  /** The text of the link. Throws SystemError. */
  target(): string;
  /** Where it leads without regard to the text; absent where the text is followed. Throws SystemError. */
  follow?(): Place;
}

/** Stands for `.` and `..` before the names of a directory. */
const FIRST_COOKIE = 2;

/** A file that anybody may read. */
export function file(read: () => string | Uint8Array): ProcFileNode {
  return { kind: "file", mode: 0o444, read };
}

/** A link that is followed by its text. */
export function link(target: () => string): ProcLinkNode {
  return { kind: "link", mode: 0o777, target };
}

/** A directory whose names are always the same. */
export function directory(
  entries: Readonly<Record<string, ProcNode>>,
  base: Partial<NodeBase> = {},
): ProcDirectoryNode {
  const nodes = new Map(Object.entries(entries));
  return {
    kind: "directory",
    mode: 0o555,
    ...base,
    lookup: (name) => nodes.get(name) ?? null,
    list: () => [...nodes.keys()].map((name, i) => ({ name, cookie: FIRST_COOKIE + i })),
  };
}

/** The number that a name spells as Linux does, without leading zeros; -1 for any other name. */
export function numberOf(name: string): number {
  return /^(0|[1-9][0-9]{0,8})$/.test(name) ? Number(name) : -1;
}
