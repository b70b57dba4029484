// Is every word taken for the one instruction that the specification says it is, or for none?
import { assert, assertEquals } from "../../std_assert.ts";
import { randomWords } from "../float/testing/operands.ts";
import { encodeInstruction } from "../testing/encode.ts";
import { decode, expand, type FieldValues, instructionLength } from "./decode.ts";
import { extractField, fieldAccepts, type FieldName } from "./encoding.ts";
import type { Instruction } from "./instruction.ts";
import { BASE_INSTRUCTIONS, COMPRESSED_INSTRUCTIONS, INSTRUCTIONS } from "./table.ts";

/** The instructions that a word is, by looking at each. */
function matching(word: number, instructions: readonly Instruction[]): Instruction[] {
  return instructions.filter((instruction) => {
    if ((word & instruction.mask) >>> 0 !== instruction.match) return false;
    const values: FieldValues = {};
    for (const field of instruction.fields) values[field.name] = extractField(field, word);
    const legal = instruction.fields.every((field) => !(field.nonZero && values[field.name] === 0));
    return legal && !(instruction.length === 2 && instruction.excludes(values));
  });
}

/** Whether the specification reserves a compressed word ("C" extension, the listings for RV64). */
function isReserved(word: number): boolean {
  const bits = (high: number, low: number) => (word >>> low) & (2 ** (high - low + 1) - 1);
  const [rd, rs2] = [bits(11, 7), bits(6, 2)];
  switch (`${bits(1, 0)}${bits(15, 13).toString(2).padStart(3, "0")}`) {
    case "0000": // c.addi4spn; all zero is defined to be illegal
      return bits(12, 5) === 0;
    case "0100":
      return true;
    case "1001": // c.addiw
      return rd === 0;
    case "1011": // c.addi16sp, c.lui
      return bits(12, 12) === 0 && rs2 === 0;
    case "1100": // the last two of the register-register group
      return bits(12, 10) === 7 && bits(6, 5) >= 2;
    case "2010": // c.lwsp
    case "2011": // c.ldsp
      return rd === 0;
    case "2100": // c.jr
      return bits(12, 12) === 0 && rd === 0 && rs2 === 0;
    default:
      return false;
  }
}

Deno.test("is each of the 49,152 compressed words one instruction, or reserved?", () => {
  let count = 0;
  for (let word = 0; word < 0x10000; word++) {
    if ((word & 3) === 3) continue;
    count++;
    const matches = matching(word, COMPRESSED_INSTRUCTIONS);
    const expected = isReserved(word) ? 0 : 1;
    if (matches.length !== expected || decode(word)?.instruction !== matches[0]) {
      const names = matches.map((instruction) => instruction.name);
      assertEquals(names.length, expected, `${word.toString(16)} is ${names}`);
      assertEquals(decode(word)?.instruction.name, names[0], word.toString(16));
    }
  }
  assertEquals(count, 49152);
});

Deno.test("can no 32-bit word be two instructions?", () => {
  for (const [i, a] of BASE_INSTRUCTIONS.entries()) {
    for (const b of BASE_INSTRUCTIONS.slice(i + 1)) {
      // Two patterns have no word in common when they differ in a bit that both of them fix.
      const apart = ((a.match ^ b.match) & a.mask & b.mask) !== 0;
      assert(apart, `${a.name} and ${b.name} can be the same word`);
    }
  }
});

Deno.test("does decoding find what looking at each instruction finds, at random and near misses?", () => {
  const next = randomWords(0x5eed_0000_0001n);
  let legal = 0;
  const check = (word: number) => {
    const [expected] = matching(word, BASE_INSTRUCTIONS);
    const found = decode(word);
    if (expected !== undefined) legal++;
    if (found?.instruction !== expected) {
      assertEquals(found?.instruction.name, expected?.name, word.toString(16));
    }
  };
  for (let i = 0; i < 50_000; i++) check((Number(next() & 0xffff_ffffn) | 3) >>> 0);
  for (const { match, mask } of BASE_INSTRUCTIONS) {
    for (let i = 0; i < 20; i++) {
      const word = (match | (Number(next() & 0xffff_ffffn) & ~mask)) >>> 0;
      check(word);
      for (let bit = 2; bit < 32; bit++) check((word ^ (1 << bit)) >>> 0);
    }
  }
  assert(legal > 1000);
});

Deno.test("is every instruction decoded to itself with its fields?", () => {
  const next = randomWords(0x5eed_0000_0002n);
  for (const instruction of INSTRUCTIONS) {
    for (let i = 0; i < 50; i++) {
      const values: FieldValues = {};
      for (const field of instruction.fields) {
        let value: number;
        do value = extractField(field, Number(next() & 0xffff_ffffn)); while (
          !fieldAccepts(field, value)
        );
        values[field.name] = value;
      }
      if (instruction.length === 2 && instruction.excludes(values)) continue;
      const decoded = decode(encodeInstruction(instruction, values));
      assertEquals(decoded?.instruction.name, instruction.name);
      assertEquals(decoded?.fields, values);
    }
  }
});

