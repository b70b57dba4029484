/**
 * A folder of the host as a {@link ForeignFileSystem}: what `--mount` shows to the guest.
 *
 * The guest must never get outside the folder. The kernel resolves symbolic links and `..` in the guest's
 * own tree and hands over plain names; this adapter makes sure, before each operation, that the host
 * agrees: every directory on the way is a real one (its canonical path is the expected one, or each was just
 * looked at on the way down), and the last name is looked at without being followed. A file is opened only after it was seen to be regular, and
 * used only if what was opened is what was seen. Another program of the host that swaps a directory for
 * a link between the look and the act can still win that race, as Deno has no `openat`; the guest cannot,
 * because it stands still while a system call is carried out.
 *
 * @module
 */

import { S_IALLUGO, S_IFLNK, S_IFMT, S_IFREG } from "../kernel/mod.ts";
import { EACCES, EINVAL, EIO, ELOOP, ENOENT, ENOTDIR, EOPNOTSUPP, EROFS } from "../kernel/mod.ts";
import {
  errnoName,
  type ForeignAttributes,
  type ForeignFile,
  type ForeignFileSystem,
  SystemError,
} from "../kernel/mod.ts";

const NS_PER_MS = 1_000_000n;
const MS_PER_SECOND = 1000;
/** The numbers that have names in the kernel's table lie below this. */
const ERRNO_END = 134;

const errnoByName: ReadonlyMap<string, number> = new Map(
  Array.from({ length: ERRNO_END }, (_, errno) => [errnoName(errno), errno]),
);

/** How a {@link HostDirectory} is opened. */
export interface HostDirectoryOptions {
  /** Whether the guest may only look. Default: false. */
  readonly readOnly?: boolean;
}

/** A folder of the host. */
export class HostDirectory implements ForeignFileSystem {
  readonly readOnly: boolean;
  /** Canonical path of the folder, without a slash at its end (`/` is empty). */
  readonly #root: string;

  /** Throws what Deno throws when the folder does not exist or may not be read. */
  constructor(path: string, options: HostDirectoryOptions = {}) {
    this.readOnly = options.readOnly ?? false;
    const root = Deno.realPathSync(path);
    if (!Deno.statSync(root).isDirectory) {
      throw new Deno.errors.NotADirectory(`Cannot mount "${path}": it is not a directory`);
    }
    this.#root = root === "/" ? "" : root;
  }

