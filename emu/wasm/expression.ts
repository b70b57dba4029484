/**
 * Typed WebAssembly expressions: values that know their type and how to emit themselves into a
 * function body. They are built with the combinators {@linkcode i32}, {@linkcode i64},
 * {@linkcode f32}, {@linkcode f64} and {@linkcode v128}, whose names are WebAssembly's own.
 *
 * Source: WebAssembly Core Specification 2.0, section 5.4 (binary format of instructions).
 */
import { ByteWriter } from "./byte_writer.ts";

/** The value types that expressions can have. */
export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

/** An expression of one value type. Emitting it twice evaluates it twice. */
export interface Expression<T extends ValueType = ValueType> {
  /** Type of the value. */
  readonly type: T;
  /** Set when the value is known while generating; integers as signed values. */
  readonly constant?: bigint;
  /** Of another type with the same bits, when this is but a new view of them. */
  readonly reinterprets?: Expression;
  /** Of a 64-bit integer: whether it is known to be the sign extension of its lower half. */
  readonly isWord?: boolean;
  /** Appends the instructions that leave the value on the stack. */
  emit(out: ByteWriter): void;
}

/** A 32-bit integer. */
export type I32 = Expression<"i32">;
/** A 64-bit integer. */
export type I64 = Expression<"i64">;
/** A single-precision float. */
export type F32 = Expression<"f32">;
/** A double-precision float. */
export type F64 = Expression<"f64">;
/** A vector of 128 bits. */
export type V128 = Expression<"v128">;

const SIMD_PREFIX = 0xfd;

function emitOpcode(out: ByteWriter, opcode: number): void {
  if (opcode < 0x100) return out.byte(opcode);
  out.byte(opcode >> 16);
  out.unsigned(opcode & 0xffff);
}

/** An opcode behind the prefix byte 0xfd (vector instructions). */
const simd = (code: number) => (SIMD_PREFIX << 16) | code;

/** An opcode behind its operands, at most three, in stack order. */
class Operation<T extends ValueType> implements Expression<T> {
  constructor(
    readonly type: T,
    readonly opcode: number,
    readonly a: Expression,
    readonly b?: Expression,
    readonly c?: Expression,
  ) {}

  emit(out: ByteWriter): void {
    this.a.emit(out);
    this.b?.emit(out);
    this.c?.emit(out);
    emitOpcode(out, this.opcode);
  }
}

/** An operation that has bytes behind its opcode. */
class OperationWithImmediates<T extends ValueType> extends Operation<T> {
  readonly #immediates: readonly number[];

  constructor(
    type: T,
    opcode: number,
    operands: readonly [Expression, Expression?, Expression?],
    immediates: readonly number[],
  ) {
    super(type, opcode, ...operands);
    this.#immediates = immediates;
  }

  override emit(out: ByteWriter): void {
    super.emit(out);
    out.bytes(this.#immediates);
  }
}

/** The same bits as another type. */
class Reinterpretation<T extends ValueType> extends Operation<T> {
  constructor(type: T, opcode: number, readonly reinterprets: Expression) {
    super(type, opcode, reinterprets);
  }
}

/** A 32-bit integer as a 64-bit one. */
class Extension extends Operation<"i64"> {
  readonly isWord: boolean;

  constructor(opcode: number, readonly extended: I32) {
    super("i64", opcode, extended);
    this.isWord = opcode === EXTEND_S ||
      (extended instanceof Operation && COMPARISONS.has(extended.opcode));
  }
}

const EXTEND_S = 0xac;
const EXTEND_U = 0xad;
/** Opcodes whose result is 0 or 1. */
const COMPARISONS: ReadonlySet<number> = new Set(Array.from({ length: 34 }, (_, i) => 0x45 + i));

/** A 64-bit operation whose result is the sign extension of its lower half. */
class WordOperation extends Operation<"i64"> {
  readonly isWord = true;
}

/** A load from linear memory at `address + offset`. */
class Load<T extends ValueType> implements Expression<T> {
  constructor(
    readonly type: T,
    readonly opcode: number,
    readonly address: I32,
    readonly offset: number,
  ) {}

  get isWord(): boolean {
    return this.opcode >= LOAD8_S && this.opcode <= LOAD32_S;
  }

  emit(out: ByteWriter): void {
    this.address.emit(out);
    emitOpcode(out, this.opcode);
    out.byte(0); // alignment hint: none
    out.unsigned(this.offset);
  }
}

const LOAD8_S = 0x30;
const LOAD32_S = 0x34;

class I32Constant implements I32 {
  readonly type = "i32";

