/**
 * Zicsr: control and status registers.
 *
 * Source: The RISC-V Instruction Set Manual, Volume I, chapter "Zicsr".
 */
import { i32, i64 } from "../wasm/mod.ts";
import type { CsrUpdate, Definition } from "./instruction.ts";

function fromRegister(name: string, funct3: string, update: CsrUpdate): Definition {
  return {
    name,
    extension: "Zicsr",
    encoding: `csr rs1 ${funct3} rd 1110011`,
    operands: "rd, csr, rs1",
    // A set or clear from x0 only reads; it may name a read-only register.
    semantics(m) {
      const writes = update === "write" ? i32.const(1) : i32.eqz(m.rs1IsZero);
      m.csr(update, m.rs1, writes, (old) => m.setRd(old));
    },
  };
}

function fromImmediate(name: string, funct3: string, update: CsrUpdate): Definition {
  return {
    name,
    extension: "Zicsr",
    encoding: `csr zimm ${funct3} rd 1110011`,
    operands: "rd, csr, zimm",
    semantics(m) {
      const writes = update === "write" ? i32.const(1) : i64.ne(m.zimm, i64.const(0n));
      m.csr(update, m.zimm, writes, (old) => m.setRd(old));
    },
  };
}

export const CSR: readonly Definition[] = [
  fromRegister("csrrw", "001", "write"),
  fromRegister("csrrs", "010", "set"),
  fromRegister("csrrc", "011", "clear"),
  fromImmediate("csrrwi", "101", "write"),
  fromImmediate("csrrsi", "110", "set"),
  fromImmediate("csrrci", "111", "clear"),
];
