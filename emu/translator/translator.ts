/**
 * The translator of one memory: finds hot code, has it translated, and says for the address space
 * in use which translated function holds at an address.
 *
 * Translated code is entered through the entries, a table by address that is dropped whenever a
 * mapping of code or code itself changes, or another address space comes into use. What is found
 * anew is checked against the frames: a translation holds where its pages may be executed and their
 * frames have the bytes that it was made from. That was compared once for each set of frames, and
 * is remembered until one of the frames changes (the memory tells of writes to frames with code).
 */
import { ENTRIES, EXECUTE, PAGE_SIZE, TRAIL } from "../memory/layout.ts";
import type { PageTable, PhysicalMemory } from "../memory/mod.ts";
import { UsedSlots } from "../memory/used_slots.ts";
import { findRegion } from "./region.ts";
import { translate, TRANSLATED_NAME } from "./translate.ts";
import { type Translation, TranslationCache } from "./translation_cache.ts";

/** What the translator asks of the hart. */
export interface TranslatorHost {
  readonly memory: PhysicalMemory;
  /** The address space in use. */
  readonly pages: PageTable;
  /** Says that code of a frame is in use, so that {@linkcode Translator.codeChanged} is called. */
  markCode(frame: number): void;
  /** Whether an instruction has been executed since its page was decoded. */
  executed(address: number): boolean;
  /** Marks an instruction as one at which translated code may begin. */
  markHot(address: number): void;
}

/** How soon code is translated. */
export interface Heat {
  /** Times that an address must be sampled. */
  readonly samplesMin: number;
  /** Instructions that are interpreted before the first sample. */
  readonly warmUp: number;
  /** Instructions that are interpreted between samples. */
  readonly interval: number;
}

export const DEFAULT_HEAT: Heat = { samplesMin: 16, warmUp: 1_000_000, interval: 30_000 };

const TARGETS_MAX = 256;
const ENTRIES_SIZE = ENTRIES.entries * ENTRIES.size;

const TRANSLATIONS = new TranslationCache();
const NOTHING = { slot: 0, start: 0 };

/** A translation on this memory. */
interface Installed {
  /** Number in the table of functions. */
  readonly slot: number;
  /** Sets of frames whose code is known to be the translation's. */
  readonly frames: Set<string>;
}

/** Translates hot code for the hart of one memory. */
export class Translator {
  readonly table = new WebAssembly.Table({ element: "anyfunc", initial: 64 });
  readonly #host: TranslatorHost;
  readonly #imports: WebAssembly.ModuleImports;
  readonly #installed = new Map<Translation, Installed>();
  /** What to forget when a frame's code changes. */
  readonly #users = new Map<number, Set<Installed>>();
  readonly #entries = new UsedSlots(ENTRIES.base, ENTRIES.base + ENTRIES_SIZE);
  /** Pages whose mapping the entries rely on. */
  readonly #pagesRelied = new Set<number>();
  readonly #samples = new Map<number, number>();
  readonly #targets = new Map<number, Set<number>>();
  #slots = 1;
  #generation = TRANSLATIONS.generation;

  constructor(host: TranslatorHost, imports: WebAssembly.ModuleImports) {
    this.#host = host;
    this.#imports = { ...imports, table: this.table };
    this.dropEntries();
  }

  /** Whether anything is translated in this process. */
  static get hasTranslations(): boolean {
    return !TRANSLATIONS.isEmpty;
  }

  /** Translations in use on this memory. */
  get installed(): number {
    return this.#installed.size;
  }

  /** Number of the function that holds at an address, or 0; it becomes an entry. */
  enter(pc: bigint): number {
    const address = Number(pc);
    const { slot, start } = this.#find(address) ?? NOTHING;
    this.#pagesRelied.add(Math.floor(address / PAGE_SIZE));
    const { view } = this.#host.memory;
    const entry = entryOffset(address);
    this.#entries.add(entry);
    view.setBigUint64(entry, pc, true);
    view.setUint32(entry + ENTRIES.function, slot, true);
    view.setUint32(entry + ENTRIES.start, start, true);
    return slot;
  }

  /** Whether there may be translated code at an address. */
  mayBegin(address: number): boolean {
    return TRANSLATIONS.at(address).length > 0;
  }

  /** Forgets the entries: another address space comes into use, or code has changed. */
  dropEntries(): void {
    this.#entries.empty(this.#host.memory);
    this.#pagesRelied.clear();
  }

