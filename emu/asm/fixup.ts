/** Parts of the code and data that wait for addresses. */
import type { Field } from "../isa/mod.ts";
import type { Position } from "./error.ts";
import type { Expression } from "./expression.ts";
import type { Place } from "./section.ts";

/** The operators that split an address over two instructions. */
export const RELOCATIONS = ["hi", "lo", "pcrel_hi", "pcrel_lo"] as const;
/** Name of such an operator, without the percent sign. */
export type Relocation = typeof RELOCATIONS[number];

interface FixupBase {
  /** Where the bytes stand in their fragment. */
  readonly offset: number;
  readonly expression: Expression;
  /** Where the expression stands in the source. */
  readonly position: Position;
}

/** A number of 1, 2, 4 or 8 bytes. */
export interface DataFixup extends FixupBase {
  readonly kind: "data";
  readonly width: number;
  readonly directive: string;
}

/** A field of a 32-bit instruction. */
export interface InstructionFixup extends FixupBase {
  readonly kind: "instruction";
  readonly field: Field;
  readonly relocation: Relocation;
  /**
   * For `pcrel_lo`: the place that the distance is counted from, where the expression is the target
   * itself. Without it the expression is the label of the instruction that has the upper part.
   */
  readonly anchor: Place | undefined;
}

/** Bytes that depend on addresses. */
export type Fixup = DataFixup | InstructionFixup;
