// Is code translated when that pays, and not before?
import { assertEquals, assertGreater } from "../../std_assert.ts";
import { Hart } from "../mod.ts";
import { encode } from "../testing/encode.ts";
import { CODE, Guest } from "../testing/guest.ts";

/** A loop of two instructions, `rounds` times, and a system call. */
function loop(rounds: number): Guest {
  const guest = new Guest([
    encode("addi", { rd: 5, rs1: 5, imm: -1 }),
    encode("bne", { rs1: 5, rs2: 0, imm: -4 }),
    encode("ecall"),
  ]);
  guest.registers.setX(5, rounds);
  return guest;
}

Deno.test("is nothing translated for a program that ends within a million instructions?", () => {
  const guest = loop(499_000);
  assertEquals(guest.run(1e9).reason, "ecall");
  const { translations, translatedInstructions } = Hart.of(guest.memory);
  assertEquals([guest.instructions, translations, translatedInstructions], [998_000n, 0, 0]);
});

Deno.test("is most of a program translated that loops for long?", () => {
  const guest = loop(10_000_000);
  assertEquals(guest.run(1e9).reason, "ecall");
  assertEquals(guest.instructions, 20_000_000n);
  assertEquals(Hart.of(guest.memory).translations, 1);
  assertGreater(Hart.of(guest.memory).translatedInstructions, 18_000_000);
});

Deno.test("is a function translated that only translated code calls, through a pointer?", () => {
  const leaf = Array.from({ length: 40 }, () => encode("addi", { rd: 6, rs1: 6, imm: 1 }));
  const guest = new Guest([
    encode("jalr", { rd: 1, rs1: 10 }),
    encode("addi", { rd: 5, rs1: 5, imm: -1 }),
    encode("bne", { rs1: 5, rs2: 0, imm: -8 }),
    encode("ecall"),
    ...leaf,
    encode("jalr", { rd: 0, rs1: 1 }),
  ]);
  guest.registers.setX(5, 500_000);
  guest.registers.setX(10, BigInt(CODE + 16));
  assertEquals(guest.run(1e9).reason, "ecall");
  assertEquals(guest.instructions, 22_000_000n);
  assertGreater(Hart.of(guest.memory).translatedInstructions, 18_000_000);
});

Deno.test("does another machine of the process find the translation without warming up?", () => {
  const guest = loop(100_000);
  assertEquals(guest.run(1e9).reason, "ecall");
  assertGreater(Hart.of(guest.memory).translatedInstructions, 190_000);
});
