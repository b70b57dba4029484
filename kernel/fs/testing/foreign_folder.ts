/** A host folder that exists only in the test: what is in it can be changed behind the kernel's back. */

import { EACCES, EEXIST, ENOENT, ENOTEMPTY, SystemError } from "../../abi/errno.ts";
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../../abi/stat.ts";
import type { ForeignAttributes, ForeignFile, ForeignFileSystem } from "../foreign.ts";

interface Node {
  mode: number;
  readonly ino: number;
  readonly device: number;
  bytes: Uint8Array;
  readonly target: string;
  nlink: number;
  uid: number;
  gid: number;
  mtime_ns: bigint;
  atime_ns: bigint;
}

/** The folder. */
export class ForeignFolder implements ForeignFileSystem {
  readonly readOnly: boolean;
  /** By path; the folder itself is at the empty path. */
  readonly nodes: Map<string, Node> = new Map();
  /** Files that are open and not closed. */
  handles = 0;
  /** Reads of contents so far. */
  reads = 0;
  #inoNext = 100;
  #now = 5_000_000_000n;

  constructor(files: Readonly<Record<string, string>> = {}, options: { readOnly?: boolean } = {}) {
    this.readOnly = options.readOnly ?? false;
    this.put("", S_IFDIR | 0o755, "");
    for (const [path, contents] of Object.entries(files)) {
      const directories = path.split("/").slice(0, -1);
      directories.forEach((_, i) => {
        const directory = directories.slice(0, i + 1).join("/");
        if (!this.nodes.has(directory)) this.put(directory, S_IFDIR | 0o755, "");
      });
      this.put(path, S_IFREG | 0o644, contents);
    }
  }

  /** Puts something there, as another program of the host would. */
  put(path: string, mode: number, contents: string, device = 1): Node {
    const node: Node = {
      mode,
      device,
      ino: this.#inoNext++,
      bytes: new TextEncoder().encode(contents),
      target: contents,
      nlink: 1,
      uid: 0,
      gid: 0,
      mtime_ns: this.#now++,
      atime_ns: this.#now,
    };
    this.nodes.set(path, node);
    return node;
  }

  /** What is in a file. */
  contents(path: string): string {
    return new TextDecoder().decode(this.#node(path).bytes);
  }

  /** Changes a file's contents, as another program of the host would. */
  overwrite(path: string, contents: string): void {
    const node = this.#node(path);
    node.bytes = new TextEncoder().encode(contents);
    node.mtime_ns = this.#now++;
  }

  attributes(path: string): ForeignAttributes | null {
    const node = this.nodes.get(path);
    return node === undefined ? null : this.#attributesOf(node);
  }

  list(path: string): readonly string[] {
    const prefix = path === "" ? "" : `${path}/`;
    return [...this.nodes.keys()]
      .filter((one) => one !== "" && one.startsWith(prefix))
      .map((one) => one.slice(prefix.length))
      .filter((name) => !name.includes("/"));
  }

  readLink(path: string): string {
    return this.#node(path).target;
  }

  open(path: string, access: { readonly read: boolean; readonly write: boolean }): ForeignFile {
    const node = this.#node(path);
    if ((node.mode & S_IFMT) !== S_IFREG) throw new SystemError(EACCES);
    this.handles++;
    let isOpen = true;
    const requireAccess = (allowed: boolean) => {
      if (!isOpen || !allowed) throw new Error("The handle is not for that");
    };
    const resize = (size: number) => {
      const bytes = new Uint8Array(size);
      bytes.set(node.bytes.subarray(0, size));
      node.bytes = bytes;
      node.mtime_ns = this.#now++;
    };
    return {
      read: (position, into) => {
        requireAccess(access.read);
        this.reads++;
        const part = node.bytes.subarray(position, position + into.length);
        into.set(part);
        return part.length;
      },
      write: (position, bytes) => {
        requireAccess(access.write);
        resize(Math.max(node.bytes.length, position + bytes.length));
        node.bytes.set(bytes, position);
        return bytes.length;
      },
      resize: (size) => {
        requireAccess(access.write);
        resize(size);
      },
      attributes: () => this.#attributesOf(node),
      synchronise: () => {},
      close: () => {
        requireAccess(true);
        isOpen = false;
        this.handles--;
      },
    };
  }

  create(path: string, mode: number): void {
    this.#requireFree(path);
    this.put(path, S_IFREG | mode, "");
  }

  makeDirectory(path: string, mode: number): void {
    this.#requireFree(path);
    this.put(path, S_IFDIR | mode, "");
  }

  makeSymlink(target: string, path: string): void {
    this.#requireFree(path);
    this.put(path, S_IFLNK | 0o777, target);
  }

  link(path: string, newPath: string): void {
    this.#requireFree(newPath);
    const node = this.#node(path);
    node.nlink++;
    this.nodes.set(newPath, node);
  }

  remove(path: string): void {
    if (this.list(path).length > 0) throw new SystemError(ENOTEMPTY);
    this.#node(path).nlink--;
    this.nodes.delete(path);
  }

  rename(path: string, newPath: string): void {
    for (const [one, node] of [...this.nodes]) {
      if (one !== path && !one.startsWith(`${path}/`)) continue;
      this.nodes.delete(one);
      this.nodes.set(newPath + one.slice(path.length), node);
    }
  }

  setMode(path: string, mode: number): void {
    const node = this.#node(path);
    node.mode = (node.mode & S_IFMT) | mode;
  }

  setOwner(path: string, uid: number, gid: number): void {
    Object.assign(this.#node(path), { uid, gid });
  }

  setTimes(path: string, atime_ns: bigint, mtime_ns: bigint): void {
    Object.assign(this.#node(path), { atime_ns, mtime_ns });
  }

  #node(path: string): Node {
    const node = this.nodes.get(path);
    if (node === undefined) throw new SystemError(ENOENT);
    return node;
  }

  #requireFree(path: string): void {
    if (this.nodes.has(path)) throw new SystemError(EEXIST);
  }

  #attributesOf(node: Node): ForeignAttributes {
    const { device, ino, mode, nlink, uid, gid, mtime_ns, atime_ns } = node;
    const size = node.bytes.length;
    const times = { atime_ns, mtime_ns, ctime_ns: mtime_ns, btime_ns: mtime_ns };
    return { device, ino, mode, nlink, uid, gid, rdev: 0, size, blocks: 8, ...times };
  }
}
