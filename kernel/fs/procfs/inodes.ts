/** The inodes of /proc, over the descriptions of node.ts. */

import { EACCES, EIO, ENOENT, EOPNOTSUPP, EPERM, SystemError } from "../../abi/errno.ts";
import { S_IFMT } from "../../abi/stat.ts";
import { decodeBytes, encodeString } from "../byte_string.ts";
import type { Cloning } from "../cloning.ts";
import { type Access, type Attributes, type FileKind, FileObject } from "../file_object.ts";
import {
  DirectoryInode,
  type DirectoryRecord,
  Inode,
  type InodeFields,
  SymlinkInode,
} from "../inode.ts";
import type { Task } from "../../task.ts";
import type { Place } from "../mount.ts";
import { fieldsOf, inoOf } from "./fields.ts";
import type { ProcDirectoryNode, ProcFileNode, ProcLinkNode, ProcNode } from "./node.ts";
import type { NodeHolder } from "./node_holder.ts";
import type { Procfs } from "./procfs.ts";

/** An inode of /proc. */
export type ProcInode = ProcDirectory | ProcFile | ProcLink;

/** A directory of /proc. */
export class ProcDirectory extends DirectoryInode {
  /** What it shows. */
  readonly holder: NodeHolder<ProcDirectoryNode>;

  constructor(fields: InodeFields, holder: NodeHolder<ProcDirectoryNode>) {
    super(fields);
    this.holder = holder;
  }

  override get superblock(): Procfs {
    return this.holder.superblock;
  }

  override comesBackWith(tasks: ReadonlySet<Task>): boolean {
    return this.holder.comesBackWith(tasks);
  }

  override get removed(): boolean {
    return this.holder.current === null;
  }

  /** `node`: what it will show, where that cannot be found by its path yet. */
  override refresh(node?: ProcNode): void {
    this.holder.refresh(this, node);
  }

  override lookup(name: string): Inode | null {
    const node = this.holder.current?.lookup(name) ?? null;
    return node === null ? null : this.superblock.inodeAt(this.#pathOf(name), node);
  }

  override list(from: number, limit: number): readonly DirectoryRecord[] {
    const node = this.holder.current;
    const records: DirectoryRecord[] = [];
    for (const { name, cookie } of node?.list() ?? []) {
      if (records.length >= limit) break;
      if (cookie < from) continue;
      const found = node?.lookup(name) ?? null;
      if (found === null) continue;
      const path = this.#pathOf(name);
      const { mode } = fieldsOf(path, found);
      records.push({ name, ino: inoOf(path), type: mode & S_IFMT, cookie });
    }
    return records;
  }

  override setAttributes(): never {
    throw new SystemError(EPERM);
  }

  /** Nobody asks before the directory has said that nothing is removed from it. */
  override isEmpty(): boolean {
    return true;
  }

  // Nothing in /proc is made or removed by its name.

  override create(): never {
    throw new SystemError(ENOENT);
  }

  override createNameless(): never {
    throw new SystemError(EOPNOTSUPP);
  }

  override link(): never {
    throw new SystemError(ENOENT);
  }

  override remove(): never {
    throw new SystemError(EPERM);
  }

  override rename(): never {
    throw new SystemError(EPERM);
  }

  override exchange(): never {
    throw new SystemError(EPERM);
  }

  override clone(cloning: Cloning): ProcDirectory {
    return cloning.once(this, () => {
      const holder = this.holder.clone(cloning);
      return holder.superblock.enter(new ProcDirectory(this, holder));
    });
  }

  #pathOf(name: string): string {
    const { path } = this.holder;
    return path === "" ? name : `${path}/${name}`;
  }
}

/** A file of /proc. Its size is shown as 0: nobody knows it before somebody reads. */
export class ProcFile extends Inode {
  override readonly kind: FileKind = "proc";
  /** What it shows. */
  readonly holder: NodeHolder<ProcFileNode>;

  constructor(fields: InodeFields, holder: NodeHolder<ProcFileNode>) {
    super(fields);
    this.holder = holder;
  }

