/**
 * Does what is declared hold? Every record goes through its codec and back, and every check of every
 * field refuses exactly what it names.
 */
import fc from "npm:fast-check@4";
import { assert, assertEquals, assertThrows } from "../../std_assert.ts";
import { allChecks } from "./check.ts";
import type { CodecContext } from "./codec.ts";
import { imageRecords } from "./image.ts";
import { padding, record, type RecordType, u16, u32 } from "./schema.ts";
import { type FieldSpec, fixedSize, isRest } from "./field_spec.ts";
import { text, u64 } from "./schema.ts";
import { arbitraryValues, type Values } from "./testing/arbitrary.ts";

class Refused extends Error {}

const context: CodecContext = {
  at: 3,
  fail(failed, _found, element) {
    const field = element < 0 ? failed.field : failed.field.replace("[]", `[${element}]`);
    throw new Refused(`${failed.check.name} ${field}`);
  },
};

function encode(type: RecordType<unknown>, value: unknown): Uint8Array {
  const bytes = new Uint8Array(type.codec.size(value));
  type.codec.encode(value, bytes, new DataView(bytes.buffer), 0, bytes.length, context);
  return bytes;
}

function decode(type: RecordType<unknown>, bytes: Uint8Array): unknown {
  // In the middle of other bytes, as records are.
  const around = new Uint8Array(bytes.length + 32).fill(0xa5);
  around.set(bytes, 16);
  const view = new DataView(around.buffer);
  return type.codec.decode(around, view, 16, bytes.length, context);
}

