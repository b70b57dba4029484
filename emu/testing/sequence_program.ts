/**
 * A program that executes each of some sequences from many states, and in the end writes all of
 * its data to standard output: the state and the scratch area behind each execution.
 *
 * ```text
 * data     for each sequence and round a block of 1024 bytes:
 *          0     fcsr, and 1 if a further round follows (32 bits each)
 *          8     x1…x31, f0…f31; the program replaces it by the state behind the sequence
 *          512   scratch area; the base register points to its middle
 * code     for each sequence: base = its first block
 *          again: load the state, the sequence, store the state, base = next block, again if so
 *          write(1, data, …), exit(0)
 *          routines that load and store all registers, for each base register
 * ```
 */
import { EXECUTE, PAGE_SIZE, type PhysicalMemory, READ, WRITE } from "../mod.ts";
import { encodeElf } from "./elf.ts";
import { encode, wordBytes } from "./encode.ts";
import { Guest } from "./guest.ts";
import type { Random } from "./random.ts";
import { SCRATCH_SIZE, type Sequence, sequenceWords } from "./sequence.ts";
import { type Held, ValueStore } from "./value_classes.ts";

/** Bytes of a block, which is a state and a scratch area. */
export const BLOCK_SIZE = 1024;
/** Where a block has its scratch area. */
export const SCRATCH_AT = 512;
/** Where a block has f0. */
export const FLOATS_AT = 256;
const MIDDLE = SCRATCH_AT + SCRATCH_SIZE / 2;
const MORE_AT = 4;
/** Blocks do not begin at a page, and every fourth has a page's edge in its middle. */
export const FIRST_BLOCK = 256;

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
}

/** A program made of sequences, and the data that it begins with. */
export interface SequenceProgram {
  readonly placed: readonly Placed[];
  /** Times that each sequence is executed; block `i` is of sequence `floor(i / rounds)`. */
  readonly rounds: number;
  readonly dataAddress: number;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly codeAddress: number;
  readonly code: Uint8Array<ArrayBuffer>;
  /** Address of the first instruction. */
  readonly entry: number;
}

/** Loads a 32-bit address, in two instructions always. */
function loadAddress(rd: number, address: number): number[] {
  const low = (address << 20) >> 20;
  return [
    encode("lui", { rd, imm: (address - low) | 0 }),
    encode("addi", { rd, rs1: rd, imm: low }),
  ];
}

/** Registers that the frame around a sequence uses: neither x0 nor the base. */
function helpers(base: number): { link: number; other: number } {
  const [link = 0, other = 0] = [1, 2, 3].filter((register) => register !== base);
  return { link, other };
}

const atX = (register: number) => 8 * register - MIDDLE;
const atF = (register: number) => FLOATS_AT + 8 * register - MIDDLE;

/** Loads all registers but the base and the link, and returns. */
function loadRoutine(base: number): number[] {
  const { link, other } = helpers(base);
  const words = [
    encode("lwu", { rd: other, rs1: base, imm: -MIDDLE }),
    encode("csrrw", { rd: 0, csr: FCSR, rs1: other }),
  ];
  for (let i = 0; i < 32; i++) words.push(encode("fld", { fd: i, rs1: base, imm: atF(i) }));
  for (let i = 1; i < 32; i++) {
    if (i !== base && i !== link) words.push(encode("ld", { rd: i, rs1: base, imm: atX(i) }));
  }
  return [...words, encode("jalr", { rd: 0, rs1: link })];
}

/** Stores all registers but the link, moves the base to the next block, and returns. */
function storeRoutine(base: number): number[] {
  const { link, other } = helpers(base);
  const words: number[] = [];
  for (let i = 1; i < 32; i++) {
    if (i !== link) words.push(encode("sd", { rs2: i, rs1: base, imm: atX(i) }));
  }
  for (let i = 0; i < 32; i++) words.push(encode("fsd", { fs2: i, rs1: base, imm: atF(i) }));
  return [
    ...words,
    encode("csrrs", { rd: other, csr: FCSR, rs1: 0 }),
    encode("sw", { rs2: other, rs1: base, imm: -MIDDLE }),
    encode("lw", { rd: other, rs1: base, imm: MORE_AT - MIDDLE }),
    encode("addi", { rd: base, rs1: base, imm: BLOCK_SIZE }),
    encode("jalr", { rd: 0, rs1: link }),
  ];
}

const ROUND_OVERHEAD = loadRoutine(1).length + storeRoutine(1).length + 5;
const SEQUENCE_OVERHEAD = 2;

