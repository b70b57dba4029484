/**
 * Which instructions were executed with which classes of operands. For each instruction the table
 * says what its dimensions are (a source register, the immediate, the rounding mode …) and which
 * classes each dimension has; a class that the encoding rules out is marked with the reason.
 */
import {
  DYNAMIC_ROUNDING,
  type Effects,
  effectsOf,
  type Field,
  fieldAccepts,
  type FieldName,
  type FieldValues,
  type Instruction,
  type Operation,
  ROUNDING_MODES,
} from "../isa/mod.ts";
import type { Registers } from "../mod.ts";
import { baseOf, boundsOf, GENERATED, sourceFormat } from "./sequence.ts";
import {
  FLOAT_CLASSES,
  floatClass,
  INTEGER_CLASSES,
  integerClass,
  UNBOXED,
} from "./value_classes.ts";

/** An instruction that is about to be executed. */
export interface Moment {
  /** Its own fields, and those of the base instruction that it stands for. */
  readonly fields: FieldValues;
  readonly operation: Operation;
  readonly before: Registers;
  /** What an atomic operation finds in memory, an unsigned number of its width. */
  readonly memory: bigint;
}

/** One thing about an instruction that has classes. */
interface Dimension {
  readonly name: string;
  /** Classes; with a reason for those that cannot be. */
  readonly classes: ReadonlyMap<string, string | undefined>;
  /** The class of an execution; `undefined` when it is of none. */
  readonly classOf: (moment: Moment, after: Registers) => string | undefined;
}

/** Classes all of which can be. */
function all(names: readonly string[]): Map<string, string | undefined> {
  return new Map(names.map((name) => [name, undefined]));
}

const PAGE = 4096n;

/** The dimensions of an instruction. */
function dimensionsOf(instruction: Instruction): Dimension[] {
  const base = baseOf(instruction);
  const effects = effectsOf(base);
  return [
    ...base.fields.flatMap((field) => {
      switch (field.name) {
        case "rs1":
          return effects.access || effects.jumps ? [] : [integerSource(instruction, "rs1")];
        case "rs2":
          return [integerSource(instruction, "rs2")];
        case "fs1":
        case "fs2":
        case "fs3":
          return [floatSource(instruction, field.name)];
        case "rm":
          return [roundingMode(), inexactFlag()];
        case "csr":
          return [csr()];
        default:
          return [];
      }
    }),
    ...registerNumbers(instruction),
    ...instruction.fields.flatMap((field) => {
      switch (field.name) {
        case "imm":
          return effects.branch ? [] : [immediate(field)];
        case "zimm":
          return [immediate(field)];
        case "aqrl":
          return [ordering()];
        default:
          return [];
      }
    }),
    ...memoryDimensions(effects),
    ...controlDimensions(effects),
    ...(instruction.name.startsWith("sc.") ? [storeConditional()] : []),
  ];
}

function integerSource(instruction: Instruction, name: "rs1" | "rs2"): Dimension {
  const classes = all(INTEGER_CLASSES);
  if (instruction.length === 2 && instruction.expansion.implied[name] === 0) {
    for (const each of INTEGER_CLASSES) if (each !== "0") classes.set(each, `${name} is always x0`);
  }
  return {
    name,
    classes,
    classOf: ({ operation, before }) => integerClass(before.x(operation.fields[name] ?? 0)),
  };
}

function floatSource(instruction: Instruction, name: "fs1" | "fs2" | "fs3"): Dimension {
  const format = sourceFormat(instruction);
  return {
    name,
    classes: all(format === "s" ? [...FLOAT_CLASSES, UNBOXED] : FLOAT_CLASSES),
    classOf: ({ operation, before }) => floatClass(format, before.f(operation.fields[name] ?? 0)),
  };
}

function roundingMode(): Dimension {
  return {
    name: "rm",
    classes: all(
      ROUNDING_MODES.flatMap((mode, i) =>
        mode === undefined || i === DYNAMIC_ROUNDING ? [] : [mode, `dyn ${mode}`]
      ),
    ),
    classOf({ operation: { fields: { rm = 0 } }, before: { fcsr } }) {
      return rm === DYNAMIC_ROUNDING ? `dyn ${ROUNDING_MODES[fcsr >> 5]}` : ROUNDING_MODES[rm];
    },
  };
}

/** Where the flag is up already, the host's arithmetic may be used. */
function inexactFlag(): Dimension {
  return {
    name: "NX",
    classes: all(["up", "down"]),
    classOf: ({ before: { fcsr } }) => (fcsr & 1) === 1 ? "up" : "down",
  };
}

