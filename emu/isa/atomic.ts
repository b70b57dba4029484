/**
 * RV64A: load-reserved, store-conditional, atomic memory operations.
 *
 * One hart runs at a time, so that an operation is atomic by nature. A store-conditional succeeds
 * when the reservation is for its address and memory still holds the value read there (what QEMU's
 * user mode does too).
 *
 * Source: The RISC-V Instruction Set Manual, Volume I, chapter "A".
 */
import { type I32, i32, type I64, i64, select } from "../wasm/mod.ts";
import type { Definition, Meaning } from "./instruction.ts";

type Width = 4 | 8;

const NO_RESERVATION = i64.const(-1n);
const SUCCESS = i64.const(0n);
const FAILURE = i64.const(1n);

const FUNCT3: Readonly<Record<Width, string>> = { 4: "010", 8: "011" };
const SUFFIX: Readonly<Record<Width, string>> = { 4: "w", 8: "d" };

const read = (width: Width, place: I32): I64 => width === 8 ? i64.load(place) : i64.load32_s(place);

function write(m: Meaning, width: Width, place: I32, value: I64): void {
  m.body.store(width === 8 ? "i64" : "i64_32", place, value);
}

/** An operand as the operation of this width sees it. */
const operand = (width: Width, value: I64): I64 => width === 8 ? value : i64.extend32_s(value);

function loadReserved(width: Width): Definition {
  return {
    name: `lr.${SUFFIX[width]}`,
    extension: "A",
    encoding: `00010 aqrl 00000 rs1 ${FUNCT3[width]} rd 0101111`,
    operands: "rd, (rs1)",
    semantics: (m) =>
      m.atomic(width, m.rs1, "read", (place) =>
        m.body.let(read(width, place), (value) => {
          m.reserve(m.rs1, value);
          m.setRd(value);
        })),
  };
}

function storeConditional(width: Width): Definition {
  return {
    name: `sc.${SUFFIX[width]}`,
    extension: "A",
    encoding: `00011 aqrl rs2 rs1 ${FUNCT3[width]} rd 0101111`,
    operands: "rd, rs2, (rs1)",
    semantics: (m) =>
      m.atomic(width, m.rs1, "write", (place) => {
        const unchanged = i64.eq(read(width, place), m.reservedValue);
        m.body.if(
          i32.and(i64.eq(m.reservation, m.rs1), unchanged),
          () => {
            write(m, width, place, m.rs2);
            m.setRd(SUCCESS);
          },
          () => m.setRd(FAILURE),
        );
        m.reserve(NO_RESERVATION, i64.const(0n));
      }),
  };
}

function memoryOperation(
  name: string,
  funct5: string,
  operation: (old: I64, value: I64) => I64,
): Definition[] {
  return ([4, 8] as const).map((width) => ({
    name: `${name}.${SUFFIX[width]}`,
    extension: "A",
    encoding: `${funct5} aqrl rs2 rs1 ${FUNCT3[width]} rd 0101111`,
    operands: "rd, rs2, (rs1)",
    semantics: (m) =>
      m.atomic(width, m.rs1, "write", (place) =>
        m.body.let(read(width, place), (old) => {
          write(m, width, place, operation(old, operand(width, m.rs2)));
          m.setRd(old);
        })),
  }));
}

// Words compare equally as sign-extended 64-bit values, signed and unsigned alike: sign extension
// keeps both orders.
const choose = (wins: (a: I64, b: I64) => I32) => (old: I64, value: I64): I64 =>
  select(wins(old, value), old, value);

export const ATOMIC: readonly Definition[] = [
  loadReserved(4),
  loadReserved(8),
  storeConditional(4),
  storeConditional(8),
  ...memoryOperation("amoswap", "00001", (_old, value) => value),
  ...memoryOperation("amoadd", "00000", i64.add),
  ...memoryOperation("amoxor", "00100", i64.xor),
  ...memoryOperation("amoand", "01100", i64.and),
  ...memoryOperation("amoor", "01000", i64.or),
  ...memoryOperation("amomin", "10000", choose(i64.lt_s)),
  ...memoryOperation("amomax", "10100", choose(i64.gt_s)),
  ...memoryOperation("amominu", "11000", choose(i64.lt_u)),
  ...memoryOperation("amomaxu", "11100", choose(i64.gt_u)),
];
