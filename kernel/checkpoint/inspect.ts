/**
 * Looks into an image, whole or damaged: its records with their decoded fields as far as they can be
 * told, and what restart would object to first.
 */
import { type Frame, frameLeniently } from "./frame.ts";
import { formatValue } from "./format.ts";
import { imageCaps, traceLeniently } from "./image.ts";
import { verify } from "./integrity.ts";
import { partsOf, type RecordPart, valueOfPart } from "./layout.ts";
import { Refusal } from "./refusal.ts";
import type { FieldSpec } from "./field_spec.ts";
import { recordTypeName } from "./wire.ts";

/** A field of a record of an image. */
export interface InspectedField {
  /** Such as `vm_start`, or `sigaction[2].mask`. */
  readonly name: string;
  /** Byte offset in the image. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** For people: addresses in hexadecimal, flags and signals by name. */
  readonly text: string;
  /** For programs: a number, a name, or a number beyond 2^53 as decimal text. */
  readonly value: string | number;
}

/** A record of an image. */
export interface InspectedRecord {
  /** Its number, from 0. */
  readonly number: number;
  /** What it is, such as `VMA`. */
  readonly type: string;
  /** Where the grammar has it, such as `task[0]/mm/vma[3]`; empty where it could not be placed. */
  readonly path: string;
  /** Byte offset in the image. */
  readonly offset: number;
  /** Bytes, header and check included. */
  readonly length: number;
  /** Its decoded fields; none where it could not be placed. */
  readonly fields: readonly InspectedField[];
}

/** What is to be told of an image. */
export interface Inspection {
  /** Bytes up to the tail's end, or all when there is no tail. */
  readonly length: number;
  /** Bytes behind the tail, which are not the image's. */
  readonly trailing: number;
  /** The records that could be told apart. */
  readonly records: readonly InspectedRecord[];
  /** What is wrong with the image itself, first thing first; null when nothing is. */
  readonly refusal: Refusal | null;
}

/** How an image is inspected. */
export interface InspectOptions {
  /** 32 bytes that it was sealed with. */
  readonly key?: Uint8Array;
}

/**
 * Looks into an image. Never throws for what the bytes are.
 *
 * @example
 * ```ts
 * import { inspectImage } from "./mod.ts";
 *
 * const { refusal, records } = inspectImage(new Uint8Array(10));
 * console.assert(records.length === 0 && refusal?.check === "frame/type");
 * ```
 */
export function inspectImage(bytes: Uint8Array, { key }: InspectOptions = {}): Inspection {
  const { refusal: unframed, ...frame } = frameLeniently(bytes, imageCaps());
  const damage = unframed ?? refusalOf(() => verify(frame, key ?? null));
  const { trace, refusal: unparsed } = traceLeniently(frame);
  const end = unframed === null ? frame.starts[frame.starts.length - 1]! : bytes.length;
  const records = frame.starts.slice(0, -1).map((offset, number) => {
    const traced = trace[number];
    const length = frame.starts[number + 1]! - offset;
    return {
      number,
      type: traced?.record.name ?? recordTypeName(frame.view.getUint32(offset, true)),
      path: traced?.path ?? "",
      offset,
      length,
      fields: traced === undefined
        ? []
        : partsOf(traced.record, length).flatMap((part) =>
          inspectPart(frame, offset, part, traced.value)
        ),
    };
  });
  return {
    length: end,
    trailing: bytes.length - end,
    records,
    refusal: damage ?? unparsed,
  };
}

function refusalOf(step: () => void): Refusal | null {
  try {
    step();
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function inspectPart(
  { bytes }: Frame,
  start: number,
  { name, offset, length, spec, keys }: RecordPart,
  record: unknown,
): InspectedField[] {
  if (spec === null || spec.kind === "padding") return [];
  const at = start + offset;
  const place = { name, offset: at, length };
  if (spec.kind === "constant") {
    return [{ ...place, text: formatValue(spec, spec.value), value: plain(spec.value) }];
  }
  if (keys === null) {
    const contents = { kind: "bytes", length, doc: "" } as const;
    const text = formatValue(contents, bytes.subarray(at, at + length));
    return [{ ...place, text, value: text }];
  }
  const value = valueOfPart(record, keys);
  const text = formatValue(scalarOf(spec), value);
  return [{ ...place, text, value: plain(value) ?? text }];
}

/** How one element of a row is shown. */
function scalarOf(spec: FieldSpec): FieldSpec {
  if (spec.kind === "words") return { ...U64, show: spec.show, doc: spec.doc };
  return spec.kind === "pages" ? { ...U64, show: "hex", doc: spec.doc } : spec;
}

const U64 = {
  kind: "integer",
  width: 8,
  signed: false,
  as: "bigint",
  min: 0n,
  max: (1n << 64n) - 1n,
  multipleOf: 1,
} as const;

function plain(value: unknown): string | number {
  if (typeof value === "number") return value;
  if (typeof value === "string") return value;
  if (typeof value === "bigint") {
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);
  }
  return value instanceof Uint8Array ? hex(value) : String(value);
}

const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * An inspection as text: one record a line, its fields indented below it.
 *
 * @example
 * ```ts
 * import { formatInspection, inspectImage } from "./mod.ts";
 *
 * console.assert(formatInspection(inspectImage(new Uint8Array(0))).includes("Refused"));
 * ```
 */
export function formatInspection(inspection: Inspection): string {
  const lines: string[] = [];
  for (const { type, path, offset, length, fields } of inspection.records) {
    const place = path === "" ? "(not placed)" : path;
    lines.push(`${String(offset).padStart(8)}  ${place}  ${type}, ${length} bytes`);
    for (const line of fieldLines(fields)) lines.push(`            ${line}`);
  }
  const { length, trailing, records, refusal } = inspection;
  const behind = trailing > 0 ? `, ${trailing} bytes behind it that are not the image's` : "";
  lines.push(`${records.length} records, ${length} bytes${behind}`);
  lines.push(refusal === null ? "Intact" : `Refused: ${refusal.message}`);
  return lines.join("\n") + "\n";
}

const WORDS_IN_LINE = 4;

/** A line a field; words of a row four to a line, the fields of a row's element all in one. */
function fieldLines(fields: readonly InspectedField[]): string[] {
  const lines: string[] = [];
  let group = "";
  let inLine = 0;
  for (const { name, text } of fields) {
    const match = /^(.*)\[(\d+)\](?:\.(.*))?$/.exec(name);
    const [, row = "", index = "", part] = match ?? [];
    const element = part === undefined ? row : `${row}[${index}]`;
    const continues = match !== null && element === group &&
      (part !== undefined || inLine < WORDS_IN_LINE);
    const value = part === undefined ? text : `${part} ${text}`;
    if (continues) {
      lines[lines.length - 1] += `${part === undefined ? " " : ", "}${value}`;
      inLine++;
      continue;
    }
    lines.push(match === null ? `${name}: ${text}` : `${row}[${index}]: ${value}`);
    group = element;
    inLine = 1;
  }
  return lines;
}
