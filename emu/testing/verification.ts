/**
 * Executes random programs under qemu-riscv64, in the interpreter and as translated code, and
 * compares all that they leave behind: registers, fcsr and memory behind every execution of every
 * sequence.
 */
import { qemuUser } from "../../testing/tools.ts";
import { type EngineOptions, Hart, PhysicalMemory } from "../mod.ts";
import { Coverage } from "./coverage.ts";
import { Random } from "./random.ts";
import { SequenceGenerator } from "./sequence.ts";
import {
  instructionsOfSequences,
  layOut,
  makeStores,
  ProgramDied,
  programElf,
  programGuest,
  randomStates,
  runToOutput,
  type SequenceProgram,
} from "./sequence_program.ts";
import { explain, firstDifference } from "./shrink.ts";
import { cover } from "./step.ts";

/** Something that executes a program and gives the data that it writes. */
export interface Engine {
  readonly name: string;
  run(program: SequenceProgram): Output | Promise<Output>;
}

/** What came of executing a program: its data in the end, or nothing (no bytes) when it died. */
export type Output = Uint8Array<ArrayBuffer>;

/** How much to verify. */
export interface VerifyOptions {
  /** A number of 32 bits: the same gives the same programs. */
  readonly seed: number;
  /**
   * Instructions of sequences to execute in each engine, at least; up to twice as many while some
   * class of operands has not been seen.
   */
  readonly instructions: number;
  /** The first of the seed's programs to execute; default 0. */
  readonly from?: number;
  /** Stands between an engine and what is compared, for tests of the comparison. */
  readonly distort?: (output: Output, program: SequenceProgram) => Output;
  /** Told after each program how many instructions have been executed so far. */
  readonly progress?: (instructions: number) => void;
}

/** What was found. */
export interface Verification {
  /** Instructions of sequences that each engine executed. */
  readonly instructions: number;
  readonly programs: number;
  /** Share of all instructions, those around the sequences too, that translated code executed. */
  readonly translated: number;
  readonly coverage: Coverage;
  /** The first difference, explained; `undefined` when there is none. */
  readonly difference: string | undefined;
}

/** Sequences of a program, and how often each is executed. */
interface Size {
  readonly sequences: number;
  readonly rounds: number;
  /** Executions of which one is stepped through, to count what is covered. */
  readonly steppedOneIn: number;
}
/** For few instructions, many sequences; for many, the time goes into executing them. */
const SMALL: Size = { sequences: 480, rounds: 24, steppedOneIn: 7 };
const LARGE: Size = { sequences: 48, rounds: 256, steppedOneIn: 31 };
const LARGE_FROM = 2_000_000;

/** Translates what has come by a few times. */
const HEAT = { samplesMin: 1, warmUp: 0, interval: 700 };
const ALL_AT_ONCE = 2 ** 40;

/** An engine of ours, on a memory of its own. */
class OwnEngine implements Engine {
  readonly #memory = new PhysicalMemory();
  readonly #budget: () => number;
  /** Instructions executed so far. */
  executed = 0n;

  /** @param budget Instructions that are executed in one go. */
  constructor(readonly name: string, options: EngineOptions, budget: () => number) {
    this.#budget = budget;
    Hart.of(this.#memory).configure(options);
  }

  /** Instructions executed by translated code so far. */
  get translated(): number {
    return Hart.of(this.#memory).translatedInstructions;
  }

  run(program: SequenceProgram): Output {
    const guest = programGuest(program, this.#memory);
    try {
      return runToOutput(guest, program, this.#budget);
    } catch (error) {
      if (!(error instanceof ProgramDied)) throw error;
      return new Uint8Array(); // as from QEMU
    } finally {
      this.executed += guest.instructions;
      guest.pages.dispose();
    }
  }
}

/** The judge. */
export const qemu: Engine = {
  name: "QEMU",
  async run(program) {
    const path = await Deno.makeTempFile({ prefix: "crucible-sequences-" });
    try {
      await Deno.writeFile(path, programElf(program), { mode: 0o700 });
      const { stdout } = await new Deno.Command(qemuUser.command, { args: [path] }).output();
      return stdout;
    } finally {
      await Deno.remove(path);
    }
  },
};

/** Where programs' data can be, so that few lie over each other in the cache of translations. */
const PLACES = { first: 0x10_0000, step: 0x100_0000, count: 64 };

/** A program of those that a seed gives. */
function makeProgram(seed: number, number: number, size: Size): SequenceProgram {
  const random = new Random(Math.imul(seed, 0x9e37_79b1) + Math.imul(number, 0x85eb_ca77));
  const generator = new SequenceGenerator(random);
  const sequences = Array.from({ length: size.sequences }, () => generator.sequence());
  const data = randomStates(random, sequences, size.rounds, makeStores(random));
  return layOut(sequences, data, PLACES.first + (number % PLACES.count) * PLACES.step);
}

/** Verifies until enough instructions were executed, or something differs. */
export async function verify(options: VerifyOptions): Promise<Verification> {
  const { seed, from = 0, distort = (output) => output, progress } = options;
  const size = options.instructions < LARGE_FROM ? SMALL : LARGE;
  const random = new Random(seed);
  const interpreter = new OwnEngine("the interpreter", { translate: false }, () => ALL_AT_ONCE);
  const pieces = () => random.oneIn(4) ? 1 + random.below(3000) : 50_000 + random.below(500_000);
  const translator = new OwnEngine("translated code", { heat: HEAT }, pieces);
  const steps = new PhysicalMemory();
  const coverage = new Coverage();
  let instructions = 0;
  let number = from;
  let difference: string | undefined;
  const goesOn = () =>
    instructions < options.instructions ||
    (coverage.empty.length > 0 && instructions < 2 * options.instructions);
  while (difference === undefined && goesOn()) {
    const program = makeProgram(seed, number, size);
    const judged = qemu.run(program);
    const before = interpreter.executed;
    const outputs = [interpreter, translator].map((engine) => ({
      engine,
      output: distort(engine.run(program), program),
    }));
    instructions += instructionsOfSequences(program, interpreter.executed - before);
    const theirs = await judged;
    for (const { engine, output } of outputs) {
      const isAlike = theirs.length > 0 && firstDifference(output, theirs) === undefined;
      if (difference !== undefined || isAlike) continue;
      const again: Engine = {
        name: engine.name,
        run: (smaller) => distort(engine.run(smaller), smaller),
      };
      const found = await explain(program, output, theirs, again);
      difference = `${found}\nAgain: deno task verify --seed ${seed} --from ${number}` +
        ` --instructions ${options.instructions}`;
    }
    if (difference === undefined) {
      cover(program, theirs, steps, size.steppedOneIn, coverage);
    }
    number++;
    progress?.(instructions);
  }
  return {
    instructions,
    programs: number - from,
    translated: translator.translated / Number(translator.executed),
    coverage,
    difference,
  };
}
