// Where do code, data and symbols end up, and what do the bytes look like? (What the bytes must be in
// general is judged by GNU as, in gnu_test.ts; these few are known without it.)
import fc from "npm:fast-check@4";
import { assert, assertEquals } from "../../std_assert.ts";
import { assemble, type AssembleOptions, AssemblyError, disassembleBytes } from "./mod.ts";
import { Random } from "../testing/random.ts";
import { branchLines, instructionLines } from "./testing/corpus.ts";

/** The code of a source, disassembled as it is. */
function codeOf(source: string, options: AssembleOptions = {}): string[] {
  const text = assemble(source, options).sections.get(".text");
  return disassembleBytes(text?.bytes ?? new Uint8Array(0), text?.address).map(({ text }) => text);
}

function bytesOf(source: string, section: ".text" | ".rodata" | ".data" = ".data"): number[] {
  return [...assemble(source).sections.get(section)?.bytes ?? []];
}

Deno.test("instructions are compressed where that is possible, unless told otherwise", () => {
  assertEquals(codeOf("addi a0, a0, 1"), ["c.addi a0,1"]);
  assertEquals(codeOf("addi a0, a0, 32"), ["addi a0,a0,32"]);
  assertEquals(codeOf("addi a0, a0, 1", { compressed: false }), ["addi a0,a0,1"]);
  const source = ".option push; .option norvc; ret; .option pop; ret; .option rvc; nop";
  assertEquals(codeOf(source), ["jalr zero,0(ra)", "c.jr ra", "c.nop"]);
});

Deno.test("constants of any size are loaded by as many instructions as they need", () => {
  assertEquals(codeOf("li a0, -1"), ["c.li a0,-1"]);
  assertEquals(codeOf("li a0, 0x12345678"), ["lui a0,0x12345", "addiw a0,a0,1656"]);
  assertEquals(codeOf("li a0, 1 << 40"), ["addiw a0,zero,1", "c.slli a0,0x28"]);
  assertEquals(codeOf("li a0, 0x123456789abcdef0").length, 8);
});

Deno.test("branches are as long as their distance wants", () => {
  const over = (gap: number, branch = "beqz a0, x") => codeOf(`${branch}; .zero ${gap}; x: nop`)[0];
  assertEquals(over(252), "c.beqz a0,0x100fe");
  assertEquals(over(254), "beq a0,zero,0x10102");
  assertEquals(over(4090), "beq a0,zero,0x10ffe");
  assertEquals(over(4092), "c.bnez a0,0x10006"); // over a jump
  assertEquals(over(4092, "blt a0, a1, x"), "bge a0,a1,0x10008");
  assertEquals(over(2044, "j x"), "c.j 0x107fe");
  assertEquals(over(2046, "j x"), "jal zero,0x10802");
});

Deno.test("labels can be used before and behind their definition, numbered ones again and again", () => {
  assertEquals(codeOf("1: j 1b; j 1f; 1: j 1b"), [
    "c.j 0x10000",
    "c.j 0x10004",
    "c.j 0x10004",
  ]);
  const { symbols } = assemble("a: nop; b: c: nop; d:");
  assertEquals([...symbols], [["a", 0x10000n], ["b", 0x10002n], ["c", 0x10002n], ["d", 0x10004n]]);
});

Deno.test("sections begin at pages, in the order text, rodata, data, bss", () => {
  const { sections } = assemble(`
    .bss
    counter: .space 8
    .data
    .byte 1
    .section .rodata
    .word 2
    .text
    nop
  `);
  assertEquals(
    [...sections.values()].map((
      { name, address, size, bytes },
    ) => [name, address, size, [...bytes]]),
    [
      [".text", 0x10000, 2, [1, 0]],
      [".rodata", 0x11000, 4, [2, 0, 0, 0]],
      [".data", 0x12000, 1, [1]],
      [".bss", 0x12001, 8, []],
    ],
  );
});

Deno.test("a section that is aligned to more than a page begins there", () => {
  const { sections, symbols } = assemble("nop; .data; .balign 65536; x: .byte 1; .bss; y: .zero 1");
  assertEquals(sections.get(".data")?.address, 0x20000);
  assertEquals([...symbols], [["x", 0x20000n], ["y", 0x20001n]]);
});

Deno.test("'.bss' without '.data' has a page to itself, for it can be written", () => {
  assertEquals(assemble("nop; .bss; x: .zero 1").symbols.get("x"), 0x11000n);
});

Deno.test("empty sections take no place, but their labels have an address", () => {
  const { sections, symbols } = assemble("nop; .data; x: .bss; end:");
  assertEquals([...sections.keys()], [".text"]);
  assertEquals([...symbols], [["x", 0x11000n], ["end", 0x11000n]]);
});

Deno.test("the base can be chosen", () => {
  const { sections, symbols } = assemble("a: .dword a; .data; .byte 1", { base: 2 ** 46 });
  assertEquals(symbols.get("a"), 1n << 46n);
  assertEquals(sections.get(".data")?.address, 2 ** 46 + 4096);
});

