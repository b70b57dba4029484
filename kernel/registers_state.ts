/** How a hart's registers are saved and restored: all of them, floats and reservation included. */
import { NO_RESERVATION, Registers, USER_ADDRESS_LIMIT } from "../emu/mod.ts";
import { group, type TreeOf } from "./checkpoint/grammar.ts";
import { padding, record, u32, u64, words } from "./checkpoint/schema.ts";
import { CKPT_HDR } from "./checkpoint/wire.ts";

const INTEGER_REGISTERS = 31;
const FLOAT_REGISTERS = 32;
/** The bits of fcsr that exist: accrued exceptions 4–0, rounding mode 7–5. */
const FCSR_MAX = 0xff;
/** Where a system call's result is: x10. */
const A0 = 10;
/** Bytes of an `ecall`, which has no compressed form. */
const ECALL_BYTES = 4n;

/** The integer registers. */
export const CPU = record("CPU", CKPT_HDR.CPU, {
  doc: "The hart's integer registers, program counter and LR/SC reservation.",
  fields: {
    pc: u64({ doc: "address of the next instruction; even, otherwise any", show: "hex" }),
    x: words(INTEGER_REGISTERS, { doc: "x1 to x31", first: 1 }),
    reservation: u64({ doc: "address reserved by LR, 2^64 - 1 for none", show: "hex" }),
    reserved_value: u64({ doc: "what LR read there; 0 without a reservation", show: "hex" }),
  },
  relations: {
    even: {
      field: "pc",
      text: "an even address",
      holds: ({ pc }) => (pc & 1n) === 0n,
    },
    canonical_reservation: {
      field: "reservation",
      text: "2^64 - 1 with value 0, or a user address that is a multiple of 4",
      holds: ({ reservation, reserved_value }) =>
        reservation === NO_RESERVATION
          ? reserved_value === 0n
          : reservation < BigInt(USER_ADDRESS_LIMIT) && reservation % 4n === 0n,
    },
  },
});

/** The floating-point registers. */
export const CPU_FPU = record("CPU_FPU", CKPT_HDR.CPU_FPU, {
  doc: "The hart's floating-point registers, bit by bit, and their control and status.",
  fields: {
    f: words(FLOAT_REGISTERS, { doc: "f0 to f31; singles are NaN-boxed" }),
    fcsr: u32({ doc: "rounding mode and accrued exceptions", max: FCSR_MAX, show: "hex" }),
    _pad: padding(4),
  },
});

/** All registers of a hart. */
export const registersNode = group("cpu", "The registers", { is: CPU, fpu: CPU_FPU });

/** Saves all registers. */
export function saveRegisters(registers: Registers): TreeOf<typeof registersNode> {
  const x = new BigUint64Array(INTEGER_REGISTERS);
  for (let i = 0; i < INTEGER_REGISTERS; i++) x[i] = registers.x(i + 1);
  const f = new BigUint64Array(FLOAT_REGISTERS);
  for (let i = 0; i < FLOAT_REGISTERS; i++) f[i] = registers.f(i);
  const { pc, reservation, reservedValue: reserved_value, fcsr } = registers;
  return { is: { pc, x, reservation, reserved_value }, fpu: { f, fcsr } };
}

/** The registers as they will be when the system call at the program counter has returned 0. */
export function afterCallReturnsZero(registers: Registers): Registers {
  const after = registers.clone();
  after.pc = BigInt.asUintN(64, registers.pc + ECALL_BYTES);
  after.setX(A0, 0n);
  after.reservation = NO_RESERVATION;
  after.reservedValue = 0n;
  return after;
}

/** Restores all registers. */
export function restoreRegisters({ is, fpu }: TreeOf<typeof registersNode>): Registers {
  const registers = new Registers();
  registers.pc = is.pc;
  for (let i = 0; i < INTEGER_REGISTERS; i++) registers.setX(i + 1, is.x[i]!);
  for (let i = 0; i < FLOAT_REGISTERS; i++) registers.setF(i, fpu.f[i]!);
  registers.fcsr = fpu.fcsr;
  registers.reservation = is.reservation;
  registers.reservedValue = is.reserved_value;
  return registers;
}