/** Instructions of sequences among all that a program retired until it made its first call. */
export function instructionsOfSequences(program: SequenceProgram, retired: bigint): number {
  const { placed, rounds } = program;
  const overhead = placed.length * (SEQUENCE_OVERHEAD + rounds * ROUND_OVERHEAD);
  return Number(retired) - overhead - writeAll(0, 0).length;
}

/** Asks for all data to be written. */
function writeAll(address: number, size: number): number[] {
  return [
    encode("addi", { rd: 10, rs1: 0, imm: 1 }),
    ...loadAddress(11, address),
    ...loadAddress(12, size),
    encode("addi", { rd: 17, rs1: 0, imm: SYSTEM_CALL.write }),
  ];
}

const CALL = encode("ecall");

/** Code being laid out. */
class Code {
  readonly #chunks: Uint8Array[] = [];

  /** Code whose next word will stand at `at`. */
  constructor(public at: number) {}

  /** Appends words and gives the address of the first. */
  append(words: readonly number[]): number {
    const { at } = this;
    const bytes = wordBytes(words);
    this.#chunks.push(bytes);
    this.at += bytes.length;
    return at;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let offset = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, offset);
      offset += chunk.length;
    }
    return all;
  }
}

/** Lays out a program whose sequences are executed from the states that stand in `data`'s blocks. */
export function layOut(
  sequences: readonly Sequence[],
  data: Uint8Array<ArrayBuffer>,
  dataAddress: number,
): SequenceProgram {
  const rounds = (data.length - FIRST_BLOCK) / BLOCK_SIZE / sequences.length;
  const codeAddress = dataAddress + Math.ceil(data.length / PAGE_SIZE) * PAGE_SIZE;
  const code = new Code(codeAddress);
  const routines = new Map<number, { load: number; store: number }>();
  for (const base of new Set(sequences.map((sequence) => sequence.base))) {
    routines.set(base, {
      load: code.append(loadRoutine(base)),
      store: code.append(storeRoutine(base)),
    });
  }
  const entry = code.at;
  const placed = sequences.map((sequence, i): Placed => {
    const { base } = sequence;
    const { link, other } = helpers(base);
    const { load = 0, store = 0 } = routines.get(base) ?? {};
    const jump = (target: number) =>
      code.append([encode("jal", { rd: link, imm: target - code.at })]);
    code.append(loadAddress(base, blockAddress(dataAddress, i * rounds) + MIDDLE));
    const again = jump(load);
    code.append([encode("ld", { rd: link, rs1: base, imm: atX(link) })]);
    const words = sequenceWords(sequence);
    const begin = code.append(words);
    const end = code.append([encode("sd", { rs2: link, rs1: base, imm: atX(link) })]);
    jump(store);
    code.append([encode("bne", { rs1: other, rs2: 0, imm: again - code.at })]);
    return { sequence, begin, end, words };
  });
  code.append([
    ...writeAll(dataAddress, data.length),
    CALL,
    encode("addi", { rd: 10, rs1: 0, imm: 0 }),
    encode("addi", { rd: 17, rs1: 0, imm: SYSTEM_CALL.exit }),
    CALL,
  ]);
  const view = new DataView(data.buffer);
  for (const [i, sequence] of sequences.entries()) {
    for (let round = 0; round < rounds; round++) {
      completeBlock(view, i * rounds + round, dataAddress, sequence, round < rounds - 1);
    }
  }
  return { placed, rounds, dataAddress, data, codeAddress, code: code.bytes(), entry };
}

/** Where a block stands. */
export function blockAddress(dataAddress: number, block: number): number {
  return dataAddress + FIRST_BLOCK + block * BLOCK_SIZE;
}

/** Sets what depends on where the block stands. */
function completeBlock(
  view: DataView,
  block: number,
  dataAddress: number,
  { pointers }: Sequence,
  more: boolean,
): void {
  const at = FIRST_BLOCK + block * BLOCK_SIZE;
  const middle = blockAddress(dataAddress, block) + MIDDLE;
  view.setUint32(at + MORE_AT, more ? 1 : 0, true);
  for (const [register, offset] of pointers) {
    view.setBigUint64(at + 8 * register, BigInt(middle + offset), true);
  }
}

/** Values to make states of. */
export interface Stores {
  readonly integers: ValueStore;
  readonly floats: Readonly<Record<Held, ValueStore>>;
}

