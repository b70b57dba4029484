/**
 * A program that executes sequences one after the other, each from its own state, and writes the
 * state behind each to standard output.
 *
 * ```text
 * data     for each sequence a block of 2048 bytes, its base register pointing to the middle:
 *          0     fcsr, x1…x31, f0…f31 to begin with
 *          512   scratch area
 *          1536  fcsr, x1…x31, f0…f31 behind the sequence
 * code     for each sequence: load the state, the sequence, store the state, write(1, block, …)
 *          exit(0)
 * ```
 */
import { EXECUTE, PAGE_SIZE, READ, WRITE } from "../mod.ts";
import { encodeElf } from "./elf.ts";
import { encode, wordBytes, wordLength } from "./encode.ts";
import { Guest } from "./guest.ts";
import { SCRATCH_SIZE, type Sequence } from "./sequence.ts";

const DATA_ADDRESS = 0x10_0000;
const BLOCK_SIZE = 2048;
/** Blocks do not begin at a page, so that every other scratch area goes across a page edge. */
const FIRST_BLOCK = 1024;
const STATE_SIZE = 512;
const MIDDLE = BLOCK_SIZE / 2;
const SCRATCH_AT = STATE_SIZE;
const RESULT_AT = STATE_SIZE + SCRATCH_SIZE;
const FLOATS_AT = 256;

/** Bytes that a sequence's result takes: scratch area and state. */
export const RESULT_SIZE = SCRATCH_SIZE + STATE_SIZE;

const SYSTEM_CALL = { write: 64, exit: 93 } as const;
const FCSR = 3;

/** Where a sequence came to stand. */
export interface Placed {
  readonly sequence: Sequence;
  /** Address of its first instruction, and that behind its last. */
  readonly begin: number;
  readonly end: number;
  /** Its instructions in order. */
  readonly words: readonly number[];
  /** Instructions in front of it that load the state. */
  readonly loading: number;
}

/** A program made of sequences. */
export interface SequenceProgram {
  readonly placed: readonly Placed[];
  readonly codeAddress: number;
  readonly code: Uint8Array;
  readonly data: Uint8Array;
}

/** Lays out a program. */
export function layOut(sequences: readonly Sequence[]): SequenceProgram {
  const data = dataFor(sequences);
  const codeAddress = DATA_ADDRESS + Math.ceil(data.length / PAGE_SIZE) * PAGE_SIZE;
  const chunks: Uint8Array[] = [];
  const placed: Placed[] = [];
  let at = codeAddress;
  const append = (words: readonly number[]) => {
    const bytes = wordBytes(words);
    chunks.push(bytes);
    at += bytes.length;
  };
  for (const [i, sequence] of sequences.entries()) {
    const middle = DATA_ADDRESS + FIRST_BLOCK + i * BLOCK_SIZE + MIDDLE;
    const loading = loadState(sequence, middle);
    append(loading);
    const begin = at;
    const words = sequenceWords(sequence);
    append(words);
    placed.push({ sequence, begin, end: at, words, loading: loading.length });
    append(storeState(sequence));
  }
  append([
    encode("addi", { rd: 10, rs1: 0, imm: 0 }),
    encode("addi", { rd: 17, rs1: 0, imm: SYSTEM_CALL.exit }),
    encode("ecall"),
  ]);
  const code = new Uint8Array(at - codeAddress);
  let offset = 0;
  for (const chunk of chunks) {
    code.set(chunk, offset);
    offset += chunk.length;
  }
  return { placed, codeAddress, code, data };
}

function dataFor(sequences: readonly Sequence[]): Uint8Array {
  const data = new Uint8Array(FIRST_BLOCK + sequences.length * BLOCK_SIZE);
  const view = new DataView(data.buffer);
  for (const [i, sequence] of sequences.entries()) {
    const block = FIRST_BLOCK + i * BLOCK_SIZE;
    view.setBigUint64(block, BigInt(sequence.fcsr), true);
    for (let register = 1; register < 32; register++) {
      const pointer = sequence.pointers.get(register);
      const value = pointer === undefined
        ? sequence.x[register] ?? 0n
        : BigInt(DATA_ADDRESS + block + MIDDLE + pointer);
      view.setBigUint64(block + 8 * register, value, true);
    }
    for (const [register, bits] of sequence.f.entries()) {
      view.setBigUint64(block + FLOATS_AT + 8 * register, bits, true);
    }
    data.set(sequence.scratch, block + SCRATCH_AT);
  }
  return data;
}

/** A register that is neither x0 nor the base. */
function otherThan(base: number): number {
  return base === 1 ? 2 : 1;
}

