/**
 * The guest's registers as local variables of a translated function.
 *
 * What instructions for 32-bit words leave in a register is kept as 32 bits and extended only when
 * somebody needs all 64: other such instructions do not. Likewise singles are kept as such, and boxed
 * when somebody needs the register's bits. On the ways out of the function that is done there. What
 * holds at the beginning of a block, the register plan says.
 */
import { HART } from "../memory/layout.ts";
import {
  boxedSingle,
  boxSingle,
  f64,
  type FunctionBody,
  i32,
  type I64,
  i64,
  isSignExtension,
  knownWord,
  type Local,
  type ValueType,
} from "../wasm/mod.ts";
import type { Region } from "./region.ts";

const NOWHERE = i32.const(0);
const ZERO = i64.const(0n);

/** Slots of the registers that a region's instructions name; x0 is none. */
function slots(region: Region): { used: Set<number>; written: Set<number> } {
  const used = new Set<number>();
  const written = new Set<number>();
  for (const { operations } of region.blocks) {
    for (const { fields } of operations) {
      const { rd, rs1, rs2, fd, fs1, fs2, fs3 } = fields;
      for (const x of [rd, rs1, rs2]) if (x) used.add(x);
      for (const f of [fd, fs1, fs2, fs3]) if (f !== undefined) used.add(HART.floatSlot + f);
      if (rd) written.add(rd);
      if (fd !== undefined) written.add(HART.floatSlot + fd);
    }
  }
  return { used, written };
}

/** What is known of registers at a place in the code; sets of registers, one bit each. */
export interface RegisterKnowledge {
  /** Integer registers that are to be extended from 32 bits. */
  readonly narrow: number;
  /** Other integer registers that are sign extensions of their lower halves. */
  readonly words: number;
  /** Float registers that are to be boxed. */
  readonly singles: number;
}

/** Nothing is known. */
export const NO_KNOWLEDGE: RegisterKnowledge = { narrow: 0, words: 0, singles: 0 };

const has = (set: number, register: number): boolean => (set >>> register & 1) === 1;
const withRegister = (set: number, register: number): number => set | 1 << register;
const without = (set: number, register: number): number => set & ~(1 << register);

function members(set: number): number[] {
  const found: number[] = [];
  for (let rest = set; rest !== 0; rest &= rest - 1) found.push(31 - Math.clz32(rest & -rest));
  return found;
}

/** Local variables for those registers that a region uses. */
export class RegisterLocals {
  readonly #body: FunctionBody;
  readonly #locals = new Map<number, Local<"i64">>();
  /** Float registers are doubles here, so that no bits move between the host's register files. */
  readonly #floats = new Map<number, Local<"f64">>();
  readonly #written: ReadonlySet<number>;
  /** The 32 bits of integer registers of which only they are right at times. */
  readonly #narrow = new Map<number, Local<"i32">>();
  /** The same for float registers. */
  readonly #singles = new Map<number, Local<"f32">>();
  /** What is known where code is being written. */
  knowledge: RegisterKnowledge = NO_KNOWLEDGE;

  constructor(body: FunctionBody, region: Region) {
    const { used, written } = slots(region);
    this.#body = body;
    this.#written = written;
    for (const slot of used) {
      if (slot < HART.floatSlot) this.#locals.set(slot, body.local("i64"));
      else this.#floats.set(slot, body.local("f64"));
    }
  }

  /** An integer register's value. */
  x(register: number): I64 {
    if (register === 0) return ZERO;
    const { narrow, words } = this.knowledge;
    if (has(narrow, register)) return this.#extended(register);
    const local = this.#local(register);
    return has(words, register) ? knownWord(local) : local;
  }

