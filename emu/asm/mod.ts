/**
 * The assembler and the disassembler: both are derived from the instruction table and from one table
 * of pseudo-instructions, and take the notation of GNU's tools.
 *
 * ```text
 * source ─ lexer ─→ statements ─ operand, match, emit ─→ fragments ─ layout, link ─→ bytes ─ elf ─→ file
 *                              └ directives ──────────┘
 * ```
 *
 * **Source.** Statements end with a line or `;`. Comments: `#` and `//` to the line's end, and C's. Labels: `name:`, `1:`
 * with `1b` and `1f`, and `.` for here. Expressions: 64 bits, `+ - * / % << >> & | ^ ~ ( )`, numbers
 * (decimal, 0x, 0b, octal with a leading 0, `'c'`), symbols. Operands as GNU as writes them, with
 * `%hi %lo %pcrel_hi %pcrel_lo`, all of RV64GC, and its usual pseudo-instructions.
 *
 * **Directives.** `.text .data .bss .section` (`.text .rodata .data .bss`); `.globl`; `.align .p2align
 * .balign`; `.byte .half .word .dword` and their synonyms; `.float .double`; `.ascii .asciz .string`;
 * `.zero .space .skip`; `.equ .set` and `name = value`; `.option rvc norvc push pop`. `.size .type
 * .file .ident .local .loc .attribute .cfi_*` are passed over.
 *
 * **GNU as** (2.40, `-march=rv64gc -mno-relax`) gives the same bytes, after linking without
 * relaxation, with these differences:
 *
 * - Numbers that do not fit `.byte` and the like are errors, not warnings.
 * - A difference of labels counts as a number wherever nothing of variable size lies between them;
 *   GNU as takes it in data only. A branch to a number takes the shortest form that reaches it.
 * - Decimal fractions that lie in the middle between two floats go to the even one; GNU as rounds
 *   them away from zero.
 * - `pause`, rounding modes on conversions that are exact, `c.nop 0` and compressed shifts by 0 are
 *   taken; `c.addi` of x0 is not, for it is `c.nop`; nor are macros, conditionals, other sections.
 *
 * @module
 */
export {
  assemble,
  type AssembledSection,
  type AssembledSymbol,
  type AssembleOptions,
  type Assembly,
} from "./assembler.ts";
export {
  disassemble,
  disassembleBytes,
  type DisassembledLine,
  type DisassembleOptions,
} from "./disassembler.ts";
export { AssemblyError, type Position } from "./error.ts";
export { buildExecutable, type Executable } from "./executable.ts";
export type { SectionName } from "./section.ts";
