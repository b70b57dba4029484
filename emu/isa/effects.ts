/**
 * What an instruction can do besides computing, found by listening to its semantics: for whoever
 * needs to know, without executing it, that an instruction stores four bytes or may not go on behind.
 */
import { FunctionBody, type I32, i32, type I64, i64 } from "../wasm/mod.ts";
import type { AccessWidth, BaseInstruction, LoadKind, Meaning } from "./instruction.ts";

/** Bytes that a load reads. */
export const LOAD_WIDTH: Readonly<Record<LoadKind, AccessWidth>> = {
  load8_s: 1,
  load8_u: 1,
  load16_s: 2,
  load16_u: 2,
  load32_s: 4,
  load32_u: 4,
  load: 8,
};

/** How an instruction accesses memory. */
export interface MemoryAccess {
  readonly width: AccessWidth;
  readonly write: boolean;
  /** The address must be a multiple of the width. */
  readonly atomic: boolean;
}

/** What an instruction can do. */
export interface Effects {
  readonly access: MemoryAccess | undefined;
  /** It goes on at `pc + imm`: always, or depending on its operands. */
  readonly branch: "always" | "conditional" | undefined;
  /** It goes on at an address from a register. */
  readonly jumps: boolean;
  /** The next instruction is not always the one behind: it branches or jumps. */
  readonly transfers: boolean;
  /** It stops the hart whatever its operands: a system call or a breakpoint. */
  readonly stops: boolean;
}

/** By the instruction's number. */
const KNOWN: Effects[] = [];

/** The effects of an instruction. */
export function effectsOf(instruction: BaseInstruction): Effects {
  const known = KNOWN[instruction.id];
  if (known !== undefined) return known;
  const listener = new Listener();
  instruction.semantics(listener);
  const { access, branched, jumps, stops } = listener;
  const transfers = jumps || branched !== undefined;
  return KNOWN[instruction.id] = { access, branch: branched, jumps, transfers, stops };
}

const ANY = i64.const(0n);
const FLAG = i32.const(0);

/** Takes note of effects; whatever else is generated goes into a function that is thrown away. */
class Listener implements Meaning {
  readonly body: FunctionBody = new FunctionBody({ parameters: [], results: [] });
  readonly rs1: I64 = ANY;
  readonly rs2: I64 = ANY;
  readonly fs1: I64 = ANY;
  readonly fs2: I64 = ANY;
  readonly fs3: I64 = ANY;
  readonly imm: I64 = ANY;
  readonly zimm: I64 = ANY;
  readonly pc: I64 = ANY;
  readonly next: I64 = ANY;
  readonly reservation: I64 = ANY;
  readonly reservedValue: I64 = ANY;
  readonly rs1IsZero: I32 = FLAG;
  readonly roundingMode: I32 = FLAG;
  readonly inexactNearest: I32 = FLAG;
  readonly inexact: I32 = FLAG;
  access: MemoryAccess | undefined;
  branched: "always" | "conditional" | undefined;
  jumps = false;
  stops = false;

  setRd(): void {}

  setFd(): void {}

  reserve(): void {}

  illegal(): void {}

  load(kind: LoadKind, _address: I64, use: (value: I64) => void): void {
    this.access = { width: LOAD_WIDTH[kind], write: false, atomic: false };
    use(ANY);
  }

  store(width: AccessWidth): void {
    this.access = { width, write: true, atomic: false };
  }

  atomic(width: 4 | 8, _address: I64, access: "read" | "write", use: (place: I32) => void): void {
    this.access = { width, write: access === "write", atomic: true };
    use(FLAG);
  }

  branch(condition?: I32): void {
    this.branched = condition === undefined ? "always" : "conditional";
  }

  jump(): void {
    this.jumps = true;
  }

  csr(_update: unknown, _operand: I64, _writes: I32, use: (old: I64) => void): void {
    use(ANY);
  }

  softFloat(_operation: unknown, _operands: unknown, use: (result: I64) => void): void {
    use(ANY);
  }

  environmentCall(): void {
    this.stops = true;
  }

  breakpoint(): void {
    this.stops = true;
  }
}
