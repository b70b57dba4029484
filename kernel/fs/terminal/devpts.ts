/**
 * devpts: the terminals by their numbers. The machine's own come first, then the pseudo-terminals, which
 * come with their masters and go with them.
 *
 * Source: `fs/devpts/inode.c`; pts(4), `Documentation/filesystems/devpts.rst`.
 */

import { EACCES, EIO, ENOENT, EPERM, SystemError } from "../../abi/errno.ts";
import { DEVPTS_SUPER_MAGIC, S_IFCHR, S_IFDIR } from "../../abi/stat.ts";
import { BOOT_REALTIME_NS } from "../../clock.ts";
import { TERMINAL_DEVICE } from "../anonymous.ts";
import type { Cloning } from "../cloning.ts";
import type { FileSystemEnvironment } from "../environment.ts";
import type { Attributes, FileObject } from "../file_object.ts";
import {
  type AttributeChange,
  type Creation,
  DeviceInode,
  DirectoryInode,
  type DirectoryRecord,
  type Inode,
} from "../inode.ts";
import type { FileSystemUsage } from "../superblock.ts";
import { Pty, PtyMaster } from "./pty.ts";
import type { Terminal } from "./terminal.ts";
import type { TerminalTable } from "./terminal_table.ts";

const ROOT_INO = 1;
/** 0 and 1 stand for `.` and `..`. */
const FIRST_COOKIE = 2;
/** The group of terminals: what Debian mounts devpts with. */
const TTY_GID = 5;

/** The file system of /dev/pts. */
export class Devpts implements TerminalTable {
  readonly type = "devpts";
  readonly magic = DEVPTS_SUPER_MAGIC;
  readonly device = TERMINAL_DEVICE;
  readonly keepsTimes = true;
  readonly owner = null;
  readonly options = "";
  readOnly = false;
  readonly environment: FileSystemEnvironment;
  readonly root: DirectoryInode;
  readonly #ptys = new Map<number, Pty>();
  readonly #inodes = new Map<Terminal, TerminalInode>();

  constructor(environment: FileSystemEnvironment) {
    this.environment = environment;
    this.root = new DevptsDirectory(this);
  }

  get terminals(): readonly Terminal[] {
    const own = this.environment.kernel?.streams.flatMap(({ tty }) => tty ?? []) ?? [];
    const others = [...this.#ptys.values()].map(({ terminal }) => terminal);
    return [...own, ...others].sort((a, b) => a.index - b.index);
  }

  /** The pair of a pseudo-terminal, or `undefined` for another terminal. */
  pty(index: number): Pty | undefined {
    return this.#ptys.get(index);
  }

  openMaster(inode: Inode, uid: number): PtyMaster {
    const taken = new Set(this.terminals.map(({ index }) => index));
    let index = 0;
    while (taken.has(index)) index++;
    const now_ns = this.environment.now();
    const pty = new Pty({ index, devpts: this, uid, gid: TTY_GID, now_ns });
    pty.terminal.kernel = this.environment.kernel;
    this.#ptys.set(index, pty);
    return new PtyMaster(pty, inode);
  }

  openTerminal(index: number): Terminal {
    const terminal = this.terminals.find((candidate) => candidate.index === index);
    if (terminal === undefined) throw new SystemError(ENOENT);
    if (this.#ptys.get(index)?.isLocked === true) throw new SystemError(EIO);
    return terminal;
  }

  /** The inode of a terminal. */
  inodeOf(terminal: Terminal): TerminalInode {
    let inode = this.#inodes.get(terminal);
    if (inode === undefined) {
      inode = new TerminalInode(this, terminal);
      this.#inodes.set(terminal, inode);
    }
    inode.refresh();
    return inode;
  }

  /** The master of a pseudo-terminal is gone. */
  remove(index: number): void {
    const pty = this.#ptys.get(index);
    if (pty !== undefined) this.#inodes.delete(pty.terminal);
    this.#ptys.delete(index);
  }

  usage(): FileSystemUsage {
    return { blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }

  clone(environment: FileSystemEnvironment, cloning: Cloning): Devpts {
    return cloning.once(this, () => {
      const copy = new Devpts(environment);
      cloning.note(this, copy);
      cloning.note(this.root, copy.root);
      copy.readOnly = this.readOnly;
      for (const [index, pty] of this.#ptys) copy.#ptys.set(index, pty.clone(copy, cloning));
      return copy;
    });
  }

  dispose(): void {}
}

/** The directory: numbers. */
class DevptsDirectory extends DirectoryInode {
  override readonly superblock: Devpts;

  constructor(superblock: Devpts) {
    const at_ns = BOOT_REALTIME_NS;
    const times = { atime_ns: at_ns, mtime_ns: at_ns, ctime_ns: at_ns, btime_ns: at_ns };
    super({ ino: ROOT_INO, mode: S_IFDIR | 0o755, nlink: 2, uid: 0, gid: 0, ...times });
    this.superblock = superblock;
  }

  override lookup(name: string): Inode | null {
    const { superblock } = this;
    const terminal = superblock.terminals.find(({ index }) => String(index) === name);
    return terminal === undefined ? null : superblock.inodeOf(terminal);
  }

  override list(from: number, limit: number): readonly DirectoryRecord[] {
    return this.superblock.terminals
      .map((terminal) => ({
        name: String(terminal.index),
        ino: terminal.attributes().ino,
        type: S_IFCHR,
        cookie: FIRST_COOKIE + terminal.index,
      }))
      .filter(({ cookie }) => cookie >= from)
      .slice(0, limit);
  }

  // Terminals come and go with their masters only.

  override create(_name: string, { kind }: Creation): never {
    throw new SystemError(kind === "regular" ? EACCES : EPERM);
  }

  override createNameless(): never {
    throw new SystemError(EPERM);
  }

  override link(): never {
    throw new SystemError(EPERM);
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

  override clone(cloning: Cloning): DirectoryInode {
    return this.superblock.clone(this.superblock.environment, cloning).root;
  }
}

/** The name of a terminal. */
export class TerminalInode extends DeviceInode {
  override readonly superblock: Devpts;
  /** What it names. */
  readonly terminal: Terminal;

  constructor(superblock: Devpts, terminal: Terminal) {
    super(terminal.attributes());
    this.superblock = superblock;
    this.terminal = terminal;
  }

  override comesBackWith(): boolean {
    return this.superblock.pty(this.terminal.index) === undefined;
  }

  override get rdev(): number {
    return this.terminal.attributes().rdev;
  }

  override refresh(): void {
    const { mode, uid, gid, atime_ns, mtime_ns, ctime_ns } = this.terminal.attributes();
    Object.assign(this, { mode, uid, gid, atime_ns, mtime_ns, ctime_ns });
  }

  override attributes(): Attributes {
    return this.terminal.attributes();
  }

  override setAttributes(change: AttributeChange): void {
    this.terminal.setAttributes(change, this.superblock.environment.now());
    this.refresh();
  }

  /** The terminal. Throws SystemError as {@link Devpts.openTerminal}. */
  override openObject(): FileObject {
    return this.superblock.openTerminal(this.terminal.index);
  }

  override clone(cloning: Cloning): TerminalInode {
    return cloning.once(this, () => {
      const superblock = this.superblock.clone(this.superblock.environment, cloning);
      const terminal = cloning.once(this.terminal, () => {
        throw new Error("A terminal is cloned before its name");
      });
      return superblock.inodeOf(terminal);
    });
  }
}
