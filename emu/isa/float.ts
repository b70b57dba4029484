/**
 * RV64F and RV64D: floating point, bit-exact.
 *
 * The host's arithmetic, which WebAssembly exposes without flags and rounding modes, gives the
 * right bits when rounding is to nearest-even and the result is an ordinary number. Whether a
 * result was exact it does not tell; so it is used when the inexact flag is up already (QEMU's
 * idea), and where exactness is certain. All else goes to the exact implementation of the operation.
 *
 * Source: The RISC-V Instruction Set Manual, Volume I, chapters "F" and "D".
 */
import {
  boxedSingle,
  boxSingle,
  type F32,
  f32,
  type F64,
  f64,
  type FunctionBody,
  fusesMultiplyAdd,
  type I32,
  i32,
  type I64,
  i64,
  relaxed_madd,
  select,
} from "../wasm/mod.ts";
import { ordinary } from "./float_exact.ts";
import type { FloatFormat, FloatKind } from "./float_operations.ts";
import type { Definition, Extension, Meaning } from "./instruction.ts";

const CANONICAL_SINGLE = i64.const(0x7fc0_0000n);

/** What differs between the two formats. */
interface Format {
  readonly suffix: FloatFormat;
  readonly extension: Extension;
  /** The `fmt` field, bits 26–25. */
  readonly fmt: string;
  /** funct3 of loads and stores. */
  readonly width: string;
  readonly signBit: bigint;
  /** A register's bits as raw bits of this format: a wrongly boxed single is the canonical NaN. */
  readonly unbox: (register: I64) => I64;
  /** 1 when unboxing changes none of these registers' bits; `undefined` when that is certain. */
  readonly areBoxed: (registers: readonly I64[]) => I32 | undefined;
  /** Raw bits of a register that unboxing does not change. */
  readonly bits: (register: I64) => I64;
  readonly box: (bits: I64) => I64;
  /** Raw bits to a double of the same value, exactly. */
  readonly value: (bits: I64) => F64;
  /** Has `use` written with a float register that it may read more than once. */
  readonly hold: (body: FunctionBody, register: I64, use: (register: I64) => void) => void;
  /** A double, rounded to this format (to nearest-even), as raw bits. */
  readonly fromValue: (value: F64) => I64;
}

const isBoxed = (register: I64): I32 => i64.eq(i64.shr_s(register, i64.const(32n)), i64.const(-1n));
const unboxed = (register: I64): I64 => {
  const known = boxedSingle(register);
  return known !== undefined
    ? singleBits(known)
    : select(isBoxed(register), i64.and(register, i64.const(0xffff_ffffn)), CANONICAL_SINGLE);
};
const single = (bits: I64): F32 => f32.reinterpret(i32.wrap(bits));
const singleBits = (value: F32): I64 => i64.extend_u(i32.reinterpret(value));

const SINGLE: Format = {
  suffix: "s",
  extension: "F",
  fmt: "00",
  width: "010",
  signBit: 1n << 31n,
  unbox: unboxed,
  areBoxed(registers) {
    const unknown = registers.filter((register) => boxedSingle(register) === undefined);
    return unknown.length === 0 ? undefined : isBoxed(unknown.reduce(i64.and));
  },
  bits(register) {
    const known = boxedSingle(register);
    return known === undefined ? register : singleBits(known);
  },
  box: (bits) => boxSingle(single(bits)),
  value: (bits) => f64.promote(single(bits)),
  fromValue: (value) => singleBits(f32.demote(value)),
  hold(body, register, use) {
    if (boxedSingle(register) !== undefined) use(register);
    else body.let(register, use);
  },
};

const DOUBLE: Format = {
  suffix: "d",
  extension: "D",
  fmt: "01",
  width: "011",
  signBit: 1n << 63n,
  unbox: (register) => register,
  areBoxed: () => undefined,
  bits: (register) => register,
  box: (bits) => bits,
  value: f64.reinterpret,
  fromValue: i64.reinterpret,
  hold: (_body, register, use) => use(register),
};

