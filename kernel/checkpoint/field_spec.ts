/**
 * What a field of a record is: the data behind the declarations of schema.ts, which codecs, the
 * document and mutators read.
 */
import { RECORD_ALIGNMENT } from "./wire.ts";

/** How a number is shown to people. */
export type Show = "decimal" | "hex" | "octal" | "signals";

/** What a declaration says about a field of any kind. */
export interface Notes {
  /** What it means, as a sentence without full stop. */
  readonly doc: string;
  /** What it counts: `"bytes"`, `"ns"`, … */
  readonly unit?: string;
}

/** A whole number of 1 to 8 bytes. */
export interface IntegerSpec extends Notes {
  /** Tells the kinds of fields apart. */
  readonly kind: "integer";
  /** Bytes that it takes. */
  readonly width: 1 | 2 | 4 | 8;
  /** Whether it may be negative. */
  readonly signed: boolean;
  /** Eight-byte integers that may pass 2^53 are bigints. */
  readonly as: "number" | "bigint";
  /** Smallest value. */
  readonly min: number | bigint;
  /** Largest value. */
  readonly max: number | bigint;
  /** The value must be a multiple of this. */
  readonly multipleOf: number;
  /** How it is shown. */
  readonly show: Show;
  /** For an object number: the types of objects that it may name. */
  readonly refers?: readonly string[];
}

/** A number that is always the same; it has no place in the decoded value. */
export interface ConstantSpec extends Notes {
  /** Tells the kinds of fields apart. */
  readonly kind: "constant";
  /** Bytes that it takes. */
  readonly width: 2 | 4 | 8;
  /** The value. */
  readonly value: bigint;
  /** How it is shown. */
  readonly show: Show;
}

/** Bytes without meaning, which must be zero. */
export interface PaddingSpec extends Notes {
  /** Tells the kinds of fields apart. */
  readonly kind: "padding";
  /** How many. */
  readonly bytes: number;
}

/** One of a list of named numbers. */
export interface EnumSpec extends Notes {
  /** Tells the kinds of fields apart. */
  readonly kind: "enum";
  /** Bytes that it takes. */
  readonly width: 2 | 4;
  /** The numbers by name. */
  readonly names: Readonly<Record<string, number>>;
}

/** A set of named bits within the low 32; all others must be zero. */
export interface FlagsSpec extends Notes {
  /** Tells the kinds of fields apart. */
  readonly kind: "flags";
  /** Bytes that it takes. */
  readonly width: 4 | 8;
  /** The bits by name. */
  readonly bits: Readonly<Record<string, number>>;
}

/** A fixed number of bytes as they are. */
export interface BytesSpec extends Notes {
  /** Tells the kinds of fields apart. */
  readonly kind: "bytes";
  /** How many bytes. */
  readonly length: number;
}

/** Bytes as they are, as many as there are: their number (u64), then they, then zeros up to a multiple of 8. */
export interface DataSpec extends Notes {
  /** Tells the kinds of fields apart. */
  readonly kind: "data";
  /** Most bytes. */
  readonly max: number;
}

/** A name: bytes without NUL, then NULs to the end of the field. */
export interface TextSpec extends Notes {
  /** Tells the kinds of fields apart. */
  readonly kind: "text";
  /** Bytes of the field, or "rest": as many as it needs, rounded up to 8. */
  readonly size: number | "rest";
  /** Fewest bytes of text. */
  readonly min: number;
  /** Most bytes of text. */
  readonly max: number;
}

/** A row of 64-bit words. */
export interface WordsSpec extends Notes {
  /** Tells the kinds of fields apart. */
  readonly kind: "words";
  /** How many, or "rest": up to the end of the record. */
  readonly count: number | "rest";
  /** Fewest. */
  readonly min: number;
  /** Most. */
  readonly max: number;
  /** How it is shown. */
  readonly show: Show;
  /** What the first word is called in a row's labels: `x[1]`. */
  readonly first: number;
}

/** A row of equal structures. */
export interface ArraySpec extends Notes {
  /** Tells the kinds of fields apart. */
  readonly kind: "array";
  /** How many, or "rest": up to the end of the record. */
  readonly count: number | "rest";
  /** Fewest. */
  readonly min: number;
  /** Most. */
  readonly max: number;
  /** The fields of one of them. */
  readonly element: readonly NamedField[];
  /** Bytes of one element. */
  readonly stride: number;
}

/** Pages: n addresses (u64), then n × 4096 bytes of contents; n from the record's length. */
export interface PagesSpec extends Notes {
  /** Tells the kinds of fields apart. */
  readonly kind: "pages";
  /** Bytes of a page. */
  readonly pageBytes: number;
  /** Most. */
  readonly max: number;
}

/** What is known of a field. */
export type FieldSpec =
  | IntegerSpec
  | ConstantSpec
  | PaddingSpec
  | EnumSpec
  | FlagsSpec
  | BytesSpec
  | DataSpec
  | TextSpec
  | WordsSpec
  | ArraySpec
  | PagesSpec;

/** A field with its name and place. */
export interface NamedField {
  /** What it is called. */
  readonly name: string;
  /** Offset from the first byte after the record's header, or from the element's start. */
  readonly offset: number;
  /** What it is. */
  readonly spec: FieldSpec;
}

/** The bytes that a field always takes. */
export function fixedSize(spec: FieldSpec): number {
  switch (spec.kind) {
    case "integer":
    case "constant":
    case "enum":
    case "flags":
      return spec.width;
    case "padding":
      return spec.bytes;
    case "bytes":
      return spec.length;
    case "text":
      return spec.size === "rest" ? 0 : spec.size;
    case "words":
      return spec.count === "rest" ? 0 : spec.count * 8;
    case "array":
      return spec.count === "rest" ? 0 : spec.count * spec.stride;
    case "pages":
    case "data":
      return 0;
  }
}

/** The most bytes that a field may take. */
export function largestSize(spec: FieldSpec): number {
  switch (spec.kind) {
    case "text":
      return spec.size === "rest" ? roundUp(spec.max + 1) : spec.size;
    case "words":
      return spec.max * 8;
    case "array":
      return spec.max * spec.stride;
    case "pages":
      return spec.max * (8 + spec.pageBytes);
    case "data":
      return 8 + roundUp(spec.max);
    default:
      return fixedSize(spec);
  }
}

/** Whether a field runs to the end of its record. */
export function isRest(spec: FieldSpec): boolean {
  return spec.kind === "pages" || spec.kind === "data" ||
    (spec.kind === "text" && spec.size === "rest") ||
    ((spec.kind === "words" || spec.kind === "array") && spec.count === "rest");
}

/** What a field's offset must be a multiple of. */
export function alignmentOf(spec: FieldSpec): number {
  switch (spec.kind) {
    case "integer":
    case "constant":
    case "enum":
    case "flags":
      return spec.width;
    case "padding":
    case "bytes":
      return 1;
    case "text":
      return spec.size === "rest" ? RECORD_ALIGNMENT : 1;
    default:
      return RECORD_ALIGNMENT;
  }
}

const roundUp = (bytes: number) => Math.ceil(bytes / RECORD_ALIGNMENT) * RECORD_ALIGNMENT;
