/**
 * How long the interpreter takes to be there. Run with `deno run emu/testing/start_up_bench.ts`,
 * which measures once and prints JSON: what is measured a second time in one process has been optimised.
 */
import { encodeInterpreter } from "../hart/interpreter.ts";
import { EXECUTE, Hart, PageTable, PhysicalMemory, Registers } from "../mod.ts";
import { encode, wordBytes } from "./encode.ts";

/** Milliseconds. */
export interface StartUp {
  /** The first hart of this process and its first instruction: compile, instantiate, run. */
  readonly first_ms: number;
  /** The next hart, on another memory: instantiate and run. */
  readonly next_ms: number;
  /** Encoding the module, as `deno task interpreter` does. */
  readonly encode_ms: number;
  /** Compiling it. */
  readonly compile_ms: number;
  /** The module's size in bytes. */
  readonly size: number;
}

/** A memory, a hart, and one instruction. */
function start(): void {
  const memory = new PhysicalMemory();
  const frame = memory.allocateFrame();
  memory.writeFrame(frame, 0, wordBytes([encode("addi", { rd: 5, rs1: 5, imm: 1 })]));
  const pages = new PageTable(memory);
  pages.map(0, frame, EXECUTE);
  Hart.of(memory).run(new Registers(), pages, 1, { instructions: 0n, idle_ns: 0n });
}

function milliseconds(work: () => void): number {
  const begin = performance.now();
  work();
  return performance.now() - begin;
}

/** Measures all steps once. */
export function measureStartUp(): StartUp {
  const first_ms = milliseconds(start);
  const next_ms = milliseconds(start);
  let module = new Uint8Array();
  const encode_ms = milliseconds(() => module = encodeInterpreter());
  const compile_ms = milliseconds(() => new WebAssembly.Module(module));
  return { first_ms, next_ms, encode_ms, compile_ms, size: module.length };
}

if (import.meta.main) {
  console.log(JSON.stringify(measureStartUp()));
}