function definition(
  format: Format,
  name: string,
  encoding: string,
  operands: string,
  semantics: (m: Meaning) => void,
): Definition {
  return { name, extension: format.extension, encoding, operands, semantics };
}

/** Leaves the instruction as illegal when its rounding mode is a reserved one. */
function checkRoundingMode(m: Meaning): void {
  const known = m.roundingMode.constant;
  if (known !== undefined && known <= 4n) return;
  m.body.if(i32.gt_u(m.roundingMode, i32.const(4)), () => m.illegal());
}

/** A result of the host's arithmetic. */
type HostResult = F32 | F64;

/** Raw bits of a host's result. */
function bitsOf(value: HostResult): I64 {
  return value.type === "f32" ? singleBits(value as F32) : i64.reinterpret(value as F64);
}

/**
 * An operation on float registers that rounds: the host's result in the common case (rounding is to
 * nearest-even, the inexact flag is up, the registers hold what they should, the result is ordinary).
 *
 * @param host The operation of the host, if it has one, on raw bits.
 * @param prepare Changes raw bits of the registers before the operation.
 */
function rounding(
  m: Meaning,
  format: Format,
  kind: FloatKind,
  registers: readonly I64[],
  host: (...bits: I64[]) => HostResult | undefined,
  prepare: (bits: I64, index: number) => I64 = (bits) => bits,
): void {
  const hold = (held: readonly I64[]): void => {
    const next = registers[held.length];
    if (next !== undefined) {
      return format.hold(m.body, next, (register) => hold([...held, register]));
    }
    const areBoxed = format.areBoxed(held);
    const condition = areBoxed ? i32.and(m.inexactNearest, areBoxed) : m.inexactNearest;
    const fast = host(...held.map(format.bits).map(prepare));
    const isNever = m.inexactNearest.constant === 0n;
    const exact = held.map(format.unbox).map(prepare);
    fastOrExact(m, format, condition, isNever ? undefined : fast, kind, exact);
  };
  hold([]);
}

/** The host's result when the condition holds and it is ordinary, else the exact operation's. */
function fastOrExact(
  m: Meaning,
  format: Format,
  condition: I32,
  fast: HostResult | undefined,
  kind: FloatKind,
  operands: readonly I64[],
): void {
  m.body.block((done) => {
    if (fast !== undefined) {
      m.body.if(
        condition,
        () =>
          m.body.let(fast, (value) =>
            m.body.if(
              ordinary[format.suffix](bitsOf(value)),
              () => {
                m.setFd(format.box(bitsOf(value)));
                m.body.branch(done);
              },
              undefined,
              "likely",
            )),
        undefined,
        "likely",
      );
    }
    checkRoundingMode(m);
    m.softFloat(`${kind}.${format.suffix}`, operands, (bits) => m.setFd(format.box(bits)));
  });
}

type HostArithmetic = {
  readonly [K in "add" | "sub" | "mul" | "div"]: (...bits: I64[]) => HostResult;
};

const HOST_SINGLE: HostArithmetic = {
  add: (a, b) => f32.add(single(a), single(b)),
  sub: (a, b) => f32.sub(single(a), single(b)),
  mul: (a, b) => f32.mul(single(a), single(b)),
  div: (a, b) => f32.div(single(a), single(b)),
};
const HOST_DOUBLE: HostArithmetic = {
  add: (a, b) => f64.add(f64.reinterpret(a), f64.reinterpret(b)),
  sub: (a, b) => f64.sub(f64.reinterpret(a), f64.reinterpret(b)),
  mul: (a, b) => f64.mul(f64.reinterpret(a), f64.reinterpret(b)),
  div: (a, b) => f64.div(f64.reinterpret(a), f64.reinterpret(b)),
};
const hostSquareRoot = (format: Format, a: I64): HostResult =>
  format.suffix === "s" ? f32.sqrt(single(a)) : f64.sqrt(f64.reinterpret(a));

