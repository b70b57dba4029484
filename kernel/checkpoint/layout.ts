/**
 * Where every part of a record stands: the label of any byte, for inspectors, mutators and heat maps.
 */
import type { RecordType } from "./schema.ts";
import { type FieldSpec, fixedSize, isRest } from "./field_spec.ts";
import { RECORD_CHECK_BYTES, RECORD_HEADER_BYTES } from "./wire.ts";

/** What a part of a record is: a field's kind, or of the frame around the fields. */
export type PartKind = FieldSpec["kind"] | "type" | "len" | "check" | "unknown";

/** A part of a record that cannot be divided further. */
export interface RecordPart {
  /** `vm_start`, `sigaction[2].mask`, `x[9]`; `type`, `len` and `check` for the frame. */
  readonly name: string;
  /** From the record's first byte. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  readonly kind: PartKind;
  /** The field's declaration, or null for the frame. */
  readonly spec: FieldSpec | null;
  /** How to reach its value in the decoded record; null when it has none. */
  readonly keys: readonly (string | number)[] | null;
}

const part = (name: string, offset: number, length: number, kind: PartKind): RecordPart => ({
  name,
  offset,
  length,
  kind,
  spec: null,
  keys: null,
});

/**
 * The parts of a record of `length` bytes in order, without gaps; null as the record's type stands
 * for one that the grammar could not place.
 */
export function partsOf(record: RecordType<unknown> | null, length: number): RecordPart[] {
  const end = length - RECORD_CHECK_BYTES;
  const parts = [part("type", 0, 4, "type"), part("len", 4, 4, "len")];
  if (record === null) {
    if (end > RECORD_HEADER_BYTES) {
      parts.push(part("bytes", RECORD_HEADER_BYTES, end - RECORD_HEADER_BYTES, "unknown"));
    }
  } else {
    for (const { name, offset, spec } of record.fields) {
      const at = RECORD_HEADER_BYTES + offset;
      const size = isRest(spec) ? end - at : fixedSize(spec);
      appendField(parts, { name, keys: [name], at, size, spec });
    }
  }
  parts.push(part("check", end, RECORD_CHECK_BYTES, "check"));
  return parts;
}

interface FieldPlace {
  readonly name: string;
  readonly keys: readonly (string | number)[];
  readonly at: number;
  readonly size: number;
  readonly spec: FieldSpec;
}

function appendField(parts: RecordPart[], { name, keys, at, size, spec }: FieldPlace): void {
  const append = (name: string, offset: number, length: number, keys: RecordPart["keys"]) =>
    parts.push({ name, offset, length, kind: spec.kind, spec, keys });
  switch (spec.kind) {
    case "words":
      for (let i = 0; i < size / 8; i++) {
        append(`${name}[${spec.first + i}]`, at + i * 8, 8, [...keys, i]);
      }
      break;
    case "array":
      for (let i = 0; i < size / spec.stride; i++) {
        for (const inner of spec.element) {
          appendField(parts, {
            name: `${name}[${i}].${inner.name}`,
            keys: [...keys, i, inner.name],
            at: at + i * spec.stride + inner.offset,
            size: fixedSize(inner.spec),
            spec: inner.spec,
          });
        }
      }
      break;
    case "pages": {
      const count = Math.floor(size / (8 + spec.pageBytes));
      for (let i = 0; i < count; i++) {
        append(`${name}[${i}].address`, at + i * 8, 8, [...keys, "addresses", i]);
      }
      for (let i = 0; i < count; i++) {
        const offset = at + count * 8 + i * spec.pageBytes;
        append(`${name}[${i}].contents`, offset, spec.pageBytes, null);
      }
      break;
    }
    case "data":
      append(`${name}.length`, at, 8, [...keys, "length"]);
      if (size > 8) append(name, at + 8, size - 8, keys);
      break;
    case "constant":
    case "padding":
      append(name, at, size, null);
      break;
    default:
      append(name, at, size, keys);
  }
}

/** The value that a part's keys lead to. */
export function valueOfPart(value: unknown, keys: readonly (string | number)[]): unknown {
  let at = value;
  for (const key of keys) at = (at as Readonly<Record<string | number, unknown>>)[key];
  return at;
}
