/**
 * Epoll sets: files that somebody wants to hear of, and of what.
 *
 * A set holds no reference to its files; one that is closed for good leaves the set by itself. Each entry
 * stands in the queue of waiters of its file. When something happens there the entry becomes a candidate,
 * and the waiters of the set are told; whoever harvests asks the candidates, and no others, what holds.
 *
 * ```
 *   file ── waiters ─▶ entry (file, fd, events, data) ─▶ candidates of the set, its own waiters
 * ```
 *
 * Source: `fs/eventpoll.c`; epoll(7), epoll_ctl(2).
 */

import { EEXIST, EINVAL, ELOOP, ENOENT, ENOSPC, SystemError } from "../abi/errno.ts";
import {
  EPOLL_ITEMS_MAX,
  EPOLL_LINES_MAX,
  EPOLL_NESTING_MAX,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLONESHOT,
  EPOLLWAKEUP,
} from "../abi/event.ts";
import { INPUT_EVENTS, POLLERR, POLLHUP, POLLIN, POLLOUT } from "../abi/poll.ts";
import { ANONYMOUS_ATTRIBUTES } from "./anonymous.ts";
import type { Cloning } from "./cloning.ts";
import { type Attributes, type FileKind, FileObject, type Poller } from "./file_object.ts";
import type { OpenFile, Watcher } from "./open_file.ts";
import { type Waiter, WaitQueue } from "./wait_queue.ts";

/** The bits of an entry's events that say how to tell of them: EP_PRIVATE_BITS. */
const HOW_BITS = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE;
/** What EPOLLEXCLUSIVE may stand with: EPOLLEXCLUSIVE_OK_BITS. */
const EXCLUSIVE_BITS = POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET |
  EPOLLEXCLUSIVE;
/** What the set wants to hear of a file. */
export interface EpollInterest {
  /** EPOLL* bits, unsigned; POLLERR and POLLHUP among them as long as it is not silenced. */
  readonly events: number;
  /** Given back with each event. */
  readonly data: bigint;
}

/** One file of a set. */
export interface EpollEntry extends EpollInterest {
  readonly file: OpenFile;
  /** The descriptor by which it was entered: the same file can stand under several. */
  readonly fd: number;
  /** Its place among those who wait for the file, see {@link Waiter.ticket}. */
  readonly ticket: number;
}

/** An entry as the set keeps it: Linux's `struct epitem`. */
class Entry implements EpollEntry, Waiter {
  readonly file: OpenFile;
  readonly fd: number;
  readonly ticket: number;
  events: number;
  data: bigint;
  readonly #set: EpollSet;

  constructor(set: EpollSet, { file, fd, ticket, events, data }: EpollEntry) {
    this.#set = set;
    this.file = file;
    this.fd = fd;
    this.ticket = ticket;
    this.events = events;
    this.data = data;
  }

  get isExclusive(): boolean {
    return (this.events & EPOLLEXCLUSIVE) !== 0;
  }

  /** Something has happened to the file: ep_poll_callback(). */
  wake(events: number): boolean {
    const { wanted } = this;
    if (wanted === 0 || (events !== 0 && (events & wanted) === 0)) return false;
    return this.#set.nominate(this);
  }

  /** The events of poll(2) that it is about; none once EPOLLONESHOT has silenced it. */
  get wanted(): number {
    return (this.events & ~HOW_BITS) >>> 0;
  }

  /** Which of them hold. */
  ready(poller?: Poller): number {
    const { wanted } = this;
    return wanted === 0 ? 0 : this.file.object.poll(poller) & wanted;
  }
}

/** One event that epoll_wait(2) gives. */
export interface EpollEvent {
  readonly events: number;
  readonly data: bigint;
}

/** A set of files. */
export class EpollSet extends FileObject implements Watcher {
  override readonly kind: FileKind = "epoll";
  /** Who waits for it, with an entry for each set in which it stands. */
  override readonly waiters: WaitQueue = new WaitQueue();
  readonly #entries = new Set<Entry>();
  /** Those that may have something to tell, in the order in which they do. */
  readonly #candidates = new Set<Entry>();
  readonly #byFile = new Map<OpenFile, Map<number, Entry>>();
  /** The sets in which this one stands, and how many times. */
  readonly #above = new Map<EpollSet, number>();

  override get description(): string {
    return "anon_inode:[eventpoll]";
  }

  override facts(): Readonly<Record<string, string>> {
    const entries = this.entries.map(({ file, fd, events, data, isCandidate }) =>
      `${fd} ${file.path} ${events.toString(16)} ${data} ${isCandidate}`
    );
    return { watches: entries.join("; ") };
  }

