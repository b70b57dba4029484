/** What commands use of the tools that test the computer. */
export type { Coverage } from "./coverage.ts";
export { type Verification, verify, type VerifyOptions } from "./verification.ts";
