// Does a run end where it should, for the right reason, with nothing half done?
import { assert, assertEquals, assertStrictEquals, assertThrows } from "../../std_assert.ts";
import { EXECUTE, Hart, PAGE_SIZE, PageTable, PhysicalMemory, READ, Registers } from "../mod.ts";
import { encode, wordBytes } from "../testing/encode.ts";
import { CODE, Guest } from "../testing/guest.ts";

const INCREMENT = encode("addi", { rd: 5, rs1: 5, imm: 1 });
const ECALL = encode("ecall");

Deno.test("does an environment call stop in front of itself?", () => {
  const guest = new Guest([INCREMENT, INCREMENT, ECALL, INCREMENT]);
  const stop = guest.run();
  assertEquals(stop, { reason: "ecall", retired: 2, address: 0n, access: "execute" });
  assertEquals([guest.registers.pc, guest.registers.x(5)], [BigInt(CODE + 8), 2n]);
  // Until someone moves pc, it stops there again.
  assertEquals(guest.run(), { reason: "ecall", retired: 0, address: 0n, access: "execute" });
});

Deno.test("do breakpoints of both lengths stop in front of themselves?", () => {
  for (const name of ["ebreak", "c.ebreak"]) {
    const guest = new Guest([INCREMENT, encode(name)]);
    const stop = guest.run();
    assertEquals(stop, { reason: "ebreak", retired: 1, address: 0n, access: "execute" });
    assertEquals(guest.registers.pc, BigInt(CODE + 4));
  }
});

Deno.test("does an illegal instruction stop with its bits?", () => {
  const words: [word: number, why: string][] = [
    [0x0000, "defined to be illegal"],
    [0x8000, "reserved in quadrant 0"],
    [0x9c41, "reserved in quadrant 1"],
    [0x8002, "c.jr x0"],
    [0xffff_ffff, "longer than 32 bits"],
    [0x0000_007f, "longer than 32 bits"],
    [0x0000_001f, "48 bits long"],
    [0x0200_0033 | (7 << 25), "no such funct7"],
    [0x0000_7003, "a load of 128 bits"],
    [0x0200_101b, "slliw by 32"],
    [0x1010_002f | (2 << 12), "lr.w with rs2"],
    [0x3020_0073, "mret"],
    [0x1050_0073, "wfi"],
    [0x0000_5053, "a rounding mode that is reserved (fadd.s)"],
    [0x0000_6043, "a rounding mode that is reserved (fmadd.s)"],
    [0x0400_0053, "half precision"],
    [0x0600_7053, "quad precision"],
    [0xc000_4073, "csr with funct3 4"],
  ];
  for (const [word, why] of words) {
    const guest = new Guest([INCREMENT, word]);
    const stop = guest.run();
    const expected = { reason: "illegal", retired: 1, address: BigInt(word), access: "execute" };
    assertEquals(stop, expected as typeof stop, why);
    assertEquals(guest.registers.pc, BigInt(CODE + 4));
  }
});

Deno.test("are the bits of an illegal instruction across a page edge put together?", () => {
  const guest = new Guest();
  guest.map(CODE + PAGE_SIZE, EXECUTE);
  guest.writeCode(CODE + PAGE_SIZE - 2, [0x1234_007f]);
  guest.registers.pc = BigInt(CODE + PAGE_SIZE - 2);
  const stop = guest.run();
  assertEquals([stop.reason, stop.address], ["illegal", 0x1234_007fn]);
});

Deno.test("does a budget end a run exactly there, in front of whatever comes next?", () => {
  for (const next of [ECALL, 0x0000, encode("ld", { rd: 5 }), encode("jalr", { rs1: 0 })]) {
    const guest = new Guest([INCREMENT, INCREMENT, next]);
    assertEquals(guest.run(2), { reason: "budget", retired: 2, address: 0n, access: "execute" });
    assertEquals(guest.registers.pc, BigInt(CODE + 8));
  }
});

Deno.test("is a budget of nothing a run without effect, wherever pc is?", () => {
  for (const pc of [BigInt(CODE), 0n, 2n ** 64n - 2n]) {
    const guest = new Guest([INCREMENT]);
    guest.registers.pc = pc;
    const before = guest.registers.clone();
    assertEquals(guest.run(0), { reason: "budget", retired: 0, address: 0n, access: "execute" });
    assert(guest.registers.equals(before));
  }
});

Deno.test("is a budget larger than a slice of generated code used up exactly?", () => {
  const guest = new Guest([INCREMENT, encode("jal", { rd: 0, imm: -4 })]);
  assertEquals(guest.run(1_000_001).retired, 1_000_001);
  assertEquals([guest.registers.x(5), guest.registers.pc], [500_001n, BigInt(CODE + 4)]);
});

Deno.test("is a stop of one run forgotten in the next?", () => {
  const guest = new Guest([0x0000, INCREMENT, INCREMENT]);
  assertEquals(guest.run().reason, "illegal");
  guest.registers.pc += 2n;
  assertEquals(guest.run(2), { reason: "budget", retired: 2, address: 0n, access: "execute" });
});

Deno.test("do two address spaces on one memory take turns without seeing each other?", () => {
  const memory = new PhysicalMemory();
  const one = new Guest([INCREMENT, ECALL], { memory });
  const two = new Guest([encode("addi", { rd: 5, rs1: 5, imm: 100 }), ECALL], { memory });
  for (let round = 0; round < 3; round++) {
    for (const guest of [one, two]) {
      guest.registers.pc = BigInt(CODE);
      assertEquals(guest.run().reason, "ecall");
    }
  }
  assertEquals([one.registers.x(5), two.registers.x(5)], [3n, 300n]);
});

Deno.test("is there one hart a memory, and does it refuse another memory's page table?", () => {
  const [memory, other] = [new PhysicalMemory(), new PhysicalMemory()];
  const hart = Hart.of(memory);
  assertStrictEquals(Hart.of(memory), hart);
  assert(Hart.of(other) !== hart);
  const run = () =>
    hart.run(new Registers(), new PageTable(other), 1, {
      instructions: 0n,
      idle_ns: 0n,
    });
  assertThrows(run, Error, "Page table is of another memory");
});

Deno.test("is a frame that was code, freed and used again as other code decoded anew?", () => {
  const guest = new Guest([INCREMENT, ECALL]);
  guest.run();
  const frame = guest.pages.frameAt(CODE / PAGE_SIZE);
  guest.pages.unmap(CODE / PAGE_SIZE);
  guest.map(CODE, READ | EXECUTE, wordBytes([encode("addi", { rd: 6, rs1: 0, imm: 9 }), ECALL]));
  assertEquals(guest.pages.frameAt(CODE / PAGE_SIZE), frame); // otherwise this test asks nothing
  guest.registers.pc = BigInt(CODE);
  guest.run();
  assertEquals([guest.registers.x(5), guest.registers.x(6)], [1n, 9n]);
});
