/** What planning an object needs to know of the restart that it is part of. */
import { ENOENT, SystemError } from "../abi/errno.ts";
import type { Clock } from "../clock.ts";
import type { Credentials } from "../credentials.ts";
import type { AsyncFiles } from "../fs/async_files.ts";
import type { FileSystem } from "../fs/file_system.ts";
import { FileLocks } from "../fs/file_locks.ts";
import { type Inode, SymlinkInode } from "../fs/inode.ts";
import { Place } from "../fs/mount.ts";
import type { MountNamespace } from "../fs/mount_namespace.ts";
import type { OpenContext } from "../fs/open.ts";
import type { OpenFile } from "../fs/open_file.ts";
import {
  type FileCredentials,
  MAY_EXECUTE,
  requirePermission,
  ROOT_CREDENTIALS,
} from "../fs/permissions.ts";
import { type AwaitedKind, AwaitedPlaces } from "../fs/procfs/awaited_places.ts";
import type { Stream } from "../fs/stream.ts";
import type { Terminal } from "../fs/terminal/terminal.ts";
import type { MqueueFileSystem } from "../ipc/mqueue_fs.ts";
import type { PosixQueue } from "../ipc/posix_queue.ts";
import type { Limits } from "../limits.ts";
import type { Task } from "../task.ts";
import type { PhysicalMemory } from "../../emu/mod.ts";
import { type Check, defineCheck } from "./check.ts";
import type { ObjectKind } from "./grammar.ts";
import type { Image } from "./image.ts";
import { Refusal } from "./refusal.ts";
import type { Placed } from "./schema.ts";

const PLACE_EXISTS = defineCheck("FILE_NAME.path/exists", ENOENT, "a path at which something is");
const NO_LINK = defineCheck(
  "FILE_NAME.path/plain",
  ENOENT,
  "a path without symbolic links, as it was when the image was taken",
);

/** The surroundings of a restart. */
export interface RestartSurroundings {
  readonly memory: PhysicalMemory;
  readonly fileSystem: FileSystem;
  readonly streams: readonly Stream[];
  /** The open files that send signals. */
  readonly asyncFiles: AsyncFiles;
  /** The message queues that who restarts sees. */
  readonly mqueues: MqueueFileSystem;
  /** The machine's clock. */
  readonly clock: Clock;
  /** The harts that tasks can run on afterwards, as a set. */
  readonly harts: number;
  /** The controlling terminal of who restarts, or `null`. */
  readonly terminal: Terminal | null;
  /** Where the image's paths begin. */
  readonly root: Place;
  /** Whose rights bound what the image may give; null when the machine itself is restarted. */
  readonly caller: Task | null;
  /** Virtual monotonic time in ns from which remaining times count. */
  readonly now_ns: bigint;
}

/** A path in an image. */
export type PlacedName = Placed & { readonly path: string };

/** The place of the first names of a path. */
export interface DeepestPlace {
  /** The last place that is there. */
  readonly at: Place;
  /** The names behind it, of which the first is not there. */
  readonly rest: readonly string[];
}

/** How a refusal differs from what its check says. */
export interface RefusalDetails {
  readonly expected?: string;
  readonly errno?: number;
}

/** One restart in the making. Whatever is taken from the machine is noted, so that it can be undone. */
export class RestartContext {
  readonly image: Image;
  readonly memory: PhysicalMemory;
  readonly fileSystem: FileSystem;
  readonly streams: readonly Stream[];
  readonly asyncFiles: AsyncFiles;
  readonly mqueues: MqueueFileSystem;
  readonly clock: Clock;
  readonly harts: number;
  readonly terminal: Terminal | null;
  readonly root: Place;
  readonly caller: Task | null;
  readonly now_ns: bigint;
  /** The places that are those of the image's tasks in /proc. */
  readonly awaited: AwaitedPlaces = new AwaitedPlaces();
  /** The message queues that will be there, by their numbers in the image. */
  readonly queues: Map<number, PosixQueue> = new Map();
  readonly #planned = new Map<number, unknown>();
  readonly #used = new Set<object>();
  readonly #locks = new Map<Inode, FileLocks>();
  readonly #undo: (() => void)[] = [];
  readonly #held: OpenFile[] = [];
  readonly #commits: (() => void)[] = [];
  readonly #arrivals: ((tasks: readonly Task[]) => void)[] = [];

  constructor(image: Image, surroundings: RestartSurroundings) {
    this.image = image;
    this.memory = surroundings.memory;
    this.fileSystem = surroundings.fileSystem;
    this.streams = surroundings.streams;
    this.asyncFiles = surroundings.asyncFiles;
    this.mqueues = surroundings.mqueues;
    this.clock = surroundings.clock;
    this.harts = surroundings.harts;
    this.terminal = surroundings.terminal;
    this.root = surroundings.root;
    this.caller = surroundings.caller;
    this.now_ns = surroundings.now_ns;
  }

  /** What is mounted where: who restarts is in no mount namespace of its own. */
  get mounts(): MountNamespace {
    return this.fileSystem.mounts;
  }

  /** The caller's credentials, or null where nothing is bounded by any. */
  get rights(): Credentials | null {
    return this.caller?.credentials ?? null;
  }

  /** Whether what asks for a capability may be given: to who has it, or where nothing is bounded. */
  mayDo(capability: number): boolean {
    return this.rights === null || this.rights.has(capability);
  }

