// Does every mistake give one clear line, with the right place?
import { assertEquals, assertThrows } from "../../std_assert.ts";
import { assemble, AssemblyError, buildExecutable } from "./mod.ts";

/** Source, line, column, reason. */
type Mistake = readonly [source: string, line: number, column: number, reason: string];

const MISTAKES: Readonly<Record<string, readonly Mistake[]>> = {
  "in the characters of the source": [
    ["nop\n  ?", 2, 3, "character '?' has no meaning here"],
    ["nop\n/* never\nclosed", 2, 1, "comment is not closed"],
    ['.ascii "open\nnop', 1, 8, "string is not closed on its line"],
    ['.ascii "\\q"', 1, 8, "escape '\\q' is unknown"],
    [".byte 'é'", 1, 7, "character constant 'é' is not one byte"],
    [".byte 089", 1, 7, "number '089' is octal, but has a digit above 7"],
    [".byte 12abc", 1, 7, "'12abc' is not a number"],
    [".byte 0x1_0", 1, 7, "'0x1_0' is not a number"],
    [".dword 18446744073709551616", 1, 8, "number '18446744073709551616' does not fit in 64 bits"],
  ],
  "in a statement": [
    ["5 nop", 1, 1, "'5' stands where an instruction, a directive or a label belongs"],
    ["frob a0", 1, 1, "unknown instruction 'frob'"],
    [".frob", 1, 1, "unknown directive '.frob'"],
    [".text 1", 1, 7, "'1' stands where the end of the statement belongs"],
    ["x = 1 2", 1, 7, "'2' stands where the end of the statement belongs"],
    ["addi a0, a0, 1 2", 1, 16, "'2' stands where ',' belongs"],
    ["addi a0, a0,", 1, 13, "the statement ends where a value belongs"],
    [".: nop", 1, 1, "'.' cannot be a label"],
    ["0x1: nop", 1, 1, "'0x1' cannot be a label"],
  ],
  "in labels and symbols": [
    ["a:\nb:\n a: nop", 3, 2, "label 'a' is already defined in line 1"],
    [".set a, 1\na:", 2, 1, "label 'a' is already defined by '.set'"],
    ["a:\n.set a, 1", 2, 6, "'a' is already a label, in line 1"],
    ["nop\n j nowhere", 2, 4, "symbol 'nowhere' is not defined"],
    [".dword nowhere", 1, 8, "symbol 'nowhere' is not defined"],
    ["lw a0, a1", 1, 8, "register 'a1' stands where a symbol belongs"],
    ["j 1b", 1, 3, "label '1' is not defined above"],
    ["1: j 1f", 1, 6, "label '1' is not defined below"],
    [". = 5", 1, 1, "'.' cannot be set, use '.space'"],
    [".set a, b\n.set b, a\n.dword a", 1, 9, "symbol 'b' depends on itself or on too many others"],
  ],
  "in expressions": [
    [".dword 1 +", 1, 11, "the statement ends where a value belongs"],
    [".dword (1", 1, 10, "the statement ends where ')' belongs"],
    [".dword 1/0", 1, 9, "division by zero"],
    [".dword 1%(2-2)", 1, 9, "division by zero"],
    [".dword 1 << 64", 1, 10, "shift by 64 is not in 0…63"],
    [".dword 1 >> -1", 1, 10, "shift by -1 is not in 0…63"],
    ["a: b: .dword a + b", 1, 14, "expression is neither a number nor an address"],
    ["a: .dword a * 2", 1, 11, "expression is neither a number nor an address"],
    ["a: .set b, -a", 1, 9, "expression is neither a number nor an address"],
    ["a: j -a", 1, 6, "target is neither a number nor an address"],
    [`.dword ${"(".repeat(2000)}`, 1, 1009, "expression has more than 1000 operations"],
    [`.dword 1${"+1".repeat(2000)}`, 1, 2009, "expression has more than 1000 operations"],
  ],
  "in operands": [
    ["addi a0, a1", 1, 1, "'addi' takes 'rd, rs1, imm', not 'a0, a1'"],
    ["nop a0", 1, 1, "'nop' takes no operands, not 'a0'"],
    ["fence rw", 1, 1, "'fence' takes 'predecessor, successor' or no operands, not 'rw'"],
    ["addi a0, fa0, 1", 1, 10, "operand 2 of 'addi' is 'fa0', not an integer register"],
    ["fadd.s fa0, a0, fa1", 1, 13, "operand 2 of 'fadd.s' is 'a0', not a float register"],
    ["addi a0, a1, a2", 1, 14, "operand 3 of 'addi' is 'a2', not an immediate"],
    [
      "add a0, a1, fa0",
      1,
      13,
      "operand 3 of 'add' is 'fa0', not an integer register or an immediate",
    ],
    ["sw a0, 4", 1, 8, "operand 2 of 'sw' is '4', not memory such as '0(a0)'"],
    ["c.lwsp a0, 4(a0)", 1, 12, "operand 2 of 'c.lwsp' is '4(a0)', not memory such as '0(sp)'"],
    ["c.addi16sp a0, 16", 1, 12, "operand 1 of 'c.addi16sp' is 'a0', not the register 'sp'"],
    ["beq a0, a1, (a2)", 1, 13, "operand 3 of 'beq' is '(a2)', not an address"],
    ["fadd.s fa0, fa0, fa0, up", 1, 23, "operand 4 of 'fadd.s' is 'up', not a rounding mode"],
    ["fence wr, w", 1, 7, "operand 1 of 'fence' is 'wr', not a set out of 'iorw'"],
    ["csrr a0, (a1)", 1, 10, "operand 2 of 'csrr' is '(a1)', not a CSR"],
    ["csrr a0, mstatus", 1, 10, "CSR 'mstatus' of 'csrr' is unknown"],
    ["csrr a0, 0x1000", 1, 10, "CSR 0x1000 of 'csrr' is not in 0…4095"],
    [
      "li a0, b-a\na: nop\nb:",
      1,
      8,
      "operand 2 of 'li' is 'b-a', not a number that is known in this line",
    ],
    [
      "addi a0, a0, x\nx = 1",
      1,
      14,
      "immediate 'x' of 'addi' is not a number that is known in this line",
    ],
    ["lr.w a0, 4(a1)", 1, 10, "'lr.w' takes no offset, only '(register)'"],
    ["lw a0, 4(fred)", 1, 10, "'fred' is not a register"],
    ["lw a0, 4(a0", 1, 12, "the statement ends where ')' belongs"],
  ],
  "in immediates": [
    ["\n\naddi a0, a0, 4096", 3, 14, "immediate 4096 of 'addi' is not in -2048…2047"],
    ["addi a0, a0, -2049", 1, 14, "immediate -2049 of 'addi' is not in -2048…2047"],
    ["sd a0, 2048(sp)", 1, 8, "immediate 2048 of 'sd' is not in -2048…2047"],
    ["slli a0, a0, 64", 1, 14, "immediate 64 of 'slli' is not in 0…63"],
    ["csrwi fcsr, 32", 1, 13, "immediate 32 of 'csrwi' is not in 0…31"],
    ["lui a0, -1", 1, 9, "immediate -1 of 'lui' is not in 0…1048575"],
    ["c.lui a0, 32", 1, 11, "immediate 32 of 'c.lui' is not in 1…31 or 1048544…1048575"],
    ["c.lui a0, 0", 1, 11, "immediate 0 of 'c.lui' is reserved"],
    ["c.addi16sp sp, 0", 1, 16, "immediate 0 of 'c.addi16sp' is reserved"],
    ["c.addi16sp sp, 8", 1, 16, "immediate 8 of 'c.addi16sp' is not a multiple of 16"],
    ["c.lw a0, 128(a0)", 1, 10, "immediate 128 of 'c.lw' is not in 0…124"],
    ["addi a0, a0, 1 << 62", 1, 14, "immediate 1<<62 of 'addi' is not in -2048…2047"],
  ],
  "in compressed instructions": [
    ["c.sub a0, t0", 1, 11, "register 't0' of 'c.sub' is not one of x8…x15 (s0…a5)"],
    ["c.fld ft0, 0(a0)", 1, 7, "register 'ft0' of 'c.fld' is not one of f8…f15 (fs0…fa5)"],
    ["c.jr x0", 1, 1, "'c.jr' does not exist with these operands"],
    ["c.mv a0, x0", 1, 1, "'c.mv' does not exist with these operands"],
    [".option norvc\nc.nop", 2, 1, "'c.nop' is compressed, which '.option norvc' excludes"],
    [".option norvc\nc.unimp", 2, 1, "'c.unimp' is compressed, which '.option norvc' excludes"],
  ],
  "in parts of addresses": [
    ["lui a0, %top(x)", 1, 9, "operator '%top' is unknown"],
    ["lui a0, %hi x", 1, 13, "'x' stands where '(' belongs"],
    ["lui a0, %lo(x)\nx:", 1, 9, "'%lo' has no place in 'lui'"],
    ["addi a0, a0, %hi(x)\nx:", 1, 14, "'%hi' has no place in 'addi'"],
    ["slli a0, a0, %lo(x)\nx:", 1, 14, "'%lo' has no place in 'slli'"],
    ["c.li a0, %lo(x)\nx:", 1, 10, "'%lo' has no place in 'c.li'"],
    [
      "x: lw a0, %pcrel_lo(x)(a0)",
      1,
      11,
      "'%pcrel_lo' needs the label of an instruction with '%pcrel_hi'",
    ],
    ["lui a0, %hi(1 << 40)", 1, 9, "address 1099511627776 does not fit in 32 bits"],
    ["la a0, x\n.set x, y + (1 << 40)\ny:", 1, 8, "distance 1099511627784 does not fit in 32 bits"],
  ],
  "in the reach of jumps": [
    ["j x\n.space 1 << 20\nx:", 1, 3, "target 0x110004 is out of reach, 1048580 bytes from here"],
    [
      "beq a0, a1, x\n.space 1 << 21\nx:",
      1,
      13,
      "target 0x210008 is out of reach, 2097156 bytes from here",
    ],
    ["j .+1", 1, 3, "target 0x10001 is odd, 1 bytes from here"],
  ],
  "in directives": [
    [".section .rom", 1, 10, "section '.rom' is not one of '.text', '.rodata', '.data', '.bss'"],
    [".globl 5", 1, 8, "'5' stands where a symbol belongs"],
    [".equ x", 1, 7, "the statement ends where ',' belongs"],
    [".byte 256", 1, 7, "value 256 of '.byte' is not in -128…255"],
    [".half -32769", 1, 7, "value -32769 of '.half' is not in -32768…65535"],
    [
      ".data\n.word x\n.set x, 1 << 32",
      2,
      7,
      "value 4294967296 of '.word' is not in -2147483648…4294967295",
    ],
    [".align 17", 1, 1, "alignment 17 of '.align' is not in 0…16"],
    [".align -1", 1, 1, "alignment -1 of '.align' is not in 0…16"],
    [".balign 6", 1, 1, "alignment 6 of '.balign' is not a power of two up to 65536"],
    [".balign 131072", 1, 1, "alignment 131072 of '.balign' is not a power of two up to 65536"],
    [".p2align 2, 256", 1, 13, "value 256 of '.p2align' is not in -128…255"],
    [".space -1", 1, 1, "size -1 of '.space' is negative"],
    [".space x\nx:", 1, 8, "'x' is not a number that is known in this line"],
    [".space 1 << 40", 1, 1, "section '.text' is larger than 268435456 bytes"],
    [".bss\n.space 1 << 40", 2, 1, "section '.bss' is larger than 68719476736 bytes"],
    [".bss\n.byte 1", 2, 7, "only zeros can stand in '.bss'"],
    [".bss\nnop", 2, 1, "only zeros can stand in '.bss'"],
    [".bss\nj .", 2, 3, "only zeros can stand in '.bss'"],
    [".bss\n.dword x\nx:", 2, 8, "only zeros can stand in '.bss'"],
    [".ascii 5", 1, 8, "'5' stands where a string belongs"],
    [".float 0x10", 1, 8, "'0x10' is not a decimal number"],
    [".float one", 1, 8, "'one' is not a decimal number"],
    [".float", 1, 7, "the statement ends where a decimal number belongs"],
    [".float 1e39", 1, 8, "number 1e39 is too large for a single"],
    [".double -1e309", 1, 9, "number 1e309 is too large for a double"],
    [".option fast", 1, 9, "option 'fast' is unknown"],
    [".option pic", 1, 9, "option 'pic' is unknown"],
    [".option pop", 1, 9, "'.option pop' has no '.option push' above"],
  ],
};

for (const [where, mistakes] of Object.entries(MISTAKES)) {
  Deno.test(`mistakes ${where} are told with place and reason`, () => {
    for (const [source, line, column, reason] of mistakes) {
      const error = assertThrows(() => assemble(source), AssemblyError, undefined, source);
      const { name, message } = error;
      assertEquals(
        { line: error.line, column: error.column, reason: error.reason },
        { line, column, reason },
        source.slice(0, 100),
      );
      assertEquals(message, `Cannot assemble line ${line}, column ${column}: ${reason}`);
      assertEquals(name, "AssemblyError");
    }
  });
}

Deno.test("a program without instructions cannot be built", () => {
  assertThrows(
    () => buildExecutable(".data\n.byte 1"),
    AssemblyError,
    "Cannot assemble line 1, column 1: program has no instruction in '.text'",
  );
});

Deno.test("a base that no segment can begin at is refused", () => {
  for (const base of [1, -4096, 0.5, NaN, 2 ** 47]) {
    assertThrows(() => assemble("nop", { base }), RangeError, `Base ${base} is not a multiple`);
  }
});
