import fc from "npm:fast-check@4";
import { assertEquals, assertThrows } from "../std_assert.ts";
import { type Case, CaseError, formatCase, parseCase } from "./case.ts";
import type { Mutation } from "./mutation.ts";

const natural = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), offset: natural, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant("set" as const), offset: natural, value: fc.nat(255) }),
  fc.record({ kind: fc.constant("cut" as const), offset: natural, length: natural }),
  fc.record({ kind: fc.constant("insert" as const), offset: natural, hex: fc.constant("00ff") }),
  fc.record({
    kind: fc.constant("swap" as const),
    offset: natural,
    other: natural,
    length: natural,
  }),
);
const cases: fc.Arbitrary<Case> = fc.record({
  scenario: fc.string(),
  seed: natural,
  point: fc.record({
    kind: fc.constantFrom("entry", "return", "instruction", "self"),
    index: fc.nat(),
  }),
  mutations: fc.array(mutations),
});

const VALID = formatCase({
  scenario: "hello",
  seed: 1,
  point: { kind: "self", index: 0 },
  mutations: [{ kind: "flip", offset: 3, bit: 1 }],
});

Deno.test("is a case that was written read as it was?", () => {
  fc.assert(fc.property(cases, (value) => assertEquals(parseCase(formatCase(value)), value)));
});

Deno.test("does a bad case say what is wrong where?", () => {
  const wrong: [from: string, to: string, reason: string][] = [
    [VALID, "{", "it is not JSON"],
    [VALID, "[]", "the text is not an object"],
    ['"version": 1', '"version": 2', "version is 2, and this program reads version 1"],
    ['"seed": 1', '"seed": -1', "the text.seed is not a whole number from 0 to 4294967295"],
    ['"self:0"', '"self"', "Cannot read checkpoint point 'self'"],
    ['"bit": 1', '"bit": 8', "mutations[0].bit is not a whole number from 0 to 7"],
    ['"flip"', '"melt"', "mutations[0].kind is 'melt', which is no kind of mutation"],
    ['"scenario": "hello"', '"scenario": 3', "the text.scenario is not a text"],
  ];
  for (const [from, to, reason] of wrong) {
    assertThrows(() => parseCase(VALID.replace(from, to)), CaseError, reason);
  }
});