/** The host's fused multiply-add of raw bits, if it has one. */
function hostFused(format: Format, a: I64, b: I64, c: I64): HostResult | undefined {
  if (!fusesMultiplyAdd()) return undefined;
  return format.suffix === "s"
    ? relaxed_madd.f32(single(a), single(b), single(c))
    : relaxed_madd.f64(f64.reinterpret(a), f64.reinterpret(b), f64.reinterpret(c));
}

function arithmetic(format: Format, kind: keyof HostArithmetic, funct5: string): Definition {
  const host = format.suffix === "s" ? HOST_SINGLE : HOST_DOUBLE;
  return definition(
    format,
    `f${kind}.${format.suffix}`,
    `${funct5}${format.fmt} fs2 fs1 rm fd 1010011`,
    "fd, fs1, fs2, rm",
    (m) => rounding(m, format, kind, [m.fs1, m.fs2], host[kind]),
  );
}

function squareRoot(format: Format): Definition {
  return definition(
    format,
    `fsqrt.${format.suffix}`,
    `01011${format.fmt} 00000 fs1 rm fd 1010011`,
    "fd, fs1, rm",
    (m) => rounding(m, format, "sqrt", [m.fs1], (a) => hostSquareRoot(format, a)),
  );
}

/** fmadd, fmsub, fnmsub, fnmadd: one fused operation with signs turned. */
function fused(
  format: Format,
  name: string,
  opcode: string,
  turnProduct: boolean,
  turnAddend: boolean,
): Definition {
  const turn = (bits: I64, turned: boolean) => {
    if (!turned) return bits;
    return format.suffix === "d"
      ? i64.reinterpret(f64.neg(f64.reinterpret(bits)))
      : i64.xor(bits, i64.const(format.signBit));
  };
  return definition(
    format,
    `${name}.${format.suffix}`,
    `fs3 ${format.fmt} fs2 fs1 rm fd ${opcode}`,
    "fd, fs1, fs2, fs3, rm",
    (m) =>
      rounding(
        m,
        format,
        "fma",
        [m.fs1, m.fs2, m.fs3],
        (a, b, c) => hostFused(format, a, b, c),
        (bits, index) => turn(bits, index === 0 ? turnProduct : index === 2 && turnAddend),
      ),
  );
}

function signInjection(
  format: Format,
  name: string,
  funct3: string,
  sign: (a: I64, b: I64) => I64,
): Definition {
  const signBit = i64.const(format.signBit);
  const magnitude = i64.const(format.signBit - 1n);
  return definition(
    format,
    `${name}.${format.suffix}`,
    `00100${format.fmt} fs2 fs1 ${funct3} fd 1010011`,
    "fd, fs1, fs2",
    (m) =>
      m.body.let(format.unbox(m.fs1), (a) => {
        const injected = i64.and(sign(a, format.unbox(m.fs2)), signBit);
        m.setFd(format.box(i64.or(i64.and(a, magnitude), injected)));
      }),
  );
}

/** 1 when neither is a NaN. */
const ordered = (a: F64, b: F64): I32 => i32.and(f64.eq(a, a), f64.eq(b, b));

function minimum(format: Format, kind: "min" | "max", funct3: string): Definition {
  return definition(
    format,
    `f${kind}.${format.suffix}`,
    `00101${format.fmt} fs2 fs1 ${funct3} fd 1010011`,
    "fd, fs1, fs2",
    (m) =>
      m.body.let(format.unbox(m.fs1), (a) =>
        m.body.let(format.unbox(m.fs2), (b) =>
          m.body.if(
            ordered(format.value(a), format.value(b)),
            () =>
              m.setFd(
                format.box(format.fromValue(f64[kind](format.value(a), format.value(b)))),
              ),
            () =>
              m.softFloat(
                `${kind}.${format.suffix}`,
                [a, b],
                (bits) => m.setFd(format.box(bits)),
              ),
          ))),
  );
}

