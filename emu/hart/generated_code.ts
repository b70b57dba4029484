/**
 * What the interpreter and translated code have in common: the host's functions, how the TLBs and
 * the entries are looked up, and how translated code is called.
 */
import {
  FLOAT_OPERATIONS,
  type FloatOperation,
  type LoadKind,
  writeExactOperation,
} from "../isa/mod.ts";
import type { AccessWidth, CsrUpdate } from "../isa/instruction.ts";
import { ENTRIES, HART, PAGE_SIZE, TLB, TRAIL } from "../memory/layout.ts";
import {
  type Callable,
  callValue,
  type FunctionBody,
  type I32,
  i32,
  type I64,
  i64,
  type ModuleBuilder,
  type Signature,
  type StoreKind,
} from "../wasm/mod.ts";

export { LOAD_WIDTH } from "../isa/mod.ts";

/** Loads by the number that generated code passes. */
export const LOAD_KINDS: readonly LoadKind[] = [
  "load8_s",
  "load8_u",
  "load16_s",
  "load16_u",
  "load32_s",
  "load32_u",
  "load",
];
export const STORE_KIND: Readonly<Record<AccessWidth, StoreKind>> = {
  1: "i64_8",
  2: "i64_16",
  4: "i64_32",
  8: "i64",
};
/** CSR updates by the number that generated code passes. */
export const CSR_UPDATES: readonly CsrUpdate[] = ["write", "set", "clear"];

/** What the interpreter asks of its host; addresses are guest addresses unless said otherwise. */
export interface InterpreterHost {
  /** A record (its address in linear memory) was written for `pc`, where there may be translated code. */
  decoded(record: number, pc: bigint): void;
  /** Number of the translated function to enter at `pc`, or 0; remembers it among the entries. */
  enter(pc: bigint): number;
  /** The word of an instruction across a page edge; -1 when it faults. */
  fetchStraddling(pc: bigint): bigint;
  /** Address of the decoded page for `pc`, or 0 when it faults. */
  fetch(pc: bigint): number;
  /** A load that missed the TLB, of a kind of {@linkcode LOAD_KINDS}; may set the stop reason. */
  load(address: bigint, kind: number): bigint;
  /** Place of the bytes (or of a copy) of a load that missed the TLB, or 0 when it faults. */
  locate(address: bigint, width: number): number;
  /** A store that missed the TLB; 0 when it faults. */
  store(address: bigint, value: bigint, width: number): number;
  /** Address in linear memory for an aligned access, or 0 when it faults; `write` 0 or 1. */
  translate(address: bigint, width: number, write: number): number;
  /** Reads a CSR and changes it as {@linkcode CSR_UPDATES} says; may set the stop reason. */
  csr(number: number, update: number, writes: number, operand: bigint): bigint;
  /** An operation of `FLOAT_OPERATIONS`, in a legal rounding mode. */
  softFloat(operation: number, roundingMode: number, a: bigint, b: bigint, c: bigint): bigint;
}

export type HostFunctions = Readonly<Record<keyof InterpreterHost, Callable>>;

/** The mask that leaves a page's address. */
export const PAGE_MASK = -BigInt(PAGE_SIZE);
/** The base of addresses that are known while generating. */
export const NOWHERE = i32.const(0);

/**
 * Translated code takes the budget, how deep it may call, and where to begin, and gives the next address (with bit
 * 0 set when everybody who called it shall return too) and the budget that is left.
 */
export const TRANSLATED: Signature = {
  parameters: ["i32", "i32", "i32"],
  results: ["i64", "i32"],
};

