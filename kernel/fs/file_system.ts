/**
 * The whole tree of a machine: a tmpfs as root, a tmpfs with the devices at /dev, and what is mounted;
 * with helpers by which the harness puts files in and takes them out.
 */

import { EINVAL, EISDIR, ENOENT, ENOTDIR, SystemError } from "../abi/errno.ts";
import { O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from "../abi/fcntl.ts";
import { makeDevice as deviceNumber, ST_RDONLY, ST_RELATIME } from "../abi/stat.ts";
import { INIT_INO } from "../abi/namespace.ts";
import {
  FIRST_MOUNT_MINOR,
  FIRST_PIPE_INO,
  MEMORY_DEVICE,
  ROOT_DEVICE,
  ROOTFS_DEVICE,
} from "./anonymous.ts";
import { Cloning } from "./cloning.ts";
import { STANDARD_DEVICES, STANDARD_LINKS } from "./devices.ts";
import { Entry } from "./entry.ts";
import type { FileSystemEnvironment } from "./environment.ts";
import type { Attributes } from "./file_object.ts";
import type { ForeignFileSystem } from "./foreign.ts";
import { ForeignSuperblock } from "./foreign_superblock.ts";
import { DirectoryInode, RegularInode } from "./inode.ts";
import { MemoryFile, type MemoryFileParts } from "./memory_file.ts";
import { Mount, type MountParts, Place } from "./mount.ts";
import { MountNamespace } from "./mount_namespace.ts";
import { MountTable } from "./mount_table.ts";
import {
  makeDevice,
  makeDirectory,
  makeSymlink,
  removeDirectory,
  rename,
  unlink,
} from "./names.ts";
import { openFile } from "./open.ts";
import { OpenFile } from "./open_file.ts";
import { type PathContext, requireDirectory, resolvePath } from "./path.ts";
import { type FileCredentials, ROOT_CREDENTIALS } from "./permissions.ts";
import { Pipe, PipeReader, PipeWriter } from "./pipe.ts";
import { PROC, Procfs, SYS } from "./procfs/procfs.ts";
import type { Superblock } from "./superblock.ts";
import { Devpts } from "./terminal/devpts.ts";
import type { TerminalTable } from "./terminal/terminal_table.ts";
import { Tmpfs } from "./tmpfs.ts";

/** The directories that a fresh machine has, with their permission bits. */
const STANDARD_DIRECTORIES: readonly (readonly [path: string, mode: number])[] = [
  ["/bin", 0o755],
  ["/dev", 0o755],
  ["/etc", 0o755],
  ["/home", 0o755],
  ["/lib", 0o755],
  ["/proc", 0o555],
  ["/root", 0o700],
  ["/sys", 0o555],
  ["/tmp", 0o1777],
  ["/usr", 0o755],
  ["/usr/bin", 0o755],
  ["/usr/lib", 0o755],
  ["/var", 0o755],
  ["/var/tmp", 0o1777],
];

/** How much of a directory is listed at a time. */
const LIST_ALL = Number.MAX_SAFE_INTEGER;

/** What a {@link FileSystem} is made of. */
interface FileSystemParts {
  readonly environment: FileSystemEnvironment;
  readonly tree: Superblock;
  readonly mounts: MountNamespace;
  readonly devpts: TerminalTable;
  readonly memory: Tmpfs;
  readonly memoryMount: Mount;
}

/** What a mount of the whole of a file system is made of. */
function mountOf(superblock: Superblock, flags = 0): Omit<MountParts, "id"> {
  return { superblock, root: Entry.root(superblock.root), flags: flags | ST_RELATIME };
}

/**
 * The file systems of one machine, as one tree.
 *
 * @example
 * ```ts
 * import { Kernel } from "../mod.ts";
 *
 * const { fileSystem } = new Kernel();
 * fileSystem.writeFile("/tmp/greeting", new TextEncoder().encode("hello"), 0o600);
 * fileSystem.rename("/tmp/greeting", "/home/greeting");
 * console.assert(new TextDecoder().decode(fileSystem.readFile("/home/greeting")) === "hello");
 * ```
 */
export class FileSystem {
  /** The machine around the tree. */
  readonly environment: FileSystemEnvironment;
  /** The machine's terminals, which /dev/pts shows. */
  readonly devpts: TerminalTable;
  /** The machine's own tree, whatever is mounted in it or over it. */
  readonly tree: Superblock;
  /** All that is mounted. */
  readonly mountTable: MountTable;
  /** What is mounted for who has no mount namespace of its own. */
  readonly mounts: MountNamespace;
  /** Where memory lies that programs share without a name. */
  readonly #memory: Tmpfs;
  /** How it is seen: through a mount to which no path leads. */
  readonly #memoryMount: Mount;
  #minorNext = FIRST_MOUNT_MINOR;
  /** The inode number that the next pipe gets. */
  pipeInoNext: number = FIRST_PIPE_INO;

  private constructor(parts: FileSystemParts) {
    this.environment = parts.environment;
    this.devpts = parts.devpts;
    this.tree = parts.tree;
    this.mounts = parts.mounts;
    this.mountTable = parts.mounts.table;
    this.#memory = parts.memory;
    this.#memoryMount = parts.memoryMount;
  }

  /** The tree of a fresh machine. */
  static create(environment: FileSystemEnvironment): FileSystem {
    const tree = new Tmpfs(environment, { device: ROOT_DEVICE });
    // Bounded by the frames that there are, as on Linux, where only what is mounted has a bound of its own.
    const pagesMax = environment.memory.framesMax;
    const memory = new Tmpfs(environment, { device: MEMORY_DEVICE, pagesMax });
    const devpts = new Devpts(environment);
    const table = new MountTable(tree);
    const rootfs = new Tmpfs(environment, { device: ROOTFS_DEVICE, type: "rootfs" });
    const mounts = new MountNamespace({
      ino: INIT_INO.mnt,
      owner: null,
      table,
      root: table.create(mountOf(rootfs)),
    });
    mounts.graft(table.create(mountOf(tree)), mounts.top);
    const memoryMount = new Mount({ ...mountOf(memory), id: table.takeId() });
    const parts = { environment, tree, mounts, devpts, memory, memoryMount };
    const fileSystem = new FileSystem(parts);
    mounts.setUp = mounts.outline;
    for (const [path, mode] of STANDARD_DIRECTORIES) fileSystem.makeDirectory(path, { mode });
    fileSystem.#setUp(() => fileSystem.#mountOwn());
    return fileSystem;
  }

  /** The root of the tree: what is mounted over it last. */
  get root(): Place {
    return this.mounts.top;
  }

  /** How paths are resolved from the root with all rights. */
  get context(): PathContext {
    const { root, mounts } = this;
    return { mounts, root, start: root, credentials: ROOT_CREDENTIALS };
  }

  /** The place that a path from the root names. Throws SystemError. */
  resolve(path: string): Place {
    return resolvePath(this.context, path);
  }

  /** Opens a file with all rights; the caller holds the one reference. `flags` as for open(2). */
  open(path: string, flags: number = O_RDONLY, mode = 0o644): OpenFile {
    return openFile({ ...this.context, umask: 0, terminal: null }, path, flags, mode);
  }

  /** The contents of a regular file. Throws SystemError. */
  readFile(path: string): Uint8Array {
    return this.#withFile(path, O_RDONLY, 0, (file) => {
      file.refresh();
      return file.read(0, file.size);
    });
  }

  /**
   * Writes a regular file, which is made (with permission bits `mode`) or replaced. Default mode: 0o644
   * for a new file, and what it was for an old one. Throws SystemError, ENOSPC with a part written.
   */
  writeFile(path: string, bytes: Uint8Array, mode?: number): void {
    this.#withFile(path, O_WRONLY | O_CREAT | O_TRUNC, mode ?? 0o644, (file) => {
      if (mode !== undefined) file.setAttributes({ mode });
      for (let done = 0; done < bytes.length;) done += file.write(done, bytes.subarray(done));
    });
  }

  /** Makes a directory; with `recursive` also those above it, and none that exists is an error. */
  makeDirectory(path: string, options: { mode?: number; recursive?: boolean } = {}): void {
    const { mode = 0o755, recursive = false } = options;
    if (!recursive) return makeDirectory(this.context, path, mode);
    const names = path.split("/").filter((name) => name !== "");
    for (let i = 1; i <= names.length; i++) {
      const part = "/" + names.slice(0, i).join("/");
      if (!this.exists(part)) makeDirectory(this.context, part, mode);
      else requireDirectory(this.resolve(part));
    }
  }

  /** Makes a symbolic link at `path`. */
  makeSymlink(target: string, path: string): void {
    makeSymlink(this.context, target, path);
  }

  /** Renames, over whatever rename(2) lets it replace. */
  rename(path: string, newPath: string): void {
    rename(this.context, path, this.context, newPath);
  }

  /** Removes a file or an empty directory; with `recursive` also what is in it. Follows no link. */
  remove(path: string, options: { recursive?: boolean } = {}): void {
    const place = resolvePath(this.context, path, { follow: false });
    if (!(place.inode instanceof DirectoryInode)) return unlink(this.context, path);
    if (!options.recursive) return removeDirectory(this.context, path);
    const directories = [path];
    // Deepest last; in a loop, because the guest says how deep its tree is.
    for (const directory of directories) {
      for (const name of this.list(directory)) {
        const inner = `${directory}/${name}`;
        const { inode } = resolvePath(this.context, inner, { follow: false });
        if (inode instanceof DirectoryInode) directories.push(inner);
        else unlink(this.context, inner);
      }
    }
    for (const directory of directories.reverse()) removeDirectory(this.context, directory);
  }

  /** Whether something is there, be it a dangling symbolic link. */
  exists(path: string): boolean {
    try {
      resolvePath(this.context, path, { follow: false });
      return true;
    } catch (error) {
      const absent = error instanceof SystemError &&
        (error.errno === ENOENT || error.errno === ENOTDIR);
      if (absent) return false;
      throw error;
    }
  }

  /** The names in a directory, sorted, without `.` and `..`. Throws SystemError. */
  list(path: string): string[] {
    const directory = requireDirectory(this.resolve(path));
    return directory.list(0, LIST_ALL).map(({ name }) => name).sort();
  }

  /** What stat(2), or with `follow: false` lstat(2), shows. Throws SystemError. */
  attributes(path: string, options: { follow?: boolean } = {}): Attributes {
    return resolvePath(this.context, path, options).inode.attributes();
  }

  /**
   * Mounts a host folder over a directory, which is made when it does not exist. Mounted over `/`, it
   * becomes the root, and the kernel's own file systems are mounted where it has a directory for them.
   */
  mount(path: string, foreign: ForeignFileSystem, options: { readOnly?: boolean } = {}): void {
    const superblock = new ForeignSuperblock(this.environment, foreign, this.takeDevice());
    this.#setUp(() => {
      const place = this.#mountPoint(path);
      const becomesRoot = place.equals(this.root);
      this.#mountAt(place, superblock, options.readOnly === true ? ST_RDONLY : 0);
      if (becomesRoot) this.#mountOwn();
    });
  }

  /** Mounts an empty file system in memory over a directory, which is made when it does not exist. */
  mountTmpfs(path: string, options: { mode?: number } = {}): void {
    const { mode = 0o755 } = options;
    const tmpfs = new Tmpfs(this.environment, { device: this.takeDevice(), mode });
    this.#setUp(() => this.#mountSuperblock(path, tmpfs));
  }

  /** Looks for mounts and mount namespaces that nobody uses any more, after a task has left some. */
  collectMounts(): void {
    const { kernel } = this.environment;
    if (kernel !== null) this.mountTable.collect(kernel);
  }

  /** The last file that was open in a mount which is in no tree is closed. */
  mountClosed(mount: Mount): void {
    const { kernel } = this.environment;
    if (kernel !== null) this.mountTable.closedLast(mount, kernel);
  }

  /** An inode number for a new pipe. */
  takePipeIno(): number {
    return this.pipeInoNext++;
  }

  /**
   * Memory without a name that can be shared, open for reading and writing with one reference that the
   * caller holds. `flags`: O_LARGEFILE.
   */
  openMemory(parts: MemoryFileParts, flags = 0): OpenFile {
    const object = MemoryFile.create(this.#memory, parts);
    const place = object.placeUnder(this.memoryRoot);
    return new OpenFile({ object, place, flags: flags | O_RDWR });
  }

  /** The directory in which shared memory seems to be: a place to which no path leads. */
  get memoryRoot(): Place {
    return new Place(this.#memoryMount, this.#memoryMount.root);
  }

  /** Both ends of a new pipe, each with one reference that the caller holds. `flags`: O_NONBLOCK. */
  openPipe(credentials: FileCredentials, flags = 0): { reader: OpenFile; writer: OpenFile } {
    const pipe = new Pipe({
      ino: this.takePipeIno(),
      uid: credentials.fsuid,
      gid: credentials.fsgid,
      now_ns: this.environment.now(),
    });
    const [reader, writer] = [new PipeReader(pipe), new PipeWriter(pipe)];
    return {
      reader: new OpenFile({ object: reader, place: null, flags: flags | O_RDONLY }),
      writer: new OpenFile({ object: writer, place: null, flags: flags | O_WRONLY }),
    };
  }

  /**
   * The tree of a machine's clone. Contents are shared page by page until one of the two writes; the work
   * grows with the number of files, not their size. A mounted host folder is the same folder for both.
   * With the same `cloning` the machine then clones what stands in the tree: open files, tasks' places.
   */
  clone(environment: FileSystemEnvironment, cloning: Cloning = new Cloning()): FileSystem {
    // Before the mounts, of which some show it.
    const devpts = this.devpts.clone(environment, cloning);
    const memory = this.#memory.clone(environment, cloning);
    const memoryMount = this.#memoryMount.clone(cloning);
    const tree = this.tree.clone(environment, cloning);
    this.mountTable.clone(environment, cloning);
    const mounts = this.mounts.clone(cloning);
    const copy = new FileSystem({ environment, tree, mounts, devpts, memory, memoryMount });
    copy.#minorNext = this.#minorNext;
    copy.pipeInoNext = this.pipeInoNext;
    return copy;
  }

  /** Gives back all frames and host handles. Nothing in the tree may be used afterwards. */
  dispose(): void {
    for (const superblock of this.mountTable.superblocks) superblock.dispose();
    this.#memory.dispose();
  }

  /** Mounts what belongs to the machine from now on, unless programs have changed what did. */
  #setUp(mount: () => void): void {
    const isAsSetUp = this.mounts.change === null;
    mount();
    if (isAsSetUp) this.mounts.setUp = this.mounts.outline;
  }

  /** Mounts what the kernel shows of itself, wherever there is a directory for it. */
  #mountOwn(): void {
    if (this.exists("/dev")) this.#mountDevices();
    for (const [path, kind] of [["/proc", PROC], ["/sys", SYS]] as const) {
      if (this.exists(path)) this.#mountSuperblock(path, new Procfs(this.environment, kind));
    }
  }

  #mountDevices(): void {
    this.#mountSuperblock("/dev", new Tmpfs(this.environment, { device: this.takeDevice() }));
    for (const { name, device, mode } of STANDARD_DEVICES) {
      makeDevice(this.context, `/dev/${name}`, device, mode);
    }
    for (const [name, target] of STANDARD_LINKS) this.makeSymlink(target, `/dev/${name}`);
    this.makeDirectory("/dev/pts");
    this.#mountSuperblock("/dev/pts", this.devpts);
    this.mountTmpfs("/dev/shm", { mode: 0o1777 });
  }

  #mountSuperblock(path: string, superblock: Superblock): void {
    this.#mountAt(this.#mountPoint(path), superblock);
  }

  #mountAt(place: Place, superblock: Superblock, flags = 0): void {
    requireDirectory(place);
    this.mounts.graft(this.mountTable.create(mountOf(superblock, flags)), place);
  }

  #mountPoint(path: string): Place {
    if (!this.exists(path)) this.makeDirectory(path, { recursive: true });
    return this.resolve(path);
  }

  /** A device number for a file system that is mounted. */
  takeDevice(): number {
    return deviceNumber(0, this.#minorNext++);
  }

  #withFile<T>(path: string, flags: number, mode: number, use: (file: RegularInode) => T): T {
    const file = this.open(path, flags, mode);
    try {
      if (file.object instanceof RegularInode) return use(file.object);
      throw new SystemError(file.object instanceof DirectoryInode ? EISDIR : EINVAL);
    } finally {
      file.release();
    }
  }
}