function comparison(format: Format, kind: "eq" | "lt" | "le", funct3: string): Definition {
  return definition(
    format,
    `f${kind}.${format.suffix}`,
    `10100${format.fmt} fs2 fs1 ${funct3} rd 1010011`,
    "rd, fs1, fs2",
    (m) =>
      m.body.let(format.unbox(m.fs1), (a) =>
        m.body.let(format.unbox(m.fs2), (b) =>
          m.body.if(
            ordered(format.value(a), format.value(b)),
            () => m.setRd(i64.extend_u(f64[kind](format.value(a), format.value(b)))),
            () => m.softFloat(`${kind}.${format.suffix}`, [a, b], (value) => m.setRd(value)),
          ))),
  );
}

type IntegerKind = "w" | "wu" | "l" | "lu";
const INTEGER_CODE: Readonly<Record<IntegerKind, string>> = {
  w: "00000",
  wu: "00001",
  l: "00010",
  lu: "00011",
};
/** Doubles strictly between these bounds truncate to the integer type. */
const TRUNCATION_BOUNDS: Readonly<Record<IntegerKind, readonly [number, number]>> = {
  w: [-2147483649, 2147483648],
  wu: [-1, 4294967296],
  l: [-9223372036854777856, 9223372036854775808],
  lu: [-1, 18446744073709551616],
};
const TOWARD_ZERO = i32.const(1);

function toInteger(format: Format, integer: IntegerKind): Definition {
  const [above, below] = TRUNCATION_BOUNDS[integer];
  const convert = (value: F64): I64 => {
    if (integer === "lu") return i64.trunc_f64_u(value);
    const wide = i64.trunc_f64_s(value);
    return integer === "l" ? wide : i64.extend32_s(wide);
  };
  return definition(
    format,
    `fcvt.${integer}.${format.suffix}`,
    `11000${format.fmt} ${INTEGER_CODE[integer]} fs1 rm rd 1010011`,
    "rd, fs1, rm",
    (m) => {
      checkRoundingMode(m);
      m.body.let(format.unbox(m.fs1), (bits) =>
        m.body.let(format.value(bits), (value) => {
          const inRange = i32.and(
            f64.gt(value, f64.const(above)),
            f64.lt(value, f64.const(below)),
          );
          const exact = f64.eq(f64.trunc(value), value);
          const truncates = i32.and(i32.eq(m.roundingMode, TOWARD_ZERO), m.inexact);
          m.body.if(
            i32.and(inRange, i32.or(exact, truncates)),
            () => m.setRd(convert(value)),
            () =>
              m.softFloat(`to_${integer}.${format.suffix}`, [bits], (result) => m.setRd(result)),
          );
        }));
    },
  );
}

/** Integers up to this magnitude are exact in the format. */
const EXACT_LIMIT: Readonly<Record<FloatFormat, bigint>> = { s: 1n << 24n, d: 1n << 53n };

function fromInteger(format: Format, integer: IntegerKind): Definition {
  const narrow: Readonly<Record<IntegerKind, (register: I64) => I64>> = {
    w: i64.extend32_s,
    wu: (register) => i64.and(register, i64.const(0xffff_ffffn)),
    l: (register) => register,
    lu: (register) => register,
  };
  const limit = EXACT_LIMIT[format.suffix];
  return definition(
    format,
    `fcvt.${format.suffix}.${integer}`,
    `11010${format.fmt} ${INTEGER_CODE[integer]} rs1 rm fd 1010011`,
    "fd, rs1, rm",
    (m) => {
      checkRoundingMode(m);
      m.body.let(narrow[integer](m.rs1), (value) => {
        // -limit <= value <= limit; a large unsigned value is negative here and out of range too.
        const exact = i64.le_u(i64.add(value, i64.const(limit)), i64.const(2n * limit));
        const small = integer === "lu" ? i32.and(exact, i64.ge_s(value, i64.const(0n))) : exact;
        m.body.if(
          small,
          () => m.setFd(format.box(format.fromValue(f64.convert_i64_s(value)))),
          () =>
            m.softFloat(
              `from_${integer}.${format.suffix}`,
              [m.rs1],
              (bits) => m.setFd(format.box(bits)),
            ),
        );
      });
    },
  );
}