export function importHost(module: ModuleBuilder): HostFunctions {
  const define = (
    name: keyof InterpreterHost,
    parameters: readonly ("i32" | "i64")[],
    ...results: readonly ("i32" | "i64")[]
  ) => module.importFunction("host", name, { parameters, results });
  return {
    decoded: define("decoded", ["i32", "i64"]),
    enter: define("enter", ["i64"], "i32"),
    fetchStraddling: define("fetchStraddling", ["i64"], "i64"),
    fetch: define("fetch", ["i64"], "i32"),
    load: define("load", ["i64", "i32"], "i64"),
    locate: define("locate", ["i64", "i32"], "i32"),
    store: define("store", ["i64", "i64", "i32"], "i32"),
    translate: define("translate", ["i64", "i32", "i32"], "i32"),
    csr: define("csr", ["i32", "i32", "i32", "i64"], "i64"),
    softFloat: define("softFloat", ["i32", "i32", "i64", "i64", "i64"], "i64"),
  };
}

/** Notes in the trail that the indirect jump at `pc` goes to `target`. */
export function recordJump(body: FunctionBody, pc: I64, target: I64): void {
  body.let(i32.load(NOWHERE, HART.trailNext), (at) => {
    body.store("i64", at, pc, TRAIL.base);
    body.store("i64", at, target, TRAIL.base + TRAIL.target);
    const behind = i32.add(at, i32.const(TRAIL.size));
    const next = i32.and(behind, i32.const((TRAIL.entries - 1) * TRAIL.size));
    body.store("i32", NOWHERE, next, HART.trailNext);
  });
}

/** Offset of an address's entry from the beginning of the entries. */
export function entrySlot(pc: I64): I32 {
  const indexed = i32.shl(i32.wrap(pc), i32.const(3));
  return i32.and(indexed, i32.const((ENTRIES.entries - 1) * ENTRIES.size));
}

/** Offset of a page's entry from the beginning of a TLB. */
export function tlbSlot(address: I64): I32 {
  const indexed = i32.shr_u(i32.wrap(address), i32.const(8));
  return i32.and(indexed, i32.const((TLB.entries - 1) * TLB.entrySize));
}

export function stopped(): I32 {
  return i32.load(NOWHERE, HART.stopReason);
}

/** 1 when the entry is for the address's page and the access is aligned. */
export function tlbHit(tlb: number, slot: I32, address: I64, width: AccessWidth): I32 {
  const tag = i64.and(address, i64.const(PAGE_MASK | BigInt(width - 1)));
  return i64.eq(i64.load(slot, tlb), tag);
}

/** The address in linear memory, once the entry is known to be right. */
export function tlbPlace(tlb: number, slot: I32, address: I64): I32 {
  return i32.add(i32.wrap(address), i32.load(slot, tlb + 8));
}

/** The float operations of a module, each defined when it is first asked for. */
export class ExactOperations {
  readonly #module: ModuleBuilder;
  readonly #host: HostFunctions;
  readonly #defined = new Map<FloatOperation, Callable>();

  constructor(module: ModuleBuilder, host: HostFunctions) {
    this.#module = module;
    this.#host = host;
  }

  /** The result of an operation on raw bits; it raises flags. */
  value(operation: FloatOperation, roundingMode: I32, operands: readonly I64[]): I64 {
    const none = i64.const(0n);
    const [a = none, b = none, c = none] = operands;
    return callValue("i64", this.#function(operation), [roundingMode, a, b, c]);
  }

  #function(operation: FloatOperation): Callable {
    const known = this.#defined.get(operation);
    if (known !== undefined) return known;
    const signature: Signature = { parameters: ["i32", "i64", "i64", "i64"], results: ["i64"] };
    const defined = this.#module.defineFunction(signature, (body) => {
      const number = i32.const(FLOAT_OPERATIONS.indexOf(operation));
      const parameters = signature.parameters.map((type, i) => body.parameter(i, type));
      const soft = callValue("i64", this.#host.softFloat, [number, ...parameters]);
      const raised = i32.or(i32.load(NOWHERE, HART.fcsr), i32.const(1));
      const raiseInexact = () => body.store("i32", NOWHERE, raised, HART.fcsr);
      writeExactOperation(body, operation, raiseInexact, soft);
    });
    this.#defined.set(operation, defined);
    return defined;
  }
}
