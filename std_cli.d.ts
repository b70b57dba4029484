/** The part of `@std/cli` that Crucible uses, with simpler types than the original's. */

/** How `parseArgs` reads the arguments. */
export interface ParseOptions {
  /** Options that take no value. Absent ones are `false`, unless `default` says otherwise. */
  boolean?: readonly string[];
  /** Options whose value stays text. An absent one is `undefined`. */
  string?: readonly string[];
  /** Options that may be given several times; their values arrive as a list, empty when absent. */
  collect?: readonly string[];
  /** Other names of an option, without dashes. */
  alias?: Readonly<Record<string, string | readonly string[]>>;
  /** Values of absent options. */
  default?: Readonly<Record<string, unknown>>;
  /** Boolean options that accept `--no-NAME`. */
  negatable?: readonly string[];
  /** Collects what follows `--` into the `"--"` property instead of `_`. */
  "--"?: boolean;
  /** Stops at the first positional argument: everything from there on goes to `_`. */
  stopEarly?: boolean;
  /** Called for each argument that no other option names; `false` leaves it out of the result. */
  unknown?: (argument: string, key?: string, value?: unknown) => unknown;
}

/** What was read: the options by name, and the positional arguments in `_`. */
export interface ParsedArgs {
  /** Positional arguments. An argument that looks like a number arrives as one unless `_` is listed in `string`. */
  _: (string | number)[];
  /** What followed `--`, when asked for. */
  "--"?: string[];
  [option: string]: unknown;
}

/** Reads command-line arguments into a record. */
export function parseArgs(args: readonly string[], options?: ParseOptions): ParsedArgs;
