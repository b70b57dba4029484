// The corners of RV64I and C that random operands seldom meet. (All instructions are compared with
// QEMU in emu/hart/qemu_test.ts.)
import { assertEquals } from "../../std_assert.ts";
import { encode, encodeInstruction, wordBytes } from "../testing/encode.ts";
import { ALL, CODE, DATA, Guest } from "../testing/guest.ts";
import { BASE_INSTRUCTIONS } from "./table.ts";

/** Executes one instruction after setting x6 and x7, and gives x5. */
function compute(word: number, a: bigint, b = 0n): bigint {
  const guest = new Guest([word]);
  guest.registers.setX(6, a);
  guest.registers.setX(7, b);
  assertEquals(guest.run(1).reason, "budget");
  return guest.registers.x(5);
}

const signed = (value: bigint) => BigInt.asUintN(64, value);

Deno.test("does no instruction of the table change x0?", () => {
  for (const instruction of BASE_INSTRUCTIONS) {
    if (!instruction.fields.some(({ name }) => name === "rd")) continue;
    const takes = (name: string) => instruction.fields.some((field) => field.name === name);
    const word = encodeInstruction(instruction, {
      rd: 0,
      ...(takes("rs1") && { rs1: 6 }),
      ...(takes("rs2") && { rs2: 7 }),
      ...(takes("fs1") && { fs1: 6 }),
      ...(takes("imm") && !instruction.operands.includes("target") && { imm: -4096 & 0x7f0 }),
      ...(takes("csr") && { csr: 3 }),
    });
    const guest = new Guest([word, encode("add", { rd: 5, rs1: 0, rs2: 0 })]);
    guest.registers.setX(6, BigInt(DATA));
    guest.registers.setX(7, -1n);
    guest.registers.setF(6, 0x4059_0000_0000_0000n);
    guest.registers.setX(5, 99n);
    guest.registers.fcsr = 0xff & ~0xe0;
    assertEquals(guest.run(1).reason, "budget", instruction.name);
    assertEquals(guest.registers.x(0), 0n, instruction.name);
    guest.registers.pc = BigInt(CODE + 4);
    guest.run(1);
    assertEquals(guest.registers.x(5), 0n, instruction.name);
  }
});

Deno.test("does jalr clear the lowest bit of its target, and link in front of jumping?", () => {
  for (const odd of [0, 1]) {
    const guest = new Guest([encode("jalr", { rd: 6, rs1: 6, imm: 8 + odd })]);
    guest.registers.setX(6, BigInt(DATA));
    assertEquals(guest.run(1).retired, 1);
    assertEquals([guest.registers.pc, guest.registers.x(6)], [BigInt(DATA + 8), BigInt(CODE + 4)]);
  }
  const guest = new Guest([encode("c.jr", { rs1: 6 })]);
  guest.registers.setX(6, BigInt(DATA + 3));
  guest.run(1);
  assertEquals(guest.registers.pc, BigInt(DATA + 2));
});

Deno.test("does jalr's target wrap around the end of the addresses?", () => {
  const guest = new Guest([encode("jalr", { rd: 5, rs1: 6, imm: 16 })]);
  guest.registers.setX(6, -8n);
  guest.run(1);
  assertEquals(guest.registers.pc, 8n);
});

Deno.test("does a link point behind the instruction, whatever its length?", () => {
  const links: [word: number, register: number, length: number][] = [
    [encode("jal", { rd: 5, imm: 64 }), 5, 4],
    [encode("jal", { rd: 5, imm: 4096 }), 5, 4],
    [encode("jalr", { rd: 5, rs1: 6 }), 5, 4],
    [encode("c.jalr", { rs1: 6 }), 1, 2],
  ];
  for (const [word, register, length] of links) {
    const guest = new Guest([word]);
    guest.registers.setX(6, BigInt(CODE + 128));
    guest.run(1);
    assertEquals(guest.registers.x(register), BigInt(CODE + length));
  }
});

