// Are exactly the CSRs of an unprivileged program there, with their rights and their values?
import { assertEquals } from "../../std_assert.ts";
import { CSR_NUMBER, type Stop } from "../mod.ts";
import { BASE_INSTRUCTIONS } from "../isa/mod.ts";
import { encode, encodeInstruction } from "../testing/encode.ts";
import { CODE, Guest } from "../testing/guest.ts";

const { fflags, frm, fcsr, cycle, time, instret } = CSR_NUMBER;
const WRITES = ["csrrw", "csrrwi"];
const SETS = ["csrrs", "csrrsi", "csrrc", "csrrci"];

/** Executes one CSR instruction; the operand is a register's value or an immediate. */
function execute(guest: Guest, name: string, csr: number, operand: bigint, rd = 5): Stop {
  const source = name.endsWith("i") ? { zimm: Number(operand) } : { rs1: operand === 0n ? 0 : 6 };
  guest.writeCode(CODE, [encode(name, { rd, csr, ...source })]);
  guest.registers.pc = BigInt(CODE);
  guest.registers.setX(6, operand);
  return guest.run(1);
}

Deno.test("do fflags, frm and fcsr show their parts of one register?", () => {
  const guest = new Guest();
  guest.registers.fcsr = 0b101_10011;
  const expected = [[fflags, 0b10011n], [frm, 0b101n], [fcsr, 0b101_10011n]] as const;
  for (const [csr, value] of expected) {
    for (const name of SETS) {
      assertEquals(execute(guest, name, csr, 0n).reason, "budget");
      assertEquals(guest.registers.x(5), value);
    }
  }
  assertEquals(guest.registers.fcsr, 0b101_10011);
});

Deno.test("do writes, sets and clears change their part alone, and give the old value?", () => {
  const parts = { [fflags]: [0, 5], [frm]: [5, 3], [fcsr]: [0, 8] } as const;
  for (const [csr, [shift, bits]] of Object.entries(parts)) {
    const mask = 2 ** bits - 1;
    for (const name of [...WRITES, ...SETS]) {
      for (const before of [0, 0xff, 0x5a, 0xa5]) {
        for (const operand of name.endsWith("i") ? [0, 1, 10, 31] : [0, 1, 0xff, 0xffff_ff35]) {
          const guest = new Guest();
          guest.registers.fcsr = before;
          const old = (before >> shift) & mask;
          const value = name.startsWith("csrrw")
            ? operand
            : name.startsWith("csrrs")
            ? old | operand
            : old & ~operand;
          assertEquals(execute(guest, name, Number(csr), BigInt(operand)).reason, "budget");
          const after = (before & ~(mask << shift)) | ((value & mask) << shift);
          const actual = [guest.registers.x(5), guest.registers.fcsr];
          assertEquals(actual, [BigInt(old), after], `${name} ${csr} ${before} ${operand}`);
        }
      }
    }
  }
});

Deno.test("does a CSR instruction whose source is its destination use the value before?", () => {
  const guest = new Guest([encode("csrrw", { rd: 6, csr: fcsr, rs1: 6 })]);
  guest.registers.setX(6, 0x21n);
  guest.registers.fcsr = 0x42;
  guest.run(1);
  assertEquals([guest.registers.x(6), guest.registers.fcsr], [0x42n, 0x21]);
});

Deno.test("does a write without a destination write?", () => {
  const guest = new Guest();
  execute(guest, "csrrwi", fflags, 31n, 0);
  assertEquals([guest.registers.fcsr, guest.registers.x(0)], [31, 0n]);
});

Deno.test("may counters be read and not written, not even with what they hold?", () => {
  for (const csr of [cycle, time, instret]) {
    for (const name of [...WRITES, ...SETS]) {
      for (const operand of [0n, 1n]) {
        const guest = new Guest();
        guest.registers.setX(5, 77n);
        const stop = execute(guest, name, csr, operand);
        const allowed = SETS.includes(name) && operand === 0n;
        assertEquals(stop.reason, allowed ? "budget" : "illegal", `${name} ${csr} ${operand}`);
        assertEquals(guest.registers.x(5), allowed ? 0n : 77n);
        assertEquals(stop.address, allowed ? 0n : BigInt(guest.readNumber(CODE, 4)));
      }
    }
  }
});

Deno.test("does a set from a register that holds zero count as a write?", () => {
  // Only the number x0 makes it a read, as the specification says.
  const guest = new Guest([encode("csrrs", { rd: 5, csr: cycle, rs1: 6 })]);
  assertEquals(guest.run(1).reason, "illegal");
});