/** Stores of values, made at random. */
export function makeStores(random: Random): Stores {
  const floats = (held: Held) => ValueStore.floats(random, held);
  return {
    integers: ValueStore.integers(random),
    floats: { s: floats("s"), d: floats("d"), unboxed: floats("unboxed") },
  };
}

/** Values that often come several times in a state, so that comparisons find equal ones. */
const FAVOURITES = 4;

/** Data of random states for sequences, for so many rounds of each. */
export function randomStates(
  random: Random,
  sequences: readonly Sequence[],
  rounds: number,
  { integers, floats }: Stores,
): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(FIRST_BLOCK + sequences.length * rounds * BLOCK_SIZE);
  const words = new Uint32Array(data.buffer);
  let at = FIRST_BLOCK / 4;
  for (const { held } of sequences) {
    for (let round = 0; round < rounds; round++, at += BLOCK_SIZE / 4) {
      const favourites = Array.from({ length: FAVOURITES }, () => random.below(integers.size));
      const integer = () => {
        const word = random.word();
        const favourite = favourites[word & 15];
        return favourite ?? (word >>> 4) % integers.size;
      };
      for (let i = 1; i < 32; i++) integers.write(integer(), words, at + 2 * i);
      for (const [i, kind] of held.entries()) {
        const store = floats[kind];
        store.write(random.below(store.size), words, at + FLOATS_AT / 4 + 2 * i);
      }
      for (let i = 0; i < SCRATCH_SIZE / 8; i++) {
        integers.write(integer(), words, at + SCRATCH_AT / 4 + 2 * i);
      }
      words[at] = randomFcsr(random);
    }
  }
  return data;
}

/** A value of fcsr with a legal rounding mode: often without flags, or with the inexact one. */
export function randomFcsr(random: Random): number {
  const flags = random.pick([0, 0, 1, random.below(32)]);
  return (random.below(5) << 5) | flags;
}

/** The program as a file that Linux executes. */
export function programElf({ entry, codeAddress, code, dataAddress, data }: SequenceProgram) {
  return encodeElf(entry, [
    { address: dataAddress, bytes: data, flags: 4 | 2 },
    { address: codeAddress, bytes: code, flags: 4 | 1 },
  ]);
}

/** A program stopped before its end. */
export class ProgramDied extends Error {
  /** The error for this reason and place. */
  constructor(why: string) {
    super(`Program stopped with ${why}`);
    this.name = "ProgramDied";
  }
}

/** A guest that is about to execute a program. */
export function programGuest(program: SequenceProgram, memory: PhysicalMemory): Guest {
  const guest = new Guest([], { memory });
  guest.map(program.dataAddress, READ | WRITE, program.data);
  guest.map(program.codeAddress, READ | EXECUTE, program.code);
  guest.registers.pc = BigInt(program.entry);
  return guest;
}

/** Puts a guest in front of a sequence, in a block's state, as the program would. */
export function enterSequence(guest: Guest, program: SequenceProgram, block: number): Placed {
  const { placed, rounds, data, dataAddress } = program;
  const place = placed[Math.floor(block / rounds)];
  if (place === undefined) throw new Error(`There is no block ${block}`);
  const at = FIRST_BLOCK + block * BLOCK_SIZE;
  const view = new DataView(data.buffer);
  const { registers } = guest;
  registers.fcsr = view.getUint32(at, true);
  for (let i = 1; i < 32; i++) registers.setX(i, view.getBigUint64(at + 8 * i, true));
  for (let i = 0; i < 32; i++) registers.setF(i, view.getBigUint64(at + FLOATS_AT + 8 * i, true));
  registers.pc = BigInt(place.begin);
  guest.write(blockAddress(dataAddress, block), data.subarray(at, at + BLOCK_SIZE));
  return place;
}

/**
 * Executes until the program has asked for its data to be written, which this gives.
 *
 * @throws {ProgramDied} when it stops before.
 */
export function runToOutput(
  guest: Guest,
  program: SequenceProgram,
  budget: () => number,
): Uint8Array<ArrayBuffer> {
  const { registers } = guest;
  let stop;
  do stop = guest.run(budget()); while (stop.reason === "budget");
  const called = Number(registers.x(17));
  if (stop.reason !== "ecall" || called !== SYSTEM_CALL.write) {
    throw new ProgramDied(`${stop.reason} at 0x${registers.pc.toString(16)}`);
  }
  const output = guest.read(Number(registers.x(11)), Number(registers.x(12)));
  if (output.length !== program.data.length) throw new Error("Program wrote too little");
  return output;
}
