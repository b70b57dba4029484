/** What the inodes of /proc have in common: each shows the node that its path leads to. */

import { ESRCH, SystemError } from "../../abi/errno.ts";
import type { Task } from "../../task.ts";
import type { Cloning } from "../cloning.ts";
import type { Inode } from "../inode.ts";
import { fieldsOf } from "./fields.ts";
import type { ProcNode } from "./node.ts";
import type { Procfs } from "./procfs.ts";

/** A node that is found by its path when it is needed. */
export class NodeHolder<N extends ProcNode> {
  readonly superblock: Procfs;
  /** The path in /proc: names with slashes between, empty for /proc itself. */
  readonly path: string;
  readonly #kind: N["kind"];
  /** `undefined` until it is looked up, `null` for a process that is gone. */
  #node: N | null | undefined;

  /** `node`: what the path has just led to; `undefined`, to look for it when it is asked for. */
  constructor(superblock: Procfs, path: string, kind: N["kind"], node?: N | null) {
    this.superblock = superblock;
    this.path = path;
    this.#kind = kind;
    this.#node = node;
  }

  /** The node, or `null` when what it tells about is gone. */
  get current(): N | null {
    if (this.#node === undefined) {
      const found = this.superblock.nodeAt(this.path);
      // A path leads to one kind of node only.
      this.#node = found?.kind === this.#kind ? found as N : null;
    }
    const task = this.#node?.task;
    const isGone = task !== undefined && this.superblock.kernel.tasks.get(task.pid) !== task;
    return isGone ? null : this.#node;
  }

  /** The node. Throws ESRCH when the process is gone. */
  require(): N {
    const { current } = this;
    if (current === null) throw new SystemError(ESRCH);
    return current;
  }

  /** Whether this is what a fresh lookup of the path has found. */
  isOf(node: ProcNode): boolean {
    const { current } = this;
    return current !== null && current.kind === node.kind && current.task === node.task;
  }

  /** See {@link Inode.comesBackWith}. What belongs to a descriptor may be gone though its task is not. */
  comesBackWith(tasks: ReadonlySet<Task>): boolean {
    const { current } = this;
    if (current === null) return false;
    if (current.task === undefined) return true;
    const found = this.superblock.nodeAt(this.path);
    return tasks.has(current.task) && found !== null && this.isOf(found);
  }

  /** Whether what it tells about is there, or is yet to be looked for. */
  get isAwaited(): boolean {
    return this.#node === undefined || this.current !== null;
  }

  /** Takes over who owns it now, or as `node` says. */
  refresh(inode: Inode, node: ProcNode | null = this.current): void {
    if (node === null) return;
    ({ mode: inode.mode, uid: inode.uid, gid: inode.gid } = fieldsOf(this.path, node));
  }

  /**
   * The holder in a machine's clone. Tasks are cloned later than inodes, so the copy looks its node up when
   * it is first asked.
   */
  clone(cloning: Cloning): NodeHolder<N> {
    const superblock = this.superblock.clone(this.superblock.environment, cloning);
    const node = this.current === null ? null : undefined;
    return new NodeHolder<N>(superblock, this.path, this.#kind, node);
  }
}
