/**
 * The body of one WebAssembly function: locals, structured control flow and stores, written in
 * order. Values come as expressions; labels are objects, so that nobody counts block depths.
 */
import { ByteWriter } from "./byte_writer.ts";
import type { Expression, I32, ValueType } from "./expression.ts";

const TYPE_CODE: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** The binary code of a value type. */
export function typeCode(type: ValueType): number {
  return TYPE_CODE[type];
}

/** A function's signature. */
export interface Signature {
  /** Types of the parameters. */
  readonly parameters: readonly ValueType[];
  /** Types of the results. */
  readonly results: readonly ValueType[];
}

/** A function that can be called: imported or defined. */
export interface Callable extends Signature {
  /** Number in the module's function index space. */
  readonly index: number;
}

/** A local variable or parameter; as an expression it reads the variable. */
export interface Local<T extends ValueType = ValueType> extends Expression<T> {
  /** Number in the function's index space of locals. */
  readonly index: number;
}

/** The target of a branch: the end of a block, or the beginning of a loop. */
export class Label {
  /** A label of the block at nesting depth `depth`, 1 for the outermost. */
  constructor(readonly depth: number) {}
}

const STORE_CODE: Readonly<Record<StoreKind, number>> = {
  i32: 0x36,
  i64: 0x37,
  f32: 0x38,
  f64: 0x39,
  i32_8: 0x3a,
  i32_16: 0x3b,
  i64_8: 0x3c,
  i64_16: 0x3d,
  i64_32: 0x3e,
  v128: 0xfd,
};

/** How a store writes: the value's type, and the width where it is narrower. */
export type StoreKind =
  | ("i32" | "i64" | "f32" | "f64" | "v128")
  | ("i32_8" | "i32_16" | "i64_8" | "i64_16" | "i64_32");

/** How often a condition holds, as far as the generator knows. */
export type Likelihood = "likely" | "unlikely";

/** A branch hint: the position of a conditional in an encoded body. */
export interface BranchHint {
  /** Bytes from the beginning of the local declarations. */
  readonly offset: number;
  /** What the conditional is expected to do. */
  readonly likelihood: Likelihood;
}

/** Builds a function body statement by statement. */
export class FunctionBody {
  readonly #out = new ByteWriter();
  readonly #hints: BranchHint[] = [];
  readonly #locals: ValueType[] = [];
  readonly #free = new Map<ValueType, Local[]>();
  #depth = 0;

  /** An empty body. */
  constructor(readonly signature: Signature) {}

  /** The parameter at a position, as an expression of its type. */
  parameter<T extends ValueType>(index: number, type: T): Local<T> {
    if (this.signature.parameters[index] !== type) {
      throw new TypeError(`Parameter ${index} is not of type ${type}`);
    }
    return new LocalVariable(index, type);
  }

