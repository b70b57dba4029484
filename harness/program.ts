/** Programs: what is to be run, and running it to its end. */
import { Machine, type MachineOptions } from "./machine.ts";

/** A program with everything around it that decides what it does. */
export interface Program {
  /** Where its file is put, e.g. `/bin/hello`. */
  readonly path: string;
  /** Its ELF file. */
  readonly elf: Uint8Array;
  /** Arguments, the program's name first. Default: its path alone. */
  readonly args?: readonly string[];
  /** Environment. Default: none. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Further files by path. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** What it can read from its standard input. Default: nothing. */
  readonly input?: Uint8Array;
  /** Instructions after which a run is cut. Default: 100 million. */
  readonly instructionsMax?: number;
}

/** A machine with a program started in it. */
export interface Launched {
  /** The machine. */
  readonly machine: Machine;
  /** The program's task. */
  readonly pid: number;
}

const INSTRUCTIONS_MAX = 100_000_000;

/** Instructions after which a run of the program is cut. */
export function instructionLimit({ instructionsMax }: Program): number {
  return instructionsMax ?? INSTRUCTIONS_MAX;
}

/** Boots a machine and starts a program in it; nothing of it has been executed yet. */
export function launch(program: Program, options: MachineOptions = {}): Launched {
  const machine = new Machine(options);
  machine.writeFile(program.path, program.elf, 0o755);
  for (const [path, bytes] of Object.entries(program.files ?? {})) machine.writeFile(path, bytes);
  if (program.input !== undefined) machine.type(program.input);
  machine.endInput();
  const pid = machine.start({
    path: program.path,
    args: program.args ?? [program.path],
    environment: program.environment ?? {},
  });
  return { machine, pid };
}

/**
 * Runs a machine until its tasks have ended, or wait for what will not come.
 *
 * @returns Whether they have ended within `instructionsMax` instructions.
 */
export function runToEnd(machine: Machine, instructionsMax: number): boolean {
  return machine.run({ instructions: instructionsMax }).reason === "exited";
}
