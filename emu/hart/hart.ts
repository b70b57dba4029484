/** The hart: runs guest instructions of an address space on a memory. */
import { HART, RECORD, STRADDLE_RECORD } from "../memory/layout.ts";
import type { PageTable, PhysicalMemory } from "../memory/mod.ts";
import { encodeInterpreter } from "./interpreter.ts";
import { MemoryHost, type TimeSource } from "./memory_host.ts";
import { OPCODE } from "./opcodes.ts";
import { writeMark } from "./record.ts";
import type { Registers } from "./registers.ts";
import { ACCESSES, type Stop, STOP_REASONS } from "./stop.ts";

/**
 * Most instructions that one call of generated code executes. V8 switches to optimised code only
 * between calls, so a call must not last long.
 */
const SLICE_MAX = 200_000;

let interpreter: WebAssembly.Module | undefined;

/**
 * A hart on a physical memory. A memory has one hart (see {@linkcode Hart.of}); what it runs is
 * given to each run, so that any number of tasks and machines take turns on it.
 *
 * @example
 * ```ts
 * import { EXECUTE, Hart, PageTable, PhysicalMemory, READ, Registers } from "./mod.ts";
 *
 * const memory = new PhysicalMemory();
 * const code = memory.allocateFrame();
 * memory.writeFrame(code, 0, new Uint8Array([0x13, 0x05, 0xa0, 0x02, 0x73, 0, 0, 0])); // li a0, 42; ecall
 * const pages = new PageTable(memory);
 * pages.map(0x10, code, READ | EXECUTE);
 * const registers = new Registers();
 * registers.pc = 0x10000n;
 * const stop = Hart.of(memory).run(registers, pages, 1000, { instructions: 0n, idle_ns: 0n });
 * console.assert(stop.reason === "ecall" && registers.x(10) === 42n);
 * ```
 */
export class Hart {
  static readonly #ofMemory = new WeakMap<PhysicalMemory, Hart>();

  /** The hart of a memory. */
  static of(memory: PhysicalMemory): Hart {
    const known = Hart.#ofMemory.get(memory);
    if (known !== undefined) return known;
    const hart = new Hart(memory);
    Hart.#ofMemory.set(memory, hart);
    return hart;
  }

  readonly #memory: PhysicalMemory;
  readonly #host: MemoryHost;
  readonly #runSlice: (budget: number, more: number) => void;

  private constructor(memory: PhysicalMemory) {
    this.#memory = memory;
    this.#host = new MemoryHost(memory);
    this.#runSlice = instantiate(memory, this.#host);
    writeMark(memory.view, STRADDLE_RECORD + 2 * RECORD.size, OPCODE.sentinel);
  }

  /**
   * Executes instructions until `budget` of them have retired or one stops the hart.
   *
   * @param registers Where to begin; holds the state at the end afterwards.
   * @param pages The address space, on this hart's memory.
   * @param budget 0 to 2^53 - 1 instructions.
   * @param time Where the guest's counters stand at the beginning.
   */
  run(registers: Registers, pages: PageTable, budget: number, time: TimeSource): Stop {
    const memory = this.#memory;
    this.#host.use(pages);
    registers.loadInto(memory.bytes);
    memory.view.setInt32(HART.stopReason, 0, true);
    memory.view.setInt32(HART.refetch, 0, true);
    let left = budget;
    let code = 0;
    while (left > 0 && code === 0) {
      const slice = Math.min(left, SLICE_MAX);
      this.#host.setTime(time, budget - left + slice);
      this.#runSlice(slice, 0);
      left -= slice - memory.view.getInt32(HART.budgetLeft, true);
      code = memory.view.getInt32(HART.stopReason, true);
    }
    registers.saveFrom(memory.bytes);
    return this.#stop(code, budget - left, registers.pc);
  }

  #stop(code: number, retired: number, pc: bigint): Stop {
    const reason = STOP_REASONS[code] ?? "budget";
    const { view } = this.#memory;
    switch (reason) {
      case "illegal":
        return { reason, retired, address: this.#host.instructionBits(pc), access: "execute" };
      case "page_fault":
      case "misaligned":
      case "out_of_frames": {
        const access = ACCESSES[view.getInt32(HART.stopAccess, true)] ?? "read";
        return { reason, retired, address: view.getBigUint64(HART.stopAddress, true), access };
      }
      default:
        return { reason, retired, address: 0n, access: "execute" };
    }
  }
}

function instantiate(
  memory: PhysicalMemory,
  host: MemoryHost,
): (budget: number, more: number) => void {
  interpreter ??= new WebAssembly.Module(encodeInterpreter());
  const imports = {
    memory: memory.wasm,
    table: new WebAssembly.Table({ element: "anyfunc", initial: 1 }),
    enter: host.enter.bind(host),
    decode: host.decode.bind(host),
    decodeStraddling: host.decodeStraddling.bind(host),
    fetch: host.fetch.bind(host),
    load: host.load.bind(host),
    store: host.store.bind(host),
    translate: host.translate.bind(host),
    csr: host.csr.bind(host),
    softFloat: host.softFloat.bind(host),
  };
  const { exports } = new WebAssembly.Instance(interpreter, { host: imports });
  return exports["run"] as (budget: number, more: number) => void;
}