Deno.test("do branches go by signed and unsigned order, near and far, forwards and back?", () => {
  const [low, high] = [1n, 2n ** 64n - 1n]; // as signed numbers the order is the other one
  const taken: [name: string, a: bigint, b: bigint, taken: boolean][] = [
    ["beq", low, low, true],
    ["beq", low, high, false],
    ["bne", low, low, false],
    ["bne", low, high, true],
    ["blt", low, high, false],
    ["blt", high, low, true],
    ["blt", low, low, false],
    ["bge", low, high, true],
    ["bge", high, low, false],
    ["bge", low, low, true],
    ["bltu", low, high, true],
    ["bltu", high, low, false],
    ["bltu", low, low, false],
    ["bgeu", low, high, false],
    ["bgeu", high, low, true],
    ["bgeu", low, low, true],
  ];
  const start = CODE + 0x800;
  for (const [name, a, b, isTaken] of taken) {
    for (const imm of [-4096, -2050, -2, 0, 2, 4, 2046, 2048, 4094]) {
      const guest = new Guest();
      guest.writeCode(start, [encode(name, { rs1: 6, rs2: 7, imm })]);
      guest.registers.pc = BigInt(start);
      guest.registers.setX(6, a);
      guest.registers.setX(7, b);
      assertEquals(guest.run(1).retired, 1);
      const expected = BigInt(isTaken ? start + imm : start + 4);
      assertEquals(guest.registers.pc, expected, `${name} ${a} ${b} by ${imm}`);
    }
  }
});

Deno.test("does a branch to itself use up the budget and stay?", () => {
  for (const word of [encode("jal", { rd: 5 }), encode("beq"), encode("c.j"), encode("c.beqz")]) {
    const guest = new Guest([word]);
    assertEquals(guest.run(12345).retired, 12345);
    assertEquals(guest.registers.pc, BigInt(CODE));
  }
});

Deno.test("do shifts use the low bits of their count alone?", () => {
  const value = 0x8123_4567_89ab_cdefn;
  const at = (name: string, count: bigint) =>
    compute(encode(name, { rd: 5, rs1: 6, rs2: 7 }), value, count);
  for (const name of ["sll", "srl", "sra"]) {
    assertEquals(at(name, 64n + 9n), at(name, 9n));
    assertEquals(at(name, -1n), at(name, 63n));
    assertEquals(at(name, 64n), value);
  }
  for (const name of ["sllw", "srlw", "sraw"]) {
    assertEquals(at(name, 32n + 9n), at(name, 9n));
    assertEquals(at(name, 64n), signed(BigInt.asIntN(32, value)));
  }
  assertEquals(at("srlw", 0n), 0xffff_ffff_89ab_cdefn); // sign-extended even so
  assertEquals(compute(encode("srai", { rd: 5, rs1: 6, imm: 63 }), value), signed(-1n));
  assertEquals(compute(encode("srli", { rd: 5, rs1: 6, imm: 63 }), value), 1n);
});

Deno.test("are word results sign-extended, and the upper halves of operands ignored?", () => {
  const junk = 0xdead_beef_0000_0000n;
  const max = junk | 0x7fff_ffffn;
  assertEquals(
    compute(encode("addw", { rd: 5, rs1: 6, rs2: 7 }), max, junk | 1n),
    signed(-(2n ** 31n)),
  );
  assertEquals(compute(encode("subw", { rd: 5, rs1: 6, rs2: 7 }), junk, junk | 1n), signed(-1n));
  assertEquals(
    compute(encode("addiw", { rd: 5, rs1: 6, imm: 0 }), junk | 0x8000_0000n),
    signed(-(2n ** 31n)),
  );
});

Deno.test("are immediates sign-extended also where the comparison is unsigned?", () => {
  assertEquals(compute(encode("sltiu", { rd: 5, rs1: 6, imm: -1 }), 2n ** 64n - 2n), 1n);
  assertEquals(compute(encode("sltiu", { rd: 5, rs1: 6, imm: 1 }), 0n), 1n); // seqz
  assertEquals(compute(encode("xori", { rd: 5, rs1: 6, imm: -1 }), 0n), signed(-1n)); // not
});

