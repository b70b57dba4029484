/**
 * The file system in which the POSIX message queues of an IPC namespace have their names: what mq_open(3)
 * looks into, and what mount(8) shows as "mqueue".
 *
 * Source: `ipc/mqueue.c`; mq_overview(7) ("Mounting the message queue filesystem").
 */

import { CAP_SYS_RESOURCE } from "../abi/capability.ts";
import { EMFILE, ENOSPC, EPERM, SystemError } from "../abi/errno.ts";
import { DFLT_QUEUESMAX, DIRENT_SIZE } from "../abi/mqueue.ts";
import { RLIMIT_MSGQUEUE } from "../abi/resource.ts";
import { MQUEUE_MAGIC, S_IFDIR, S_IFREG } from "../abi/stat.ts";
import { MQUEUE_DEVICE } from "../fs/anonymous.ts";
import type { Cloning } from "../fs/cloning.ts";
import type { FileSystemEnvironment } from "../fs/environment.ts";
import {
  type Creation,
  DirectoryInode,
  type DirectoryRecord,
  type Inode,
  type InodeFields,
  type Ownership,
} from "../fs/inode.ts";
import type { FileSystemUsage, Superblock } from "../fs/superblock.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import type { UserNamespace } from "../user_namespace.ts";
import {
  chargeFor,
  DEFAULT_BOUNDS,
  PosixQueue,
  type QueueBounds,
  requireBounds,
} from "./posix_queue.ts";

const ROOT_INO = 1;
/** 0 and 1 stand for `.` and `..`. */
const FIRST_COOKIE = 2;

/** The queues of a namespace. */
export class MqueueFileSystem implements Superblock {
  /** Its name to mount(8). */
  readonly type: string = "mqueue";
  /** See {@link Superblock.magic}. */
  readonly magic: number = MQUEUE_MAGIC;
  /** See {@link Superblock.device}. */
  readonly device: number = MQUEUE_DEVICE;
  /** See {@link Superblock.readOnly}. */
  readOnly: boolean = false;
  /** See {@link Superblock.owner}. */
  readonly owner: UserNamespace | null;
  /** See {@link Superblock.options}. */
  readonly options: string = "";
  /** See {@link Superblock.keepsTimes}. */
  readonly keepsTimes: boolean = true;
  /** The machine around it. */
  readonly environment: FileSystemEnvironment;
  /** The directory of all names. */
  readonly root: MqueueDirectory;
  /** All queues: those with names, and those that somebody still has open. */
  readonly queues: Set<PosixQueue> = new Set();

  /** No queues. `owner`: whose privileges count for it. */
  constructor(environment: FileSystemEnvironment, owner: UserNamespace | null = null) {
    this.environment = environment;
    this.owner = owner;
    this.root = new MqueueDirectory(this, newFields(environment, ROOT_INO, S_IFDIR, ROOT_OWNER));
  }

  /** A queue is neither named nor open any more. */
  evicted(queue: PosixQueue): void {
    this.queues.delete(queue);
  }

