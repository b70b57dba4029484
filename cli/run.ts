/**
 * `deno task run`: runs a riscv64 Linux program, with this process's standard streams as its own.
 *
 * @module
 */
import { Machine } from "../harness/mod.ts";
import {
  ENOENT,
  type ForeignFileSystem,
  HARTS_MAX,
  IUTF8,
  Refusal,
  Strace,
  Stream,
  systemCallName,
  SystemError,
  type WindowSize,
} from "../kernel/mod.ts";
import {
  exitWith,
  hostReason,
  type Options,
  readFile,
  readOptions,
  UsageError,
} from "./command.ts";
import { HostDirectory } from "./host_directory.ts";
import { HostTerminal } from "./host_terminal.ts";

const USAGE = `Usage: deno task run [options] PROGRAM [ARGUMENTS …]

Runs a riscv64 Linux ELF program. Standard streams and exit status are passed through.

  -t, --terminal                   give the program this terminal: keys, ^C and ^Z, window size
  --mount HOST_DIR:GUEST_DIR[:ro]  show a folder of this machine to the program; may be repeated
  --tmpfs GUEST_DIR                an empty folder in memory; may be repeated
  --env NAME=VALUE                 set an environment variable; may be repeated
  --cwd DIR                        the program's current directory (default /)
  --seed N                         seed of the machine (default 1)
  --harts N                        harts of the machine, simulated one after another (default 1)
  --max-instructions N             end the program after N instructions
  --restart-every N                after every N instructions save the program, throw the machine
                                   away, and go on in a fresh one
  --strace                         print system calls and signals to standard error, as strace(1) does
  --stats                          print counts and speed to standard error at the end
  --help                           print this

PROGRAM is a path in the guest when it lies in a mounted folder, else a file of this machine. A name
without a slash is looked for in the guest's PATH first; where nothing is mounted, in guests/root,
which \`deno task guests\` makes, mounted read-only at / with an empty /tmp.

Exit status: the program's own, 128 + signal when a signal ended it, 124 at --max-instructions,
125 when --restart-every cannot save it, 126 when it cannot be run, 127 when it is not there,
2 wrong usage.`;

const EXIT = { instructions: 124, refused: 125, cannotRun: 126, notFound: 127 } as const;
/** Instructions after which it is asked whether it is time for a look. */
const SLICE = 5_000_000;
/** Milliseconds between looks at signals and input of this process. */
const LOOK_EVERY_MS = 20;
const INPUT_BYTES = 65536;
/** The kind of terminal that the guest is told of. */
const DEFAULT_TERM = "xterm";
/** Where `deno task guests` puts what it fetches. */
const FETCHED_ROOT = "guests/root";
/** Where a program without a slash in its name is looked for. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A folder of the host's at a place of the guest's. */
interface Mount {
  readonly path: string;
  readonly foreign: ForeignFileSystem;
  readonly readOnly: boolean;
  /** A folder in it that is empty and may be written, in memory. */
  readonly scratch?: string;
}

interface Settings {
  readonly program: string;
  readonly args: readonly string[];
  readonly mounts: readonly Mount[];
  /** Where there are empty file systems in memory. */
  readonly tmpfs: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly seed: number;
  readonly harts: number;
  readonly instructionsMax: number;
  readonly restartEvery: number;
  readonly statistics: boolean;
  readonly terminal: boolean;
  readonly strace: boolean;
}

