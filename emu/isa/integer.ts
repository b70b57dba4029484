/**
 * RV64I, Zifencei.
 *
 * Source: The RISC-V Instruction Set Manual, Volume I, chapters "RV32I", "RV64I" and "Zifencei".
 */
import { type I32, i32, type I64, i64 } from "../wasm/mod.ts";
import type { AccessWidth, Definition, LoadKind, Meaning } from "./instruction.ts";

const SHIFT_MASK_64 = i64.const(63n);
const SHIFT_MASK_32 = i32.const(31);
const CLEAR_LOW_BIT = i64.const(-2n);

/** A 32-bit result, sign-extended as every RV64 word operation does. */
const word = (value: I32): I64 => i64.extend_s(value);

type Operation = (a: I64, b: I64) => I64;

const signedLess: Operation = (a, b) => i64.extend_u(i64.lt_s(a, b));
const unsignedLess: Operation = (a, b) => i64.extend_u(i64.lt_u(a, b));
const shiftLeft: Operation = (a, b) => i64.shl(a, i64.and(b, SHIFT_MASK_64));
const shiftRight: Operation = (a, b) => i64.shr_u(a, i64.and(b, SHIFT_MASK_64));
const shiftRightSigned: Operation = (a, b) => i64.shr_s(a, i64.and(b, SHIFT_MASK_64));
const wordOperation = (operation: (a: I32, b: I32) => I32): Operation => (a, b) =>
  word(operation(i32.wrap(a), i32.wrap(b)));
const wordShift = (operation: (a: I32, b: I32) => I32): Operation =>
  wordOperation((a, b) => operation(a, i32.and(b, SHIFT_MASK_32)));

function registers(name: string, code: string, operation: Operation): Definition {
  const [funct7, funct3, opcode] = code.split(" ");
  return {
    name,
    extension: "I",
    encoding: `${funct7} rs2 rs1 ${funct3} rd ${opcode}`,
    operands: "rd, rs1, rs2",
    semantics: (m) => m.setRd(operation(m.rs1, m.rs2)),
  };
}

function immediate(name: string, encoding: string, operation: Operation): Definition {
  return {
    name,
    extension: "I",
    encoding,
    operands: "rd, rs1, imm",
    semantics: (m) => m.setRd(operation(m.rs1, m.imm)),
  };
}

function branch(
  name: string,
  funct3: string,
  condition: (a: I64, b: I64) => I32,
): Definition {
  return {
    name,
    extension: "I",
    encoding: `imm[12|10:5] rs2 rs1 ${funct3} imm[4:1|11] 1100011`,
    operands: "rs1, rs2, target",
    semantics: (m) => m.branch(condition(m.rs1, m.rs2)),
  };
}

function load(name: string, funct3: string, kind: LoadKind): Definition {
  return {
    name,
    extension: "I",
    encoding: `imm[11:0] rs1 ${funct3} rd 0000011`,
    operands: "rd, imm(rs1)",
    semantics: (m) => m.load(kind, i64.add(m.rs1, m.imm), (value) => m.setRd(value)),
  };
}

function store(name: string, funct3: string, width: AccessWidth): Definition {
  return {
    name,
    extension: "I",
    encoding: `imm[11:5] rs2 rs1 ${funct3} imm[4:0] 0100011`,
    operands: "rs2, imm(rs1)",
    semantics: (m) => m.store(width, i64.add(m.rs1, m.imm), m.rs2),
  };
}

function system(
  name: string,
  encoding: string,
  semantics: (m: Meaning) => void,
  extension: "I" | "Zifencei" = "I",
): Definition {
  return { name, extension, encoding, operands: "", semantics };
}

// This hart executes one instruction after the other and drops decoded code when memory changes,
// so that fences order what is in order already.
const nothing = () => {};

