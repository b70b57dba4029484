/**
 * Random sequences of legal instructions whose result any two right implementations agree on: they
 * load and store in a scratch area only, jump forwards only, and read no clock.
 *
 * Some registers are pointers into the scratch area, and are not written by the sequence. Which
 * ones changes from sequence to sequence, so that over many of them every register is everything.
 */
import {
  decode,
  expand,
  type FieldValues,
  type Instruction,
  INSTRUCTIONS,
  type Operation,
} from "../isa/mod.ts";
import { extractField, fieldAccepts } from "../isa/encoding.ts";
import { encode, encodeInstruction, wordBytes } from "./encode.ts";
import { type Held, randomFcsr, randomFloat, randomInteger } from "./operand_classes.ts";
import { below, oneOf, type RandomWords } from "./random_program.ts";

/** Bytes of the scratch area. Pointers are offsets from its middle. */
export const SCRATCH_SIZE = 1024;
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

/** A sequence and the state that it begins in. */
export interface Sequence {
  /** Register that points to the middle of the scratch area, here and behind the sequence. */
  readonly base: number;
  /** Pointers: register → offset from the middle of the scratch area. Includes `base` → 0. */
  readonly pointers: ReadonlyMap<number, number>;
  /** x0 to x31; those of pointers are not used. */
  readonly x: readonly bigint[];
  readonly f: readonly bigint[];
  readonly fcsr: number;
  readonly scratch: Uint8Array;
  readonly units: readonly Unit[];
}

/** What a sequence under construction knows about its registers. */
interface Context {
  readonly next: RandomWords;
  readonly pointers: ReadonlyMap<number, number>;
  readonly held: Held[];
  /**
   * Width of its LR and SC. Behind an `lr.d`, QEMU 7.2's `sc.w` stores when the lower halves are
   * equal, but reports failure when the upper ones differ: widths are not mixed.
   */
  readonly reserved: "w" | "d";
  /** The rounding mode in fcsr may have become a reserved one. */
  frmUnknown: boolean;
}

/** Left out: what stops the hart. */
const STOPPING = ["ecall", "ebreak", "c.ebreak"];

/** The instructions that sequences are made of. */
export const GENERATED: readonly Instruction[] = INSTRUCTIONS.filter(({ name }) =>
  !STOPPING.includes(name)
);

/** Makes sequences in which all instructions come equally often. */
export class SequenceGenerator {
  readonly #next: RandomWords;
  /** Instructions to be used next, shuffled. */
  #queue: Instruction[] = [];

  constructor(next: RandomWords) {
    this.#next = next;
  }

