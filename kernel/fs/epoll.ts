/**
 * Epoll sets: files that somebody wants to hear of, and of what.
 *
 * A set holds no reference to its files; one that is closed for good leaves the set by itself. Nothing is
 * called when a file becomes ready: whoever waits asks, and an edge-triggered entry remembers which of the
 * file's events (FileObject.inputEvents) it has told of.
 *
 * ```
 * EpollSet ── entry (file, fd, events, data, told) ─▶ OpenFile ── watchers ─▶ EpollSet
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
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../abi/poll.ts";
import { ANONYMOUS_ATTRIBUTES } from "./anonymous.ts";
import type { Cloning } from "./cloning.ts";
import { type Attributes, type FileKind, FileObject, type Poller } from "./file_object.ts";
import type { OpenFile, Watcher } from "./open_file.ts";

/** The bits of an entry's events that say how to tell of them: EP_PRIVATE_BITS. */
const HOW_BITS = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE;
/** What EPOLLEXCLUSIVE may stand with: EPOLLEXCLUSIVE_OK_BITS. */
const EXCLUSIVE_BITS = POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET |
  EPOLLEXCLUSIVE;
/** Events that have to do with room to write. */
const OUTPUT_BITS = POLLOUT | POLLWRNORM;

/** What the set wants to hear of a file. */
export interface EpollInterest {
  /** EPOLL* bits, unsigned; POLLERR and POLLHUP among them as long as it is not silenced. */
  readonly events: number;
  /** Given back with each event. */
  readonly data: bigint;
}

/** Which events an edge-triggered entry has not told of yet. */
export interface EpollEdges {
  readonly input: boolean;
  readonly output: boolean;
}

/** One file of a set. */
export interface EpollEntry extends EpollInterest {
  readonly file: OpenFile;
  /** The descriptor by which it was entered: the same file can stand under several. */
  readonly fd: number;
}

/** An entry as the set keeps it. */
interface Entry extends EpollEntry {
  events: number;
  data: bigint;
  /** Values of the file's counters of events when it was last told of. */
  toldInput: number;
  toldOutput: number;
}

/** One event that epoll_wait(2) gives. */
export interface EpollEvent {
  readonly events: number;
  readonly data: bigint;
}

/** A set of files. */
export class EpollSet extends FileObject implements Watcher {
  override readonly kind: FileKind = "epoll";
  /** In the order in which they are told of. */
  readonly #entries = new Set<Entry>();
  readonly #byFile = new Map<OpenFile, Map<number, Entry>>();
  /** The sets in which this one stands, and how many times. */
  readonly #above = new Map<EpollSet, number>();
  /** Events of files that have left the set. */
  #eventsGone = 0;

  override get description(): string {
    return "anon_inode:[eventpoll]";
  }

  override facts(): Readonly<Record<string, string>> {
    const entries = this.entries.map(({ file, fd, events, data, edges }) =>
      `${fd} ${file.path} ${events.toString(16)} ${data} ${edges.input} ${edges.output}`
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

  /** The files of the set, with which events are still to be told. */
  get entries(): readonly (EpollEntry & { readonly edges: EpollEdges })[] {
    return [...this.#entries].map((entry) => ({
      file: entry.file,
      fd: entry.fd,
      events: entry.events,
      data: entry.data,
      edges: edgesOf(entry),
    }));
  }

