/** Fills in what depends on addresses, once all of them are known. */
import { fieldAccepts, insertField, type Instruction } from "../isa/mod.ts";
import { bytesOf, checkWidth, littleEndian } from "./bytes.ts";
import { encode } from "./encode.ts";
import { AssemblyError, type Position } from "./error.ts";
import { evaluate, type Expression, type Scope } from "./expression.ts";
import type { DataFixup, Fixup, InstructionFixup } from "./fixup.ts";
import { bind, parseStep } from "./form.ts";
import { isJump } from "./layout.ts";
import { FAR_JUMP, FILLERS } from "./pseudo_table.ts";
import {
  type AlignFragment,
  type BranchFragment,
  type DataFragment,
  type Place,
  type Section,
  sizeOf,
} from "./section.ts";
import type { Symbols } from "./symbols.ts";

const FAR = parseStep(FAR_JUMP);
const [SHORT_FILLER, FILLER] = FILLERS.map((text) => {
  const step = parseStep(text);
  return bytesOf(encode(step.instruction, bind(step, new Map())), step.instruction);
}) as [number[], number[]];

/** Bits of a 16-bit and of a 32-bit branch that turn its condition: funct3's lowest. */
const INVERT_SHORT = 1 << 13;
const INVERT = 1 << 12;

/** Addresses of laid-out sections, and the bytes that hang on them. */
export class Linker {
  readonly #symbols: Symbols;
  /** The targets of `%pcrel_hi` by the address of the instruction. */
  readonly #upperParts = new Map<bigint, bigint>();

  /** A linker of sections whose addresses are final. */
  constructor(sections: Iterable<Section>, symbols: Symbols) {
    this.#symbols = symbols;
    for (const section of sections) this.#findUpperParts(section);
  }

  /** The value of an expression as a number or an address; signed, 64 bits. */
  valueOf(expression: Expression, position: Position): bigint {
    const value = evaluate(expression, this.#scope());
    if (value === undefined) {
      throw new AssemblyError(position, "expression is neither a number nor an address");
    }
    return value.offset;
  }

  /** The bytes of a section of the given size, those of space that is left zero not touched. */
  contentOf(section: Section, size: number): Uint8Array {
    const content = new Uint8Array(size);
    for (const fragment of section.fragments) {
      switch (fragment.kind) {
        case "data":
          content.set(fragment.bytes, fragment.address);
          for (const fixup of fragment.fixups) this.#fix(content, section, fragment, fixup);
          break;
        case "space":
          if (fragment.fill !== 0) {
            content.fill(fragment.fill, fragment.address, fragment.address + sizeOf(fragment));
          }
          break;
        case "align":
          content.set(padding(fragment), fragment.address);
          break;
        case "branch":
          content.set(this.#branch(section, fragment), fragment.address);
      }
    }
    return content;
  }

  #scope(): Scope {
    return this.#symbols.scope((place) => ({ base: ADDRESS, offset: addressOf(place) }), "error");
  }

  #findUpperParts(section: Section): void {
    for (const fragment of section.fragments) {
      if (fragment.kind !== "data") continue;
      for (const fixup of fragment.fixups) {
        if (fixup.kind !== "instruction" || fixup.relocation !== "pcrel_hi") continue;
        const target = this.valueOf(fixup.expression, fixup.position);
        this.#upperParts.set(addressOf({ section, fragment, offset: fixup.offset }), target);
      }
    }
  }

  #fix(content: Uint8Array, section: Section, fragment: DataFragment, fixup: Fixup): void {
    const at = fragment.address + fixup.offset;
    if (fixup.kind === "data") {
      this.#fixData(content, at, fixup);
    } else {
      const address = addressOf({ section, fragment, offset: fixup.offset });
      const bits = insertField(fixup.field, this.#partOf(fixup, address));
      bytesOf(bits, { length: 4 }).forEach((byte, index) => {
        content[at + index] = (content[at + index] ?? 0) | byte;
      });
    }
  }