  /** The caller's limits, or null. */
  get limits(): Limits | null {
    return this.caller?.limits ?? null;
  }

  /** As whom files are looked for and opened. */
  get credentials(): FileCredentials {
    return this.rights ?? ROOT_CREDENTIALS;
  }

  /** How files are opened. */
  get openContext(): OpenContext {
    const { mounts, root, credentials, terminal } = this;
    return { mounts, root, start: root, credentials, umask: 0, terminal };
  }

  /** The decoded object of a number that the parser has checked. */
  object<T>(kind: ObjectKind<T>, objref: number): T {
    const object = this.image.objects[objref - 1];
    if (object?.kind !== kind.kind) throw new Error(`Object ${objref} is not a ${kind.kind}`);
    // The grammar read it by the node of this kind.
    return object.value as T;
  }

  /** What was planned for an object, made by `plan` when it is asked for first. */
  once<R>(objref: number, plan: () => R): R {
    if (!this.#planned.has(objref)) this.#planned.set(objref, plan());
    // An object has one kind, and a kind one function that plans it.
    return this.#planned.get(objref) as R;
  }

  /** Whether something that was planned is used already; from now on it is. */
  isUsed(planned: object): boolean {
    if (this.#used.has(planned)) return true;
    this.#used.add(planned);
    return false;
  }

  /** The locks on a file that the plan will take. */
  plannedLocks(inode: Inode): FileLocks {
    const locks = this.#locks.get(inode) ?? new FileLocks();
    this.#locks.set(inode, locks);
    return locks;
  }

  /** Notes how to give something back, in case the plan is not committed. */
  undo(step: () => void): void {
    this.#undo.push(step);
  }

  /** Notes a step that belongs to the commit and cannot fail. */
  onCommit(step: () => void): void {
    this.#commits.push(step);
  }

  /** Notes a step that cannot fail, to be taken when the image's tasks are made and have not gone on yet. */
  onArrival(step: (tasks: readonly Task[]) => void): void {
    this.#arrivals.push(step);
  }

  /** Takes those steps. */
  arrive(tasks: readonly Task[]): void {
    for (const step of this.#arrivals.splice(0)) step(tasks);
  }

  /** Keeps a reference to an open file until the plan ends either way. */
  hold(file: OpenFile): OpenFile {
    this.#held.push(file);
    return file;
  }

  /**
   * Finds the place of a path without following links and without leaving a trace. What lies in the
   * directory of one of the image's own tasks is awaited: nothing is known of it but its kind.
   */
  findPlace(name: PlacedName, kind: AwaitedKind = "directory"): Place {
    const { at, rest } = this.findDeepest(name, kind);
    if (rest.length === 0) return at;
    this.refuse(PLACE_EXISTS, name, "path", `${JSON.stringify(name.path)}: no such place`);
  }

  /** Finds the place of as much of a path as there is, and answers the names that are left. */
  findDeepest(name: PlacedName, kind: AwaitedKind = "directory"): DeepestPlace {
    let at = this.root;
    const parts = name.path.split("/").filter((part) => part !== "");
    for (const [i, part] of parts.entries()) {
      this.#requireSearch(name, at);
      const awaited = this.awaited.find(at, parts.slice(i), kind, (error) => {
        const found = `${JSON.stringify(name.path)}: ${error.message}`;
        this.refuse(PLACE_EXISTS, name, "path", found, { errno: error.errno });
      });
      if (awaited !== null) return { at: awaited, rest: [] };
      const entry = this.#child(name, at, part);
      if (entry === null) return { at, rest: parts.slice(i) };
      at = new Place(at.mount, entry).seen;
      if (at.inode instanceof SymlinkInode) {
        this.refuse(NO_LINK, name, "path", `${JSON.stringify(name.path)}: "${part}" is a link`);
      }
    }
    return { at, rest: [] };
  }

  /** Refuses the image because of a record, or of one of its fields. */
  refuse(
    check: Check,
    record: Placed,
    field: string | null,
    found: string,
    { expected, errno }: RefusalDetails = {},
  ): never {
    const { path, offset } = this.image.placeOf(record, field);
    throw Refusal.of({
      check,
      path,
      field,
      offset,
      found,
      ...(expected === undefined ? {} : { expected }),
      ...(errno === undefined ? {} : { errno }),
    });
  }

  /** Ends the plan after it was committed. */
  finish(): void {
    for (const step of this.#commits.splice(0)) step();
    for (const file of this.#held.splice(0)) file.release();
    this.#undo.length = 0;
  }

  /** Gives back everything that was taken. */
  rollBack(): void {
    for (const step of this.#undo.splice(0).reverse()) step();
    for (const file of this.#held.splice(0)) file.release();
  }

  /** Whoever may not look for names in a directory must not learn which exist. */
  #requireSearch(name: PlacedName, at: Place): void {
    try {
      requirePermission(at, this.credentials, MAY_EXECUTE);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      const found = `${JSON.stringify(name.path)}: ${error.message}`;
      this.refuse(PLACE_EXISTS, name, "path", found, { errno: error.errno });
    }
  }

  #child(name: PlacedName, at: Place, part: string) {
    try {
      return at.entry.child(part);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      const found = `${JSON.stringify(name.path)}: ${error.message}`;
      this.refuse(PLACE_EXISTS, name, "path", found, { errno: error.errno });
    }
  }
}
