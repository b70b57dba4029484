/**
 * The language in which the image's records are declared: a record is a number, a name and a list of
 * fields in the order of their bytes. Everything else (codec, checks, inspector, document, the map
 * of an image's bytes) is derived from these declarations.
 *
 * ```text
 *  0        4        8                         8 + n                16 + n
 *  ├────────┼────────┼───── … ─────────────────┼────────────────────┤
 *  │ type   │ length │ fields, n bytes         │ check: BLAKE3 of   │
 *  │ u32    │ u32    │ multiple of 8           │ all before it, u64 │
 *  └────────┴────────┴───── … ─────────────────┴────────────────────┘
 *            16 + n     every field at a multiple of its own width
 * ```
 *
 * Numbers are little-endian. Gaps are declared as padding and must be zero.
 */
import { EINVAL } from "../abi/errno.ts";
import { FILE_TIME_MAX_NS, FILE_TIME_MIN_NS } from "../abi/time.ts";
import { USER_ADDRESS_LIMIT } from "../../emu/mod.ts";
import { type Check, defineCheck, defineLater } from "./check.ts";
import { type Codec, compileCodec } from "./codec.ts";
import {
  alignmentOf,
  type FieldSpec,
  fixedSize,
  type IntegerSpec,
  isRest,
  largestSize,
  type NamedField,
  type Notes,
  type Show,
} from "./field_spec.ts";
import { RECORD_ALIGNMENT, RECORD_FRAME_BYTES } from "./wire.ts";

declare const VALUE: unique symbol;

/** A field's declaration; `T` is the type of its decoded value, `never` when it has none. */
export interface Field<T> {
  readonly spec: FieldSpec;
  readonly [VALUE]?: T;
}

/** Fields by name, in the order of their bytes. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

type ValueOfField<F> = F extends Field<infer T> ? T : never;

/** The decoded value of a list of fields. */
export type ValueOf<F extends Fields> = {
  readonly [K in keyof F as [ValueOfField<F[K]>] extends [never] ? never : K]: ValueOfField<F[K]>;
};

/** A decoded record also says where it stood: its number in the image. */
export interface Placed {
  readonly at?: number;
}

/** The decoded value of a record type. */
export type RecordValue<R> = R extends RecordType<infer T> ? T : never;

/** Pages with their addresses. */
export interface Pages {
  /** User address of each page, in bytes. */
  readonly addresses: readonly number[];
  /** Their contents, one behind the other; when decoded always as bytes. */
  readonly contents: Uint8Array | ScatteredPages;
}

/** Contents that do not lie together: gigabytes are copied once, when they are encoded. */
export interface ScatteredPages {
  /** Writes the contents, one page behind the other, from `at` on. */
  copyTo(target: Uint8Array, at: number): void;
}

/** A relation between fields of one record that every image must keep. */
export interface Relation<T> {
  /** The field that is named when it fails. */
  readonly field: string;
  /** What must hold, for people. */
  readonly text: string;
  /** The error number; EINVAL by default. */
  readonly errno?: number;
  holds(value: T): boolean;
}

/** A relation with its check. */
export interface NamedRelation<T> extends Relation<T> {
  readonly check: Check;
}

/** A field that names a shared object, with the checks of the name. */
export interface Reference {
  readonly field: string;
  readonly kinds: readonly string[];
  /** No such object stands before the record. */
  readonly defined: Check;
  /** The object is of another kind. */
  readonly matches: Check;
}

/** A kind of record. */
export interface RecordType<T> {
  readonly node: "record";
  /** The type number in its header. */
  readonly type: number;
  /** Unique among the records; several may share a type (BUFFER, STRING). */
  readonly name: string;
  readonly doc: string;
  readonly fields: readonly NamedField[];
  /** Bytes of the fields that are always there. */
  readonly fixedBytes: number;
  /** Most bytes of all fields. */
  readonly maxBytes: number;
  readonly relations: readonly NamedRelation<T>[];
  readonly references: readonly Reference[];
  /** Another type of record stands here, or this one stands elsewhere. */
  readonly misplaced: Check;
  readonly codec: Codec<T>;
}

type NumberOptions = Notes & {
  readonly min?: number;
  readonly max?: number;
  readonly multipleOf?: number;
  readonly show?: Show;
};

function integer(
  width: 1 | 2 | 4 | 8,
  signed: boolean,
  options: NumberOptions,
): Field<number> {
  const { min, max, multipleOf = 1, show = "decimal", ...notes } = options;
  const bits = Math.min(width * 8, 53);
  const lowest = signed ? -(2 ** (bits - 1)) : 0;
  const highest = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  return {
    spec: {
      kind: "integer",
      width,
      signed,
      as: "number",
      min: min ?? lowest,
      max: max ?? highest,
      multipleOf,
      show,
      ...notes,
    },
  };
}

