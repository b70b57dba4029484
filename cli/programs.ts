/**
 * `deno task programs`: builds the guest programs anew and compares them, bit for bit, with the
 * committed ones; `--write` commits what it built to `scenarios/programs/built/` instead.
 *
 * @module
 */

import { parseArgs } from "../std_cli.ts";
import {
  buildGuest,
  CompilerFailed,
  CompilerMissing,
  compilerVersion,
  formatModule,
  parseModule,
} from "./guest_build.ts";

const usage = `Usage: deno task programs [--write]

Builds scenarios/programs/*.c and compares the results with scenarios/programs/built/*.ts.

  --write   write what was built instead of comparing
  --help    print this

Exit status: 0 equal or written, 1 different, 2 wrong usage or no compiler.`;

/** Where sources and built guests lie, as paths that end with a slash. */
export interface ProgramFolders {
  /** The folder of the `*.c` files. */
  readonly sources: string;
  /** The folder of the modules. */
  readonly built: string;
}

const checkout: ProgramFolders = (() => {
  const sources = new URL("../scenarios/programs/", import.meta.url);
  const toPath = (url: URL) => decodeURIComponent(url.pathname);
  return { sources: toPath(sources), built: toPath(new URL("built/", sources)) };
})();

/** How a committed guest compares with a new build of its source. */
export type Comparison = "equal" | "different" | "missing" | "unreadable" | "without source";

/** What `comparePrograms` found out about one guest. */
export interface ComparedProgram {
  /** The guest. */
  readonly name: string;
  /** How it compares. */
  readonly comparison: Comparison;
  /** The compiler that built the committed one; `null` when there is none or it does not say. */
  readonly committedBy: string | null;
}

/** Builds every source and compares. Throws `CompilerMissing` or `CompilerFailed`. */
export async function comparePrograms(folders = checkout): Promise<ComparedProgram[]> {
  const sources = await namesIn(folders.sources, ".c");
  const modules = await namesIn(folders.built, ".ts");
  const orphans = modules.filter((name) => !sources.includes(name));
  const results: ComparedProgram[] = [];
  for (const name of sources) {
    const elf = await buildGuest(name, folders.sources);
    if (!modules.includes(name)) {
      results.push({ name, comparison: "missing", committedBy: null });
      continue;
    }
    const text = await Deno.readTextFile(`${folders.built}${name}.ts`);
    const committed = parseModule(text);
    const committedBy = committed?.compiler ?? null;
    // The whole text, so that nothing but the guest can hide in the module.
    const comparison = committed === null || text !== formatModule(name, committed)
      ? "unreadable"
      : sameBytes(committed.elf, elf)
      ? "equal"
      : "different";
    results.push({ name, comparison, committedBy });
  }
  const alone = { comparison: "without source", committedBy: null } as const;
  return [...results, ...orphans.map((name) => ({ name, ...alone }))];
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Builds every source and writes its module; returns the names. */
export async function writePrograms(folders = checkout): Promise<string[]> {
  const compiler = await compilerVersion();
  const names = await namesIn(folders.sources, ".c");
  for (const name of names) {
    const elf = await buildGuest(name, folders.sources);
    await Deno.writeTextFile(`${folders.built}${name}.ts`, formatModule(name, { compiler, elf }));
  }
  return names;
}

async function namesIn(folder: string, extension: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && name.endsWith(extension)) names.push(name.slice(0, -extension.length));
  }
  return names.sort();
}

/** Runs the command; returns its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const wrong: string[] = [];
  const options = parseArgs(args, {
    boolean: ["write", "help"],
    unknown: (argument) => wrong.push(argument) < 0,
  });
  if (wrong.length > 0) return refuse(`Unknown argument "${wrong[0]}"`);
  if (options.help) {
    console.log(usage);
    return 0;
  }
  try {
    return options.write ? await write() : await compare();
  } catch (error) {
    if (error instanceof CompilerMissing) return refuse(error.message);
    if (error instanceof CompilerFailed) {
      console.error(`programs: ${error.message}`);
      return 1;
    }
    throw error;
  }
}

function refuse(message: string): number {
  console.error(`programs: ${message}`);
  return 2;
}

async function write(): Promise<number> {
  for (const name of await writePrograms()) console.log(`${name}: written`);
  return 0;
}

async function compare(): Promise<number> {
  const here = await compilerVersion();
  const results = await comparePrograms();
  for (const { name, comparison } of results) console.log(`${name}: ${comparison}`);
  const bad = results.filter(({ comparison }) => comparison !== "equal");
  if (bad.length === 0) {
    console.log(`All ${results.length} guests are equal to the committed ones`);
    return 0;
  }
  console.error(`programs: not as committed: ${bad.map(({ name }) => name).join(", ")}`);
  const elsewhere = new Set(bad.map((r) => r.committedBy).filter((by) => by !== here));
  for (const compiler of elsewhere) {
    if (compiler === null) continue;
    console.error(`programs: committed from "${compiler}", but here is "${here}"`);
    console.error("programs: another compiler gives other bytes; this need not be a fault");
  }
  return 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