/** fcvt.s.d and fcvt.d.s. */
function convertFormat(to: Format, from: Format): Definition {
  return definition(
    DOUBLE,
    `fcvt.${to.suffix}.${from.suffix}`,
    `01000${to.fmt} 000${from.fmt} fs1 rm fd 1010011`,
    "fd, fs1, rm",
    (m) => {
      // Every single is a double: widening is exact in all rounding modes.
      const legalMode = i32.le_u(m.roundingMode, i32.const(4));
      m.body.let(from.unbox(m.fs1), (bits) =>
        fastOrExact(
          m,
          to,
          to.suffix === "d" ? legalMode : m.inexactNearest,
          to.suffix === "d" ? from.value(bits) : f32.demote(from.value(bits)),
          "convert",
          [bits],
        ));
    },
  );
}

function transfers(format: Format): Definition[] {
  const { suffix, fmt } = format;
  const letter = suffix === "s" ? "w" : "d"; // of load, store and move
  return [
    definition(
      format,
      `fl${letter}`,
      `imm[11:0] rs1 ${format.width} fd 0000111`,
      "fd, imm(rs1)",
      (m) =>
        m.load(
          suffix === "s" ? "load32_u" : "load",
          i64.add(m.rs1, m.imm),
          (bits) => m.setFd(format.box(bits)),
        ),
    ),
    definition(
      format,
      `fs${letter}`,
      `imm[11:5] fs2 rs1 ${format.width} imm[4:0] 0100111`,
      "fs2, imm(rs1)",
      (m) => m.store(suffix === "s" ? 4 : 8, i64.add(m.rs1, m.imm), m.fs2),
    ),
    // Moves copy bits as they stand: a register that holds no boxed single is not made a NaN.
    definition(
      format,
      `fmv.x.${letter}`,
      `11100${fmt} 00000 fs1 000 rd 1010011`,
      "rd, fs1",
      (m) => m.setRd(letter === "w" ? i64.extend32_s(m.fs1) : m.fs1),
    ),
    definition(
      format,
      `fmv.${letter}.x`,
      `11110${fmt} 00000 rs1 000 fd 1010011`,
      "fd, rs1",
      (m) => m.setFd(format.box(letter === "w" ? i64.and(m.rs1, i64.const(0xffff_ffffn)) : m.rs1)),
    ),
  ];
}

function forFormat(format: Format): Definition[] {
  const integers: readonly IntegerKind[] = ["w", "wu", "l", "lu"];
  return [
    ...transfers(format),
    fused(format, "fmadd", "1000011", false, false),
    fused(format, "fmsub", "1000111", false, true),
    fused(format, "fnmsub", "1001011", true, false),
    fused(format, "fnmadd", "1001111", true, true),
    arithmetic(format, "add", "00000"),
    arithmetic(format, "sub", "00001"),
    arithmetic(format, "mul", "00010"),
    arithmetic(format, "div", "00011"),
    squareRoot(format),
    signInjection(format, "fsgnj", "000", (_a, b) => b),
    signInjection(format, "fsgnjn", "001", (_a, b) => i64.xor(b, i64.const(-1n))),
    signInjection(format, "fsgnjx", "010", i64.xor),
    minimum(format, "min", "000"),
    minimum(format, "max", "001"),
    comparison(format, "eq", "010"),
    comparison(format, "lt", "001"),
    comparison(format, "le", "000"),
    definition(
      format,
      `fclass.${format.suffix}`,
      `11100${format.fmt} 00000 fs1 001 rd 1010011`,
      "rd, fs1",
      (m) => m.softFloat(`class.${format.suffix}`, [format.unbox(m.fs1)], (mask) => m.setRd(mask)),
    ),
    ...integers.map((integer) => toInteger(format, integer)),
    ...integers.map((integer) => fromInteger(format, integer)),
    convertFormat(format, format === SINGLE ? DOUBLE : SINGLE),
  ];
}

export const FLOAT: readonly Definition[] = [...forFormat(SINGLE), ...forFormat(DOUBLE)];