  override attributes(): Attributes {
    return ANONYMOUS_ATTRIBUTES;
  }

  /** Number of entries. */
  get size(): number {
    return this.#entries.size;
  }

  /** The files of the set: first the candidates as they are told of, then the others as they came. */
  get entries(): readonly (EpollEntry & { readonly isCandidate: boolean })[] {
    return [...new Set([...this.#candidates, ...this.#entries])].map((entry) => ({
      file: entry.file,
      fd: entry.fd,
      ticket: entry.ticket,
      events: entry.events,
      data: entry.data,
      isCandidate: this.#candidates.has(entry),
    }));
  }

  /**
   * Enters a file: ep_insert(). Throws EEXIST when it stands in the set under this descriptor, EINVAL for a
   * use of EPOLLEXCLUSIVE that there is not, ELOOP for sets within each other or too many of them.
   */
  add(parts: EpollEntry, poller?: Poller): void {
    const entry = this.#enter(parts);
    if (entry.ready(poller) !== 0) this.nominate(entry);
  }

  /** Enters a file as it stood in a set that was saved, or copied. Throws as {@link add} does. */
  restore(parts: EpollEntry, isCandidate: boolean): void {
    const entry = this.#enter(parts);
    if (isCandidate) this.#candidates.add(entry);
  }

  /** After a restart: what is the machine's own may have input that there was not when the set was saved. */
  refresh(): void {
    for (const entry of this.#entries) {
      const { kind } = entry.file.object;
      const isMachines = kind === "stream" || kind === "terminal";
      const isLevel = (entry.events & (EPOLLET | EPOLLEXCLUSIVE)) === 0;
      if (isMachines && isLevel && entry.ready() !== 0) this.#candidates.add(entry);
    }
  }

  #enter(parts: EpollEntry): Entry {
    const { file, fd, events } = parts;
    if ((events & EPOLLEXCLUSIVE) !== 0) {
      const isSet = file.object instanceof EpollSet;
      if (isSet || (events & ~EXCLUSIVE_BITS) !== 0) throw new SystemError(EINVAL);
    }
    if (file.object instanceof EpollSet) this.#requireNoLoop(file.object);
    if (this.#find(file, fd) !== undefined) throw new SystemError(EEXIST);
    if (this.size >= EPOLL_ITEMS_MAX) throw new SystemError(ENOSPC);
    const entry = new Entry(this, parts);
    this.#entries.add(entry);
    const ofFile = this.#byFile.get(file) ?? new Map<number, Entry>();
    this.#byFile.set(file, ofFile.set(fd, entry));
    if (file.object instanceof EpollSet) file.object.#standsIn(this, 1);
    file.watch(this);
    file.object.waiters?.add(entry);
    return entry;
  }

  /** Changes what the set wants to hear: ep_modify(). Throws ENOENT, EINVAL. */
  modify(file: OpenFile, fd: number, { events, data }: EpollInterest, poller?: Poller): void {
    const entry = this.#require(file, fd);
    if (((events | entry.events) & EPOLLEXCLUSIVE) !== 0) throw new SystemError(EINVAL);
    entry.events = events;
    entry.data = data;
    if (entry.ready(poller) !== 0) this.nominate(entry);
  }

  /** Takes a file out. Throws ENOENT. */
  remove(file: OpenFile, fd: number): void {
    this.#drop(this.#require(file, fd));
    const ofFile = this.#byFile.get(file);
    ofFile?.delete(fd);
    if (ofFile?.size !== 0) return;
    this.forget(file);
    file.unwatch(this);
  }

