/**
 * The assertions of `@std/assert` that the tests use.
 *
 * The types are written out by hand beside this file, and `deno.json` maps the specifier to an npm
 * package of the same code, so that nothing here needs the jsr registry to be in reach.
 *
 * @module
 */

// @ts-types="./std_assert.d.ts"
export {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  equal,
  fail,
  unreachable,
} from "jsr:@std/assert@^1";
