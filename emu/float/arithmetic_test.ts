// What comes of NaNs, infinities and zeros, and which exceptions are raised at the borders?
import { assertEquals, assertThrows } from "../../std_assert.ts";
import { DZ, NV, NX, OF, RDN, RMM, RNE, RTZ, RUP, UF } from "./environment.ts";
import { BINARY32, BINARY64, SoftFloat } from "./mod.ts";

const ZERO = 0n;
const MINUS_ZERO = 0x8000_0000n;
const ONE = 0x3f80_0000n;
const MINUS_ONE = 0xbf80_0000n;
const INFINITY = 0x7f80_0000n;
const MINUS_INFINITY = 0xff80_0000n;
const QUIET = 0xffc0_1234n;
const SIGNALLING = 0x7f80_0001n;
const CANONICAL = 0x7fc0_0000n;
const SMALLEST = 1n;
const SMALLEST_NORMAL = 0x0080_0000n;
const LARGEST = 0x7f7f_ffffn;
const HALF = 0x3f00_0000n;

type Operation = "add" | "subtract" | "multiply" | "divide";
type Row = [operation: Operation, a: bigint, b: bigint, rm: number, bits: bigint, flags: number];

function checkRows(rows: readonly Row[]): void {
  for (const [operation, a, b, rm, bits, flags] of rows) {
    const soft = new SoftFloat();
    const actual = soft[operation](BINARY32, a, b, rm);
    const row = `${operation} ${a.toString(16)} ${b.toString(16)} in mode ${rm}`;
    assertEquals([actual, soft.flags], [bits, flags], row);
  }
}

Deno.test("operations without a meaning give the canonical NaN and NV", () => {
  checkRows([
    ["add", INFINITY, MINUS_INFINITY, RNE, CANONICAL, NV],
    ["subtract", INFINITY, INFINITY, RNE, CANONICAL, NV],
    ["multiply", ZERO, MINUS_INFINITY, RNE, CANONICAL, NV],
    ["multiply", INFINITY, MINUS_ZERO, RNE, CANONICAL, NV],
    ["divide", ZERO, MINUS_ZERO, RNE, CANONICAL, NV],
    ["divide", INFINITY, MINUS_INFINITY, RNE, CANONICAL, NV],
  ]);
});

Deno.test("a NaN gives the canonical one, and NV only if it signals", () => {
  const operations: Operation[] = ["add", "subtract", "multiply", "divide"];
  checkRows(operations.flatMap((operation): Row[] => [
    [operation, QUIET, ONE, RNE, CANONICAL, 0],
    [operation, ZERO, QUIET, RNE, CANONICAL, 0],
    [operation, INFINITY, QUIET, RNE, CANONICAL, 0],
    [operation, SIGNALLING, ONE, RNE, CANONICAL, NV],
    [operation, QUIET, SIGNALLING, RNE, CANONICAL, NV],
  ]));
});

Deno.test("infinities are exact", () => {
  checkRows([
    ["add", INFINITY, INFINITY, RNE, INFINITY, 0],
    ["add", LARGEST, MINUS_INFINITY, RUP, MINUS_INFINITY, 0],
    ["multiply", MINUS_INFINITY, SMALLEST, RTZ, MINUS_INFINITY, 0],
    ["divide", INFINITY, MINUS_ZERO, RNE, MINUS_INFINITY, 0],
    ["divide", MINUS_ONE, INFINITY, RUP, MINUS_ZERO, 0],
  ]);
});

Deno.test("only a finite number over zero is a division by zero", () => {
  checkRows([
    ["divide", ONE, ZERO, RTZ, INFINITY, DZ],
    ["divide", SMALLEST, MINUS_ZERO, RNE, MINUS_INFINITY, DZ],
    ["divide", MINUS_INFINITY, ZERO, RNE, MINUS_INFINITY, 0],
    ["divide", MINUS_ZERO, ONE, RNE, MINUS_ZERO, 0],
  ]);
});