  /** See {@link Watcher.forget}. */
  forget(file: OpenFile): void {
    for (const entry of this.#byFile.get(file)?.values() ?? []) this.#drop(entry);
    this.#byFile.delete(file);
  }

  /**
   * An entry may have something to tell: whoever waits for the set learns of it. Answers whether somebody
   * goes on, which is what an exclusive entry is woken for.
   */
  nominate(entry: Entry): boolean {
    this.#candidates.add(entry);
    const isTaken = this.waiters.wake(INPUT_EVENTS);
    return isTaken || !entry.isExclusive;
  }

  /** Takes at most `count` events: what epoll_wait(2) answers. ep_send_events(). */
  harvest(count: number, poller?: Poller): EpollEvent[] {
    const found: EpollEvent[] = [];
    for (const entry of [...this.#candidates]) {
      if (found.length >= count) break;
      this.#candidates.delete(entry);
      const events = entry.ready(poller);
      if (events === 0) continue;
      found.push({ events, data: entry.data });
      if ((entry.events & EPOLLONESHOT) !== 0) entry.events = (entry.events & HOW_BITS) >>> 0;
      // It may hold still, behind the others, so that each has its turn.
      else if ((entry.events & EPOLLET) === 0) this.#candidates.add(entry);
    }
    return found;
  }

  /** Readable when there is something to harvest. */
  override poll(poller?: Poller): number {
    for (const entry of this.#candidates) if (entry.ready(poller) !== 0) return INPUT_EVENTS;
    return 0;
  }

  override closed(): void {
    for (const file of [...this.#byFile.keys()]) {
      this.forget(file);
      file.unwatch(this);
    }
  }

  override clone(cloning: Cloning): EpollSet {
    return cloning.once(this, () => {
      const copy = new EpollSet();
      // Its files may be copied after it; a set holds none, so that their owners must copy them first.
      cloning.later(() => {
        for (const { isCandidate, ...entry } of this.entries) {
          copy.restore({ ...entry, file: cloning.copyOf(entry.file) }, isCandidate);
        }
      });
      return copy;
    });
  }

  #drop(entry: Entry): void {
    entry.file.object.waiters?.remove(entry);
    this.#entries.delete(entry);
    this.#candidates.delete(entry);
    if (entry.file.object instanceof EpollSet) entry.file.object.#standsIn(this, -1);
  }

  /** Stands in another set so many times more. */
  #standsIn(outer: EpollSet, times: number): void {
    const count = (this.#above.get(outer) ?? 0) + times;
    if (count > 0) this.#above.set(outer, count);
    else this.#above.delete(outer);
  }

  #find(file: OpenFile, fd: number): Entry | undefined {
    return this.#byFile.get(file)?.get(fd);
  }

  #require(file: OpenFile, fd: number): Entry {
    const entry = this.#find(file, fd);
    if (entry === undefined) throw new SystemError(ENOENT);
    return entry;
  }

  /** Throws ELOOP when `inner` leads back here, or when sets would stand too deep in each other. */
  #requireNoLoop(inner: EpollSet): void {
    if (inner.#leadsTo(this)) throw new SystemError(ELOOP);
    const depth = inner.#depthBelow() + this.#depthAbove();
    if (depth > EPOLL_NESTING_MAX) throw new SystemError(ELOOP);
    // Whoever asks an outermost set follows each line of sets: there must not be too many.
    inner.#standsIn(this, 1);
    const known = new Map<EpollSet, number>();
    const isTooWide = inner.#below(new Set()).some((set) =>
      set.#linesAbove(known) > EPOLL_LINES_MAX
    );
    inner.#standsIn(this, -1);
    if (isTooWide) throw new SystemError(EINVAL);
  }

  get #inner(): readonly EpollSet[] {
    return [...this.#byFile.keys()].flatMap(({ object }) =>
      object instanceof EpollSet ? [object] : []
    );
  }

  #leadsTo(other: EpollSet): boolean {
    return this.#depthBelow(new Map(), other) === Infinity;
  }

  /** Sets in the longest line that begins here; infinitely many when it leads to `end`. */
  #depthBelow(known: Map<EpollSet, number> = new Map(), end: EpollSet | null = null): number {
    if (this === end) return Infinity;
    let depth = known.get(this);
    if (depth !== undefined) return depth;
    depth = 0;
    for (const inner of this.#inner) depth = Math.max(depth, inner.#depthBelow(known, end));
    known.set(this, 1 + depth);
    return 1 + depth;
  }

  /** Sets in the longest line that ends here. */
  #depthAbove(known: Map<EpollSet, number> = new Map()): number {
    let depth = known.get(this);
    if (depth !== undefined) return depth;
    depth = 0;
    for (const outer of this.#above.keys()) depth = Math.max(depth, outer.#depthAbove(known));
    known.set(this, 1 + depth);
    return 1 + depth;
  }

  /** This set and all that stand in it, and in those. */
  #below(known: Set<EpollSet>): readonly EpollSet[] {
    if (known.has(this)) return [];
    known.add(this);
    return [this, ...this.#inner.flatMap((inner) => inner.#below(known))];
  }

  /** How many lines of sets lead from here to outer ones. */
  #linesAbove(known: Map<EpollSet, number>): number {
    let lines = known.get(this);
    if (lines !== undefined) return lines;
    lines = 0;
    for (const [outer, times] of this.#above) lines += times * (1 + outer.#linesAbove(known));
    known.set(this, lines);
    return lines;
  }
}