  /** The mapping of the pages from `first` up to and without `end` has changed. */
  pagesChanged(first: number, end: number): void {
    const isRelied = end === first + 1
      ? this.#pagesRelied.has(first)
      : [...this.#pagesRelied].some((page) => page >= first && page < end);
    if (isRelied) this.dropEntries();
  }

  /** A frame's bytes are about to change. */
  codeChanged(frame: number): void {
    const users = this.#users.get(frame);
    if (users === undefined) return;
    this.#users.delete(frame);
    for (const { frames } of users) {
      for (const key of frames) if (key.split(",").includes(`${frame}`)) frames.delete(key);
    }
    this.dropEntries();
  }

  /**
   * Takes note that execution came to an address at which a function or a loop begins. Answers
   * whether that says anything: not where there is translated code already.
   */
  sample(address: number, samplesMin: number): boolean {
    this.#makeCurrent();
    if (this.#find(address) !== undefined) {
      this.#open(address);
      return false;
    }
    const samples = (this.#samples.get(address) ?? 0) + 1;
    this.#samples.set(address, samples);
    if (samples >= samplesMin) {
      this.#samples.delete(address);
      this.#readTrail();
      this.#translateFrom(address);
    }
    return true;
  }

  /** Lets go of what the cache has dropped. */
  #makeCurrent(): void {
    if (this.#generation === TRANSLATIONS.generation) return;
    this.#generation = TRANSLATIONS.generation;
    for (let slot = 0; slot < this.#slots; slot++) this.table.set(slot, null);
    this.#slots = 1;
    this.#installed.clear();
    this.#users.clear();
    this.dropEntries();
  }

  #translateFrom(address: number): void {
    const region = findRegion(this.#source, address);
    if (region === undefined) return;
    const { translation, bytes } = translate(region, this.#source);
    TRANSLATIONS.add(translation, bytes);
    this.#makeCurrent();
    for (const entry of region.entries.keys()) this.#open(entry);
  }

  /** Has the interpreter enter translated code at an address from now on. */
  #open(address: number): void {
    this.#host.markHot(address);
    this.#host.memory.view.setBigInt64(entryOffset(address), -1n, true);
  }

  readonly #source = {
    halfword: (address: number): number => {
      const { memory, pages } = this.#host;
      const page = Math.floor(address / PAGE_SIZE);
      if ((pages.permissionsAt(page) & EXECUTE) === 0) return -1;
      const frame = memory.frameAddress(pages.frameAt(page));
      return memory.view.getUint16(frame + address % PAGE_SIZE, true);
    },
    executed: (address: number) => this.#host.executed(address),
    targets: (address: number) => [...this.#targets.get(address) ?? []],
  };

  /** Collects where indirect jumps went lately. */
  #readTrail(): void {
    const { view } = this.#host.memory;
    for (let i = 0; i < TRAIL.entries; i++) {
      const at = TRAIL.base + i * TRAIL.size;
      const from = readAddress(view, at);
      let known = this.#targets.get(from);
      if (known === undefined) this.#targets.set(from, known = new Set());
      if (known.size < TARGETS_MAX) known.add(readAddress(view, at + TRAIL.target));
    }
  }

  /** The translation that holds at an address now, on this memory. */
  #find(address: number): { slot: number; start: number } | undefined {
    for (const translation of TRANSLATIONS.at(address)) {
      const slot = this.#check(translation)?.slot;
      if (slot !== undefined) return { slot, start: translation.entries.get(address) ?? 0 };
    }
    return undefined;
  }

  #check(translation: Translation): Installed | undefined {
    const { pages } = this.#host;
    for (const page of translation.pages) {
      if ((pages.permissionsAt(page) & EXECUTE) === 0) return undefined;
    }
    const frames = translation.pages.map((page) => pages.frameAt(page));
    const key = frames.join();
    const known = this.#installed.get(translation);
    const isKnown = known?.frames.has(key) ?? false;
    if (!isKnown && !this.#sameCode(translation)) return undefined;
    const installed = known ?? this.#install(translation);
    if (!isKnown) {
      installed.frames.add(key);
      for (const frame of frames) {
        this.#host.markCode(frame);
        const users = this.#users.get(frame) ?? new Set();
        this.#users.set(frame, users.add(installed));
      }
    }
    for (const page of translation.pages) this.#pagesRelied.add(page);
    return installed;
  }

  #sameCode({ ranges }: Translation): boolean {
    const { memory, pages } = this.#host;
    const all = memory.bytes;
    return ranges.every(({ address, bytes }) => {
      const frame = pages.frameAt(Math.floor(address / PAGE_SIZE));
      const place = memory.frameAddress(frame) + address % PAGE_SIZE;
      return bytes.every((byte, i) => all[place + i] === byte);
    });
  }

  #install(translation: Translation): Installed {
    const instance = new WebAssembly.Instance(translation.module, { host: this.#imports });
    const slot = this.#slots++;
    if (slot === this.table.length) this.table.grow(slot);
    this.table.set(slot, instance.exports[TRANSLATED_NAME] as () => void);
    const installed = { slot, frames: new Set<string>() };
    this.#installed.set(translation, installed);
    return installed;
  }
}

function readAddress(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}

function entryOffset(address: number): number {
  return ENTRIES.base + ((address / 2) % ENTRIES.entries) * ENTRIES.size;
}