/** An unsigned 16-bit number. */
export const u16 = (options: NumberOptions): Field<number> => integer(2, false, options);
/** An unsigned 32-bit number. */
export const u32 = (options: NumberOptions): Field<number> => integer(4, false, options);
/** A signed 32-bit number. */
export const s32 = (options: NumberOptions): Field<number> => integer(4, true, options);
/** An unsigned 64-bit number of which no value above 2^53 - 1 makes sense. */
export const size64 = (options: NumberOptions): Field<number> => integer(8, false, options);

/** A user address, 0 … 2^38 - 1 unless bounded otherwise. */
export const address = (options: NumberOptions): Field<number> =>
  integer(8, false, { max: USER_ADDRESS_LIMIT - 1, show: "hex", ...options });

/** An unsigned 64-bit number of any value. */
export function u64(
  options: Notes & { readonly min?: bigint; readonly max?: bigint; readonly show?: Show },
): Field<bigint> {
  const { min = 0n, max = (1n << 64n) - 1n, show = "decimal", ...notes } = options;
  return {
    spec: {
      kind: "integer",
      width: 8,
      signed: false,
      as: "bigint",
      min,
      max,
      multipleOf: 1,
      show,
      ...notes,
    },
  };
}

/** A set of signals 1 … 64, bit n - 1 for signal n. */
export const signalSet = (options: Notes): Field<bigint> => u64({ ...options, show: "signals" });

/** A time or a span in virtual nanoseconds, below 2^63. */
export const nanoseconds = (options: Notes): Field<bigint> =>
  u64({ unit: "ns", max: (1n << 63n) - 1n, ...options });

/** A time of a file in ns since 1970: perhaps one before that, 1677 … 2262. */
export const fileTime = (options: Notes): Field<bigint> => ({
  spec: {
    kind: "integer",
    width: 8,
    signed: true,
    as: "bigint",
    min: FILE_TIME_MIN_NS,
    max: FILE_TIME_MAX_NS,
    multipleOf: 1,
    show: "decimal",
    unit: "ns",
    ...options,
  },
});

/** The number of a shared object that stands earlier in the image. */
export function objref(...kinds: readonly string[]): Field<number> {
  const field = integer(4, true, {
    doc: `number of the ${kinds.join(" or ")} object`,
    min: 1,
  });
  return { spec: { ...field.spec as IntegerSpec, refers: kinds } };
}

/** Like {@linkcode objref}, or 0 for none. */
export function optionalObjref(...kinds: readonly string[]): Field<number> {
  const field = objref(...kinds);
  const spec = field.spec as IntegerSpec;
  return { spec: { ...spec, min: 0, doc: `${spec.doc}, 0 for none` } };
}

/** A number that never differs. */
export function constant(
  width: 2 | 4 | 8,
  value: number | bigint,
  options: Notes & { readonly show?: Show },
): Field<never> {
  return {
    spec: { kind: "constant", width, value: BigInt(value), show: "decimal", ...options },
  };
}

/** Zeros up to the next field's place. */
export function padding(bytes: number): Field<never> {
  return { spec: { kind: "padding", bytes, doc: "zero" } };
}

/** One of some named numbers; its decoded value is the name. */
export function enumeration<const N extends Readonly<Record<string, number>>>(
  names: N,
  options: Notes & { readonly width?: 2 | 4 },
): Field<keyof N & string> {
  return { spec: { kind: "enum", width: 4, names, ...options } };
}

/** A set of named bits; any other bit is refused. */
export function flags(
  bits: Readonly<Record<string, number>>,
  options: Notes & { readonly width?: 4 | 8 },
): Field<number> {
  return { spec: { kind: "flags", width: 4, bits, ...options } };
}

/** A fixed number of bytes. */
export function bytes(length: number, options: Notes): Field<Uint8Array> {
  return { spec: { kind: "bytes", length, ...options } };
}

/** Bytes that fill the record, `max` of them at most. */
export function data(options: Notes & { readonly max: number }): Field<Uint8Array> {
  return { spec: { kind: "data", ...options } };
}

/** Text that fills the record; `max` bytes at most, not counting the NUL. */
export function text(
  options: Notes & { readonly max: number; readonly min?: number },
): Field<string> {
  return { spec: { kind: "text", size: "rest", min: 0, ...options } };
}

/** A fixed number of 64-bit words. */
export function words(
  count: number,
  options: Notes & { readonly show?: Show; readonly first?: number },
): Field<BigUint64Array> {
  return {
    spec: { kind: "words", count, min: count, max: count, show: "hex", first: 0, ...options },
  };
}

