/** The F and D instructions, said with the operations of this folder as an emulator would. */
import {
  BINARY32,
  BINARY64,
  boxSingle,
  type FloatFormat,
  type IntegerType,
  type SoftFloat,
  unboxSingle,
} from "../mod.ts";

/** Three registers that an instruction reads the first ones of. */
export type Registers = [bigint, bigint, bigint];

export interface Instruction {
  readonly name: string;
  /** What the first operands are: a float in one of the formats, or an integer. */
  readonly reads: FloatFormat | "integer";
  readonly operands: 1 | 2 | 3;
  execute(soft: SoftFloat, registers: Registers, rm: number): bigint;
}

/** How registers hold numbers of a format. */
interface Holding {
  read(register: bigint): bigint;
  write(bits: bigint): bigint;
}

const same = (bits: bigint) => bits;
const SINGLE: Holding = { read: unboxSingle, write: boxSingle };
const DOUBLE: Holding = { read: same, write: same };

type Binary = (soft: SoftFloat, a: bigint, b: bigint, rm: number) => bigint | boolean;

function binaryInstructions(letter: string, format: FloatFormat, held: Holding): Instruction[] {
  const toFloat: [string, Binary][] = [
    ["fadd", (soft, a, b, rm) => soft.add(format, a, b, rm)],
    ["fsub", (soft, a, b, rm) => soft.subtract(format, a, b, rm)],
    ["fmul", (soft, a, b, rm) => soft.multiply(format, a, b, rm)],
    ["fdiv", (soft, a, b, rm) => soft.divide(format, a, b, rm)],
    ["fmin", (soft, a, b) => soft.minimum(format, a, b)],
    ["fmax", (soft, a, b) => soft.maximum(format, a, b)],
  ];
  const toTruth: [string, Binary][] = [
    ["feq", (soft, a, b) => soft.equal(format, a, b)],
    ["flt", (soft, a, b) => soft.lessThan(format, a, b)],
    ["fle", (soft, a, b) => soft.lessOrEqual(format, a, b)],
  ];
  return [...toFloat, ...toTruth].map(([name, compute]) => ({
    name: `${name}.${letter}`,
    reads: format,
    operands: 2,
    execute(soft, [a, b], rm) {
      const result = compute(soft, held.read(a), held.read(b), rm);
      return typeof result === "boolean" ? BigInt(result) : held.write(result);
    },
  }));
}

function unaryInstructions(letter: string, format: FloatFormat, held: Holding): Instruction[] {
  return [
    {
      name: `fsqrt.${letter}`,
      reads: format,
      operands: 1,
      execute: (soft, [a], rm) => held.write(soft.squareRoot(format, held.read(a), rm)),
    },
    {
      name: `fclass.${letter}`,
      reads: format,
      operands: 1,
      execute: (soft, [a]) => soft.classify(format, held.read(a)),
    },
  ];
}

function fusedInstructions(letter: string, format: FloatFormat, held: Holding): Instruction[] {
  const signs: [string, bigint, bigint][] = [
    ["fmadd", 0n, 0n],
    ["fmsub", 0n, format.signBit],
    ["fnmsub", format.signBit, 0n],
    ["fnmadd", format.signBit, format.signBit],
  ];
  return signs.map(([name, flipProduct, flipAddend]) => ({
    name: `${name}.${letter}`,
    reads: format,
    operands: 3,
    execute(soft, registers, rm) {
      const [a, b, c] = registers.map(held.read) as Registers;
      const fused = soft.fusedMultiplyAdd(format, a ^ flipProduct, b, c ^ flipAddend, rm);
      return held.write(fused);
    },
  }));
}

const INTEGER_TYPES: [string, IntegerType][] = [
  ["w", { signed: true, width: 32 }],
  ["wu", { signed: false, width: 32 }],
  ["l", { signed: true, width: 64 }],
  ["lu", { signed: false, width: 64 }],
];

function integerInstructions(letter: string, format: FloatFormat, held: Holding): Instruction[] {
  return INTEGER_TYPES.flatMap(([suffix, type]): Instruction[] => [
    {
      name: `fcvt.${suffix}.${letter}`,
      reads: format,
      operands: 1,
      execute: (soft, [a], rm) => soft.toInteger(format, held.read(a), rm, type),
    },
    {
      name: `fcvt.${letter}.${suffix}`,
      reads: "integer",
      operands: 1,
      execute: (soft, [a], rm) => held.write(soft.fromInteger(format, a, rm, type)),
    },
  ]);
}

/** All of them but moves, sign injections, loads and stores, which compute nothing. */
export const INSTRUCTIONS: Instruction[] = [
  ...([["s", BINARY32, SINGLE], ["d", BINARY64, DOUBLE]] as const).flatMap(
    ([letter, format, held]) => [
      ...binaryInstructions(letter, format, held),
      ...unaryInstructions(letter, format, held),
      ...fusedInstructions(letter, format, held),
      ...integerInstructions(letter, format, held),
    ],
  ),
  {
    name: "fcvt.s.d",
    reads: BINARY64,
    operands: 1,
    execute: (soft, [a], rm) => boxSingle(soft.convert(BINARY64, BINARY32, a, rm)),
  },
  {
    name: "fcvt.d.s",
    reads: BINARY32,
    operands: 1,
    execute: (soft, [a], rm) => soft.convert(BINARY32, BINARY64, unboxSingle(a), rm),
  },
];
