/**
 * The source text that reads and writes a field of each kind; codec.ts puts it together to functions.
 */
import { EINVAL } from "../abi/errno.ts";
import { USER_ADDRESS_LIMIT } from "../../emu/mod.ts";
import { defineCheck } from "./check.ts";
import type { FieldCheck } from "./codec.ts";
import type {
  ArraySpec,
  DataSpec,
  FieldSpec,
  PagesSpec,
  TextSpec,
  WordsSpec,
} from "./field_spec.ts";
import { formatValue } from "./format.ts";

/** What an encoder may meet and a decoder cannot, such as a fraction or an array that is too short. */
const UNWRITABLE = defineCheck("checkpoint/writable", EINVAL, "a value that the image can hold");

/** What the source of one record refers to, numbered across the record and its arrays' elements. */
export interface Shared {
  readonly checks: FieldCheck[];
  readonly constants: unknown[];
  temporaries: number;
}

/** The generated source, line by line. */
export class Source {
  readonly decodeLines: string[] = [];
  readonly encodeLines: string[] = [];
  readonly sizeTerms: string[] = [];

  constructor(
    readonly record: string,
    readonly shared: Shared = { checks: [], constants: [], temporaries: 0 },
  ) {}

  /** Source of the inside of a loop in this one. */
  inner(): Source {
    return new Source(this.record, this.shared);
  }

  /** Declares a check; answers its number. */
  check(field: string, kind: string, text: string): number {
    const name = field === "" ? `${this.record}/${kind}` : `${this.record}.${field}/${kind}`;
    return this.shared.checks.push({ check: defineCheck(name, EINVAL, text), field }) - 1;
  }

  /** Declares what only encoding can find wrong with a field; answers the check's number. */
  encodeCheck(field: string): number {
    return this.shared.checks.push({ check: UNWRITABLE, field }) - 1;
  }

  /** A name for a value that the source uses but cannot spell. */
  constant(value: unknown): string {
    return `k${this.shared.constants.push(value) - 1}`;
  }

  temporary(): string {
    return `t${this.shared.temporaries++}`;
  }
}

/** A field within its record or array element. */
export interface Place {
  /** Name for checks: `handler`, or `sigaction[].handler`. */
  readonly field: string;
  /** Source of the field's offset in the image. */
  readonly at: string;
  /** Source of the value to encode. */
  readonly value: string;
  /** Source of the element number, `-1` outside of arrays. */
  readonly element: string;
}

const WORD_MASK = 0xffffffff;

/** Emits the reading and writing of one field; answers the decoded value's source, or null. */
export function emitField(
  source: Source,
  spec: FieldSpec,
  place: Place,
  rest: string,
): string | null {
  switch (spec.kind) {
    case "integer":
      return emitInteger(source, spec, place);
    case "constant":
      return emitConstant(source, spec, place);
    case "padding":
      return emitPadding(source, spec.bytes, place);
    case "enum":
      return emitEnum(source, spec, place);
    case "flags":
      return emitFlags(source, spec, place);
    case "bytes":
      return emitBytes(source, spec.length, place);
    case "data":
      return emitData(source, spec, place, rest);
    case "text":
      return emitText(source, spec, place, rest);
    case "words":
      return emitWords(source, spec, place, rest);
    case "array":
      return emitArray(source, spec, place, rest);
    case "pages":
      return emitPages(source, spec, place, rest);
  }
}

function emitInteger(
  source: Source,
  spec: FieldSpec & { kind: "integer" },
  { field, at, value, element }: Place,
): string {
  const { width, signed, min, max, multipleOf } = spec;
  const x = source.temporary();
  const tests: string[] = [];
  const bits = width * 8;
  const suffix = spec.as === "bigint" ? "n" : "";
  const naturalMin = signed ? -(2 ** (bits - 1)) : 0;
  const naturalMax = spec.as === "bigint"
    ? (1n << (signed ? 63n : 64n)) - 1n
    : signed
    ? 2 ** (bits - 1) - 1
    : 2 ** bits - 1;
  if (BigInt(min) !== BigInt(naturalMin)) tests.push(`${x} < ${min}${suffix}`);
  if (max < naturalMax) tests.push(`${x} > ${max}${suffix}`);
  // The negated form also catches NaN and fractions, which only an encoder can meet.
  const encodeTests = [`!(${x} >= ${min}${suffix} && ${x} <= ${max}${suffix})`];
  const fails: string[] = [];
  const range = tests.length === 0 ? source.encodeCheck(field) : source.check(
    field,
    "range",
    `${formatValue(spec, min)} to ${formatValue(spec, max)}${spec.unit ? ` ${spec.unit}` : ""}`,
  );
  if (tests.length > 0) {
    fails.push(`if (${tests.join(" || ")}) fail(${range}, ${x}, ${element}, c);`);
  }
  const encodeFails = [`if (${encodeTests}) fail(${range}, ${x}, ${element}, c);`];
  if (multipleOf > 1) {
    const aligned = source.check(field, "aligned", `a multiple of ${multipleOf}`);
    const test = `if (${x} % ${multipleOf} !== 0) fail(${aligned}, ${x}, ${element}, c);`;
    fails.push(test);
    encodeFails.push(test);
  }
  source.decodeLines.push(`const ${x} = ${readNumber(spec.as, width, signed, at)};`, ...fails);
  source.encodeLines.push(
    `const ${x} = ${value};`,
    ...encodeFails,
    writeNumber(spec.as, width, at, x),
  );
  return x;
}