  /** A new local variable, zero at the function's entry. */
  local<T extends ValueType>(type: T): Local<T> {
    this.#locals.push(type);
    return new LocalVariable(this.signature.parameters.length + this.#locals.length - 1, type);
  }

  /** Evaluates `value` once into a scratch local that is usable inside `use` only. */
  let<T extends ValueType>(value: Expression<T>, use: (local: Local<T>) => void): void {
    const pool = this.#free.get(value.type) ?? [];
    this.#free.set(value.type, pool);
    const local = (pool.pop() as Local<T> | undefined) ?? this.local(value.type);
    this.set(local, value);
    use(local);
    pool.push(local);
  }

  /** `local = value`. */
  set<T extends ValueType>(local: Local<T>, value: Expression<T>): void {
    value.emit(this.#out);
    this.#out.byte(0x21);
    this.#out.unsigned(local.index);
  }

  /** Stores `value` at `address + offset`. */
  store(kind: StoreKind, address: I32, value: Expression, offset = 0): void {
    address.emit(this.#out);
    value.emit(this.#out);
    this.#out.byte(STORE_CODE[kind]);
    if (kind === "v128") this.#out.unsigned(0x0b);
    this.#out.unsigned(0); // alignment hint: none
    this.#out.unsigned(offset);
  }

  /** A block; a branch to its label goes behind its end. */
  block(inside: (end: Label) => void): void {
    this.#nest(0x02, inside);
  }

  /** A loop; a branch to its label begins the next round. */
  loop(inside: (again: Label) => void): void {
    this.#nest(0x03, inside);
  }

  /** A conditional without a value. */
  if(
    condition: I32,
    whenTrue: () => void,
    whenFalse?: () => void,
    likelihood?: Likelihood,
  ): void {
    condition.emit(this.#out);
    this.#hint(likelihood);
    this.#out.byte(0x04);
    this.#out.byte(0x40);
    this.#depth++;
    whenTrue();
    if (whenFalse !== undefined) {
      this.#out.byte(0x05);
      whenFalse();
    }
    this.#depth--;
    this.#out.byte(0x0b);
  }

  /** Branches to `label`, always or when `condition` is not zero. */
  branch(label: Label, condition?: I32, likelihood?: Likelihood): void {
    condition?.emit(this.#out);
    this.#hint(likelihood);
    this.#out.byte(condition === undefined ? 0x0c : 0x0d);
    this.#out.unsigned(this.#depth - label.depth);
  }

  /** Branches to `labels[index]`, or to `otherwise` when the index is out of range. */
  branchTable(index: I32, labels: readonly Label[], otherwise: Label): void {
    index.emit(this.#out);
    this.#out.byte(0x0e);
    this.#out.unsigned(labels.length);
    for (const label of labels) this.#out.unsigned(this.#depth - label.depth);
    this.#out.unsigned(this.#depth - otherwise.depth);
  }

  /**
   * Executes `cases[index]`, or the last case when the index is out of range. A case that does not
   * branch away falls through into the next one.
   */
  switch(index: I32, cases: readonly (() => void)[]): void {
    const outermost = this.#depth;
    for (let i = 0; i < cases.length; i++) this.#open(0x02);
    const labels = cases.map((_, i) => new Label(outermost + cases.length - i));
    this.branchTable(index, labels.slice(0, -1), labels.at(-1) ?? new Label(outermost));
    for (const write of cases) {
      this.#close();
      write();
    }
  }

  /** Calls a function and drops its results. */
  call(target: Callable, args: readonly Expression[]): void {
    this.#call(target, args);
    for (const _ of target.results) this.#out.byte(0x1a);
  }

  /** Calls a function and keeps its results, of which there may be several. */
  callInto(results: readonly Local[], target: Callable, args: readonly Expression[]): void {
    this.#call(target, args);
    this.#keep(results);
  }

  /** Calls the function at `index` of the module's table and keeps its results. */
  callIndirectInto(
    results: readonly Local[],
    typeIndex: number,
    index: I32,
    args: readonly Expression[],
  ): void {
    this.#callIndirect(0x11, typeIndex, index, args);
    this.#keep(results);
  }

  /** Leaves this function for the one at `index` of the module's table, which returns for it. */
  returnCallIndirect(typeIndex: number, index: I32, args: readonly Expression[]): void {
    this.#callIndirect(0x13, typeIndex, index, args);
  }

  /** Returns, with values where the signature has results. */
  return(...values: Expression[]): void {
    for (const value of values) value.emit(this.#out);
    this.#out.byte(0x0f);
  }

  /** Traps; marks a place that cannot be reached. */
  unreachable(): void {
    this.#out.byte(0x00);
  }

  /** The branch hints of the body, once it is complete. */
  hints(): readonly BranchHint[] {
    const out = new ByteWriter();
    this.#declareLocals(out);
    return this.#hints.map((hint) => ({ ...hint, offset: hint.offset + out.length }));
  }

  /** The encoded body: local declarations, instructions, end. */
  encode(): Uint8Array {
    const out = new ByteWriter();
    this.#declareLocals(out);
    out.bytes(this.#out.view());
    out.byte(0x0b);
    return out.view();
  }

  #declareLocals(out: ByteWriter): void {
    const groups: { type: ValueType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = groups.at(-1);
      if (last?.type === type) last.count++;
      else groups.push({ type, count: 1 });
    }
    out.unsigned(groups.length);
    for (const { type, count } of groups) {
      out.unsigned(count);
      out.byte(typeCode(type));
    }
  }

  #hint(likelihood: Likelihood | undefined): void {
    if (likelihood !== undefined) this.#hints.push({ offset: this.#out.length, likelihood });
  }

  #keep(results: readonly Local[]): void {
    for (const local of results.toReversed()) {
      this.#out.byte(0x21);
      this.#out.unsigned(local.index);
    }
  }

  #callIndirect(opcode: number, typeIndex: number, index: I32, args: readonly Expression[]): void {
    for (const arg of args) arg.emit(this.#out);
    index.emit(this.#out);
    this.#out.byte(opcode);
    this.#out.unsigned(typeIndex);
    this.#out.byte(0x00);
  }

  #call(target: Callable, args: readonly Expression[]): void {
    for (const arg of args) arg.emit(this.#out);
    this.#out.byte(0x10);
    this.#out.unsigned(target.index);
  }

  #nest(opcode: number, inside: (label: Label) => void): void {
    this.#open(opcode);
    inside(new Label(this.#depth));
    this.#close();
  }

  #open(opcode: number): void {
    this.#out.byte(opcode);
    this.#out.byte(0x40);
    this.#depth++;
  }

  #close(): void {
    this.#depth--;
    this.#out.byte(0x0b);
  }
}

class LocalVariable<T extends ValueType> implements Local<T> {
  constructor(readonly index: number, readonly type: T) {}

  emit(out: ByteWriter): void {
    out.byte(0x20);
    out.unsigned(this.index);
  }
}

class CallValue<T extends ValueType> implements Expression<T> {
  constructor(
    readonly type: T,
    readonly target: Callable,
    readonly args: readonly Expression[],
  ) {}

  emit(out: ByteWriter): void {
    for (const arg of this.args) arg.emit(out);
    out.byte(0x10);
    out.unsigned(this.target.index);
  }
}

/** The value of a call to a function with exactly one result. */
export function callValue<T extends ValueType>(
  type: T,
  target: Callable,
  args: readonly Expression[],
): Expression<T> {
  if (target.results.length !== 1 || target.results[0] !== type) {
    throw new TypeError(`Function ${target.index} does not return one ${type}`);
  }
  return new CallValue(type, target, args);
}
