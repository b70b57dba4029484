// Is the whole interpreter there when the plain one meets what it lacks, and nobody can tell?
import { assertEquals, assertGreater } from "../../std_assert.ts";
import { PhysicalMemory } from "../mod.ts";
import { encode } from "../testing/encode.ts";
import { Guest } from "../testing/guest.ts";
import { encodeInterpreter } from "./interpreter.ts";

const addi = encode("addi", { rd: 5, rs1: 5, imm: 1 });
const toDouble = encode("fcvt.d.l", { fd: 1, rs1: 5, rm: 0 });
const addDouble = encode("fadd.d", { fd: 2, fs1: 2, fs2: 1, rm: 0 });
const ecall = encode("ecall");
const CODE = [addi, addi, toDouble, addDouble, addi, toDouble, addDouble, addi, ecall];

// First in this file: no hart of this process has needed the whole interpreter yet.
Deno.test("does the first float instruction of a process count like any other?", () => {
  const other = new Guest(CODE, { memory: new PhysicalMemory() });
  other.run(1); // a hart that has the plain interpreter when another asks for the whole one
  for (const budgets of [[100], [1], [2, 1], [3, 2], [4, 5, 6]]) {
    const guest = new Guest(CODE, { memory: new PhysicalMemory() });
    for (let i = 0; guest.run(budgets[i % budgets.length]).reason === "budget"; i++);
    assertEquals([guest.instructions, guest.registers.x(5)], [8n, 4n]);
    assertEquals(guest.registers.f(2), 0x4014_0000_0000_0000n, "2 + 3");
  }
  assertEquals(other.run().reason, "ecall");
  assertEquals([other.instructions, other.registers.f(2)], [8n, 0x4014_0000_0000_0000n]);
});

Deno.test("is the plain interpreter, which a process begins with, less than half of the whole one?", () => {
  const [plain, whole] = [encodeInterpreter("plain"), encodeInterpreter("whole")];
  assertGreater(whole.length, 2 * plain.length);
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(plain));
  assertEquals(imports.filter(({ name }) => name === "complete").length, 1);
});
