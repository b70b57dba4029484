// Do loads and stores of every width move exactly their bytes, at every alignment?
import { assertEquals } from "../../std_assert.ts";
import { randomWords } from "../float/testing/operands.ts";
import { PAGE_SIZE, READ, WRITE } from "../mod.ts";
import { encode } from "../testing/encode.ts";
import { CODE, DATA, Guest } from "../testing/guest.ts";

const EDGE = DATA + PAGE_SIZE;

const LOADS: readonly { name: string; bits: number; signed: boolean }[] = [
  { name: "lb", bits: 8, signed: true },
  { name: "lbu", bits: 8, signed: false },
  { name: "lh", bits: 16, signed: true },
  { name: "lhu", bits: 16, signed: false },
  { name: "lw", bits: 32, signed: true },
  { name: "lwu", bits: 32, signed: false },
  { name: "ld", bits: 64, signed: true },
];

/** Addresses of every alignment, inside a page and across its edge. */
const ADDRESSES = [
  ...Array.from({ length: 16 }, (_, i) => DATA + 64 + i),
  ...Array.from({ length: 17 }, (_, i) => EDGE - 8 + i),
];

function guestWithNoise(code: number[]): Guest {
  const guest = new Guest(code);
  const next = randomWords(0x1234_5678n);
  for (let at = DATA; at < DATA + 2 * PAGE_SIZE; at += 8) guest.writeU64(at, next());
  return guest;
}

Deno.test("does every load give the bytes at its address, extended as its name says?", () => {
  for (const { name, bits, signed } of LOADS) {
    const guest = guestWithNoise([encode(name, { rd: 5, rs1: 10, imm: -3 })]);
    for (const address of [...ADDRESSES, ...ADDRESSES]) { // the second time the TLB is warm
      guest.registers.pc = BigInt(CODE);
      guest.registers.setX(10, BigInt(address + 3));
      assertEquals(guest.run(1).reason, "budget");
      const value = guest.readNumber(address, bits / 8);
      const expected = BigInt.asUintN(64, signed ? BigInt.asIntN(bits, value) : value);
      assertEquals(guest.registers.x(5), expected, `${name} ${address}`);
    }
  }
});

Deno.test("does a load of a single box it, and of a double take it as it is?", () => {
  for (const [name, width] of [["flw", 4], ["fld", 8]] as const) {
    const guest = guestWithNoise([encode(name, { fd: 5, rs1: 10, imm: -3 })]);
    for (const address of [...ADDRESSES, ...ADDRESSES]) {
      guest.registers.pc = BigInt(CODE);
      guest.registers.setX(10, BigInt(address + 3));
      guest.run(1);
      const value = guest.readNumber(address, width);
      const expected = width === 4 ? value | (0xffff_ffffn << 32n) : value;
      assertEquals(guest.registers.f(5), expected, `${name} ${address}`);
    }
  }
});

Deno.test("does every store change the bytes at its address, and no others?", () => {
  const stores = [["sb", 1], ["sh", 2], ["sw", 4], ["sd", 8], ["fsw", 4], ["fsd", 8]] as const;
  const next = randomWords(0x9876_5432n);
  for (const [name, width] of stores) {
    const source = name.startsWith("f") ? { fs2: 5 } : { rs2: 5 };
    const guest = guestWithNoise([encode(name, { ...source, rs1: 10, imm: 5 })]);
    for (const address of [...ADDRESSES, ...ADDRESSES]) {
      const value = next();
      const expected = guest.read(DATA, 2 * PAGE_SIZE);
      for (let i = 0; i < width; i++) {
        expected[address - DATA + i] = Number((value >> BigInt(8 * i)) & 0xffn);
      }
      guest.registers.pc = BigInt(CODE);
      guest.registers.setX(10, BigInt(address - 5));
      guest.registers.setX(5, value);
      guest.registers.setF(5, value);
      assertEquals(guest.run(1).reason, "budget");
      const actual = guest.read(DATA, 2 * PAGE_SIZE);
      if (!actual.every((byte, i) => byte === expected[i])) {
        assertEquals(actual, expected, `${name} ${address}`);
      }
    }
  }
});

Deno.test("does a load overwrite its own address register?", () => {
  const guest = guestWithNoise([encode("ld", { rd: 10, rs1: 10 })]);
  guest.registers.setX(10, BigInt(DATA));
  guest.run(1);
  assertEquals(guest.registers.x(10), guest.readU64(DATA));
});

Deno.test("does a load into x0 access memory and leave x0 alone?", () => {
  const guest = guestWithNoise([
    encode("ld", { rd: 0, rs1: 10 }),
    encode("sd", { rs1: 10, rs2: 0 }),
  ]);
  guest.registers.setX(10, BigInt(DATA));
  assertEquals(guest.run(2).reason, "budget");
  assertEquals([guest.registers.x(0), guest.readU64(DATA)], [0n, 0n]);
  guest.registers.pc = BigInt(CODE);
  guest.registers.setX(10, 0n);
  assertEquals(guest.run(1).reason, "page_fault");
});

Deno.test("does a run go on when its writes copy so many shared frames that memory has to grow?", () => {
  const pages = 700;
  const store = encode("sb", { rs1: 10, rs2: 11 });
  const guest = new Guest([
    store,
    encode("add", { rd: 10, rs1: 10, rs2: 12 }),
    encode("addi", { rd: 13, rs1: 13, imm: -1 }),
    encode("bne", { rs1: 13, imm: -12 }),
    encode("ecall"),
  ]);
  const area = DATA + 16 * PAGE_SIZE;
  guest.map(area, READ | WRITE, new Uint8Array(pages * PAGE_SIZE));
  const sharer = guest.fork();
  [[10, area], [11, 7], [12, PAGE_SIZE], [13, pages]].forEach(([register = 0, value = 0]) =>
    guest.registers.setX(register, BigInt(value))
  );
  const before = guest.memory.wasm.buffer;
  assertEquals(guest.run(4 * pages + 1), {
    reason: "ecall",
    retired: 4 * pages,
    address: 0n,
    access: "execute",
  });
  assertEquals(before.byteLength, 0); // otherwise memory has not grown
  for (let at = area; at < area + pages * PAGE_SIZE; at += PAGE_SIZE) {
    assertEquals([guest.readNumber(at, 1), sharer.readNumber(at, 1)], [7n, 0n]);
  }
});