  #fixData(content: Uint8Array, at: number, fixup: DataFixup): void {
    const value = this.valueOf(fixup.expression, fixup.position);
    checkWidth(value, fixup.width, fixup.directive, fixup.position);
    content.set(littleEndian(value, fixup.width), at);
  }

  /** The field's value: the upper part as a multiple of 4096, or the lower part. */
  #partOf({ relocation, expression, anchor, position }: InstructionFixup, address: bigint): number {
    const value = this.valueOf(expression, position);
    switch (relocation) {
      case "hi":
        return upperPart(value, position, "address");
      case "lo":
        return lowerPart(value);
      case "pcrel_hi":
        return upperPart(value - address, position, "distance");
      case "pcrel_lo": {
        if (anchor !== undefined) return lowerPart(value - addressOf(anchor));
        const target = this.#upperParts.get(value);
        if (target === undefined) {
          const reason = "'%pcrel_lo' needs the label of an instruction with '%pcrel_hi'";
          throw new AssemblyError(position, reason);
        }
        return lowerPart(target - value);
      }
    }
  }

  #branch(section: Section, branch: BranchFragment): number[] {
    const { instruction, fields, short, position, size } = branch;
    const target = this.valueOf(branch.target, position);
    const distance = target - addressOf({ section, fragment: branch, offset: 0 });
    if (size === 2 && short) {
      return encodeWith(short.instruction, short.fields, distance, target, position);
    }
    if (size === 4 || isJump(branch)) {
      return encodeWith(instruction, fields, distance, target, position);
    }
    // Over a jump, when the condition does not hold.
    const inverted = size === 6 && short
      ? bytesOf(encode(short.instruction, { ...short.fields, imm: 6 }) ^ INVERT_SHORT, {
        length: 2,
      })
      : bytesOf(encode(instruction, { ...fields, imm: 8 }) ^ INVERT, { length: 4 });
    const rest = distance - BigInt(inverted.length);
    const jump = encodeWith(FAR.instruction, bind(FAR, new Map()), rest, target, position);
    return [...inverted, ...jump];
  }
}

/** What every address is relative to, so that differences are numbers, whatever their sections. */
const ADDRESS = {};

function addressOf({ section, fragment, offset }: Place): bigint {
  return BigInt(section.address + fragment.address + offset);
}

function encodeWith(
  instruction: Instruction,
  fields: BranchFragment["fields"],
  distance: bigint,
  target: bigint,
  position: Position,
): number[] {
  const imm = Number(distance);
  const field = instruction.fields.find((candidate) => candidate.name === "imm");
  if (field === undefined || !fieldAccepts(field, imm)) {
    const why = distance % 2n === 0n ? "out of reach" : "odd";
    const shown = `0x${BigInt.asUintN(64, target).toString(16)}`;
    throw new AssemblyError(position, `target ${shown} is ${why}, ${distance} bytes from here`);
  }
  return bytesOf(encode(instruction, { ...fields, imm }), instruction);
}

function upperPart(value: bigint, position: Position, what: string): number {
  const rounded = value + 0x800n;
  if (BigInt.asIntN(32, rounded) !== rounded) {
    throw new AssemblyError(position, `${what} ${value} does not fit in 32 bits`);
  }
  return Number(rounded >> 12n) << 12;
}

const lowerPart = (value: bigint): number => Number(BigInt.asIntN(12, value));

/** Equal bytes, or instructions that do nothing behind as many zeros as make the rest even. */
function padding({ size, fill }: AlignFragment): number[] {
  if (fill !== undefined) return new Array<number>(size).fill(fill);
  const bytes: number[] = size % 2 === 1 ? [0] : [];
  if ((size - bytes.length) % 4 === 2) bytes.push(...SHORT_FILLER);
  while (bytes.length < size) bytes.push(...FILLER);
  return bytes;
}