  /**
   * Enters a file. Throws EEXIST when it stands in the set under this descriptor, EINVAL for a use of
   * EPOLLEXCLUSIVE that there is not, ELOOP for sets within each other or too many of them.
   */
  add({ file, fd, events, data }: EpollEntry, edges: EpollEdges = NOTHING_TOLD): void {
    if ((events & EPOLLEXCLUSIVE) !== 0) {
      const isSet = file.object instanceof EpollSet;
      if (isSet || (events & ~EXCLUSIVE_BITS) !== 0) throw new SystemError(EINVAL);
    }
    if (file.object instanceof EpollSet) this.#requireNoLoop(file.object);
    if (this.#find(file, fd) !== undefined) throw new SystemError(EEXIST);
    if (this.size >= EPOLL_ITEMS_MAX) throw new SystemError(ENOSPC);
    const { inputEvents, outputEvents } = file.object;
    const entry: Entry = {
      file,
      fd,
      events,
      data,
      toldInput: edges.input ? inputEvents - 1 : inputEvents,
      toldOutput: edges.output ? outputEvents - 1 : outputEvents,
    };
    this.#entries.add(entry);
    const ofFile = this.#byFile.get(file) ?? new Map<number, Entry>();
    this.#byFile.set(file, ofFile.set(fd, entry));
    if (file.object instanceof EpollSet) file.object.#standsIn(this, 1);
    file.watch(this);
  }

  /** Changes what the set wants to hear; it may be told again. Throws ENOENT, EINVAL. */
  modify(file: OpenFile, fd: number, { events, data }: EpollInterest): void {
    const entry = this.#require(file, fd);
    if (((events | entry.events) & EPOLLEXCLUSIVE) !== 0) throw new SystemError(EINVAL);
    entry.events = events;
    entry.data = data;
    entry.toldInput = file.object.inputEvents - 1;
    entry.toldOutput = file.object.outputEvents - 1;
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

  /** Takes at most `count` events: what epoll_wait(2) answers. */
  harvest(count: number, poller?: Poller): EpollEvent[] {
    const found: EpollEvent[] = [];
    for (const entry of [...this.#entries]) {
      if (found.length >= count) break;
      const events = readyEvents(entry, poller);
      if (events === 0) continue;
      found.push({ events, data: entry.data });
      if ((entry.events & EPOLLONESHOT) !== 0) {
        entry.events = (entry.events & HOW_BITS) >>> 0;
      } else if ((entry.events & EPOLLET) !== 0) {
        entry.toldInput = entry.file.object.inputEvents;
        entry.toldOutput = entry.file.object.outputEvents;
      } else {
        // Behind the others, so that each has its turn.
        this.#entries.delete(entry);
        this.#entries.add(entry);
      }
    }
    return found;
  }

  /** Readable when there is something to harvest. */
  override poll(poller?: Poller): number {
    for (const entry of this.#entries) {
      if (readyEvents(entry, poller) !== 0) return POLLIN | POLLRDNORM;
    }
    return 0;
  }

  override get readyAt_ns(): bigint | null {
    let earliest: bigint | null = null;
    for (const { file: { object } } of this.#entries) {
      const at_ns = object.readyAt_ns;
      if (at_ns !== null && (earliest === null || at_ns < earliest)) earliest = at_ns;
    }
    return earliest;
  }

  override get inputEvents(): number {
    let events = this.#eventsGone;
    for (const entry of this.#entries) events += eventsOf(entry);
    return events;
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
        for (const { file, edges, ...entry } of this.entries) {
          copy.add({ ...entry, file: cloning.copyOf(file) }, edges);
        }
      });
      return copy;
    });
  }

  #drop(entry: Entry): void {
    this.#eventsGone += eventsOf(entry);
    this.#entries.delete(entry);
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

const NOTHING_TOLD: EpollEdges = { input: true, output: true };

function edgesOf({ file: { object }, toldInput, toldOutput }: Entry): EpollEdges {
  return { input: toldInput !== object.inputEvents, output: toldOutput !== object.outputEvents };
}

function eventsOf({ file: { object } }: Entry): number {
  return object.inputEvents + object.outputEvents;
}

/** The events of an entry that hold and are to be told; none once EPOLLONESHOT has silenced it. */
function readyEvents(entry: Entry, poller?: Poller): number {
  const { file: { object }, events } = entry;
  const wanted = (events & ~HOW_BITS) >>> 0;
  if (wanted === 0) return 0;
  const holds = object.poll(poller) & wanted;
  if (holds === 0 || (events & EPOLLET) === 0) return holds;
  const edges = edgesOf(entry);
  const isNews = (edges.output && (wanted & OUTPUT_BITS) !== 0) ||
    (edges.input && (wanted & ~OUTPUT_BITS) !== 0) ||
    ((edges.input || edges.output) && (holds & (POLLERR | POLLHUP)) !== 0);
  return isNews ? holds : 0;
}