Deno.test("is every other CSR illegal, to read as to write?", () => {
  const known: number[] = Object.values(CSR_NUMBER);
  const guest = new Guest();
  for (let csr = 0; csr < 4096; csr++) {
    if (known.includes(csr)) continue;
    for (const name of ["csrrs", "csrrwi"]) {
      const stop = execute(guest, name, csr, 0n);
      if (stop.reason !== "illegal") assertEquals(stop.reason, "illegal", `${name} ${csr}`);
    }
  }
});

Deno.test("do instret and cycle count the instructions in front, in the middle of a run?", () => {
  const nop = encode("addi");
  for (const csr of [cycle, instret]) {
    const code = [
      nop,
      nop,
      nop,
      encode("csrrs", { rd: 5, csr }),
      nop,
      encode("csrrs", { rd: 6, csr }),
    ];
    for (const slice of [1, 2, 3, 5, 100]) {
      const guest = new Guest(code);
      guest.instructions = 1000n;
      for (let left = 6; left > 0; left -= slice) guest.run(Math.min(slice, left));
      assertEquals([guest.registers.x(5), guest.registers.x(6)], [1003n, 1005n]);
    }
  }
});

Deno.test("do counters stay exact over the slices that a long run is cut into?", () => {
  const guest = new Guest([
    encode("csrrs", { rd: 5, csr: instret }),
    encode("addi", { rd: 6, rs1: 6, imm: 1 }),
    encode("jal", { imm: -8 }),
  ]);
  guest.instructions = 2n ** 60n;
  guest.run(700_001);
  assertEquals(guest.registers.x(5), 2n ** 60n + 699_999n);
});

Deno.test("does time tick every 100 ns of instructions and of idling?", () => {
  const expected = [[0n, 0n, 0n], [99n, 0n, 0n], [100n, 0n, 1n], [50n, 50n, 1n], [
    7n,
    12345n,
    123n,
  ]];
  for (const [instructions = 0n, idle = 0n, ticks] of expected) {
    const guest = new Guest();
    guest.instructions = instructions;
    guest.idle_ns = idle;
    execute(guest, "csrrs", time, 0n);
    assertEquals(guest.registers.x(5), ticks);
  }
});

const ROUNDED = BASE_INSTRUCTIONS.filter(({ fields }) => fields.some(({ name }) => name === "rm"));

Deno.test("is a reserved rounding mode illegal in each instruction that has one, without effect?", () => {
  for (const instruction of ROUNDED) {
    // Operands for which the fast path would be taken otherwise, the inexact flag being up or not.
    for (const flags of [0, 1]) {
      const cases = [5, 6].map((rm) => ({ rm, mode: 0 }))
        .concat([5, 6, 7].map((mode) => ({ rm: 7, mode })));
      for (const { rm, mode } of cases) {
        const integer = instruction.fields.some(({ name }) => name === "rd") ? "rd" : "fd";
        const word = encodeInstruction(instruction, { rm, [integer]: 5 });
        const guest = new Guest([word]);
        guest.registers.fcsr = (mode << 5) | flags;
        guest.registers.setX(5, 77n);
        guest.registers.setF(5, 78n);
        const before = guest.registers.clone();
        const what = `${instruction.name} rm ${rm} frm ${mode}`;
        const stop = guest.run(1);
        assertEquals([stop.reason, stop.address], ["illegal", BigInt(word)], what);
        assertEquals(guest.registers.equals(before), true, what);
      }
    }
  }
});

Deno.test("is a legal rounding mode legal, and a reserved one in frm no matter to a static one?", () => {
  for (const instruction of ROUNDED) {
    for (const [rm, mode] of [[0, 7], [1, 5], [2, 6], [3, 7], [4, 5], [7, 0], [7, 4]] as const) {
      const guest = new Guest([encodeInstruction(instruction, { rm })]);
      guest.registers.fcsr = mode << 5;
      assertEquals(guest.run(1).reason, "budget", `${instruction.name} rm ${rm} frm ${mode}`);
    }
  }
});

Deno.test("do instructions without a rounding mode not care for a reserved one in frm?", () => {
  const others = BASE_INSTRUCTIONS.filter(({ name, extension, fields }) =>
    (extension === "F" || extension === "D") && !/^f[ls][wd]$/.test(name) &&
    !fields.some((field) => field.name === "rm")
  );
  for (const instruction of others) {
    const guest = new Guest([encodeInstruction(instruction, {})]);
    guest.registers.fcsr = 7 << 5;
    assertEquals(guest.run(1).reason, "budget", instruction.name);
  }
});
