/** What commands use of the tools that make and test the computer. */
export type { Coverage } from "./coverage.ts";
export { encodeInterpreter } from "../hart/interpreter.ts";
export { fusesMultiplyAdd } from "../wasm/mod.ts";
export { type Verification, verify, type VerifyOptions } from "./verification.ts";