Deno.test("are lui and auipc sign-extended from 32 bits?", () => {
  assertEquals(compute(encode("lui", { rd: 5, imm: -0x8000_0000 }), 0n), signed(-(2n ** 31n)));
  assertEquals(compute(encode("auipc", { rd: 5, imm: -0x1000 }), 0n), BigInt(CODE - 0x1000));
  assertEquals(
    compute(encode("auipc", { rd: 5, imm: -0x8000_0000 }), 0n),
    signed(BigInt(CODE) - 2n ** 31n),
  );
});

Deno.test("are hints without effect but for the instruction counted?", () => {
  const hints = [
    encode("c.nop", { imm: 5 }),
    0x0001, // c.nop
    0x4005, // c.li x0
    0x6005, // c.lui x0
    0x8036, // c.mv x0, x13
    0x9036, // c.add x0, x13
    0x0006, // c.slli x0
    0x0302, // c.slli x6, 0
    0x8001, // c.srli x8, 0
    0x8401, // c.srai x8, 0
    0x0501, // c.addi x10, 0
    encode("addi", { rd: 0, rs1: 7, imm: 5 }),
    encode("slti", { rd: 0, rs1: 6, imm: 1 }),
    encode("lui", { rd: 0, imm: 4096 }),
    encode("fence", { ordering: 0xfff, rs1: 31, rd: 31 }),
    encode("fence", { ordering: 0x010 }), // pause
    encode("fence.i", { imm: 0xfff, rs1: 31, rd: 31 }),
  ];
  for (const hint of hints) {
    const guest = new Guest([hint]);
    for (let i = 1; i < 32; i++) guest.registers.setX(i, BigInt(i) << 40n);
    const before = guest.registers.clone();
    assertEquals(guest.run(1).reason, "budget", hint.toString(16));
    before.pc += BigInt(wordBytes([hint]).length);
    assertEquals(guest.registers.equals(before), true, hint.toString(16));
  }
});

Deno.test("does every register serve as source and as destination?", () => {
  for (let i = 1; i < 32; i++) {
    const guest = new Guest([
      encode("addi", { rd: i, rs1: i, imm: 1 }),
      encode("c.mv", { rd: 5, rs2: i }),
    ]);
    guest.registers.setX(i, BigInt(i) << 50n);
    guest.run(2);
    assertEquals(guest.registers.x(5), (BigInt(i) << 50n) + 1n);
    const floats = new Guest([encode("fsgnjn.d", { fd: i, fs1: i, fs2: i })]);
    floats.registers.setF(i, BigInt(i));
    floats.run(1);
    assertEquals(floats.registers.f(i), BigInt(i) | (1n << 63n));
  }
});

Deno.test("does an instruction behave alike at every halfword of a page, and across its edge?", () => {
  const code = [encode("addi", { rd: 5, rs1: 5, imm: 1 }), encode("c.addi", { rd: 5, imm: 2 })];
  code.push(encode("auipc", { rd: 6 }), encode("jal", { rd: 7, imm: 6 }), 0x0000, encode("ecall"));
  const guest = new Guest();
  guest.map(CODE, ALL, new Uint8Array(2 * 4096));
  for (let start = CODE + 4096 - 24; start < CODE + 4096 + 2; start += 2) {
    guest.writeCode(start, code);
    guest.registers.pc = BigInt(start);
    guest.registers.setX(5, 0n);
    const stop = guest.run();
    assertEquals([stop.reason, stop.retired], ["ecall", 4], `at ${start}`);
    const { registers } = guest;
    const values = [registers.x(5), registers.x(6), registers.x(7), registers.pc];
    assertEquals(values, [3n, BigInt(start + 6), BigInt(start + 14), BigInt(start + 16)]);
  }
});
