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

import { makeDevice, PROC_SUPER_MAGIC } from "../../abi/stat.ts";
import type { Kernel } from "../../kernel.ts";
import type { Cloning } from "../cloning.ts";
import type { FileSystemEnvironment } from "../environment.ts";
import type { FileSystemUsage, Superblock } from "../superblock.ts";
import { fieldsOf } from "./fields.ts";
import { ProcDirectory, ProcFile, type ProcInode, ProcLink } from "./inodes.ts";
import type { ProcNode } from "./node.ts";
import { rootNode } from "./root.ts";

/** `st_dev` of /proc. */
const PROC_DEVICE = makeDevice(0, 22);
/** Inodes that nobody holds are swept out when there are this many more than after the last sweep. */
const SWEEP_MIN = 1024;

/** The file system of /proc. */
export class Procfs implements Superblock {
  readonly type = "proc";
  readonly magic = PROC_SUPER_MAGIC;
  readonly readOnly = false;
  readonly keepsTimes = false;
  readonly device = PROC_DEVICE;
  readonly environment: FileSystemEnvironment;
  readonly root: ProcDirectory;
  readonly #inodes = new Map<string, WeakRef<ProcInode>>();
  #sweepAt = SWEEP_MIN;

  constructor(environment: FileSystemEnvironment) {
    this.environment = environment;
    this.root = new ProcDirectory(this, "", fieldsOf("", { kind: "directory", mode: 0o555 }));
  }

  /** The machine that is shown. */
  get kernel(): Kernel {
    const { kernel } = this.environment;
    if (kernel === null) throw new Error("Nobody looks into /proc before there is a machine");
    return kernel;
  }

  /** What a path (names with slashes between, empty for the root) leads to now, or `null`. */
  nodeAt(path: string): ProcNode | null {
    let node: ProcNode | null = rootNode(this.kernel, this);
    for (const name of path.split("/")) {
      if (name === "") continue;
      if (node?.kind !== "directory") return null;
      node = node.lookup(name);
    }
    return node;
  }

  /** The inode of a path whose node has just been looked up. */
  inodeAt(path: string, node: ProcNode): ProcInode {
    const known = this.#inodes.get(path)?.deref();
    if (known !== undefined && known.isOf(node)) {
      known.refresh();
      return known;
    }
    const fields = fieldsOf(path, node);
    const inode = node.kind === "directory"
      ? new ProcDirectory(this, path, fields, node)
      : node.kind === "file"
      ? new ProcFile(this, path, fields, node)
      : new ProcLink(this, path, fields, node);
    this.#remember(path, inode);
    return inode;
  }

  /** Enters an inode's copy of a machine's clone. */
  enter<T extends ProcInode>(inode: T): T {
    this.#remember(inode.path, inode);
    return inode;
  }

  usage(): FileSystemUsage {
    return { blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }

  clone(environment: FileSystemEnvironment, cloning: Cloning): Procfs {
    return cloning.once(this, () => {
      const copy = new Procfs(environment);
      cloning.note(this.root, copy.root);
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
