/**
 * Places in /proc of the tasks of an image, which are found before there are such tasks: a way of inodes
 * that look for their processes later. What can only be asked when the tasks are known is asked in
 * {@link AwaitedPlaces.settle}, when they are planned.
 */

import { ENOENT, SystemError } from "../../abi/errno.ts";
import type { Task } from "../../task.ts";
import { Place } from "../mount.ts";
import { type FileCredentials, MAY_EXECUTE, requirePermission } from "../permissions.ts";
import { ProcDirectory, type ProcFile } from "./inodes.ts";
import { numberOf, type ProcNode } from "./node.ts";
import { PROC } from "./procfs.ts";

/** What can be opened of a process, or be its current directory. */
export type AwaitedKind = "directory" | "file";

/** Refuses the image because of the place's name. */
export type RefusePlace = (error: SystemError) => never;

interface AwaitedPlace {
  readonly place: Place;
  readonly task: number;
  /** The directories on the way to it, and itself. */
  readonly way: readonly { readonly at: Place; readonly inode: ProcDirectory | ProcFile }[];
  readonly refuse: RefusePlace;
  /** What else is to be asked. Each throws SystemError. */
  readonly checks: ((node: ProcNode) => void)[];
}

/** The places that the tasks of one image have in each other's directories of /proc. */
export class AwaitedPlaces {
  /** The ids of the image's tasks, and those that they will have. */
  pids: ReadonlyMap<number, number> = new Map();
  readonly #places: AwaitedPlace[] = [];

  /** The place of `names` below `at`, or `null` when they do not lead to a task of the image. */
  find(
    at: Place,
    names: readonly string[],
    kind: AwaitedKind,
    refuse: RefusePlace,
  ): Place | null {
    const { inode: root } = at;
    const isProc = root instanceof ProcDirectory && root.superblock.type === PROC.type;
    if (!isProc || root.holder.path !== "") return null;
    const [first = "", ...others] = names;
    const task = this.pids.get(numberOf(first));
    if (task === undefined) return null;
    const way: { at: Place; inode: ProcDirectory | ProcFile }[] = [];
    let place = at;
    let path = "";
    for (const [i, name] of [String(task), ...this.#renumbered(others)].entries()) {
      path = path === "" ? name : `${path}/${name}`;
      const inode = root.superblock.awaited(path, i + 1 < names.length ? "directory" : kind);
      place = new Place(place.mount, place.entry.awaited(name, inode));
      way.push({ at: place, inode });
    }
    this.#places.push({ place, task, way, refuse, checks: [] });
    return place;
  }

  /** Whether a place is one of those. */
  has(place: Place): boolean {
    return this.#places.some((awaited) => awaited.place === place);
  }

  /** Asks something of a place when its task is known; it may throw SystemError. */
  ask(place: Place, check: (node: ProcNode) => void): void {
    this.#places.find((awaited) => awaited.place === place)?.checks.push(check);
  }

  /** Asks everything, as the owner of `credentials` and of the tasks as they will be. */
  settle(tasks: () => readonly Task[], credentials: FileCredentials): void {
    if (this.#places.length === 0) return;
    const planned = new Map(tasks().map((task) => [task.pid, task]));
    for (const awaited of this.#places) {
      try {
        settlePlace(awaited, planned, credentials);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        awaited.refuse(error);
      }
    }
  }

  /** The names behind that of a process: among its threads, too, the image's ids are to be replaced. */
  #renumbered([list, thread, ...others]: readonly string[]): readonly string[] {
    if (list === undefined) return [];
    if (thread === undefined) return [list];
    const pid = list === "task" ? this.pids.get(numberOf(thread)) : undefined;
    return [list, pid === undefined ? thread : String(pid), ...others];
  }
}

function settlePlace(
  { task, way, checks }: AwaitedPlace,
  planned: ReadonlyMap<number, Task>,
  credentials: FileCredentials,
): void {
  const owner = planned.get(task);
  let node: ProcNode | null = null;
  for (const [i, { inode }] of way.entries()) {
    if (i > 0) requirePermission(way[i - 1]!.at, credentials, MAY_EXECUTE);
    node = owner === undefined ? null : inode.superblock.nodeOf(owner, inode.holder.path);
    const kind = inode instanceof ProcDirectory ? "directory" : "file";
    if (node?.kind !== kind) throw new SystemError(ENOENT);
    inode.refresh(node);
  }
  if (node !== null) { for (const check of checks) check(node); }
}
