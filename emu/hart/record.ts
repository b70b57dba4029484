/**
 * Decoded records: an instruction of guest memory as the interpreter wants it, 16 bytes that name
 * an opcode, the places of its registers, its immediate and the way to the next record. The decoder
 * (see decoder.ts) writes them; the host marks them.
 */
import { DECODED, RECORD, RECORD_HOT } from "../memory/layout.ts";
import { OPCODE } from "./opcodes.ts";

const SENTINEL = (DECODED.records - 1) * RECORD.size;

/**
 * Where a decoded page says at which address in linear memory the code is that its records are made
 * from: in its sentinel.
 */
export const CODE_ADDRESS = SENTINEL + RECORD.imm;

/** Writes the sentinel of a decoded page, with the address of the code. */
export function writeCodeAddress(view: DataView, decoded: number, code: number): void {
  writeMark(view, decoded + SENTINEL, OPCODE.sentinel);
  view.setUint32(decoded + CODE_ADDRESS, code, true);
}

/** Writes the record of an opcode that is no instruction. */
export function writeMark(view: DataView, at: number, opcode: number): void {
  view.setUint16(at + RECORD.opcode, opcode, true);
}

/** Marks a record, decoded already, as one at which translated code may begin. */
export function markHot(view: DataView, at: number): void {
  view.setUint16(at + RECORD.opcode, view.getUint16(at + RECORD.opcode, true) | RECORD_HOT, true);
}
