/**
 * What all commands share: reading options, and one line and an exit status for a user's mistake.
 */
import { parseArgs } from "../std_cli.ts";
import { closestString } from "../std_text.ts";

/** Exit status of every command for wrong usage or unreadable input. */
export const EXIT_USAGE = 2;

/** A mistake of the user's: one line without a stack, and {@linkcode EXIT_USAGE}. */
export class UsageError extends Error {
  /** The error with this line; `exitCode` where a command promises another than 2. */
  constructor(message: string, readonly exitCode: number = EXIT_USAGE) {
    super(message);
    this.name = "UsageError";
  }
}

/** Which options a command takes. */
export interface OptionNames {
  /** Options without a value. */
  readonly flags?: readonly string[];
  /** Options with a value; a name that ends with `*` may be given several times. */
  readonly values?: readonly string[];
  /** Short names of options, one letter each, to the long ones. */
  readonly short?: Readonly<Record<string, string>>;
  /** Everything from the first argument that is no option on is positional. */
  readonly stopEarly?: boolean;
}

/** The options that were given. */
export class Options {
  readonly #flags: ReadonlySet<string>;
  readonly #values: ReadonlyMap<string, readonly string[]>;

  /** Options by name, and what was not an option. */
  constructor(
    flags: ReadonlySet<string>,
    values: ReadonlyMap<string, readonly string[]>,
    readonly positional: readonly string[],
  ) {
    this.#flags = flags;
    this.#values = values;
  }

  /** Whether an option without a value was given. */
  flag(name: string): boolean {
    return this.#flags.has(name);
  }

  /** The value of an option, the last one if it was given several times. */
  value(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  /** All values of an option. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /**
   * The value of an option as a whole number.
   *
   * @throws {UsageError} when it is not one from `min` to `max`.
   */
  integer(name: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.value(name);
    if (text === undefined) return undefined;
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new UsageError(
      `Cannot use --${name} '${text}': it must be a whole number from ${min} to ${max}`,
    );
  }
}

/**
 * Reads options.
 *
 * @throws {UsageError} for an option that there is not, with the nearest one there is; for a value
 * that is missing, and one that is too much.
 */
export function readOptions(args: readonly string[], names: OptionNames): Options {
  const flags = ["help", ...names.flags ?? []];
  const repeatable = new Set((names.values ?? []).filter((name) => name.endsWith("*")));
  const values = (names.values ?? []).map((name) =>
    repeatable.has(name) ? name.slice(0, -1) : name
  );
  const parsed = parseArgs(args, {
    boolean: flags,
    string: [...values, "_"],
    collect: values,
    alias: names.short ?? {},
    stopEarly: names.stopEarly ?? false,
    unknown(argument, key) {
      if (key === undefined) return true;
      throw unknownOption(argument, [...flags, ...values]);
    },
  });
  const given = new Map<string, readonly string[]>();
  for (const name of values) {
    const list = (parsed[name] as string[]).map(String);
    if (list.length === 0) continue;
    if (list.includes("")) throw new UsageError(`Option --${name} needs a value`);
    given.set(name, list);
  }
  const positional = parsed._.map(String);
  return new Options(new Set(flags.filter((name) => parsed[name] === true)), given, positional);
}

function unknownOption(argument: string, known: readonly string[]): UsageError {
  const [option = argument] = argument.split("=", 1);
  const nearest = closestString(option.replace(/^-+/, ""), known);
  return new UsageError(`There is no option ${option}; did you mean --${nearest}?`);
}

/** The candidate that is spelled most like `word`. */
export function nearestName(word: string, candidates: readonly string[]): string {
  return closestString(word, candidates);
}

/** Exit statuses for a file that is not there, and for one that cannot be read otherwise. */
export interface ReadExitCodes {
  /** There is no such file. */
  readonly notFound: number;
  /** Any other reason. */
  readonly unreadable: number;
}

/** Reads a file; a failure becomes one line that names the file and the reason. */
export function readFile(
  path: string,
  exitCodes: ReadExitCodes = { notFound: EXIT_USAGE, unreadable: EXIT_USAGE },
): Uint8Array<ArrayBuffer> {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    const exitCode = isMissing ? exitCodes.notFound : exitCodes.unreadable;
    throw new UsageError(`Cannot read ${path}: ${hostReason(error)}`, exitCode);
  }
}

/** Why the host refused something, in a few words. */
export function hostReason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) return "the task has no permission for that path";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}

/**
 * Runs a command's main function and exits with its status. A {@linkcode UsageError} becomes one
 * line on standard error.
 */
export async function exitWith(
  name: string,
  main: (args: readonly string[]) => number | Promise<number>,
): Promise<never> {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${name}: ${error.message}`);
    Deno.exit(error.exitCode);
  }
}
