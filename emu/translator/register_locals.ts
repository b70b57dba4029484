/**
 * The guest's registers as local variables of a translated function.
 *
 * What instructions for 32-bit words leave in a register is kept as 32 bits and extended only when
 * somebody needs all 64: other such instructions do not. On the ways out of the function it is done
 * there. What holds at the beginning of a block, the word plan says.
 */
import { HART } from "../memory/layout.ts";
import {
  f64,
  type FunctionBody,
  i32,
  type I64,
  i64,
  isSignExtension,
  knownWord,
  type Local,
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

/** What is known of registers at a place in the code. */
export interface RegisterKnowledge {
  /** Registers that are to be extended from 32 bits. */
  readonly narrow: ReadonlySet<number>;
  /** Other registers that are sign extensions of their lower halves. */
  readonly words: ReadonlySet<number>;
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
  #isNarrow: Set<number> = new Set();
  #words: Set<number> = new Set();

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
    if (this.#isNarrow.has(register)) return i64.extend_s(this.#narrowLocal(register));
    const local = this.#local(register);
    return this.#words.has(register) ? knownWord(local) : local;
  }

  /** A float register's raw bits. */
  f(register: number): I64 {
    return i64.reinterpret(this.#float(HART.floatSlot + register));
  }

  setX(register: number, value: I64): void {
    if (register === 0) return;
    if (isSignExtension(value)) {
      this.#body.set(this.#narrowLocal(register), i32.wrap(value));
      this.#isNarrow.add(register);
      return;
    }
    this.#body.set(this.#local(register), value);
    this.#isNarrow.delete(register);
    if (value.isWord === true) this.#words.add(register);
    else this.#words.delete(register);
  }

  /** Extends all that has not been yet. */
  extend(): void {
    this.extendOnWayOut();
    for (const register of this.#isNarrow) this.#words.add(register);
    this.#isNarrow.clear();
  }

  /** Makes true what blocks that may follow rely on. */
  prepare(followers: readonly RegisterKnowledge[]): void {
    const extended = new Set<number>();
    for (const register of this.#isNarrow) {
      if (followers.every(({ narrow }) => narrow.has(register))) continue;
      this.#body.set(this.#local(register), i64.extend_s(this.#narrowLocal(register)));
      extended.add(register);
      this.#isNarrow.delete(register);
      this.#words.add(register);
    }
    for (const { narrow } of followers) {
      for (const register of narrow) {
        if (this.#isNarrow.has(register) || extended.has(register)) continue;
        if (!this.#words.has(register)) throw new Error(`Register ${register} is no word`);
        this.#body.set(this.#narrowLocal(register), i32.wrap(this.#local(register)));
      }
    }
  }

  /** Extends them on a way out of the function, which the code behind does not take. */
  extendOnWayOut(): void {
    for (const register of this.#isNarrow) {
      this.#body.set(this.#local(register), i64.extend_s(this.#narrowLocal(register)));
    }
  }

  /** What is known at this place. */
  get knowledge(): RegisterKnowledge {
    return { narrow: new Set(this.#isNarrow), words: new Set(this.#words) };
  }

  /** The code behind is reached from places at which this was known. */
  set knowledge({ narrow, words }: RegisterKnowledge) {
    this.#isNarrow = new Set(narrow);
    this.#words = new Set(words);
  }

  setF(register: number, bits: I64): void {
    this.#body.set(this.#float(HART.floatSlot + register), f64.reinterpret(bits));
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

  #narrowLocal(register: number): Local<"i32"> {
    const known = this.#narrow.get(register);
    if (known !== undefined) return known;
    const local = this.#body.local("i32");
    this.#narrow.set(register, local);
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
