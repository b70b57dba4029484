/**
 * `deno task run`: runs a riscv64 Linux program, with this process's standard streams as its own.
 *
 * @module
 */
import { Machine } from "../harness/mod.ts";
import { ENOENT, type ForeignFileSystem, Refusal, Stream, SystemError } from "../kernel/mod.ts";
import {
  exitWith,
  hostReason,
  type Options,
  readFile,
  readOptions,
  UsageError,
} from "./command.ts";
import { HostDirectory } from "./host_directory.ts";

const USAGE = `Usage: deno task run [options] PROGRAM [ARGUMENTS …]

Runs a riscv64 Linux ELF program. Standard streams and exit status are passed through.

  --mount HOST_DIR:GUEST_DIR[:ro]  show a folder of this machine to the program; may be repeated
  --env NAME=VALUE                 set an environment variable; may be repeated
  --cwd DIR                        the program's current directory (default /)
  --seed N                         seed of the machine (default 1)
  --max-instructions N             end the program after N instructions
  --restart-every N                after every N instructions save the program, throw the machine
                                   away, and go on in a fresh one
  --stats                          print counts and speed to standard error at the end
  --help                           print this

PROGRAM is a path in the guest when it lies in a mounted folder, else a file of this machine.

Exit status: the program's own, 128 + signal when a signal ended it, 124 at --max-instructions,
125 when --restart-every cannot save it, 126 when it cannot be run, 127 when it is not there,
2 wrong usage.`;

const EXIT = { instructions: 124, refused: 125, cannotRun: 126, notFound: 127 } as const;
/** Instructions between looks at signals and input of this process. */
const SLICE = 5_000_000;
const INPUT_BYTES = 65536;

/** A folder of the host's at a place of the guest's. */
interface Mount {
  readonly path: string;
  readonly foreign: ForeignFileSystem;
  readonly readOnly: boolean;
}

interface Settings {
  readonly program: string;
  readonly args: readonly string[];
  readonly mounts: readonly Mount[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly seed: number;
  readonly instructionsMax: number;
  readonly restartEvery: number;
  readonly statistics: boolean;
}

/** Runs the command; returns its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args, {
    flags: ["stats"],
    values: ["mount*", "env*", "cwd", "seed", "max-instructions", "restart-every"],
    stopEarly: true,
  });
  if (options.flag("help")) {
    console.log(USAGE);
    return 0;
  }
  const settings = readSettings(options);
  const runner = new Runner(settings);
  const begin = performance.now();
  const status = await runner.run();
  if (settings.statistics) runner.printStatistics((performance.now() - begin) / 1000);
  return status;
}

function readSettings(options: Options): Settings {
  const [program, ...args] = options.positional;
  if (program === undefined) throw new UsageError("Give a program to run");
  const environment = Object.fromEntries(options.all("env").map(readVariable));
  return {
    program,
    args: [program, ...args],
    mounts: options.all("mount").map(readMount),
    environment,
    directory: options.value("cwd") ?? "/",
    seed: options.integer("seed", 0, 2 ** 32 - 1) ?? 1,
    instructionsMax: options.integer("max-instructions", 1) ?? Infinity,
    restartEvery: options.integer("restart-every", 1) ?? Infinity,
    statistics: options.flag("stats"),
  };
}

function readVariable(text: string): [name: string, value: string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError(`Cannot use --env '${text}': give NAME=VALUE`);
  }
  return [name, value];
}

function readMount(text: string): Mount {
  const [host, guest, mode, ...more] = text.split(":");
  const wellFormed = host !== undefined && host !== "" && guest?.startsWith("/") === true &&
    more.length === 0 && (mode === undefined || mode === "ro");
  if (!wellFormed) {
    throw new UsageError(`Cannot use --mount '${text}': give HOST_DIR:/GUEST_DIR or …:ro`);
  }
  try {
    return { path: guest, foreign: new HostDirectory(host), readOnly: mode === "ro" };
  } catch (error) {
    throw new UsageError(`Cannot mount ${host}: ${hostReason(error)}`);
  }
}

/** One program on its way through one machine, or through many. */
class Runner {
  #machine: Machine;
  readonly #settings: Settings;
  readonly #pid: number;
  #interrupted = false;
  /** Resolves when ^C is pressed. */
  #interruption = Promise.withResolvers<"interrupted">();
  #reading: Promise<"read"> | undefined;
  #restarts = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#machine = bootMachine(settings);
    this.#pid = startProgram(this.#machine, settings);
  }

  /** Runs the program; gives the exit status. */
  async run(): Promise<number> {
    const onInterrupt = () => {
      this.#interrupted = true;
      this.#interruption.resolve("interrupted");
    };
    Deno.addSignalListener("SIGINT", onInterrupt);
    try {
      return await this.#runToEnd();
    } finally {
      Deno.removeSignalListener("SIGINT", onInterrupt);
    }
  }

