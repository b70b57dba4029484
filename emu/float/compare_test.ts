// How do NaNs and the two zeros compare, and which class is what?
import { assertEquals } from "../../std_assert.ts";
import { NV } from "./environment.ts";
import { BINARY32, BINARY64, SoftFloat } from "./mod.ts";

const ZERO = 0n;
const MINUS_ZERO = 0x8000_0000n;
const ONE = 0x3f80_0000n;
const MINUS_ONE = 0xbf80_0000n;
const INFINITY = 0x7f80_0000n;
const MINUS_INFINITY = 0xff80_0000n;
const QUIET = 0xffff_ffffn;
const SIGNALLING = 0xffbf_ffffn;
const CANONICAL = 0x7fc0_0000n;

/** The result of `operation` and its flags. */
function run<T>(operation: (soft: SoftFloat) => T): [T, number] {
  const soft = new SoftFloat();
  const result = operation(soft);
  return [result, soft.flags];
}

Deno.test("minimum and maximum order the zeros and prefer numbers to NaNs", () => {
  const rows: [a: bigint, b: bigint, minimum: bigint, maximum: bigint, flags: number][] = [
    [ONE, MINUS_ONE, MINUS_ONE, ONE, 0],
    [MINUS_INFINITY, MINUS_ONE, MINUS_INFINITY, MINUS_ONE, 0],
    [INFINITY, ONE, ONE, INFINITY, 0],
    [MINUS_ZERO, ZERO, MINUS_ZERO, ZERO, 0],
    [ZERO, ZERO, ZERO, ZERO, 0],
    [QUIET, MINUS_ZERO, MINUS_ZERO, MINUS_ZERO, 0],
    [SIGNALLING, ONE, ONE, ONE, NV],
    [QUIET, QUIET, CANONICAL, CANONICAL, 0],
    [QUIET, SIGNALLING, CANONICAL, CANONICAL, NV],
  ];
  for (const [a, b, minimum, maximum, flags] of rows) {
    const row = `${a.toString(16)} ${b.toString(16)}`;
    for (const [x, y] of [[a, b], [b, a]] as const) {
      assertEquals(run((soft) => soft.minimum(BINARY32, x, y)), [minimum, flags], row);
      assertEquals(run((soft) => soft.maximum(BINARY32, x, y)), [maximum, flags], row);
    }
  }
});

Deno.test("the zeros are equal, and only an order relation minds a quiet NaN", () => {
  const rows: [a: bigint, b: bigint, less: boolean, equal: boolean, nan: "" | "q" | "s"][] = [
    [MINUS_ZERO, ZERO, false, true, ""],
    [ZERO, MINUS_ZERO, false, true, ""],
    [MINUS_ONE, MINUS_ZERO, true, false, ""],
    [MINUS_INFINITY, MINUS_ONE, true, false, ""],
    [ONE, ONE, false, true, ""],
    [INFINITY, ONE, false, false, ""],
    [QUIET, QUIET, false, false, "q"],
    [ONE, QUIET, false, false, "q"],
    [SIGNALLING, ONE, false, false, "s"],
    [QUIET, SIGNALLING, false, false, "s"],
  ];
  for (const [a, b, less, equal, nan] of rows) {
    const row = `${a.toString(16)} ${b.toString(16)}`;
    const quietFlags = nan === "s" ? NV : 0;
    const orderFlags = nan === "" ? 0 : NV;
    assertEquals(run((soft) => soft.equal(BINARY32, a, b)), [equal, quietFlags], row);
    assertEquals(run((soft) => soft.lessThan(BINARY32, a, b)), [less, orderFlags], row);
    assertEquals(run((soft) => soft.lessOrEqual(BINARY32, a, b)), [less || equal, orderFlags], row);
  }
});

Deno.test("each class has its bit, and asking raises nothing", () => {
  const classes: [single: bigint, double: bigint][] = [
    [0xff80_0000n, 0xfff0_0000_0000_0000n],
    [0x8080_0000n, 0x8010_0000_0000_0000n],
    [0x807f_ffffn, 0x800f_ffff_ffff_ffffn],
    [0x8000_0000n, 0x8000_0000_0000_0000n],
    [0x0000_0000n, 0x0000_0000_0000_0000n],
    [0x0000_0001n, 0x0000_0000_0000_0001n],
    [0x7f7f_ffffn, 0x7fef_ffff_ffff_ffffn],
    [0x7f80_0000n, 0x7ff0_0000_0000_0000n],
    [0xff80_0001n, 0x7ff7_ffff_ffff_ffffn],
    [0x7fc0_0000n, 0xfff8_0000_0000_0001n],
  ];
  classes.forEach(([single, double], bit) => {
    assertEquals(run((soft) => soft.classify(BINARY32, single)), [1n << BigInt(bit), 0]);
    assertEquals(run((soft) => soft.classify(BINARY64, double)), [1n << BigInt(bit), 0]);
  });
});
