/**
 * The emulator against the machine itself and against qemu-user: each program built with the stock
 * compilers and run in four ways, in turns, because other work on the machine slows all of them. What
 * counts is processor time, for the same reason.
 */
import type { Engine, EngineRun, GuestRun } from "./bench_guest.ts";
import {
  BENCH_PROGRAMS,
  buildProgram,
  type BuiltProgram,
  type ProgramKind,
} from "./bench_programs.ts";

/** The ways to run a program, slowest last. */
export const WAYS = ["native", "qemu", "translator", "interpreter"] as const;
/** A way to run a program. */
export type Way = (typeof WAYS)[number];

/** A program's least seconds in each way. */
export interface ProgramSpeed {
  /** The program. */
  readonly name: string;
  /** What it is about. */
  readonly kind: ProgramKind;
  /** Instructions that the guest executes. */
  readonly instructions: number;
  /** Least seconds of all rounds. */
  readonly seconds: Readonly<Record<Way, number>>;
}

/** What to measure. */
export interface EmulatorBenchOptions {
  /** Programs by name, of `BENCH_PROGRAMS`. */
  readonly programs: readonly string[];
  /** How often each is run in each way. */
  readonly rounds: number;
  /** Hears about each program that is done. */
  readonly onProgram: (speed: ProgramSpeed) => void;
}

/** qemu's user mode emulator. */
export const QEMU = "qemu-riscv64";

/** Thrown when a program does not do the same everywhere. */
export class BenchFailed extends Error {
  override readonly name = "BenchFailed";
}

/** Builds and measures. */
export function benchEmulator(
  { programs, rounds, onProgram }: EmulatorBenchOptions,
): ProgramSpeed[] {
  const folder = Deno.makeTempDirSync({ prefix: "crucible-bench-" });
  try {
    return programs.map((name) => {
      const speed = measure(buildProgram(name, folder), rounds);
      onProgram(speed);
      return speed;
    });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function measure(program: BuiltProgram, rounds: number): ProgramSpeed {
  const seconds: Record<Way, number> = {
    native: Infinity,
    qemu: Infinity,
    translator: Infinity,
    interpreter: Infinity,
  };
  let instructions = 0;
  let expected: string | undefined;
  for (let round = 0; round < rounds; round++) {
    for (const way of WAYS) {
      // It is slow and steady.
      if (way === "interpreter" && round > 0) continue;
      const run = runIn(way, program);
      const outcome = `status ${run.status}, output ${JSON.stringify(run.output)}`;
      expected ??= outcome;
      if (outcome !== expected) {
        throw new BenchFailed(`${program.name}, ${way}: ${outcome}; native: ${expected}`);
      }
      seconds[way] = Math.min(seconds[way], run.seconds);
      instructions = Math.max(instructions, run.instructions);
    }
  }
  if (expected === undefined || !expected.startsWith("status 0,")) {
    throw new BenchFailed(`${program.name} fails: ${expected}`);
  }
  const kind = BENCH_PROGRAMS[program.name] ?? "integer";
  return { name: program.name, kind, instructions, seconds };
}

function runIn(way: Way, { native, guest }: BuiltProgram): GuestRun {
  switch (way) {
    case "native":
      return runProcess(native, []);
    case "qemu":
      return runProcess(QEMU, [guest]);
    default:
      return runEngine(way, guest);
  }
}

/** Runs a command to its end. */
export function runProcess(command: string, args: readonly string[]): GuestRun {
  const script = 'TIMEFORMAT="%U %S"; time "$@"';
  const timed = new Deno.Command("bash", { args: ["-c", script, "bash", command, ...args] });
  const { code, stdout, stderr } = timed.outputSync();
  const [user = NaN, system = NaN] = new TextDecoder().decode(stderr).trim().split(" ").map(Number);
  const output = new TextDecoder().decode(stdout);
  return { output, status: code, instructions: 0, seconds: user + system };
}

/** Runs a guest with arguments to its end, in a process of its own. */
export function runEngine(engine: Engine, guest: string, args: readonly string[] = []): EngineRun {
  const script = new URL("./bench_guest.ts", import.meta.url).href;
  const all = ["run", "--quiet", "--no-check", "--allow-all", script, engine, guest, ...args];
  const command = new Deno.Command(Deno.execPath(), { args: all });
  const { success, stdout, stderr } = command.outputSync();
  if (!success) throw new BenchFailed(`${engine}: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout)) as EngineRun;
}
