/**
 * What the statements of a source build: sections, each a list of fragments. Bytes of known length go
 * into one fragment after the other; a branch whose length depends on its distance, and an alignment,
 * are fragments of their own, which {@linkcode layOut} sizes.
 */
import type { BaseInstruction, CompressedInstruction, FieldValues } from "../isa/mod.ts";
import { AssemblyError, type Position } from "./error.ts";
import type { Expression } from "./expression.ts";
import type { Fixup } from "./fixup.ts";

/** The sections there are, in the order of their addresses. */
export const SECTION_NAMES: readonly SectionName[] = [".text", ".rodata", ".data", ".bss"];
/** Name of a section. */
export type SectionName = ".text" | ".rodata" | ".data" | ".bss";

/** Limit of a section's size in bytes: 256 MiB, and 64 GiB for `.bss`, which takes no room in a file. */
const SECTION_SIZE_MAX = 2 ** 28;
const BSS_SIZE_MAX = 2 ** 36;

/** A point between two bytes of a section. */
export interface Place {
  readonly section: Section;
  readonly fragment: Fragment;
  /** Bytes from the fragment's begin. */
  readonly offset: number;
}

interface FragmentBase {
  /** Bytes from the section's begin, as far as layout knows. */
  address: number;
}

/** Bytes, some of which depend on addresses. */
export interface DataFragment extends FragmentBase {
  readonly kind: "data";
  readonly bytes: number[];
  readonly fixups: Fixup[];
  /** Fragments with the same run are at a fixed distance from each other. */
  readonly run: object;
  /** Bytes from the run's begin. */
  readonly runOffset: number;
}

/** Many equal bytes. */
export interface SpaceFragment extends FragmentBase {
  readonly kind: "space";
  readonly size: number;
  readonly fill: number;
}

/** Padding up to a multiple of `alignment`. */
export interface AlignFragment extends FragmentBase {
  readonly kind: "align";
  /** A power of two. */
  readonly alignment: number;
  /** The byte to repeat; `undefined` for instructions that do nothing. */
  readonly fill: number | undefined;
  /** Where more bytes than this would be needed, none is inserted. */
  readonly sizeMax: number;
  size: number;
}

/** A branch or jump to a label. */
export interface BranchFragment extends FragmentBase {
  readonly kind: "branch";
  readonly instruction: BaseInstruction;
  /** All its fields but the distance. */
  readonly fields: FieldValues;
  /** The compressed form, where the registers allow it. */
  readonly short: { instruction: CompressedInstruction; fields: FieldValues } | undefined;
  readonly target: Expression;
  readonly position: Position;
  size: number;
}

/** A part of a section. */
export type Fragment = DataFragment | SpaceFragment | AlignFragment | BranchFragment;

/** A section under construction. */
export class Section {
  readonly name: SectionName;
  readonly fragments: Fragment[] = [];
  /** The largest alignment asked for, in bytes. */
  alignment: number;
  /** Address of its first byte; final once the sections before it are laid out. */
  address = 0;
  #current: DataFragment;
  /** Bytes so far, without what layout adds. */
  #size = 0;

  /** An empty section. */
  constructor(name: SectionName) {
    this.name = name;
    this.alignment = name === ".text" ? 2 : 1;
    this.#current = this.#open({}, 0);
  }

  /** The fragment that takes the next bytes. */
  get current(): DataFragment {
    return this.#current;
  }

  /** The place of the next byte. */
  here(): Place {
    return { section: this, fragment: this.#current, offset: this.#current.bytes.length };
  }

  /** Appends bytes, of which fix-ups may follow. Throws when the section becomes too large. */
  append(bytes: Iterable<number>, position: Position): void {
    const before = this.#current.bytes.length;
    for (const byte of bytes) {
      if (byte !== 0) this.#refuseContent(position);
      this.#current.bytes.push(byte);
    }
    this.#grow(this.#current.bytes.length - before, position);
  }

  /** Appends bytes that a fix-up will fill in. */
  appendFixup(bytes: Iterable<number>, fixup: Fixup, position: Position): void {
    this.#refuseContent(position);
    this.#current.fixups.push(fixup);
    this.append(bytes, position);
  }

  /** Appends a number of equal bytes. */
  appendSpace(size: number, fill: number, position: Position): void {
    if (fill !== 0 && size > 0) this.#refuseContent(position);
    this.#grow(size, position);
    const { run, runOffset, bytes } = this.#current;
    this.fragments.push({ kind: "space", address: 0, size, fill });
    this.#current = this.#open(run, runOffset + bytes.length + size);
  }

  /** Appends an alignment or a branch. */
  appendVariable(fragment: AlignFragment | BranchFragment, position: Position): void {
    if (fragment.kind === "branch" || fragment.fill !== 0) this.#refuseContent(position);
    if (fragment.kind === "align") {
      this.alignment = Math.max(this.alignment, fragment.alignment);
    }
    this.fragments.push(fragment);
    this.#grow(0, position);
    this.#current = this.#open({}, 0);
  }

  #open(run: object, runOffset: number): DataFragment {
    const fragment: DataFragment = {
      kind: "data",
      address: 0,
      bytes: [],
      fixups: [],
      run,
      runOffset,
    };
    this.fragments.push(fragment);
    return fragment;
  }

  #grow(bytes: number, position: Position): void {
    this.#size += bytes;
    const limit = this.name === ".bss" ? BSS_SIZE_MAX : SECTION_SIZE_MAX;
    if (this.#size > limit) {
      throw new AssemblyError(position, `section '${this.name}' is larger than ${limit} bytes`);
    }
  }

  #refuseContent(position: Position): void {
    if (this.name === ".bss") {
      throw new AssemblyError(position, "only zeros can stand in '.bss'");
    }
  }
}

/** Bytes that a fragment takes. */
export function sizeOf(fragment: Fragment): number {
  return fragment.kind === "data" ? fragment.bytes.length : fragment.size;
}
