/**
 * Turns a record's declaration into functions that read and write its fields.
 *
 * The functions are generated as source text, once a record type, from the declaration alone: no
 * byte of an image ever gets into them. Interpreting the declaration for each field instead was
 * measured at sixty times the cost, because the shape of the decoded object is then unknown. A page
 * with a content security policy must therefore allow 'unsafe-eval'.
 *
 * Whatever is decoded has been checked field by field (bounds, known names, zero padding), so that
 * writing it again gives the same bytes. Encoding makes the same checks: what could not be read
 * back is never written.
 */
import type { Check } from "./check.ts";
import { emitField, Source } from "./codec_fields.ts";
import { dataSize, readData, readText, textSize, writePages, writeText } from "./codec_values.ts";
import type { FieldSpec, NamedField } from "./field_spec.ts";
import { formatValue } from "./format.ts";

/** A check of one field. */
export interface FieldCheck {
  readonly check: Check;
  /** The field's name; empty when it is the record's length. `[]` stands for an element's number. */
  readonly field: string;
}

/** Who decodes or encodes: knows where, and refuses. */
export interface CodecContext {
  /** Number of the record in the image. */
  readonly at: number;
  /** Throws the refusal. `element` is the number of the array element, -1 outside of arrays. */
  fail(check: FieldCheck, found: string, element: number): never;
}

/** Reads and writes the fields of one type of record. */
export interface Codec<T> {
  /** Every check that decoding makes. */
  readonly checks: readonly FieldCheck[];
  /** Bytes of the fields of a value. */
  size(value: T): number;
  /** Reads `length` bytes of fields at `offset`. */
  decode(
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    length: number,
    context: CodecContext,
  ): T;
  /** Writes a value's fields at `offset` into zeros; `length` is its size. */
  encode(
    value: T,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    length: number,
    context: CodecContext,
  ): void;
}

/** Builds the codec of a record. Called once a record type, when it is first needed. */
export function compileCodec<T>(
  name: string,
  fields: readonly NamedField[],
  fixedBytes: number,
  maxBytes: number,
): Codec<T> {
  const source = new Source(name);
  const lengthText = fixedBytes === maxBytes
    ? `${fixedBytes} bytes of fields`
    : `${fixedBytes} to ${maxBytes} bytes of fields`;
  const length = source.check("", "length", lengthText);
  const lengthTest = fixedBytes === maxBytes
    ? `n !== ${fixedBytes}`
    : `n < ${fixedBytes} || n > ${maxBytes}`;
  const properties = ["at: c.at"];
  for (const field of fields) {
    const place = {
      field: field.name,
      at: `(o + ${field.offset})`,
      value: `r.${field.name}`,
      element: "-1",
    };
    const decoded = emitField(source, field.spec, place, `(n - ${field.offset})`);
    if (decoded !== null) properties.push(`${field.name}: ${decoded}`);
  }
  const decodeBody = [
    `if (${lengthTest}) fail(${length}, n, -1, c);`,
    ...source.decodeLines,
    `return { ${properties.join(", ")} };`,
  ];
  const encodeBody = [`if (${lengthTest}) fail(${length}, n, -1, c);`, ...source.encodeLines];
  const sizeBody = `return ${[String(fixedBytes), ...source.sizeTerms].join(" + ")};`;

  const { checks, constants } = source.shared;
  const fail = (index: number, found: unknown, element: number, context: CodecContext): never => {
    // The generated code knows only numbers of checks that it was given.
    const failed = checks[index]!;
    return context.fail(failed, formatFound(fields, failed.field, found), element);
  };
  const helpers = { fail, readText, writeText, textSize, writePages, readData, dataSize };
  const names = [...Object.keys(helpers), ...constants.map((_, i) => `k${i}`)];
  const make = new Function(
    ...names,
    `"use strict"; return {
      size(r) { ${sizeBody} },
      decode(b, v, o, n, c) { ${decodeBody.join("\n")} },
      encode(r, b, v, o, n, c) { ${encodeBody.join("\n")} },
    };`,
  ) as (...values: unknown[]) => Omit<Codec<T>, "checks">;
  return { checks, ...make(...Object.values(helpers), ...constants) };
}

/** How a field's offending value is shown. */
function formatFound(fields: readonly NamedField[], field: string, found: unknown): string {
  let spec: FieldSpec | undefined;
  let list = fields;
  for (const part of field.split("[].")) {
    spec = list.find(({ name }) => name === part)?.spec;
    list = spec?.kind === "array" ? spec.element : [];
  }
  return spec === undefined || typeof found === "string" ? String(found) : formatValue(spec, found);
}
