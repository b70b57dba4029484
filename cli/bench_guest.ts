/**
 * What `deno task bench emu` runs in a process of its own for each measurement, so that none finds
 * code that another has translated: one static program, in one of the engines.
 *
 * Usage: `deno run --allow-all cli/bench_guest.ts ENGINE PROGRAM [ARGUMENT …]`; prints an `EngineRun` as JSON. (Deno
 * wants all permissions for reading `/proc`.)
 */
import { Machine } from "../harness/mod.ts";

/** The engines. */
export type Engine = "interpreter" | "translator";

/** What one run gave. */
export interface GuestRun {
  /** What the program wrote. */
  readonly output: string;
  /** Its exit status. */
  readonly status: number;
  /** Instructions that it executed. */
  readonly instructions: number;
  /** Processor time of the thread, from before the machine is made to the program's end. */
  readonly seconds: number;
}

/** What a run in an engine gave. */
export interface EngineRun extends GuestRun {
  /** The part of `seconds` until the machine was there, its engine included. */
  readonly bootSeconds: number;
}

/** Runs a program to its end. */
export function runGuest(engine: Engine, elf: Uint8Array, args: readonly string[]): EngineRun {
  const begin = threadSeconds();
  const machine = new Machine();
  const bootSeconds = threadSeconds() - begin;
  machine.kernel.hart.configure({ translate: engine === "translator" });
  const path = "/bin/program";
  machine.writeFile(path, elf, 0o755);
  const pid = machine.start({ path, args: [path, ...args] });
  machine.run();
  const seconds = threadSeconds() - begin;
  const { output, instructions } = machine;
  return { output, status: machine.exitStatus(pid) ?? -1, instructions, seconds, bootSeconds };
}

/** Processor time that this thread has used so far. */
function threadSeconds(): number {
  const [nanoseconds] = Deno.readTextFileSync("/proc/thread-self/schedstat").split(" ");
  return Number(nanoseconds) / 1e9;
}

if (import.meta.main) {
  const [engine, path = "", ...args] = Deno.args;
  if (engine !== "interpreter" && engine !== "translator") throw new Error(`No engine ${engine}`);
  console.log(JSON.stringify(runGuest(engine, Deno.readFileSync(path), args)));
}
