import { HART } from "../memory/layout.ts";
import type { PhysicalMemory } from "../memory/mod.ts";

const PC = (HART.pc - HART.registers) / 8;
const FCSR = (HART.fcsr - HART.registers) / 8;
const RESERVATION = (HART.reservation - HART.registers) / 8;
const RESERVED_VALUE = (HART.reservedValue - HART.registers) / 8;
const WORDS = HART.stateSize / 8;

/** The value of {@linkcode Registers.reservation} when there is no reservation. */
export const NO_RESERVATION = 2n ** 64n - 1n;

/**
 * The architectural state of one hart: x0–x31, f0–f31, pc, fcsr and the LR/SC reservation. Integer
 * values are unsigned 64-bit numbers, floats are raw bits (singles are NaN-boxed).
 *
 * @example
 * ```ts
 * import { Registers } from "./mod.ts";
 *
 * const registers = new Registers();
 * registers.setX(10, -1n);
 * registers.x(10); // 2n ** 64n - 1n
 * ```
 */
export class Registers {
  readonly #words = new BigUint64Array(WORDS);
  readonly #halves = new Uint32Array(this.#words.buffer);
  readonly #bytes = new Uint8Array(this.#words.buffer);

  /** All zero, without a reservation. */
  constructor() {
    this.reservation = NO_RESERVATION;
  }

  /** Address of the next instruction. It is even: as in `sepc`, bit 0 is always 0. */
  get pc(): bigint {
    return this.#word(PC);
  }
  set pc(value: bigint) {
    this.#words[PC] = value;
    this.#bytes[PC * 8] = (this.#bytes[PC * 8] ?? 0) & 0xfe;
  }

  /** Goes on by a few bytes, 0 to 2^32 - 1. */
  advance(bytes: number): void {
    const low = (this.#halves[2 * PC] ?? 0) + bytes;
    this.#halves[2 * PC] = low;
    if (low >= 2 ** 32) this.#halves[2 * PC + 1] = (this.#halves[2 * PC + 1] ?? 0) + 1;
  }

  /** Floating-point control and status: rounding mode in bits 7–5, accrued flags in bits 4–0. */
  get fcsr(): number {
    return Number(this.#word(FCSR));
  }
  set fcsr(value: number) {
    this.#words[FCSR] = BigInt(value & 0xff);
  }

  /** Address that is reserved by LR, or {@linkcode NO_RESERVATION}. */
  get reservation(): bigint {
    return this.#word(RESERVATION);
  }
  set reservation(value: bigint) {
    this.#words[RESERVATION] = value;
  }

  /** Makes the next SC fail. */
  clearReservation(): void {
    this.#halves[2 * RESERVATION] = 0xffff_ffff;
    this.#halves[2 * RESERVATION + 1] = 0xffff_ffff;
  }

  /** What LR read there, sign-extended from its width; 0 when there is no reservation. */
  get reservedValue(): bigint {
    return this.#word(RESERVED_VALUE);
  }
  set reservedValue(value: bigint) {
    this.#words[RESERVED_VALUE] = value;
  }

  /** Integer register 0–31; x0 is 0. */
  x(index: number): bigint {
    return this.#word(registerSlot(index));
  }

  /** The low 32 bits of integer register 0–31, unsigned. */
  low(index: number): number {
    return this.#halves[2 * registerSlot(index)] ?? 0;
  }

  /** The high 32 bits of integer register 0–31, unsigned. */
  high(index: number): number {
    return this.#halves[2 * registerSlot(index) + 1] ?? 0;
  }

  /** Sets integer register 0–31, modulo 2^64; x0 stays 0. A number must be a safe integer. */
  setX(index: number, value: bigint | number): void {
    if (registerSlot(index) === 0) return;
    if (typeof value === "bigint") {
      this.#words[index] = value;
    } else {
      this.#halves[2 * index] = value;
      this.#halves[2 * index + 1] = Math.floor(value / 2 ** 32);
    }
  }

  /** Raw bits of float register 0–31. */
  f(index: number): bigint {
    return this.#word(HART.floatSlot + registerSlot(index));
  }

  /** Sets the raw bits of float register 0–31. */
  setF(index: number, bits: bigint): void {
    this.#words[HART.floatSlot + registerSlot(index)] = bits;
  }

  /** A copy. */
  clone(): Registers {
    const copy = new Registers();
    copy.copyFrom(this);
    return copy;
  }

  /** Takes over another state. */
  copyFrom(other: Registers): void {
    this.#words.set(other.#words);
  }

  /** Whether both states are the same in every bit. */
  equals(other: Registers): boolean {
    return this.#words.every((word, i) => word === other.#words[i]);
  }

  /** Copies the state to where generated code works on it. */
  loadInto({ hartState }: PhysicalMemory): void {
    hartState.set(this.#bytes);
  }

  /** Copies the state back. */
  saveFrom({ hartState }: PhysicalMemory): void {
    this.#bytes.set(hartState);
    this.#words[HART.discardSlot] = 0n;
  }

  #word(index: number): bigint {
    return this.#words[index] ?? 0n;
  }
}

function registerSlot(index: number): number {
  if (!Number.isInteger(index) || index < 0 || index > 31) {
    throw new RangeError(`Cannot access register ${index}: registers are 0…31`);
  }
  return index;
}
