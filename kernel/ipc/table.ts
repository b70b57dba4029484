/**
 * What System V's messages, semaphores and shared memory have in common: objects with identifiers, keys
 * and permissions.
 *
 * ```
 * identifier   31 … 15  sequence number   14 … 0  place in the table
 * ```
 *
 * A place is used again as late as possible, and then with another sequence number, so that an old
 * identifier does not lead to a new object.
 *
 * Source: `ipc/util.c`; sysvipc(7).
 */

import { CAP_IPC_OWNER, CAP_SYS_ADMIN } from "../abi/capability.ts";
import { EACCES, EEXIST, EINVAL, ENOENT, ENOSPC, EPERM, SystemError } from "../abi/errno.ts";
import {
  IPC_CREAT,
  IPC_EXCL,
  IPC_OBJECTS_MAX,
  IPC_PERM_BYTES,
  IPC_PLACES_MIN,
  IPC_PRIVATE,
  IPC_SEQUENCE_MAX,
  IPC_SEQUENCE_SHIFT,
} from "../abi/ipc.ts";
import { S_IRWXUGO } from "../abi/stat.ts";
import type { Credentials } from "../credentials.ts";
import type { Cloning } from "../fs/cloning.ts";

/** Who an object belongs to, and what others may do with it: `struct kern_ipc_perm`. */
export interface IpcOwnership {
  /** The key it was made under; IPC_PRIVATE (0) for none. */
  readonly key: number;
  /** Its owner. */
  readonly uid: number;
  /** Its owner's group. */
  readonly gid: number;
  /** Who made it. */
  readonly cuid: number;
  /** The maker's group. */
  readonly cgid: number;
  /** Permission bits, 0 … 0o777. */
  readonly mode: number;
}

/** An object that a table holds. */
export abstract class IpcObject {
  /** Its identifier, unique in its table; 0 … 2^31 - 1. */
  readonly id: number;
  #key: number;
  /** Its owner. */
  uid: number;
  /** Its owner's group. */
  gid: number;
  /** Who made it. */
  readonly cuid: number;
  /** The maker's group. */
  readonly cgid: number;
  /** Permission bits, and whatever bits above 0o777 the kind has. */
  mode: number;
  /** Takes it out of the table that it is in, which has set this. */
  leaveTable: () => void = () => {};
  /** Lets the table forget its key; the table has set this. */
  leaveKey: () => void = () => {};

  /** An object under an identifier that a table has given out. */
  constructor(id: number, ownership: IpcOwnership) {
    this.id = id;
    this.#key = ownership.key;
    this.uid = ownership.uid;
    this.gid = ownership.gid;
    this.cuid = ownership.cuid;
    this.cgid = ownership.cgid;
    this.mode = ownership.mode;
  }

  /** See {@link IpcOwnership}. */
  get key(): number {
    return this.#key;
  }

  /** Is found by nobody any more who does not know its identifier: it is marked for removal. */
  loseKey(): void {
    this.leaveKey();
    this.#key = IPC_PRIVATE;
  }

  /**
   * Whether the credentials have all of the rights that `flags` asks for in any of its three groups of
   * bits (as the flags of msgget(2) do): ipcperms().
   */
  permits(credentials: Credentials, flags: number): boolean {
    const wanted = ((flags >> 6) | (flags >> 3) | flags) & 7;
    const { euid } = credentials;
    const isOwner = euid === this.cuid || euid === this.uid;
    const isInGroup = credentials.isInGroup(this.cgid) || credentials.isInGroup(this.gid);
    const granted = this.mode >> (isOwner ? 6 : isInGroup ? 3 : 0);
    return (wanted & ~granted) === 0 || credentials.has(CAP_IPC_OWNER);
  }

  /** Throws EACCES unless the credentials have the rights that `flags` asks for. */
  requirePermission(credentials: Credentials, flags: number): void {
    if (!this.permits(credentials, flags)) throw new SystemError(EACCES);
  }

  /** Throws EPERM unless the credentials may change or remove the object: ipcctl_obtain_check(). */
  requireControl(credentials: Credentials): void {
    const { euid } = credentials;
    const mayControl = euid === this.cuid || euid === this.uid ||
      credentials.has(CAP_SYS_ADMIN);
    if (!mayControl) throw new SystemError(EPERM);
  }

  /** IPC_SET on the owner and the permission bits. Throws EINVAL for an id that is none. */
  setOwnership(to: ChosenOwnership): void {
    if (to.uid === NO_ID || to.gid === NO_ID) throw new SystemError(EINVAL);
    this.uid = to.uid;
    this.gid = to.gid;
    this.mode = (this.mode & ~S_IRWXUGO) | (to.mode & S_IRWXUGO);
  }

  /** The object of a machine's clone. */
  abstract clone(cloning: Cloning): IpcObject;
}

/** (uid_t)-1. */
const NO_ID = 0xffffffff;

/** What msgget(2) and its like ask for. */
export interface IpcRequest {
  /** IPC_PRIVATE or a name that processes have agreed on. */
  readonly key: number;
  /** IPC_CREAT, IPC_EXCL and permission bits. */
  readonly flags: number;
  /** Who asks. */
  readonly credentials: Credentials;
}

/** How an object comes into a table or is found in it. */
export interface IpcKind<T extends IpcObject> {
  /** Makes a new one. May throw SystemError; the identifier is not used up then. */
  make(id: number, ownership: IpcOwnership): T;
  /** Throws SystemError when one that exists is not what is asked for. */
  check?(existing: T): void;
}

/** What a table's course so far decides: saved with it, so that identifiers go on as they would have. */
export interface IpcTableState {
  /** The place that was given out last, -1 for none. */
  readonly lastPlace: number;
  /** The sequence number that it was given with. */
  readonly sequence: number;
}

