/** The hart: registers, the interpreter, and why a run ends. */
export { CSR_NUMBER, TIME_TICK_NS } from "./csr.ts";
export { type EngineOptions, Hart } from "./hart.ts";
export type { Heat } from "../translator/translator.ts";
export type { TimeSource } from "./memory_host.ts";
export { NO_RESERVATION, Registers } from "./registers.ts";
export type { Access, Stop, StopReason } from "./stop.ts";
