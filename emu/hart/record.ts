/**
 * Decoded records: an instruction of guest memory as the interpreter wants it, 16 bytes that name
 * an opcode, the places of its registers, its immediate and the way to the next record.
 */
import { decode, expand, type FieldValues, type Operation } from "../isa/mod.ts";
import { HART, PAGE_SIZE, RECORD, RECORD_HOT } from "../memory/layout.ts";
import { nearOpcodeOf, OPCODE, opcodeOf } from "./opcodes.ts";

const REGISTER_SIZE = 8;
const RESERVED_ROUNDING_MODES = new Set([5, 6]);
const DYNAMIC = 7;

/**
 * Writes the record of an instruction word.
 *
 * @param at Address of the record in linear memory.
 * @param pageOffset Offset of the instruction in its page, or -1 when no target may count as near.
 */
export function writeRecord(view: DataView, at: number, word: number, pageOffset: number): void {
  const decoded = decode(word);
  const operation = decoded && expand(decoded);
  if (
    operation === undefined || RESERVED_ROUNDING_MODES.has(operation.fields.rm ?? 0)
  ) {
    view.setUint16(at + RECORD.opcode, OPCODE.illegal, true);
    return;
  }
  const { fields, length } = operation;
  view.setUint16(at + RECORD.rd, destination(fields), true);
  view.setUint16(at + RECORD.rs1, source(fields.rs1, fields.fs1), true);
  view.setUint16(at + RECORD.rs2, source(fields.rs2, fields.fs2), true);
  view.setInt32(at + RECORD.imm, immediate(fields), true);
  view.setUint16(at + RECORD.stride, (length / 2) * RECORD.size, true);
  view.setUint16(at + RECORD.extra, fields.zimm ?? source(undefined, fields.fs3), true);
  view.setUint16(at + RECORD.opcode, chooseOpcode(operation, pageOffset), true);
}

/** Writes the record of an opcode that is no instruction. */
export function writeMark(view: DataView, at: number, opcode: number): void {
  view.setUint16(at + RECORD.opcode, opcode, true);
}

/** Marks a record, decoded already, as one at which translated code may begin. */
export function markHot(view: DataView, at: number): void {
  view.setUint16(at + RECORD.opcode, view.getUint16(at + RECORD.opcode, true) | RECORD_HOT, true);
}

function chooseOpcode({ instruction, fields }: Operation, pageOffset: number): number {
  const near = nearOpcodeOf(instruction);
  const target = pageOffset + (fields.imm ?? 0);
  const isNear = pageOffset >= 0 && target >= 0 && target < PAGE_SIZE;
  return near !== undefined && isNear ? near : opcodeOf(instruction);
}

function destination({ rd, fd }: FieldValues): number {
  if (fd !== undefined) return (HART.floatSlot + fd) * REGISTER_SIZE;
  return (rd === undefined || rd === 0 ? HART.discardSlot : rd) * REGISTER_SIZE;
}

function source(integer: number | undefined, float: number | undefined): number {
  if (float !== undefined) return (HART.floatSlot + float) * REGISTER_SIZE;
  return (integer ?? 0) * REGISTER_SIZE;
}

/**
 * The immediate. An instruction with a rounding mode has it in the low 8 bits, and above them a
 * mask: masked with it, `fcsr` is 1 when rounding is to nearest-even and the inexact flag is up.
 */
function immediate({ imm, csr, rm }: FieldValues): number {
  if (rm === undefined) return imm ?? csr ?? 0;
  const mask = rm === 0 ? 0x01 : rm === DYNAMIC ? 0xe1 : 0;
  return rm | (mask << 8);
}