/** The objects of one kind in a namespace. */
export class IpcTable<T extends IpcObject> {
  readonly #objects = new Map<number, T>();
  /** Those that processes have agreed on a name of. */
  readonly #byKey = new Map<number, T>();
  readonly #objectsMax: number;
  #lastPlace = -1;
  #sequence = 0;

  /** An empty table for at most `objectsMax` objects. */
  constructor(objectsMax: number = IPC_OBJECTS_MAX) {
    this.#objectsMax = objectsMax;
  }

  /** The objects in ascending order of their places. */
  get all(): readonly T[] {
    return [...this.#objects.entries()].sort(([a], [b]) => a - b).map(([, object]) => object);
  }

  /** How many there are. */
  get size(): number {
    return this.#objects.size;
  }

  /** Where it would go on. */
  get state(): IpcTableState {
    return { lastPlace: this.#lastPlace, sequence: this.#sequence };
  }
  set state(state: IpcTableState) {
    this.#lastPlace = state.lastPlace;
    this.#sequence = state.sequence;
  }

  /** The object of an identifier, or `undefined`. */
  find(id: number): T | undefined {
    const object = this.#objects.get(placeOf(id));
    return object?.id === id ? object : undefined;
  }

  /** The object of an identifier. Throws EINVAL when there is none. */
  get(id: number): T {
    const object = id < 0 ? undefined : this.find(id);
    if (object === undefined) throw new SystemError(EINVAL);
    return object;
  }

  /** msgget(2) and its like: the object's identifier. Throws ENOENT, EEXIST, EACCES, ENOSPC. */
  obtain(request: IpcRequest, kind: IpcKind<T>): number {
    const { key, flags, credentials } = request;
    const existing = this.#byKey.get(key);
    if (existing === undefined) {
      if (key !== IPC_PRIVATE && (flags & IPC_CREAT) === 0) throw new SystemError(ENOENT);
      return this.#make(request, kind).id;
    }
    if ((flags & IPC_CREAT) !== 0 && (flags & IPC_EXCL) !== 0) throw new SystemError(EEXIST);
    kind.check?.(existing);
    existing.requirePermission(credentials, flags);
    return existing.id;
  }

  /** Enters an object under its identifier, whose place must be free: one that is restored. */
  add(object: T): void {
    const place = placeOf(object.id);
    if (this.#objects.has(place)) throw new Error(`Cannot add object ${object.id}: place taken`);
    this.#enter(place, object);
  }

  /** Takes an object out. */
  remove(object: T): void {
    if (this.find(object.id) !== object) return;
    this.#objects.delete(placeOf(object.id));
    object.leaveKey();
  }

  /** The table of a machine's clone. */
  clone(cloneOf: (object: T) => T): IpcTable<T> {
    const copy = new IpcTable<T>(this.#objectsMax);
    for (const object of this.all) copy.add(cloneOf(object));
    copy.state = this.state;
    return copy;
  }

  #make({ key, flags, credentials }: IpcRequest, kind: IpcKind<T>): T {
    if (this.size >= this.#objectsMax) throw new SystemError(ENOSPC);
    const place = this.#nextPlace();
    const sequence = place <= this.#lastPlace
      ? (this.#sequence + 1) % IPC_SEQUENCE_MAX
      : this.#sequence;
    const { euid: uid, egid: gid } = credentials;
    const mode = flags & S_IRWXUGO;
    const id = sequence * 2 ** IPC_SEQUENCE_SHIFT + place;
    const object = kind.make(id, { key, uid, gid, cuid: uid, cgid: gid, mode });
    this.#enter(place, object);
    this.state = { lastPlace: place, sequence };
    return object;
  }

  #enter(place: number, object: T): void {
    const { key } = object;
    this.#objects.set(place, object);
    if (key !== IPC_PRIVATE) {
      this.#byKey.set(key, object);
      object.leaveKey = () => {
        if (this.#byKey.get(key) === object) this.#byKey.delete(key);
      };
    }
    object.leaveTable = () => this.remove(object);
  }

  /** The next free place in turn: idr_alloc_cyclic(). */
  #nextPlace(): number {
    const places = Math.min(
      Math.max(Math.floor(this.size * 3 / 2), IPC_PLACES_MIN),
      IPC_OBJECTS_MAX,
    );
    const first = this.#lastPlace + 1 < places ? this.#lastPlace + 1 : 0;
    for (let i = 0; i < places; i++) {
      const place = (first + i) % places;
      if (!this.#objects.has(place)) return place;
    }
    throw new SystemError(ENOSPC);
  }
}

function placeOf(id: number): number {
  return id % 2 ** IPC_SEQUENCE_SHIFT;
}

/** The `struct ipc64_perm` that IPC_STAT tells of an object. */
export function permissionBytes(object: IpcObject): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(IPC_PERM_BYTES);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, object.key, true);
  view.setUint32(4, object.uid, true);
  view.setUint32(8, object.gid, true);
  view.setUint32(12, object.cuid, true);
  view.setUint32(16, object.cgid, true);
  view.setUint32(20, object.mode, true);
  view.setUint16(24, Math.floor(object.id / 2 ** IPC_SEQUENCE_SHIFT), true);
  return bytes;
}

/** What IPC_SET sets. */
export type ChosenOwnership = Pick<IpcOwnership, "uid" | "gid" | "mode">;

/** What IPC_SET takes from a `struct ipc64_perm`. */
export function readPermission(bytes: Uint8Array): ChosenOwnership {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return {
    uid: view.getUint32(4, true),
    gid: view.getUint32(8, true),
    mode: view.getUint32(20, true),
  };
}
