// Are encodings read from their patterns as the specification's tables mean them?
import fc from "npm:fast-check@4";
import { assert, assertEquals, assertThrows } from "../../std_assert.ts";
import { extractField, type Field, fieldAccepts, insertField, parseEncoding } from "./encoding.ts";
import { INSTRUCTIONS } from "./table.ts";

/** A value that a field can hold. */
function accepted(field: Field): fc.Arbitrary<number> {
  const span = 2 ** field.bits;
  const [min, max] = field.short
    ? [8, 15]
    : field.signed
    ? [-span / 2, span / 2 - 1]
    : [0, span - 1];
  return fc.integer({ min, max })
    .map((value) => value - (((value % 2 ** field.lowBit) + 2 ** field.lowBit) % 2 ** field.lowBit))
    .filter((value) => !(field.nonZero && value === 0));
}

/** All ones where a field stands in an instruction. */
function bitsOf(field: Field): number {
  return field.pieces.reduce((bits, { at, width }) => bits | ((2 ** width - 1) << at), 0) >>> 0;
}

Deno.test("do literal bits become mask and match?", () => {
  const add = parseEncoding("0000000 rs2 rs1 000 rd 0110011");
  assertEquals([add.length, add.mask, add.match], [4, 0xfe00_707f, 0x33]);
  const quadrant2 = parseEncoding("100 1 rd rs2 10");
  assertEquals([quadrant2.length, quadrant2.mask, quadrant2.match], [2, 0xf003, 0x9002]);
});

Deno.test("do scattered immediate bits come together, in the order that the pattern names?", () => {
  const [imm] = parseEncoding("imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011").fields;
  assert(imm);
  // One bit of the instruction and the bit of the offset that it means.
  const expected = [[31, -4096], [30, 1024], [25, 32], [11, 16], [8, 2], [7, 2048]] as const;
  for (const [bit, value] of expected) assertEquals(extractField(imm, (1 << bit) >>> 0), value);
  assertEquals([imm.bits, imm.lowBit, imm.signed, imm.nonZero], [13, 1, true, false]);
});

Deno.test("is a pattern of a wrong length or with an unknown field refused?", () => {
  assertThrows(() => parseEncoding("0000000 rs2 rs1 000 rd 011001"), Error, "has 31 bits");
  assertThrows(() => parseEncoding("000 what 01"), Error, "unknown field 'what'");
  assertThrows(() => parseEncoding("imm[] rs1 000 rd 0010011"), Error);
});

Deno.test("is every bit of every instruction either literal or in exactly one field?", () => {
  for (const { name, length, mask, match, fields } of INSTRUCTIONS) {
    const all = length === 4 ? 0xffff_ffff : 0xffff;
    let taken = mask;
    for (const field of fields) {
      for (const { at, width } of field.pieces) {
        const bits = ((2 ** width - 1) << at) >>> 0;
        assertEquals((taken & bits) >>> 0, 0, `${name}: bits of ${field.name} are taken`);
        taken = (taken | bits) >>> 0;
      }
    }
    assertEquals(taken, all, name);
    assertEquals((match & ~mask) >>> 0, 0, name);
    assertEquals(new Set(fields.map((field) => field.name)).size, fields.length, name);
  }
});

Deno.test("does every field give back what was put in, and leave all other bits alone?", () => {
  for (const { name, fields } of INSTRUCTIONS) {
    for (const field of fields) {
      fc.assert(
        fc.property(accepted(field), (value) => {
          assert(fieldAccepts(field, value), `${name}.${field.name} refuses ${value}`);
          const word = insertField(field, value);
          assertEquals((word & ~bitsOf(field)) >>> 0, 0);
          assertEquals(extractField(field, word), value);
          assertEquals(extractField(field, (word | ~bitsOf(field)) >>> 0), value);
        }),
        { numRuns: 20 },
      );
    }
  }
});

Deno.test("does every field's bits give a value that goes back to the same bits?", () => {
  for (const { fields } of INSTRUCTIONS) {
    for (const field of fields) {
      fc.assert(
        fc.property(fc.nat(2 ** 32 - 1), (word) => {
          const value = extractField(field, word);
          assertEquals(insertField(field, value), (word & bitsOf(field)) >>> 0);
          assertEquals(fieldAccepts(field, value), !(field.nonZero && value === 0));
        }),
        { numRuns: 20 },
      );
    }
  }
});

Deno.test("is a value refused that a field cannot hold exactly?", () => {
  const field = (pattern: string) => parseEncoding(pattern).fields[0]!;
  const refused: [pattern: string, values: number[], accepted: number[]][] = [
    ["imm[11:0] 00000 000 00000 0010011", [-2049, 2048, 0.5, NaN, Infinity], [-2048, 0, 2047]],
    ["000000 uimm[5:0] 00000 001 00000 0010011", [-1, 64], [0, 63]],
    ["imm[20|10:1|11|19:12] 00000 1101111", [1, -1048578, 1048576], [-1048576, 1048574]],
    ["000 nzuimm[5:4|9:6|2|3] 000 00", [0, 2, 1024, -4], [4, 1020]],
    ["011 nzimm[17] 00000 nzimm[16:12] 01", [0, 4095, 131072], [-131072, 4096, 126976]],
    ["0000000 00000 00000 000 rd 0110011", [-1, 32], [0, 31]],
    ["000 0000000 00 rd' 0", [7, 16], [8, 15]],
    ["csr 00000 001 00000 1110011", [-1, 4096], [0, 4095]],
    ["0000000 00000 00000 rm 00000 1010011", [-1, 8], [0, 7]],
  ];
  for (const [pattern, values, accepted] of refused) {
    for (const value of values) {
      assert(!fieldAccepts(field(pattern), value), `${pattern}: ${value}`);
    }
    for (const value of accepted) {
      assert(fieldAccepts(field(pattern), value), `${pattern}: ${value}`);
    }
  }
});