  /** A float register's raw bits. */
  f(register: number): I64 {
    return has(this.knowledge.singles, register)
      ? this.#boxed(register)
      : i64.reinterpret(this.#float(HART.floatSlot + register));
  }

  setX(register: number, value: I64): void {
    if (register === 0) return;
    const { narrow, words, singles } = this.knowledge;
    if (isSignExtension(value)) {
      this.#body.set(this.#own(this.#narrow, register, "i32"), i32.wrap(value));
      this.knowledge = {
        narrow: withRegister(narrow, register),
        words: without(words, register),
        singles,
      };
      return;
    }
    this.#body.set(this.#local(register), value);
    const change = value.isWord === true ? withRegister : without;
    this.knowledge = {
      narrow: without(narrow, register),
      words: change(words, register),
      singles,
    };
  }

  setF(register: number, bits: I64): void {
    const { singles } = this.knowledge;
    const single = boxedSingle(bits);
    if (single !== undefined) {
      this.#body.set(this.#own(this.#singles, register, "f32"), single);
      this.knowledge = { ...this.knowledge, singles: withRegister(singles, register) };
    } else {
      this.#body.set(this.#float(HART.floatSlot + register), f64.reinterpret(bits));
      this.knowledge = { ...this.knowledge, singles: without(singles, register) };
    }
  }

  /**
   * Extends and boxes all that has not been yet, on a way out of the function: the code behind, which
   * does not take it, goes on without.
   */
  completeOnWayOut({ narrow, singles } = this.knowledge): void {
    this.#extend(narrow);
    this.#box(singles);
  }

  /** Whether a block relies on other variables than those that are right. */
  needsPreparation({ narrow, singles }: RegisterKnowledge): boolean {
    return narrow !== this.knowledge.narrow || singles !== this.knowledge.singles;
  }

  /** Makes true what a block relies on, on the way to it. */
  prepare(follower: RegisterKnowledge): void {
    const { narrow, words, singles } = this.knowledge;
    const toNarrow = follower.narrow & ~narrow;
    if ((toNarrow & ~words) !== 0 || (follower.singles & ~singles) !== 0) {
      throw new Error("The register plan expects more than is known");
    }
    this.#extend(narrow & ~follower.narrow);
    this.#box(singles & ~follower.singles);
    for (const register of members(toNarrow)) {
      this.#body.set(this.#own(this.#narrow, register, "i32"), i32.wrap(this.#local(register)));
    }
  }

  /** Reads all of them from memory. */
  load(): void {
    for (const [slot, local] of this.#locals) {
      this.#body.set(local, i64.load(NOWHERE, HART.registers + 8 * slot));
    }
    for (const [slot, local] of this.#floats) {
      this.#body.set(local, f64.load(NOWHERE, HART.registers + 8 * slot));
    }
  }

  /** Writes those that the region changes to memory. */
  store(): void {
    for (const slot of this.#written) {
      const at = HART.registers + 8 * slot;
      if (slot < HART.floatSlot) this.#body.store("i64", NOWHERE, this.#local(slot), at);
      else this.#body.store("f64", NOWHERE, this.#float(slot), at);
    }
  }

  #extend(registers: number): void {
    for (const register of members(registers)) {
      this.#body.set(this.#local(register), this.#extended(register));
    }
  }

  #box(registers: number): void {
    for (const register of members(registers)) {
      const local = this.#float(HART.floatSlot + register);
      this.#body.set(local, f64.reinterpret(this.#boxed(register)));
    }
  }

  #extended(register: number): I64 {
    return i64.extend_s(this.#own(this.#narrow, register, "i32"));
  }

  #boxed(register: number): I64 {
    return boxSingle(this.#own(this.#singles, register, "f32"));
  }

  /** A register's variable among those of one type. */
  #own<T extends ValueType>(locals: Map<number, Local<T>>, register: number, type: T): Local<T> {
    const known = locals.get(register);
    if (known !== undefined) return known;
    const local = this.#body.local(type);
    locals.set(register, local);
    return local;
  }

  #float(slot: number): Local<"f64"> {
    const local = this.#floats.get(slot);
    if (local === undefined) throw new Error(`Register slot ${slot} is not of this region`);
    return local;
  }

  #local(slot: number): Local<"i64"> {
    const local = this.#locals.get(slot);
    if (local === undefined) throw new Error(`Register slot ${slot} is not of this region`);
    return local;
  }
}