Deno.test("the sign of a zero sum depends on the signs and on the mode", () => {
  for (const rm of [RNE, RTZ, RDN, RUP, RMM]) {
    const cancelled = rm === RDN ? MINUS_ZERO : ZERO;
    checkRows([
      ["add", ZERO, ZERO, rm, ZERO, 0],
      ["add", MINUS_ZERO, MINUS_ZERO, rm, MINUS_ZERO, 0],
      ["add", ZERO, MINUS_ZERO, rm, cancelled, 0],
      ["add", MINUS_ONE, ONE, rm, cancelled, 0],
      ["subtract", SMALLEST, SMALLEST, rm, cancelled, 0],
    ]);
  }
});

Deno.test("an overflow goes to infinity or stops at the largest number", () => {
  checkRows([
    ["add", LARGEST, LARGEST, RNE, INFINITY, OF | NX],
    ["add", LARGEST, LARGEST, RMM, INFINITY, OF | NX],
    ["add", LARGEST, LARGEST, RTZ, LARGEST, OF | NX],
    ["add", LARGEST, LARGEST, RDN, LARGEST, OF | NX],
    ["add", LARGEST, LARGEST, RUP, INFINITY, OF | NX],
    ["multiply", LARGEST, 0xff7f_ffffn, RUP, 0xff7f_ffffn, OF | NX],
    ["multiply", LARGEST, 0xff7f_ffffn, RDN, MINUS_INFINITY, OF | NX],
    // The sum is not above the largest number by enough, or the mode does not look.
    ["add", LARGEST, ONE, RNE, LARGEST, NX],
    ["add", LARGEST, ONE, RUP, INFINITY, OF | NX],
  ]);
});

Deno.test("tiny is what rounds to less than the smallest normal number", () => {
  const belowOne = 0x3f7f_ffffn;
  const aboveOne = 0x3f80_0001n;
  const largestSubnormal = 0x007f_ffffn;
  checkRows([
    // Tiny but exact is no underflow.
    ["multiply", SMALLEST_NORMAL, HALF, RNE, 0x0040_0000n, 0],
    ["subtract", SMALLEST_NORMAL, SMALLEST, RNE, largestSubnormal, 0],
    ["multiply", SMALLEST, HALF, RNE, ZERO, UF | NX],
    ["multiply", SMALLEST, HALF, RUP, SMALLEST, UF | NX],
    ["multiply", SMALLEST, HALF, RMM, SMALLEST, UF | NX],
    ["multiply", SMALLEST, SMALLEST, RUP, SMALLEST, UF | NX],
    // Full precision holds this just below the smallest normal number; the packed result is it.
    ["multiply", SMALLEST_NORMAL, belowOne, RNE, SMALLEST_NORMAL, UF | NX],
    ["multiply", SMALLEST_NORMAL, belowOne, RUP, SMALLEST_NORMAL, UF | NX],
    ["multiply", SMALLEST_NORMAL, belowOne, RTZ, largestSubnormal, UF | NX],
    // 1 - 2^-46 of the smallest normal number: full precision rounds it up, so it is not tiny.
    ["multiply", 0x00ff_fffen, 0x3f00_0001n, RNE, SMALLEST_NORMAL, NX],
    ["multiply", 0x00ff_fffen, 0x3f00_0001n, RTZ, largestSubnormal, UF | NX],
    ["multiply", SMALLEST_NORMAL, aboveOne, RNE, 0x0080_0001n, 0],
    // The same number just below, now from a product no longer than a significand.
    ["multiply", SMALLEST, 0x4aff_ffffn, RNE, SMALLEST_NORMAL, UF | NX],
  ]);
});

