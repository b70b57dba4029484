/**
 * Random sequences of legal instructions whose result any two right implementations agree on: they
 * load and store in a scratch area only, loop never, and read no clock. A sequence is code; it is
 * executed from many states.
 *
 * An instruction's sources are mostly registers that the sequence has not written, so that they hold
 * what the state gives them, which is of a chosen class; and its destination is mostly written by no
 * other, so that its result is seen in the end. Some registers are pointers into the scratch area,
 * which nothing overwrites but a load through them. All that is chosen for an instruction (borders of its immediate, the
 * rounding mode, x0 …) is dealt from a shuffled pack, so that nothing is long in coming.
 */
import {
  decode,
  effectsOf,
  expand,
  type Field,
  fieldAccepts,
  type FieldName,
  type FieldValues,
  type Instruction,
  INSTRUCTIONS,
  type Operation,
} from "../isa/mod.ts";
import { encode, encodeInstruction, wordBytes } from "./encode.ts";
import type { Random } from "./random.ts";
import type { Held } from "./value_classes.ts";

/** Bytes of the scratch area. Pointers are offsets from its middle. */
export const SCRATCH_SIZE = 512;
const HALF = SCRATCH_SIZE / 2;

/** Instructions that belong together: a branch may go to the first of them only. */
export interface Unit {
  /** Bytes. */
  readonly length: number;
  /** How many units ahead the last instruction may jump to; 1 is the next. 0: it does not jump. */
  readonly ahead: number;
  /** The instruction words, given the distance in bytes from this unit to that target. */
  readonly words: (distance: number) => readonly number[];
}

/** Code, and what it expects of the state that it begins in. */
export interface Sequence {
  /** Register that points to the middle of the scratch area, here and behind the sequence. */
  readonly base: number;
  /** Pointers: register → offset from the middle of the scratch area. Includes `base` → 0. */
  readonly pointers: ReadonlyMap<number, number>;
  /** What the float registers should hold. */
  readonly held: readonly Held[];
  readonly units: readonly Unit[];
}

/** The words of a sequence, with the jumps resolved. */
export function sequenceWords({ units }: Pick<Sequence, "units">): number[] {
  const places: number[] = [0];
  for (const [i, { length }] of units.entries()) places.push((places[i] ?? 0) + length);
  return units.flatMap(({ ahead, words }, i) => {
    const target = places[Math.min(i + ahead, units.length)] ?? 0;
    return words(target - (places[i] ?? 0));
  });
}

/** The base instruction that an instruction is, or stands for. */
export function baseOf(instruction: Instruction) {
  return instruction.length === 4 ? instruction : instruction.expansion.instruction;
}

/** The instructions that sequences are made of: all but those that stop the hart. */
export const GENERATED: readonly Instruction[] = INSTRUCTIONS.filter((instruction) =>
  !effectsOf(baseOf(instruction)).stops
);

/** The format that an instruction wants its float sources to hold. */
export function sourceFormat({ name }: Instruction): "s" | "d" {
  return /\.s$|\.w$|w$/.test(name) ? "s" : "d";
}

/** Deals from one shuffled pack of choices for each name. */
class Packs {
  readonly #packs = new Map<string, unknown[]>();

  constructor(readonly random: Random) {}

  deal<T>(name: string, choices: readonly T[]): T {
    let pack = this.#packs.get(name) as T[] | undefined;
    if (pack === undefined || pack.length === 0) {
      pack = this.random.shuffled(choices);
      this.#packs.set(name, pack);
    }
    return pack.pop() as T;
  }
}

/** Makes sequences in which all instructions come equally often. */
export class SequenceGenerator {
  readonly #random: Random;
  readonly #packs: Packs;
  /** Instructions to be used next, shuffled. */
  #queue: Instruction[] = [];

  constructor(random: Random) {
    this.#random = random;
    this.#packs = new Packs(random);
  }

