/** The guest's registers as local variables of a translated function. */
import { HART } from "../memory/layout.ts";
import { f64, type FunctionBody, i32, type I64, i64, type Local } from "../wasm/mod.ts";
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

/** Local variables for those registers that a region uses. */
export class RegisterLocals {
  readonly #body: FunctionBody;
  readonly #locals = new Map<number, Local<"i64">>();
  /** Float registers are doubles here, so that no bits move between the host's register files. */
  readonly #floats = new Map<number, Local<"f64">>();
  readonly #written: ReadonlySet<number>;

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
    return register === 0 ? ZERO : this.#local(register);
  }

  /** A float register's raw bits. */
  f(register: number): I64 {
    return i64.reinterpret(this.#float(HART.floatSlot + register));
  }

  setX(register: number, value: I64): void {
    if (register !== 0) this.#body.set(this.#local(register), value);
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
