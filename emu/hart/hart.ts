/** The hart: runs guest instructions of an address space on a memory. */
import { HART, PAGE_SIZE, RECORD, STRADDLE_RECORD } from "../memory/layout.ts";
import type { PageTable, PhysicalMemory } from "../memory/mod.ts";
import { TAKEN_MAX } from "../translator/budget_plan.ts";
import { DEFAULT_HEAT, type Heat } from "../translator/translator.ts";
import { exportsFuse } from "../wasm/mod.ts";
import { encodeInterpreter } from "./interpreter.ts";
import { INTERPRETER_MODULE } from "./interpreter_module.ts";
import { MemoryHost, type TimeSource } from "./memory_host.ts";
import { OPCODE } from "./opcodes.ts";
import { writeMark } from "./record.ts";
import type { Registers } from "./registers.ts";
import { ACCESSES, type Stop, STOP_REASONS } from "./stop.ts";

/**
 * Most instructions that one call of generated code executes. V8 switches to optimised code only
 * between calls, so a call must not last long.
 */
const SLICE_MAX = 300_000;
/** Instructions after a sample among which a loop or a function is looked for. */
const STEPS_MAX = 40;

/** How a hart executes. Results are the same in every way; speed is not. */
export interface EngineOptions {
  /** Whether hot code is translated; default true. */
  readonly translate?: boolean;
  /** How soon code counts as hot; for tests and measurements. */
  readonly heat?: Partial<Heat>;
}

/** Executes instructions; see {@linkcode encodeInterpreter}. */
type RunSlice = (budget: number, more: number) => void;

/** The interpreter, once it has been compiled. */
let interpreter: WebAssembly.Module | undefined;

/**
 * A hart on a physical memory. A memory has one hart (see {@linkcode Hart.of}); what it runs is
 * given to each run, so that any number of tasks and machines take turns on it.
 *
 * @example
 * ```ts
 * import { EXECUTE, Hart, PageTable, PhysicalMemory, READ, Registers } from "../mod.ts";
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
  readonly #runSlice: RunSlice;
  #translate = true;
  #heat = DEFAULT_HEAT;
  /** Instructions to interpret until the next sample. */
  #untilSample = DEFAULT_HEAT.warmUp;
  #translatedInstructions = 0;

  private constructor(memory: PhysicalMemory) {
    this.#memory = memory;
    this.#host = new MemoryHost(memory);
    this.#runSlice = this.#interpreter();
    writeMark(memory.view, STRADDLE_RECORD + 2 * RECORD.size, OPCODE.sentinel);
    this.configure({});
  }

  /** Chooses how to execute from now on. */
  configure({ translate = true, heat = {} }: EngineOptions): void {
    this.#translate = translate;
    this.#heat = { ...DEFAULT_HEAT, ...heat };
    this.#untilSample = this.#heat.warmUp;
    const enterAbove = translate ? TAKEN_MAX : 2 ** 31 - 1;
    this.#memory.view.setInt32(HART.enterAbove, enterAbove, true);
  }

  /** Instructions that translated code has executed, for statistics. */
  get translatedInstructions(): number {
    return this.#translatedInstructions;
  }

  /** Translated functions on this memory, for statistics. */
  get translations(): number {
    return this.#host.translator.installed;
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
    registers.loadInto(memory);
    memory.view.setInt32(HART.stopReason, 0, true);
    memory.view.setInt32(HART.refetch, 0, true);
    const run = { time, budget, left: budget };
    while (run.left > 0 && this.#stopCode() === 0) {
      if (!this.#translate) this.#slice(run, SLICE_MAX, 0);
      else if (this.#untilSample > 0) this.#slice(run, this.#untilSample, SLICE_MAX);
      else this.#sample(run);
    }
    registers.saveFrom(memory);
    return this.#stop(this.#stopCode(), budget - run.left, registers);
  }

  /** Interprets up to `quota` instructions, and executes up to `more` that are translated. */
  #slice(run: Run, quota: number, more: number): void {
    const interpreted = Math.min(run.left, quota);
    const total = Math.min(run.left, interpreted + more);
    this.#host.setTime(run.time, run.budget - run.left + total);
    this.#runSlice(interpreted, total - interpreted);
    // Not before: memory may have grown meanwhile, which takes the old view away.
    const { view } = this.#memory;
    const retired = total - view.getInt32(HART.budgetLeft, true);
    const byInterpreter = interpreted - view.getInt32(HART.quotaLeft, true);
    run.left -= retired;
    this.#untilSample -= byInterpreter;
    this.#translatedInstructions += retired - byInterpreter;
  }

  /**
   * Has the translator take note of the code that is being interpreted: of where a loop or a function
   * begins that comes next, or when that is translated already, of where the code was entered.
   */
  #sample(run: Run): void {
    const { translator } = this.#host;
    const { samplesMin } = this.#heat;
    const entered = this.#addressAt(HART.arrived);
    this.#untilSample = this.#heat.interval;
    for (let i = 0; i < STEPS_MAX && run.left > 0; i++) {
      const from = this.#addressAt(HART.pc);
      this.#slice(run, 1, 0);
      if (this.#stopCode() !== 0) return;
      const to = this.#addressAt(HART.pc);
      if (to > from && to <= from + PAGE_SIZE) continue;
      if (!translator.sample(to, samplesMin)) translator.sample(entered, samplesMin);
      return;
    }
  }

  #interpreter(): RunSlice {
    const host = { ...this.#host.imports, table: this.#host.translator.table };
    interpreter ??= compileInterpreter(host);
    return new WebAssembly.Instance(interpreter, { host }).exports["run"] as RunSlice;
  }

  #addressAt(offset: number): number {
    return Number(this.#memory.view.getBigUint64(offset, true));
  }

  #stopCode(): number {
    return this.#memory.view.getInt32(HART.stopReason, true);
  }

  #stop(code: number, retired: number, registers: Registers): Stop {
    const reason = STOP_REASONS[code] ?? "budget";
    const { view } = this.#memory;
    switch (reason) {
      case "illegal":
        return {
          reason,
          retired,
          address: this.#host.instructionBits(registers.pc),
          access: "execute",
        };
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

/**
 * The interpreter for this host: the committed one, which was generated ahead of time for hosts that
 * have a fused multiply-add, or else one that does without.
 */
function compileInterpreter(host: WebAssembly.ModuleImports): WebAssembly.Module {
  try {
    const module = new WebAssembly.Module(Uint8Array.fromBase64(INTERPRETER_MODULE));
    if (exportsFuse(new WebAssembly.Instance(module, { host }).exports)) return module;
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
  }
  return new WebAssembly.Module(encodeInterpreter());
}

/** A run that is under way. */
interface Run {
  readonly time: TimeSource;
  readonly budget: number;
  /** Instructions of the budget that are left. */
  left: number;
}