  /** A sequence of 1 to about 20 instructions. */
  sequence(): Sequence {
    const writer = new SequenceWriter(this.#random, this.#packs);
    const units: Unit[] = [];
    for (let left = 1 + this.#random.below(16); left > 0; left--) {
      units.push(...this.#units(writer));
    }
    const { base, pointers, held } = writer;
    return { base, pointers, held, units };
  }

  /** The next instruction that fits, as units; those that do not fit wait for another sequence. */
  #units(writer: SequenceWriter): readonly Unit[] {
    for (let i = 0;; i++) {
      if (i === this.#queue.length) this.#queue.push(...this.#random.shuffled(GENERATED));
      const instruction = this.#queue[i];
      const units = instruction && writer.unitsFor(instruction);
      if (units === undefined) continue;
      this.#queue.splice(i, 1);
      return units;
    }
  }
}

/** Registers that a sequence uses as pointers, at most. */
const POINTERS_MAX = 6;

/** A sequence under construction. */
class SequenceWriter {
  readonly base: number;
  readonly pointers: Map<number, number>;
  readonly held: readonly Held[];
  readonly #random: Random;
  readonly #packs: Packs;
  /** Registers whose value in the beginning is used. */
  readonly #read = new Set<number>();
  readonly #written = new Set<number>();
  readonly #floatsWritten = new Set<number>();
  /**
   * Width of its LR and SC. Behind an `lr.d`, QEMU 7.2's `sc.w` stores when the lower halves are
   * equal, but reports failure when the upper ones differ: widths are not mixed.
   */
  readonly #reserved: "w" | "d";
  /** The rounding mode in fcsr may have become a reserved one. */
  #frmUnknown = false;
  /** A pointer that is needed behind what is being chosen. */
  #pinned: number | undefined;

  constructor(random: Random, packs: Packs) {
    this.#random = random;
    this.#packs = packs;
    this.base = 1 + random.below(31);
    this.pointers = new Map([[this.base, 0]]);
    const main = random.pick(["s", "d"] as const);
    this.held = Array.from(
      { length: 32 },
      () => random.pick([main, main, main, main, "s", "d", "unboxed"] as const),
    );
    this.#reserved = random.pick(["w", "d"]);
  }

  /** An instruction as units; `undefined` when it does not fit into this sequence any more. */
  unitsFor(instruction: Instruction): readonly Unit[] | undefined {
    const { name } = instruction;
    const base = baseOf(instruction);
    if (/^(lr|sc)\./.test(name) && !name.endsWith(this.#reserved)) return undefined;
    if (effectsOf(base).jumps) return this.#indirectJump(instruction);
    const values = this.#choose(instruction);
    if (values === undefined) return undefined;
    if (effectsOf(base).branch) return [this.#directJump(instruction, values)];
    const unit = plain([encodeInstruction(instruction, values)]);
    if (!name.startsWith("sc.") || this.#random.oneIn(4)) return [unit];
    return this.#behindLoadReserved(values.rs1 ?? 0, unit);
  }

  /** A store-conditional behind a load-reserved from the same address, perhaps with a store between. */
  #behindLoadReserved(rs1: number, conditional: Unit): Unit[] {
    const reserve = encode(`lr.${this.#reserved}`, { rs1 });
    const store = this.#random.pick(["sw", "sd", "c.sw", "c.sd", "amoswap.w", "amoswap.d"]);
    this.#pinned = rs1;
    const between = this.#random.oneIn(2) ? this.unitsFor(named(store)) : undefined;
    this.#pinned = undefined;
    return [plain([reserve]), ...between ?? [], conditional];
  }

  #directJump(instruction: Instruction, values: FieldValues): Unit {
    const { length } = instruction;
    const to = (imm: number) => encodeInstruction(instruction, { ...values, imm });
    if (this.#packs.deal(`${instruction.name} backward`, [false, true])) {
      return backward(length, () => [to(-4)]);
    }
    return { length, ahead: 1 + this.#random.below(4), words: (distance) => [to(distance)] };
  }

  /** `auipc`, additions, and the jump. */
  #indirectJump(instruction: Instruction): readonly Unit[] | undefined {
    const { name, length, fields } = instruction;
    const random = this.#random;
    const offset = fields.find((field) => field.name === "imm");
    const link = name === "c.jalr" ? 1 : this.#destination(name, fields.find(isRd), []);
    const target = 1 + random.below(31);
    if (link === undefined || this.pointers.has(target) || this.pointers.has(link)) {
      return undefined;
    }
    const rd = offset !== undefined && this.#packs.deal("jalr alias", [true, false, false])
      ? target
      : link;
    this.#written.add(target).add(rd);
    const odd = this.#packs.deal(`${name} odd`, [0, 1]); // jalr clears the lowest bit
    const imm = offset === undefined ? 0 : this.#immediate(name, offset);
    const words = (distance: number) => {
      const rest = distance + odd - imm;
      const first = Math.max(-2048, Math.min(2047, rest));
      const jump = offset === undefined ? { rs1: target } : { rd, rs1: target, imm };
      return [
        encode("auipc", { rd: target }),
        encode("addi", { rd: target, rs1: target, imm: first }),
        encode("addi", { rd: target, rs1: target, imm: rest - first }),
        encode(name, jump),
      ];
    };
    if (this.#packs.deal(`${name} backward`, [false, true])) {
      return [backward(12 + length, () => words(-4))];
    }
    return [{ length: 12 + length, ahead: 1 + random.below(4), words }];
  }

  /** Fields for an instruction, which then count as used; `undefined` when there are none. */
  #choose(instruction: Instruction): FieldValues | undefined {
    for (let i = 0; i < 8; i++) {
      const values = this.#draw(instruction);
      if (values === undefined) continue;
      if (instruction.length === 2 && instruction.excludes(values)) continue;
      const decoded = decode(encodeInstruction(instruction, values));
      if (decoded === undefined) throw new Error(`Generated an illegal ${instruction.name}`);
      const operation = expand(decoded);
      if (!this.#keepsRules(operation)) continue;
      this.#note(operation);
      return values;
    }
    return undefined;
  }

  #draw(instruction: Instruction): FieldValues | undefined {
    const { name, fields } = instruction;
    const base = baseOf(instruction);
    const { access, branch } = effectsOf(base);
    const values: FieldValues = {};
    const chosen: number[] = [];
    for (const field of [...fields].sort((a, b) => rank(a) - rank(b))) {
      let value: number | undefined;
      if (field.name === "imm") value = branch ? 0 : this.#immediate(name, field);
      else if (access !== undefined && field.name === "rs1") {
        value = this.#pointer(name, base, values, field);
      } else value = this.#value(instruction, field, chosen);
      if (value === undefined) return undefined;
      values[field.name] = value;
      if (/^[rf]s/.test(field.name)) chosen.push(value);
    }
    if (access !== undefined && !fields.some((field) => field.name === "rs1")) {
      if (this.#pointer(name, base, values, undefined) === undefined) return undefined;
    }
    return values;
  }

  #value(instruction: Instruction, field: Field, chosen: number[]): number | undefined {
    const { name } = instruction;
    switch (field.name) {
      case "zimm":
        return this.#immediate(name, field);
      case "csr":
        return this.#packs.deal(`${name} csr`, [1, 2, 3]);
      case "rm":
        return this.#packs.deal(`${name} rm`, [0, 1, 2, 3, 4, 7, 7, 7, 7, 7]);
      case "aqrl":
        return this.#packs.deal(`${name} aqrl`, [0, 1, 2, 3]);
      case "rs1":
      case "rs2":
        return this.#source(name, field, chosen);
      case "rd":
        return instruction.length === 2 && instruction.expansion.from.rs1 === "rd"
          ? this.#source(name, field, chosen)
          : this.#destination(name, field, chosen);
      case "fs1":
      case "fs2":
      case "fs3":
        return this.#floatSource(instruction, field, chosen);
      case "fd":
        return this.#floatDestination(name, field, chosen);
      default:
        return this.#random.below(2 ** field.bits);
    }
  }

  /** An immediate: a border, or any. */
  #immediate(name: string, field: Field): number {
    const unit = 2 ** field.lowBit;
    const { min, max } = boundsOf(field);
    const borders = [0, unit, -unit, min, max].filter((value) => fieldAccepts(field, value));
    const choice = this.#packs.deal<number | "near" | "any">(
      `${name} ${field.name}`,
      [...borders, "near", "any", "any"],
    );
    if (typeof choice === "number") return choice;
    const [low, high] = choice === "near"
      ? [Math.max(min, -64 * unit), Math.min(max, 63 * unit)]
      : [
        min,
        max,
      ];
    for (;;) {
      const value = low + this.#random.below((high - low) / unit + 1) * unit;
      if (fieldAccepts(field, value)) return value;
    }
  }

  #source(name: string, field: Field, chosen: readonly number[]): number | undefined {
    const kinds = ["fresh", "fresh", "fresh", "fresh", "fresh", "fresh", "x0", "same", "any"];
    const kind = this.#packs.deal(`${name} ${field.name}`, kinds);
    const [same] = chosen;
    if (kind === "x0" && fieldAccepts(field, 0)) return 0;
    if (kind === "same" && same !== undefined && fieldAccepts(field, same)) return same;
    const all = registersOf(field).filter((register) => register !== 0);
    const fresh = all.filter((register) =>
      !this.#written.has(register) && !this.pointers.has(register)
    );
    return this.#oneOf(kind === "any" ? all : fresh) ?? this.#oneOf(all);
  }