  constructor(readonly value: number) {}

  get constant(): bigint {
    return BigInt(this.value);
  }

  emit(out: ByteWriter): void {
    out.byte(0x41);
    out.signed32(this.value);
  }
}

class I64Constant implements I64 {
  readonly type = "i64";

  constructor(readonly constant: bigint) {}

  get isWord(): boolean {
    return this.constant === BigInt.asIntN(32, this.constant);
  }

  emit(out: ByteWriter): void {
    out.byte(0x42);
    out.signed64(this.constant);
  }
}

/** See {@linkcode memoized}. */
class Memoized<T extends ValueType> implements Expression<T> {
  readonly type: T;
  #bytes: Uint8Array | undefined;

  constructor(readonly original: Expression<T>) {
    this.type = original.type;
  }

  emit(out: ByteWriter): void {
    if (this.#bytes === undefined) {
      const bytes = new ByteWriter();
      this.original.emit(bytes);
      this.#bytes = bytes.view();
    }
    out.bytes(this.#bytes);
  }
}

/** The same expression, encoded once however often it is emitted. It counts as no constant. */
export function memoized<T extends ValueType>(original: Expression<T>): Expression<T> {
  return new Memoized(original);
}

type Unary<A extends ValueType, R extends ValueType> = (a: Expression<A>) => Expression<R>;
type Binary<A extends ValueType, R extends ValueType> = (
  a: Expression<A>,
  b: Expression<A>,
) => Expression<R>;

function mapValues<K extends string, V>(
  codes: Record<K, number>,
  make: (opcode: number) => V,
): Record<K, V> {
  const result = {} as Record<K, V>;
  for (const name of Object.keys(codes) as K[]) result[name] = make(codes[name]);
  return result;
}

function unaries<A extends ValueType, R extends ValueType, K extends string>(
  result: R,
  codes: Record<K, number>,
): Record<K, Unary<A, R>> {
  return mapValues(codes, (opcode): Unary<A, R> => (a) => new Operation(result, opcode, a));
}

function binaries<A extends ValueType, R extends ValueType, K extends string>(
  result: R,
  codes: Record<K, number>,
): Record<K, Binary<A, R>> {
  return mapValues(codes, (opcode): Binary<A, R> => (a, b) => new Operation(result, opcode, a, b));
}

/** The same bits as another type; there and back is nowhere. */
function reinterpretation<A extends ValueType, R extends ValueType>(
  type: R,
  opcode: number,
): Unary<A, R> {
  return (a) => {
    const original = a.reinterprets;
    if (original?.type === type) return original as Expression<R>;
    return new Reinterpretation(type, opcode, a);
  };
}

/** Loads from linear memory at `address + offset`; misaligned addresses are allowed. */
function loads<R extends ValueType, K extends string>(
  result: R,
  codes: Record<K, number>,
): Record<K, (address: I32, offset?: number) => Expression<R>> {
  return mapValues(
    codes,
    (opcode) => (address: I32, offset = 0) => new Load(result, opcode, address, offset),
  );
}

/** The same value, of which the caller knows that it is the sign extension of its lower half. */
export function knownWord(value: I64): I64 {
  return { type: "i64", isWord: true, emit: (out) => value.emit(out) };
}

/** A single in a float register of 64 bits: the upper half is ones. */
class BoxedSingle extends Operation<"i64"> {
  constructor(readonly single: F32) {
    super("i64", 0x84, i64.extend_u(i32.reinterpret(single)), BOX);
  }
}

const BOX = new I64Constant(-0x1_0000_0000n);

/** The bits of a single, with ones above. */
export function boxSingle(single: F32): I64 {
  return new BoxedSingle(single);
}

/** The single that a value was made from by boxing, if it was. */
export function boxedSingle(value: I64): F32 | undefined {
  return value instanceof BoxedSingle ? value.single : undefined;
}

/** Whether a value is made from 32 bits by sign extension. */
export function isSignExtension(value: I64): boolean {
  return value instanceof Extension && value.opcode === EXTEND_S;
}

/** `condition ? whenTrue : whenFalse`, both evaluated. */
export function select<T extends ValueType>(
  condition: I32,
  whenTrue: Expression<T>,
  whenFalse: Expression<T>,
): Expression<T> {
  const { type } = whenTrue;
  return type === "v128"
    ? new OperationWithImmediates(type, 0x1c, [whenTrue, whenFalse, condition], [1, 0x7b])
    : new Operation(type, 0x1b, whenTrue, whenFalse, condition);
}

const f64Scratch = new DataView(new ArrayBuffer(8));

/** Leaves out an operation whose second operand is 0 and changes nothing. */
function zeroIsNeutral<T extends "i32" | "i64">(
  type: T,
  opcode: number,
  { commutes }: { commutes: boolean },
): Binary<T, T> {
  return (a, b) => {
    if (b.constant === 0n) return a;
    return commutes && a.constant === 0n ? b : new Operation(type, opcode, a, b);
  };
}

/** 32-bit integer instructions. */
export const i32 = {
  /** A constant, taken modulo 2^32. */
  const: (value: number): I32 => new I32Constant(value | 0),
  ...unaries<"i32", "i32", "eqz" | "clz" | "ctz" | "popcnt" | "extend8_s" | "extend16_s">("i32", {
    eqz: 0x45,
    clz: 0x67,
    ctz: 0x68,
    popcnt: 0x69,
    extend8_s: 0xc0,
    extend16_s: 0xc1,
  }),
  ...binaries<
    "i32",
    "i32",
    | ("eq" | "ne" | "lt_s" | "lt_u" | "gt_s" | "gt_u" | "le_s" | "le_u" | "ge_s" | "ge_u")
    | ("mul" | "div_s" | "div_u" | "rem_s" | "rem_u" | "and" | "or" | "xor")
    | ("shl" | "shr_s" | "shr_u" | "rotl" | "rotr")
  >("i32", {
    eq: 0x46,
    ne: 0x47,
    lt_s: 0x48,
    lt_u: 0x49,
    gt_s: 0x4a,
    gt_u: 0x4b,
    le_s: 0x4c,
    le_u: 0x4d,
    ge_s: 0x4e,
    ge_u: 0x4f,
    mul: 0x6c,
    div_s: 0x6d,
    div_u: 0x6e,
    rem_s: 0x6f,
    rem_u: 0x70,
    and: 0x71,
    or: 0x72,
    xor: 0x73,
    shl: 0x74,
    shr_s: 0x75,
    shr_u: 0x76,
    rotl: 0x77,
    rotr: 0x78,
  }),
  add: zeroIsNeutral("i32", 0x6a, { commutes: true }),
  sub: zeroIsNeutral("i32", 0x6b, { commutes: false }),
  /** The lower half of a 64-bit integer. */
  wrap(a: I64): I32 {
    if (a instanceof Extension) return a.extended;
    if (a.constant !== undefined) return i32.const(Number(BigInt.asIntN(32, a.constant)));
    return new Operation("i32", 0xa7, a);
  },
  reinterpret: reinterpretation<"f32", "i32">("i32", 0xbc),
  ...loads("i32", { load: 0x28, load8_s: 0x2c, load8_u: 0x2d, load16_s: 0x2e, load16_u: 0x2f }),
};

/** Compares lower halves where both sides are extended from them, and the extension can be left out. */
function comparison(opcode: number, narrow: Binary<"i32", "i32">): Binary<"i64", "i32"> {
  return (a, b) =>
    isNarrow(a, b) ? narrow(i32.wrap(a), i32.wrap(b)) : new Operation("i32", opcode, a, b);
}

/** Combines lower halves where both sides are extended from them. */
function bitwise(opcode: number, narrow: Binary<"i32", "i32">): Binary<"i64", "i64"> {
  return (a, b) => {
    if (isNarrow(a, b)) return i64.extend_s(narrow(i32.wrap(a), i32.wrap(b)));
    return a.isWord === true && b.isWord === true
      ? new WordOperation("i64", opcode, a, b)
      : new Operation("i64", opcode, a, b);
  };
}

/** Whether two integers are words, and one of them is at hand as 32 bits. */
function isNarrow(a: I64, b: I64): boolean {
  return a.isWord === true && b.isWord === true &&
    (a instanceof Extension || b instanceof Extension);
}

/** Bitwise operations of which 0 is the neutral element. */
function bitwiseWithNeutralZero(
  opcode: number,
  narrow: Binary<"i32", "i32">,
): Binary<"i64", "i64"> {
  const combine = bitwise(opcode, narrow);
  return (a, b) => b.constant === 0n ? a : a.constant === 0n ? b : combine(a, b);
}

/** Whether a value is known to be one of 0 to 2^31 - 1. */
function isSmall({ constant }: I64): boolean {
  return constant !== undefined && constant >= 0n && constant < 1n << 31n;
}

const and = bitwise(0x83, i32.and);

/** 64-bit integer instructions. */
export const i64 = {
  /** A constant, taken modulo 2^64. */
  const: (value: bigint): I64 => new I64Constant(BigInt.asIntN(64, value)),
  ...unaries<"i64", "i32", "eqz">("i32", { eqz: 0x50 }),
  ...unaries<"i64", "i64", "clz" | "ctz" | "popcnt" | "extend8_s" | "extend16_s" | "extend32_s">(
    "i64",
    { clz: 0x79, ctz: 0x7a, popcnt: 0x7b, extend8_s: 0xc2, extend16_s: 0xc3, extend32_s: 0xc4 },
  ),
  eq: comparison(0x51, i32.eq),
  ne: comparison(0x52, i32.ne),
  lt_s: comparison(0x53, i32.lt_s),
  lt_u: comparison(0x54, i32.lt_u),
  gt_s: comparison(0x55, i32.gt_s),
  gt_u: comparison(0x56, i32.gt_u),
  le_s: comparison(0x57, i32.le_s),
  le_u: comparison(0x58, i32.le_u),
  ge_s: comparison(0x59, i32.ge_s),
  ge_u: comparison(0x5a, i32.ge_u),
  ...binaries<
    "i64",
    "i64",
    | ("mul" | "div_s" | "div_u" | "rem_s" | "rem_u")
    | ("shl" | "shr_s" | "rotl" | "rotr")
  >("i64", {
    mul: 0x7e,
    div_s: 0x7f,
    div_u: 0x80,
    rem_s: 0x81,
    rem_u: 0x82,
    shl: 0x86,
    shr_s: 0x87,
    rotl: 0x89,
    rotr: 0x8a,
  }),
  extend_s: (a: I32): I64 => new Extension(EXTEND_S, a),
  extend_u: (a: I32): I64 => new Extension(EXTEND_U, a),
  and: (a: I64, b: I64): I64 =>
    isSmall(b) && !isNarrow(a, b) ? new WordOperation("i64", 0x83, a, b) : and(a, b),
  shr_u: (a: I64, b: I64): I64 =>
    (b.constant ?? 0n) > 32n
      ? new WordOperation("i64", 0x88, a, b)
      : new Operation("i64", 0x88, a, b),
  add: zeroIsNeutral("i64", 0x7c, { commutes: true }),
  sub: zeroIsNeutral("i64", 0x7d, { commutes: false }),
  or: bitwiseWithNeutralZero(0x84, i32.or),
  xor: bitwiseWithNeutralZero(0x85, i32.xor),
  reinterpret: reinterpretation<"f64", "i64">("i64", 0xbd),
  ...unaries<"f64", "i64", "trunc_f64_s" | "trunc_f64_u">("i64", {
    trunc_f64_s: 0xb0,
    trunc_f64_u: 0xb1,
  }),
  ...loads("i64", {
    load: 0x29,
    load8_s: 0x30,
    load8_u: 0x31,
    load16_s: 0x32,
    load16_u: 0x33,
    load32_s: 0x34,
    load32_u: 0x35,
  }),
};

const FLOAT_UNARY = ["abs", "neg", "ceil", "floor", "trunc", "nearest", "sqrt"] as const;
const FLOAT_BINARY = ["add", "sub", "mul", "div", "min", "max", "copysign"] as const;
const FLOAT_COMPARE = ["eq", "ne", "lt", "gt", "le", "ge"] as const;

/** Consecutive opcodes from `first`, in the order of `names`. */
function consecutive<K extends string>(names: readonly K[], first: number): Record<K, number> {
  return Object.fromEntries(names.map((name, i) => [name, first + i])) as Record<K, number>;
}

/** Single-precision instructions. */
export const f32 = {
  ...unaries<"f32", "f32", typeof FLOAT_UNARY[number]>("f32", consecutive(FLOAT_UNARY, 0x8b)),
  ...binaries<"f32", "f32", typeof FLOAT_BINARY[number]>("f32", consecutive(FLOAT_BINARY, 0x92)),
  ...binaries<"f32", "i32", typeof FLOAT_COMPARE[number]>("i32", consecutive(FLOAT_COMPARE, 0x5b)),
  reinterpret: reinterpretation<"i32", "f32">("f32", 0xbe),
  ...unaries<"i32", "f32", "convert_i32_s" | "convert_i32_u">("f32", {
    convert_i32_s: 0xb2,
    convert_i32_u: 0xb3,
  }),
  ...unaries<"i64", "f32", "convert_i64_s" | "convert_i64_u">("f32", {
    convert_i64_s: 0xb4,
    convert_i64_u: 0xb5,
  }),
  ...unaries<"f64", "f32", "demote">("f32", { demote: 0xb6 }),
  ...loads("f32", { load: 0x2a }),
};

/** Double-precision instructions. */
export const f64 = {
  /** A constant; its bits are kept, NaN payloads included where the host keeps them. */
  const(value: number): F64 {
    return {
      type: "f64",
      emit(out) {
        f64Scratch.setFloat64(0, value, true);
        out.byte(0x44);
        for (let i = 0; i < 8; i++) out.byte(f64Scratch.getUint8(i));
      },
    };
  },
  ...unaries<"f64", "f64", typeof FLOAT_UNARY[number]>("f64", consecutive(FLOAT_UNARY, 0x99)),
  ...binaries<"f64", "f64", typeof FLOAT_BINARY[number]>("f64", consecutive(FLOAT_BINARY, 0xa0)),
  ...binaries<"f64", "i32", typeof FLOAT_COMPARE[number]>("i32", consecutive(FLOAT_COMPARE, 0x61)),
  reinterpret: reinterpretation<"i64", "f64">("f64", 0xbf),
  ...unaries<"i64", "f64", "convert_i64_s" | "convert_i64_u">("f64", {
    convert_i64_s: 0xb9,
    convert_i64_u: 0xba,
  }),
  ...unaries<"i32", "f64", "convert_i32_s" | "convert_i32_u">("f64", {
    convert_i32_s: 0xb7,
    convert_i32_u: 0xb8,
  }),
  ...unaries<"f32", "f64", "promote">("f64", { promote: 0xbb }),
  ...loads("f64", { load: 0x2b }),
};

type MultiplyAdd<T extends ValueType> = (
  a: Expression<T>,
  b: Expression<T>,
  c: Expression<T>,
) => Expression<T>;

/** The lowest lane of a vector multiply-add of which all lanes are the same. */
function multiplyAdd<T extends ValueType>(
  type: T,
  codes: { splat: number; multiplyAdd: number; extractLane: number },
): MultiplyAdd<T> {
  const splat = (value: Expression<T>) => new Operation("v128", simd(codes.splat), value);
  return (a, b, c) => {
    const sum = new Operation("v128", simd(codes.multiplyAdd), splat(a), splat(b), splat(c));
    return new OperationWithImmediates(type, simd(codes.extractLane), [sum], [0]);
  };
}

/**
 * `a × b + c` of relaxed SIMD: rounded once on hosts that fuse the two steps, twice on others.
 * Which of both a host does, `fusesMultiplyAdd` tells.
 */
export const relaxed_madd = {
  f32: multiplyAdd("f32", { splat: 0x13, multiplyAdd: 0x105, extractLane: 0x1f }),
  f64: multiplyAdd("f64", { splat: 0x14, multiplyAdd: 0x107, extractLane: 0x21 }),
};

type ShiftLanes = (a: V128, count: I32) => V128;

/** Vector instructions on four 32-bit lanes, as far as this repository uses them. */
export const v128 = {
  ...loads("v128", { load: simd(0x00), load32_splat: simd(0x09) }),
  ...binaries<"v128", "v128", "and" | "or" | "xor" | "i32x4_add">("v128", {
    and: simd(0x4e),
    or: simd(0x50),
    xor: simd(0x51),
    i32x4_add: simd(0xae),
  }),
  ...mapValues(
    { i32x4_shl: simd(0xab), i32x4_shr_u: simd(0xad) },
    (opcode): ShiftLanes => (a, count) => new Operation("v128", opcode, a, count),
  ),
  /** Four lanes of one value. */
  i32x4_splat: (value: I32): V128 => new Operation("v128", simd(0x11), value),
  /** Sixteen bytes chosen from those of `a` (0–15) and `b` (16–31). */
  i8x16_shuffle: (a: V128, b: V128, lanes: readonly number[]): V128 =>
    new OperationWithImmediates("v128", simd(0x0d), [a, b], lanes),
  /** One of the four lanes (0–3). */
  i32x4_extract_lane: (a: V128, lane: number): I32 =>
    new OperationWithImmediates("i32", simd(0x1b), [a], [lane]),
};
