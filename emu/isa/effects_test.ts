// Is what is heard from the semantics what the specification says of these instructions?
import { assertEquals } from "../../std_assert.ts";
import { effectsOf } from "./effects.ts";
import { BASE_INSTRUCTIONS } from "./table.ts";

function namesOf(wanted: (effects: ReturnType<typeof effectsOf>) => unknown): string {
  return BASE_INSTRUCTIONS.filter((each) => wanted(effectsOf(each))).map(({ name }) => name)
    .join(" ");
}

Deno.test("are branches, jumps and stops heard where there are some, and nowhere else?", () => {
  assertEquals(namesOf(({ branch }) => branch === "conditional"), "beq bne blt bge bltu bgeu");
  assertEquals(namesOf(({ branch }) => branch === "always"), "jal");
  assertEquals(namesOf(({ jumps }) => jumps), "jalr");
  assertEquals(namesOf(({ stops }) => stops), "ecall ebreak");
});

Deno.test("do those that branch or jump transfer control, and nothing else?", () => {
  const expected = "jal jalr beq bne blt bge bltu bgeu";
  assertEquals(namesOf(({ transfers }) => transfers).split(" ").sort(), expected.split(" ").sort());
});

Deno.test("do accesses have the width that the letter of the mnemonic says?", () => {
  const widths = { b: 1, h: 2, w: 4, d: 8 };
  for (const instruction of BASE_INSTRUCTIONS) {
    const { name } = instruction;
    const [, letter] = /^(?:f?[ls]|(?:lr|sc|amo\w+)\.)([bhwd])u?$/.exec(name) ?? [];
    const { access } = effectsOf(instruction);
    assertEquals(access?.width, widths[letter as keyof typeof widths], name);
    if (access === undefined) continue;
    assertEquals(access.atomic, instruction.extension === "A", name);
    assertEquals(access.write, /^(f?s[bhwd]|sc|amo.*)(\.|$)/.test(name), name);
  }
});