function csr(): Dimension {
  const names = ["fflags", "frm", "fcsr"];
  const classes = all(names);
  for (const counter of ["cycle", "time", "instret"]) {
    classes.set(counter, "QEMU has another clock");
  }
  return { name: "csr", classes, classOf: ({ fields }) => names[(fields.csr ?? 0) - 1] };
}

/** Whether an encoding can have registers in these fields. */
function canHold(instruction: Instruction, wanted: FieldValues): boolean {
  const values: FieldValues = {};
  for (const field of instruction.fields) {
    const value = wanted[field.name] ?? [8, 2 ** field.lowBit].find((n) => fieldAccepts(field, n));
    if (value === undefined || !fieldAccepts(field, value)) return false;
    values[field.name] = value;
  }
  return instruction.length === 4 || !instruction.excludes(values);
}

const SOURCES: readonly FieldName[] = ["rs1", "rs2"];
const FLOAT_SOURCES: readonly FieldName[] = ["fs1", "fs2", "fs3"];

/** Registers that are x0, and fields that name the same register. */
function registerNumbers(instruction: Instruction): Dimension[] {
  const names = instruction.fields.map(({ name }) => name);
  const dimensions: Dimension[] = [];
  const add = (name: string, wanted: FieldValues, holds: (fields: FieldValues) => boolean) => {
    const reason = canHold(instruction, wanted) ? undefined : "reserved or not encodable";
    const classOf = ({ fields }: Moment) => holds(fields) ? "yes" : undefined;
    dimensions.push({ name, classes: new Map([["yes", reason]]), classOf });
  };
  const { access, jumps } = effectsOf(baseOf(instruction));
  for (const name of names) {
    if (name !== "rd" && !SOURCES.includes(name)) continue;
    if (name === "rs1" && (access || jumps)) continue; // address 0 is no place to be
    add(`${name}=x0`, { [name]: 0 }, (fields) => fields[name] === 0);
  }
  const same = (destination: FieldName, sources: readonly FieldName[]) => {
    if (!names.includes(destination)) return;
    for (const source of sources) {
      if (!names.includes(source)) continue;
      const isSame = (fields: FieldValues) =>
        fields[source] === fields[destination] && fields[source] !== 0;
      add(`${destination}=${source}`, { [destination]: 8, [source]: 8 }, isSame);
    }
  };
  same("rd", SOURCES);
  same("fd", FLOAT_SOURCES);
  if (!access) same("rs1", ["rs2"]);
  return dimensions;
}

function immediate(field: Field): Dimension {
  const unit = 2 ** field.lowBit;
  const { min, max } = boundsOf(field);
  const classes = new Map<string, string | undefined>([
    ["0", field.nonZero ? "zero is reserved" : undefined],
    ["min", min === 0 ? "the field has no sign: its least value is 0" : undefined],
    ["max", undefined],
    ["+", max <= unit ? "the field has no further value" : undefined],
    ["-", field.signed ? undefined : "the field has no sign"],
  ]);
  return {
    name: field.name,
    classes,
    classOf({ fields }) {
      const value = fields[field.name] ?? 0;
      if (value === 0) return "0";
      if (value === min) return "min";
      if (value === max) return "max";
      return value > 0 ? "+" : "-";
    },
  };
}

function ordering(): Dimension {
  const names = ["none", "rl", "aq", "aqrl"];
  return {
    name: "ordering",
    classes: all(names),
    classOf: ({ fields }) => names[fields.aqrl ?? 0],
  };
}

function memoryDimensions({ access }: Effects): Dimension[] {
  if (access === undefined) return [];
  const { width, atomic } = access;
  const address = ({ operation: { fields }, before }: Moment) =>
    BigInt.asUintN(64, before.x(fields.rs1 ?? 0) + BigInt(fields.imm ?? 0));
  const classes = all(["aligned", "misaligned", "across pages"]);
  const never = width === 1 ? "a byte is always aligned" : atomic ? "stops the hart" : undefined;
  for (const name of ["misaligned", "across pages"]) classes.set(name, never);
  const alignment: Dimension = {
    name: "address",
    classes,
    classOf(moment) {
      const at = address(moment);
      if (at % BigInt(width) === 0n) return "aligned";
      return at % PAGE + BigInt(width) > PAGE ? "across pages" : "misaligned";
    },
  };
  if (!atomic) return [alignment];
  const old = all(INTEGER_CLASSES);
  if (width === 4) {
    for (const name of ["min64", "max64", "u32"]) old.set(name, "no word is, sign-extended");
  }
  return [alignment, {
    name: "memory",
    classes: old,
    classOf: ({ memory }) => integerClass(BigInt.asUintN(64, BigInt.asIntN(8 * width, memory))),
  }];
}

