// Does any system call with any arguments, made by a program that runs, throw or leak?

import { fuzzCalls, randomNumbers } from "../testing/call_fuzzer.ts";

Deno.test("no call with any arguments throws out of the kernel or leaves anything behind", () => {
  fuzzCalls(20_000, randomNumbers(1));
});