function readNumber(as: "number" | "bigint", width: number, signed: boolean, at: string): string {
  const sign = signed ? "Int" : "Uint";
  if (width === 1) return `v.get${sign}8(${at})`;
  if (width < 8) return `v.get${sign}${width * 8}(${at}, true)`;
  if (as === "bigint") return `v.getBig${sign}64(${at}, true)`;
  return `(v.getUint32(${at}, true) + v.getUint32(${at} + 4, true) * 4294967296)`;
}

function writeNumber(as: "number" | "bigint", width: number, at: string, x: string): string {
  if (width === 1) return `v.setUint8(${at}, ${x});`;
  if (width < 8) return `v.setUint${width * 8}(${at}, ${x}, true);`;
  if (as === "bigint") return `v.setBigUint64(${at}, ${x}, true);`;
  return `v.setUint32(${at}, ${x} >>> 0, true); ` +
    `v.setUint32(${at} + 4, Math.floor(${x} / 4294967296), true);`;
}

function emitConstant(
  source: Source,
  spec: FieldSpec & { kind: "constant" },
  { field, at, element }: Place,
): null {
  const check = source.check(field, "constant", formatValue(spec, spec.value));
  const found = readNumber("bigint", 8, false, at);
  if (spec.width === 8) {
    const low = Number(spec.value & BigInt(WORD_MASK));
    const high = Number(spec.value >> 32n);
    source.decodeLines.push(
      `if (v.getUint32(${at}, true) !== ${low} || v.getUint32(${at} + 4, true) !== ${high}) ` +
        `fail(${check}, ${found}, ${element}, c);`,
    );
    source.encodeLines.push(writeNumber("bigint", 8, at, `${spec.value}n`));
  } else {
    const read = readNumber("number", spec.width, false, at);
    source.decodeLines.push(
      `if (${read} !== ${spec.value}) fail(${check}, ${read}, ${element}, c);`,
    );
    source.encodeLines.push(writeNumber("number", spec.width, at, String(spec.value)));
  }
  return null;
}

function emitPadding(source: Source, count: number, { field, at, element }: Place): null {
  const check = source.check(field, "zero", "zero");
  const parts: string[] = [];
  for (let done = 0; done < count;) {
    const width = count - done >= 4 ? 4 : count - done >= 2 ? 2 : 1;
    parts.push(readNumber("number", width, false, `(${at} + ${done})`));
    done += width;
  }
  source.decodeLines.push(
    `if ((${parts.join(" | ")}) !== 0) fail(${check}, "other bytes", ${element}, c);`,
  );
  return null;
}

function emitEnum(
  source: Source,
  spec: FieldSpec & { kind: "enum" },
  { field, at, value, element }: Place,
): string {
  const names = new Map(Object.entries(spec.names).map(([name, number]) => [number, name]));
  const text = [...names].map(([number, name]) => `${name} (${number})`).join(", ");
  const check = source.check(field, "known", `one of ${text}`);
  const x = source.temporary();
  const read = readNumber("number", spec.width, false, at);
  const decode = source.constant(names);
  const encode = source.constant(new Map(Object.entries(spec.names)));
  source.decodeLines.push(
    `const ${x} = ${decode}.get(${read});`,
    `if (${x} === undefined) fail(${check}, ${read}, ${element}, c);`,
  );
  source.encodeLines.push(
    `const ${x} = ${encode}.get(${value});`,
    `if (${x} === undefined) fail(${check}, ${value}, ${element}, c);`,
    writeNumber("number", spec.width, at, x),
  );
  return x;
}

