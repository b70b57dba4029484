/** The bench's guest programs: which there are, and building them with the stock compilers. */
import { CompilerFailed } from "./guest_build.ts";

/** What a program's speed depends on; ratios are averaged for each. */
export type ProgramKind = "integer" | "floating point" | "start-up";

/** The programs, by the name of their source in `scenarios/bench/`. */
export const BENCH_PROGRAMS: Readonly<Record<string, ProgramKind>> = {
  core: "integer",
  sieve: "integer",
  quicksort: "integer",
  sha256: "integer",
  crc32: "integer",
  fibonacci: "integer",
  bytecode: "integer",
  strings: "integer",
  matmul: "floating point",
  nbody: "floating point",
  filter: "floating point",
  start_up: "start-up",
};

/** A program, built twice. */
export interface BuiltProgram {
  /** Its name among {@linkcode BENCH_PROGRAMS}. */
  readonly name: string;
  /** Path of the executable for this machine. */
  readonly native: string;
  /** Path of the static executable for riscv64. */
  readonly guest: string;
}

/** The compilers. */
export const COMPILERS = { native: "gcc", guest: "riscv64-linux-gnu-gcc" } as const;
/** What both are told. */
export const COMPILER_OPTIONS: readonly string[] = ["-O2", "-static"];
/** Without it x86-64 rounds twice where riscv64 multiplies and adds in one, and results differ. */
const NATIVE_OPTIONS = Deno.build.arch === "x86_64" ? ["-mfma"] : [];

const SOURCES = decodeURIComponent(new URL("../scenarios/bench/", import.meta.url).pathname);

/** Builds a program into a folder, from `source` in `scenarios/bench/`; throws {@linkcode CompilerFailed}. */
export function buildProgram(name: string, folder: string, source = `${name}.c`): BuiltProgram {
  const built = { name, native: `${folder}/${name}.native`, guest: `${folder}/${name}.riscv64` };
  for (const target of ["native", "guest"] as const) {
    const more = target === "native" ? NATIVE_OPTIONS : [];
    const args = [...COMPILER_OPTIONS, ...more, "-o", built[target], `${SOURCES}${source}`, "-lm"];
    const { success, stderr } = new Deno.Command(COMPILERS[target], { args }).outputSync();
    if (!success) throw new CompilerFailed(new TextDecoder().decode(stderr).trim());
  }
  return built;
}
