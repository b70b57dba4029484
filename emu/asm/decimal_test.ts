// Is a decimal fraction rounded once, to the nearest float, ties to even?
import fc from "npm:fast-check@4";
import { assertEquals } from "../../std_assert.ts";
import { DOUBLE, floatBits, SINGLE } from "./decimal.ts";

const word = new BigUint64Array(1);
const double = new Float64Array(word.buffer);
const half = new Uint32Array(word.buffer);
const single = new Float32Array(word.buffer);

Deno.test("a double's shortest decimal gives the double again", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 0x7fef_ffff_ffff_ffffn }), (bits) => {
      word[0] = bits;
      assertEquals(floatBits(String(double[0]), DOUBLE), bits);
    }),
    { seed: 0x2008, numRuns: 5000 },
  );
});

Deno.test("a single's shortest decimal as a double gives the single again", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0x7f7f_ffff }), (bits) => {
      half[0] = bits;
      assertEquals(floatBits(String(single[0]), SINGLE), BigInt(bits));
    }),
    { seed: 0x2008, numRuns: 5000 },
  );
});

Deno.test("a decimal in the middle goes to the even float, a hair beside it to the nearer one", () => {
  // 1 + 2^-24 lies in the middle between 1 and the next single.
  assertEquals(floatBits("1.000000059604644775390625", SINGLE), 0x3f80_0000n);
  assertEquals(floatBits("1.0000000596046447753906250000001", SINGLE), 0x3f80_0001n);
  assertEquals(floatBits("1.000000178813934326171875", SINGLE), 0x3f80_0002n);
  assertEquals(floatBits("9007199254740993", DOUBLE), 0x4340_0000_0000_0000n);
  assertEquals(floatBits("2.4703282292062327e-324", DOUBLE), 0n);
  assertEquals(floatBits("2.4703282292062328e-324", DOUBLE), 1n);
});

Deno.test("the largest floats are told from what is too large", () => {
  const middle = 2n ** 128n - 2n ** 103n; // between the largest single and infinity
  assertEquals(floatBits(String(middle), SINGLE), "overflow");
  assertEquals(floatBits(String(middle - 1n), SINGLE), 0x7f7f_ffffn);
  assertEquals(floatBits("1.7976931348623157e308", DOUBLE), 0x7fef_ffff_ffff_ffffn);
  assertEquals(floatBits("1.7976931348623159e308", DOUBLE), "overflow");
  assertEquals(floatBits(`1e${"9".repeat(50)}`, DOUBLE), "overflow");
  assertEquals(floatBits(`1e-${"9".repeat(50)}`, DOUBLE), 0n);
  assertEquals(floatBits(`0e${"9".repeat(50)}`, DOUBLE), 0n);
});

Deno.test("infinity and NaN have names, anything else is no number", () => {
  for (const text of ["inf", "Infinity", "INF"]) {
    assertEquals(floatBits(text, SINGLE), 0x7f80_0000n);
  }
  assertEquals(floatBits("nan", DOUBLE), 0x7fff_ffff_ffff_ffffn);
  for (const text of ["", ".", "e5", "0x1p3", "1e", "one", "1 ", "-1"]) {
    assertEquals(floatBits(text, DOUBLE), undefined, text);
  }
});
