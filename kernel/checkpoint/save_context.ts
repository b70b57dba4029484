/** What saving an object needs to know of the checkpoint that it is part of. */
import { EBUSY, ENAMETOOLONG, ENOSYS } from "../abi/errno.ts";
import { PATH_MAX } from "../abi/fcntl.ts";
import { encodeString } from "../fs/byte_string.ts";
import type { AsyncFiles } from "../fs/async_files.ts";
import type { Place } from "../fs/mount.ts";
import { type Check, defineCheck } from "./check.ts";
import type { ObjectKind, SharedObject } from "./grammar.ts";
import { PathStack } from "./place.ts";
import { Refusal } from "./refusal.ts";
import type { Task } from "../task.ts";

const UNREACHABLE = defineCheck(
  "checkpoint/reachable",
  EBUSY,
  "a path from the root of the task that takes the checkpoint",
);
const NAMED = defineCheck("checkpoint/named", ENOSYS, "a place that still has its name");
const LASTING = defineCheck(
  "checkpoint/lasting",
  EBUSY,
  "a file that comes back with the image's tasks: not one of another process in /proc, or of one that is gone",
);

const SHORT = defineCheck(
  "checkpoint/path_length",
  ENAMETOOLONG,
  "a path that open(2) would take: of less than PATH_MAX bytes",
);

/** One checkpoint in the making. */
export class SaveContext {
  readonly #path = new PathStack();
  /** By kind: one thing may be two objects, such as a file's contents and their digest. */
  readonly #objrefs = new Map<string, Map<object, number>>();
  #objects = 0;
  readonly #uses = new Map<object, { count: number; check: (count: number) => void }>();
  #collected: SharedObject[] = [];

  /**
   * @param root Where the paths in the image begin.
   * @param now_ns Virtual monotonic time in ns, to which remaining times relate.
   * @param tasks What is saved.
   * @param asyncFiles Which open files send signals.
   * @param retiring Whose call takes the checkpoint: in the image it has retired. `null` for nobody's.
   */
  constructor(
    readonly root: Place,
    readonly now_ns: bigint,
    readonly tasks: ReadonlySet<Task>,
    readonly asyncFiles: AsyncFiles,
    readonly retiring: Task | null,
  ) {}

  /** Instructions that a task has retired in the image: its CPU time in ns. */
  instructionsOf(task: Task): number {
    return task.instructions + (task === this.retiring ? 1 : 0);
  }

  /** Saves a part; a refusal inside names it. */
  within<T>(label: string, save: () => T, index = -1): T {
    this.#path.enter(label);
    this.#path.index(index);
    const saved = save();
    this.#path.leave();
    return saved;
  }

  /** Saves the elements of a list; a refusal inside names the element. */
  each<E, T>(label: string, elements: Iterable<E>, save: (element: E) => T): T[] {
    let i = 0;
    return Array.from(elements, (element) => this.within(label, () => save(element), i++));
  }

  /**
   * The number of a shared object, which is saved when it is met first. Numbers count up in the order
   * in which objects are met, an object before those inside it.
   */
  share<T>(kind: ObjectKind<T>, object: object, save: () => T): number {
    const known = this.objrefOf(kind, object);
    if (known !== undefined) return known;
    const objref = ++this.#objects;
    const ofKind = this.#objrefs.get(kind.kind) ?? new Map<object, number>();
    this.#objrefs.set(kind.kind, ofKind.set(object, objref));
    const outside = this.#collected;
    this.#collected = [];
    const value = this.within(kind.kind.toLowerCase(), save);
    if (this.#collected.length > 0) throw new Error(`A ${kind.kind} has objects without a place`);
    this.#collected = outside;
    this.#collected.push({ kind: kind.kind, objref, value });
    return objref;
  }

  /** The number of an object that has been saved, or `undefined`. */
  objrefOf({ kind }: ObjectKind<unknown>, object: object): number | undefined {
    return this.#objrefs.get(kind)?.get(object);
  }

  /** Runs `save` and answers the objects that were met first in it, for their place before it. */
  collect<T>(save: () => T): { readonly shared: readonly SharedObject[]; readonly value: T } {
    const outside = this.#collected;
    this.#collected = [];
    const value = save();
    const shared = this.#collected;
    this.#collected = outside;
    return { shared, value };
  }

  /**
   * Counts one more user of an object in the image. When all is saved, `check` is given their number and
   * refuses where the object has users elsewhere.
   */
  countUse(object: object, check: (count: number) => void): void {
    const use = this.#uses.get(object);
    if (use === undefined) this.#uses.set(object, { count: 1, check });
    else use.count++;
  }

  /** Makes the checks of all objects whose users were counted. */
  checkUses(): void {
    for (const { count, check } of this.#uses.values()) check(count);
  }

  /** A place's path, which must lead back to it. */
  pathOf(place: Place): string {
    const { path, reachable, deleted } = place.pathFrom(this.root);
    if (deleted) this.refuse(NAMED, `${JSON.stringify(path)}, whose name was removed`);
    if (!place.inode.comesBackWith(this.tasks)) this.refuse(LASTING, JSON.stringify(path));
    if (!reachable) this.refuse(UNREACHABLE, JSON.stringify(path));
    return this.#short(path);
  }

  /** The path that a place without a name had, perhaps in directories that are gone too. */
  lastPathOf(place: Place): string {
    const names: string[] = [];
    let at = place;
    for (; at.entry.deleted; at = at.parent) names.unshift(at.entry.name);
    const directory = this.pathOf(at);
    return this.#short([directory === "/" ? "" : directory, ...names].join("/"));
  }

  #short(path: string): string {
    const { length } = encodeString(path);
    if (length >= PATH_MAX) this.refuse(SHORT, `one of ${length} bytes`);
    return path;
  }

  /** Refuses the checkpoint. */
  refuse(check: Check, found: string, field: string | null = null): never {
    throw Refusal.of({ check, path: this.#path.toString(), field, found });
  }
}
