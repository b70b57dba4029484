// What does a float convert to that no integer can hold, and what becomes of NaNs and boxes?
import { assertEquals } from "../../std_assert.ts";
import { NV, NX, OF, RDN, RMM, RNE, RTZ, RUP, UF } from "./environment.ts";
import { BINARY32, BINARY64, boxSingle, type IntegerType, SoftFloat, unboxSingle } from "./mod.ts";

const W: IntegerType = { signed: true, width: 32 };
const WU: IntegerType = { signed: false, width: 32 };
const L: IntegerType = { signed: true, width: 64 };
const LU: IntegerType = { signed: false, width: 64 };

/** The pattern of a double. */
function double(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

/** The pattern of a single. */
function single(value: number): bigint {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return BigInt(view.getUint32(0));
}

Deno.test("what no integer can hold saturates with NV alone", () => {
  // The specification's table of valid inputs and of results for the others.
  const bounds: [type: IntegerType, low: bigint, high: bigint][] = [
    [W, 0xffff_ffff_8000_0000n, 0x7fff_ffffn],
    [WU, 0n, 0xffff_ffff_ffff_ffffn],
    [L, 0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn],
    [LU, 0n, 0xffff_ffff_ffff_ffffn],
  ];
  for (const [type, low, high] of bounds) {
    const rows: [value: number, register: bigint][] = [
      [-Infinity, low],
      [-1e300, low],
      [1e300, high],
      [Infinity, high],
      [NaN, high],
    ];
    for (const [value, register] of rows) {
      const soft = new SoftFloat();
      const actual = soft.toInteger(BINARY64, double(value), RTZ, type);
      assertEquals([actual, soft.flags], [register, NV], `${value} to ${JSON.stringify(type)}`);
    }
    const soft = new SoftFloat();
    // A NaN's sign does not count.
    assertEquals(soft.toInteger(BINARY32, 0xff80_0001n, RTZ, type), high);
  }
});

Deno.test("the range is that of the rounded integer", () => {
  const rows: [value: number, rm: number, type: IntegerType, register: bigint, flags: number][] = [
    [-0.5, RTZ, WU, 0n, NX],
    [-0.5, RNE, LU, 0n, NX],
    [-0.5, RMM, LU, 0n, NV],
    [-0.5, RDN, WU, 0n, NV],
    [-0.99, RUP, WU, 0n, NX],
    [-0, RDN, WU, 0n, 0],
    [-1, RTZ, WU, 0n, NV],
    [2.5, RNE, W, 2n, NX],
    [3.5, RNE, W, 4n, NX],
    [2.5, RMM, W, 3n, NX],
    [-2.5, RMM, W, 0xffff_ffff_ffff_fffdn, NX],
    [2147483647.5, RTZ, W, 0x7fff_ffffn, NX],
    [2147483647.5, RUP, W, 0x7fff_ffffn, NV],
    [-2147483648.5, RTZ, W, 0xffff_ffff_8000_0000n, NX],
    [-2147483648.5, RDN, W, 0xffff_ffff_8000_0000n, NV],
    [2147483648, RTZ, WU, 0xffff_ffff_8000_0000n, 0],
    [4294967295, RTZ, WU, 0xffff_ffff_ffff_ffffn, 0],
    [4294967296, RTZ, WU, 0xffff_ffff_ffff_ffffn, NV],
    [2 ** 63, RTZ, L, 0x7fff_ffff_ffff_ffffn, NV],
    [-(2 ** 63), RTZ, L, 0x8000_0000_0000_0000n, 0],
    [2 ** 63, RTZ, LU, 0x8000_0000_0000_0000n, 0],
    [2 ** 64, RTZ, LU, 0xffff_ffff_ffff_ffffn, NV],
    [Number.MIN_VALUE, RUP, L, 1n, NX],
    [Number.MIN_VALUE, RNE, L, 0n, NX],
  ];
  for (const [value, rm, type, register, flags] of rows) {
    const soft = new SoftFloat();
    const actual = soft.toInteger(BINARY64, double(value), rm, type);
    assertEquals([actual, soft.flags], [register, flags], `${value} in mode ${rm}`);
  }
});

Deno.test("32-bit integers are read from the low half of a register", () => {
  const register = 0x1234_5678_ffff_ffffn;
  const soft = new SoftFloat();
  assertEquals(soft.fromInteger(BINARY64, register, RNE, W), double(-1));
  assertEquals(soft.fromInteger(BINARY64, register, RNE, WU), double(4294967295));
  assertEquals(soft.flags, 0);
  assertEquals(soft.fromInteger(BINARY32, register, RNE, WU), single(4294967296));
  assertEquals(soft.flags, NX);
});

Deno.test("zero converts to +0 in every mode", () => {
  const soft = new SoftFloat();
  for (const rm of [RNE, RTZ, RDN, RUP, RMM]) {
    assertEquals(soft.fromInteger(BINARY64, 0n, rm, L), 0n);
  }
  assertEquals(soft.flags, 0);
});

Deno.test("between the formats, NaNs become canonical and infinities and zeros stay", () => {
  const toSingle: [bits: bigint, result: bigint, flags: number][] = [
    [double(-0), single(-0), 0],
    [double(-Infinity), single(-Infinity), 0],
    [0xfff8_0000_0000_0123n, 0x7fc0_0000n, 0],
    [0x7ff0_0000_0000_0001n, 0x7fc0_0000n, NV],
    [double(1e39), single(Infinity), OF | NX],
    [double(1e-50), 0n, UF | NX],
    // Just above a tie: rounded to 24 bits first, it would be at the tie and go down to even.
    [double(2 ** -149 * (0.5 + 2 ** -40)), 1n, UF | NX],
    [double(2 ** -149 * 0.5), 0n, UF | NX],
    [double(2 ** -149), 1n, 0],
  ];
  for (const [bits, result, flags] of toSingle) {
    const soft = new SoftFloat();
    const actual = soft.convert(BINARY64, BINARY32, bits, RNE);
    assertEquals([actual, soft.flags], [result, flags], bits.toString(16));
  }
  const soft = new SoftFloat();
  assertEquals(soft.convert(BINARY32, BINARY64, single(-0), RNE), double(-0));
  assertEquals(soft.convert(BINARY32, BINARY64, 1n, RNE), double(2 ** -149));
  assertEquals(soft.convert(BINARY32, BINARY64, 0xffc0_0001n, RNE), 0x7ff8_0000_0000_0000n);
  assertEquals(soft.flags, 0);
  assertEquals(soft.convert(BINARY32, BINARY64, 0xff80_0001n, RNE), 0x7ff8_0000_0000_0000n);
  assertEquals(soft.flags, NV);
});

Deno.test("what is boxed comes out again, and anything else is the canonical NaN", () => {
  for (const bits of [0n, 1n, 0x3f80_0000n, 0x7f80_0001n, 0xffff_ffffn]) {
    assertEquals(unboxSingle(boxSingle(bits)), bits);
    assertEquals(unboxSingle(0xffff_fffe_0000_0000n | bits), 0x7fc0_0000n);
    assertEquals(unboxSingle(0x7fff_ffff_0000_0000n | bits), 0x7fc0_0000n);
    assertEquals(unboxSingle(bits), 0x7fc0_0000n);
  }
});
