// Whatever code is executed and whatever happens to its memory, do translated code and the
// interpreter stop at the same place for the same reason, and touch nothing else?
import fc from "npm:fast-check@4";
import { assert, assertEquals, assertGreater } from "../../std_assert.ts";
import { PAGE_SIZE, READ, WRITE } from "../mod.ts";
import { AccessChecker, ACCESSES, hotLoop, LEAD, PERMISSIONS } from "../testing/access_faults.ts";
import { compareDisturbed, compareRandomBytes } from "../testing/disturbance.ts";
import { BASE_INSTRUCTIONS, DYNAMIC_ROUNDING, fieldOf } from "../isa/mod.ts";
import { encode, encodeInstruction } from "../testing/encode.ts";
import { EnginePair } from "../testing/engine_pair.ts";
import { ALL, CODE, Guest } from "../testing/guest.ts";
import { anything, graph } from "../testing/random_guests.ts";

Deno.test("does every access fault exactly where a page is missing or forbids it, when hot too?", () => {
  const checker = new AccessChecker();
  const permissions = fc.constantFrom(...PERMISSIONS);
  const property = fc.property(
    fc.constantFrom(...ACCESSES),
    fc.integer({ min: -9, max: 4 }),
    fc.tuple(permissions, permissions),
    (one, offset, allowed) => checker.check(one, offset, allowed),
  );
  fc.assert(property, { seed: 0x0bad, numRuns: 400 });
});

Deno.test("do random bytes as code stop alike in both engines, and touch no other frame?", () => {
  for (let seed = 0; seed < 4; seed++) compareRandomBytes(seed);
});

Deno.test("is code that is written, mapped twice, unmapped or protected seen alike when hot?", () => {
  let translated = 0;
  for (let seed = 1; seed <= 2; seed++) {
    translated += compareDisturbed(seed, graph) + compareDisturbed(100 + seed, anything);
  }
  assertGreater(translated, 10_000);
});

Deno.test("is a reserved rounding mode in frm illegal where it is used, when hot too?", () => {
  const rounding = BASE_INSTRUCTIONS.filter((instruction) => fieldOf(instruction, "rm"));
  assertEquals(rounding.length, 36);
  for (const instruction of rounding) {
    const { name } = instruction;
    for (const rm of [0, DYNAMIC_ROUNDING]) {
      const word = encodeInstruction(instruction, { rm });
      const pair = hotLoop(name, word);
      pair.both(({ registers }) => {
        registers.pc = BigInt(CODE);
        registers.setX(6, 0n);
        registers.setX(5, 3n);
        registers.fcsr = 5 << 5 | 1;
      });
      const { reason, retired, address } = pair.run(1000);
      if (rm === 0) assertEquals(reason, "ecall", name);
      else assertEquals([reason, retired, address], ["illegal", LEAD.length, BigInt(word)], name);
    }
  }
});

Deno.test("does hot code stop in front of an instruction whose second page went away?", () => {
  // The loop's last instruction, the branch back, is half on the page behind.
  const begin = CODE + PAGE_SIZE - 6;
  const words = [
    encode("addi", { rd: 6, rs1: 6, imm: 1 }),
    encode("bne", { rs1: 6, rs2: 5, imm: -4 }),
  ];
  const pair = new EnginePair("straddling", () => {
    const guest = new Guest();
    guest.map(CODE, ALL, new Uint8Array(2 * PAGE_SIZE));
    guest.writeCode(begin, [...words, encode("ecall")]);
    guest.registers.pc = BigInt(begin);
    guest.registers.setX(5, 5000n);
    return guest;
  });
  assertEquals(pair.run(2000).reason, "budget");
  assertGreater(pair.byTranslatedCode, 1000);
  for (const permissions of [0, READ | WRITE]) {
    pair.both(({ pages }) => pages.protect(CODE / PAGE_SIZE + 1, permissions));
    const { retired, ...stop } = pair.run(1000);
    const address = BigInt(CODE + PAGE_SIZE);
    assertEquals(stop, { reason: "page_fault", address, access: "execute" });
    assert(retired <= 1);
    assertEquals(pair.interpreted.registers.pc, BigInt(begin + 4));
    pair.both(({ pages }) => pages.protect(CODE / PAGE_SIZE + 1, ALL));
    assertEquals(pair.run(1000).reason, "budget");
  }
  // Another second half: the branch becomes one that is never taken.
  pair.both((guest) => {
    guest.registers.pc = BigInt(begin);
    guest.writeCode(begin + 4, [encode("bne", { rs1: 6, rs2: 6, imm: -4 })]);
  });
  assertEquals(pair.run(1000), { reason: "ecall", retired: 2, address: 0n, access: "execute" });
});