  /** Prints counts to standard error. */
  printStatistics(seconds: number): void {
    const { instructions, kernel } = this.#machine;
    const { systemCalls, unimplemented } = kernel.statistics;
    const lines = [
      ["instructions", instructions.toLocaleString("en")],
      ["system calls", systemCalls.toLocaleString("en")],
      ...[...unimplemented].map(([number, count]) => [
        "unknown call",
        `number ${number}, ${count} times, answered ENOSYS`,
      ]),
      ["frames", `${kernel.memory.framesInUse.toLocaleString("en")} in use at the end`],
      ["restarts", this.#restarts.toLocaleString("en")],
      ["seconds", seconds.toFixed(3)],
      ["MIPS", (instructions / seconds / 1e6).toFixed(1)],
    ];
    for (const [name = "", value] of lines) console.error(`${name.padEnd(14)} ${value}`);
  }

  async #runToEnd(): Promise<number> {
    const { program, instructionsMax, restartEvery } = this.#settings;
    let nextRestart = restartEvery;
    let nextLook = SLICE;
    for (;;) {
      const done = this.#machine.instructions;
      const until = Math.min(nextRestart, instructionsMax, nextLook);
      const { reason } = this.#machine.run({ instructions: until - done });
      const status = this.#machine.exitStatus(this.#pid);
      if (status !== undefined) return status;
      if (this.#machine.instructions >= instructionsMax) {
        console.error(`run: Ended ${program} after ${instructionsMax} instructions`);
        return EXIT.instructions;
      }
      if (reason === "waiting") await this.#readOrInterrupt();
      if (this.#machine.instructions >= nextLook) {
        nextLook += SLICE;
        // Let the host's signals in.
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      if (this.#interrupted) this.#interrupt();
      if (this.#machine.instructions >= nextRestart) {
        this.#restartElsewhere();
        nextRestart += restartEvery;
      }
    }
  }

  #interrupt(): void {
    this.#interrupted = false;
    this.#interruption = Promise.withResolvers();
    this.#machine.interrupt(this.#pid);
  }

  /** Waits for input or for ^C. A read that ^C has overtaken goes on, for the next time. */
  async #readOrInterrupt(): Promise<void> {
    this.#reading ??= this.#readInput();
    await Promise.race([this.#reading, this.#interruption.promise]);
  }

  async #readInput(): Promise<"read"> {
    const buffer = new Uint8Array(INPUT_BYTES);
    const count = await Deno.stdin.read(buffer);
    this.#reading = undefined;
    if (count === null) this.#machine.endInput();
    else this.#machine.type(buffer.subarray(0, count));
    return "read";
  }

  #restartElsewhere(): void {
    try {
      this.#machine = this.#machine.restartElsewhere();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new UsageError(`Cannot save ${this.#settings.program}: ${error.message}`, EXIT.refused);
    }
    this.#restarts++;
  }
}

function bootMachine({ seed, mounts }: Settings): Machine {
  const outputs = [Deno.stdout, Deno.stdout, Deno.stderr];
  const terminals = [Deno.stdin, Deno.stdout, Deno.stderr].map((stream) => stream.isTerminal());
  const sink = (stream: number, bytes: Uint8Array) => writeAll(outputs[stream], bytes);
  const streams = terminals.map((terminal, index) =>
    new Stream(index, { terminal, sink: (bytes) => sink(index, bytes) })
  );
  const machine = new Machine({ seed, streams, sink });
  for (const { path, foreign, readOnly } of mounts) machine.mount(path, foreign, { readOnly });
  return machine;
}

function writeAll(output: { writeSync(bytes: Uint8Array): number } | undefined, bytes: Uint8Array) {
  for (let done = 0; output !== undefined && done < bytes.length;) {
    done += output.writeSync(bytes.subarray(done));
  }
}

/** Puts the program's file into the machine if no mounted folder has it, and starts it. */
function startProgram(machine: Machine, settings: Settings): number {
  const { program, args, environment, directory, mounts } = settings;
  const isMounted = mounts.some(({ path }) =>
    program.startsWith(path.endsWith("/") ? path : `${path}/`)
  );
  let path = program;
  if (!isMounted) {
    path = `/bin/${program.slice(program.lastIndexOf("/") + 1)}`;
    machine.writeFile(
      path,
      readFile(program, { notFound: EXIT.notFound, unreadable: EXIT.cannotRun }),
      0o755,
    );
  }
  try {
    return machine.start({ path, args, environment, directory });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const status = error.errno === ENOENT ? EXIT.notFound : EXIT.cannotRun;
    throw new UsageError(`Cannot run ${program}: ${error.message}`, status);
  }
}

if (import.meta.main) await exitWith("run", main);
