// Do accesses of translated code that share a look-up keep their own rights and places?

import { assert, assertEquals } from "../../std_assert.ts";
import { Hart, PAGE_SIZE, WRITE } from "../mod.ts";
import { encode } from "../testing/encode.ts";
import { DATA, Guest } from "../testing/guest.ts";

const BASE = 8;
const ROUNDS = 2000;

/** Stores and loads through one register, again and again, in translated code. */
function loopOf(words: readonly number[], base: number): Guest {
  const back = -4 * (words.length + 1);
  const guest = new Guest([
    ...words,
    encode("addi", { rd: 5, rs1: 5, imm: -1 }),
    encode("bne", { rs1: 5, rs2: 0, imm: back }),
    encode("ebreak", {}),
  ]);
  guest.registers.setX(BASE, BigInt(base));
  guest.registers.setX(5, BigInt(ROUNDS));
  Hart.of(guest.memory).configure({ heat: { samplesMin: 1, warmUp: 0, interval: 25 } });
  return guest;
}

const STORE_AND_LOADS = [
  encode("sd", { rs1: BASE, rs2: 5, imm: -8 }),
  encode("ld", { rd: 6, rs1: BASE, imm: -8 }),
  encode("sw", { rs1: BASE, rs2: 5, imm: 8 }),
  encode("lw", { rd: 7, rs1: BASE, imm: 8 }),
  encode("add", { rd: 28, rs1: 6, rs2: 7 }),
  encode("add", { rd: 29, rs1: 29, rs2: 28 }),
  // So that the look-up is not the whole loop's.
  encode("xori", { rd: BASE, rs1: BASE, imm: 0 }),
];

for (const [where, base] of Object.entries({ "on one page": 64, "on two pages": PAGE_SIZE })) {
  Deno.test(`do accesses that are looked up together reach their bytes ${where}?`, () => {
    const guest = loopOf(STORE_AND_LOADS, DATA + base);
    assertEquals(guest.run(1_000_000).reason, "ebreak");
    assert(Hart.of(guest.memory).translations > 0, "Nothing was translated");
    assertEquals(guest.registers.x(29), BigInt(ROUNDS * (ROUNDS + 1)));
  });
}

Deno.test("is a page that may only be written not read along with a store?", () => {
  const aside = 9;
  const storeAside = encode("sd", { rs1: aside, rs2: 5, imm: 0 });
  const guest = loopOf([storeAside, ...STORE_AND_LOADS], DATA + 64);
  guest.registers.setX(aside, BigInt(DATA + 512));
  assertEquals(guest.run(5000).reason, "budget");
  assert(Hart.of(guest.memory).translations > 0, "Nothing was translated");
  guest.pages.protect(DATA / PAGE_SIZE, WRITE);
  const { reason, access } = guest.run(1_000_000);
  assertEquals({ reason, access }, { reason: "page_fault", access: "read" });
});