function controlDimensions({ branch, jumps }: Effects): Dimension[] {
  const behind = ({ before, operation }: Moment) => before.pc + BigInt(operation.length);
  const dimensions: Dimension[] = [];
  if (branch || jumps) {
    dimensions.push({
      name: "target",
      classes: all(["forward", "backward"]),
      classOf(moment, after) {
        const { imm = 0 } = moment.operation.fields;
        if (branch) return imm > 0 ? "forward" : "backward";
        return after.pc > moment.before.pc ? "forward" : "backward";
      },
    });
  }
  if (branch === "conditional") {
    dimensions.push({
      name: "branch",
      classes: all(["taken", "not taken"]),
      classOf: (moment, after) => after.pc === behind(moment) ? "not taken" : "taken",
    });
  }
  if (jumps) {
    dimensions.push({
      name: "sum",
      classes: all(["even", "odd"]),
      classOf({ operation: { fields }, before }) {
        return (before.x(fields.rs1 ?? 0) + BigInt(fields.imm ?? 0)) % 2n === 0n ? "even" : "odd";
      },
    });
  }
  return dimensions;
}

function storeConditional(): Dimension {
  return {
    name: "store",
    classes: all(["succeeds", "fails"]),
    classOf({ operation: { fields: { rd = 0 } } }, after) {
      if (rd === 0) return undefined;
      return after.x(rd) === 0n ? "succeeds" : "fails";
    },
  };
}

/** What was seen of one instruction. */
interface Row {
  readonly dimensions: readonly Dimension[];
  /** Times that each class of each dimension was seen. */
  readonly seen: readonly Map<string, number>[];
  times: number;
}

/** Counts executions by instruction and class of operand. */
export class Coverage {
  readonly #rows = new Map<Instruction, Row>(GENERATED.map((instruction) => {
    const dimensions = dimensionsOf(instruction);
    const seen = dimensions.map(({ classes }) =>
      new Map([...classes.keys()].map((name) => [name, 0]))
    );
    return [instruction, { dimensions, seen, times: 0 }];
  }));

  /** Counts one execution. */
  note(instruction: Instruction, moment: Moment, after: Registers): void {
    const row = this.#rows.get(instruction);
    if (row === undefined) throw new Error(`Instruction ${instruction.name} is not generated`);
    row.times++;
    for (const [i, { name, classes, classOf }] of row.dimensions.entries()) {
      const found = classOf(moment, after);
      if (found === undefined) continue;
      if (!classes.has(found) || classes.get(found) !== undefined) {
        throw new Error(`${instruction.name} had ${name} ${found}, which cannot be`);
      }
      const seen = row.seen[i];
      seen?.set(found, (seen.get(found) ?? 0) + 1);
    }
  }

  /** Executions counted. */
  get times(): number {
    return [...this.#rows.values()].reduce((sum, { times }) => sum + times, 0);
  }

  /** Cells of the table that can be. */
  get cells(): number {
    return [...this.#rows.values()].reduce((sum, row) => sum + [...cellsOf(row)].length, 0);
  }

  /** Cells that can be and were not seen. */
  get empty(): string[] {
    const empty: string[] = [];
    for (const [{ name }, row] of this.#rows) {
      if (row.times === 0) empty.push(name);
      for (const [dimension, kind, times] of cellsOf(row)) {
        if (times === 0) empty.push(`${name} ${dimension} ${kind}`);
      }
    }
    return empty;
  }

  /** The table, a line for each instruction and dimension, and the reasons for what cannot be. */
  toString(): string {
    const lines: string[] = [];
    for (const [{ name }, { dimensions, seen, times }] of this.#rows) {
      lines.push(`${name.padEnd(12)} ${times} times`);
      for (const [i, dimension] of dimensions.entries()) {
        const cells = [...dimension.classes].map(([kind, reason]) =>
          `${kind === "yes" ? "" : `${kind} `}${
            reason === undefined ? seen[i]?.get(kind) : `– (${reason})`
          }`
        );
        lines.push(`  ${dimension.name.padEnd(10)} ${cells.join(", ")}`);
      }
    }
    return lines.join("\n");
  }
}

function* cellsOf({ dimensions, seen }: Row): Generator<[string, string, number]> {
  for (const [i, { name, classes }] of dimensions.entries()) {
    for (const [kind, reason] of classes) {
      if (reason === undefined) yield [name, kind, seen[i]?.get(kind) ?? 0];
    }
  }
}
