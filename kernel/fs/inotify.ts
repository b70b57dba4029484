/**
 * inotify(7): a queue of what happens to the files that are watched.
 *
 * Source: `fs/notify/inotify/{inotify_user,inotify_fsnotify}.c`, `fs/notify/fdinfo.c`.
 */

import { EEXIST, EINVAL, ENOSPC, SystemError } from "../abi/errno.ts";
import {
  IN_ALL_EVENTS,
  IN_EXCL_UNLINK,
  IN_IGNORED,
  IN_MASK_ADD,
  IN_MASK_CREATE,
  IN_ONESHOT,
  IN_Q_OVERFLOW,
  IN_UNMOUNT,
  INOTIFY_EVENT_BYTES,
  INOTIFY_EVENTS_MAX,
  INOTIFY_WATCHES_MAX,
} from "../abi/inotify.ts";
import { INPUT_EVENTS } from "../abi/poll.ts";
import { ANONYMOUS_ATTRIBUTES } from "./anonymous.ts";
import { encodeString } from "./byte_string.ts";
import type { Cloning } from "./cloning.ts";
import { type AsyncEvents, type Attributes, type FileKind, FileObject } from "./file_object.ts";
import type { Inode } from "./inode.ts";
import { type Happening, type InodeWatch, unwatchInode, watchInode } from "./notify.ts";
import { WaitQueue } from "./wait_queue.ts";

/** What a watch keeps of the mask it was made with. */
const KEPT_BITS = IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK;
/** The watch that an overflow belongs to. */
const NO_WATCH = -1;

/** An event that waits to be read. */
interface Notice {
  readonly wd: number;
  readonly mask: number;
  /** The same for both halves of a rename, else 0. */
  readonly cookie: number;
  /** Empty when the event is about what is watched itself. */
  readonly name: string;
}

/** One inode that an instance watches. */
class Watch implements InodeWatch {
  readonly owner: InotifyFile;
  readonly wd: number;
  readonly inode: Inode;
  /** IN_* events with IN_ONESHOT and IN_EXCL_UNLINK. */
  mask: number;

  constructor(owner: InotifyFile, wd: number, inode: Inode, mask: number) {
    this.owner = owner;
    this.wd = wd;
    this.inode = inode;
    this.mask = mask;
    watchInode(inode, this);
  }

  tell({ mask, name, isUnlinked, move }: Happening): void {
    // That it is unmounted is told whether or not somebody has asked for it.
    if ((mask & ((this.mask & IN_ALL_EVENTS) | IN_UNMOUNT)) === 0) return;
    if (isUnlinked === true && (this.mask & IN_EXCL_UNLINK) !== 0) return;
    this.owner.queue(this.wd, mask, name, move);
    if ((this.mask & IN_ONESHOT) !== 0) this.owner.remove(this.wd);
  }

  inodeGone(): void {
    this.owner.remove(this.wd);
  }

  /** Watches no longer. */
  detach(): void {
    unwatchInode(this.inode, this);
  }
}

/** An instance: watches and the events that they saw. */
export class InotifyFile extends FileObject {
  override readonly kind: FileKind = "inotify";
  /** The user who has made it. */
  readonly owner: number;
  readonly #watches = new Map<number, Watch>();
  #wdNext = 1;
  #notices: Notice[] = [];
  #cookie = 0;
  #lastMove: object | undefined;
  override readonly waiters: WaitQueue = new WaitQueue();
  #asyncInput = 0;

  constructor(owner: number) {
    super();
    this.owner = owner;
  }

  override get description(): string {
    return "anon_inode:inotify";
  }

  override get asyncEvents(): AsyncEvents {
    return { input: this.#asyncInput, output: 0 };
  }

  override attributes(): Attributes {
    return ANONYMOUS_ATTRIBUTES;
  }

  override poll(): number {
    return this.#notices.length > 0 ? INPUT_EVENTS : 0;
  }

  /** lseek(2) does nothing, and succeeds. */
  override get seekable(): boolean {
    return true;
  }

  override bytesReady(): number {
    return this.#notices.reduce((sum, notice) => sum + bytesOf(notice), 0);
  }

  override get information(): readonly string[] {
    return [...this.#watches.values()].map(({ wd, inode, mask }) => {
      const { ino, device } = inode.attributes();
      const [sdev, shown] = [device, mask >>> 0].map((number) => number.toString(16));
      return `inotify wd:${wd} ino:${ino.toString(16)} sdev:${sdev} mask:${shown} ignored_mask:0 `;
    });
  }