function emitFlags(
  source: Source,
  spec: FieldSpec & { kind: "flags" },
  { field, at, value, element }: Place,
): string {
  const known = Object.values(spec.bits).reduce((all, bit) => (all | bit) >>> 0, 0);
  const check = source.check(field, "known", `no flags beside ${formatValue(spec, known)}`);
  const unknown = ~known >>> 0;
  const x = source.temporary();
  const tests = [`(${x} & ${unknown}) !== 0`];
  if (spec.width === 8) tests.push(`v.getUint32(${at} + 4, true) !== 0`);
  const found = readNumber(spec.width === 8 ? "bigint" : "number", spec.width, false, at);
  source.decodeLines.push(
    `const ${x} = v.getUint32(${at}, true);`,
    `if (${tests.join(" || ")}) fail(${check}, ${found}, ${element}, c);`,
  );
  source.encodeLines.push(
    `const ${x} = ${value};`,
    `if (!(${x} >= 0 && ${x} <= ${WORD_MASK}) || (${x} & ${unknown}) !== 0) ` +
      `fail(${check}, ${x}, ${element}, c);`,
    writeNumber("number", 4, at, x),
  );
  return x;
}

function emitBytes(source: Source, length: number, { field, at, value, element }: Place): string {
  const check = source.encodeCheck(field);
  source.encodeLines.push(
    `if (${value}.length !== ${length}) fail(${check}, ${value}.length, ${element}, c);`,
    `b.set(${value}, ${at});`,
  );
  return `b.subarray(${at}, ${at} + ${length})`;
}

function emitData(
  source: Source,
  spec: DataSpec,
  { field, at, value, element }: Place,
  rest: string,
): string {
  const length = source.check(field, "length", `0 to ${spec.max} bytes, which fill the record`);
  const padded = source.check(field, "padded", "zeros behind the bytes");
  const x = source.temporary();
  source.decodeLines.push(
    `const ${x} = readData(b, v, ${at}, ${rest}, fail, ${length}, ${padded}, ${spec.max}, ` +
      `${element}, c);`,
  );
  source.encodeLines.push(
    `if (${value}.length > ${spec.max}) fail(${length}, ${value}.length, ${element}, c);`,
    writeNumber("number", 8, at, `${value}.length`),
    `b.set(${value}, ${at} + 8);`,
  );
  source.sizeTerms.push(`dataSize(${value})`);
  return x;
}

function emitText(
  source: Source,
  spec: TextSpec,
  { field, at, value, element }: Place,
  rest: string,
): string {
  const unterminated = source.check(field, "terminated", "text that ends in NUL");
  const padded = source.check(field, "padded", "nothing but NULs behind the text, and no more");
  // A record's own length bounds its text to multiples of 8 with the NUL.
  const canFail = spec.min > 0 || spec.size !== "rest" || (spec.max + 1) % 8 !== 0;
  const length = canFail
    ? source.check(field, "length", `${spec.min} to ${spec.max} bytes of text`)
    : source.encodeCheck(field);
  const size = spec.size === "rest" ? rest : String(spec.size);
  const isRest = spec.size === "rest";
  const checks = `${unterminated}, ${padded}, ${length}, ${spec.min}, ${spec.max}, ${element}, c`;
  const x = source.temporary();
  source.decodeLines.push(`const ${x} = readText(b, ${at}, ${size}, ${isRest}, fail, ${checks});`);
  source.encodeLines.push(
    `writeText(b, ${at}, ${value}, fail, ${unterminated}, ${length}, ${spec.min}, ${spec.max}, ` +
      `${element}, c);`,
  );
  if (isRest) source.sizeTerms.push(`textSize(${value})`);
  return x;
}

function emitWords(
  source: Source,
  spec: WordsSpec,
  { field, at, value, element }: Place,
  rest: string,
): string {
  // The record's length has bounded them from above.
  const check = spec.count === "rest" && spec.min > 0
    ? source.check(field, "count", `${spec.min} to ${spec.max} words`)
    : source.encodeCheck(field);
  const [x, count, i] = [source.temporary(), source.temporary(), source.temporary()];
  const number = spec.count === "rest" ? `${rest} / 8` : String(spec.count);
  const test = (n: string) =>
    `if (${n} < ${spec.min} || ${n} > ${spec.max}) fail(${check}, ${n}, ${element}, c);`;
  source.decodeLines.push(
    `const ${count} = ${number};`,
    spec.count === "rest" ? test(count) : "",
    `const ${x} = new BigUint64Array(${count});`,
    `for (let ${i} = 0; ${i} < ${count}; ${i}++) ` +
      `${x}[${i}] = v.getBigUint64(${at} + ${i} * 8, true);`,
  );
  source.encodeLines.push(
    `const ${count} = ${value}.length;`,
    test(count),
    `for (let ${i} = 0; ${i} < ${count}; ${i}++) ` +
      `v.setBigUint64(${at} + ${i} * 8, ${value}[${i}], true);`,
  );
  if (spec.count === "rest") source.sizeTerms.push(`${value}.length * 8`);
  return x;
}

