/** Static riscv64 executables, as far as a test needs them: loadable segments and an entry. */

/** Bytes to be loaded. */
export interface Segment {
  /** Where; a multiple of 4096. */
  readonly address: number;
  readonly bytes: Uint8Array;
  /** `PF_X` 1, `PF_W` 2, `PF_R` 4. */
  readonly flags: number;
}

const HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const PAGE = 4096;
const ET_EXEC = 2;
const EM_RISCV = 243;
/** Compressed instructions, floats in double registers. */
const EF_RISCV_RVC_FLOAT_ABI_DOUBLE = 5;
const PT_LOAD = 1;

/** The file of an executable that begins at `entry`. Source: the ELF-64 object file format. */
export function encodeElf(entry: number, segments: readonly Segment[]): Uint8Array<ArrayBuffer> {
  const places: number[] = [];
  let length = PAGE;
  for (const { bytes } of segments) {
    places.push(length);
    length += Math.ceil(bytes.length / PAGE) * PAGE;
  }
  const file = new Uint8Array(length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // 64 bits, little-endian, version 1
  view.setUint16(16, ET_EXEC, true);
  view.setUint16(18, EM_RISCV, true);
  view.setUint32(20, 1, true); // version
  view.setBigUint64(24, BigInt(entry), true);
  view.setBigUint64(32, BigInt(HEADER_SIZE), true); // where the program headers begin
  view.setUint32(48, EF_RISCV_RVC_FLOAT_ABI_DOUBLE, true);
  view.setUint16(52, HEADER_SIZE, true);
  view.setUint16(54, PROGRAM_HEADER_SIZE, true);
  view.setUint16(56, segments.length, true);
  for (const [i, { address, bytes, flags }] of segments.entries()) {
    const header = HEADER_SIZE + i * PROGRAM_HEADER_SIZE;
    view.setUint32(header, PT_LOAD, true);
    view.setUint32(header + 4, flags, true);
    view.setBigUint64(header + 8, BigInt(places[i] ?? 0), true);
    view.setBigUint64(header + 16, BigInt(address), true);
    view.setBigUint64(header + 24, BigInt(address), true);
    view.setBigUint64(header + 32, BigInt(bytes.length), true);
    view.setBigUint64(header + 40, BigInt(bytes.length), true);
    view.setBigUint64(header + 48, BigInt(PAGE), true);
    file.set(bytes, places[i]);
  }
  return file;
}
