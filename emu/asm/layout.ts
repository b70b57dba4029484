/**
 * The sizes of branches and alignments, and with them the addresses in a section.
 *
 * A branch is as short as its distance allows: 2 bytes, 4, or an inverted branch over a jump (2 + 4 or
 * 4 + 4). Sizes depend on distances and distances on sizes, and there can be more than one solution;
 * to get that of GNU as, the search goes its way: a first guess in which whatever lies ahead is at 0,
 * then rounds in which each size follows from the addresses known by then, until nothing changes.
 */
import type { Instruction } from "../isa/mod.ts";
import { AssemblyError } from "./error.ts";
import { evaluate, type Value } from "./expression.ts";
import {
  type AlignFragment,
  type BranchFragment,
  type Fragment,
  type Place,
  type Section,
  sizeOf,
} from "./section.ts";
import type { Symbols } from "./symbols.ts";

/** After so many rounds sizes only grow, which comes to an end. */
const ROUNDS_WITH_SHRINKING = 100;

/** Gives a section's fragments their addresses and sizes; returns the section's size in bytes. */
export function layOut(section: Section, symbols: Symbols): number {
  let size = 0;
  for (const fragment of section.fragments) {
    fragment.address = size;
    resize(fragment, section, symbols, 0);
    size += sizeOf(fragment);
  }
  for (let round = 0;; round++) {
    const stretch = stretchOnce(section, symbols, round < ROUNDS_WITH_SHRINKING);
    if (stretch === undefined) return size;
    size += stretch;
  }
}

/** One round; returns how much the section has grown, or `undefined` when nothing has changed. */
function stretchOnce(
  section: Section,
  symbols: Symbols,
  mayShrink: boolean,
): number | undefined {
  let stretch = 0;
  let changed = false;
  for (const fragment of section.fragments) {
    fragment.address += stretch;
    const before = sizeOf(fragment);
    resize(fragment, section, symbols, mayShrink ? 0 : before);
    const growth = sizeOf(fragment) - before;
    stretch += growth;
    changed ||= growth !== 0;
  }
  return changed ? stretch : undefined;
}

function resize(fragment: Fragment, section: Section, symbols: Symbols, sizeMin: number): void {
  if (fragment.kind === "align") {
    fragment.size = paddingAt(fragment, fragment.address);
  } else if (fragment.kind === "branch") {
    fragment.size = Math.max(sizeMin, branchSize(fragment, section, symbols));
  }
}

function paddingAt({ alignment, sizeMax }: AlignFragment, address: number): number {
  const padding = (alignment - address % alignment) % alignment;
  return padding > sizeMax ? 0 : padding;
}

/** Bytes that a branch takes at its fragment's present address. */
function branchSize(branch: BranchFragment, section: Section, symbols: Symbols): number {
  const distance = distanceTo(branch, section, symbols);
  if (distance !== undefined && branch.short && reaches(branch.short.instruction, distance)) {
    return 2;
  }
  if (isJump(branch)) return 4;
  if (distance === undefined) return 8;
  if (reaches(branch.instruction, distance)) return 4;
  return branch.short ? 6 : 8;
}

/** Whether a branch is an unconditional jump, of which there is no longer form. */
export function isJump({ instruction }: BranchFragment): boolean {
  return instruction.fields.every((field) => field.name !== "rs1");
}

/** The present distance to the target; `undefined` when that is outside the section. */
function distanceTo(
  branch: BranchFragment,
  section: Section,
  symbols: Symbols,
): bigint | undefined {
  const value = evaluate(branch.target, symbols.scope(placeInSection, "error"));
  if (value === undefined) {
    throw new AssemblyError(branch.position, "target is neither a number nor an address");
  }
  const here = BigInt(branch.address);
  if (value.base === section) return value.offset - here;
  return value.base === undefined ? value.offset - BigInt(section.address) - here : undefined;
}

const placeInSection = ({ section, fragment, offset }: Place): Value => ({
  base: section,
  offset: BigInt(fragment.address + offset),
});

/** Whether a distance is in the range of the instruction's field, even or not. */
function reaches(instruction: Instruction, distance: bigint): boolean {
  const field = instruction.fields.find((candidate) => candidate.name === "imm");
  return field !== undefined && BigInt.asIntN(field.bits, distance) === distance;
}