/** Runs the command; returns its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args, {
    flags: ["stats", "strace", "terminal"],
    short: { t: "terminal" },
    values: [
      "mount*",
      "tmpfs*",
      "env*",
      "cwd",
      "seed",
      "harts",
      "max-instructions",
      "restart-every",
    ],
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
  const terminal = options.flag("terminal");
  const mounts = options.all("mount").map(readMount);
  return {
    program,
    args: [program, ...args],
    mounts: mounts.length === 0 && !program.includes("/") ? fetchedGuests() : mounts,
    environment: {
      ...(terminal ? { TERM: DEFAULT_TERM } : {}),
      ...Object.fromEntries(options.all("env").map(readVariable)),
    },
    terminal,
    tmpfs: options.all("tmpfs").map(readGuestDirectory),
    directory: options.value("cwd") ?? "/",
    seed: options.integer("seed", 0, 2 ** 32 - 1) ?? 1,
    harts: options.integer("harts", 1, HARTS_MAX) ?? 1,
    instructionsMax: options.integer("max-instructions", 1) ?? Infinity,
    restartEvery: options.integer("restart-every", 1) ?? Infinity,
    statistics: options.flag("stats"),
    strace: options.flag("strace"),
  };
}

/** The root that `deno task guests` makes, if it has. */
function fetchedGuests(): readonly Mount[] {
  try {
    if (!Deno.statSync(FETCHED_ROOT).isDirectory) return [];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return [];
    throw error;
  }
  return [{ path: "/", foreign: new HostDirectory(FETCHED_ROOT), readOnly: true, scratch: "/tmp" }];
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

function readGuestDirectory(path: string): string {
  if (!path.startsWith("/")) {
    throw new UsageError(`Cannot use --tmpfs '${path}': give a path that begins with /`);
  }
  return path;
}

/** One program on its way through one machine, or through many. */
class Runner {
  #machine: Machine;
  readonly #settings: Settings;
  readonly #terminal: HostTerminal | null;
  readonly #pid: number;
  readonly #strace = new Strace(() => this.#machine.kernel, (line) => console.error(line));
  /** What has happened on this side and the machine has not been told. */
  readonly #events: ((machine: Machine) => void)[] = [];
  /** Resolves when there is such an event. */
  #news = Promise.withResolvers<void>();
  #isReading = false;
  #restarts = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#terminal = settings.terminal
      ? new HostTerminal((window) => this.#tell((machine) => machine.resize(window)))
      : null;
    try {
      this.#machine = bootMachine(settings, this.#terminal?.window ?? null);
      if (settings.strace) this.#machine.kernel.tracer = this.#strace;
      this.#pid = startProgram(this.#machine, settings);
    } catch (error) {
      this.#terminal?.close();
      throw error;
    }
  }

  /** Runs the program; gives the exit status. */
  async run(): Promise<number> {
    // A terminal that is ours sends ^C as a key.
    const onInterrupt = () => this.#tell((machine) => machine.interrupt(this.#pid));
    if (this.#terminal === null) Deno.addSignalListener("SIGINT", onInterrupt);
    try {
      return await this.#runToEnd();
    } finally {
      if (this.#terminal === null) Deno.removeSignalListener("SIGINT", onInterrupt);
      this.#terminal?.close();
    }
  }

  /** Prints counts to standard error. */
  printStatistics(seconds: number): void {
    const { instructions, kernel } = this.#machine;
    const { systemCalls, unimplemented, kills } = kernel.statistics;
    const lines = [
      ["instructions", instructions.toLocaleString("en")],
      ["system calls", systemCalls.toLocaleString("en")],
      ...[...unimplemented].sort(([a], [b]) => a - b).map(([number, count]) => [
        "unknown call",
        `${systemCallName(number)}, ${count} time${count === 1 ? "" : "s"}, answered ENOSYS`,
      ]),
      ...kills.map((kill) => ["killed", kill]),
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
    let nextLook_ms = performance.now() + LOOK_EVERY_MS;
    for (;;) {
      const done = this.#machine.instructions;
      const until = Math.min(nextRestart, instructionsMax, done + SLICE);
      const { reason } = this.#machine.run({ instructions: until - done });
      const status = this.#machine.exitStatus(this.#pid);
      if (status !== undefined) return status;
      if (this.#machine.instructions >= instructionsMax) {
        console.error(`run: Ended ${program} after ${instructionsMax} instructions`);
        return EXIT.instructions;
      }
      if (reason === "waiting") await this.#waitForNews();
      if (performance.now() >= nextLook_ms) {
        // A program that computes is to hear of keys all the same.
        if (this.#terminal !== null) void this.#read();
        // Let the host's signals and input in. (A timer of 0 ms would last 4 ms.)
        await new Promise<void>((resolve) => setImmediate(resolve));
        nextLook_ms = performance.now() + LOOK_EVERY_MS;
      }
      this.#passOnNews();
      if (this.#machine.instructions >= nextRestart) {
        this.#restartElsewhere();
        nextRestart += restartEvery;
      }
    }
  }

  #tell(event: (machine: Machine) => void): void {
    this.#events.push(event);
    this.#news.resolve();
  }

  #passOnNews(): void {
    for (const event of this.#events.splice(0)) event(this.#machine);
    this.#news = Promise.withResolvers();
  }

  /** Waits for input, a signal or another size of the window. */
  async #waitForNews(): Promise<void> {
    void this.#read();
    await this.#news.promise;
  }

  /** Reads what there is to read, once; a read that goes on is for the next time. */
  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    const buffer = new Uint8Array(INPUT_BYTES);
    const count = await Deno.stdin.read(buffer);
    this.#isReading = count === null;
    if (count === null) this.#tell((machine) => machine.endInput());
    else this.#tell((machine) => machine.type(buffer.subarray(0, count)));
  }

  #restartElsewhere(): void {
    try {
      const { tracer } = this.#machine.kernel;
      this.#machine = this.#machine.restartElsewhere();
      this.#machine.kernel.tracer = tracer;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new UsageError(`Cannot save ${this.#settings.program}: ${error.message}`, EXIT.refused);
    }
    this.#restarts++;
  }
}

function bootMachine({ seed, harts, mounts, tmpfs }: Settings, window: WindowSize | null): Machine {
  const outputs = [Deno.stdout, Deno.stdout, Deno.stderr];
  const sink = (stream: number, bytes: Uint8Array) => writeAll(outputs[stream], bytes);
  const terminal = window === null ? {} : { terminal: true, window };
  const streams = (window === null ? [0, 1, 2] : [0]).map((index) =>
    new Stream(index, { ...terminal, sink: (bytes) => sink(index, bytes) })
  );
  for (const { tty } of streams) {
    // As terminal emulators set it, so that a key takes back a whole character.
    if (tty !== null) tty.termios = { ...tty.termios, iflag: tty.termios.iflag | IUTF8 };
  }
  const machine = new Machine({ seed, harts, streams, sink });
  for (const { path, foreign, readOnly, scratch } of mounts) {
    machine.mount(path, foreign, { readOnly });
    if (scratch !== undefined) machine.mountTmpfs(scratch);
  }
  for (const path of tmpfs) machine.mountTmpfs(path);
  return machine;
}

function writeAll(output: { writeSync(bytes: Uint8Array): number } | undefined, bytes: Uint8Array) {
  for (let done = 0; output !== undefined && done < bytes.length;) {
    done += output.writeSync(bytes.subarray(done));
  }
}

/** Puts the program's file into the machine if the guest has none of that name, and starts it. */
function startProgram(machine: Machine, settings: Settings): number {
  const { program, args, environment, directory, terminal: session } = settings;
  const path = findInGuest(machine, settings) ?? copyIntoGuest(machine, program);
  try {
    return machine.start({ path, args, environment, directory, session });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const status = error.errno === ENOENT ? EXIT.notFound : EXIT.cannotRun;
    throw new UsageError(`Cannot run ${program}: ${error.message}`, status);
  }
}

/** Where the guest has the program, in a mounted folder or on its PATH. */
function findInGuest(machine: Machine, settings: Settings): string | undefined {
  const { program, mounts, environment } = settings;
  if (mounts.length === 0) return undefined;
  if (program.includes("/")) {
    const isMounted = ({ path }: Mount) => program.startsWith(path === "/" ? path : `${path}/`);
    return mounts.some(isMounted) ? program : undefined;
  }
  return (environment["PATH"] ?? DEFAULT_PATH).split(":")
    .map((folder) => `${folder}/${program}`)
    .find((path) => machine.kernel.fileSystem.exists(path));
}

function copyIntoGuest(machine: Machine, program: string): string {
  const path = `/bin/${program.slice(program.lastIndexOf("/") + 1)}`;
  const exitCodes = { notFound: EXIT.notFound, unreadable: EXIT.cannotRun };
  machine.writeFile(path, readFile(program, exitCodes), 0o755);
  return path;
}

if (import.meta.main) await exitWith("run", main);