  #destination(name: string, field: Field | undefined, chosen: readonly number[]) {
    if (field === undefined) return 0;
    const kinds = [
      "fresh",
      "fresh",
      "fresh",
      "fresh",
      "fresh",
      "fresh",
      "x0",
      "first",
      "second",
      "any",
    ];
    const kind = this.#packs.deal(`${name} ${field.name}`, kinds);
    const same = chosen[kind === "first" ? 0 : 1];
    if (kind === "x0" && fieldAccepts(field, 0)) return 0;
    if (/first|second/.test(kind) && same !== undefined && fieldAccepts(field, same)) return same;
    const all = registersOf(field).filter((register) =>
      register !== 0 && !this.pointers.has(register)
    );
    const fresh = all.filter((register) => !this.#written.has(register));
    return this.#oneOf(kind === "any" ? all : fresh) ?? this.#oneOf(all);
  }

  #floatSource(instruction: Instruction, field: Field, chosen: readonly number[]) {
    const wanted = sourceFormat(instruction);
    const kinds = ["fit", "fit", "fit", "fit", "fit", "fit", "unboxed", "same", "any"];
    const kind = this.#packs.deal(`${instruction.name} ${field.name}`, kinds);
    const same = chosen.at(-1);
    if (kind === "same" && same !== undefined && fieldAccepts(field, same)) return same;
    const all = registersOf(field);
    const held = kind === "unboxed" ? kind : wanted;
    const fitting = all.filter((register) =>
      this.held[register] === held && !this.#floatsWritten.has(register)
    );
    return this.#oneOf(kind === "any" ? all : fitting) ?? this.#oneOf(all);
  }

  #floatDestination(name: string, field: Field, chosen: readonly number[]) {
    const kinds = ["fresh", "fresh", "fresh", "fresh", "fresh", "first", "second", "third", "any"];
    const kind = this.#packs.deal(`${name} ${field.name}`, kinds);
    const same = chosen[["first", "second", "third"].indexOf(kind)];
    if (same !== undefined && fieldAccepts(field, same)) return same;
    const all = registersOf(field);
    const fresh = all.filter((register) => !this.#floatsWritten.has(register));
    return this.#oneOf(kind === "any" ? all : fresh) ?? this.#oneOf(all);
  }

  /**
   * A register that points where an access with these fields is within the scratch area, aligned or
   * not as the pack says; a new pointer where there is none.
   */
  #pointer(
    name: string,
    base: ReturnType<typeof baseOf>,
    { imm = 0 }: FieldValues,
    field: Field | undefined,
  ): number | undefined {
    const { access } = effectsOf(base);
    if (access === undefined) return undefined;
    const { width, atomic } = access;
    const how = atomic || width === 1
      ? "aligned"
      : this.#packs.deal(`${name} alignment`, ["aligned", "misaligned", "across"] as const);
    const fits = (at: number) => {
      if (at < -HALF || at + width > HALF) return false;
      const isAligned = at % width === 0;
      return how === "aligned"
        ? isAligned
        : how === "across"
        ? at < 0 && at + width > 0
        : !isAligned;
    };
    const candidates = field === undefined ? [2] : registersOf(field);
    const pointing = candidates.filter((register) => {
      const offset = this.pointers.get(register);
      return offset !== undefined && !this.#written.has(register) && fits(offset + imm);
    });
    // The base cannot be overwritten, and is used where there is no other.
    const others = pointing.filter((register) => register !== this.base);
    const known = others.length > 0 ? others : pointing;
    if (known.length > 0 && this.#random.oneIn(2)) return this.#oneOf(known);
    const free = candidates.filter((register) =>
      register !== 0 && !this.#written.has(register) && !this.#read.has(register) &&
      !this.pointers.has(register)
    );
    const fresh = this.pointers.size < POINTERS_MAX ? this.#oneOf(free) : undefined;
    if (fresh === undefined) return this.#oneOf(known);
    let at: number;
    do at = how === "across"
      ? this.#random.below(width - 1) + 1 - width
      : this.#random.below(SCRATCH_SIZE) - HALF; while (!fits(at));
    this.pointers.set(fresh, at - imm);
    return fresh;
  }

  #keepsRules({ instruction, fields }: Operation): boolean {
    const { rd } = fields;
    if (rd !== undefined && this.pointers.has(rd)) {
      // A load may overwrite its own address, which is then no pointer any more.
      const isOwn = rd === fields.rs1 && effectsOf(instruction).access !== undefined;
      if (!isOwn || rd === this.base || rd === this.#pinned || this.#written.has(rd)) return false;
    }
    return fields.rm !== 7 || !this.#frmUnknown;
  }

  #note({ fields }: Operation): void {
    const { rd, rs1, rs2, fd, csr } = fields;
    for (const register of [rs1, rs2]) if (register !== undefined) this.#read.add(register);
    if (rd !== undefined) this.#written.add(rd);
    if (fd !== undefined) this.#floatsWritten.add(fd);
    if (csr !== undefined && csr !== 1) this.#frmUnknown = true;
  }

  #oneOf(registers: readonly number[]): number | undefined {
    return registers.length === 0 ? undefined : this.#random.pick(registers);
  }
}

