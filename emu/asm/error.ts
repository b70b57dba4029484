/** Where something stands in assembly source, and the one error that the assembler throws. */

/** A place in the source. */
export interface Position {
  /** Line, from 1. */
  readonly line: number;
  /** Column in UTF-16 units, from 1. */
  readonly column: number;
}

/**
 * Thrown when source text is not a program that can be assembled.
 *
 * @example
 * ```ts
 * import { assemble, AssemblyError } from "./mod.ts";
 *
 * try {
 *   assemble("nop\n  addi a0, a0, 4096");
 * } catch (error) {
 *   if (!(error instanceof AssemblyError)) throw error;
 *   console.log(error.line, error.column, error.reason);
 *   // 2 16 immediate 4096 of 'addi' is not in -2048…2047
 * }
 * ```
 */
export class AssemblyError extends Error implements Position {
  /** The name of the class. */
  override readonly name = "AssemblyError";
  /** Line of the source, from 1. */
  readonly line: number;
  /** Column in UTF-16 units, from 1. */
  readonly column: number;
  /** What is wrong there, on one line and without a full stop. */
  readonly reason: string;

  /** An error at a place in the source, for a reason. */
  constructor(position: Position, reason: string) {
    super(`Cannot assemble line ${position.line}, column ${position.column}: ${reason}`);
    this.line = position.line;
    this.column = position.column;
    this.reason = reason;
  }
}
