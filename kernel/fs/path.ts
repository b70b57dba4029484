/**
 * Path resolution: from a path to the place it names.
 *
 * Symbolic links and `..` are followed here, in the guest's tree and under the guest's root, also inside
 * mounted host folders: no file system ever sees a path, only one name at a time.
 *
 * Source: path_resolution(7), `fs/namei.c`.
 */

import { ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV, SystemError } from "../abi/errno.ts";
import {
  LINKS_MAX,
  NAME_MAX,
  PATH_MAX,
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from "../abi/fcntl.ts";
import { ST_NOSYMFOLLOW } from "../abi/stat.ts";
import { byteLength } from "./byte_string.ts";
import { DirectoryInode, SymlinkInode, type Traversal } from "./inode.ts";
import { type Mount, Place } from "./mount.ts";
import type { MountNamespace } from "./mount_namespace.ts";
import { type FileCredentials, MAY_EXECUTE, requirePermission } from "./permissions.ts";

/** Where and as whom a path is resolved. */
export interface PathContext {
  /** The mounts that count when a name is taken away: what is mounted on it must stay. */
  readonly mounts: MountNamespace;
  /** Where `/` leads, and above which no path does. */
  readonly root: Place;
  /** Where a relative path begins. */
  readonly start: Place;
  /** Whose rights count. */
  readonly credentials: FileCredentials;
  /**
   * What the way must not lead through: RESOLVE_* bits of openat2(2). With RESOLVE_BENEATH or
   * RESOLVE_IN_ROOT, `root` is where the path begins. Default: 0, nothing.
   */
  readonly bounds?: number;
}

/** The bounds that keep a path in the directory where it begins, so that no link of /proc may lead away. */
const SCOPED = RESOLVE_BENEATH | RESOLVE_IN_ROOT;

/** All of a path but its last name: what is to be made, removed or renamed. */
export interface LastName {
  /** The directory; looking up names in it is allowed. */
  readonly parent: Place;
  /** The last component. For `/` it is empty; `.` and `..` are possible. */
  readonly name: string;
  /** Whether slashes follow it: only a directory will do. */
  readonly mustBeDirectory: boolean;
}

/** Whether the name can be given to anything: not one of ``, `.`, `..`. */
export function isProperName(name: string): boolean {
  return name !== "" && name !== "." && name !== "..";
}

/** How a path is resolved. */
export interface ResolveOptions {
  /** Whether a symbolic link as the last component is followed. Default: true. */
  readonly follow?: boolean;
  /**
   * Whether what is mounted is asked for, also on a place that the path names without going there, and
   * without counting as a use of it: umount2(2). Default: false.
   */
  readonly forUnmounting?: boolean;
}

/** One resolution, which counts the symbolic links it follows. */
export class PathWalk {
  readonly #context: PathContext;
  readonly #traversal: Traversal = {};
  #links = 0;

  constructor(context: PathContext) {
    this.#context = context;
  }

  /** The place that a path names. Throws ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG. */
  resolve(path: string, options: ResolveOptions = {}): Place {
    requirePath(path);
    const { follow = true, forUnmounting = false } = options;
    const place = this.#walk(this.#context.start, path, follow);
    if (forUnmounting) return place.seen;
    place.mount.isExpiring = false;
    return place;
  }

  /** The directory and the name that a path ends in; the name need not exist. Throws as {@link resolve}. */
  resolveLast(path: string, start: Place = this.#context.start): LastName {
    requirePath(path);
    const { directory, name, mustBeDirectory } = splitLast(path);
    const parent = this.#walk(start, directory, true);
    requireSearch(parent, this.#context.credentials);
    requireName(name);
    return { parent, name, mustBeDirectory };
  }

  /**
   * What the last name leads to, `null` when there is nothing. A symbolic link is not followed; see
   * {@link through}.
   */
  lookup(last: LastName): Place | null {
    if (last.name === "" || last.name === ".") return last.parent;
    if (last.name === "..") return this.#up(last.parent);
    const place = this.lookupCovered(last);
    return place === null ? null : this.#onMount(place.mount, place);
  }

  /** As {@link lookup}, but of a proper name what it leads to under all that is mounted there. */
  lookupCovered({ parent, name }: LastName): Place | null {
    const entry = parent.entry.child(name, this.#traversal);
    return entry === null ? null : new Place(parent.mount, entry);
  }

  /** Where a link of /proc leads at once; `null` for a link that is followed by its text. Throws ELOOP, EXDEV. */
  jump(link: SymlinkInode, from: Place): Place | null {
    const target = link.follow();
    if (target === null) return null;
    if (this.#isBounded(RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)) throw new SystemError(ELOOP);
    if (this.#isBounded(SCOPED)) throw new SystemError(EXDEV);
    this.#requireSameMount(from.mount, target);
    return target;
  }

  /** The directory and name that a symbolic link, found as `last`, leads to. Throws ELOOP. */
  through(link: SymlinkInode, last: LastName): LastName {
    this.#countLink();
    if (last.parent.mount.has(ST_NOSYMFOLLOW)) throw new SystemError(ELOOP);
    const next = this.resolveLast(link.target, last.parent);
    return last.mustBeDirectory ? { ...next, mustBeDirectory: true } : next;
  }

  #walk(start: Place, path: string, follow: boolean): Place {
    const { credentials } = this.#context;
    let at = path.startsWith("/") ? this.#top(start) : start;
    const names = componentsOf(path);
    const mustBeDirectory = path.endsWith("/");
    for (const [i, name] of names.entries()) {
      requireSearch(at, credentials);
      at = this.#step(at, name, follow || mustBeDirectory || i + 1 < names.length);
    }
    if (mustBeDirectory) requireDirectory(at);
    return at;
  }

  #step(at: Place, name: string, follow: boolean): Place {
    requireName(name);
    const next = this.lookup({ parent: at, name, mustBeDirectory: false });
    if (next === null) throw new SystemError(ENOENT);
    if (!follow || !(next.inode instanceof SymlinkInode)) return next;
    this.#countLink();
    if (next.mount.has(ST_NOSYMFOLLOW)) throw new SystemError(ELOOP);
    next.inode.touchAccess(next.mount.flags);
    return this.jump(next.inode, at) ?? this.#walk(at, next.inode.target, true);
  }

  /** Where a path that begins with a slash begins, found at `from` when it is the text of a link. */
  #top(from: Place): Place {
    const { root } = this.#context;
    if (this.#isBounded(RESOLVE_BENEATH)) throw new SystemError(EXDEV);
    // The path that was given may begin in another mount than it would if it were relative.
    if (this.#links > 0) this.#requireSameMount(from.mount, root);
    return root;
  }

  /** `..`: the place above, but never above the root. */
  #up(at: Place): Place {
    const above = at.parentBelow(this.#context.root);
    if (above !== null) return this.#onMount(at.mount, above);
    if (this.#isBounded(RESOLVE_BENEATH)) throw new SystemError(EXDEV);
    return at.seen;
  }

  /** What is seen at the place, to which the way has led from `mount`. */
  #onMount(mount: Mount, place: Place): Place {
    const { seen } = place;
    this.#requireSameMount(mount, place);
    this.#requireSameMount(mount, seen);
    return seen;
  }

  #requireSameMount(mount: Mount, place: Place): void {
    if (place.mount !== mount && this.#isBounded(RESOLVE_NO_XDEV)) throw new SystemError(EXDEV);
  }

  #isBounded(by: number): boolean {
    return ((this.#context.bounds ?? 0) & by) !== 0;
  }

  #countLink(): void {
    if (this.#isBounded(RESOLVE_NO_SYMLINKS)) throw new SystemError(ELOOP);
    if (++this.#links > LINKS_MAX) throw new SystemError(ELOOP);
  }
}

/** The place that a path names; see {@link PathWalk.resolve}. */
export function resolvePath(
  context: PathContext,
  path: string,
  options: ResolveOptions = {},
): Place {
  return new PathWalk(context).resolve(path, options);
}

/** Throws ENOENT for an empty path, ENAMETOOLONG for one that does not fit in PATH_MAX with its NUL. */
function requirePath(path: string): void {
  if (path === "") throw new SystemError(ENOENT);
  if (path.length >= PATH_MAX || (path.length * 3 >= PATH_MAX && byteLength(path) >= PATH_MAX)) {
    throw new SystemError(ENAMETOOLONG);
  }
}

function requireName(name: string): void {
  if (name.length > NAME_MAX || (name.length * 3 > NAME_MAX && byteLength(name) > NAME_MAX)) {
    throw new SystemError(ENAMETOOLONG);
  }
}

/** Throws ENOTDIR unless the place is a directory. */
export function requireDirectory(place: Place): DirectoryInode {
  if (place.inode instanceof DirectoryInode) return place.inode;
  throw new SystemError(ENOTDIR);
}

function requireSearch(place: Place, credentials: FileCredentials): void {
  requireDirectory(place);
  requirePermission(place, credentials, MAY_EXECUTE);
}

function componentsOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "");
}

/** `a/b/c//` is `a/b/`, `c` and a directory; the directory part of `c` is empty: the start itself. */
function splitLast(path: string): { directory: string; name: string; mustBeDirectory: boolean } {
  let end = path.length;
  while (end > 0 && path[end - 1] === "/") end--;
  const begin = path.lastIndexOf("/", end - 1) + 1;
  return {
    directory: end === 0 ? path : path.slice(0, begin),
    name: path.slice(begin, end),
    mustBeDirectory: end < path.length,
  };
}