Deno.test("a product of more ones than a double can tell from a power of two is still tiny", () => {
  // 1 - 2^-104 of the smallest normal number.
  const [a, b] = [0x001f_ffff_ffff_fffen, 0x3fe0_0000_0000_0001n];
  const soft = new SoftFloat();
  assertEquals(soft.multiply(BINARY64, a, b, RTZ), 0x000f_ffff_ffff_ffffn);
  assertEquals(soft.flags, UF | NX);
  soft.flags = 0;
  assertEquals(soft.multiply(BINARY64, a, b, RNE), 0x0010_0000_0000_0000n);
  assertEquals(soft.flags, NX);
});

Deno.test("the square root of a negative number is invalid, but not that of -0", () => {
  const rows: [a: bigint, bits: bigint, flags: number][] = [
    [0x4080_0000n, 0x4000_0000n, 0],
    [0x4000_0000n, 0x3fb5_04f3n, NX],
    [SMALLEST, 0x1a35_04f3n, NX],
    [MINUS_ZERO, MINUS_ZERO, 0],
    [INFINITY, INFINITY, 0],
    [MINUS_ONE, CANONICAL, NV],
    [MINUS_INFINITY, CANONICAL, NV],
    [QUIET, CANONICAL, 0],
    [SIGNALLING, CANONICAL, NV],
  ];
  for (const [a, bits, flags] of rows) {
    const soft = new SoftFloat();
    assertEquals([soft.squareRoot(BINARY32, a, RNE), soft.flags], [bits, flags], a.toString(16));
  }
});

Deno.test("a fused product and sum is invalid for infinity times zero, whatever is added", () => {
  const rows: [a: bigint, b: bigint, c: bigint, bits: bigint, flags: number][] = [
    [INFINITY, ZERO, ONE, CANONICAL, NV],
    [MINUS_ZERO, INFINITY, QUIET, CANONICAL, NV],
    [INFINITY, ZERO, SIGNALLING, CANONICAL, NV],
    [INFINITY, ONE, MINUS_INFINITY, CANONICAL, NV],
    [INFINITY, MINUS_ONE, MINUS_INFINITY, MINUS_INFINITY, 0],
    [INFINITY, ONE, ONE, INFINITY, 0],
    [LARGEST, LARGEST, MINUS_INFINITY, MINUS_INFINITY, 0],
    [QUIET, ZERO, ONE, CANONICAL, 0],
    [INFINITY, QUIET, ZERO, CANONICAL, 0],
    [ONE, ONE, QUIET, CANONICAL, 0],
    [ONE, SIGNALLING, ONE, CANONICAL, NV],
    [ONE, ONE, SIGNALLING, CANONICAL, NV],
    [ZERO, ONE, MINUS_ZERO, ZERO, 0],
    [ZERO, MINUS_ONE, MINUS_ZERO, MINUS_ZERO, 0],
    // Both factors tiny, so that the product's exponent lies far below the addend's.
    [ZERO, ZERO, MINUS_ZERO, ZERO, 0],
    [SMALLEST, SMALLEST, ONE, ONE, NX],
  ];
  for (const [a, b, c, bits, flags] of rows) {
    const soft = new SoftFloat();
    const row = [a, b, c].map((operand) => operand.toString(16)).join(" ");
    const actual = soft.fusedMultiplyAdd(BINARY32, a, b, c, RNE);
    assertEquals([actual, soft.flags], [bits, flags], row);
  }
});

Deno.test("flags accumulate until they are cleared", () => {
  const soft = new SoftFloat();
  soft.divide(BINARY32, ONE, ZERO, RNE);
  soft.add(BINARY64, 0x3ff0_0000_0000_0000n, 1n, RNE);
  assertEquals(soft.flags, DZ | NX);
  soft.flags = 0;
  soft.add(BINARY32, ONE, ONE, RNE);
  assertEquals(soft.flags, 0);
});

Deno.test("a rounding mode that does not exist is refused when it is needed", () => {
  const soft = new SoftFloat();
  assertThrows(() => soft.divide(BINARY32, ONE, 0x4040_0000n, 5), RangeError, "mode 5");
  assertThrows(() => soft.multiply(BINARY32, LARGEST, LARGEST, 7), RangeError, "mode 7");
});