Deno.test("addresses are split over two instructions", () => {
  assertEquals(codeOf("nop; la a0, x; .data; .zero 0x900; x: .byte 1").slice(1), [
    "auipc a0,0x2", // from 0x10002 to 0x11900
    "addi a0,a0,-1794",
  ]);
  assertEquals(codeOf("call f; f: ret"), ["auipc ra,0x0", "jalr ra,8(ra)", "c.jr ra"]);
  assertEquals(codeOf("lui a0, %hi(x); lw a0, %lo(x)(a0); x = 0x12fff"), [
    "lui a0,0x13",
    "lw a0,-1(a0)",
  ]);
  assertEquals(codeOf("1: auipc a0, %pcrel_hi(x); nop; lw a0, %pcrel_lo(1b)(a0); x: nop"), [
    "auipc a0,0x0",
    "c.nop",
    "lw a0,10(a0)",
    "c.nop",
  ]);
});

Deno.test("symbols that are set mean what they meant last", () => {
  assertEquals(bytesOf(".data; x = 1; .byte x; x = x + 1; .byte x; .set x, 9; .byte x"), [1, 2, 9]);
  assertEquals(bytesOf(".data; .byte x; .equ x, y + 1; .equ y, 4"), [5]);
  const { symbols, symbolTable } = assemble("a: nop; .set b, a + 1; c = -1; .globl a");
  assertEquals([...symbols], [["a", 0x10000n], ["b", 0x10001n], ["c", 2n ** 64n - 1n]]);
  assertEquals(symbolTable.map(({ section, isGlobal }) => [section, isGlobal]), [
    [".text", true],
    [undefined, false],
    [undefined, false],
  ]);
});

Deno.test("a length that is known is a number everywhere", () => {
  const source =
    `.section .rodata; m: .ascii "hello"; .equ n, . - m; .text; li a0, n; addi a0, a0, n`;
  assertEquals(codeOf(source), ["c.li a0,5", "c.addi a0,5"]);
});

Deno.test("data directives write little-endian numbers, floats and strings", () => {
  assertEquals(bytesOf(".data; .half 0x1234; .byte -1, 'a', '\\n'"), [0x34, 0x12, 255, 97, 10]);
  assertEquals(bytesOf(".data; .dword -2"), [254, ...new Array(7).fill(255)]);
  assertEquals(bytesOf(".data; .float -1.5"), [0, 0, 0xc0, 0xbf]);
  assertEquals(bytesOf(".data; .double 0.1"), [0x9a, ...new Array(5).fill(0x99), 0xb9, 0x3f]);
  assertEquals(bytesOf('.data; .asciz "h\\x41\\101" "é", ""'), [104, 65, 65, 0xc3, 0xa9, 0, 0]);
  assertEquals(bytesOf(".data; .byte 1; .zero 2; .skip 2, 7"), [1, 0, 0, 7, 7]);
  assertEquals(bytesOf(".data; .byte 1; .balign 4; .byte 2; .p2align 2, 9"), [
    1,
    0,
    0,
    0,
    2,
    9,
    9,
    9,
  ]);
});

Deno.test("gaps in code are filled with instructions", () => {
  assertEquals(codeOf("nop; .balign 16; ret").slice(1, -1), [
    "c.nop",
    ...new Array(3).fill("addi zero,zero,0"),
    "c.jr ra",
    "c.nop",
    "addi zero,zero,0",
    "addi zero,zero,0",
  ]);
});

Deno.test("comments and separators are where C and GNU as have them", () => {
  const source = "nop # one ; ret\n/* two\n*/ nop // three\n;; nop /* four */; nop";
  assertEquals(codeOf(source), new Array(4).fill("c.nop"));
});

Deno.test("zeros in '.bss' cost nothing, however many", () => {
  const { sections } = assemble("nop; .bss; .space 1 << 35");
  assertEquals(sections.get(".bss")?.size, 2 ** 35);
  assertEquals(sections.get(".bss")?.bytes.length, 0);
});

/** Nothing but an AssemblyError comes out of it. */
function survives(source: string): void {
  try {
    assemble(source);
  } catch (error) {
    assert(error instanceof AssemblyError, `${error} for ${JSON.stringify(source)}`);
    assert(error.line >= 1 && error.column >= 1, source);
    assert(!error.reason.includes("\n") && !error.reason.endsWith("."), error.reason);
  }
}

Deno.test("whatever the source, it is assembled or refused with a reason", () => {
  const words = fc.constantFrom(
    ..."addi c.lw la li beqz .byte .set .equ .align .float .section .bss .option rvc pop a0 fa0 sp x"
      .split(" "),
    ..."1f 1b 0x10 -5 1.5 'a ( ) , : ; + - * / % << >> = @ %hi ~".split(" "),
    ...'\n|# |// |/* |*/ |\\|"|"a\\n"|é|\0'.split("|"),
  );
  const soup = fc.array(fc.tuple(words, fc.constantFrom("", " ", "\n")), { maxLength: 30 });
  fc.assert(
    fc.property(soup, (parts) => survives(parts.flat().join(""))),
    { seed: 0x2008, numRuns: 3000 },
  );
});

Deno.test("a good source with one damaged place is assembled or refused with a reason", () => {
  const random = new Random(5);
  const lines = [...instructionLines(random, 1), ...branchLines(random, 100)];
  for (const line of lines) {
    const at = random.below(line.length);
    const damage = random.pick(["", "?", "(", ",", "9", "a", " ", "-", "%", ".", '"', "'", "\n"]);
    survives(line.slice(0, at) + damage + line.slice(at + 1));
  }
});
