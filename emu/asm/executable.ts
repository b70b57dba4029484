/** From source text to a program that a kernel can run. */
import { assemble, type AssembleOptions } from "./assembler.ts";
import { writeElf } from "./elf.ts";
import { AssemblyError } from "./error.ts";

/** A program and what is known about it. */
export interface Executable {
  /** A static ELF64 file. */
  readonly bytes: Uint8Array;
  /** Address of the first instruction. */
  readonly entry: bigint;
  /** Values of the labels and of the symbols that are set: unsigned, 64 bits. */
  readonly symbols: ReadonlyMap<string, bigint>;
}

/**
 * Assembles a source (see {@linkcode assemble}) into a static executable. It starts at `_start`, or
 * at the beginning of `.text` where there is no such symbol. `.text` can be read and executed,
 * `.rodata` read, `.data` and `.bss` read and written.
 *
 * @throws AssemblyError when the source is wrong or has no instructions.
 *
 * @example
 * ```ts
 * import { buildExecutable } from "./mod.ts";
 *
 * const { bytes, entry, symbols } = buildExecutable(`
 *           .section .rodata
 *   message: .ascii "hello\\n"
 *           .equ length, . - message
 *           .text
 *           .globl _start
 *   _start: li a0, 1            # standard output
 *           la a1, message
 *           li a2, length
 *           li a7, 64           # write
 *           ecall
 *           li a0, 0
 *           li a7, 93           # exit
 *           ecall
 * `);
 * if (bytes[0] !== 0x7f || entry !== symbols.get("_start")) throw new Error("No executable");
 * ```
 */
export function buildExecutable(source: string, options: AssembleOptions = {}): Executable {
  const assembly = assemble(source, options);
  const text = assembly.sections.get(".text");
  if (text === undefined) {
    throw new AssemblyError({ line: 1, column: 1 }, "program has no instruction in '.text'");
  }
  const { symbols } = assembly;
  const entry = symbols.get("_start") ?? BigInt(text.address);
  return { bytes: writeElf(assembly, entry), entry, symbols };
}