Deno.test("does the expansion of every compressed word encode as the 32-bit instruction?", () => {
  for (let word = 0; word < 0x10000; word++) {
    const decoded = (word & 3) === 3 ? undefined : decode(word);
    if (decoded === undefined) continue;
    const { instruction, fields, length } = expand(decoded);
    const again = decode(encodeInstruction(instruction, fields));
    if (length !== 2 || again?.instruction !== instruction) {
      assertEquals(again?.instruction.name, instruction.name, word.toString(16));
    }
    const given = Object.keys(fields).toSorted();
    const wanted = instruction.fields.map((field) => field.name).toSorted();
    if (given.join() !== wanted.join()) assertEquals(given, wanted, word.toString(16));
  }
});

Deno.test("is a 32-bit instruction its own expansion?", () => {
  for (const instruction of BASE_INSTRUCTIONS) {
    const decoded = decode(instruction.match);
    assert(decoded);
    assertEquals(expand(decoded), { instruction, fields: decoded.fields, length: 4 });
  }
});

Deno.test("is the length of an instruction read from its lowest bits?", () => {
  assertEquals([0, 1, 2, 0xfffc].map(instructionLength), [2, 2, 2, 2]);
  assertEquals([0x03, 0x13, 0xffef].map(instructionLength), [4, 4, 4]);
  assertEquals([0x1f, 0x3f, 0x7f, 0xffff].map(instructionLength), [0, 0, 0, 0]);
});

Deno.test("do words that GNU's assembler made decode to what they were made from?", () => {
  const words: [word: number, name: string, fields: FieldValues][] = [
    [0x00b5_00e3, "beq", { imm: 2048, rs1: 10, rs2: 11 }],
    [0x801f_9063, "bne", { imm: -4096, rs1: 31, rs2: 1 }],
    [0x7fff_f0ef, "jal", { imm: 0xffffe, rd: 1 }],
    [0xffff_f06f, "jal", { imm: -2, rd: 0 }],
    [0x0000_1297, "auipc", { imm: 0x1000, rd: 5 }],
    [0xfe91_3c23, "sd", { imm: -8, rs1: 2, rs2: 9 }],
    [0x7ff1_b783, "ld", { imm: 2047, rs1: 3, rd: 15 }],
    [0x43f5_d513, "srai", { imm: 63, rs1: 11, rd: 10 }],
    [0x41f5_d51b, "sraiw", { imm: 31, rs1: 11, rd: 10 }],
    [0x1405_a52f, "lr.w", { aqrl: 2, rs1: 11, rd: 10 }],
    [0x1ac5_b52f, "sc.d", { aqrl: 1, rs2: 12, rs1: 11, rd: 10 }],
    [0xe663_b2af, "amomaxu.d", { aqrl: 3, rs2: 6, rs1: 7, rd: 5 }],
    [0x003f_d573, "csrrwi", { csr: 3, zimm: 31, rd: 10 }],
    [0x6ac5_9543, "fmadd.d", { fs3: 13, fs2: 12, fs1: 11, rm: 1, fd: 10 }],
    [0xc035_3553, "fcvt.lu.s", { fs1: 10, rm: 3, rd: 10 }],
    [0x4010_f053, "fcvt.s.d", { fs1: 1, rm: 7, fd: 0 }],
    [0xffb5_2fa7, "fsw", { imm: -1, fs2: 27, rs1: 10 }],
    [0x0310_000f, "fence", { ordering: 0x031, rs1: 0, rd: 0 }],
    [0x0000_100f, "fence.i", { imm: 0, rs1: 0, rd: 0 }],
    [0x0000_0073, "ecall", {}],
    [0x1ffc, "c.addi4spn", { imm: 1020, rd: 15 }],
    [0x7101, "c.addi16sp", { imm: -512 }],
    [0x7505, "c.lui", { imm: -0x1f000, rd: 10 }],
    [0x5fe8, "c.lw", { imm: 124, rs1: 15, rd: 10 }],
    [0x3fe8, "c.fld", { imm: 248, rs1: 15, fd: 10 }],
    [0xff86, "c.sdsp", { imm: 504, rs2: 1 }],
    [0xdffe, "c.swsp", { imm: 252, rs2: 31 }],
    [0x70de, "c.ldsp", { imm: 496, rd: 1 }],
    [0xb001, "c.j", { imm: -2048 }],
    [0xd001, "c.beqz", { imm: -256, rs1: 8 }],
    [0xeffd, "c.bnez", { imm: 254, rs1: 15 }],
    [0x97fd, "c.srai", { imm: 63, rd: 15 }],
    [0x9901, "c.andi", { imm: -32, rd: 10 }],
    [0x9d0d, "c.subw", { rd: 10, rs2: 11 }],
    [0x8082, "c.jr", { rs1: 1 }],
    [0x9282, "c.jalr", { rs1: 5 }],
    [0x857e, "c.mv", { rd: 10, rs2: 31 }],
    [0x9faa, "c.add", { rd: 31, rs2: 10 }],
    [0x9002, "c.ebreak", {}],
    [0x5f81, "c.li", { imm: -32, rd: 31 }],
    [0x1ffe, "c.slli", { imm: 63, rd: 31 }],
    [0xbfee, "c.fsdsp", { imm: 504, fs2: 27 }],
  ];
  for (const [word, name, fields] of words) {
    const decoded = decode(word);
    assertEquals(decoded?.instruction.name, name, word.toString(16));
    assertEquals(sorted(decoded?.fields ?? {}), sorted(fields), name);
  }
});

function sorted(fields: FieldValues): [FieldName, number][] {
  return (Object.entries(fields) as [FieldName, number][]).toSorted(([a], [b]) => a < b ? -1 : 1);
}