  /**
   * Watches an inode, or changes how it is watched; `mask` as inotify_add_watch(2) takes it. Answers the
   * watch's number. Throws EEXIST, ENOSPC.
   */
  add(inode: Inode, mask: number): number {
    for (const watch of this.#watches.values()) {
      if (watch.inode !== inode) continue;
      if ((mask & IN_MASK_CREATE) !== 0) throw new SystemError(EEXIST);
      watch.mask = (mask & KEPT_BITS) | ((mask & IN_MASK_ADD) !== 0 ? watch.mask : 0);
      return watch.wd;
    }
    if (this.#watches.size >= INOTIFY_WATCHES_MAX) throw new SystemError(ENOSPC);
    const wd = this.#wdNext++;
    this.#watches.set(wd, new Watch(this, wd, inode, mask & KEPT_BITS));
    return wd;
  }

  /** Ends a watch. Throws EINVAL when there is none of that number. */
  remove(wd: number): void {
    const watch = this.#watches.get(wd);
    if (watch === undefined) throw new SystemError(EINVAL);
    watch.detach();
    this.#watches.delete(wd);
    this.queue(wd, IN_IGNORED);
  }

  /** Notes an event, unless it equals the last one that waits. */
  queue(wd: number, mask: number, name = "", move?: object): void {
    if (this.#notices.length >= INOTIFY_EVENTS_MAX) {
      if (this.#notices.at(-1)?.mask === IN_Q_OVERFLOW) return;
      this.#push({ wd: NO_WATCH, mask: IN_Q_OVERFLOW, cookie: 0, name: "" });
      return;
    }
    const last = this.#notices.at(-1);
    const isSame = last?.wd === wd && last.mask === mask && last.name === name;
    if (!isSame) this.#push({ wd, mask, cookie: this.#cookieOf(move), name });
  }

  /**
   * Takes the events for which `length` bytes have room; empty when there is none. Throws EINVAL when
   * not even the first would fit.
   */
  take(length: number): Uint8Array {
    let count = 0;
    let used = 0;
    for (const notice of this.#notices) {
      if (used + bytesOf(notice) > length) break;
      used += bytesOf(notice);
      count++;
    }
    if (count === 0 && this.#notices.length > 0) throw new SystemError(EINVAL);
    const bytes = new Uint8Array(used);
    let at = 0;
    for (const notice of this.#notices.splice(0, count)) {
      encode(notice, bytes.subarray(at, at + bytesOf(notice)));
      at += bytesOf(notice);
    }
    return bytes;
  }

  override closed(): void {
    for (const watch of this.#watches.values()) watch.detach();
    this.#watches.clear();
  }

  override clone(cloning: Cloning): InotifyFile {
    return cloning.once(this, () => {
      const copy = new InotifyFile(this.owner);
      for (const { wd, inode, mask } of this.#watches.values()) {
        copy.#watches.set(wd, new Watch(copy, wd, inode.clone(cloning), mask));
      }
      copy.#wdNext = this.#wdNext;
      copy.#notices = [...this.#notices];
      copy.#cookie = this.#cookie;
      copy.#asyncInput = this.#asyncInput;
      return copy;
    });
  }

  #push(notice: Notice): void {
    this.#notices.push(notice);
    this.#asyncInput++;
    this.notify(INPUT_EVENTS);
  }

  #cookieOf(move: object | undefined): number {
    if (move === undefined) return 0;
    if (move !== this.#lastMove) this.#cookie = (this.#cookie + 1) >>> 0;
    this.#lastMove = move;
    return this.#cookie;
  }
}

/** Bytes of an event with its name, which ends in at least one zero. */
function bytesOf({ name }: Notice): number {
  return INOTIFY_EVENT_BYTES + nameBytes(name);
}

function nameBytes(name: string): number {
  if (name === "") return 0;
  const units = Math.ceil((encodeString(name).length + 1) / INOTIFY_EVENT_BYTES);
  return units * INOTIFY_EVENT_BYTES;
}

function encode({ wd, mask, cookie, name }: Notice, into: Uint8Array): void {
  const view = new DataView(into.buffer, into.byteOffset);
  view.setInt32(0, wd, true);
  view.setUint32(4, mask, true);
  view.setUint32(8, cookie, true);
  view.setUint32(12, nameBytes(name), true);
  into.set(encodeString(name), INOTIFY_EVENT_BYTES);
}
