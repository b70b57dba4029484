/** Arbitrary values of any record, derived from its declaration; relations between fields excepted. */
import fc from "npm:fast-check@4";
import { decodeBytes } from "../../fs/byte_string.ts";
import type { FieldSpec, NamedField } from "../field_spec.ts";

const ROWS_MAX = 5;

/** A decoded record, or an element of one. */
export type Values = Readonly<Record<string, unknown>>;

/** Arbitrary values of some fields. */
export function arbitraryValues(fields: readonly NamedField[]): fc.Arbitrary<Values> {
  return fc.record(Object.fromEntries(
    fields.flatMap(({ name, spec }) => {
      const arbitrary = arbitraryField(spec);
      return arbitrary === null ? [] : [[name, arbitrary]];
    }),
  ));
}

/** Arbitrary values of a field, null when it has none. */
function arbitraryField(spec: FieldSpec): fc.Arbitrary<unknown> | null {
  switch (spec.kind) {
    case "integer":
      return arbitraryInteger(spec);
    case "constant":
    case "padding":
      return null;
    case "enum":
      return fc.constantFrom(...Object.keys(spec.names));
    case "flags":
      return fc.subarray(Object.values(spec.bits)).map((bits) =>
        bits.reduce((all, bit) => (all | bit) >>> 0, 0)
      );
    case "bytes":
      return fc.uint8Array({ minLength: spec.length, maxLength: spec.length });
    case "data":
      return fc.uint8Array({ maxLength: Math.min(spec.max, 40) });
    case "text":
      return fc.uint8Array({ min: 1, minLength: spec.min, maxLength: Math.min(spec.max, 40) })
        .map(decodeBytes);
    case "words": {
      const minLength = spec.min;
      const maxLength = Math.min(spec.max, Math.max(spec.min, ROWS_MAX));
      return fc.array(fc.bigInt(0n, (1n << 64n) - 1n), { minLength, maxLength })
        .map((words) => BigUint64Array.from(words));
    }
    case "array": {
      const minLength = spec.min;
      const maxLength = Math.min(spec.max, Math.max(spec.min, ROWS_MAX));
      return fc.array(arbitraryValues(spec.element), { minLength, maxLength });
    }
    case "pages":
      return fc.array(fc.integer({ min: 0, max: 2 ** 26 - 1 }), { minLength: 1, maxLength: 3 })
        .map((pages) => ({
          addresses: pages.map((page) => page * spec.pageBytes),
          contents: new Uint8Array(pages.length * spec.pageBytes).map((_, i) => i * 7),
        }));
  }
}

function arbitraryInteger(spec: FieldSpec & { kind: "integer" }): fc.Arbitrary<unknown> {
  const [min, max] = [BigInt(spec.min), BigInt(spec.max)];
  const step = BigInt(spec.multipleOf);
  return fc.oneof(
    fc.bigInt((min + step - 1n) / step, max / step).map((count) => count * step),
    fc.constantFrom(min, (max / step) * step),
  ).map((value) => (spec.as === "number" ? Number(value) : value));
}
