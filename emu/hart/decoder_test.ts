// Does the record of a word say what `decode` says of the word?
import { assert, assertEquals } from "../../std_assert.ts";
import { randomWords } from "../float/testing/operands.ts";
import { decode, expand, isReservedRounding, type Operation } from "../isa/mod.ts";
import { HART, PAGE_SIZE, RECORD } from "../memory/layout.ts";
import { type Callable, ModuleBuilder } from "../wasm/mod.ts";
import { defineDecoder } from "./decoder.ts";
import { OPCODE, opcodeOf, OPCODES } from "./opcodes.ts";
import { writeCodeAddress } from "./record.ts";

type Writer = (record: number, from: number) => void;

const DECODED = 0x10000;
const CODE = 0x1000;
const OTHER_RECORD = 0x1a000;
const FIRST_INSTRUCTION = Math.min(...OPCODES.map(({ instruction }) => opcodeOf(instruction)));

/** The decoder on a memory of its own with one page of code; each method gives a record's address. */
class TestDecoder {
  readonly view: DataView;
  readonly #inPage: Writer;
  readonly #straddling: Writer;

  constructor() {
    const module = new ModuleBuilder();
    module.ownMemory("memory", 2);
    const { inPage, straddling } = defineDecoder(module);
    exportFunction(module, inPage, "inPage");
    exportFunction(module, straddling, "straddling");
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()));
    this.view = new DataView((exports["memory"] as WebAssembly.Memory).buffer);
    this.#inPage = exports["inPage"] as Writer;
    this.#straddling = exports["straddling"] as Writer;
    writeCodeAddress(this.view, DECODED, CODE);
  }

  inPage(word: number, offset: number): number {
    this.view.setUint16(CODE + offset, word & 0xffff, true);
    if (offset + 2 < PAGE_SIZE) this.view.setUint16(CODE + offset + 2, word >>> 16, true);
    const record = DECODED + (offset / 2) * RECORD.size;
    this.#inPage(record, DECODED);
    return record;
  }

  straddling(word: number): number {
    this.#straddling(OTHER_RECORD, word);
    return OTHER_RECORD;
  }

  /** The opcode of a record. */
  opcode(record: number): number {
    return this.view.getUint16(record + RECORD.opcode, true);
  }

  /** What a record says, in the terms of {@linkcode expected}. */
  describe(record: number): unknown {
    const { view } = this;
    const meaning = OPCODES[this.opcode(record) - FIRST_INSTRUCTION];
    if (meaning === undefined) return "no instruction";
    const place = (field: number) => view.getUint16(record + field, true);
    return {
      name: meaning.instruction.name,
      isNear: meaning.isNear,
      length: (place(RECORD.stride) / RECORD.size) * 2,
      places: [RECORD.rd, RECORD.rs1, RECORD.rs2, RECORD.extra].map(place),
      imm: view.getInt32(record + RECORD.imm, true),
    };
  }
}

function exportFunction(module: ModuleBuilder, callable: Callable, name: string): void {
  module.defineFunction(callable, (body) => {
    body.call(callable, callable.parameters.map((type, i) => body.parameter(i, type)));
  }, name);
}

function expected(operation: Operation, offset: number): unknown {
  const { instruction, fields: { rd, rs1, rs2, fd, fs1, fs2, fs3, zimm, imm, csr, rm } } =
    operation;
  const float = (register: number) => 8 * (HART.floatSlot + register);
  const source = (integer = 0, single?: number) =>
    single === undefined ? 8 * integer : float(single);
  const target = offset + (imm ?? 0);
  const isBranch = OPCODES.some((other) => other.instruction === instruction && other.isNear);
  const inexactMask = rm === 0 ? 0x01 : rm === 7 ? 0xe1 : 0;
  return {
    name: instruction.name,
    isNear: isBranch && offset >= 0 && target >= 0 && target < PAGE_SIZE,
    length: operation.length,
    places: [
      fd === undefined ? 8 * (rd || HART.discardSlot) : float(fd),
      source(rs1, fs1),
      source(rs2, fs2),
      zimm ?? source(0, fs3),
    ],
    imm: rm === undefined ? imm ?? csr ?? 0 : rm | (inexactMask << 8),
  };
}

/** Compares the records of a word with what `decode` says of it. */
function compare(decoder: TestDecoder, word: number, offset: number): void {
  const decoded = decode(word);
  const operation = decoded && expand(decoded);
  const isLegal = operation !== undefined && !isReservedRounding(operation.fields.rm ?? 0);
  for (const at of [offset, -1]) {
    const record = at < 0 ? decoder.straddling(word) : decoder.inPage(word, at);
    const what = `${(word >>> 0).toString(16)} at ${at}`;
    if (!isLegal) assertEquals(decoder.opcode(record), OPCODE.illegal, what);
    else assertEquals(decoder.describe(record), expected(operation, at), what);
  }
}

Deno.test("is the record of each of the 49,152 compressed words that of what it stands for?", () => {
  const decoder = new TestDecoder();
  for (let word = 0; word < 0x10000; word++) {
    if ((word & 3) !== 3) compare(decoder, word, word % (PAGE_SIZE / 2) * 2);
  }
});

Deno.test("is the record of a 32-bit word that of the instruction that the table says it is?", () => {
  const decoder = new TestDecoder();
  const next = randomWords(1126n);
  let legal = 0;
  for (let i = 0; i < 60_000; i++) {
    const random = Number(BigInt.asUintN(32, next()));
    // Half of them have a major opcode of the table, and bits of its instructions.
    const { instruction } = OPCODES[i % OPCODES.length] ?? { instruction: { mask: 0, match: 3 } };
    const { mask, match } = instruction;
    const word = i % 2 === 0 ? random | 3 : (random & ~mask) | match;
    if (decode(word) !== undefined) legal++;
    compare(decoder, word, (random >>> 7) % (PAGE_SIZE / 2 - 1) * 2);
  }
  assert(legal > 25_000);
});

Deno.test("is a 32-bit instruction at a page's last halfword left for when the next page is known?", () => {
  const decoder = new TestDecoder();
  const last = PAGE_SIZE - 2;
  assertEquals(decoder.opcode(decoder.inPage(0x0000_0013, last)), OPCODE.straddling);
  assertEquals(decoder.describe(decoder.inPage(0x0001, last)), {
    name: "addi",
    isNear: false,
    length: 2,
    places: [8 * HART.discardSlot, 0, 0, 0],
    imm: 0,
  });
});