/** 64-bit words that fill the record. */
export function restWords(
  options: Notes & { readonly max: number; readonly min?: number; readonly show?: Show },
): Field<BigUint64Array> {
  return { spec: { kind: "words", count: "rest", min: 0, show: "hex", first: 0, ...options } };
}

/** A fixed number of structures. */
export function array<const F extends Fields>(
  count: number,
  element: F,
  options: Notes,
): Field<readonly ValueOf<F>[]> {
  const { fields, bytes } = layOut(element);
  return {
    spec: {
      kind: "array",
      count,
      min: count,
      max: count,
      element: fields,
      stride: bytes,
      ...options,
    },
  };
}

/** Structures that fill the record. */
export function restArray<const F extends Fields>(
  element: F,
  options: Notes & { readonly max: number; readonly min?: number },
): Field<readonly ValueOf<F>[]> {
  const { fields, bytes } = layOut(element);
  return {
    spec: { kind: "array", count: "rest", min: 0, element: fields, stride: bytes, ...options },
  };
}

/** Pages that fill the record. */
export function pages(
  options: Notes & { readonly max: number; readonly pageBytes: number },
): Field<Pages> {
  return { spec: { kind: "pages", ...options } };
}

/** Gives fields their offsets; insists that nothing lies across its own alignment. */
function layOut(fields: Fields): { fields: readonly NamedField[]; bytes: number } {
  let offset = 0;
  const named: NamedField[] = [];
  for (const [name, { spec }] of Object.entries(fields)) {
    if (!/^[a-z_][a-z_0-9]*$/.test(name)) throw new Error(`Cannot name a field "${name}"`);
    if (named.length > 0 && isRest(named[named.length - 1]!.spec)) {
      throw new Error(`Cannot place "${name}" behind a field that takes the rest`);
    }
    if (offset % alignmentOf(spec) !== 0) {
      throw new Error(`Cannot place "${name}" at offset ${offset}: declare the padding before it`);
    }
    named.push({ name, offset, spec });
    offset += fixedSize(spec);
  }
  if (offset % RECORD_ALIGNMENT !== 0) {
    throw new Error(`Cannot end at ${offset} bytes after "${named.at(-1)?.name}": declare padding`);
  }
  return { fields: named, bytes: offset };
}

/** What a record's declaration says. */
export interface RecordDeclaration<F extends Fields> {
  /** What the record holds, in one or two sentences. */
  readonly doc: string;
  readonly fields: F;
  /** What must hold between its fields, by the name of the check. */
  readonly relations?: Readonly<Record<string, Relation<ValueOf<F>>>>;
}

/** Declares a record. `name` must be unique; `type` is its number in {@linkcode CKPT_HDR}. */
export function record<const F extends Fields>(
  name: string,
  type: number,
  declaration: RecordDeclaration<F>,
): RecordType<ValueOf<F> & Placed> {
  const { fields, bytes } = layOut(declaration.fields);
  const largest = fields.reduce((sum, { spec }) => sum + largestSize(spec), 0);
  const relations = Object.entries<Relation<ValueOf<F>>>(declaration.relations ?? {}).map((
    [key, relation],
  ) => ({
    ...relation,
    check: defineCheck(`${name}/${key}`, relation.errno ?? EINVAL, relation.text),
  }));
  let codec: Codec<ValueOf<F> & Placed> | undefined;
  const compiled = () => codec ??= compileCodec(name, fields, bytes, largest);
  const declared = {
    node: "record",
    type,
    name,
    doc: declaration.doc,
    fields,
    fixedBytes: bytes,
    maxBytes: largest,
    relations,
    references: fields.flatMap((field) => referencesOf(name, field)),
    misplaced: defineCheck(`${name}/misplaced`, EINVAL, `a ${name} record`),
    get codec() {
      return compiled();
    },
  } as const;
  defineLater(compiled);
  return declared;
}

function referencesOf(record: string, { name, spec }: NamedField): Reference[] {
  if (spec.kind !== "integer" || spec.refers === undefined) return [];
  const kinds = spec.refers;
  return [{
    field: name,
    kinds,
    defined: defineCheck(`${record}.${name}/defined`, EINVAL, "an object that stands before it"),
    matches: defineCheck(
      `${record}.${name}/kind`,
      EINVAL,
      `an object of kind ${kinds.join(" or ")}`,
    ),
  }];
}

/** Bytes of a whole record with so many bytes of fields. */
export function recordBytes(fieldBytes: number): number {
  return fieldBytes + RECORD_FRAME_BYTES;
}