  override get superblock(): Procfs {
    return this.holder.superblock;
  }

  override comesBackWith(tasks: ReadonlySet<Task>): boolean {
    return this.holder.comesBackWith(tasks);
  }

  /** `node`: what it will show, where that cannot be found by its path yet. */
  override refresh(node?: ProcNode): void {
    this.holder.refresh(this, node);
  }

  override setAttributes(): never {
    throw new SystemError(EPERM);
  }

  /** An open file of its own, which keeps the text that it has begun to read. */
  override openObject({ write }: Access): ProcText {
    const node = this.holder.require();
    if (write && node.write === undefined) throw new SystemError(EACCES);
    return new ProcText(this);
  }

  /** The contents as they are now. Throws SystemError. */
  text(): Uint8Array {
    const text = this.holder.require().read();
    return typeof text === "string" ? encodeString(text) : text;
  }

  /** Takes what one write(2) gives. Throws SystemError. */
  take(bytes: Uint8Array, position: number): void {
    const { write } = this.holder.require();
    if (write === undefined) throw new SystemError(EIO);
    write(decodeBytes(bytes), position);
  }

  override clone(cloning: Cloning): ProcFile {
    return cloning.once(this, () => {
      const holder = this.holder.clone(cloning);
      return holder.superblock.enter(new ProcFile(this, holder));
    });
  }
}

/**
 * What an open file of /proc stands on. The text is made when reading begins at position 0, and stays as
 * it is for whoever reads on, so that a text in pieces is one text: Linux's `seq_file`.
 */
export class ProcText extends FileObject {
  override readonly kind: FileKind = "proc";
  /** What was opened. */
  readonly inode: ProcFile;
  /** The text for who reads on; `null` before the first read. */
  text: Uint8Array | null = null;

  constructor(inode: ProcFile) {
    super();
    this.inode = inode;
  }

  override get seekable(): boolean {
    return true;
  }

  override attributes(): Attributes {
    return this.inode.attributes();
  }

  override facts(): Readonly<Record<string, string>> {
    return { text: this.text === null ? "none yet" : decodeBytes(this.text) };
  }

  override read(position: number, length: number): Uint8Array {
    if (position === 0 || this.text === null) this.text = this.inode.text();
    return this.text.subarray(position, position + length);
  }

  override write(position: number, bytes: Uint8Array): number {
    this.inode.take(bytes, position);
    return bytes.length;
  }

  override opened(access: Access): void {
    this.inode.opened(access);
  }

  override closed(access: Access): void {
    this.inode.closed(access);
  }

  override clone(cloning: Cloning): ProcText {
    return cloning.once(this, () => {
      const copy = new ProcText(this.inode.clone(cloning));
      copy.text = this.text;
      return copy;
    });
  }
}

/** A symbolic link of /proc. */
export class ProcLink extends SymlinkInode {
  /** What it shows. */
  readonly holder: NodeHolder<ProcLinkNode>;

  constructor(fields: InodeFields, holder: NodeHolder<ProcLinkNode>) {
    super(fields);
    this.holder = holder;
  }

  override get superblock(): Procfs {
    return this.holder.superblock;
  }

  override comesBackWith(tasks: ReadonlySet<Task>): boolean {
    return this.holder.comesBackWith(tasks);
  }

  /** What readlink(2) shows. Throws ENOENT when the process is gone or has no such thing. */
  override get target(): string {
    const { current } = this.holder;
    if (current === null) throw new SystemError(ENOENT);
    return current.target();
  }

  override refresh(): void {
    this.holder.refresh(this);
  }

  override follow(): Place | null {
    const { current } = this.holder;
    if (current === null) throw new SystemError(ENOENT);
    return current.follow?.() ?? null;
  }

  override setAttributes(): never {
    throw new SystemError(EPERM);
  }

  override clone(cloning: Cloning): ProcLink {
    return cloning.once(this, () => {
      const holder = this.holder.clone(cloning);
      return holder.superblock.enter(new ProcLink(this, holder));
    });
  }
}
