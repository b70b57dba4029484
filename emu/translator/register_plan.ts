/**
 * What is known of the registers where each block of a region begins: which integer registers hold
 * words (sign extensions of 32 bits), and of which only the 32 bits need be there, because all ways to
 * the block come with a word and some with nothing but its 32 bits; and which float registers are
 * singles on all ways.
 */
import { effectsOf, type Meaning } from "../isa/mod.ts";
import {
  FunctionBody,
  type I32,
  i32,
  type I64,
  i64,
  isSignExtension,
  knownWord,
} from "../wasm/mod.ts";
import { NO_KNOWLEDGE, type RegisterKnowledge } from "./register_locals.ts";
import type { Block, PlacedOperation, Region } from "./region.ts";

/** What is known of a register, from nothing to 32 bits that are to be made 64 when needed. */
const ANYTHING = 0;
const WORD = 1;
const NARROW = 2;

/** Integer registers, and behind them the float registers. */
const REGISTERS = 64;
const FLOATS = 32;

/** The knowledge at the beginning of each block. */
export class RegisterPlan {
  readonly #begin: Uint8Array[] = [];

  constructor(region: Region) {
    const pending = new Set(region.entries.values());
    for (const node of pending) this.#begin[node] = new Uint8Array(REGISTERS);
    for (const node of pending) {
      pending.delete(node);
      const block = region.blocks[node];
      const begin = this.#begin[node];
      if (block === undefined || begin === undefined) continue;
      const end = stateBehind(block, begin);
      for (const target of block.successors) if (this.#meet(target, end)) pending.add(target);
    }
  }

  /** What is known at a block's beginning. */
  at(node: number): RegisterKnowledge {
    const state = this.#begin[node];
    if (state === undefined) return NO_KNOWLEDGE;
    const setOf = (what: number, first: number) => {
      let set = 0;
      for (let i = 0; i < 32; i++) if (state[first + i] === what) set |= 1 << i;
      return set;
    };
    return { narrow: setOf(NARROW, 0), words: setOf(WORD, 0), singles: setOf(NARROW, FLOATS) };
  }

  /** Takes note that a block is also reached with this knowledge; true when that changes it. */
  #meet(node: number, state: Uint8Array): boolean {
    const known = this.#begin[node];
    if (known === undefined) {
      this.#begin[node] = state.slice();
      return true;
    }
    let changed = false;
    for (let register = 0; register < REGISTERS; register++) {
      const a = known[register] ?? ANYTHING;
      const b = state[register] ?? ANYTHING;
      const both = a === ANYTHING || b === ANYTHING ? ANYTHING : Math.max(a, b);
      changed ||= both !== a;
      known[register] = both;
    }
    return changed;
  }
}

function stateBehind({ operations, ending }: Block, begin: Uint8Array): Uint8Array {
  // What a call has left is not known.
  if (ending.kind === "call") return new Uint8Array(REGISTERS);
  const state = begin.slice();
  for (const operation of operations) {
    const { rd = 0, fd } = operation.fields;
    if (rd !== 0) state[rd] = resultOf(operation, state);
    // All instructions for singles box what they give.
    const isSingle = operation.instruction.extension === "F";
    if (fd !== undefined) state[FLOATS + fd] = isSingle ? NARROW : ANYTHING;
  }
  return state;
}

const UNKNOWN_32: I32 = { type: "i32", emit: () => {} };
const UNKNOWN: I64 = { type: "i64", emit: () => {} };
const OF_STATE: readonly I64[] = [UNKNOWN, knownWord(UNKNOWN), i64.extend_s(UNKNOWN_32)];
/** What is known of x0. */
const ZERO = OF_STATE.length;
const NOBODY = new FunctionBody({ parameters: [], results: [] });

/** Results of {@linkcode resultOf} that depend on nothing but the instruction, its immediate and the operands. */
const RESULTS = new Map<number, number>();
const IMMEDIATES = 2 ** 32;

/** What an instruction leaves in its integer destination. */
function resultOf(operation: PlacedOperation, state: Uint8Array): number {
  const { instruction, fields } = operation;
  const { id, extension } = instruction;
  if (effectsOf(instruction).transfers || (extension !== "I" && extension !== "M")) return ANYTHING;
  const known = (register = 0) => register === 0 ? ZERO : state[register] ?? ANYTHING;
  const [rs1, rs2] = [known(fields.rs1), known(fields.rs2)];
  const operands = (id * (ZERO + 1) + rs1) * (ZERO + 1) + rs2;
  const key = operands * IMMEDIATES + (fields.imm ?? 0) + IMMEDIATES / 2;
  const remembered = RESULTS.get(key);
  if (remembered !== undefined) return remembered;
  const { result, isOfPlace } = resultHere(operation, rs1, rs2);
  if (!isOfPlace) RESULTS.set(key, result);
  return result;
}

/** Listens to what an instruction gives, and whether it asks where it is. */
function resultHere(
  { instruction, fields, address, length }: PlacedOperation,
  rs1: number,
  rs2: number,
): { result: number; isOfPlace: boolean } {
  const valueOf = (known: number) => OF_STATE[known] ?? i64.const(0n);
  let [result, isOfPlace] = [ANYTHING, false];
  const place = (at: number) => {
    isOfPlace = true;
    return i64.const(BigInt(at));
  };
  const listener: Partial<Meaning> = {
    body: NOBODY,
    rs1: valueOf(rs1),
    rs2: valueOf(rs2),
    imm: i64.const(BigInt(fields.imm ?? 0)),
    get pc() {
      return place(address);
    },
    get next() {
      return place(address + length);
    },
    load: (kind, _address, use) => use(i64[kind](i32.const(0))),
    setRd(given) {
      result = isSignExtension(given) ? NARROW : given.isWord === true ? WORD : ANYTHING;
    },
  };
  instruction.semantics(listener as Meaning);
  return { result, isOfPlace };
}