function emitArray(
  source: Source,
  spec: ArraySpec,
  { field, at, value, element }: Place,
  rest: string,
): string {
  // The record's length has bounded them from above, and is a multiple of 8.
  const canFail = spec.count === "rest" && (spec.min > 0 || spec.stride !== 8);
  const check = canFail
    ? source.check(field, "count", `${spec.min} to ${spec.max} whole elements`)
    : source.encodeCheck(field);
  const [x, count, i] = [source.temporary(), source.temporary(), source.temporary()];
  const number = spec.count === "rest" ? `${rest} / ${spec.stride}` : String(spec.count);
  const test = (n: string) =>
    `if (!(${n} >= ${spec.min} && ${n} <= ${spec.max}) || ${n} % 1 !== 0) ` +
    `fail(${check}, ${n}, ${element}, c);`;
  const inner = source.inner();
  const properties: string[] = [];
  for (const part of spec.element) {
    const decoded = emitField(inner, part.spec, {
      field: `${field}[].${part.name}`,
      at: `(${at} + ${i} * ${spec.stride} + ${part.offset})`,
      value: `${value}[${i}].${part.name}`,
      element: i,
    }, "0");
    if (decoded !== null) properties.push(`${part.name}: ${decoded}`);
  }
  source.decodeLines.push(
    `const ${count} = ${number};`,
    spec.count === "rest" ? test(count) : "",
    `const ${x} = new Array(${count});`,
    `for (let ${i} = 0; ${i} < ${count}; ${i}++) {`,
    ...inner.decodeLines,
    `${x}[${i}] = { ${properties.join(", ")} }; }`,
  );
  source.encodeLines.push(
    `const ${count} = ${value}.length;`,
    test(count),
    `for (let ${i} = 0; ${i} < ${count}; ${i}++) {`,
    ...inner.encodeLines,
    `}`,
  );
  if (spec.count === "rest") source.sizeTerms.push(`${value}.length * ${spec.stride}`);
  return x;
}

function emitPages(
  source: Source,
  spec: PagesSpec,
  { field, at, value, element }: Place,
  rest: string,
): string {
  const check = source.check(field, "count", `1 to ${spec.max} whole pages with their addresses`);
  const limit = USER_ADDRESS_LIMIT - spec.pageBytes;
  const text = `a multiple of ${spec.pageBytes} below ${formatAddress(USER_ADDRESS_LIMIT)}`;
  const place = source.check(`${field}[].address`, "aligned", text);
  const [n, x, i, a] = [0, 1, 2, 3].map(() => source.temporary()) as [
    string,
    string,
    string,
    string,
  ];
  const test = `if (!(${n} >= 1 && ${n} <= ${spec.max}) || ${n} % 1 !== 0) ` +
    `fail(${check}, ${n}, ${element}, c);`;
  const addressTest = `if (!(${a} >= 0 && ${a} <= ${limit}) || ` +
    `((${a} >>> 0) & ${spec.pageBytes - 1}) !== 0) ` +
    `fail(${place}, "0x" + ${a}.toString(16), ${i}, c);`;
  source.decodeLines.push(
    `const ${n} = ${rest} / ${8 + spec.pageBytes};`,
    test,
    `const ${x} = new Array(${n});`,
    `for (let ${i} = 0; ${i} < ${n}; ${i}++) {`,
    `const ${a} = ${readNumber("number", 8, false, `${at} + ${i} * 8`)};`,
    addressTest,
    `${x}[${i}] = ${a}; }`,
  );
  source.encodeLines.push(
    `const ${n} = ${value}.addresses.length;`,
    test,
    `for (let ${i} = 0; ${i} < ${n}; ${i}++) {`,
    `const ${a} = ${value}.addresses[${i}];`,
    addressTest,
    writeNumber("number", 8, `(${at} + ${i} * 8)`, a),
    `}`,
    `writePages(b, ${at} + ${n} * 8, ${value}, ${n} * ${spec.pageBytes});`,
  );
  source.sizeTerms.push(`${value}.addresses.length * ${8 + spec.pageBytes}`);
  const start = `${at} + ${n} * 8`;
  return `{ addresses: ${x}, contents: b.subarray(${start}, ${start} + ${n} * ${spec.pageBytes}) }`;
}

const formatAddress = (value: number) => `0x${value.toString(16)}`;