  /** Bytes of all messages in all queues. */
  get bytes(): number {
    return [...this.queues].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** See {@link Superblock.usage}. */
  usage(): FileSystemUsage {
    return { blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }

  /** See {@link Superblock.clone}. */
  clone(environment: FileSystemEnvironment, cloning: Cloning): MqueueFileSystem {
    return cloning.once(this, () => {
      const owner = this.owner?.clone(cloning) ?? null;
      const copy = cloning.note(this, new MqueueFileSystem(environment, owner));
      copy.readOnly = this.readOnly;
      for (const queue of this.queues) copy.queues.add(queue.clone(cloning));
      cloning.note(this.root, copy.root).takeFrom(this.root, cloning);
      return copy;
    });
  }

  /** The same in a machine's clone, whose environment is known. */
  cloneWith(cloning: Cloning): MqueueFileSystem {
    return this.clone(cloning.copyOf(this.environment), cloning);
  }

  /** Nothing to give back. */
  dispose(): void {}
}

const ROOT_OWNER: Ownership = { mode: 0o1777, uid: 0, gid: 0 };

function newFields(
  environment: FileSystemEnvironment,
  ino: number,
  type: number,
  { mode, uid, gid }: Ownership,
): InodeFields {
  const now_ns = environment.now();
  const times = { atime_ns: now_ns, mtime_ns: now_ns, ctime_ns: now_ns, btime_ns: now_ns };
  return { ino, mode: type | mode, nlink: type === S_IFDIR ? 2 : 1, uid, gid, ...times };
}

/** The directory: names to queues. */
export class MqueueDirectory extends DirectoryInode {
  /** See {@link DirectoryInode.superblock}. */
  override readonly superblock: MqueueFileSystem;
  /** In ascending order of their cookies. */
  readonly #entries = new Map<string, { readonly queue: PosixQueue; readonly cookie: number }>();
  #cookieNext = FIRST_COOKIE;

  /** An empty directory. */
  constructor(superblock: MqueueFileSystem, fields: InodeFields) {
    super(fields);
    this.superblock = superblock;
  }

  /** See {@link DirectoryInode.size}. */
  override get size(): number {
    return (this.#entries.size + 2) * DIRENT_SIZE;
  }

  /** See {@link DirectoryInode.lookup}. */
  override lookup(name: string): PosixQueue | null {
    return this.#entries.get(name)?.queue ?? null;
  }

  /** See {@link DirectoryInode.list}. */
  override list(from: number, limit: number): readonly DirectoryRecord[] {
    return [...this.#entries].filter(([, { cookie }]) => cookie >= from).slice(0, limit)
      .map(([name, { queue, cookie }]) => ({ name, ino: queue.ino, type: S_IFREG, cookie }));
  }

  /** What open(2) with O_CREAT and mknod(2) make on behalf of the running task: a queue as usual. */
  override create(name: string, { kind }: Creation, owner: Ownership): Inode {
    const { kernel } = this.superblock.environment;
    const task = kernel?.scheduler.current;
    if (kind !== "regular" || kernel === null || task === undefined) throw new SystemError(EPERM);
    return this.createQueue(kernel, task, { name, owner, bounds: DEFAULT_BOUNDS });
  }

  /**
   * Makes a queue on behalf of a task under a free name. Throws SystemError: ENOSPC for too many queues,
   * EINVAL for bounds that it does not get, EMFILE beyond RLIMIT_MSGQUEUE. mqueue_create_attr().
   */
  createQueue(
    kernel: Kernel,
    { credentials, limits }: Task,
    { name, owner, bounds }: { name: string; owner: Ownership; bounds: QueueBounds },
  ): PosixQueue {
    const { superblock } = this;
    const isPrivileged = credentials.has(CAP_SYS_RESOURCE);
    if (superblock.queues.size >= DFLT_QUEUESMAX && !isPrivileged) throw new SystemError(ENOSPC);
    requireBounds(bounds, isPrivileged);
    const { uid } = credentials;
    const charged = chargeOf(superblock, uid) + chargeFor(bounds);
    if (charged > limits.soft(RLIMIT_MSGQUEUE)) throw new SystemError(EMFILE);
    const ino = kernel.fileSystem.takePipeIno();
    const fields = newFields(superblock.environment, ino, S_IFREG, owner);
    const queue = new PosixQueue(superblock, fields, { name, bounds, chargedUid: uid });
    superblock.queues.add(queue);
    this.put(queue);
    this.touchContents();
    return queue;
  }

  /** Enters a queue under its name, which must be free. */
  put(queue: PosixQueue): void {
    this.#entries.set(queue.name, { queue, cookie: this.#cookieNext++ });
  }

  /** See {@link DirectoryInode.remove}. */
  override remove(name: string): void {
    const queue = this.lookup(name);
    if (queue === null) return;
    this.#entries.delete(name);
    this.touchContents();
    queue.nlink = 0;
    queue.touchChange();
    queue.evictIfUnused();
  }

  /** See {@link DirectoryInode.createNameless}. */
  override createNameless(): never {
    throw new SystemError(EPERM);
  }

  /** See {@link DirectoryInode.link}. */
  override link(): never {
    throw new SystemError(EPERM);
  }

  /** See {@link DirectoryInode.rename}. */
  override rename(): never {
    throw new SystemError(EPERM);
  }

  /** See {@link DirectoryInode.exchange}. */
  override exchange(): never {
    throw new SystemError(EPERM);
  }

  /** Takes over the names of the directory that this one is the copy of. */
  takeFrom(original: MqueueDirectory, cloning: Cloning): void {
    const { mode, uid, gid, nlink, atime_ns, mtime_ns, ctime_ns, btime_ns } = original;
    Object.assign(this, { mode, uid, gid, nlink, atime_ns, mtime_ns, ctime_ns, btime_ns });
    this.#cookieNext = original.#cookieNext;
    for (const [name, { queue, cookie }] of original.#entries) {
      this.#entries.set(name, { queue: queue.clone(cloning), cookie });
    }
  }

  /** See {@link DirectoryInode.clone}. */
  override clone(cloning: Cloning): MqueueDirectory {
    return this.superblock.cloneWith(cloning).root;
  }
}

/** What the queues of a user count towards RLIMIT_MSGQUEUE, in bytes, in all namespaces that there are. */
export function chargeOf(own: MqueueFileSystem, uid: number): number {
  const { kernel } = own.environment;
  const all = new Set(kernel === null ? [own] : [own, kernel.ipc.mqueues]);
  for (const { namespaces } of kernel?.tasks.unordered() ?? []) {
    if (namespaces !== null) all.add(namespaces.ipc.mqueues);
  }
  let sum = 0;
  for (const { queues } of all) {
    for (const { chargedUid, bounds } of queues) if (chargedUid === uid) sum += chargeFor(bounds);
  }
  return sum;
}
