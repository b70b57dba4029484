/**
 * procfs: the kernel's own objects as files. Nothing is kept here: each file's text is made from the
 * objects when it is read.
 *
 * An inode is known by its path. It is made when it is looked up and forgotten when nobody holds it, which
 * cannot be observed: it comes back equal. What belonged to a process stays that process's, also when
 * another gets the same pid.
 *
 * Source: `fs/proc/`; proc(5).
 */

import { makeDevice, PROC_SUPER_MAGIC, SYSFS_MAGIC } from "../../abi/stat.ts";
import type { Kernel } from "../../kernel.ts";
import { numberIn, type PidNamespace } from "../../pid_namespace.ts";
import type { Task } from "../../task.ts";
import type { UserNamespace } from "../../user_namespace.ts";
import type { Cloning } from "../cloning.ts";
import type { FileSystemEnvironment } from "../environment.ts";
import type { FileSystemUsage, Superblock } from "../superblock.ts";
import { fieldsOf } from "./fields.ts";
import { ProcDirectory, ProcFile, type ProcInode, ProcLink } from "./inodes.ts";
import { NodeHolder } from "./node_holder.ts";
import type { ProcDirectoryNode, ProcNode } from "./node.ts";
import { taskNode } from "./process.ts";
import { rootNode } from "./root.ts";
import { sysfsNode } from "./sysfs.ts";

/** How the file system of /proc or /sys is set up. */
export interface ProcfsOptions {
  /** Whose tasks are shown, under their numbers there. Default: `null`, the machine's. */
  readonly pidNamespace?: PidNamespace | null;
  /** `st_dev` of its inodes. Default: that of the machine's own. */
  readonly device?: number;
}

/** What distinguishes the file systems that are made of nodes. */
export interface NodeFileSystem {
  /** What mount(8) calls it. */
  readonly type: "proc" | "sysfs";
  /** `f_type` of statfs(2). */
  readonly magic: number;
  /** `st_dev` of the inodes of the machine's own. */
  readonly device: number;
  /** The directory that is mounted. */
  root(kernel: Kernel, proc: Procfs): ProcDirectoryNode;
}

/** /proc. */
export const PROC: NodeFileSystem = {
  type: "proc",
  magic: PROC_SUPER_MAGIC,
  device: makeDevice(0, 22),
  root: rootNode,
};

/** /sys, as far as programs insist. */
export const SYS: NodeFileSystem = {
  type: "sysfs",
  magic: SYSFS_MAGIC,
  device: makeDevice(0, 23),
  root: sysfsNode,
};

/** Inodes that nobody holds are swept out when there are this many more than after the last sweep. */
const SWEEP_MIN = 1024;

function nodeBelow(top: ProcNode, names: readonly string[]): ProcNode | null {
  let node: ProcNode | null = top;
  for (const name of names) {
    if (name === "") continue;
    if (node?.kind !== "directory") return null;
    node = node.lookup(name);
  }
  return node;
}

/** The file system of /proc, and that of /sys. */
export class Procfs implements Superblock {
  readonly keepsTimes = false;
  readOnly = false;
  readonly options = "";
  readonly device: number;
  readonly environment: FileSystemEnvironment;
  readonly root: ProcDirectory;
  /** Whose tasks are shown; `null` for the machine's. */
  readonly pidNamespace: PidNamespace | null;
  readonly #inodes = new Map<string, WeakRef<ProcInode>>();
  #sweepAt = SWEEP_MIN;

  readonly #kind: NodeFileSystem;

  constructor(
    environment: FileSystemEnvironment,
    kind: NodeFileSystem,
    options: ProcfsOptions = {},
  ) {
    this.pidNamespace = options.pidNamespace ?? null;
    this.device = options.device ?? kind.device;
    this.environment = environment;
    this.#kind = kind;
    const fields = fieldsOf("", { kind: "directory", mode: 0o555 });
    this.root = new ProcDirectory(fields, new NodeHolder(this, "", "directory"));
  }

  get type(): string {
    return this.#kind.type;
  }

  get magic(): number {
    return this.#kind.magic;
  }

  get owner(): UserNamespace | null {
    return this.pidNamespace?.owner ?? null;
  }

  /** The machine that is shown. */
  get kernel(): Kernel {
    const { kernel } = this.environment;
    if (kernel === null) throw new Error("Nobody looks into /proc before there is a machine");
    return kernel;
  }

  /** What a path (names with slashes between, empty for the root) leads to now, or `null`. */
  nodeAt(path: string): ProcNode | null {
    return nodeBelow(this.#kind.root(this.kernel, this), path.split("/"));
  }

  /** What a path that begins with the number of a task leads to, though that is not among the others yet. */
  nodeOf(task: Task, path: string): ProcNode | null {
    return nodeBelow(taskNode(this.kernel, this, task), path.split("/").slice(1));
  }

  /** The inode of a path whose node has just been looked up. */
  inodeAt(path: string, node: ProcNode): ProcInode {
    const known = this.#inodes.get(path)?.deref();
    if (known !== undefined && known.holder.isOf(node)) {
      known.refresh();
      return known;
    }
    const fields = fieldsOf(path, node);
    const inode = node.kind === "directory"
      ? new ProcDirectory(fields, new NodeHolder(this, path, "directory", node))
      : node.kind === "file"
      ? new ProcFile(fields, new NodeHolder(this, path, "file", node))
      : new ProcLink(fields, new NodeHolder(this, path, "link", node));
    this.#remember(path, inode);
    return inode;
  }

  /** The inode of a path of a process that is yet to come: it looks for that when it is first asked. */
  awaited(path: string, kind: "directory" | "file"): ProcDirectory | ProcFile {
    const isDirectory = kind === "directory";
    const known = this.#inodes.get(path)?.deref();
    const isThere = known instanceof (isDirectory ? ProcDirectory : ProcFile);
    if (isThere && known.holder.isAwaited) return known;
    const fields = fieldsOf(path, { kind, mode: 0 });
    return this.enter(
      isDirectory
        ? new ProcDirectory(fields, new NodeHolder(this, path, kind))
        : new ProcFile(fields, new NodeHolder(this, path, kind)),
    );
  }

  /** Enters an inode's copy of a machine's clone. */
  enter<T extends ProcInode>(inode: T): T {
    this.#remember(inode.holder.path, inode);
    return inode;
  }

  /** The number under which a pid is shown; 0 for one that is not. */
  numberOf(pid: number): number {
    return numberIn(this.pidNamespace, pid);
  }

  usage(): FileSystemUsage {
    return { blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }

  clone(environment: FileSystemEnvironment, cloning: Cloning): Procfs {
    return cloning.once(this, () => {
      const pidNamespace = this.pidNamespace?.clone(cloning) ?? null;
      const copy = new Procfs(environment, this.#kind, { pidNamespace, device: this.device });
      cloning.note(this.root, copy.root);
      copy.readOnly = this.readOnly;
      return copy;
    });
  }

  dispose(): void {}

  #remember(path: string, inode: ProcInode): void {
    this.#inodes.set(path, new WeakRef(inode));
    if (this.#inodes.size < this.#sweepAt) return;
    for (const [path, reference] of this.#inodes) {
      if (reference.deref() === undefined) this.#inodes.delete(path);
    }
    this.#sweepAt = 2 * this.#inodes.size + SWEEP_MIN;
  }
}