  /** A sequence of 1 to about 20 instructions. */
  sequence(): Sequence {
    const next = this.#next;
    const { pointers, base } = choosePointers(next);
    const main = oneOf(next, ["s", "d"] as const);
    const held = Array.from(
      { length: 32 },
      (): Held => oneOf(next, [main, main, main, main, "s", "d", "junk"]),
    );
    const f = held.map((kind) => randomFloat(next, kind));
    const context: Context = {
      next,
      pointers,
      held,
      reserved: oneOf(next, ["w", "d"]),
      frmUnknown: false,
    };
    const units: Unit[] = [];
    for (let left = 1 + below(next, 20); left > 0; left--) units.push(...this.#units(context));
    return {
      base,
      pointers,
      x: Array.from({ length: 32 }, () => randomInteger(next)),
      f,
      fcsr: randomFcsr(next),
      scratch: randomBytes(next, SCRATCH_SIZE),
      units,
    };
  }

  /** The next instruction that fits, as units; those that do not fit wait for another sequence. */
  #units(context: Context): readonly Unit[] {
    for (let i = 0;; i++) {
      if (i === this.#queue.length) this.#queue.push(...shuffled(GENERATED, this.#next));
      const instruction = this.#queue[i];
      const units = instruction && unitsFor(instruction, context);
      if (units === undefined) continue;
      this.#queue.splice(i, 1);
      return units;
    }
  }
}

function randomBytes(next: RandomWords, length: number): Uint8Array {
  return new Uint8Array(BigUint64Array.from({ length: length / 8 }, next).buffer);
}

function shuffled<T>(values: readonly T[], next: RandomWords): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = below(next, i + 1);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

function choosePointers(next: RandomWords): { pointers: Map<number, number>; base: number } {
  const base = 1 + below(next, 31);
  const candidates = [base, 8 + below(next, 8), 1 + below(next, 31)];
  if (below(next, 2) === 0) candidates.push(2);
  const offset = () => {
    const any = below(next, SCRATCH_SIZE - 8) - HALF;
    return below(next, 2) === 0 ? any & ~7 : any;
  };
  const pointers = new Map(candidates.map((register) => [register, offset()]));
  return { pointers: pointers.set(base, 0), base };
}

function unitsFor(instruction: Instruction, context: Context): readonly Unit[] | undefined {
  const { name, operands } = instruction;
  if (/^(lr|sc)\./.test(name) && !name.endsWith(context.reserved)) return undefined;
  if (/^(jalr|c\.jr|c\.jalr)$/.test(name)) return indirectJump(instruction, context);
  if (operands.includes("target")) return directJump(instruction, context);
  const word = tryFields(instruction, context);
  if (word === undefined) return undefined;
  noteEffects(operationOf(word), context);
  const unit = plain([word]);
  if (!name.startsWith("sc.") || below(context.next, 4) === 0) return [unit];
  // Mostly behind a load-reserved from the same address.
  const { rs1 = 0 } = operationOf(word).fields;
  const rd = below(context.next, 32);
  const reserve = encode(`lr.${context.reserved}`, { rd: context.pointers.has(rd) ? 0 : rd, rs1 });
  const between = below(context.next, 2) === 0 ? undefined : tryFields(storeLike(context), context);
  return [plain([reserve]), ...(between === undefined ? [] : [plain([between])]), unit];
}

/** A store, which may or may not hit what was reserved. */
function storeLike({ next }: Context): Instruction {
  return oneOf(
    next,
    GENERATED.filter(({ name }) => /^(sw|sd|c\.sw|c\.sd|amoswap\.[wd])$/.test(name)),
  );
}

function plain(words: readonly number[]): Unit {
  return { length: wordBytes(words).length, ahead: 0, words: () => words };
}

function operationOf(word: number): Operation {
  const decoded = decode(word);
  if (decoded === undefined) throw new Error(`Generated an illegal word ${word.toString(16)}`);
  return expand(decoded);
}

function directJump(instruction: Instruction, context: Context): readonly Unit[] | undefined {
  // Any distance that fits proves that the registers do.
  const word = tryFields(instruction, context);
  const fields = word === undefined ? undefined : decode(word)?.fields;
  if (fields === undefined) return undefined;
  return [{
    length: instruction.length,
    ahead: 1 + below(context.next, 4),
    words: (distance) => [encodeInstruction(instruction, { ...fields, imm: distance })],
  }];
}

/** `auipc`, an addition where the jump has no immediate, and the jump. */
function indirectJump(instruction: Instruction, context: Context): readonly Unit[] | undefined {
  const { next, pointers } = context;
  const { name } = instruction;
  const target = 1 + below(next, 31);
  if (pointers.has(target) || (name === "c.jalr" && pointers.has(1))) return undefined;
  const rd = below(next, 32);
  if (name === "jalr" && pointers.has(rd)) return undefined;
  const begin = encode("auipc", { rd: target });
  const odd = below(next, 2); // jalr clears the lowest bit
  const ahead = 1 + below(next, 4);
  if (name === "jalr") {
    return [{
      length: 8,
      ahead,
      words: (distance) => [begin, encode("jalr", { rd, rs1: target, imm: distance + odd })],
    }];
  }
  return [{
    length: 10,
    ahead,
    words: (distance) => [
      begin,
      encode("addi", { rd: target, rs1: target, imm: distance + odd }),
      encode(name, { rs1: target }),
    ],
  }];
}

/** The word of an instruction with random fields that keep the rules; tries a number of times. */
function tryFields(instruction: Instruction, context: Context): number | undefined {
  for (let i = 0; i < 30; i++) {
    const values = randomFields(instruction, context);
    if (instruction.length === 2 && instruction.excludes(values)) continue;
    const word = encodeInstruction(instruction, values);
    if (keepsRules(operationOf(word), context)) return word;
  }
  return undefined;
}

function randomFields(instruction: Instruction, context: Context): FieldValues {
  const { next } = context;
  const values: FieldValues = {};
  for (const field of instruction.fields) {
    do values[field.name] = extractField(field, Number(next() & 0xffff_ffffn)); while (
      !fieldAccepts(field, values[field.name] ?? 0)
    );
  }
  if (values.csr !== undefined) values.csr = 1 + below(next, 3);
  if (values.rm !== undefined) values.rm = oneOf(next, [0, 1, 2, 3, 4, 7]);
  preferFormat(instruction, values, context);
  if (/\((rs1|sp)\)/.test(instruction.operands)) preferScratch(instruction, values, context);
  if (values.rs2 !== undefined && values.rs1 !== undefined && below(next, 5) === 0) {
    const rs2 = instruction.fields.find(({ name }) => name === "rs2");
    if (rs2 && fieldAccepts(rs2, values.rs1)) values.rs2 = values.rs1;
  }
  return values;
}

/** Mostly reads float registers that hold the format of the instruction. */
function preferFormat({ name, fields }: Instruction, values: FieldValues, context: Context): void {
  const wanted = sourceFormat(name);
  for (const field of fields) {
    if (!/^fs\d$/.test(field.name) || below(context.next, 8) === 0) continue;
    const fitting = context.held
      .map((held, register) => held === wanted ? register : -1)
      .filter((register) => fieldAccepts(field, register));
    if (fitting.length > 0) values[field.name] = oneOf(context.next, fitting);
  }
}

function sourceFormat(name: string): Held {
  return /\.s$|\.w$|w$/.test(name) ? "s" : "d";
}

/** Addresses the scratch area where the fields allow it. */
function preferScratch(instruction: Instruction, values: FieldValues, context: Context): void {
  const { next, pointers } = context;
  const base = instruction.fields.find(({ name }) => name === "rs1");
  const fitting = [...pointers.keys()].filter((register) => !base || fieldAccepts(base, register));
  if (base && fitting.length > 0) values.rs1 = oneOf(next, fitting);
  const imm = instruction.fields.find(({ name }) => name === "imm");
  const offset = pointers.get(values.rs1 ?? 2);
  if (imm === undefined || offset === undefined) return;
  const wanted = (below(next, SCRATCH_SIZE) - HALF - offset) & -(2 ** imm.lowBit);
  if (fieldAccepts(imm, wanted)) values.imm = wanted;
}

function keepsRules({ instruction, fields }: Operation, context: Context): boolean {
  const { pointers } = context;
  if (fields.rd !== undefined && pointers.has(fields.rd)) return false;
  if (fields.rm === 7 && context.frmUnknown) return false;
  if (!instruction.operands.includes("(rs1)") || instruction.name === "jalr") return true;
  const pointer = pointers.get(fields.rs1 ?? 0);
  if (pointer === undefined) return false;
  const width = accessWidth(instruction.name);
  const at = pointer + (fields.imm ?? 0);
  const aligned = instruction.extension !== "A" || at % width === 0;
  return aligned && at >= -HALF && at + width <= HALF;
}

/** Bytes that an instruction of memory accesses, by its name. */
function accessWidth(name: string): number {
  const [, letter = ""] = /^(?:f?[ls]|(?:lr|sc|amo\w+)\.)([bhwd])u?$/.exec(name) ?? [];
  const width = { b: 1, h: 2, w: 4, d: 8 }[letter];
  if (width === undefined) throw new Error(`Instruction ${name} has no width`);
  return width;
}

/** Takes note of what a sequence's later instructions must know. */
function noteEffects({ instruction, fields }: Operation, context: Context): void {
  if (fields.csr !== undefined && fields.csr !== 1) context.frmUnknown = true;
  if (fields.fd !== undefined) {
    const toSingle = /\.s$|^fcvt\.s\.|^flw$|^fmv\.w\.x$/.test(instruction.name) &&
      instruction.name !== "fcvt.d.s";
    context.held[fields.fd] = toSingle ? "s" : "d";
  }
}