export const INTEGER: readonly Definition[] = [
  {
    name: "lui",
    extension: "I",
    encoding: "imm[31:12] rd 0110111",
    operands: "rd, upper",
    semantics: (m) => m.setRd(m.imm),
  },
  {
    name: "auipc",
    extension: "I",
    encoding: "imm[31:12] rd 0010111",
    operands: "rd, upper",
    semantics: (m) => m.setRd(i64.add(m.pc, m.imm)),
  },
  {
    name: "jal",
    extension: "I",
    encoding: "imm[20|10:1|11|19:12] rd 1101111",
    operands: "rd, target",
    semantics(m) {
      m.setRd(m.next);
      m.branch();
    },
  },
  {
    name: "jalr",
    extension: "I",
    encoding: "imm[11:0] rs1 000 rd 1100111",
    operands: "rd, imm(rs1)",
    semantics(m) {
      m.body.let(i64.and(i64.add(m.rs1, m.imm), CLEAR_LOW_BIT), (target) => {
        m.setRd(m.next);
        m.jump(target);
      });
    },
  },
  branch("beq", "000", i64.eq),
  branch("bne", "001", i64.ne),
  branch("blt", "100", i64.lt_s),
  branch("bge", "101", i64.ge_s),
  branch("bltu", "110", i64.lt_u),
  branch("bgeu", "111", i64.ge_u),
  load("lb", "000", "load8_s"),
  load("lh", "001", "load16_s"),
  load("lw", "010", "load32_s"),
  load("ld", "011", "load"),
  load("lbu", "100", "load8_u"),
  load("lhu", "101", "load16_u"),
  load("lwu", "110", "load32_u"),
  store("sb", "000", 1),
  store("sh", "001", 2),
  store("sw", "010", 4),
  store("sd", "011", 8),
  immediate("addi", "imm[11:0] rs1 000 rd 0010011", i64.add),
  immediate("slti", "imm[11:0] rs1 010 rd 0010011", signedLess),
  immediate("sltiu", "imm[11:0] rs1 011 rd 0010011", unsignedLess),
  immediate("xori", "imm[11:0] rs1 100 rd 0010011", i64.xor),
  immediate("ori", "imm[11:0] rs1 110 rd 0010011", i64.or),
  immediate("andi", "imm[11:0] rs1 111 rd 0010011", i64.and),
  immediate("slli", "000000 uimm[5:0] rs1 001 rd 0010011", i64.shl),
  immediate("srli", "000000 uimm[5:0] rs1 101 rd 0010011", i64.shr_u),
  immediate("srai", "010000 uimm[5:0] rs1 101 rd 0010011", i64.shr_s),
  registers("add", "0000000 000 0110011", i64.add),
  registers("sub", "0100000 000 0110011", i64.sub),
  registers("sll", "0000000 001 0110011", shiftLeft),
  registers("slt", "0000000 010 0110011", signedLess),
  registers("sltu", "0000000 011 0110011", unsignedLess),
  registers("xor", "0000000 100 0110011", i64.xor),
  registers("srl", "0000000 101 0110011", shiftRight),
  registers("sra", "0100000 101 0110011", shiftRightSigned),
  registers("or", "0000000 110 0110011", i64.or),
  registers("and", "0000000 111 0110011", i64.and),
  immediate("addiw", "imm[11:0] rs1 000 rd 0011011", wordOperation(i32.add)),
  immediate("slliw", "0000000 uimm[4:0] rs1 001 rd 0011011", wordOperation(i32.shl)),
  immediate("srliw", "0000000 uimm[4:0] rs1 101 rd 0011011", wordOperation(i32.shr_u)),
  immediate("sraiw", "0100000 uimm[4:0] rs1 101 rd 0011011", wordOperation(i32.shr_s)),
  registers("addw", "0000000 000 0111011", wordOperation(i32.add)),
  registers("subw", "0100000 000 0111011", wordOperation(i32.sub)),
  registers("sllw", "0000000 001 0111011", wordShift(i32.shl)),
  registers("srlw", "0000000 101 0111011", wordShift(i32.shr_u)),
  registers("sraw", "0100000 101 0111011", wordShift(i32.shr_s)),
  {
    name: "fence",
    extension: "I",
    encoding: "ordering rs1 000 rd 0001111",
    operands: "ordering",
    semantics: nothing,
  },
  {
    name: "fence.i",
    extension: "Zifencei",
    encoding: "uimm[11:0] rs1 001 rd 0001111",
    operands: "",
    semantics: nothing,
  },
  system("ecall", "000000000000 00000 000 00000 1110011", (m) => m.environmentCall()),
  system("ebreak", "000000000001 00000 000 00000 1110011", (m) => m.breakpoint()),
];