const BY_NAME = new Map(INSTRUCTIONS.map((instruction) => [instruction.name, instruction]));

function named(name: string): Instruction {
  const instruction = BY_NAME.get(name);
  if (instruction === undefined) throw new Error(`No instruction is called '${name}'`);
  return instruction;
}

const isRd = (field: Field): boolean => field.name === "rd";

/** Immediates first, since pointers depend on them; destinations last, since they may be sources. */
function rank({ name }: Field): number {
  const last: readonly FieldName[] = ["rd", "fd"];
  return name === "imm" ? 0 : last.includes(name) ? 2 : 1;
}

/** Smallest and largest value of a field. */
export function boundsOf({ bits, lowBit, signed }: Field): { min: number; max: number } {
  const span = 2 ** bits;
  const unit = 2 ** lowBit;
  return signed ? { min: -span / 2, max: span / 2 - unit } : { min: 0, max: span - unit };
}

const ALL_REGISTERS = Array.from({ length: 32 }, (_, register) => register);

/** Registers that a field can name. */
function registersOf(field: Field): number[] {
  return ALL_REGISTERS.filter((register) => fieldAccepts(field, register));
}

function plain(words: readonly number[]): Unit {
  return { length: wordBytes(words).length, ahead: 0, words: () => words };
}

/**
 * A unit that jumps backward, once, to a jump over it: `j 2f; 1: j 3f; 2: words that jump to 1b; 3:`.
 */
function backward(length: number, words: () => readonly number[]): Unit {
  const over = [encode("jal", { imm: 8 }), encode("jal", { imm: 4 + length })];
  return { length: 8 + length, ahead: 0, words: () => [...over, ...words()] };
}