for (const type of imageRecords()) {
  Deno.test(`${type.name}: what is written is read again`, () => {
    fc.assert(
      fc.property(arbitraryValues(type.fields), (value) => {
        const bytes = encode(type, value);
        const decoded = decode(type, bytes);
        assertEquals(decoded, { at: 3, ...value });
        assertEquals(encode(type, decoded), bytes);
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  Deno.test(`${type.name}: every check of a field refuses what it names`, () => {
    const [sample] = fc.sample(arbitraryValues(type.fields), { numRuns: 1, seed: 5 });
    const bytes = encode(type, withRows(sample!, type));
    const tried = new Set<string>();
    for (const { name, offset, spec } of type.fields) {
      const size = isRest(spec) ? bytes.length - offset : fixedSize(spec);
      for (const [check, damage] of damages(name, offset, size, spec)) {
        const damaged = damage(bytes.slice());
        const label = `${type.name}.${check}`;
        assertThrows(() => decode(type, damaged), Refused, label);
        tried.add(label);
      }
    }
    const fieldChecks = type.codec.checks.map(({ check }) => check.name)
      .filter((name) => name.startsWith(`${type.name}.`));
    assertEquals([...new Set(fieldChecks)].filter((name) => !tried.has(name)), []);
  });

  Deno.test(`${type.name}: another length is refused`, () => {
    const [sample] = fc.sample(arbitraryValues(type.fields), { numRuns: 1, seed: 5 });
    const bytes = encode(type, sample);
    const isFixed = type.fixedBytes === type.maxBytes;
    const lengths = isFixed ? [0, bytes.length - 8, bytes.length + 8] : [type.maxBytes + 8];
    for (const length of lengths.filter((length) => length >= 0 && length !== bytes.length)) {
      const other = new Uint8Array(length);
      other.set(bytes.subarray(0, length));
      assertThrows(() => decode(type, other), Refused, `${type.name}/length`);
    }
  });
}

/** A value whose rows have elements to damage. */
function withRows(sample: Values, type: RecordType<unknown>): Values {
  const rows = type.fields.flatMap(({ name, spec }) => {
    if (spec.kind !== "array") return [];
    const elements = fc.sample(arbitraryValues(spec.element), {
      numRuns: Math.max(spec.min, 3),
      seed: 6,
    });
    return [[name, elements]];
  });
  return { ...sample, ...Object.fromEntries(rows) };
}

type Damage = (bytes: Uint8Array) => Uint8Array;

/** For each check that a field has, a way to violate it and nothing before it. */
function damages(name: string, at: number, size: number, spec: FieldSpec): [string, Damage][] {
  switch (spec.kind) {
    case "integer": {
      const found: [string, Damage][] = [];
      const bits = BigInt(spec.width * 8);
      const low = spec.signed ? -(1n << (bits - 1n)) : 0n;
      const high = spec.signed ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n;
      if (BigInt(spec.min) > low) {
        found.push([`${name}/range`, put(at, size, BigInt(spec.min) - 1n)]);
      }
      if (BigInt(spec.max) < high) {
        found.push([`${name}/range`, put(at, size, BigInt(spec.max) + 1n)]);
      }
      if (spec.multipleOf > 1) {
        found.push([`${name}/aligned`, put(at, size, BigInt(spec.min) + 1n)]);
      }
      return found;
    }
    case "constant":
      return [
        [`${name}/constant`, put(at, size, spec.value + 1n)],
        [`${name}/constant`, put(at, size, spec.value ^ (1n << BigInt(size * 8 - 1)))],
      ];
    case "padding":
      return Array.from({ length: size }, (_, i) => [`${name}/zero`, put(at + i, 1, 128n)]);
    case "enum":
      return [[`${name}/known`, put(at, size, 0x7fffn)]];
    case "flags": {
      const known = Object.values(spec.bits).reduce((all, bit) => all | BigInt(bit), 0n);
      return Array.from({ length: size * 8 }, (_, i) => 1n << BigInt(i))
        .filter((bit) => (bit & known) === 0n)
        .map((bit) => [`${name}/known`, put(at, size, bit)]);
    }
    case "text":
      return [
        [`${name}/terminated`, (bytes) => bytes.fill(65, at)],
        [
          `${name}/padded`,
          (bytes) => extended(bytes.fill(0, at).fill(65, at, at + spec.min), 8, 0),
        ],
        [`${name}/padded`, (bytes) => {
          const long = extended(bytes.fill(0, at).fill(65, at, at + spec.min), 0, 0);
          long[long.length - 1] = 1;
          return long;
        }],
        ...spec.min > 0
          ? [
            [`${name}/length`, (bytes) => extended(bytes.subarray(0, at), 8, 0)] satisfies [
              string,
              Damage,
            ],
          ]
          : [],
        ...(spec.max + 1) % 8 !== 0
          ? [
            [`${name}/length`, (bytes) => {
              const long = new Uint8Array(at + spec.max + 1).fill(65, at);
              long.set(bytes.subarray(0, at));
              return extended(long, 1, 0);
            }] satisfies [string, Damage],
          ]
          : [],
      ];
    case "words":
      return [];
    case "array": {
      const inner = spec.element.flatMap(({ name: part, offset, spec: partSpec }) =>
        damages(part, at + spec.stride + offset, fixedSize(partSpec), partSpec).map((
          [check, damage],
        ): [string, Damage] => [`${name}[].${check}`, damage])
      );
      if (spec.count !== "rest") return inner;
      const counts: [string, Damage][] = [];
      if (spec.stride !== 8) counts.push([`${name}/count`, (bytes) => extended(bytes, 8, 0)]);
      if (spec.min > 0) counts.push([`${name}/count`, (bytes) => bytes.subarray(0, at)]);
      return [...counts, ...inner];
    }
    case "pages":
      return [
        [`${name}/count`, (bytes) => extended(bytes, 8, 0)],
        [`${name}/count`, (bytes) => bytes.subarray(0, at)],
        [`${name}[].address/aligned`, put(at, 8, 1n)],
        [`${name}[].address/aligned`, put(at, 8, 1n << 38n)],
        [`${name}[].address/aligned`, put(at, 8, 1n << 63n)],
      ];
    case "data":
      return [
        [`${name}/length`, put(at, 8, BigInt(spec.max) + 1n)],
        [`${name}/length`, put(at + 7, 1, 128n)],
        [`${name}/length`, (bytes) => extended(bytes, 8, 0)],
        [`${name}/length`, (bytes) => bytes.subarray(0, at)],
        [`${name}/padded`, (bytes) => {
          const one = extended(bytes.subarray(0, at), 16, 0);
          one[at] = 1;
          one[one.length - 1] = 1;
          return one;
        }],
      ];
    case "bytes":
      return [];
  }
}

function put(at: number, size: number, value: bigint): Damage {
  return (bytes) => {
    for (let i = 0; i < size; i++) bytes[at + i] = Number((value >> BigInt(i * 8)) & 0xffn);
    return bytes;
  };
}

function extended(bytes: Uint8Array, by: number, fill: number): Uint8Array {
  const length = Math.ceil((bytes.length + by) / 8) * 8;
  const longer = new Uint8Array(length).fill(fill);
  longer.set(bytes);
  return longer;
}

Deno.test("a declaration with a gap, a crossing or a name twice is a mistake", () => {
  const note = { doc: "a field" };
  const make = (name: string, fields: Parameters<typeof record>[2]["fields"]) =>
    record(name, 1, { doc: "a record", fields });
  assertThrows(() => make("GAP", { a: u32(note) }), Error, "declare padding");
  assertThrows(
    () => make("CROSSING", { a: u16(note), b: u32(note) }),
    Error,
    "declare the padding",
  );
  assertThrows(
    () => make("BEHIND", { a: text({ ...note, max: 9 }), b: u64(note) }),
    Error,
    "behind a field that takes the rest",
  );
  assertThrows(() => make("NAME", { "a-b": u64(note) }), Error, "Cannot name");
  assertThrows(() => make("TASK", { a: u32(note), b: padding(4) }), Error, "twice");
});

Deno.test("checks have unique names and errors, and say what they expect", () => {
  const names = allChecks().map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  assert(names.length > 250);
  for (const { name, errno, text } of allChecks()) {
    assert(errno > 0 && errno < 4096, name);
    assert(text.length > 0, name);
  }
});
