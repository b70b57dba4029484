// Does the arithmetic hold for every pair and triple of operands of formats of eight bits, once
// with more fraction and once with more exponent?
import { defineFormat } from "./format.ts";
import { checkEveryPair, checkEveryRoot, checkEveryTriple } from "./testing/every_operand.ts";

for (const exponentBits of [4, 5]) {
  const format = defineFormat(8, exponentBits);

  Deno.test(`eight bits, ${exponentBits} of exponent: all operands in every mode`, () => {
    checkEveryPair(format);
    checkEveryRoot(format);
    checkEveryTriple(format);
  });
}
