// Does the arithmetic hold for every pair and triple of operands there is? In a format of six bits
// one can ask. Nothing in the code depends on the width, so what holds here holds for the shape of
// it all.
import { defineFormat } from "./format.ts";
import { checkEveryPair, checkEveryRoot, checkEveryTriple } from "./testing/every_operand.ts";

const TINY = defineFormat(6, 3);

Deno.test("a six-bit format: every sum, product and quotient in every mode", () => {
  checkEveryPair(TINY);
});

Deno.test("a six-bit format: every square root in every mode", () => {
  checkEveryRoot(TINY);
});

Deno.test("a six-bit format: every fused product and sum in every mode", () => {
  checkEveryTriple(TINY);
});