  attributes(path: string, isDirectParent = false): ForeignAttributes | null {
    return hostCall(() => {
      try {
        return isDirectParent ? this.#lookDirectly(path) : this.#look(path);
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === ENOENT || errno === ENOTDIR) return null;
        throw error;
      }
    });
  }

  list(path: string): readonly string[] {
    return hostCall(() => {
      this.#requireRealDirectory(path);
      // Deno shows a name that is no UTF-8 with U+FFFD in it; nothing can be done with such a file.
      return [...Deno.readDirSync(this.#hostPath(path))]
        .map(({ name }) => name)
        .filter((name) => !name.includes("\ufffd"));
    });
  }

  readLink(path: string): string {
    return hostCall(() => {
      this.#requireRealParent(path);
      return Deno.readLinkSync(this.#hostPath(path));
    });
  }

  open(path: string, access: { readonly read: boolean; readonly write: boolean }): ForeignFile {
    return hostCall(() => {
      const seen = this.#look(path);
      const type = seen.mode & S_IFMT;
      // A FIFO would make the whole machine wait, a device would let the guest out.
      if (type !== S_IFREG) throw new SystemError(type === S_IFLNK ? ELOOP : EACCES);
      if (access.write) this.#requireWritable();
      const file = Deno.openSync(this.#hostPath(path), { read: access.read, write: access.write });
      try {
        const opened = attributesOf(file.statSync());
        if (opened.device !== seen.device || opened.ino !== seen.ino) throw new SystemError(ELOOP);
        return new HostFile(file);
      } catch (error) {
        file.close();
        throw error;
      }
    });
  }

  create(path: string, mode: number): void {
    this.#change(path, (hostPath) => {
      Deno.openSync(hostPath, { write: true, createNew: true, mode }).close();
      // The host's umask has had its say; the guest's is the one that counts.
      Deno.chmodSync(hostPath, mode);
    });
  }

  makeDirectory(path: string, mode: number): void {
    this.#change(path, (hostPath) => {
      Deno.mkdirSync(hostPath, { mode });
      Deno.chmodSync(hostPath, mode);
    });
  }

  makeSymlink(target: string, path: string): void {
    this.#change(path, (hostPath) => Deno.symlinkSync(target, hostPath));
  }

  link(path: string, newPath: string): void {
    this.#change(newPath, (hostPath) => {
      this.#requireRealParent(path);
      Deno.linkSync(this.#hostPath(path), hostPath);
    });
  }

  remove(path: string): void {
    this.#change(path, (hostPath) => Deno.removeSync(hostPath));
  }

  rename(path: string, newPath: string): void {
    this.#change(newPath, (hostPath) => {
      this.#requireRealParent(path);
      Deno.renameSync(this.#hostPath(path), hostPath);
    });
  }

  setMode(path: string, mode: number): void {
    this.#changeThroughName(path, (hostPath) => Deno.chmodSync(hostPath, mode & S_IALLUGO));
  }

  setOwner(path: string, uid: number, gid: number): void {
    this.#changeThroughName(path, (hostPath) => Deno.chownSync(hostPath, uid, gid));
  }

  setTimes(path: string, atime_ns: bigint, mtime_ns: bigint): void {
    this.#changeThroughName(path, (hostPath) => {
      Deno.utimeSync(hostPath, secondsOf(atime_ns), secondsOf(mtime_ns));
    });
  }

  #hostPath(path: string): string {
    // The kernel gives nothing else; what would lead out must not get through by a mistake either.
    const names = path === "" ? [] : path.split("/");
    if (path.includes("\0") || names.some((name) => name === "" || name === "." || name === "..")) {
      throw new SystemError(EINVAL);
    }
    return path === "" ? this.#root || "/" : `${this.#root}/${path}`;
  }

  /** lstat(2), after making sure that no symbolic link is on the way. */
  #look(path: string): ForeignAttributes {
    this.#requireRealParent(path);
    return this.#lookDirectly(path);
  }

  /** lstat(2), when it was just seen that no symbolic link is on the way. */
  #lookDirectly(path: string): ForeignAttributes {
    return attributesOf(Deno.lstatSync(this.#hostPath(path)));
  }

  #requireRealParent(path: string): void {
    if (path !== "") this.#requireRealDirectory(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
  }

  #requireRealDirectory(path: string): void {
    const hostPath = this.#hostPath(path);
    if (Deno.realPathSync(hostPath) !== hostPath) throw new SystemError(ELOOP);
  }

  #requireWritable(): void {
    if (this.readOnly) throw new SystemError(EROFS);
  }

  #change(path: string, change: (hostPath: string) => void): void {
    hostCall(() => {
      this.#requireWritable();
      this.#requireRealParent(path);
      change(this.#hostPath(path));
    });
  }

  /** For calls of Deno's that would follow a symbolic link: it is refused. */
  #changeThroughName(path: string, change: (hostPath: string) => void): void {
    this.#change(path, (hostPath) => {
      if (Deno.lstatSync(hostPath).isSymlink) throw new SystemError(EOPNOTSUPP);
      change(hostPath);
    });
  }
}

/** An open regular file of the host. */
class HostFile implements ForeignFile {
  readonly #file: Deno.FsFile;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  read(position: number, into: Uint8Array): number {
    return hostCall(() => {
      this.#file.seekSync(position, Deno.SeekMode.Start);
      return this.#file.readSync(into) ?? 0;
    });
  }

  write(position: number, bytes: Uint8Array): number {
    return hostCall(() => {
      this.#file.seekSync(position, Deno.SeekMode.Start);
      return this.#file.writeSync(bytes);
    });
  }

  resize(size: number): void {
    hostCall(() => this.#file.truncateSync(size));
  }

  attributes(): ForeignAttributes {
    return hostCall(() => attributesOf(this.#file.statSync()));
  }

  synchronise(): void {
    hostCall(() => this.#file.syncSync());
  }

  close(): void {
    this.#file.close();
  }
}

/** Runs calls of Deno's and turns what they throw into what the guest sees. */
function hostCall<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof SystemError) throw error;
    throw new SystemError(errnoOf(error), error instanceof Error ? error.message : String(error));
  }
}

function errnoOf(error: unknown): number {
  if (error instanceof SystemError) return error.errno;
  if (error instanceof Deno.errors.NotCapable) return EACCES;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return errnoByName.get(code) ?? EIO;
}

function attributesOf(info: Deno.FileInfo): ForeignAttributes {
  return {
    mode: info.mode ?? 0,
    device: info.dev,
    ino: info.ino ?? 0,
    nlink: info.nlink ?? 1,
    uid: info.uid ?? 0,
    gid: info.gid ?? 0,
    rdev: info.rdev ?? 0,
    size: info.size,
    blocks: info.blocks ?? Math.ceil(info.size / 512),
    atime_ns: nanosecondsOf(info.atime),
    mtime_ns: nanosecondsOf(info.mtime),
    ctime_ns: nanosecondsOf(info.ctime ?? info.mtime),
    btime_ns: nanosecondsOf(info.birthtime ?? info.mtime),
  };
}

function nanosecondsOf(date: Date | null): bigint {
  return BigInt(date?.getTime() ?? 0) * NS_PER_MS;
}

function secondsOf(time_ns: bigint): number {
  return Number(time_ns / NS_PER_MS) / MS_PER_SECOND;
}
