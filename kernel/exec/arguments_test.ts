// Does a program find its arguments where Linux would have put them?

import { assertEquals, assertThrows } from "../../std_assert.ts";
import { SystemError } from "../abi/errno.ts";
import { STACK_TOP } from "../mm/layout.ts";
import { ARG_STRING_BYTES_MAX, argumentBytesMax, layOutStack } from "./arguments.ts";

const STACK_LIMIT = 8 * 2 ** 20;
const text = (string: string) => new TextEncoder().encode(string);

function layOut(argv: string[], envp: string[]) {
  return layOutStack({
    filename: "/bin/p",
    argv: argv.map(text),
    envp: envp.map(text),
    random: new Uint8Array(16).fill(7),
    auxv: [[6, 4096n]],
  }, STACK_LIMIT);
}

/** Reads a string of the stack by its address. */
function stringAt(stack: ReturnType<typeof layOut>, address: bigint): string {
  const bytes = stack.bytes.subarray(Number(address) - stack.stackPointer);
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}

Deno.test("argc, argv, envp and the auxiliary vector follow each other from an aligned pointer", () => {
  const stack = layOut(["p", "one", ""], ["A=1", "B="]);
  const words = new BigUint64Array(stack.bytes.buffer, 0, 1 + 4 + 3 + 8);
  assertEquals(stack.stackPointer % 16, 0);
  assertEquals(words[0], 3n);
  assertEquals([1, 2, 3].map((i) => stringAt(stack, words[i] ?? 0n)), ["p", "one", ""]);
  assertEquals(words[4], 0n);
  assertEquals([5, 6].map((i) => stringAt(stack, words[i] ?? 0n)), ["A=1", "B="]);
  assertEquals(words[7], 0n);
  assertEquals([...words.slice(8, 10)], [6n, 4096n]);
  assertEquals(stack.auxv.filter((_, i) => i % 2 === 0), [6n, 25n, 31n, 0n]);
  assertEquals(stringAt(stack, stack.auxv[5] ?? 0n), "/bin/p");
});

Deno.test("the strings lie one behind the other at the top, the path highest", () => {
  const stack = layOut(["p", "x"], ["A=1"]);
  assertEquals(stack.argEnd - stack.argStart, "p\0x\0".length);
  assertEquals(stack.envStart, stack.argEnd);
  assertEquals(stack.envEnd - stack.envStart, "A=1\0".length);
  assertEquals(STACK_TOP - stack.envEnd, "/bin/p\0".length + 8);
  assertEquals([...stack.bytes.slice(-8)], [0, 0, 0, 0, 0, 0, 0, 0]);
});

Deno.test("a program without arguments gets one empty argument", () => {
  const stack = layOut([], []);
  assertEquals(new BigUint64Array(stack.bytes.buffer, 0, 1)[0], 1n);
});

Deno.test("too much is E2BIG: one long string, many short ones, a small stack", () => {
  const long = new Uint8Array(ARG_STRING_BYTES_MAX);
  const contents = { filename: "/p", envp: [], random: new Uint8Array(16), auxv: [] };
  const refuse = (argv: Uint8Array[], limit: number) =>
    assertThrows(() => layOutStack({ ...contents, argv }, limit), SystemError, "E2BIG");
  refuse([long], STACK_LIMIT);
  refuse(new Array(17).fill(long.subarray(1)), STACK_LIMIT);
  refuse(new Array(250000).fill(new Uint8Array(0)), STACK_LIMIT);
  refuse([long.subarray(1)], 4096);
  layOutStack({ ...contents, argv: new Array(15).fill(long.subarray(1)) }, STACK_LIMIT);
});

Deno.test("the bound is a quarter of the stack, within 128 KiB and 6 MiB", () => {
  assertEquals(argumentBytesMax(8 * 2 ** 20), 2 * 2 ** 20);
  assertEquals(argumentBytesMax(0), 131072);
  assertEquals(argumentBytesMax(Infinity), 6 * 2 ** 20);
});