function loadState({ base }: Sequence, middle: number): number[] {
  const low = (middle << 20) >> 20;
  const other = otherThan(base);
  const words = [
    encode("lui", { rd: base, imm: (middle - low) | 0 }),
    encode("addi", { rd: base, rs1: base, imm: low }),
    encode("ld", { rd: other, rs1: base, imm: -MIDDLE }),
    encode("csrrw", { rd: 0, csr: FCSR, rs1: other }),
  ];
  for (let i = 0; i < 32; i++) {
    words.push(encode("fld", { fd: i, rs1: base, imm: FLOATS_AT + 8 * i - MIDDLE }));
  }
  for (let i = 1; i < 32; i++) {
    if (i !== base) words.push(encode("ld", { rd: i, rs1: base, imm: 8 * i - MIDDLE }));
  }
  return words;
}

function storeState({ base }: Sequence): number[] {
  const at = RESULT_AT - MIDDLE;
  const other = otherThan(base);
  const words: number[] = [];
  for (let i = 1; i < 32; i++) words.push(encode("sd", { rs2: i, rs1: base, imm: at + 8 * i }));
  for (let i = 0; i < 32; i++) {
    words.push(encode("fsd", { fs2: i, rs1: base, imm: at + FLOATS_AT + 8 * i }));
  }
  return [
    ...words,
    encode("csrrs", { rd: other, csr: FCSR, rs1: 0 }),
    encode("sd", { rs2: other, rs1: base, imm: at }),
    encode("addi", { rd: 11, rs1: base, imm: SCRATCH_AT - MIDDLE }),
    encode("addi", { rd: 10, rs1: 0, imm: 1 }),
    encode("addi", { rd: 12, rs1: 0, imm: RESULT_SIZE }),
    encode("addi", { rd: 17, rs1: 0, imm: SYSTEM_CALL.write }),
    encode("ecall"),
  ];
}

/** The words of a sequence, with the jumps resolved. */
export function sequenceWords({ units }: Pick<Sequence, "units">): number[] {
  const places: number[] = [0];
  for (const [i, { length }] of units.entries()) places.push((places[i] ?? 0) + length);
  return units.flatMap(({ ahead, words }, i) => {
    const target = places[Math.min(i + ahead, units.length)] ?? 0;
    return words(target - (places[i] ?? 0));
  });
}

/** The program as a file that Linux executes. */
export function programElf(program: SequenceProgram): Uint8Array<ArrayBuffer> {
  const { codeAddress, code, data } = program;
  return encodeElf(codeAddress, [
    { address: DATA_ADDRESS, bytes: data, flags: 4 | 2 },
    { address: codeAddress, bytes: code, flags: 4 | 1 },
  ]);
}

/** Executes a program here; `visit` is told each instruction of a sequence that is executed. */
export function runHere(program: SequenceProgram, visit?: (word: number) => void): Uint8Array {
  const guest = new Guest();
  try {
    guest.map(DATA_ADDRESS, READ | WRITE, program.data);
    guest.map(program.codeAddress, READ | EXECUTE, program.code);
    guest.registers.pc = BigInt(program.codeAddress);
    return runSequences(guest, program.placed, visit);
  } finally {
    guest.pages.dispose();
  }
}

function runSequences(
  guest: Guest,
  placed: readonly Placed[],
  visit?: (word: number) => void,
): Uint8Array {
  const { registers } = guest;
  const output = new Uint8Array(placed.length * RESULT_SIZE);
  for (const [i, place] of placed.entries()) {
    if (visit !== undefined) stepThrough(guest, place, visit);
    const stop = guest.run(100_000);
    if (stop.reason !== "ecall" || Number(registers.x(17)) !== SYSTEM_CALL.write) {
      throw new Error(`Sequence ${i} stopped with ${stop.reason} at ${registers.pc}`);
    }
    const result = guest.read(Number(registers.x(11)), Number(registers.x(12)));
    output.set(result, i * RESULT_SIZE);
    registers.setX(10, registers.x(12));
    registers.pc += 4n;
  }
  const { reason } = guest.run(100);
  if (reason !== "ecall") throw new Error(`The end stopped with ${reason}`);
  return output;
}

function stepThrough(guest: Guest, place: Placed, visit: (word: number) => void): void {
  const words = new Map<number, number>();
  let at = place.begin;
  for (const word of place.words) {
    words.set(at, word);
    at += wordLength(word);
  }
  guest.run(place.loading);
  for (let pc = place.begin; pc !== place.end; pc = Number(guest.registers.pc)) {
    const word = words.get(pc);
    if (word === undefined) {
      throw new Error(`Sequence jumped to ${pc}, where it has no instruction`);
    }
    if (guest.run(1).retired !== 1) return; // the caller meets the stop again
    visit(word);
  }
}
